"""Making the database again from the journal alone."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from ..errors import StoreError
from ._check_database import DatabaseCheck, differing_row, noting, wrong_mark
from ._connect import DATABASE, SNAPSHOT, open_database
from ._difference import Difference
from ._fold import create_database, database_errors, fold_all, install, log_of, positions, remove_database, snapshot
from ._layout import read_layout
from ._locks import fold_lock, maintenance
from ._tally import parts_that_differ, rows_in
from ._verify import choose

# The database while it is made, and what one is called that was replaced and kept.
_NEW: Final = "rebuild.duckdb"
_KEPT: Final = "replaced-{:%Y%m%dT%H%M%S.%fZ}.duckdb"


def other_databases(directory: Path) -> list[Path]:
    """The databases that a rebuild kept, or began and did not end, each with DuckDB's log of it."""
    found = [*directory.glob(_KEPT.partition("{")[0] + "*.duckdb"), directory / _NEW]
    return [path for database in found for path in (database, log_of(database)) if path.exists()]


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """What the new database holds, what the old one did not have as the journal gives it, and where that was kept, if it was."""

    rows: int
    groups: int
    seconds: float
    differences: tuple[Difference, ...]
    kept: str = ""


def rebuild(store: str | os.PathLike[str], *, keep: bool | None = None, timeout: float = 10.0) -> Rebuilt:
    """Make the database of ``store`` again from its journals, compare the old one with it, and put the new one in its place.

    Readers of the old one go on with it until they open the database again; pipelines write meanwhile. The old one is kept under another
    name where it differs, always with ``keep``, and never without. A snapshot is made again too. It may be killed at any moment:
    then there is the old database or the new one, whole.

    Nothing is replaced when the journals are damaged, or do not have all that the old database was folded from: `JournalCorrupt` and
    `StoreError` say so. Raises `StoreBusy` when another process holds the database for more than ``timeout`` seconds, and `StoreFull`.
    """
    directory = Path(store)
    read_layout(directory)
    began = time.monotonic()
    old, new = directory / DATABASE, directory / _NEW
    with database_errors(directory, f"{old} cannot be made again"), maintenance(directory, timeout):
        _remove_unfinished(old)
        try:
            create_database(new)
            check = DatabaseCheck(old, timeout) if old.exists() else None
            differences, parts = _compare(check, new) if check is not None else ([], {})
            with fold_lock(directory, timeout):
                differences += _name(old, new, parts, timeout)
                rows, groups = _fold(new)
                _refuse_to_lose(old, new, timeout)
                kept = _replace(old, new, keep=bool(differences) if keep is None else keep)
        finally:
            remove_database(new)
        if (directory / SNAPSHOT).exists():
            snapshot(directory, timeout=timeout)
    return Rebuilt(rows=rows, groups=groups, seconds=time.monotonic() - began, differences=tuple(differences), kept=kept)


def _fold(new: Path, until: Mapping[tuple[str, int], int] | None = None) -> tuple[int, int]:
    """Apply what is new, up to ``until``; gives how many rows and groups the database then has. Raises `JournalCorrupt`."""
    fold_all(new, new.parent / "journal", timeout=0.0, until=until)
    with open_database(new, read_only=True, timeout=0.0) as connection:
        rows, groups = connection.execute("SELECT coalesce(sum(row_count), 0), coalesce(sum(groups), 0) FROM applied_segments").fetchall()[
            0
        ]
    return int(rows), int(groups)


def _compare(old: DatabaseCheck, new: Path) -> tuple[list[Difference], dict[str, list[int]]]:
    """Fold into the new database what the old one has, and give what differs: places in the journal, and parts of tables."""
    if old.differences:
        return old.differences, {}
    _fold(new, old.positions)
    right = DatabaseCheck(new, 0.0)
    wrong: list[Difference] = []
    for (writer, segment), said in sorted(old.applied.items()):
        there = right.applied.get((writer, segment))
        if said != there:
            what = f"applied_segments says {said} (end, groups, rows) of segment {segment} of writer {writer}, the journal {there}"
            wrong.append(wrong_mark(old.file, what, writer, segment))
    parts = parts_that_differ(old.tally, right.tally)
    return wrong, {table: choose(old.tally[table], right.tally[table], each) for table, each in parts.items()}


def _name(old: Path, new: Path, parts: Mapping[str, list[int]], timeout: float) -> list[Difference]:
    """The first row that differs of each table of which some parts do."""
    differences: list[Difference] = []
    if not parts:
        return differences
    with noting(old, differences), open_database(old, read_only=True, timeout=timeout) as held:
        _fold(new, positions(held))
        with open_database(new, read_only=True, timeout=0.0) as journaled:
            for table, each in parts.items():
                differences.append(differing_row(old, table, rows_in(held, table, each), rows_in(journaled, table, each)))
    return differences


def _refuse_to_lose(old: Path, new: Path, timeout: float) -> None:
    """Raise `StoreError` when the old database was folded from more than the journals now give."""
    unreadable: list[Difference] = []
    before: dict[tuple[str, int], int] = {}
    if old.exists():
        with noting(old, unreadable), open_database(old, read_only=True, timeout=timeout) as connection:
            before = positions(connection)
    with open_database(new, read_only=True, timeout=0.0) as connection:
        after = positions(connection)
    for (writer, segment), end in sorted(before.items()):
        if end > after.get((writer, segment), 0):
            raise StoreError(
                f"{old} was not replaced: it holds what was folded from segment {segment} of writer {writer} up to byte {end}, "
                f"and the journal has only {after.get((writer, segment), 0)}",
                cause="A file of the journal was lost or cut off, so the database is the only place that has the rest",
                fix="Restore the journal from a backup; or rename the database, so that it stays, and call rebuild again",
            )


def _replace(old: Path, new: Path, *, keep: bool) -> str:
    kept = old.with_name(_KEPT.format(dt.datetime.now(dt.UTC))) if keep and old.exists() else None
    if kept is not None:
        os.link(old, kept)
        with suppress(FileNotFoundError):
            log_of(old).rename(log_of(kept))
    install(new, old)
    return str(kept or "")


def _remove_unfinished(old: Path) -> None:
    """Remove the second name that a killed rebuild gave to a database which it then did not replace."""
    for kept in other_databases(old.parent):
        if old.exists() and kept.exists() and kept.samefile(old):  # a log goes with its database
            remove_database(kept)
