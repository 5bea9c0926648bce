"""Folding: what was journaled since the last fold goes into the database, whole groups at a time, together with its mark."""

from __future__ import annotations

import datetime as dt
import logging
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ..errors import JournalCorrupt, StoreBusy, StoreError, StoreFull
from ._connect import DATABASE, SNAPSHOT, SPILL, disk_is_full, full_database, open_database
from ._files import sync_directory, sync_file
from ._frames import END_SIZE
from ._inserting import Inserting
from ._locks import fold_lock
from ._reader import JournalReader, Segment
from ._schema import create_statements

if TYPE_CHECKING:
    import duckdb

_log: Final = logging.getLogger("aios.store")

# Rows of one transaction, and the bytes of the journal after which what waits as columns is given to DuckDB: one statement for each table.
_TRANSACTION_ROWS: Final = 200_000
_INSERT_BYTES: Final = 4 * 1024 * 1024

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


def fold(store: str | os.PathLike[str], *, timeout: float = 10.0, rows: int | None = None, memory_mb: int | None = None) -> Folded:
    """Apply everything that the journals of ``store`` hold and its database does not, of all writers; after ``rows`` of them it is enough.

    With ``memory_mb`` DuckDB is to do with so many MiB, which takes it longer where there is much to fold; it gets what it wants after
    all where that is not enough.

    Each transaction holds whole groups together with the place up to which they reach, so a fold that is killed is repeated without
    loss or doubles. A damaged segment stops only its own writer: the others are folded, then `JournalCorrupt` is raised. Raises
    `StoreBusy` when another process holds the database for more than ``timeout`` seconds, and `StoreFull` on a full disk; what is
    journaled stays safe.
    """
    directory = Path(store)
    began = time.monotonic()
    with database_errors(directory, f"{directory} cannot be folded"), fold_lock(directory, timeout):
        applied, groups = fold_locked(directory, timeout, rows, memory_mb)
    return Folded(applied, groups, time.monotonic() - began)


def fold_locked(directory: Path, timeout: float, rows: int | None = None, memory_mb: int | None = None) -> tuple[int, int]:
    """What `fold` does, for one who holds the lock; gives the rows and groups applied."""
    with database_errors(directory, f"{directory} cannot be folded"):
        shutil.rmtree(directory / SPILL, ignore_errors=True)  # of a fold that was killed
        if not (directory / DATABASE).exists():
            # Under another name first: neither a crash nor a full disk leaves half of one, and no reader sees it.
            create_database(directory / NEW)
            install(directory / NEW, directory / DATABASE)
        return fold_all(directory / DATABASE, directory / "journal", timeout, rows, memory_mb)


def fold_all(database: Path, journal: Path, timeout: float, rows: int | None = None, memory_mb: int | None = None) -> tuple[int, int]:
    """Apply what is new of the journals below ``journal``: with so much memory, and what takes more with as much as it takes.

    Gives the rows and the groups.
    """
    import duckdb

    with open_database(database, read_only=False, timeout=timeout, memory_mb=memory_mb) as connection:
        work = Fold(connection, JournalReader(journal), rows)
        try:
            work.run()
            if memory_mb is not None:
                connection.execute("CHECKPOINT")  # closing does it too, but says nothing when memory is short
            return work.rows, work.groups
        except duckdb.Error as error:
            if memory_mb is None or not _is_short_of_memory(error):
                raise
            # Values of many MiB, say, of which nothing can go to disk meanwhile.
            _log.info("folding %s takes more than %d MiB: %s", journal.parent, memory_mb, str(error).partition("\n")[0])
    more, groups = fold_all(database, journal, timeout, None if rows is None else max(0, rows - work.rows))
    return work.rows + more, work.groups + groups


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
# keeps writers out while it copies.
_COPY: Final = """
import fcntl, os, shutil, sys
with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as target:
    try:
        fcntl.lockf(source, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        sys.exit(3)
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
    """Make an empty database, in the place of what a killed process may have left there."""
    for left_over in (new, log_of(new)):
        left_over.unlink(missing_ok=True)
    with open_database(new, read_only=False, timeout=0.0) as connection:
        connection.begin()
        for statement in create_statements():
            connection.execute(statement)
        connection.commit()


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


def is_new(segment: Segment, position: int) -> bool:
    """Whether the segment may hold groups behind ``position``."""
    return segment.size > position + (END_SIZE if segment.sealed else 0)


class Fold:
    """One fold: transactions of whole groups, until there are no more or ``enough`` rows are applied.

    With ``until`` it ends in each segment at the offset that is given there, as `positions` gives them.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        reader: JournalReader,
        enough: int | None = None,
        *,
        until: Mapping[tuple[str, int], int] | None = None,
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._enough = sys.maxsize if enough is None else enough
        self._until = until
        self.rows = self.groups = 0
        self._tables = Inserting(connection)
        self._read = self._inserted = 0

    def run(self) -> None:
        """Apply what is new; ``rows`` and ``groups`` say how much that was."""
        segments, gaps = self._reader.found()
        damage: JournalCorrupt | None = next(iter(gaps.values()), None)
        damaged: str | None = None
        done = positions(self._connection)
        before = self._transactions()
        self._begin()
        for segment in segments:
            if self.rows + self._pending >= self._enough:
                break
            position = done.get((segment.writer, segment.sequence), 0)
            if segment.writer == damaged or not is_new(segment, position):
                continue
            try:
                self._segment(segment, position)
            except JournalCorrupt as error:
                damage, damaged = damage or error, segment.writer
        self._commit()
        if self.rows < self._enough and self._transactions() // _JOINED_EVERY > before // _JOINED_EVERY:
            self._join()
        if damage is not None:
            raise damage

    def _segment(self, segment: Segment, position: int) -> None:
        until = sys.maxsize if self._until is None else self._until.get((segment.writer, segment.sequence), 0)
        for group in self._reader.groups(segment, position):
            if group.end > until:
                return
            count = 0
            for number, found in group.tables:
                self._tables.add(number, found)
                count += len(found)
            self._read += group.end - position
            position = group.end
            if self._read + self._reader.recalled_bytes - self._inserted >= _INSERT_BYTES:
                self._insert()
            mark = self._marks[segment.writer, segment.sequence]
            mark[0], mark[1], mark[2] = group.end, mark[1] + 1, mark[2] + count
            self._pending += count
            if self.rows + self._pending >= self._enough:
                return
            if self._pending >= _TRANSACTION_ROWS:
                self._commit()
                self._begin()

    def _transactions(self) -> int:
        count: int = self._connection.execute("SELECT count(*) FROM applied_segments").fetchall()[0][0]
        return count

    def _join(self) -> None:
        """Let DuckDB join row groups that transactions left, of each table what one task does: at most three times 122,880 rows."""
        self._connection.execute("SET max_vacuum_tasks = 1")
        self._connection.execute("CHECKPOINT")
        self._connection.execute("SET max_vacuum_tasks = 0")

    def _begin(self) -> None:
        self._connection.begin()
        self._marks: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
        self._pending = 0

    def _insert(self) -> None:
        self._tables.insert()
        self._inserted = self._read + self._reader.recalled_bytes

    def _commit(self) -> None:
        now = dt.datetime.now(dt.UTC)
        self._tables.add(0, [(writer, sequence, *mark, now) for (writer, sequence), mark in self._marks.items()])
        self._insert()
        self._connection.commit()
        self.groups += sum(mark[1] for mark in self._marks.values())
        self.rows += sum(mark[2] for mark in self._marks.values())
