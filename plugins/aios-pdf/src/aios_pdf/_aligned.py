"""Tables on a page that no lines rule: columns that stand below each other, where they can be nothing else."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from aios_sdk import Box

from ._grids import Grid
from ._lines import Line, Word
from ._order import Row

#: A table has this many columns and this many rows at least.
_COLUMNS: Final = 3
_ROWS: Final = 3
_VALUE: Final = re.compile(r"[-+−(]?\s?(?:[A-Z]{3}|[$€£¥])?\s?\d[\d.,'’/: %-]*\)?\s?(?:[A-Z]{3}|[$€£¥%]|[a-zA-Z]{1,3}\.?)?")


def aligned_grids(rows: Sequence[Row]) -> list[tuple[int, int, Grid]]:
    """The tables without ruling lines among the ``rows`` of a column, each with its first row and that behind its last.

    Only what can be nothing else: three columns or more that no row crosses, one of which holds values.
    """
    found: list[tuple[int, int, Grid]] = []
    start = 0
    while start < len(rows):
        end, stripes = _run(rows, start)
        grid = _aligned(rows[start:end], stripes) if end - start >= _ROWS else None
        if grid is not None:
            found.append((start, end, grid))
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
    cells: list[list[list[Line]]] = []
    for row in rows:
        line: list[list[Line]] = [[] for _ in range(len(middles) + 1)]
        for item in row:
            if isinstance(item, Line):
                line[bisect_left(middles, (item.x0 + item.x1) / 2)].append(item)
        filled = [column for column, cell in enumerate(line) if cell]
        if cells and len(filled) == 1 and cells[-1][filled[0]]:  # a cell of the row above goes on
            cells[-1][filled[0]] += line[filled[0]]
        else:
            cells.append(line)
    texts = [[[word for item in cell for word in item.words] for cell in row] for row in cells]
    if not _is_sure(texts):
        return None
    boxes = [[_box(cell) for cell in row] for row in cells]
    items = [item for row in rows for item in row]
    place = (min(item.x0 for item in items), rows[0].y0, max(item.x1 for item in items), max(row.y1 for row in rows))
    return Grid(texts, boxes, (), place, min(item.number for item in items))


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
        if len(below) >= _ROWS - 1 and sum(_VALUE.fullmatch(text) is not None for text in below) > 0.7 * len(below):
            return True
    return False
