"""Following the journals: what any process appends is folded about once a second, until that is enough."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from ..errors import JournalCorrupt, StoreBusy, StoreError
from ._fold import Folded, fold_in_turns
from ._index import index

_log: Final = logging.getLogger("aios.store")

#: Seconds from the beginning of one fold to that of the next.
EVERY: Final = 1.0

# Rows after which the database is let go for a moment, and seconds for which: others read meanwhile, who look every 5 ms whether they can.
# More rows make nothing faster, and readers wait longer for their turn (decision 34).
_ROWS: Final = 50_000
_GAP: Final = 0.03

# Such turns after which others fold or forget, if they want to, who try every 20 ms to get the lock.
_TURNS: Final = 4

# MiB that DuckDB may hold for one of many small folds. Where it joins row groups, it takes hundreds of MiB if it may, and is hardly faster
# (decision 10).
_MEMORY_MB: Final = 24


def follow(store: str | os.PathLike[str], stopping: threading.Event, *, told: Callable[[Folded], object] = lambda folded: None) -> None:
    """Fold what is journaled by any process about once a second until ``stopping`` is set, then what is left, and return.

    The database is free between folds, and after every 50,000 rows of a large backlog. ``told`` hears of each fold that applied
    something. What cannot be folded now (a reader holds the file, the disk is full, a segment is damaged) is tried again later, and
    logged once. When all is folded it is indexed too, so that the next run begins at once.
    """
    directory = Path(store)
    seen: tuple[int, int] | None = None
    said = ""
    while True:
        last, began = stopping.is_set(), time.monotonic()
        found = size_of(directory / "journal")
        if found != seen:
            try:
                if not _fold_some(directory, told):
                    continue
                seen = found
                if not last:  # who ends this, a run or the next one, does the rest
                    index(directory)
            except StoreBusy as busy:
                _log.info("folding %s is put off: %s", directory, busy)
            except StoreError as error:
                if isinstance(error, JournalCorrupt):
                    seen = found  # told after everything else was folded
                if str(error) != said:
                    _log.error("%s cannot be folded, or not all of it: %s", directory, error)
                said = str(error)
        if last:
            return
        stopping.wait(max(_GAP, began + EVERY - time.monotonic()))


def _fold_some(directory: Path, told: Callable[[Folded], object]) -> bool:
    """Fold what waits, but no more than a few turns of it; gives whether that was all. Raises what `fold` raises."""
    with closing(fold_in_turns(directory, EVERY, rows=_ROWS, memory_mb=_MEMORY_MB)) as turns:
        for number, folded in enumerate(turns, 1):
            if folded.rows:
                told(folded)
            if folded.rows >= _ROWS:
                if number == _TURNS:
                    break
                time.sleep(_GAP)
        else:
            return True
    time.sleep(_GAP)
    return False


def size_of(folder: Path) -> tuple[int, int]:
    """Number of files in ``folder`` and the bytes they hold."""
    files = size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            # A segment may be sealed, and so renamed, meanwhile.
            with suppress(FileNotFoundError):
                size += Path(place, name).stat().st_size
                files += 1
    return files, size
