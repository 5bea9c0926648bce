"""Which party, or other part of the model, the lines of a document are about: those below a heading such as "Bill to"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ._labels import Hit
from ._layout import Row

#: In heights of a letter: how far the lines of a section may be apart, how far to the left of its heading they may begin, how far to the
#: right a label of it may, and how close the heading of the next section stands where it ends this one.
_GAP, _BEFORE, _INSET, _SAME_COLUMN = 3.5, 1.0, 8.0, 6.0

#: How far to the right the lines that keep a section open may begin.
_WIDTH: Final = 40.0


class _Open(NamedTuple):
    name: str
    left: float
    bottom: float
    order: int


class Sections:
    """The sections of a document; ``at`` tells which one a place is in."""

    def __init__(self, rows: Sequence[Row], hits: Sequence[Sequence[Hit]]) -> None:
        self._by_row: list[tuple[_Open, ...]] = []
        self.names: Final[set[str]] = set()
        self._count = 0
        opened: list[_Open] = []
        before: Row | None = None
        for row, found in zip(rows, hits, strict=True):
            if before is None or before.sheet is not row.sheet:
                opened = []
            before = row
            opened = [kept for one in opened if (kept := self._kept(one, row)) is not None]
            for hit in found:
                if hit.opens:
                    opened = self._open(opened, hit)
            self._by_row.append(tuple(opened))

    def at(self, place: int, left: float) -> str:
        """The section that row number ``place`` is in at ``left``; empty for none."""
        around = [one for one in self._by_row[place] if one.left - _BEFORE <= left]
        near = max(around, key=lambda one: (one.left, one.order), default=None)
        return near.name if near and left - near.left <= _WIDTH else ""

    def of_label(self, place: int, hit: Hit) -> str:
        """The section that a label names a value of; empty for none."""
        left = hit.row.within(hit.start, hit.end)[0].x0
        around = [one for one in self._by_row[place] if one.left - _BEFORE <= left <= one.left + _INSET]
        return max(around, key=lambda one: (one.left, one.order)).name if around else ""

    def order(self, place: int, left: float) -> int:
        """A number that is the same within a section, and -1 outside of all."""
        around = [one for one in self._by_row[place] if one.left - _BEFORE <= left]
        return max(around, key=lambda one: (one.left, one.order)).order if around else -1

    def _kept(self, one: _Open, row: Row) -> _Open | None:
        if row.top - one.bottom > _GAP:
            return None
        inside = any(one.left - _BEFORE <= token.x0 <= one.left + _WIDTH for token in row.tokens)
        return one._replace(bottom=max(one.bottom, row.bottom)) if inside else one

    def _open(self, opened: list[_Open], hit: Hit) -> list[_Open]:
        left = hit.row.within(hit.start, hit.end)[0].x0
        self.names.add(hit.opens)
        self._count += 1
        others = [one for one in opened if abs(one.left - left) > _SAME_COLUMN]
        return [*others, _Open(hit.opens, left, hit.row.bottom, self._count)]
