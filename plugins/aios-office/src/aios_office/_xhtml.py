"""Chapters of books: XHTML as blocks. What is no well-formed XML is read as browsers read it."""

from __future__ import annotations

import html.entities
import re
from collections.abc import Callable, Iterator
from typing import Final

from lxml import etree

from aios_sdk import LimitExceeded, RegionKind

from ._content import Block, Cell, Grid, Line, flat, picture, some
from ._numbers import roman, spreadsheet_letters
from ._xml import Element, attribute, number, parse

_ENTITY: Final = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,31});")
_OF_XML: Final = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})
_SPACES: Final = re.compile("[ \t\r\n\f]+")
_SKIPPED: Final = frozenset({"head", "script", "style", "template", "rp", "audio", "video", "iframe", "object", "noscript", "title"})
_BLOCKS: Final[dict[str, RegionKind]] = {
    "p": "paragraph", "div": "paragraph", "section": "paragraph", "article": "paragraph", "body": "paragraph", "html": "paragraph",
    "blockquote": "paragraph", "main": "paragraph", "nav": "paragraph", "aside": "paragraph", "header": "paragraph", "footer": "paragraph",
    "figure": "paragraph", "figcaption": "caption", "caption": "caption", "pre": "code", "dl": "paragraph", "dt": "paragraph",
    "dd": "paragraph", "ul": "paragraph", "ol": "paragraph", "li": "list_item", "hr": "paragraph", "address": "paragraph",
    "center": "paragraph", "hgroup": "paragraph", "details": "paragraph", "summary": "paragraph", "form": "paragraph",
    "fieldset": "paragraph", "legend": "paragraph", "menu": "paragraph", "svg": "paragraph",
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
}  # fmt: skip
_NOTES: Final = frozenset({"footnote", "endnote", "rearnote", "note"})
_MOST_COLUMNS: Final = 256
_MOST_TAKEN: Final = 4_000_000


def read_xhtml(data: bytes, name: str, damage: list[str], part_of: Callable[[str], str]) -> list[Block]:
    """The blocks of a chapter. ``part_of`` gives the name of the part that an address within the file stands for, or nothing."""
    told: list[str] = []
    root = parse(_ENTITY.sub(_numeric, data), name, told)
    if root is None or told:
        again = etree.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
        try:
            root = etree.fromstring(data, again)
        except (etree.XMLSyntaxError, ValueError, LookupError):
            root = None
        if root is None:
            damage += told
            return []
    reader = _Reader(part_of)
    reader.inside(root)
    reader.end()
    return reader.blocks


def _numeric(entity: re.Match[bytes]) -> bytes:
    """An entity of HTML as a number: its declaration stands in a file that is not read."""
    code = html.entities.name2codepoint.get(entity[1].decode("ascii"))
    return entity[0] if entity[1] in _OF_XML or code is None else b"&#%d;" % code


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


class _Reader:
    """Walks the tree; a line of text goes on until a block begins or ends."""

    def __init__(self, part_of: Callable[[str], str]) -> None:
        self.blocks: list[Block] = []
        self._part_of: Final = part_of
        self._line = Line()
        self._blank = True
        self._kind: tuple[RegionKind, int] = ("paragraph", 0)
        self._prefix = ""
        self._is_code = False
        self._lists: list[Iterator[str] | None] = []

    def end(self) -> None:
        """The line ends."""
        self.blocks += some(self._line.block(*self._kind, prefix=self._prefix))
        if self._line.length:
            self._prefix = ""
        self._line, self._blank = Line(), True

    def inside(self, element: Element) -> None:
        """The text in ``element``, and what stands in it."""
        self._text(element.text)
        for each in element:
            self._one(each)
            self._text(each.tail)

    def _text(self, text: str | None) -> None:
        if not text:
            return
        if not self._is_code:
            text = _SPACES.sub(" ", text)
            text = text.lstrip(" ") if self._blank else text
            self._blank = text.endswith(" ") or (self._blank and not text)
        self._line.write(text)

    def _one(self, element: Element) -> None:
        name = _local(element)
        if name in _SKIPPED or attribute(element, "hidden", "-") != "-":
            return
        match name:
            case "br":
                self._line.write("\n")
                self._blank = True
            case "a":
                start = self._line.length
                self.inside(element)
                self._line.link(start, attribute(element, "href"))
            case "img" | "image":
                href = attribute(element, "src") or attribute(element, "href")
                self._aside(picture(attribute(element, "alt"), self._part_of(href) if href else ""))
            case "math":
                self._text(attribute(element, "alttext") or "".join(element.itertext()))
            case "rt":
                self._text("(")
                self.inside(element)
                self._text(")")
            case "table":
                self.end()
                self.blocks += some(self._grid(element).block())
            case _ if name in _BLOCKS:
                self._block(element, name)
            case _:
                self.inside(element)

    def _aside(self, block: Block) -> None:
        if block.text or block.target:
            self.end()
            self.blocks.append(block)

    def _block(self, element: Element, name: str) -> None:
        self.end()
        before = self._kind, self._prefix, self._is_code
        kind = _BLOCKS[name]
        if kind == "heading":
            self._kind, self._prefix = (kind, int(name[1])), ""
        elif kind == "list_item":
            self._kind = (kind, max(1, len(self._lists)))
            counter = self._lists[-1] if self._lists else None
            self._prefix = next(counter) if counter is not None else ""
        elif kind in ("code", "caption"):
            self._kind, self._is_code = (kind, 0), kind == "code"
        elif _NOTES & set(attribute(element, "type").split()):
            self._kind = ("footnote", 0)
        if name in ("ul", "ol", "menu"):
            self._lists.append(_numbers(element) if name == "ol" else None)
        self.inside(element)
        self.end()
        if name in ("ul", "ol", "menu"):
            self._lists.pop()
        self._kind, self._prefix, self._is_code = before[0], "" if name == "li" else self._prefix and before[1], before[2]

    def _grid(self, table: Element) -> Grid:
        cells: list[Cell] = []
        taken: set[tuple[int, int]] = set()
        columns = 0
        rows = [each for each in table.iter() if _local(each) == "tr" and _table_of(each) is table]
        for caption in table:
            if _local(caption) == "caption":
                self._one(caption)
        header = bool(rows) and all(_local(each) == "th" for each in rows[0] if _local(each)) and len(rows[0]) > 0
        for row, element in enumerate(rows):
            column = 0
            for cell in element:
                if _local(cell) not in ("td", "th"):
                    continue
                while (row, column) in taken:
                    column += 1
                if column >= _MOST_COLUMNS:
                    break
                across = min(max(1, number(attribute(cell, "colspan"), 1)), _MOST_COLUMNS - column)
                down = min(max(1, number(attribute(cell, "rowspan"), 1)), len(rows) - row)
                if len(taken) + down * across > _MOST_TAKEN:
                    raise LimitExceeded("The cells of a table span others without end", cause="It may be an attack")
                inner = _Reader(self._part_of)
                inner.inside(cell)
                inner.end()
                text, links = flat(inner.blocks)
                cells.append(Cell(row, column, text, down, across, links))
                taken.update((row + below, column + beside) for below in range(down) for beside in range(across))
                columns = max(columns, column + across)
        return Grid(tuple(cells), len(rows), columns, True if header else None)


def _table_of(element: Element) -> Element | None:
    return next((each for each in element.iterancestors() if _local(each) == "table"), None)


def _numbers(element: Element) -> Iterator[str]:
    """The numbers of an ordered list, each with the space after it."""
    count = number(attribute(element, "start"), 1)
    form = attribute(element, "type")
    while True:
        written = {"i": roman, "I": roman, "a": spreadsheet_letters, "A": spreadsheet_letters}.get(form, str)(count)
        yield f"{written.upper() if form in ('I', 'A') else written}. "
        count += 1
