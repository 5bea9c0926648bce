"""Tables of OpenDocument: rows and cells, repeated and spanned (part 3, 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from aios_sdk import LimitExceeded

from ._content import Block, Cell, Grid, flat
from ._odf_styles import header_rows
from ._xml import Element, attribute, number, tag

_MOST_COLUMNS: Final = 256
#: Code points of the cells of a table, and of one that repeats its rows.
_LARGEST: Final = 64_000_000
_LARGEST_REPEATED: Final = 1_000_000
_GROUPS: Final = frozenset({"table:table-header-rows", "table:table-rows", "table:table-row-group"})


def grid_of(table: Element, read: Callable[[Element], list[Block]]) -> Grid | list[Block]:
    """The table, its cells read by ``read``; a table of one cell is a frame round text, and gives its blocks."""
    cells: list[Cell] = []
    row = columns = 0
    only: list[Block] = []
    count = size = 0
    for element in _rows(table):
        repeated = max(1, number(attribute(element, "number-rows-repeated"), 1))
        column, found = 0, []
        for cell in element:
            if tag(cell) not in ("table:table-cell", "table:covered-table-cell"):
                continue
            times = min(max(1, number(attribute(cell, "number-columns-repeated"), 1)), _MOST_COLUMNS - column)
            if tag(cell) == "table:table-cell" and times > 0:
                blocks = read(cell)
                only, count = blocks, count + times * repeated
                text, links = flat(blocks)
                down, across = (max(1, number(attribute(cell, f"number-{name}-spanned"), 1)) for name in ("rows", "columns"))
                found += [Cell(row, column + each, text, down, across, links) for each in range(times)]
            column += times
        if not any(cell.text for cell in found):
            repeated = 1  # spreadsheets fill their sheets so
        size += sum(len(cell.text) + 1 for cell in found) * repeated
        if (size > _LARGEST_REPEATED and repeated > 1) or size > _LARGEST:
            raise LimitExceeded("A table repeats its cells without end", cause="It may be an attack")
        for each in range(repeated):
            cells += (cell._replace(row=row + each) for cell in found)
        row += repeated
        columns = max(columns, column)
    if count == 1:
        return only
    fitted = (cell._replace(rows=min(cell.rows, row - cell.row), columns=min(cell.columns, columns - cell.column)) for cell in cells)
    return Grid(tuple(fitted), row, columns, header_rows(table))


def _rows(table: Element) -> Iterator[Element]:
    for element in table:
        if tag(element) == "table:table-row":
            yield element
        elif tag(element) in _GROUPS:
            yield from _rows(element)
