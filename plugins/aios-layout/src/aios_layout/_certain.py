"""Whether columns on a scan are those of a table: OCR loses words, and reads others into specks and folds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aios_sdk import Box

from ._aligned import is_value
from ._grids import Grid

#: The mean confidence of words that is enough where they alone make a table, and where lines do.
_SURE: Final = 0.8
_LEGIBLE: Final = 0.5
#: Cells with text that a table has at least.
_CELLS: Final = 4
#: Under names of columns a row needs this share of its cells, and a table so many rows with them.
_NAMED: Final = (0.5, 3)
#: Without names a table has so many rows and columns of values, and this share of all its cells and of those in each column.
_ROWS: Final = 4
_VALUES: Final = 2
_FILLED: Final = (0.8, 0.75)
#: Most cells: this share.
_MOST: Final = 0.7
#: The cells of a column begin, end or have their middles within so many sizes of the font; at least this share of them.
_LEVEL: Final = 0.6
_ALIGNED: Final = 0.8
_NAME: Final = re.compile(r"[^\W\d_]{2}|[%#№]")


def is_readable(grid: Grid) -> bool:
    """Whether ``grid``, which lines rule, holds enough that was read well enough, and is no drawing with letters in it."""
    return sum(bool(cell) for row in grid.cells for cell in row) >= _CELLS and _is_sure(grid, _LEGIBLE)


def _is_sure(grid: Grid, least: float) -> bool:
    known = [word.confidence for word in grid.words() if word.confidence is not None]
    return sum(known) >= least * len(known)


def is_certain(grid: Grid, size: float) -> bool:
    """Whether ``grid``, which no lines rule, is a table whatever OCR made of it: its words are well read, its columns are aligned, and
    either its first row names them or they are full and two of them hold values. ``size`` is that of the font, as a share of the page's
    width."""
    if not _is_sure(grid, _SURE):
        return False
    columns = list(zip(*grid.rows, strict=True))
    boxes = [[box for box in column[1:] if box is not None] for column in zip(*grid.boxes, strict=True)]
    if not all(_is_aligned(column, _LEVEL * size) for column in boxes):
        return False
    if all(_is_name(text) for text in grid.rows[0]):
        share, rows = _NAMED
        return len(grid.rows) >= rows and all(sum(map(bool, row)) >= share * len(row) for row in grid.rows[1:])
    filled = [sum(map(bool, column)) for column in columns]
    full = sum(filled) >= _FILLED[0] * len(columns) * len(grid.rows) and min(filled) >= _FILLED[1] * len(grid.rows)
    return full and len(grid.rows) >= _ROWS and sum(map(_holds_values, columns)) >= _VALUES


def _is_name(text: str) -> bool:
    return _NAME.search(text) is not None and not any(map(str.isdigit, text))


def _holds_values(column: Sequence[str]) -> bool:
    texts = [text for text in column[1:] if text]
    return sum(map(is_value, texts)) > _MOST * len(texts)


def _is_aligned(boxes: Sequence[Box], near: float) -> bool:
    """Whether most of ``boxes`` begin, end or have their middles at one place."""
    for places in ([box.x0 for box in boxes], [box.x1 for box in boxes], [(box.x0 + box.x1) / 2 for box in boxes]):
        middle = sorted(places)[len(places) // 2] if places else 0.0
        if sum(abs(place - middle) <= near for place in places) >= _ALIGNED * len(places):
            return True
    return False
