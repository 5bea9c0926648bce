"""A document as units of text: its rows, and the cells of rows that have several, each with its place on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Final

from ._clues import plain
from ._layout import Row

#: A row that begins this many rows below is not taken for the continuation of a cell.
_FAR: Final = 2.6


@dataclass(eq=False)
class Unit:
    """A row, or a cell of a row with several: code points ``start`` to ``end`` of row number ``row``, and its box in shares of the page."""

    row: int
    start: int
    end: int
    text: str
    is_row: bool
    x0: float
    x1: float
    y0: float
    y1: float
    above: Unit | None = None
    below: Unit | None = None
    number: int = -1

    @cached_property
    def plain(self) -> str:
        """Its letters and digits."""
        return plain(self.text)


@dataclass(eq=False)
class Units:
    """All units of a document, rows before their cells, and what is usual in it."""

    rows: Sequence[Row]
    all: list[Unit]
    lines: list[Unit]
    letter: float
    left: float
    right: float

    @cached_property
    def repeated(self) -> dict[str, int]:
        """How many lines have the same letters and digits."""
        counts: dict[str, int] = {}
        for unit in self.lines:
            counts[unit.plain] = counts.get(unit.plain, 0) + 1
        return counts


def units_of(rows: Sequence[Row]) -> Units:
    """The units of the rows of a document."""
    lines: list[Unit] = []
    cells: list[list[Unit]] = []
    shift = 0.0
    for number, row in enumerate(rows):
        if number and row.sheet is not rows[number - 1].sheet:
            shift = max(unit.y1 for unit in lines) + _FAR
        lines.append(_unit(row, number, 0, len(row.text), is_row=True, shift=shift))
        parts = [_unit(row, number, start, end, is_row=False, shift=shift) for start, end in row.cells]
        cells.append(parts if len(parts) > 1 else [lines[-1]])
    for number, unit in enumerate(lines[1:], 1):
        unit.above = lines[number - 1]
        lines[number - 1].below = unit
    for number in range(len(rows) - 1):
        for unit in cells[number]:
            near = [other for other in cells[number + 1] if other.x0 < unit.x1 and unit.x0 < other.x1]
            if near and near[0].y0 - unit.y1 < _FAR and not unit.is_row:
                unit.below = near[0]
            for other in near:
                if not other.is_row and other.above is None:
                    other.above = unit
    found = [unit for line, parts in zip(lines, cells, strict=True) for unit in ([line, *parts] if len(parts) > 1 else [line])]
    for number, unit in enumerate(found):
        unit.number = number
    return Units(
        rows=rows,
        all=found,
        lines=lines,
        letter=(median(unit.y1 - unit.y0 for unit in lines) if lines else 0.0) or 1.0,
        left=min((unit.x0 for unit in lines), default=0.0),
        right=max((unit.x1 for unit in lines), default=0.0),
    )


def _unit(row: Row, number: int, start: int, end: int, *, is_row: bool, shift: float) -> Unit:
    tokens = row.within(start, end)
    return Unit(
        row=number,
        start=start,
        end=end,
        text=" ".join(row.text[start:end].split()),
        is_row=is_row,
        x0=tokens[0].x0,
        x1=max(token.x1 for token in tokens),
        y0=min(token.y0 for token in tokens) + shift,
        y1=max(token.y1 for token in tokens) + shift,
    )
