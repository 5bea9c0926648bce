"""Who writes to a store now: a writer holds a lock on the folder of its journal for as long as it lives."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

from ..errors import StoreBusy
from ._connect import holder
from ._files import locked

# Seconds that a new writer waits for somebody who erases.
_PATIENCE: Final = 60.0


class Writer(NamedTuple):
    """A writer that lives: its id, when it began (seconds since 1970), and its process, as far as the system tells."""

    id: str
    since: float
    process: str


class Presence(NamedTuple):
    """The lock of a writer, a descriptor that is closed at its end, if only with the process; and the folders whose names are new and not
    durable yet."""

    lock: int
    changed: tuple[Path, ...]


def announce(folder: Path, patience: float = _PATIENCE) -> Presence:
    """Make the folder of a writer's journal, and hold its lock.

    While somebody has writers `excluded` it waits. Raises `StoreBusy` after ``patience`` seconds.
    """
    changed = tuple(path.parent for path in (folder, *folder.parents) if not path.exists())
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.parent, patience, shared=True):
        folder.mkdir()
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return Presence(descriptor, changed)


def writers(journal: Path) -> list[Writer]:
    """Those who write now to the journals below ``journal``, the first to begin first."""
    return [Writer(folder.name, int(folder.name[:12], 16) / 1000, holder(folder) or "a process") for folder in _held(journal)]


def excluded(journal: Path, patience: float) -> AbstractContextManager[None]:
    """Keep writers from beginning: they wait meanwhile. Those who live already are not concerned. Raises `StoreBusy`."""
    return _locked(journal, patience)


def _held(journal: Path) -> Iterator[Path]:
    for folder in sorted(path for path in journal.iterdir() if path.is_dir()):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield folder
        finally:
            os.close(descriptor)


def _locked(folder: Path, patience: float, *, shared: bool = False) -> AbstractContextManager[None]:
    def busy() -> StoreBusy:
        return StoreBusy(
            f"{folder.parent} is locked by {holder(folder) or 'another process'}; waited {patience:g} s",
            cause="A document is being forgotten: nobody begins to write meanwhile",
            fix="Try again when that has finished",
        )

    return locked(folder, patience, busy, shared=shared)
