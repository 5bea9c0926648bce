"""Files that survive a loss of power: folders synced, new files swapped in whole."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
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
def locked(path: Path, timeout: float, busy: StoreBusy, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock that ``path`` is, made where it is missing; raise ``busy`` when others hold it for ``timeout`` seconds."""
    end = time.monotonic() + timeout
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= end:
                    raise busy from error
            time.sleep(_RETRY)
        yield


@contextmanager
def folder_locked(folder: Path, kind: int) -> Iterator[None]:
    """Hold a lock on a folder: ``fcntl.LOCK_SH``, which many may, or ``fcntl.LOCK_EX``."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)
