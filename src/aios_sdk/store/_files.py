"""Files that survive a loss of power: folders synced, new files swapped in whole."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ..errors import StoreBusy

#: Numbers of the errors that say that a disk, a quota or a limit of size is exhausted.
DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


# Seconds between two tries to get a lock.
_RETRY: Final = 0.02


def sync_directory(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable that is open nowhere in this process: closing it drops every lock the process has on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path, timeout: float, busy: Callable[[], StoreBusy], *, shared: bool = False) -> Iterator[None]:
    """Hold the lock that ``path`` is: a folder, or a file that is made where it is missing.

    Raises what ``busy`` gives when others hold it for ``timeout`` seconds.
    """
    end = time.monotonic() + timeout
    kind = os.O_DIRECTORY if path.is_dir() else os.O_CREAT
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | kind, 0o644)
    try:
        while True:
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= end:
                    raise busy() from error
            time.sleep(_RETRY)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def held(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock that a folder is, for a moment; who comes later waits as long as it takes. Raises ``OSError`` when it is not there."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
