"""The segment that a writer is writing: groups go to disk in order, and at its end it is sealed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ._files import sync_directory
from ._frames import FramePacker, Header, pack_header
from ._payloads import Record

# fdatasync leaves out the times of the file, but not its size; macOS has only fsync.
_sync: Final[Callable[[int], None]] = getattr(os, "fdatasync", os.fsync)


class OpenSegment:
    """The segment that a writer is writing; only its thread touches it."""

    def __init__(self, folder: Path, header: Header) -> None:
        self._folder = folder
        self._header = header
        self._path = folder / f"{header.sequence:016x}.open"
        self._file: int | None = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        self._pending, start = pack_header(header)
        self._packer = FramePacker(start)
        self.durable = 0

    def write(self, groups: Sequence[tuple[Sequence[Sequence[Record]], bytes]]) -> None:
        """Write the groups and return when they are on disk."""
        parts = [self._pending]
        for frames, document in groups:
            parts += self._packer.group(frames, document, self.durable)
        self._put(b"".join(parts))

    def seal(self) -> None:
        """End the segment, and give it its final name."""
        self._put(self._packer.end(self.durable))
        self._close()
        self._path.rename(self._path.with_suffix(".seg"))
        sync_directory(self._folder)

    def next(self) -> OpenSegment:
        """Seal this segment and begin the next one."""
        self.seal()
        return OpenSegment(self._folder, self._header._replace(sequence=self._header.sequence + 1, chain=self._packer.chain))

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
        self._pending = b""
        self.durable += len(data)
