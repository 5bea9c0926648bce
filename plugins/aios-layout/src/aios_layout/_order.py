"""The reading order of a page: rows from top to bottom, columns of text one after the other.

A recursive cut as in Nagy and Seth's XY-cut (1984), but columns are cut only along gutters between what reads as text: the cells of a
table and the value beside its label stay in their row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, Protocol

#: A gutter between columns is at least this wide, in sizes of the font beside it and in points.
_GUTTER: Final = (0.6, 5.0)
#: Fewer lines than this on one side are no column.
_LINES: Final = 3
#: Lines of running text have this many words on average, and their typical line fills this share of its column.
_PROSE: Final = (3.5, 0.5)
#: They are in one piece, but for this share of them; and in a column of so many lines they need not fill it, as in a list of questions.
_UNBROKEN: Final = 1.3
_LONG: Final = 12
#: Of columns that are not set on common lines, this share of lines at most happens to be level with one beside it.
_LEVEL: Final = 0.4
#: Lines nearer than this, in sizes of their font, are of one value.
_TIGHT: Final = 1.4
_DEEPEST: Final = 12
#: The bullet or number that an item of a list begins with.
MARKER: Final = re.compile(
    r"[•●◦○▪■□▸►‣⁃∙·✓✔➢➤\uf0b7\uf0a7\uf0d8*–—-]|§\s?\d{1,3}|\(?\d{1,2}(?:\.\d{1,2}){0,3}[.)]|\(?[a-z][.)]|\(?[ivx]{1,5}[.)]|\d{1,2}(?:\.\d{1,2}){1,3}"
)
_VALUE: Final = re.compile(r"[-+(€$£]{0,2}\d|[A-Z]{3} \d")


class Item(Protocol):
    """What is put in order: a part of a line, or a table."""

    @property
    def x0(self) -> float: ...
    @property
    def y0(self) -> float: ...
    @property
    def x1(self) -> float: ...
    @property
    def y1(self) -> float: ...
    @property
    def size(self) -> float: ...
    @property
    def number(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def text(self) -> str: ...


class Row(list[Item]):
    """Items level with each other, from left to right."""

    __slots__ = ("y0", "y1")

    def __init__(self, item: Item) -> None:
        super().__init__([item])
        self.y0, self.y1 = item.y0, item.y1

    def admits(self, item: Item) -> bool:
        """Whether ``item`` is level with this row, and nothing of the row stands in its place.

        A label beside two lines, set between them, belongs to the first.
        """
        shared = min(self.y1, item.y1) - max(self.y0, item.y0)
        needed = 0.5 if item.x1 > self[0].x0 else 0.2
        if shared < needed * min(self.y1 - self.y0, item.y1 - item.y0) or shared <= 0:
            return False
        slack = 0.2 * item.size
        return all(item.x0 >= other.x1 - slack or item.x1 <= other.x0 + slack for other in self)

    def add(self, item: Item) -> None:
        """Take ``item`` in."""
        self.append(item)
        self.y0, self.y1 = min(self.y0, item.y0), max(self.y1, item.y1)


class _Band(NamedTuple):
    """Rows ``first`` to ``last`` (inclusive) that leave the stripe from ``x0`` to ``x1`` free."""

    first: int
    last: int
    x0: float
    x1: float


def in_order(items: Sequence[Item]) -> list[list[Row]]:
    """``items`` as rows in reading order, those of each column together.

    Example: ``[[heading], [left 1, left 2], [right 1, right 2], [footer]]``.
    """
    return [column for column in _arranged(_rows(items), 0) if column]


def _rows(items: Iterable[Item]) -> list[Row]:
    rows: list[Row] = []
    for item in sorted(items, key=lambda item: (item.y0 + item.y1, item.x0)):
        # Only the latest rows can be level with it: the others end above.
        for row in rows[:-4:-1]:
            if item.y0 < row.y1 and row.admits(item):
                row.add(item)
                break
        else:
            rows.append(Row(item))
    for row in rows:
        if len(row) > 1:
            row.sort(key=lambda item: item.x0)
    return rows


def _arranged(rows: list[Row], depth: int) -> Iterator[list[Row]]:
    band = _widest(rows) if depth < _DEEPEST and len(rows) >= _LINES else None
    if band is None:
        yield _with_labels_first(rows)
        return
    yield from _arranged(rows[: band.first], depth + 1)
    for left in (True, False):
        yield from _arranged(_rows(_side(rows, band, left)), depth + 1)
    yield from _arranged(rows[band.last + 1 :], depth + 1)


def _with_labels_first(rows: list[Row]) -> list[Row]:
    """``rows``, where a label that is level with a later line of its value (``Name:`` beside the second of two) is put before the first."""
    for number in range(len(rows) - 1, 0, -1):
        row, above = rows[number], rows[number - 1]
        if len(row) != 2 or len(above) != 1 or not row[0].text.endswith(":"):
            continue
        value, first = row[1], above[0]
        if abs(first.x0 - value.x0) <= 2 and row[0].x1 < first.x0 and value.y1 - first.y1 < _TIGHT * value.size:
            above.insert(0, row.pop(0))
    return rows


def _side(rows: Sequence[Row], band: _Band, left: bool) -> list[Item]:
    middle = (band.x0 + band.x1) / 2
    return [item for row in rows[band.first : band.last + 1] for item in row if (item.x1 <= middle) == left]


def _widest(rows: list[Row]) -> _Band | None:
    """The gutter between columns that most rows leave free."""
    bands = sorted(set(_bands(rows)), key=lambda band: (band.first - band.last, band.x0 - band.x1))
    return next((band for band in bands if _are_columns(rows, band)), None)


def _bands(rows: list[Row]) -> Iterator[_Band]:
    known: list[_Band] = []
    for number, row in enumerate(rows):
        for x0, x1 in _gaps(rows, number):
            size = row[0].size
            least = max(_GUTTER[0] * size, _GUTTER[1])
            if x1 - x0 < least or any(band.first <= number <= band.last and band.x0 >= x0 and band.x1 <= x1 for band in known):
                continue
            band = _grown(rows, number, x0, x1, least)
            known.append(band)
            yield _trimmed(rows, band)


def _gaps(rows: list[Row], number: int) -> Iterator[tuple[float, float]]:
    row = rows[number]
    for item, following in pairwise(row):
        yield item.x1, following.x0
    if number + 1 < len(rows) and rows[number + 1].y0 < row.y1:  # columns that are not set on common lines
        below = rows[number + 1]
        for first, second in ((row, below), (below, row)):
            if first[-1].x1 < second[0].x0:
                yield first[-1].x1, second[0].x0


def _grown(rows: list[Row], number: int, x0: float, x1: float, least: float) -> _Band:
    first = last = number
    for step, stop in ((-1, -1), (1, len(rows))):
        for at in range(number, stop, step):
            free = _free(rows[at], x0, x1, least)
            if free is None:
                break
            x0, x1 = free
            first, last = min(first, at), max(last, at)
    return _Band(first, last, x0, x1)


def _free(row: Row, x0: float, x1: float, least: float) -> tuple[float, float] | None:
    """The widest part of the stripe that ``row`` leaves free, if it is wide enough."""
    best, at = (0.0, 0.0), x0
    for item in row:
        if item.x1 <= at:
            continue
        if item.x0 >= x1:
            break
        if item.x0 - at > best[1] - best[0]:
            best = (at, item.x0)
        at = item.x1
    if x1 - at > best[1] - best[0]:
        best = (at, x1)
    return best if best[1] - best[0] >= least else None


def _trimmed(rows: list[Row], band: _Band) -> _Band:
    """Without rows at its ends that stand on one side of the gutter, off from what follows there."""
    first, last, middle = band.first, band.last, (band.x0 + band.x1) / 2
    while first < last and _one_sided(rows[first], middle) and rows[first + 1].y0 - rows[first].y1 > rows[first][0].size:
        first += 1
    while first < last and _one_sided(rows[last], middle) and rows[last].y0 - rows[last - 1].y1 > rows[last][0].size:
        last -= 1
    return _Band(first, last, band.x0, band.x1)


def _one_sided(row: Row, middle: float) -> bool:
    return row[0].x0 >= middle or row[-1].x1 <= middle


def _are_columns(rows: list[Row], band: _Band) -> bool:
    middle = (band.x0 + band.x1) / 2
    left: list[list[Item]] = []
    right: list[list[Item]] = []
    level = 0
    for row in rows[band.first : band.last + 1]:
        lefts = [item for item in row if item.x1 <= middle]
        rights = [item for item in row if item.x0 >= middle]
        level += bool(lefts and rights)
        left += [lefts] if lefts else []
        right += [rights] if rights else []
    if min(len(left), len(right)) < _LINES:
        return False
    if level < _LEVEL * min(len(left), len(right)) or (_is_prose(left) and _is_prose(right)):
        return True
    return _apart_in_the_file(left, right) and not _is_list_of_values(left, right)


def _is_prose(rows: Sequence[Sequence[Item]]) -> bool:
    """Whether lines of words run through their column, where those of a table are broken into cells.

    The number or bullet of an item of a list, off from its text, is no cell.
    """
    pieces = sum(len(row) - (len(row) > 1 and MARKER.fullmatch(row[0].text) is not None) for row in rows)
    if pieces > _UNBROKEN * len(rows) or sum(item.count for row in rows for item in row) < _PROSE[0] * len(rows):
        return False
    start, end = min(row[0].x0 for row in rows), max(row[-1].x1 for row in rows)
    widths = sorted(row[-1].x1 - row[0].x0 for row in rows)
    return len(rows) >= _LONG or widths[len(widths) // 2] >= _PROSE[1] * (end - start)


def _apart_in_the_file(left: Sequence[Sequence[Item]], right: Sequence[Sequence[Item]]) -> bool:
    """Whether the file has one side as a whole before the other."""
    lefts, rights = [[item.number for row in side for item in row] for side in (left, right)]
    return max(lefts) < min(rights) or max(rights) < min(lefts)


def _is_list_of_values(left: Sequence[Sequence[Item]], right: Sequence[Sequence[Item]]) -> bool:
    values = sum(_VALUE.match(row[0].text) is not None for row in right)
    labels = sum(row[-1].text.endswith(":") for row in left)
    return values > _LEVEL * len(right) or labels > _LEVEL * len(left)
