"""Checking the journals: every byte of every segment is read again, and what was wrong is noted with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..errors import JournalCorrupt, StoreVersion
from ._frames import CONTINUES, END, HEADER_SIZE, corrupt, name_of
from ._reader import JournalReader, Segment, rows_of
from ._tables import TABLES

#: Bytes after which it is told how far the reading is.
STEP: Final = 1024 * 1024


_FORGOTTEN: Final = TABLES["forgotten"]
_DOCUMENT: Final = [column.name for column in _FORGOTTEN.columns].index("document_id")


class Checked(NamedTuple):
    """A whole group that was found in order: where it lies, and its rows by the number of their table."""

    writer: str
    sequence: int
    path: Path
    begin: int
    end: int
    tables: list[tuple[int, list[tuple[Any, ...]]]]

    @property
    def row_count(self) -> int:
        """How many rows it has that were not erased."""
        return sum(len(rows) for _, rows in self.tables)


class JournalCheck:
    """Reads the journals of all writers: headers, checksums, numbers, the chain through all segments of a writer, and payloads by digest.

    ``told`` hears of every megabyte read. After `groups` has ended, ``damage`` holds what was wrong, in order, ``damaged`` the writers
    that it concerns, ``ends`` how far each segment could be read by writer and sequence, and the rest is counted.
    """

    def __init__(self, reader: JournalReader, told: Callable[[int], object] = lambda size: None) -> None:
        self.reader: Final = reader
        self._told = told
        self.damage: list[JournalCorrupt | StoreVersion] = []
        self.damaged: set[str] = set()
        self.ends: dict[tuple[str, int], int] = {}
        self.paths: dict[tuple[str, int], Path] = {}
        self.writers = self.segments = self.frames = self.records = self.erased = self.size = 0
        #: The documents that were forgotten, and where the first record of each document was erased, by what frames name documents by.
        self.forgotten: set[bytes] = set()
        self.erased_of: dict[bytes, tuple[Path, int]] = {}
        #: Bytes at the end of open segments that are no whole group: what a writer that was killed did not acknowledge.
        self.torn = 0
        #: The hash behind the segment before, None behind damage.
        self._chain: bytes | None = None

    def groups(self) -> Iterator[Checked]:
        """Every group that is in order, up to the first damage of each writer."""
        try:
            yield from self._groups()
        finally:
            self.reader.close()

    def _groups(self) -> Iterator[Checked]:
        segments, gaps = self.reader.found()
        writer = ""
        for segment in segments:
            if segment.writer != writer:
                writer, self._chain = segment.writer, bytes(32)
                self.writers += 1
            try:
                for group in self._segment(segment):
                    if writer not in self.damaged:
                        yield group
            except (JournalCorrupt, StoreVersion, OSError) as error:
                if isinstance(error, OSError):
                    error = corrupt(segment.path, self.ends[segment.writer, segment.sequence], f"it cannot be read ({error.strerror})")
                self._note(error)
                # What follows is checked by itself; but nothing behind damage counts.
                self._chain = None
                self.damaged.add(writer)
        self.damage += gaps.values()
        self.damaged |= gaps.keys()

    def _note(self, error: JournalCorrupt | StoreVersion) -> None:
        """Remember damage, once for each file: recalled documents meet it again where they refer to it."""
        if isinstance(error, StoreVersion) or error.file not in {each.file for each in self.damage if isinstance(each, JournalCorrupt)}:
            self.damage.append(error)

    def _segment(self, segment: Segment) -> Iterator[Checked]:
        key, path = (segment.writer, segment.sequence), segment.path
        self.segments += 1
        self.paths[key] = path
        self.ends[key] = begin = offset = HEADER_SIZE
        header = self.reader.header(segment)
        if header is None and not segment.sealed:
            self.torn += segment.size
            return
        if header is not None and self._chain is not None and header[0].chain != self._chain:
            raise corrupt(path, 0, "it does not follow the segment before it")
        tables: list[tuple[int, list[tuple[Any, ...]]]] = []
        unread = HEADER_SIZE
        whole, ended = True, False
        for number, (decode, frame) in enumerate(self.reader.decoded_frames(segment)):
            if frame.sequence != number:
                raise corrupt(path, offset, f"the frame has number {frame.sequence} instead of {number}")
            record = frame.damaged_record()
            if record is not None:
                raise corrupt(path, offset, f"the payload of record {record} of the frame does not match its digest")
            found = rows_of(decode, frame, path)
            erased = frame.record_count - len(found)
            if not erased and sum(len(rows) for _, rows in found) != frame.row_count:
                raise corrupt(path, offset, "the frame has another number of rows than it says")
            if erased:
                self.erased_of.setdefault(frame.document, (path, offset))
            self.forgotten |= {name_of(row[_DOCUMENT]) for kind, rows in found if kind == _FORGOTTEN.number for row in rows}
            tables += self.reader.with_recalled(found)
            self.frames += 1
            self.records += frame.record_count
            self.erased += erased
            unread += frame.end - offset
            offset, ended = frame.end, bool(frame.flags & END)
            if unread >= STEP:
                self._advance(unread)
                unread = 0
            self._chain = frame.chain
            if ended:
                break
            whole = not frame.flags & CONTINUES
            if whole:
                self.ends[key] = offset
                yield Checked(*key, path, begin, offset, tables)
                begin, tables = offset, []
        self._advance(unread)
        if not ended:
            self.torn += max(0, segment.size - begin)
        elif not whole:
            raise corrupt(path, begin, "its last group is not complete")
        elif segment.size > offset:
            raise corrupt(path, offset, "there are bytes behind its end")

    def _advance(self, size: int) -> None:
        self.size += size
        self._told(size)
