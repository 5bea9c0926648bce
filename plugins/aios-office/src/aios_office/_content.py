"""What a reader gives: the blocks of each page in reading order, properties and parts; and how pages are made of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from aios_sdk import Box, LimitExceeded, PageInfo, PageText, Region, RegionKind

#: What neither XML nor a page of text may hold: controls but tab and line feed, lone surrogates, non-characters.
_NO_TEXT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff\xad]")
_MOST_PLACES: Final = 4_000_000
_BREAKS: Final = re.compile(r"[\t\n]")


class Link(NamedTuple):
    """Where the text of a block (code points) leads."""

    start: int
    end: int
    target: str


class Cell(NamedTuple):
    """A cell of a table as displayed; ``rows`` and ``columns`` say how many it spans."""

    row: int
    column: int
    text: str
    rows: int = 1
    columns: int = 1
    links: tuple[Link, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Grid:
    """A table: its cells, how large it is, and whether its first row is a header (None: the file does not say)."""

    cells: tuple[Cell, ...]
    rows: int
    columns: int
    header: bool | None = None

    def texts(self) -> list[list[str]]:
        """The texts row by row; a cell that spans several stands in its first place. Raises `LimitExceeded` for a table without end."""
        if self.rows * self.columns > _MOST_PLACES:
            raise LimitExceeded(f"A table has {self.rows:,} rows of {self.columns:,} columns; {_MOST_PLACES:,} cells are allowed")
        found = [[""] * self.columns for _ in range(self.rows)]
        for cell in self.cells:
            found[cell.row][cell.column] = cell.text
        return found

    def merged(self) -> list[tuple[int, int, int, int]]:
        """The cells that span several: row, column, rows, columns."""
        return [(cell.row, cell.column, cell.rows, cell.columns) for cell in self.cells if cell.rows > 1 or cell.columns > 1]

    def block(self, box: Box | None = None) -> Block | None:
        """The table as a block: a row a line, cells separated by tabs; None where no cell has text."""
        links: list[Link] = []
        written: list[str] = []
        length = 0
        linked = {(cell.row, cell.column): cell.links for cell in self.cells if cell.links}
        for row, texts in enumerate(self.texts()):
            for column, text in enumerate(texts):
                links += _shifted(linked.get((row, column), ()), length)
                length += len(text) + 1
            written.append("\t".join(texts))
        text = "\n".join(written)
        return Block("table", text, box=box, links=tuple(links), grid=self) if text.strip() else None


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """A part of a page in reading order. ``level``: of a heading, or the depth of a list item, from 1. ``target``: of a picture, the name
    of its part; a picture may have no text."""

    kind: RegionKind
    text: str
    level: int = 0
    box: Box | None = None
    links: tuple[Link, ...] = ()
    grid: Grid | None = None
    target: str = ""


class Line:
    """The text of one paragraph while it is written, with its links."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.length = 0
        self.links: list[Link] = []
        #: How much of it is formulas.
        self.formula = 0

    @property
    def is_formula(self) -> bool:
        """Whether it is nothing but a formula."""
        return 0 < self.formula == len("".join(self._parts).strip())

    def write(self, text: str) -> None:
        """Append ``text``, without what is no text."""
        text = clean(text)
        self._parts.append(text)
        self.length += len(text)

    def link(self, start: int, target: str) -> None:
        """Let the text from ``start`` on lead to ``target``."""
        if target and self.length > start:
            self.links.append(Link(start, self.length, target))

    def block(self, kind: RegionKind, level: int = 0, *, prefix: str = "", box: Box | None = None) -> Block | None:
        """What was written as a block, after ``prefix``; None if it is blank."""
        text = "".join(self._parts)
        stripped = text.strip()
        if not stripped:
            return None
        moved = len(prefix) - (len(text) - len(text.lstrip()))
        end = len(prefix) + len(stripped)
        return Block(kind, prefix + stripped, level, box, tuple(_moved(self.links, moved, len(prefix), end)))


def clean(text: str) -> str:
    """``text`` without what is no text: controls, lone surrogates, soft hyphens."""
    return _NO_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _moved(links: Iterable[Link], by: int, first: int, last: int) -> Iterator[Link]:
    """``links`` moved ``by`` code points and cut to ``first`` .. ``last``; empty ones fall out."""
    for link in links:
        start, end = max(first, link.start + by), min(last, link.end + by)
        if start < end:
            yield Link(start, end, link.target)


def _shifted(links: Iterable[Link], by: int) -> Iterator[Link]:
    return (Link(link.start + by, link.end + by, link.target) for link in links)


def flat(blocks: Iterable[Block]) -> tuple[str, tuple[Link, ...]]:
    """The text of ``blocks`` on one line, as a cell of a table holds it, and its links."""
    written: list[str] = []
    links: list[Link] = []
    length = 0
    for block in blocks:
        if not block.text:
            continue
        links += _shifted(block.links, length)
        written.append(_BREAKS.sub(" ", block.text))
        length += len(block.text) + 1
    return " ".join(written), tuple(links)


def picture(description: str, part: str, box: Box | None = None) -> Block:
    """A picture: the text that somebody described it with, if any, and the name of the part that holds it."""
    return Block("picture", " ".join(clean(description).split()), box=box, target=part)


def some(block: Block | None) -> Iterator[Block]:
    """``block``, if there is one."""
    if block is not None:
        yield block


def with_kind(blocks: Iterable[Block], kind: RegionKind, prefix: str = "") -> Iterator[Block]:
    """``blocks`` as notes, headers and the like: all but tables and pictures are of ``kind``; ``prefix`` stands before the first."""
    for block in blocks:
        if block.grid is None and block.kind != "picture":
            links = tuple(_shifted(block.links, len(prefix)))
            yield dataclasses.replace(block, kind=kind, text=prefix + block.text, level=0, links=links)
            prefix = ""
        else:
            yield block


@dataclasses.dataclass(slots=True)
class Leaf:
    """A page: its blocks in reading order, and its size in points where it has one."""

    blocks: list[Block] = dataclasses.field(default_factory=list)
    width: float = 0.0
    height: float = 0.0
    label: str = ""


class Part(NamedTuple):
    """A file within the file: a picture, or an embedded object."""

    name: str
    data: bytes


Property: TypeAlias = str | dt.datetime


@dataclasses.dataclass(slots=True)
class Content:
    """A whole document as read. ``properties`` are those of the file, by name; ``parts`` are read one by one, while the file is open;
    ``damage`` says what could not be read, and grows while they are."""

    leaves: list[Leaf]
    properties: Mapping[str, Property] = dataclasses.field(default_factory=dict)
    parts: Iterable[Part] = ()
    damage: list[str] = dataclasses.field(default_factory=list)


class Place(NamedTuple):
    """Where a block stands in the text of its page (code points)."""

    start: int
    end: int
    block: Block


def page_of(index: int, leaf: Leaf) -> tuple[PageInfo, PageText, list[Place]]:
    """The page, its text and where each block stands in it. Blocks are a blank line apart, list items are lines."""
    written: list[str] = []
    places: list[Place] = []
    length = 0
    before = ""
    for block in leaf.blocks:
        if length and block.text:
            apart = "\n" if before == block.kind == "list_item" else "\n\n"
            written.append(apart)
            length += len(apart)
        written.append(block.text)
        places.append(Place(length, length + len(block.text), block))
        length += len(block.text)
        before = block.kind if block.text else before
    info = PageInfo(index=index, width=leaf.width, height=leaf.height, label=leaf.label)
    content = "".join(written)
    return info, PageText(page=index, content=f"{content}\n" if content else ""), places


def regions_of(text: PageText, places: Iterable[Place], tables: Mapping[int, str]) -> Iterator[Region]:
    """The regions of a page; ``tables`` has the artifact of the table that starts at a code point."""
    for start, end, block in places:
        yield Region.of(text, block.kind, start, end, box=block.box, level=block.level, target=block.target or tables.get(start, ""))
        for link in block.links:
            yield Region.of(text, "link", start + link.start, start + link.end, target=link.target)
