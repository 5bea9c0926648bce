"""A folder for the files of samples and strategies, removed when the process ends."""

from __future__ import annotations

import os
import shutil
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path

_folders: dict[int, Path] = {}


def process_folder() -> Path:
    """The folder of this process; a forked child gets one of its own."""
    own = os.getpid()
    if own not in _folders:
        folder = _folders[own] = Path(tempfile.mkdtemp(prefix="aios-testing-"))
        # Children that multiprocessing forks end without `atexit`; this it sees to in them and in any other process, and in its own only.
        Finalize(None, shutil.rmtree, (folder,), {"ignore_errors": True}, exitpriority=0)
    return _folders[own]


def new_folder(prefix: str) -> Path:
    """An empty folder below that of the process."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=process_folder()))
