"""The tables on a sheet: parted at blank rows and columns, but only where it is sure that they are several."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

_MAX_BANDS: Final = 1000
_LOOKED_AT: Final = 50


class Block(NamedTuple):
    """A rectangle of a sheet: rows ``top`` to ``bottom`` and columns ``left`` to ``right``, ends exclusive."""

    top: int
    bottom: int
    left: int
    right: int


class _Band:
    """Rows without a blank one between them: which columns have cells, and the first rows."""

    def __init__(self, top: int) -> None:
        self.top: Final = top
        self.bottom = top
        self.used: set[int] = set()
        self.head: Final[list[Sequence[Any]]] = []
        self._last: Final[dict[int, int]] = {}

    def add(self, row: Sequence[Any], used: list[int]) -> None:
        self.used.update(used)
        self._last.update(dict.fromkeys(used, self.bottom))
        if len(self.head) < _LOOKED_AT:
            self.head.append(row)
        self.bottom += 1

    @property
    def is_title(self) -> bool:
        """Whether no row has more than one cell."""
        return len(self.head) == self.bottom - self.top and all(sum(map(_has_value, row)) == 1 for row in self.head)

    def parts(self) -> Iterator[Block]:
        """Its rectangles between blank columns, less the blank rows at their ends, and less lines of a single cell above their header."""
        columns = sorted(self.used)
        starts = [column for column in columns if column - 1 not in self.used]
        ends = [column + 1 for column in columns if column + 1 not in self.used]
        for left, right in zip(starts, ends, strict=True):
            top = 0
            while top < len(self.head) and not any(map(_has_value, self.head[top][left:right])):
                top += 1
            while top + 1 < len(self.head) and self._is_title_above(top, left, right):
                top += 1
            bottom = 1 + max(self._last[column] for column in range(left, right))
            yield Block(self.top + top, bottom, left, right)

    def _is_title_above(self, row: int, left: int, right: int) -> bool:
        own, below = (list(map(_has_value, self.head[place][left:right])) for place in (row, row + 1))
        return right - left > 1 and sum(own) == 1 and own[0] and all(below) and self.has_header(Block(self.top + row + 1, 0, left, right))

    def has_header(self, block: Block) -> bool:
        """Whether the first row of ``block`` is of different texts all over, above something else: numbers, days, truth values."""
        rows = [row[block.left : block.right] for row in self.head[block.top - self.top :]]
        if len(rows) < 2 or not all(isinstance(cell, str) and cell.strip() for cell in rows[0]):
            return False
        return len({cell.casefold() for cell in rows[0]}) == len(rows[0]) and any(
            isinstance(cell, bool | int | float | dt.date | dt.time | dt.timedelta) for row in rows[1:] for cell in row
        )

    def first(self, block: Block) -> list[Any]:
        """The first row of ``block``."""
        return list(self.head[block.top - self.top][block.left : block.right])


def tables_of(rows: Iterable[Sequence[Any]]) -> list[Block]:
    """Where the tables among ``rows`` of a sheet are.

    There is one, unless each part has at least two rows, two columns and a header of its own (`_Band.has_header`), or that of another
    part. Lines of a single cell above a header are titles and no part of the table.
    """
    bands = list(_bands(rows))
    if not bands:
        return []
    whole = Block(
        bands[0].top, bands[-1].bottom, min(column for band in bands for column in band.used), 1 + max(max(band.used) for band in bands)
    )
    if len(bands) > _MAX_BANDS:
        return [whole]
    first = next((place for place, band in enumerate(bands) if not band.is_title), 0)
    found: list[Block] = []
    headers: list[list[Any]] = []
    for band in bands[first:]:
        if band.is_title and found:
            continue
        parts = list(band.parts())
        if not all(_is_sure(band, part, headers) for part in parts):
            found = []
            break
        headers += [band.first(part) for part in parts]
        found += parts
    if found:
        return found
    # A single table: without the titles above it, where a blank row parts them from it or its header can be told.
    band = bands[first]
    parts = list(band.parts())
    if len(parts) == 1 and band.has_header(parts[0]):
        return [whole._replace(top=parts[0].top)]
    return [whole._replace(top=band.top)] if len(band.used) > 1 else [whole]


def _is_sure(band: _Band, part: Block, headers: list[list[Any]]) -> bool:
    if part.bottom - part.top < 2 or part.right - part.left < 2:
        return False
    return band.has_header(part) or (bool(headers) and band.first(part) in headers)


def _bands(rows: Iterable[Sequence[Any]]) -> Iterator[_Band]:
    band: _Band | None = None
    for number, row in enumerate(rows):
        used = [column for column, cell in enumerate(row) if _has_value(cell)]
        if not used:
            if band is not None:
                yield band
            band = None
            continue
        if band is None:
            band = _Band(number)
        band.add(row, used)
    if band is not None:
        yield band


def _has_value(cell: Any) -> bool:
    return cell is not None and cell != ""
