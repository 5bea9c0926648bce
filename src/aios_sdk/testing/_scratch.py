"""A folder for the files of samples and strategies, removed when the process ends."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folders: dict[int, Path] = {}


def process_folder() -> Path:
    """The folder of this process; a forked child gets one of its own."""
    own = os.getpid()
    if own not in _folders:
        _folders[own] = Path(tempfile.mkdtemp(prefix="aios-testing-"))
        atexit.register(_remove, own)
    return _folders[own]


def new_folder(prefix: str) -> Path:
    """An empty folder below that of the process."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=process_folder()))


def _remove(owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(_folders.pop(owner), ignore_errors=True)
