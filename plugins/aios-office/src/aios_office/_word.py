"""Word documents: the blocks of the body, of headers, footers, notes and comments (ECMA-376, part 1, 17)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from aios_sdk import RegionKind

from ._content import Block, Content, Grid, Leaf, Line, some, with_kind
from ._math import linear
from ._numbers import roman
from ._office_open import core_properties, embedded, main_part
from ._package import Package
from ._word_runs import Runs
from ._word_styles import Numbering, Styles
from ._word_tables import grid_of
from ._xml import Element, attribute, child, children, chosen, descendants, is_on, tag

#: Elements between paragraphs that only hold more of them.
_WRAPPERS: Final = frozenset({"w:customXml", "w:ins", "w:moveTo", "w:smartTag", "w:sdt", "w:sdtContent"})


def read_word(package: Package, *, pictures: bool) -> Content:
    """The document in ``package`` as one page, as it reads when all tracked changes are accepted."""
    main = main_part(package, "word/document.xml")
    reader = _Word(package, main)
    blocks = list(reader.document())
    return Content([Leaf(blocks)], core_properties(package), embedded(package, reader.parts, pictures), package.damage)


class _Word:
    """One reading of a document; the counters of lists and notes go on from part to part."""

    def __init__(self, package: Package, main: str) -> None:
        self._package: Final = package
        relations = package.relations(main)
        self._related: Final = {each.kind: each.target for each in relations.values() if not each.external}
        self._styles: Final = Styles(self._root("styles"))
        self._numbering: Final = Numbering(self._root("numbering"))
        self._shows_even: Final = is_on(self._root("settings"), "w:evenAndOddHeaders")
        self._runs = Runs(package, relations, self._styles)
        self._unended: Line | None = None
        self._edge_parts: Final[dict[tuple[str, str], str]] = {}
        self._shown: Final[set[tuple[str, ...]]] = set()
        #: The parts that were read, the main one first.
        self.parts: Final[list[str]] = [main]

    def _root(self, kind: str) -> Element | None:
        return self._package.xml(self._related[kind]) if kind in self._related else None

    def document(self) -> Iterator[Block]:
        """All blocks: each section between its headers and footers, then the notes, then the comments."""
        root = self._package.xml(self.parts[0])
        body = child(root, "w:body")
        sections = [each for each in descendants(body, "w:sectPr") if tag(each.getparent()) != "w:sectPrChange"]
        ends = {id(each): number for number, each in enumerate(sections)}
        yield from self._edges(sections[:1], "header")
        for element in body if body is not None else ():
            yield from self._blocks((element,))
            for end in (element, *descendants(element, "w:sectPr")):
                if id(end) in ends:
                    yield from self._edges([end], "footer")
                    yield from self._edges(sections[ends[id(end)] + 1 :][:1], "header")
        yield from self._flushed()
        yield from self._noted("footnote")
        yield from self._noted("endnote")
        yield from self._commented()

    def _edges(self, sections: list[Element], kind: RegionKind) -> Iterator[Block]:
        """The headers or footers that pages of the section show and that were not read yet; a section has those of the one before."""
        for section in sections:
            for reference in children(section, f"w:{kind}Reference"):
                self._edge_parts[kind, attribute(reference, "type", "default")] = attribute(reference, "id")
            shown = {"first": is_on(section, "w:titlePg"), "even": self._shows_even, "default": True}
            for form in [form for form, is_shown in shown.items() if is_shown]:
                relation = self._runs.relations.get(self._edge_parts.get((kind, form), ""))
                if relation is not None and not relation.external and relation.target not in self.parts:
                    root = self._package.xml(relation.target)
                    found = list(with_kind(self._of_part(relation.target, root if root is not None else ()), kind))
                    said = tuple(block.text for block in found)
                    if said not in self._shown:  # some programs write a part for each section
                        self._shown.add(said)
                        yield from found

    def _noted(self, kind: str) -> Iterator[Block]:
        """The notes that the text refers to, in that order, each with its number in brackets."""
        referred = self._runs.notes[kind]
        if not referred or (root := self._root(f"{kind}s")) is None:
            return
        notes = {attribute(each, "id"): each for each in children(root, f"w:{kind}")}
        for number, name in enumerate(referred, start=1):
            if name in notes:
                mark = f"[{number if kind == 'footnote' else roman(number)}] "
                yield from with_kind(self._of_part(self._related[f"{kind}s"], notes[name]), "footnote", mark)

    def _commented(self) -> Iterator[Block]:
        for comment in children(self._root("comments"), "w:comment"):
            author = attribute(comment, "author").strip()
            yield from with_kind(self._of_part(self._related["comments"], comment), "comment", f"{author}: " if author else "")

    def _of_part(self, name: str, elements: Iterable[Element]) -> list[Block]:
        """The blocks of ``elements``, which stand in the part ``name`` and so follow that part's relations."""
        if name not in self.parts:
            self.parts.append(name)
        body, self._runs = self._runs, self._runs.within(self._package.relations(name))
        try:
            return [*self._blocks(elements), *self._flushed()]
        finally:
            self._runs = body

    def _blocks(self, elements: Iterable[Element]) -> Iterator[Block]:
        for element in elements:
            match tag(element):
                case "w:p":
                    yield from self._paragraph(element)
                case "w:tbl":
                    yield from self._flushed()
                    yield from self._table(element)
                case "mc:AlternateContent":
                    yield from self._blocks(chosen(element))
                case "m:oMath" | "m:oMathPara":
                    line = Line()
                    line.write(linear(element))
                    yield from some(line.block("formula"))
                case name if name in _WRAPPERS:
                    yield from self._blocks(element)

    def _paragraph(self, paragraph: Element) -> Iterator[Block]:
        properties = child(paragraph, "w:pPr")
        line, self._unended = self._unended or Line(), None
        asides = self._runs.read(paragraph, line)
        mark = child(properties, "w:rPr")
        if child(mark, "w:del") is not None or child(mark, "w:moveFrom") is not None:
            self._unended = line  # its end was deleted: it goes on in the next paragraph
        else:
            yield from self._ended(line, properties)
        for aside in asides:
            if isinstance(aside, Block):
                yield aside
            else:
                unended, self._unended = self._unended, None
                yield from self._blocks(aside)
                yield from self._flushed()
                self._unended = unended

    def _ended(self, line: Line, properties: Element | None) -> Iterator[Block]:
        kind, level = self._styles.kind(properties)
        listed = self._styles.numbering(properties)
        marker = self._numbering.marker(*listed) if listed else None
        if listed and marker is not None and kind == "paragraph":
            kind, level = "list_item", listed[1] + 1
        if kind == "paragraph" and line.is_formula:
            kind = "formula"
        yield from some(line.block(kind, level, prefix=marker or ""))

    def _flushed(self) -> Iterator[Block]:
        """What is left of a paragraph whose end was deleted, where no other follows."""
        if self._unended is not None:
            line, self._unended = self._unended, None
            yield from self._ended(line, None)

    def _table(self, table: Element) -> Iterator[Block]:
        found = grid_of(table, lambda cell: [*self._blocks(cell), *self._flushed()])
        if isinstance(found, Grid):
            yield from some(found.block())
        else:
            yield from found
