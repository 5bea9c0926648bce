"""Tables on a page that no lines rule: columns that stand below each other, where they can be nothing else."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from aios_sdk import Box

from ._grids import Grid
from ._lines import Line, Word
from ._order import Row

#: A table has this many columns and this many rows at least.
_COLUMNS: Final = 3
_ROWS: Final = 3
#: A line belongs to the row below where that is nearer by this many sizes of its font.
_NEARER: Final = 0.15
_VALUE: Final = re.compile(r"[-+−(]?\s?(?:[A-Z]{3}|[$€£¥])?\s?\d[\d.,'’/: %-]*\)?\s?(?:[A-Z]{3}|[$€£¥%]|[a-zA-Z]{1,3}\.?)?")


def is_value(text: str) -> bool:
    """Whether ``text`` is a number, an amount or a date."""
    return _VALUE.fullmatch(text) is not None


def aligned_grids(rows: Sequence[Row], accept: Callable[[Grid], bool] | None = None) -> list[tuple[int, int, Grid]]:
    """The tables without ruling lines among the ``rows`` of a column, each with its first row and that behind its last.

    Only what can be nothing else: three columns or more that no row crosses, one of which holds values; and, where it is given, what
    ``accept`` takes for one too.
    """
    found: list[tuple[int, int, Grid]] = []
    start = 0
    while start < len(rows):
        end, stripes = _run(rows, start)
        grid = _aligned(rows[start:end], stripes) if end - start >= _ROWS else None
        if grid is not None and (accept is None or accept(grid)):
            found.append((start, end, grid))
        else:
            grid = None
        start = end if grid is not None else start + 1
    return found


def _run(rows: Sequence[Row], start: int) -> tuple[int, list[tuple[float, float]]]:
    """How far rows from ``start`` on leave the same stripes free, and these."""
    if len(rows[start]) < _COLUMNS or not _is_text(rows[start]):
        return start + 1, []
    stripes = [(before.x1, after.x0) for before, after in pairwise(rows[start])]
    end = start + 1
    while end < len(rows):
        row = rows[end]
        if not _is_text(row) or row.y0 - rows[end - 1].y1 > 2.5 * row[0].size:
            break
        narrowed = _narrowed(stripes, row)
        if len(narrowed) < _COLUMNS - 1 or (len(row) < _COLUMNS and len(narrowed) < len(stripes)):
            break
        stripes, end = narrowed, end + 1
    while end > start and len(rows[end - 1]) < _COLUMNS - 1:
        end -= 1
    return max(end, start + 1), stripes


def _is_text(row: Row) -> bool:
    return all(isinstance(item, Line) for item in row)


def _narrowed(stripes: Sequence[tuple[float, float]], row: Row) -> list[tuple[float, float]]:
    """What ``row`` leaves of the ``stripes``."""
    left = []
    for stripe in stripes:
        start, end = stripe
        for item in row:
            if item.x0 < end and item.x1 > start:
                # What is left is beside the item, on the side where more is.
                start, end = (item.x1, end) if end - item.x1 > item.x0 - start else (start, item.x0)
        if end - start >= 0.5 * row[0].size:
            left.append((start, end))
    return left


def _aligned(rows: Sequence[Row], stripes: Sequence[tuple[float, float]]) -> Grid | None:
    middles = [(x0 + x1) / 2 for x0, x1 in stripes]
    cells = _joined(_embraced([_parted(row, middles) for row in rows]))
    texts = [[[word for item in cell for word in item.words] for cell in row] for row in cells]
    if not _is_sure(texts):
        return None
    boxes = [[_box(cell) for cell in row] for row in cells]
    items = [item for row in rows for item in row]
    place = (min(item.x0 for item in items), rows[0].y0, max(item.x1 for item in items), max(row.y1 for row in rows))
    return Grid(texts, boxes, (), place, min(item.number for item in items))


def _parted(row: Row, middles: Sequence[float]) -> list[list[Line]]:
    """The cells of a line of a table whose columns are parted at ``middles``."""
    cells: list[list[Line]] = [[] for _ in range(len(middles) + 1)]
    for item in row:
        if isinstance(item, Line):
            cells[bisect_left(middles, (item.x0 + item.x1) / 2)].append(item)
    return cells


def _embraced(lines: Sequence[list[list[Line]]]) -> list[list[list[Line]]]:
    """``lines`` in which values that stand between the two lines of a cell are in one line with both."""
    found: list[list[list[Line]]] = []
    number = 0
    while number < len(lines):
        upper, values, lower = [*lines[number : number + 3], [], []][:3]
        columns = [column for column, cell in enumerate(upper) if cell]
        if len(columns) == 1 and values and lower and _is_embraced(columns[0], upper, values, lower, found):
            found.append([upper[column] + lower[column] if column == columns[0] else cell for column, cell in enumerate(values)])
            number += 3
        else:
            found.append(upper)
            number += 1
    return found


def _is_embraced(
    column: int, upper: list[list[Line]], values: list[list[Line]], lower: list[list[Line]], before: Sequence[list[list[Line]]]
) -> bool:
    if values[column] or [number for number, cell in enumerate(lower) if cell] != [column]:
        return False
    above = before[-1][column] if before else []
    return not above or _begins(above[-1], upper[column][0], lower[column][0], goes_on=False)


def _joined(lines: Sequence[list[list[Line]]]) -> list[list[list[Line]]]:
    """``lines`` as rows: one of a single cell goes on with the row above, or begins the one below where that is nearer, as where the
    values of a row stand in its middle."""
    rows: list[list[list[Line]]] = []
    begun: list[Line] = []  # a cell in `column`, whose row is still to come
    column = 0
    for number, line in enumerate(lines):
        filled = [column for column, cell in enumerate(line) if cell]
        if len(filled) == 1:
            column, following = filled[0], lines[number + 1] if number + 1 < len(lines) else [[]] * len(line)
            above = begun or (rows[-1][column] if rows else [])
            if above and following[column] and _begins(above[-1], line[column][0], following[column][0], goes_on=bool(begun)):
                begun += line[column]
                continue
            if above:  # what was begun turned out to have no values of its own
                rows[-1][column] += begun + line[column]
                begun = []
                continue
        if begun:
            line[column] = begun + line[column]
            begun = []
        rows.append(line)
    return rows


def _begins(above: Line, line: Line, below: Line, *, goes_on: bool) -> bool:
    """Whether ``line`` belongs to what is below it; once a cell ``goes_on``, unless that is clearly further."""
    slack = _NEARER * line.size
    return bool(below.y0 - line.y1 < line.y0 - above.y1 + (slack if goes_on else -slack))


def _box(lines: Sequence[Line]) -> Box | None:
    if not lines:
        return None
    box = lines[0].box
    for line in lines[1:]:
        box = box.union(line.box)
    return box


def _is_sure(cells: Sequence[Sequence[Sequence[Word]]]) -> bool:
    columns = len(cells[0])
    filled = sum(bool(cell) for row in cells for cell in row)
    if len(cells) < _ROWS or filled < 0.7 * columns * len(cells):
        return False
    if sum(len(cell) for row in cells for cell in row) > 6 * filled:
        return False  # running text
    for column in range(columns):
        below = [" ".join(word.text for word in row[column]) for row in cells[1:] if row[column]]
        if len(below) >= _ROWS - 1 and sum(map(is_value, below)) > 0.7 * len(below):
            return True
    return False
