"""The runs of a paragraph: its text, links, fields, symbols and note marks; text boxes and pictures stand aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from ._content import Block, Line
from ._drawing import shown_by
from ._fields import address
from ._math import linear
from ._numbers import roman
from ._package import Package, Relation
from ._symbols import symbol
from ._word_styles import Styles
from ._xml import Element, attribute, child, children, chosen, is_on, number, tag, value

#: What stands beside a paragraph: a block, or the elements of a text box.
Aside: TypeAlias = "Block | Iterable[Element]"

_SKIPPED: Final = frozenset({"w:pPr", "w:rPr", "w:del", "w:moveFrom", "w:sdtPr", "w:sdtEndPr", "w:delText", "w:delInstrText", "w:rubyPr"})
_CHARACTERS: Final = {
    "w:tab": "\t", "w:ptab": "\t", "w:cr": "\n", "w:noBreakHyphen": "‑", "w:br": "\n",
}  # fmt: skip


class _Field:
    """A field that has begun: its instruction so far, and where its result starts (ECMA-376, part 1, 17.16.2)."""

    def __init__(self, line: Line, data: Element | None) -> None:
        self.line: Final = line
        self.data: Final = data
        self.instruction = ""
        self.start: int | None = None


class Runs:
    """Reads the runs of paragraphs of one part. ``notes`` are the ids of the notes that were referred to, by kind, in order."""

    def __init__(self, package: Package, relations: Mapping[str, Relation], styles: Styles) -> None:
        self._package: Final = package
        self.relations: Final = relations
        self._styles: Final = styles
        self.notes: dict[str, list[str]] = {"footnote": [], "endnote": []}
        self._fields: list[_Field] = []
        self._asides: list[Aside] = []

    def within(self, relations: Mapping[str, Relation]) -> Runs:
        """Runs of another part of the same document, which goes on counting notes."""
        other = Runs(self._package, relations, self._styles)
        other.notes = self.notes
        return other

    def read(self, paragraph: Element, line: Line) -> list[Aside]:
        """Write the text of ``paragraph`` into ``line``; gives what stands beside it."""
        self._asides = []
        self._each(paragraph, line)
        self._fields = [field for field in self._fields if field.start is not None]  # an instruction ends with its paragraph
        return self._asides

    def _each(self, element: Element, line: Line) -> None:
        for each in element:
            self._one(each, line)

    def _one(self, element: Element, line: Line) -> None:
        match tag(element):
            case "w:r":
                if not self._styles.is_hidden(child(element, "w:rPr")):
                    self._each(element, line)
            case "w:t":
                self._write(line, element.text or "")
            case name if name in _CHARACTERS:
                self._write(line, _CHARACTERS[name])
            case "w:sym":
                self._write(line, symbol(_hexadecimal(attribute(element, "char")), attribute(element, "font")))
            case "w:hyperlink":
                start = line.length
                self._each(element, line)
                line.link(start, self._target(element))
            case "w:fldSimple":
                start = line.length
                self._each(element, line)
                line.link(start, address(attribute(element, "instr")))
            case "w:fldChar":
                self._field(element, line)
            case "w:instrText":
                if self._fields and self._fields[-1].start is None:
                    self._fields[-1].instruction += element.text or ""
            case "w:footnoteReference" | "w:endnoteReference" as name:
                self._note(name[2:-9], element, line)
            case "m:oMath" | "m:oMathPara":
                before = line.length
                self._write(line, linear(element))
                line.formula += line.length - before
            case "w:drawing" | "w:pict" | "w:object":
                self._asides.extend(shown_by(element, self._package, self.relations))
            case "mc:AlternateContent":
                for each in chosen(element):
                    self._one(each, line)
            case "w:ruby":
                self._ruby(element, line)
            case name if name not in _SKIPPED:
                self._each(element, line)

    def _write(self, line: Line, text: str) -> None:
        if all(field.start is not None for field in self._fields):  # else it is part of an instruction
            line.write(text)

    def _target(self, link: Element) -> str:
        relation = self.relations.get(attribute(link, "id"))
        anchor = attribute(link, "anchor")
        return (relation.target if relation else "") + (f"#{anchor}" if anchor else "")

    def _note(self, kind: str, element: Element, line: Line) -> None:
        referred = self.notes[kind]
        referred.append(attribute(element, "id"))
        number = str(len(referred)) if kind == "footnote" else roman(len(referred))
        self._write(line, f"[{number}]")

    def _field(self, mark: Element, line: Line) -> None:
        match attribute(mark, "fldCharType"):
            case "begin":
                self._fields.append(_Field(line, child(mark, "w:ffData")))
            case "separate" if self._fields:
                self._fields[-1].start = line.length
            case "end" if self._fields:
                field = self._fields.pop()
                if field.line is line and field.start is not None:
                    line.link(field.start, address(field.instruction))
                if (shown := _form_value(field.data)) and (field.start is None or (field.line is line and field.start == line.length)):
                    self._write(line, shown)

    def _ruby(self, element: Element, line: Line) -> None:
        """Text with its reading above, which follows in brackets."""
        for name, first, last in (("w:rubyBase", "", ""), ("w:rt", "(", ")")):
            part = child(element, name)
            if part is not None:
                self._write(line, first)
                self._each(part, line)
                self._write(line, last)


def _form_value(data: Element | None) -> str:
    """What a check box or a drop-down list of a form shows, which has no text of its own (17.16.7, 17.16.9)."""
    box = child(data, "w:checkBox")
    if box is not None:
        return "☒" if is_on(box, "w:checked" if child(box, "w:checked") is not None else "w:default") else "☐"
    choices = child(data, "w:ddList")
    entries = [attribute(each, "val") for each in children(choices, "w:listEntry")]
    picked = number(value(choices, "w:result") or value(choices, "w:default"))
    return entries[picked] if 0 <= picked < len(entries) else ""


def _hexadecimal(text: str) -> int:
    try:
        return int(text[:8], 16)
    except ValueError:
        return 0
