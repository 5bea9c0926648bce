"""From lines of text at their places to the words of a page in the order of reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple, Protocol, TypeVar

from aios_tesseract import ScanWord

from ._engine import Line, Piece


class Placed(Protocol):
    """What lies in a rectangle of pixels."""

    @property
    def left(self) -> float: ...
    @property
    def top(self) -> float: ...
    @property
    def right(self) -> float: ...
    @property
    def bottom(self) -> float: ...


PlacedT = TypeVar("PlacedT", bound=Placed)


class ReadLine(NamedTuple):
    """A line with its words."""

    left: float
    top: float
    right: float
    bottom: float
    words: tuple[ScanWord, ...]


def words_in(line: Line, pieces: Sequence[Piece]) -> tuple[ScanWord, ...]:
    """The words that were read in a line, at their places on the picture; of which line of the page is not said yet."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = line.corners.tolist()

    def word(piece: Piece) -> ScanWord:
        across = [x0 + (x1 - x0) * share for share in (piece.start, piece.end)]
        across += [x3 + (x2 - x3) * share for share in (piece.start, piece.end)]
        down = [y0 + (y1 - y0) * share for share in (piece.start, piece.end)]
        down += [y3 + (y2 - y3) * share for share in (piece.start, piece.end)]
        return ScanWord(piece.text, piece.confidence, min(across), min(down), max(across), max(down), ())

    return tuple(word(piece) for piece in pieces)


def in_order(lines: Sequence[ReadLine]) -> list[ScanWord]:
    """The words of a page, row by row from the top, each row from the left; a wider gap between rows begins a paragraph."""
    words: list[ScanWord] = []
    for paragraph, rows in enumerate(_paragraphs(rows_of(lines))):
        for number, row in enumerate(rows):
            words += [word._replace(line=(paragraph, number)) for part in row for word in part.words]
    return words


def rows_of(parts: Sequence[PlacedT]) -> list[list[PlacedT]]:
    """What stands side by side, from the top."""
    rows: list[list[PlacedT]] = []
    for part in sorted(parts, key=lambda part: part.top + part.bottom):
        row = next((row for row in reversed(rows[-6:]) if stands_beside(part, row)), None)
        if row is None:
            rows.append([part])
        else:
            row.append(part)
    rows.sort(key=lambda row: sum(_span(row)))
    return [sorted(row, key=lambda part: part.left) for row in rows]


def stands_beside(part: Placed, row: Sequence[Placed]) -> bool:
    """Whether a part belongs to a row: it shares more than half of the lower one's height with it, and lies above or below none of it."""
    top, bottom = _span(row)
    if min(bottom, part.bottom) - max(top, part.top) <= 0.5 * min(bottom - top, part.bottom - part.top):
        return False
    return all(
        min(other.right, part.right) - max(other.left, part.left) < 0.5 * min(other.right - other.left, part.right - part.left)
        for other in row
    )


def _span(row: Sequence[Placed]) -> tuple[float, float]:
    return sum(part.top for part in row) / len(row), sum(part.bottom for part in row) / len(row)


def _paragraphs(rows: list[list[ReadLine]]) -> Iterator[list[list[ReadLine]]]:
    if not rows:
        return
    height = median(bottom - top for top, bottom in map(_span, rows))
    paragraph = [rows[0]]
    for above, row in pairwise(rows):
        if _span(row)[0] - _span(above)[1] > height:
            yield paragraph
            paragraph = []
        paragraph.append(row)
    yield paragraph
