"""The blocks of a text of RTF as its paragraphs, cells and rows end; tables within tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Final, NamedTuple

from aios_sdk import RegionKind

from ._content import Block, Cell, Grid, Line, flat, some

#: Edges of cells that are nearer than this (in twips, 1/1440 inch) are one: programs round them.
_NEAR: Final = 36
_DEEPEST: Final = 50
#: More columns than this no table has.
MOST_COLUMNS: Final = 256


class Edge(NamedTuple):
    """The definition of a cell: its right edge in twips, and whether it is merged with the one before or above."""

    right: int
    first_across: bool = False
    across: bool = False
    first_down: bool = False
    down: bool = False


class _Row(NamedTuple):
    cells: list[list[Block]]
    edges: tuple[Edge, ...]
    header: bool


@dataclasses.dataclass(slots=True)
class _Level:
    """A level of tables: the blocks of the cell that is open, the cells of its row, the rows before."""

    blocks: list[Block] = dataclasses.field(default_factory=list)
    cells: list[list[Block]] = dataclasses.field(default_factory=list)
    rows: list[_Row] = dataclasses.field(default_factory=list)


class Flow:
    """A text: the body, a header, a note. Paragraphs end at a level: 0 outside of tables, 1 in a table, 2 in a table within one."""

    def __init__(self) -> None:
        self.line = Line()
        #: Blocks that stand beside the paragraph, such as text boxes, and come after it.
        self.asides: Final[list[Block]] = []
        #: The number of a list item, as it is displayed.
        self.marker = ""
        self.is_item = False
        self._levels = [_Level()]

    def paragraph(self, level: int, kind: RegionKind = "paragraph", depth: int = 0) -> None:
        """The paragraph ends."""
        into = self._at(level)
        if self.is_item and kind == "paragraph":
            kind, depth = "list_item", max(depth, 1)
        into.blocks += some(self.line.block(kind, depth, prefix=self.marker))
        into.blocks += self.asides
        self.asides.clear()
        self.line, self.marker, self.is_item = Line(), "", False

    def cell(self, level: int) -> None:
        """The cell ends."""
        into = self._at(max(level, 1))
        into.cells.append(into.blocks)
        into.blocks = []

    def row(self, level: int, edges: Iterable[Edge], header: bool) -> None:
        """The row ends; its cells are defined by ``edges``."""
        into = self._at(max(level, 1))
        if into.blocks:  # the mark of the last cell is missing
            into.cells.append(into.blocks)
            into.blocks = []
        if into.cells:
            into.rows.append(_Row(into.cells, tuple(edges), header))
        into.cells = []

    def finish(self) -> list[Block]:
        """All blocks; the text ends."""
        self.paragraph(min(len(self._levels) - 1, 1) if self._levels[-1].cells else 0)
        return self._at(0).blocks

    def _at(self, level: int) -> _Level:
        level = min(level, _DEEPEST)
        while len(self._levels) > level + 1:
            self._close(self._levels.pop())
        while len(self._levels) <= level:
            self._levels.append(_Level())
        return self._levels[level]

    def _close(self, level: _Level) -> None:
        if level.blocks:
            level.cells.append(level.blocks)
        if level.cells:  # the row was cut off
            level.rows.append(_Row(level.cells, (), False))
        self._levels[-1].blocks += _blocks_of(level.rows)


def _blocks_of(rows: list[_Row]) -> list[Block]:
    """The rows as a table; a table of one cell is a frame round text, and gives its blocks."""
    if not rows:
        return []
    if len(rows) == 1 and len(rows[0].cells) == 1:
        return rows[0].cells[0]
    columns = _columns(rows)
    cells: list[Cell] = []
    above: dict[int, int] = {}
    width = 0
    for number, row in enumerate(rows):
        at = 0
        for index, blocks in enumerate(row.cells[:MOST_COLUMNS]):
            edge = row.edges[index] if index < len(row.edges) else Edge(0)
            end = columns.get(edge.right, at) + 1 if edge.right else at + 1
            end = max(end, at + 1)
            text, links = flat(blocks)
            if edge.across and cells and cells[-1].row == number:
                cells[-1] = cells[-1]._replace(columns=end - cells[-1].column)  # what it covers is hidden
            elif edge.down and at in above:
                top = cells[above[at]]
                cells[above[at]] = top._replace(rows=number - top.row + 1)
            else:
                above.pop(at, None)
                if edge.first_down:
                    above[at] = len(cells)
                cells.append(Cell(number, at, text, 1, end - at, links))
            at = end
            width = max(width, at)
    return list(some(Grid(tuple(cells), len(rows), width, True if rows[0].header else None).block()))


def _columns(rows: list[_Row]) -> dict[int, int]:
    """The column that ends at each edge: edges of all rows make one grid."""
    found: dict[int, int] = {}
    column, last = -1, None
    for right in sorted({edge.right for row in rows for edge in row.edges[: len(row.cells)]}):
        if last is None or right - last > _NEAR:
            column += 1
            last = right
        found[right] = min(column, MOST_COLUMNS)
    return found
