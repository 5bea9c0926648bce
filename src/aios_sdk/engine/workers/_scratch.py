"""The scratch directory of a call: there when a component begins, and empty again afterwards."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Final

#: Nanoseconds after which any change gives a directory another time of change than it has.
_TICK: Final = 50_000_000


class Scratch:
    """A context manager that gives the directory; used again and again.

    Most calls leave nothing there, and to list a directory takes longer than many of them: so it is listed only when its time of change
    is another, or was too near to tell.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._known: tuple[int, int, int, int] | None = None
        self._is_settled = False

    def __enter__(self) -> Path:
        if self._known is None:
            self._path.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
            self._known = self._look()
        self._is_settled = self._known is not None and time.time_ns() - self._known[0] > _TICK
        return self._path

    def __exit__(self, *raised: object) -> None:
        now = self._look()
        if self._is_settled and now == self._known:
            return
        if now is not None and self._known is not None and now[1:] == self._known[1:] and not os.listdir(self._descriptor):  # noqa: PTH208
            self._known = now
            return
        if now is not None and self._known is not None and now[1:3] == self._known[1:3]:
            os.close(self._descriptor)  # it is still that of the directory, and not one that a component closed and opened anew
        self._known = None
        shutil.rmtree(self._path, ignore_errors=True)

    def _look(self) -> tuple[int, int, int, int] | None:
        """When the directory was changed, which it is, and whether it still has a name."""
        try:
            found = os.fstat(self._descriptor)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_dev, found.st_ino, int(found.st_nlink > 0)
