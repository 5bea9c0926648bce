"""What a worker is doing at this moment, in a few bytes that it shares with its parent.

A worker that spins, hangs or dies can no longer say anything; its board still says which piece of work it was at, and since when.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

_FORM: Final = struct.Struct("<qqqdq")

#: Where no piece and no component is at work.
NOTHING: Final = -1


class State(NamedTuple):
    """What a board says.

    Attributes:
        task: the number of the work that was begun last, 0 before the first; place: the piece that is at work, or `NOTHING`.
        opening: the number of the component that is being opened, or `NOTHING`.
        since: when that was begun, in seconds of ``time.monotonic`` (one clock for all processes), or 0.0 when no time is running.
        held: bytes of memory that the worker held when its components had been opened.
    """

    task: int
    place: int
    opening: int
    since: float
    held: int


class Board:
    """The shared bytes. The worker writes, its parent reads; ``descriptor`` is what the worker inherits."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._bytes = mmap.mmap(descriptor, _FORM.size)
        self._task, self._place, self._opening, self._held = 0, NOTHING, NOTHING, 0

    @classmethod
    def create(cls, directory: Path) -> Board:
        """A new board, in a file without a name on the file system of ``directory``."""
        import fcntl  # not on Windows, where this is never called

        with tempfile.TemporaryFile(dir=directory) as file:
            file.truncate(_FORM.size)
            # What a component writes to a descriptor that is not its own shall land behind the bytes that are shared.
            fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | os.O_APPEND)
            board = cls(os.dup(file.fileno()))
        board._write(time.monotonic())  # starting takes time too
        return board

    def forget(self) -> None:
        """Close the descriptor; the bytes stay."""
        os.close(self.descriptor)

    def read(self) -> State:
        """What it says now; while the worker writes, perhaps half of the old and half of the new."""
        return State(*_FORM.unpack_from(self._bytes))

    # -- the worker's side --------------------------------------------------------------------------------------------

    def begin(self, task: int) -> None:
        """Other work was begun."""
        self._task = task
        self.rest()

    def work(self, place: int, used: float = 0.0) -> None:
        """The piece at ``place`` is at work from now on; ``used`` seconds of its time are gone already."""
        self._place = place
        self._write(time.monotonic() - used)

    def rest(self) -> None:
        """No time is running."""
        self._place = NOTHING
        self._write(0.0)

    def hold(self, size: int) -> None:
        """The worker holds ``size`` bytes with its components open."""
        self._held = size
        self._write(self.read().since)

    @contextmanager
    def opening(self, component: int) -> Iterator[None]:
        """Within it a component is being opened, which has its own time; the time of the piece that needs it starts anew."""
        self._opening = component
        self._write(time.monotonic())
        try:
            yield
        finally:
            self._opening = NOTHING
            self._write(time.monotonic() if self._place != NOTHING else 0.0)

    def _write(self, since: float) -> None:
        _FORM.pack_into(self._bytes, 0, self._task, self._place, self._opening, since, self._held)
