"""The text of a paragraph of OpenDocument: spaces, links, notes, fields; shapes and comments stand aside (part 3, 6)."""

from __future__ import annotations

import re
from typing import Final

from ._content import Line
from ._odf_styles import OdfStyles
from ._xml import Element, attribute, child, number, tag

_MOST_SPACES: Final = 40
_SKIPPED: Final = frozenset({
    "text:tracked-changes", "office:annotation-end", "office:event-listeners", "text:note-citation", "svg:title", "svg:desc",
    "text:hidden-paragraph", "text:ruby-text", "text:table-of-content-source",
})  # fmt: skip
_SPACES: Final = re.compile("[ \t\r\n]+")
_SHAPES: Final = ("draw:", "dr3d:", "table:")


class Asides:
    """What a text refers to and what is told at its end: notes with their marks, and comments."""

    def __init__(self) -> None:
        self._notes: list[tuple[str, Element]] = []
        self.comments: list[Element] = []
        self._count = 0

    def note(self, element: Element) -> str:
        """Keep a note; gives the mark it has, by its citation, else by its number."""
        self._count += 1
        citation = child(element, "text:note-citation")
        mark = "".join(citation.itertext()).strip() if citation is not None else ""
        body = child(element, "text:note-body")
        if body is not None:
            self._notes.append((mark or str(self._count), body))
        return mark or str(self._count)

    def take_notes(self) -> list[tuple[str, Element]]:
        """The notes so far, which are forgotten."""
        found, self._notes = self._notes, []
        return found

    def take_comments(self) -> list[Element]:
        """The comments so far, which are forgotten."""
        found, self.comments = self.comments, []
        return found


class Inline:
    """Reads paragraphs: white space is as XML has it, so runs of it are one space, and none at the start (part 3, 6.1.2)."""

    def __init__(self, styles: OdfStyles, asides: Asides) -> None:
        self._styles: Final = styles
        self._late: Final = asides
        self._shapes: list[Element] = []
        self._blank = True

    def read(self, paragraph: Element, line: Line) -> list[Element]:
        """Write the text of ``paragraph`` into ``line``; gives the shapes that stand in it."""
        self._shapes, self._blank = [], True
        self._inside(paragraph, line)
        return self._shapes

    def _inside(self, element: Element, line: Line) -> None:
        self._text(element.text, line)
        for each in element:
            self._one(each, line)
            self._text(each.tail, line)

    def _text(self, text: str | None, line: Line) -> None:
        if not text:
            return
        collapsed = _SPACES.sub(" ", text).strip(" ")
        if not collapsed:
            if not self._blank:
                line.write(" ")
            self._blank = True
            return
        first = " " if text[0] in " \t\r\n" and not self._blank else ""
        last = " " if text[-1] in " \t\r\n" else ""
        line.write(first + collapsed + last)
        self._blank = bool(last)

    def _write(self, line: Line, text: str) -> None:
        line.write(text)
        self._blank = False

    def _one(self, element: Element, line: Line) -> None:
        match tag(element):
            case "text:s":
                self._write(line, " " * min(max(1, number(attribute(element, "c"), 1)), _MOST_SPACES))
            case "text:tab":
                self._write(line, "\t")
            case "text:line-break":
                line.write("\n")
                self._blank = True
            case "text:note":
                self._write(line, f"[{self._late.note(element)}]")
            case "office:annotation":
                self._late.comments.append(element)
            case "text:a":
                start = line.length
                self._inside(element, line)
                line.link(start, attribute(element, "href"))
            case "text:span":
                if not self._styles.is_hidden(attribute(element, "style-name")):
                    self._inside(element, line)
            case "text:ruby":
                self._inside(element, line)
                reading = child(element, "text:ruby-text")
                if reading is not None and (text := "".join(reading.itertext()).strip()):
                    self._write(line, f"({text})")
            case "text:hidden-text":
                if attribute(element, "is-hidden") == "false":
                    self._inside(element, line)
            case name if name.startswith(_SHAPES):
                self._shapes.append(element)
            case name if name not in _SKIPPED:
                self._inside(element, line)
