"""Who writes to a store now: a writer holds a lock on the folder of its journal for as long as it lives."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from ..errors import StoreBusy
from ._connect import holder

# Seconds that a new writer waits for somebody who erases, and between two looks.
_PATIENCE: Final = 60.0
_RETRY: Final = 0.02


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
    with _locked(folder.parent, fcntl.LOCK_SH, patience):
        folder.mkdir()
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return Presence(descriptor, changed)


def writers(journal: Path) -> list[Writer]:
    """Those who write now to the journals below ``journal``, the first to begin first."""
    return [Writer(folder.name, int(folder.name[:12], 16) / 1000, holder(folder) or "a process") for folder in _held(journal)]


@contextmanager
def excluded(journal: Path, patience: float) -> Iterator[None]:
    """Keep writers from beginning: they wait meanwhile. Those who live already are not concerned. Raises `StoreBusy`."""
    with _locked(journal, fcntl.LOCK_EX, patience):
        yield


def _held(journal: Path) -> Iterator[Path]:
    for folder in sorted(path for path in journal.iterdir() if path.is_dir()):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield folder
        finally:
            os.close(descriptor)


@contextmanager
def _locked(folder: Path, kind: int, patience: float) -> Iterator[None]:
    end = time.monotonic() + patience
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        while True:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= end:
                    raise StoreBusy(
                        f"{folder.parent} is locked by {holder(folder) or 'another process'}; waited {patience:g} s",
                        cause="A document is being forgotten: nobody begins to write meanwhile",
                        fix="Try again when that has finished",
                    ) from error
            time.sleep(_RETRY)
        yield
    finally:
        os.close(descriptor)
