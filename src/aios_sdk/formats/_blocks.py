"""The content of a page as blocks in reading order, whatever its reader knew of it; every form is written from these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ..records import Box, Document, Page, Region, RegionKind, Table, value_text

#: What stands on many pages alike, and is left out where the text is to be read as a whole.
FURNITURE: Final = frozenset(("header", "footer"))

_PARAGRAPH: Final = re.compile(r"\S(?:.|\n(?![^\S\n]*\n))*")
_MARK: Final = re.compile(r"(?:[•◦▪‣·●○■–*-]|(?P<number>\d{1,9}|[A-Za-z])[.)])[ \t\xa0]+")


class Piece(NamedTuple):
    """A stretch of text, and where it leads if it is a link."""

    text: str
    target: str = ""


class Block(NamedTuple):
    """A part of a page: what it is, its ``text`` (code points ``start`` to ``end`` of the page's), and what belongs to it.

    ``printed``: the text is that of a document, and not derived from typed values.
    """

    kind: RegionKind
    page: int
    text: str
    start: int = 0
    end: int = 0
    box: Box | None = None
    level: int = 0
    target: str = ""
    links: tuple[Region, ...] = ()
    table: Table | None = None
    printed: bool = True

    @property
    def pieces(self) -> Iterator[Piece]:
        """The text, cut where links begin and end."""
        place = self.start
        for link in self.links:
            if link.start > place:
                yield Piece(self._slice(place, link.start))
            if link.end > max(place, link.start):
                yield Piece(self._slice(max(place, link.start), link.end), link.target)
                place = link.end
        if place < self.end:
            yield Piece(self._slice(place, self.end))

    def _slice(self, start: int, end: int) -> str:
        return self.text[start - self.start : end - self.start]

    def marked(self) -> tuple[str, Block]:
        """The number of a list item (empty for a bullet), and the item without its mark."""
        found = _MARK.match(self.text)
        if found is None:
            return "", self
        return found["number"] or "", self._replace(text=self.text[found.end() :], start=self.start + found.end())


def blocks(document: Document, *, furniture: bool) -> Iterator[Block]:
    """The blocks of all pages; page headers and footers only with ``furniture``."""
    for page in document.pages:
        for block in page_blocks(document, page):
            if furniture or block.kind not in FURNITURE:
                yield block


def page_blocks(document: Document, page: Page) -> Iterator[Block]:
    """The blocks of one page: its regions, else the paragraphs of its text; then the tables that none of them shows."""
    tables = {table.artifact: table for table in document.tables if table.page == page.index}
    regions = page.regions
    if page.info.label and not page.info.width and tables:
        yield Block("heading", page.index, page.info.label, 0, len(page.info.label), level=2)  # the name of a sheet
    shown = set()
    if regions:
        links = sorted((region for region in regions if region.kind == "link"), key=lambda link: (link.start, link.end))
        for region in regions:
            if region.kind != "link":
                table = tables.get(region.target) if region.kind == "table" else None
                shown.add(region.target if table else "")
                yield _block(page, region, links, table)
    elif not tables:
        for found in _PARAGRAPH.finditer(page.text):
            yield Block("paragraph", page.index, found[0].rstrip(), found.start(), found.start() + len(found[0].rstrip()))
    for artifact, table in tables.items():
        if artifact not in shown:
            yield Block("table", page.index, "", box=table.box, table=table, target=artifact)


def _block(page: Page, region: Region, links: Sequence[Region], table: Table | None) -> Block:
    return Block(
        region.kind,
        page.index,
        page.text[region.start : region.end],
        region.start,
        region.end,
        region.box or (table.box if table else None),
        region.level,
        region.target,
        tuple(link for link in links if region.start <= link.start and link.end <= region.end),
        table,
        printed=page.reading is not None and page.reading.method != "derived",
    )


class Cell(NamedTuple):
    """A cell of a table as it is shown: how many rows and columns it takes up, and where it is printed."""

    text: str
    rows: int = 1
    columns: int = 1
    box: Box | None = None


def grid(block: Block) -> Iterator[list[Cell | None]]:
    """The rows of the table of ``block``, the names of its columns first; None for what a merged cell covers.

    Cells are as the text of the page has them, if it has them all (``1.204,50``), else their values (``1204.50``). Raises `StoreError` as
    `Table.relation`.
    """
    table = block.table
    assert table is not None
    spans = {(row, column): (down, across) for row, column, down, across in table.merged}
    covered = {
        (row + i, column + j) for (row, column), (down, across) in spans.items() for i in range(down) for j in range(across) if i or j
    }
    names = [column.name for column in table.columns]
    head, *printed = _printed(block, table) or [names]
    yield _row(head, -1, table, spans, covered)
    values = (["" if value is None else value_text(value) for value in row] for row in table.iterate())
    for number, row in enumerate(printed or values, table.first_row):
        yield _row(row, number, table, spans, covered)


def _printed(block: Block, table: Table) -> list[list[str]]:
    """The cells of ``table`` as its text has them, with a row of names; empty where the text is not in the same cells."""
    if not (block.printed and block.text and table.rows):
        return []
    rows = [line.split("\t") for line in block.text.split("\n")]
    if len(rows) == table.rows:
        rows.insert(0, [column.name for column in table.columns])
    same = len(rows) == 1 + table.rows and all(len(row) == len(table.columns) for row in rows)
    return rows if same else []


def _row(
    texts: list[str], number: int, table: Table, spans: dict[tuple[int, int], tuple[int, int]], covered: set[tuple[int, int]]
) -> list[Cell | None]:
    return [
        None
        if (number, column) in covered
        else Cell(text, *spans.get((number, column), (1, 1)), table.cell_box(number, column) if number >= 0 else None)
        for column, text in enumerate(texts)
    ]
