"""Tables of WordprocessingML: rows and cells, and how many of them a cell spans (ECMA-376, part 1, 17.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ._content import Block, Cell, Grid, flat
from ._xml import Element, attribute, child, chosen, is_on, number, tag, value

#: Word allows 63 columns.
_MOST_COLUMNS: Final = 256
_WRAPPERS: Final = frozenset({"w:sdt", "w:sdtContent", "w:customXml", "w:ins", "w:moveTo", "w:smartTag"})


def grid_of(table: Element, read: Callable[[Element], list[Block]]) -> Grid | list[Block]:
    """The table, its cells read by ``read``; a table of one cell is a frame round text, and gives its blocks."""
    cells: list[Cell] = []
    above: dict[int, int] = {}  # column -> the cell that a vertical span goes on from
    rows = columns = 0
    only: list[Block] = []
    header = None
    for row in _parts(table, "w:tr"):
        properties = child(row, "w:trPr")
        if child(properties, "w:del") is not None:
            continue  # a deleted row
        if rows == 0 and is_on(properties, "w:tblHeader"):
            header = True
        column = min(number(value(properties, "w:gridBefore")), _MOST_COLUMNS)
        for cell in _parts(row, "w:tc"):
            about = child(cell, "w:tcPr")
            if child(about, "w:cellDel") is not None:
                continue
            span = max(1, min(number(value(about, "w:gridSpan"), 1), _MOST_COLUMNS - column))
            if column >= _MOST_COLUMNS:
                break
            blocks = read(cell)
            first = above.get(column)
            merge = child(about, "w:vMerge")
            if merge is not None and attribute(merge, "val", "continue") == "continue" and first is not None:
                cells[first] = cells[first]._replace(rows=rows - cells[first].row + 1)  # what it covers is hidden
            else:
                text, links = flat(blocks)
                above.pop(column, None)
                if merge is not None:
                    above[column] = len(cells)
                cells.append(Cell(rows, column, text, 1, span, links))
                only = blocks
            if merge is None:
                above.pop(column, None)
            column += span
            columns = max(columns, column)
        rows += 1
    if len(cells) == 1:
        return only
    return Grid(tuple(cells), rows, columns, header)


def _parts(element: Element, name: str) -> Iterator[Element]:
    """The rows of a table, or the cells of a row, also within content controls and insertions."""
    for each in element:
        found = tag(each)
        if found == name:
            yield each
        elif found in _WRAPPERS:
            yield from _parts(each, name)
        elif found == "mc:AlternateContent":
            for option in chosen(each):
                if tag(option) == name:
                    yield option
