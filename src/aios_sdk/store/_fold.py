"""Folding: what was journaled since the last fold goes into the database, whole groups at a time, together with its mark."""

from __future__ import annotations

import datetime as dt
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ..errors import JournalCorrupt, StoreBusy, StoreError, StoreFull
from ._connect import DATABASE, SNAPSHOT, SPILL, disk_is_full, full_database, open_database
from ._files import sync_directory, sync_file
from ._inserting import Inserting, Laying
from ._locks import fold_lock
from ._lots import Lot, Mark, Positions, ahead, lots
from ._reader import JournalReader
from ._schema import create_statements

if TYPE_CHECKING:
    import duckdb

_log: Final = logging.getLogger("aios.store")

# Rows after which a transaction ends.
_TRANSACTION_ROWS: Final = 200_000

# Rows of applied_segments, one for each transaction and segment, after which small row groups are joined, if nothing waits (decision 34).
_JOINED_EVERY: Final = 8

#: The name under which a database is made.
NEW: Final = "new.duckdb"

_RETRY: Final = 0.02


class Folded(NamedTuple):
    """What a fold did: rows and groups applied, and how long it took in seconds."""

    rows: int
    groups: int
    seconds: float


def fold(store: str | os.PathLike[str], *, timeout: float = 10.0, rows: int | None = None) -> Folded:
    """Apply everything that the journals of ``store`` hold and its database does not, of all writers; after ``rows`` of them it is enough.

    Each transaction holds whole groups together with the place up to which they reach, so a fold that is killed is repeated without
    loss or doubles. A damaged segment stops only its own writer: the others are folded, then `JournalCorrupt` is raised. Raises
    `StoreBusy` when another process holds the database for more than ``timeout`` seconds, and `StoreFull` on a full disk; what is
    journaled stays safe.
    """
    directory = Path(store)
    began = time.monotonic()
    with database_errors(directory, f"{directory} cannot be folded"), fold_lock(directory, timeout):
        applied, groups = fold_locked(directory, timeout, rows)
    return Folded(applied, groups, time.monotonic() - began)


def fold_locked(directory: Path, timeout: float, rows: int | None = None) -> tuple[int, int]:
    """What `fold` does, for one who holds the lock; gives the rows and groups applied."""
    with database_errors(directory, f"{directory} cannot be folded"):
        _prepare(directory)
        return fold_all(directory / DATABASE, directory / "journal", timeout, rows)


def fold_in_turns(directory: Path, timeout: float, *, rows: int, memory_mb: int) -> Generator[Folded]:
    """What `fold` does, some ``rows`` at a time, and what it did each time: then the database is free until the next is asked for.

    The fold lock is held from the first to the last. DuckDB is to do with so many MiB, and gets what it wants after all where that is
    not enough. What comes next is read and laid out by another thread while DuckDB writes.
    """
    with database_errors(directory, f"{directory} cannot be folded"), fold_lock(directory, timeout):
        _prepare(directory)
        yield from _turns(directory / DATABASE, directory / "journal", timeout, turn=rows, memory_mb=memory_mb)


def _prepare(directory: Path) -> None:
    """Remove what a fold left that was killed, and make the database if there is none."""
    shutil.rmtree(directory / SPILL, ignore_errors=True)
    if not (directory / DATABASE).exists():
        # Under another name first: neither a crash nor a full disk leaves half of one, and no reader sees it.
        create_database(directory / NEW)
        install(directory / NEW, directory / DATABASE)


def fold_all(database: Path, journal: Path, timeout: float, rows: int | None = None, *, until: Positions | None = None) -> tuple[int, int]:
    """Apply what is new of the journals below ``journal``; with ``until``, in each segment up to the offset that is given there.

    Gives the rows and the groups.
    """
    done = [*_turns(database, journal, timeout, rows, until=until)]
    return sum(each.rows for each in done), sum(each.groups for each in done)


def _turns(
    database: Path,
    journal: Path,
    timeout: float,
    enough: int | None = None,
    *,
    until: Positions | None = None,
    turn: int | None = None,
    memory_mb: int | None = None,
) -> Generator[Folded]:
    """Fold until ``enough`` rows are applied, or there are no more, and let the database go after ``turn`` of them."""
    import duckdb

    with ExitStack() as stack:
        coming: Iterator[Lot] | None = None
        memory, applied, before, more = memory_mb, 0, 0, True
        while more:
            began = time.monotonic()
            with open_database(database, read_only=False, timeout=timeout, memory_mb=memory) as connection:
                work = _Transactions(connection)
                try:
                    if coming is None:
                        before = work.number()
                        read = lots(JournalReader(journal), positions(connection), enough=enough, until=until)
                        coming = stack.enter_context(closing(read if turn is None else ahead(read)))
                    more = work.apply(coming, turn)
                    applied += work.rows
                    if not more and (enough is None or applied < enough) and work.number() // _JOINED_EVERY > before // _JOINED_EVERY:
                        work.join()
                    if memory is not None:
                        connection.execute("CHECKPOINT")  # closing does it too, but says nothing when memory is short
                    memory = memory_mb
                except duckdb.Error as error:
                    if memory is None or not _is_short_of_memory(error):
                        raise
                    # Values of many MiB, say, of which nothing can go to disk meanwhile.
                    _log.info("folding %s takes more than %d MiB: %s", journal.parent, memory, str(error).partition("\n")[0])
                    stack.close()
                    coming, memory, more = None, None, True
            yield Folded(work.rows, work.groups, time.monotonic() - began)


class _Transactions:
    """Puts lots into the database of ``connection``; ``rows`` and ``groups`` say how much was committed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute("PRAGMA disable_optimizer")  # there is nothing to optimize about a copy, and a small fold has many statements
        self._tables = Inserting(connection)
        self.rows = self.groups = 0

    def apply(self, coming: Iterator[Lot], turn: int | None) -> bool:
        """Put lots into the database, whole and with their marks, until there are ``turn`` rows; gives whether more may come."""
        self._begin()
        more = False
        try:
            for lot in coming:
                self._tables.insert(lot.columns)
                for place, mark in lot.marks.items():
                    self._marks[place] = mark.after(self._marks.get(place))
                more = turn is not None and self.rows + self._pending >= turn
                if more:
                    break
                if self._pending >= _TRANSACTION_ROWS:
                    self._commit()
                    self._begin()
        except JournalCorrupt:  # told after everything else was given
            self._commit()
            raise
        self._commit()
        return more

    def number(self) -> int:
        """How many transactions the database has, counted once for each segment."""
        count: int = self._connection.execute("SELECT count(*) FROM applied_segments").fetchall()[0][0]
        return count

    def join(self) -> None:
        """Let DuckDB join row groups that transactions left, of each table what one task does: at most three times 122,880 rows."""
        self._connection.execute("SET max_vacuum_tasks = 1")
        self._connection.execute("CHECKPOINT")
        self._connection.execute("SET max_vacuum_tasks = 0")

    @property
    def _pending(self) -> int:
        return sum(mark.rows for mark in self._marks.values())

    def _begin(self) -> None:
        self._connection.begin()
        self._marks: dict[tuple[str, int], Mark] = {}

    def _commit(self) -> None:
        now = dt.datetime.now(dt.UTC)
        laying = Laying()
        laying.add(0, [(*place, *mark, now) for place, mark in self._marks.items()])
        self._tables.insert(laying.columns())
        self._connection.commit()
        self.groups += sum(mark.groups for mark in self._marks.values())
        self.rows += self._pending


def _is_short_of_memory(error: Exception) -> bool:
    # A commit that lacks it says so with another error than everything else does, and the same advice.
    return "SET memory_limit" in str(error)


def snapshot(store: str | os.PathLike[str], *, timeout: float = 10.0) -> None:
    """Copy the database to the snapshot, which readers may hold for as long as they like; swapped in whole.

    Raises `StoreBusy` when another process writes to the database for more than ``timeout`` seconds.
    """
    directory = Path(store)
    with fold_lock(directory, timeout):
        snapshot_locked(directory, timeout)


def snapshot_locked(directory: Path, timeout: float) -> None:
    """What `snapshot` does, for one who holds the lock."""
    target = directory / SNAPSHOT
    temporary = target.with_suffix(".tmp")
    with database_errors(directory, f"The snapshot {target} cannot be made"):
        # Opening and closing folds what a killed fold left in DuckDB's own log into the file.
        if log_of(directory / DATABASE).exists():
            open_database(directory / DATABASE, read_only=False, timeout=timeout).close()
        _copy(directory / DATABASE, temporary, timeout)
        temporary.rename(target)
        sync_directory(directory)


# Closing any descriptor of a file drops the locks that its process has on it, DuckDB's too; hence a process of its own. Its shared lock
# keeps writers out while it copies. File systems that can (XFS, Btrfs, NFS) let both files share what is copied in the kernel.
_COPY: Final = """
import fcntl, os, shutil, sys
with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as target:
    try:
        fcntl.lockf(source, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        sys.exit(3)
    try:
        while os.copy_file_range(source.fileno(), target.fileno(), 1 << 30):
            pass
    except (AttributeError, OSError):
        pass
    # What is left: all of it elsewhere than on Linux, and where the file system cannot; a full disk says so again.
    shutil.copyfileobj(source, target, 1 << 20)
    target.flush()
    os.fsync(target.fileno())
"""


def _copy(source: Path, target: Path, timeout: float) -> None:
    end = time.monotonic() + timeout
    while True:
        done = subprocess.run([sys.executable, "-I", "-S", "-c", _COPY, source, target], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        if done.returncode != 3 or time.monotonic() >= end:
            break
        time.sleep(_RETRY)
    target.unlink(missing_ok=True)
    if done.returncode == 3:
        raise StoreBusy(f"{source} is being written by another process; waited {timeout:g} s", fix="Try again when it has finished")
    full = "No space left" in done.stderr
    raise (StoreFull if full else StoreError)(
        f"The snapshot {target.with_suffix('.duckdb')} cannot be made: {(done.stderr.strip().splitlines() or ['the copy failed'])[-1]}",
        fix="Free some space and close the store again; nothing else is affected" if full else "The database itself is whole; use it",
    )


@contextmanager
def database_errors(directory: Path, what: str) -> Iterator[None]:
    """Say as a `StoreError` that ``what`` is so, with the reason that DuckDB or the system gives."""
    import duckdb

    try:
        yield
    except (duckdb.Error, OSError) as error:
        if disk_is_full(error):
            raise full_database(directory / DATABASE, error) from error
        raise StoreError(
            f"{what}: {error}",
            cause="The database is damaged, the disk has a fault, or a fault of the SDK",
            fix=f"Everything journaled is safe; when it happens again, make the database anew: aios store rebuild {directory}",
        ) from error


def create_database(new: Path) -> None:
    """Make an empty database, in the place of what a killed process may have left there; or none, where that fails."""
    remove_database(new)
    try:
        with open_database(new, read_only=False, timeout=0.0) as connection:
            connection.execute("PRAGMA disable_optimizer")  # a sixth of the time, and none of these statements has a plan
            connection.begin()
            for statement in create_statements():
                connection.execute(statement)
            connection.commit()
    except BaseException:
        remove_database(new)
        raise


def remove_database(database: Path) -> None:
    """Remove a database that nobody has open, and DuckDB's log of it; what is not there is no error."""
    for file in (database, log_of(database)):
        file.unlink(missing_ok=True)


def install(new: Path, target: Path) -> None:
    """Put a database that nobody has open in the place of ``target``: at any moment there is the old one or the new one, whole.

    What DuckDB logged of the old one and did not put into its file goes: DuckDB would refuse the new one beside it.
    """
    sync_file(new)
    if log_of(target).exists():
        log_of(target).unlink()
        sync_directory(target.parent)
    new.rename(target)
    sync_directory(target.parent)


def log_of(database: Path) -> Path:
    """Where DuckDB logs what is not in the file of a database yet."""
    return database.with_name(f"{database.name}.wal")


def positions(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, int], int]:
    """Up to which offset each segment, by writer and sequence, is folded."""
    found = connection.execute("SELECT writer, segment, max(byte_offset) FROM applied_segments GROUP BY ALL").fetchall()
    return {(writer, sequence): offset for writer, sequence, offset in found}
