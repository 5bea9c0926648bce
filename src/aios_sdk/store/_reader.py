"""Reading the journals of all writers: complete groups, in order, while they write and after they died."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Container, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, TypeAlias

import msgspec

from ..errors import JournalCorrupt
from ._frames import CONTINUES, END, HEADER_SIZE, Frame, Header, corrupt, read_frames, read_header
from ._payloads import codec
from ._recalls import RECALLABLE, RECALLS, Recall, Recalled

#: Makes rows of the number of a table and a payload.
Decode: TypeAlias = Callable[[int, memoryview], list[tuple[Any, ...]]]

# Segments that are kept open for single groups, and what is read of them at a time, which holds most groups whole.
_KEPT_OPEN: Final = 64
_AT_A_TIME: Final = 16 * 1024


class Segment(NamedTuple):
    """A segment of a writer's journal as it was found on disk; ``size`` in bytes. One that is ``sealed`` is written no more, and whole."""

    writer: str
    sequence: int
    path: Path
    sealed: bool
    size: int


class Group(NamedTuple):
    """A complete group: rows by the number of their table (erased ones left out), the offset behind it, and when it was written (seconds
    since 1970). A table is there once for each frame that has rows of it."""

    end: int
    tables: list[tuple[int, list[tuple[Any, ...]]]]
    written: float
    document: bytes

    @property
    def rows(self) -> list[tuple[int, tuple[Any, ...]]]:
        """Each row with the number of its table."""
        return [(number, row) for number, rows in self.tables for row in rows]


class JournalReader:
    """Reads the journals of all writers below ``directory``, while they write and after they died.

    Example::

        reader = JournalReader(store / "journal")
        for segment in reader.segments():
            for group in reader.groups(segment):
                print(segment.writer, group.end, len(group.rows))
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._open: dict[tuple[str, int], tuple[BinaryIO, Path, tuple[Header, bytes]]] = {}
        #: Bytes that were read so far of what recalled documents stand for.
        self.recalled_bytes = 0

    def segments(self) -> list[Segment]:
        """Every segment, by writer and sequence. Raises `JournalCorrupt` when one is missing between two others."""
        found, gaps = self.found()
        for gap in gaps.values():
            raise gap
        return found

    def found(self) -> tuple[list[Segment], dict[str, JournalCorrupt]]:
        """Every segment up to the first gap of its writer, and for each writer that has one what is missing; others are whole."""
        gap: Segment | None = None
        for _ in range(3):
            found = self._list()
            gap = next((after for before, after in zip([None, *found], found, strict=False) if not _follows(before, after)), None)
            if gap is None:
                return found, {}
            # A listing taken while a writer seals may miss the file that is being renamed.
            time.sleep(0.01)
        kept: list[Segment] = []
        gaps: dict[str, JournalCorrupt] = {}
        for before, after in zip([None, *found], found, strict=False):
            if after.writer not in gaps and not _follows(before, after):
                gaps[after.writer] = corrupt(after.path, 0, "the segment before it is missing")
            if after.writer not in gaps:
                kept.append(after)
        return kept, gaps

    def groups(self, segment: Segment, offset: int = 0) -> Iterator[Group]:
        """The complete groups of a segment from ``offset`` on, which is 0 or the ``end`` of a group.

        What a document that came again unchanged stands for is among its rows. Ends quietly at a torn tail of an open segment. Raises
        `JournalCorrupt` for damage, and `StoreVersion` for a newer format.
        """
        try:
            yield from self._groups(segment, offset)
        finally:
            self.close()

    def _groups(self, segment: Segment, offset: int) -> Iterator[Group]:
        tables: list[tuple[int, list[tuple[Any, ...]]]] = []
        for decode, frame in self._frames(segment, offset):
            tables += self.with_recalled(rows_of(decode, frame, segment.path))
            if not frame.flags & (CONTINUES | END):
                yield Group(frame.end, tables, frame.written / 1e6, frame.document)
                tables = []

    def with_recalled(self, tables: Sequence[tuple[int, list[tuple[Any, ...]]]]) -> list[tuple[int, list[tuple[Any, ...]]]]:
        """``tables``, as `rows_of` gives them, with what recalled documents stand for. Raises `JournalCorrupt` where that is lost."""
        whole = []
        for kind, rows in tables:
            whole.append((kind, rows))
            if kind == RECALLS:
                whole += [each for row in rows for each in self.recalled(Recall(*row))]
        return whole

    def recalled(self, recall: Recall, tables: Container[int] = RECALLABLE) -> list[tuple[int, list[tuple[Any, ...]]]]:
        """The rows by table that a recalled document stands for, of ``tables`` and without what was erased.

        Raises `JournalCorrupt` where they are lost.
        """
        again = Recalled(recall)
        found = []
        try:
            for decode, frame in self.frames_at(recall.writer, recall.segment, recall.byte_offset):
                for kind, payload in frame.records():
                    if payload is not None and kind in tables:
                        found.append((kind, again.rows(kind, decode(kind, payload))))
                        self.recalled_bytes += len(payload)
                if not frame.flags & CONTINUES:
                    break
        except OSError as error:
            place = self._directory / recall.writer / f"{recall.segment:016x}.seg"
            raise corrupt(place, recall.byte_offset, f"a later run refers to it, and it cannot be read ({error})") from error
        return found

    def decoded_frames(self, segment: Segment, offset: int = 0) -> Iterator[tuple[Decode, Frame]]:
        """The frames of a segment, each with what decodes its records."""
        return self._frames(segment, offset)

    def frames_at(self, writer: str, sequence: int, offset: int) -> Iterator[tuple[Decode, Frame]]:
        """The frames from ``offset`` on, in a file that stays open for the next call; what was read before must be durable there.

        Raises ``OSError`` when there is no such segment, and what `groups` raises.
        """
        file, path, header = self._kept(writer, sequence)
        decode = codec(header[0].schema).decode
        for frame in read_frames(file, path, max(offset, HEADER_SIZE), header[1]):
            yield decode, frame

    def close(self) -> None:
        """Close what `frames_at` and `recalled` opened."""
        for file, _, _ in self._open.values():
            file.close()
        self._open.clear()

    def _kept(self, writer: str, sequence: int) -> tuple[BinaryIO, Path, tuple[Header, bytes]]:
        found = self._open.get((writer, sequence))
        if found is None:
            path = self._directory / writer / f"{sequence:016x}.seg"
            if not path.exists():
                path = path.with_suffix(".open")
            file = path.open("rb", buffering=_AT_A_TIME)
            header = read_header(file, path)
            if header is None:
                file.close()
                raise FileNotFoundError(path)
            if len(self._open) >= _KEPT_OPEN:
                self._open.pop(next(iter(self._open)))[0].close()
            found = self._open[writer, sequence] = (file, path, header)
        return found

    def frames(self, segment: Segment, offset: int = 0) -> Iterator[Frame]:
        """The frames of a segment as they are, none of their rows decoded."""
        return (frame for _, frame in self._frames(segment, offset))

    def header(self, segment: Segment) -> tuple[Header, bytes] | None:
        """The header of a segment, and the hash that its chain begins with; None when it was only begun."""
        try:
            file = segment.path.open("rb")
        except FileNotFoundError:
            file = segment.path.with_suffix(".seg").open("rb")
        with file:
            return read_header(file, segment.path)

    def _frames(self, segment: Segment, offset: int) -> Iterator[tuple[Decode, Frame]]:
        path, sealed = segment.path, segment.sealed
        try:
            file = path.open("rb", buffering=1 << 20)
        except FileNotFoundError:
            path, sealed = path.with_suffix(".seg"), True
            file = path.open("rb", buffering=1 << 20)
        with file:
            known = sys.maxsize
            if not sealed:
                # Nobody may build on what a power loss can still take away, and so not on what is written after this sync.
                known = os.fstat(file.fileno()).st_size
                os.fsync(file.fileno())
            header = read_header(file, path)
            ended = False
            if header is not None:
                if (header[0].writer.hex(), header[0].sequence) != (segment.writer, segment.sequence):
                    raise corrupt(path, 0, "the header belongs to another segment")
                decode = codec(header[0].schema).decode
                for frame in read_frames(file, path, max(offset, HEADER_SIZE), header[1]):
                    if frame.end > known:
                        return
                    offset, ended = frame.end, bool(frame.flags & END)
                    yield decode, frame
            if sealed and not ended:
                raise corrupt(path, offset, "the sealed segment ends too early")

    def _list(self) -> list[Segment]:
        found = {}
        for path in self._directory.glob("*/*"):
            if path.suffix not in {".open", ".seg"}:
                continue
            try:
                size = path.stat().st_size
            except FileNotFoundError:
                continue
            segment = Segment(path.parent.name, int(path.stem, 16), path, path.suffix == ".seg", size)
            # A listing taken while a writer seals may show both names; the final one counts.
            if segment.sealed or (segment.writer, segment.sequence) not in found:
                found[segment.writer, segment.sequence] = segment
        listed = sorted(found.values())
        # A writer begins a segment when the one before is whole and on disk, also where a power loss took its final name away again.
        followed = [before.writer == after.writer for before, after in pairwise(listed)]
        return [segment._replace(sealed=True) if more else segment for segment, more in zip(listed, [*followed, False], strict=False)]


def rows_of(decode: Decode, frame: Frame, path: Path) -> list[tuple[int, list[tuple[Any, ...]]]]:
    """The rows of a frame by the number of their table, erased ones left out. Raises `JournalCorrupt` when a record holds none."""
    try:
        return [(kind, decode(kind, payload)) for kind, payload in frame.records() if payload is not None]
    except (msgspec.MsgspecError, KeyError) as error:
        raise corrupt(path, frame.end, f"a record before it holds no rows of its table ({error})") from error


def _follows(before: Segment | None, after: Segment) -> bool:
    if before is None or before.writer != after.writer:
        return after.sequence == 0
    return after.sequence == before.sequence + 1
