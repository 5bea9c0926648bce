"""The segment that a writer is writing: frames go to disk in order, and at its end it is sealed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ..errors import StoreError, StoreFull
from ._files import DISK_FULL, sync_directory

# fdatasync leaves out the times of the file, but not its size; macOS has only fsync.
_sync: Final[Callable[[int], None]] = getattr(os, "fdatasync", os.fsync)


class OpenSegment:
    """The segment that a writer is writing, ``header`` first; only its thread touches it."""

    def __init__(self, folder: Path, sequence: int, header: bytes) -> None:
        self._folder = folder
        self._path = folder / f"{sequence:016x}.open"
        self._file: int | None = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        self._header = header
        self.durable = 0

    def write(self, frames: Sequence[bytes]) -> None:
        """Write the frames and return when they are on disk."""
        self._put(b"".join((self._header, *frames)))

    def seal(self, end: bytes) -> None:
        """End the segment with its last frame, and give it its final name."""
        self._put(end)
        self._close()
        self._path.rename(self._path.with_suffix(".seg"))
        sync_directory(self._folder)

    def abandon(self) -> None:
        """Let go of the file as it is.

        Nothing is cut off: a whole frame behind what was acknowledged may have been folded since, and a torn one ends the reading.
        """
        self._close()

    def _close(self) -> None:
        descriptor, self._file = self._file, None
        if descriptor is not None:
            os.close(descriptor)

    def _put(self, data: bytes) -> None:
        assert self._file is not None  # sealed and abandoned segments are not written to
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        _sync(self._file)
        if not self.durable:
            sync_directory(self._folder)
        self._header = b""
        self.durable += len(data)


def failure_of(error: Exception, folder: Path) -> StoreError:
    """What kept a segment in ``folder`` from being written, as those who wait for it are told."""
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
