"""Writing the journal: one durable, append-only sequence of row groups for each writing process."""

from __future__ import annotations

import atexit
import copy
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ..errors import StoreError, StoreFull
from ..records import new_run_id
from ._files import DISK_FULL, sync_directory
from ._frames import Header, name_of
from ._payloads import Encoded, Row, codec
from ._presence import Presence, announce
from ._schema import SCHEMA_VERSION
from ._segment import OpenSegment

_log: Final = logging.getLogger("aios.store")

#: Bytes after which a segment is sealed and the next one begun.
SEGMENT_SIZE: Final = 64 * 1024 * 1024

# Payload bytes that may wait for the disk, and the most that go into one write.
_QUEUE_BYTES: Final = 16 * 1024 * 1024
_WRITE_BYTES: Final = 4 * 1024 * 1024


# Seconds from the end of one write to the next, so that many groups share it while many come; a lone one goes out at once. Each write has
# two threads hand the interpreter to each other, which costs the other one more than the groups themselves.
_BETWEEN: Final = 0.004


class Ticket:
    """The promise that a group will be durable. Tickets of one writer come true in the order of their appends.

    So it is enough to wait for the last one of a batch.
    """

    __slots__ = ("_callbacks", "_number", "_writer")

    def __init__(self, writer: JournalWriter, number: int) -> None:
        self._writer = writer
        self._number = number
        self._callbacks: list[Callable[[Ticket], object]] | None = None

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

    def add_done_callback(self, callback: Callable[[Ticket], object]) -> None:
        """Call ``callback(ticket)`` once it is done: in the writer's thread, or at once when it is done already.

        An exception that it raises is logged.

        Example::

            future = loop.create_future()
            ticket.add_done_callback(lambda ticket: loop.call_soon_threadsafe(future.set_result, ticket.error))
        """
        self._writer._call_when_done(self, callback)


class _Group(NamedTuple):
    ticket: Ticket
    encoded: Encoded
    document_id: str


class JournalWriter:
    """Appends groups of rows to a journal of its own, below ``directory``; thread-safe.

    One thread writes: everything that arrived while the disk was busy goes out with the next sync, so a lone group waits for
    one sync and many share one. The folder, whose lock says that the writer lives, and the first segment are made with the first
    group. Each writer has an id of its own and never touches another's segments. ``schema`` is the version of the schema that the
    rows follow.

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
        self._queue: deque[_Group] = deque()
        self._queued = 0
        self._size = 0
        self._appended = 0
        self._durable = 0
        self._failure: StoreError | None = None
        self._closing = False
        self._segment: OpenSegment | None = None
        self._written = 0.0
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
        """How many bytes the rows of these groups take."""
        return self._size

    def append(self, rows: Sequence[Row], *, document_id: str = "") -> Ticket:
        """Queue the rows as one group: all or nothing. ``document_id`` is the document they are about, if one.

        Returns at once unless 16 MiB wait for the disk. Raises `StoreError` when a row does not fit its table, when the writer is
        closed, or when it has failed before (`StoreFull` on a full disk).
        """
        encoded = self._encode(rows, document_id=document_id)
        size = encoded.size
        with self._progress:
            while self._queued and self._queued + size > _QUEUE_BYTES and self._failure is None:
                self._progress.wait()
            self._refuse()
            self._appended += 1
            self._size += size
            ticket = Ticket(self, self._appended)
            self._queue.append(_Group(ticket, encoded, document_id))
            self._queued += size
            if self._thread is None:
                self._start()
            elif len(self._queue) == 1:
                self._arrived.notify()
        return ticket

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

    def _call_when_done(self, ticket: Ticket, callback: Callable[[Ticket], object]) -> None:
        with self._progress:
            if not ticket.done:
                ticket._callbacks = [*(ticket._callbacks or ()), callback]
                return
        _call(callback, ticket)

    # From here on: the writer's thread.

    def _work(self) -> None:
        while groups := self._take():
            try:
                self._write(groups)
            except Exception as error:  # noqa: BLE001  # whatever it is, those who wait must hear of it
                self._fail(_failure_of(error, self._folder), groups)
                return
            self._written = time.monotonic()
            self._acknowledge(groups)
        try:
            if self._segment is not None:
                self._segment.seal()
        except Exception as error:  # noqa: BLE001  # close raises it
            self._fail(_failure_of(error, self._folder), [])

    def _take(self) -> list[_Group]:
        """What goes out with the next sync; nothing when the writer closes."""
        groups, size = [], 0
        with self._arrived:
            self._arrived.wait_for(lambda: self._queue or self._closing)
            pause = self._written + _BETWEEN - time.monotonic()
            if pause > 0 and self._queued < _WRITE_BYTES:
                self._arrived.wait_for(lambda: self._closing, pause)
            while self._queue and size < _WRITE_BYTES:
                group = self._queue.popleft()
                size += group.encoded.size
                groups.append(group)
        return groups

    def _write(self, groups: list[_Group]) -> None:
        if not isinstance(self._presence, Presence):
            assert self._presence is not None  # the thread is started after it is announced
            raise self._presence
        if self._segment is not None and self._segment.durable >= SEGMENT_SIZE:
            self._segment = self._segment.next()
        elif self._segment is None:
            # Also the names that another process has just made and may not have come to make durable: the journal's, and the store's own.
            for folder in dict.fromkeys((*self._presence.changed, self._folder.parent, self._folder.parent.parent)):
                sync_directory(folder)
            self._segment = OpenSegment(self._folder, Header(self._schema, bytes.fromhex(self.id), 0, bytes(32)))
        self._segment.write([(group.encoded.frames, name_of(group.document_id)) for group in groups])

    def _acknowledge(self, groups: list[_Group]) -> None:
        with self._progress:
            self._durable = groups[-1].ticket._number
            self._queued -= sum(group.encoded.size for group in groups)
            self._progress.notify_all()
        self._call_back(groups)

    def _fail(self, failure: StoreError, groups: list[_Group]) -> None:
        with self._progress:
            self._failure = failure
            waiting = [*groups, *self._queue]
            self._queue.clear()
            self._queued = 0
            self._progress.notify_all()
        if self._segment is not None:
            self._segment.abandon()
        self._call_back(waiting)

    def _call_back(self, groups: list[_Group]) -> None:
        for group in groups:
            for callback in group.ticket._callbacks or ():
                _call(callback, group.ticket)


def _call(callback: Callable[[Ticket], object], ticket: Ticket) -> None:
    try:
        callback(ticket)
    except Exception:  # noqa: BLE001
        # The writer serves others too; a listener's fault must not stop it.
        _log.exception("a callback of a journal ticket failed")


def _failure_of(error: Exception, folder: Path) -> StoreError:
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return StoreFull(
            f"The disk is full: the journal {folder} cannot grow",
            cause=str(error),
            fix="Free some space and run again; what was acknowledged is safe",
        )
    if isinstance(error, StoreError):
        return error
    return StoreError(
        f"The journal {folder} cannot be written: {error}",
        cause="The disk, its permissions or a fault of the SDK",
        fix="Repair it and run again; what was acknowledged is safe",
    )
