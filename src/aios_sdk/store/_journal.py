"""Writing the journal: one durable, append-only sequence of row groups for each writing process."""

from __future__ import annotations

import atexit
import copy
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ..errors import StoreError
from ..records import new_run_id
from ._blobs import Blobs
from ._files import sync_directory
from ._frames import FramePacker, Header, name_of, pack_header
from ._payloads import Row, codec
from ._presence import Presence, announce
from ._schema import SCHEMA_VERSION
from ._segment import OpenSegment, failure_of

_log: Final = logging.getLogger("aios.store")

#: Bytes after which a segment is sealed and the next one begun.
SEGMENT_SIZE: Final = 64 * 1024 * 1024

# Payload bytes that may wait for the disk, and from which on nothing is waited for.
_QUEUE_BYTES: Final = 16 * 1024 * 1024
_WRITE_BYTES: Final = 4 * 1024 * 1024

# Seconds from the end of one write to the next: so many for each group of the last one, up to a limit, so that many groups share a write
# while many come; a lone one goes out at once. Each write has two threads hand the interpreter to each other, which costs the other one
# more than the groups themselves. Who has nothing else to do until a group is durable says so (`Ticket.hurry`).
_FOR_EACH: Final = 0.001
_AT_MOST: Final = 0.02


class Ticket:
    """The promise that a group will be durable. Tickets of one writer come true in the order of their appends.

    So it is enough to wait for the last one of a batch.
    """

    __slots__ = ("_number", "_writer")

    def __init__(self, writer: JournalWriter, number: int) -> None:
        self._writer = writer
        self._number = number

    @property
    def done(self) -> bool:
        """Whether the group is durable, or has failed."""
        return self._writer._durable >= self._number or self._writer._failure is not None

    @property
    def error(self) -> StoreError | None:
        """Why the group is not durable; None while it waits and when it is."""
        return self._writer._error_of(self._number)

    def wait(self, timeout: float | None = None) -> None:
        """Return when the group is durable.

        Raises `StoreFull` or `StoreError` when it will not be, and ``TimeoutError`` after ``timeout`` seconds.
        """
        self._writer._wait(self._number, timeout)

    def hurry(self) -> None:
        """Have the group written as soon as the disk is free, without waiting for others to share the write with it."""
        self._writer._hurry(self._number)

    def add_done_callback(self, callback: Callable[[Ticket], object]) -> None:
        """Call ``callback(ticket)`` once it is done: in the writer's thread, or at once when it is done already.

        An exception that it raises is logged.

        Example::

            future = loop.create_future()
            ticket.add_done_callback(lambda ticket: loop.call_soon_threadsafe(future.set_result, ticket.error))
        """
        self._writer._call_when_done(self, callback)


class _Turn(NamedTuple):
    """One segment ends and the next begins: the last bytes of the one (none before the first), the number of the other and its header."""

    end: bytes
    sequence: int
    header: bytes


class _Blob(NamedTuple):
    """Bytes that are to be stored under their digest."""

    blobs: Blobs
    content: bytes
    digest: str


class _Batch(NamedTuple):
    """What goes out with one sync: frames, behind blobs and a turn if there are any; the bytes of all, and the first and the last group."""

    blobs: list[_Blob]
    turn: _Turn | None
    frames: list[bytes]
    size: int
    first: int
    last: int


class JournalWriter:
    """Appends groups of rows to a journal of its own, below ``directory``; thread-safe.

    Whoever appends packs the frames, in the order of the groups; one thread writes: everything that arrived while the disk was busy goes
    out with the next sync, so a lone group waits for one sync and many share one. The folder, whose lock says that the writer lives, and
    the first segment are made with the first group. Each writer has an id of its own and never touches another's segments. ``schema`` is
    the version of the schema that the rows follow.

    Example::

        with JournalWriter(store / "journal") as writer:
            writer.append([(7, values)], document_id=document.id).wait()
    """

    def __init__(self, directory: Path, *, schema: int = SCHEMA_VERSION) -> None:
        self.id: str = new_run_id()
        self._folder = directory / self.id
        self._schema = schema
        self._encode: Final = codec(schema).encode
        lock = threading.Lock()
        self._arrived = threading.Condition(lock)
        self._progress = threading.Condition(lock)
        # Of the segment that is being packed: how many bytes it has, and how many of them are known to be on disk.
        self._packer: FramePacker | None = None
        self._sequence = 0
        self._packed = 0
        self._on_disk = 0
        # What is packed and not taken by the thread; and the bytes in it and in what the thread is writing.
        self._blobs: list[_Blob] = []
        self._turn: _Turn | None = None
        self._frames: list[bytes] = []
        self._queued = 0
        self._size = 0
        self._appended = 0
        self._taken = 0
        self._durable = 0
        self._callbacks: list[tuple[Ticket, Callable[[Ticket], object]]] = []
        self._failure: StoreError | None = None
        self._closing = False
        self._segment: OpenSegment | None = None
        self._pause_until = 0.0
        self._is_urgent = False
        self._is_idle = False
        self._thread: threading.Thread | None = None
        self._presence: Presence | OSError | StoreError | None = None

    def __enter__(self) -> JournalWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def appended(self) -> int:
        """How many groups were appended so far."""
        return self._appended

    @property
    def size(self) -> int:
        """How many bytes the rows of these groups take, and those that they stand for: about as much is to be folded."""
        return self._size

    def append(self, rows: Sequence[Row], *, document_id: str = "", stands_for: int = 0) -> Ticket:
        """Queue the rows as one group: all or nothing. ``document_id`` is the document they are about, if one; they stand for rows of so
        many bytes that lie elsewhere.

        Returns at once unless 16 MiB wait for the disk. Raises `StoreError` when a row does not fit its table, when the writer is
        closed, or when it has failed before (`StoreFull` on a full disk).
        """
        frames, size = self._encode(rows, document_id=document_id)
        document = name_of(document_id)
        with self._progress:
            self._make_room(size)
            packer = self._packer
            if packer is None or self._packed >= SEGMENT_SIZE:
                packer = self._next_segment()
            try:
                packed = packer.group(frames, document, self._on_disk)
                self._frames += packed
            except BaseException:  # even an interrupt: the next frame would not follow what is on disk
                self._failure = StoreError("A group could not be packed", cause="The process was interrupted", fix="Run again")
                self._progress.notify_all()
                raise
            self._packed += sum(map(len, packed))
            self._appended += 1
            self._size += size + stands_for
            self._queued += size
            self._wake()
            return Ticket(self, self._appended)

    def put(self, blobs: Blobs, content: bytes, digest: str) -> None:
        """Queue what the groups refer to that are appended from now on: it is durable among ``blobs``, under its digest, before they are.

        So nobody who appends waits for the disk on its account. Returns at once unless 16 MiB wait for the disk. Raises as `append`
        does when the writer is closed or has failed before.
        """
        with self._progress:
            self._make_room(len(content))
            self._blobs.append(_Blob(blobs, content, digest))
            self._queued += len(content)
            self._wake()

    def _wake(self) -> None:
        """Wake the thread if it waits for something to do. From its pause between two writes it wakes by itself: waking it takes this
        thread longer than most of what else it does for a group."""
        if self._is_idle:
            self._is_idle = False
            self._arrived.notify()

    def _make_room(self, size: int) -> None:
        """Wait while so many bytes more are too many, and see to it that there is a thread to take them."""
        while self._queued and self._queued + size > _QUEUE_BYTES and self._failure is None:
            self._is_urgent = True
            self._arrived.notify()
            self._progress.wait()
        self._refuse()
        if self._thread is None:
            self._start()

    def _next_segment(self) -> FramePacker:
        """Begin the first segment, or the next one when all of this one is on disk, which its last frame says."""
        while self._packed >= SEGMENT_SIZE and self._durable < self._appended and self._failure is None:
            self._progress.wait()
        self._refuse()
        packer = self._packer
        if packer is not None and self._packed < SEGMENT_SIZE:
            return packer  # another thread was faster
        end, chain = b"", bytes(32)
        if packer is not None:
            end, chain = packer.end(self._on_disk), packer.chain
            self._sequence += 1
        header, start = pack_header(Header(self._schema, bytes.fromhex(self.id), self._sequence, chain))
        self._turn = _Turn(end, self._sequence, header)
        self._packed, self._on_disk = len(header), 0
        packer = self._packer = FramePacker(start)
        return packer

    def flush(self) -> None:
        """Return when everything appended so far is durable. Raises what `Ticket.wait` raises."""
        self._wait(self._appended, None)

    def close(self) -> None:
        """Make everything durable, seal the segment and end the thread. A second call does nothing.

        Raises the error that stopped the writer, if one did.
        """
        with self._arrived:
            already, self._closing = self._closing, True
            self._arrived.notify()
        if already or self._thread is None:
            return
        atexit.unregister(self.close)
        self._thread.join()
        if isinstance(self._presence, Presence):
            os.close(self._presence.lock)
        if self._failure is not None:
            raise copy.copy(self._failure)

    def _start(self) -> None:
        try:
            # Here and not in the thread: from now on no blob that this process puts is taken for one that nobody needs.
            self._presence = announce(self._folder)
        except (OSError, StoreError) as error:
            self._presence = error  # those who wait for their groups hear of it
        self._thread = threading.Thread(target=self._work, name=f"aios-journal-{self.id[:8]}", daemon=True)
        self._thread.start()
        # A daemon thread does not keep the process alive; without this, what is queued would be lost at a normal exit.
        atexit.register(self.close)

    def _refuse(self) -> None:
        if self._failure is not None:
            raise copy.copy(self._failure)
        if self._closing:
            raise StoreError("The journal writer is closed", cause="The store was closed", fix="Open the store again to record more")

    def _error_of(self, number: int) -> StoreError | None:
        return None if self._durable >= number or self._failure is None else copy.copy(self._failure)

    def _wait(self, number: int, timeout: float | None) -> None:
        with self._progress:
            if not self._progress.wait_for(lambda: self._durable >= number or self._failure is not None, timeout):
                raise TimeoutError(f"the group is not durable after {timeout} s")
            error = self._error_of(number)
        if error is not None:
            raise error

    def _hurry(self, number: int) -> None:
        with self._arrived:
            if self._taken < number:
                self._is_urgent = True
                self._arrived.notify()

    def _call_when_done(self, ticket: Ticket, callback: Callable[[Ticket], object]) -> None:
        with self._progress:
            if not ticket.done:
                self._callbacks.append((ticket, callback))
                return
        _call(callback, ticket)

    # From here on: the writer's thread.

    def _work(self) -> None:
        while batch := self._take():
            try:
                self._write(batch)
            except Exception as error:  # noqa: BLE001  # whatever it is, those who wait must hear of it
                self._fail(failure_of(error, self._folder))
                return
            self._acknowledge(batch)
        try:
            if self._segment is not None and self._packer is not None and self._failure is None:
                self._segment.seal(self._packer.end(self._on_disk))  # nobody packs any more
        except Exception as error:  # noqa: BLE001  # close raises it
            self._fail(failure_of(error, self._folder))

    def _take(self) -> _Batch | None:
        """What goes out with the next sync; None when the writer closes."""
        with self._arrived:
            pause = self._pause_until - time.monotonic()
            if pause > 0 and self._queued < _WRITE_BYTES:
                self._arrived.wait_for(lambda: self._closing or self._is_urgent, pause)
            self._is_idle = True
            self._arrived.wait_for(lambda: self._frames or self._blobs or self._closing)
            self._is_idle = False
            if not self._frames and not self._blobs:
                return None
            # What was taken before is on disk, so that all that is queued is in here.
            batch = _Batch(self._blobs, self._turn, self._frames, self._queued, self._durable + 1, self._appended)
            self._blobs, self._turn, self._frames = [], None, []
            self._taken, self._is_urgent = batch.last, False
        return batch

    def _write(self, batch: _Batch) -> None:
        if not isinstance(self._presence, Presence):
            assert self._presence is not None  # the thread is started after it is announced
            raise self._presence
        for blob in batch.blobs:
            blob.blobs.put(blob.content, blob.digest)
        if batch.turn is not None:
            if self._segment is not None:
                self._segment.seal(batch.turn.end)
            else:
                # Also the names that another process has just made and may not have come to make durable: the journal's, the store's own.
                for folder in dict.fromkeys((*self._presence.changed, self._folder.parent, self._folder.parent.parent)):
                    sync_directory(folder)
            self._segment = OpenSegment(self._folder, batch.turn.sequence, batch.turn.header)
        if batch.frames:
            assert self._segment is not None  # the first group begins it
            self._segment.write(batch.frames)

    def _acknowledge(self, batch: _Batch) -> None:
        self._pause_until = time.monotonic() + min(_AT_MOST, _FOR_EACH * (batch.last - batch.first + 1))
        with self._progress:
            self._durable = batch.last
            self._queued -= batch.size
            if batch.frames:  # else another segment may have been begun meanwhile, of which nothing is on disk
                assert self._segment is not None
                self._on_disk = self._segment.durable
            self._progress.notify_all()
        self._call_back()

    def _fail(self, failure: StoreError) -> None:
        with self._progress:
            self._failure = failure
            self._blobs, self._frames = [], []
            self._queued = 0
            self._progress.notify_all()
        if self._segment is not None:
            self._segment.abandon()
        self._call_back()

    def _call_back(self) -> None:
        """Tell those who wait for what is done."""
        with self._progress:
            done = [each for each in self._callbacks if each[0].done]
            self._callbacks = [each for each in self._callbacks if not each[0].done]
        for ticket, callback in done:
            _call(callback, ticket)


def _call(callback: Callable[[Ticket], object], ticket: Ticket) -> None:
    try:
        callback(ticket)
    except Exception:  # noqa: BLE001
        # The writer serves others too; a listener's fault must not stop it.
        _log.exception("a callback of a journal ticket failed")
