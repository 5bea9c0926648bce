"""The lag: what is journaled and not yet folded, and who holds the database meanwhile."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

from ..errors import InputError, StoreBusy
from ._connect import DATABASE, SNAPSHOT, holder, open_database
from ._fold import positions
from ._frames import CONTINUES, END
from ._lots import is_new
from ._reader import JournalReader


class Lag(NamedTuple):
    """What waits to be folded: whole groups, their rows and bytes, and the age in seconds of the oldest (0.0 when nothing waits).

    ``holder`` is the process that holds the database file now, None when nobody does. ``exact`` is False when the database could
    not be read because of it; then the last snapshot tells what was folded, and the figures are upper bounds.
    """

    groups: int
    rows: int
    bytes: int
    oldest_seconds: float
    holder: str | None
    exact: bool


def lag(store: str | os.PathLike[str], *, timeout: float = 1.0) -> Lag:
    """How far the database of ``store`` is behind its journals; waits up to ``timeout`` seconds for a fold under way.

    Raises `InputError` when there is no store, `JournalCorrupt` for a damaged segment.

    Example::

        if lag("claims.aios").oldest_seconds > 60:
            ...
    """
    directory = Path(store)
    if not directory.is_dir():
        raise InputError(f"There is no store {str(store)!r}", fix="Give the folder of a store, such as claims.aios")
    held = holder(directory / DATABASE)
    done, exact = _positions(directory, timeout)
    reader = JournalReader(directory / "journal")
    groups = rows = size = 0
    oldest: float | None = None
    for segment in reader.segments():
        position = done.get((segment.writer, segment.sequence), 0)
        if not is_new(segment, position):
            continue
        pending, before = 0, position
        for frame in reader.frames(segment, position):
            if frame.flags & END:
                break
            pending += frame.row_count
            oldest = min(oldest or frame.written / 1e6, frame.written / 1e6)
            if not frame.flags & CONTINUES:
                groups, rows, size = groups + 1, rows + pending, size + frame.end - before
                pending, before = 0, frame.end
    return Lag(groups, rows, size, max(0.0, time.time() - oldest) if groups and oldest else 0.0, held, exact)


def may_lag(directory: Path) -> bool:
    """Whether there may be something to fold, by the sizes of the journals' files alone."""
    done, _ = _positions(directory, 0.0)
    found, _ = JournalReader(directory / "journal").found()
    return any(is_new(segment, done.get((segment.writer, segment.sequence), 0)) for segment in found)


def _positions(directory: Path, timeout: float) -> tuple[dict[tuple[str, int], int], bool]:
    for name, wait in ((DATABASE, timeout), (SNAPSHOT, 0.0)):
        if not (directory / name).exists():
            continue
        try:
            with open_database(directory / name, read_only=True, timeout=wait) as connection:
                return positions(connection), name == DATABASE
        except StoreBusy:
            continue
    return {}, not (directory / DATABASE).exists()
