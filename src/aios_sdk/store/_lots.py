"""Lots: what a fold gives DuckDB at a time, read from the journals of all writers and laid out as columns."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeAlias, TypeVar

from ..errors import JournalCorrupt
from ._frames import END_SIZE
from ._inserting import Columns, Laying
from ._reader import Group, JournalReader, Segment

T = TypeVar("T")

#: Up to which byte each segment, by writer and sequence, was read.
Positions: TypeAlias = Mapping[tuple[str, int], int]

# Bytes of the journal, and rows, after which a lot is one: DuckDB takes a statement for each table and lot.
_LOT_BYTES: Final = 4 * 1024 * 1024
_LOT_ROWS: Final = 50_000


class Mark(NamedTuple):
    """What a lot has of a segment: the offset behind its last group, and how many groups and rows."""

    end: int
    groups: int
    rows: int

    def after(self, before: Mark | None) -> Mark:
        """What this and ``before`` are together."""
        return self if before is None else Mark(self.end, before.groups + self.groups, before.rows + self.rows)


class Lot(NamedTuple):
    """Whole groups: their rows, and what they are of each segment, by writer and sequence."""

    columns: Columns
    marks: Mapping[tuple[str, int], Mark]


def is_new(segment: Segment, position: int) -> bool:
    """Whether the segment may hold groups behind ``position``."""
    return segment.size > position + (END_SIZE if segment.sealed else 0)


def lots(reader: JournalReader, done: Positions, *, enough: int | None = None, until: Positions | None = None) -> Generator[Lot]:
    """What the journals hold behind ``done``, of all writers; after ``enough`` rows no group follows.

    With ``until`` it ends in each segment at the offset that is given there. A damaged segment stops only its own writer: when all else
    was given, the first `JournalCorrupt` is raised.
    """
    segments, gaps = reader.found()
    damage: JournalCorrupt | None = next(iter(gaps.values()), None)
    damaged: str | None = None
    left = sys.maxsize if enough is None else enough
    gathering = _Gathering(reader)
    for segment in segments:
        place = (segment.writer, segment.sequence)
        position = done.get(place, 0)
        if segment.writer == damaged or not is_new(segment, position):
            continue
        try:
            for group in reader.groups(segment, position):
                if left <= 0 or (until is not None and group.end > until.get(place, 0)):
                    break
                count = gathering.add(place, group.end - position, group)
                left, position = left - count, group.end
                if gathering.is_full:
                    yield gathering.lot()
        except JournalCorrupt as error:
            damage, damaged = damage or error, segment.writer
        if left <= 0:
            break
    if gathering.marks:
        yield gathering.lot()
    if damage is not None:
        raise damage


def ahead(items: Iterator[T]) -> Generator[T]:
    """What ``items`` gives, which another thread asks for the next one while the caller works on the one before."""
    with ThreadPoolExecutor(1, "aios-fold-ahead") as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


class _Gathering:
    """The lot that is being read."""

    def __init__(self, reader: JournalReader) -> None:
        self._reader = reader
        self._begin()

    def _begin(self) -> None:
        self._laying = Laying()
        self._before = self._reader.recalled_bytes
        self._bytes = self._rows = 0
        self.marks: dict[tuple[str, int], Mark] = {}

    @property
    def is_full(self) -> bool:
        return self._rows >= _LOT_ROWS or self._bytes + self._reader.recalled_bytes - self._before >= _LOT_BYTES

    def add(self, place: tuple[str, int], size: int, group: Group) -> int:
        """Take a group of so many bytes; gives its rows."""
        count = 0
        for number, rows in group.tables:
            self._laying.add(number, rows)
            count += len(rows)
        self.marks[place] = Mark(group.end, 1, count).after(self.marks.get(place))
        self._bytes += size
        self._rows += count
        return count

    def lot(self) -> Lot:
        """All that was taken; another one begins."""
        lot = Lot(self._laying.columns(), self.marks)
        self._begin()
        return lot
