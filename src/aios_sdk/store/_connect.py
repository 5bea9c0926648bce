"""Opening the database of a store: read-only for anyone at any time, read-write for the fold alone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from ..errors import InputError, StoreBusy, StoreError, StoreFull, UsageError

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")

DATABASE: Final = "aios.duckdb"
SNAPSHOT: Final = "snapshot.duckdb"
SPILL: Final = "fold.tmp"

# Seconds between two looks at whether a file is still locked, and after which it is tried whatever they show. A try costs DuckDB a hundred
# times what a look does, and so many readers who wait would take the processor from the fold for which they wait (decision 34).
_LOOK: Final = 0.005
_TRY: Final = 0.5

# Seconds to wait after a try that failed, where nothing is to be seen of locks.
_RETRY: Final = 0.02


def _memory() -> str:
    """What a query may hold in memory: half of what there is, and no more than 4 GiB."""
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return f"{min(half, 4 << 30) >> 20}MiB"


# A query of an analyst, or one made of a document's text, must not read or write other files, load code, take the whole machine, or undo
# this. What does not fit into memory goes to a folder beside the database, which is removed when it is closed.
_SAFE: Final[dict[str, str | bool | int | float | list[str]]] = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "allow_persistent_secrets": "false",
    "memory_limit": _memory(),
    "max_temp_directory_size": "8GiB",
}
# Small row groups are joined when a fold says so, and what is large goes into the file at once, not by way of DuckDB's log (decision 34).
_WRITING: Final[dict[str, str | bool | int | float | list[str]]] = {"max_vacuum_tasks": 0, "checkpoint_threshold": "1MiB"}
#: The same bounds for a database in memory that takes an answer.
BOUNDED: Final = {name: _SAFE[name] for name in ("memory_limit", "max_temp_directory_size")}

# Seconds between two attempts to interrupt a query that has no time left; one that comes between two statements stops neither.
_AGAIN: Final = 0.05
_settling: Final = threading.Lock()


def connect(path: str | os.PathLike[str], *, timeout: float = 10.0, snapshot: bool = False) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the database of the store at ``path``; close it soon, for as long as it is open nothing is folded.

    While a fold is under way it waits for its end, up to ``timeout`` seconds. With ``snapshot`` it opens the copy that the last
    finished run left, which nobody ever locks. Queries see no file but this database and have half of the machine's memory (at most
    4 GiB); times are in UTC. `time_limit` ends those that take too long.

    Raises `InputError` when there is no store, `StoreError` when nothing was folded into it yet, and `StoreBusy`, naming the process,
    when another one keeps the file locked.

    Example::

        with aios_sdk.connect("claims.aios") as connection:
            connection.sql("from current_fields where path = 'total'").show()
    """
    store = Path(path)
    if not store.is_dir():
        raise InputError(
            f"There is no store {str(path)!r}",
            cause="The path is relative to the current folder, or no run has made it",
            fix="Give the folder of a store, such as claims.aios",
        )
    file = store / (SNAPSHOT if snapshot else DATABASE)
    if not file.exists():
        raise StoreError(
            f"{file} does not exist",
            cause="No run has finished yet" if snapshot else "Nothing was folded into the store yet",
            fix="Connect without snapshot, or run a pipeline with this store" if snapshot else "Run a pipeline with this store",
        )
    return open_database(file, read_only=True, timeout=timeout)


@contextmanager
def time_limit(seconds: float | None, *connections: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt what ``connections`` do in the with block when that takes more than ``seconds``; None for no limit.

    Raises `UsageError` then. Example::

        with connect("claims.aios") as connection, time_limit(5, connection):
            rows = connection.execute(question).fetchall()
    """
    import duckdb

    done = threading.Event()
    expired = threading.Event()

    def watch() -> None:
        if not done.wait(seconds):
            expired.set()
            while True:
                for connection in connections:
                    connection.interrupt()
                if done.wait(_AGAIN):
                    return

    watching = threading.Thread(target=watch, name="aios-time-limit", daemon=True)
    if seconds is not None:
        watching.start()
    try:
        yield
    except duckdb.Error as error:
        if not expired.is_set():
            raise
        raise UsageError(
            f"The query was ended: it had not been answered within {seconds:g} s",
            cause="It joins or sorts more than is meant, or the store is large",
            fix="Ask about some documents (every table has document_id), or allow more: timeout=, --timeout",
        ) from error
    finally:
        done.set()
        if seconds is not None:
            watching.join()


def open_database(file: Path, *, read_only: bool, timeout: float, memory_mb: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file, trying again while another process or connection holds it. Raises `StoreBusy` naming who does.

    With ``memory_mb`` DuckDB holds no more MiB of it than that, puts what does not fit into `SPILL` beside the file, and works on one
    thread, since each holds some of its own.
    """
    import duckdb

    config = _SAFE if read_only else {**_SAFE, **_WRITING}
    if memory_mb is not None:
        config = {**config, "memory_limit": f"{memory_mb}MiB", "temp_directory": str(file.with_name(SPILL)), "threads": 1}
    return patiently(
        file, lambda: _settled(duckdb.connect(str(file), read_only=read_only, config=config), locked=read_only), timeout, shared=read_only
    )


def patiently(file: Path, opening: Callable[[], T], timeout: float = 10.0, *, shared: bool = True) -> T:
    """What ``opening()`` gives, called again as soon as no other process or connection holds ``file``; ``shared`` with those who read it.

    Raises `StoreBusy` naming the holder after ``timeout`` seconds, `StoreFull` on a full disk, and `StoreError` when the file cannot
    be opened for another reason.
    """
    import duckdb

    end = time.monotonic() + timeout
    while True:
        try:
            return opening()
        except (duckdb.IOException, duckdb.ConnectionException, duckdb.ResourceInUseException, duckdb.BinderException) as error:
            if disk_is_full(error):
                raise full_database(file, error) from error
            if not _is_held(error):
                raise StoreError(
                    f"{file} cannot be opened: {error}",
                    cause="It is damaged, or a newer DuckDB wrote it",
                    fix=f"Nothing in the journal is lost; upgrade duckdb, or make it anew: aios store rebuild {file.parent}",
                ) from error
            if time.monotonic() >= end:
                raise StoreBusy(
                    f"{file} is held by {holder(file) or 'another process or connection'}; waited {timeout:g} s",
                    cause="DuckDB lets one process write or many read; what is journaled stays safe and is folded when the file is free",
                    fix="Close that connection, or read the snapshot: aios_sdk.connect(store, snapshot=True)",
                ) from error
        again = min(end, time.monotonic() + _TRY)
        time.sleep(_RETRY)
        while time.monotonic() < again and any(lock.exclusive or not shared for lock in _locks(file)):
            time.sleep(_LOOK)


def _settled(connection: duckdb.DuckDBPyConnection, *, locked: bool) -> duckdb.DuckDBPyConnection:
    # Connections of one process to one file share their settings, and the first locks them; a fold, which runs nobody's statements but its
    # own, changes some. The time zone's extension is not loaded yet while DuckDB opens the file, so it cannot go into the configuration.
    with _settling:
        if connection.execute("SELECT current_setting('lock_configuration')").fetchall() == [(False,)]:
            connection.execute("SET GLOBAL TimeZone = 'UTC'")
            if locked:
                connection.execute("SET lock_configuration = true")
    return connection


# How DuckDB says that a file is held: by another process, by a connection of this one with other settings, by an ATTACH of this one.
_HELD: Final = ("lock on file", "different configuration", "file handle conflict", "already attached")


def _is_held(error: Exception) -> bool:
    return any(words in str(error) for words in _HELD)


def disk_is_full(error: Exception) -> bool:
    """Whether an error of DuckDB says that the disk is full."""
    return any(words in str(error) for words in ("No space left", "Disk quota exceeded", "File too large"))


def full_database(file: Path, error: Exception) -> StoreFull:
    """The error for a database that cannot grow."""
    return StoreFull(
        f"The disk is full: {file} cannot grow", cause=str(error), fix="Free some space and fold again; everything journaled is safe"
    )


def holder(file: Path) -> str | None:
    """Who holds a lock on ``file``: its process id and command line; None when nobody does or the system does not tell (not Linux)."""
    for lock in _locks(file):
        if lock.process > 0:
            return f"process {lock.process} ({_command(lock.process)})"
    return None


class _Lock(NamedTuple):
    """A lock on a file: the process that has it, 0 where that is not to be seen from here, and whether it excludes those who read."""

    process: int
    exclusive: bool


def _locks(file: Path) -> list[_Lock]:
    """The locks on ``file``, and perhaps on one of another disk that has its number; none where the system does not tell (not Linux)."""
    try:
        inode = str(file.stat().st_ino)
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    # "1: POSIX  ADVISORY  READ 4711 fe:00:133 0 EOF"; a line with "->" is one who waits.
    held = [words for words in map(str.split, lines) if words[1] in ("POSIX", "FLOCK") and words[5].rpartition(":")[2] == inode]
    return [_Lock(int(words[4]), words[3] == "WRITE") for words in held]


def _command(process: int) -> str:
    if process == os.getpid():
        return "this one"
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "its command cannot be read"
    return command[:120] or "without a command line"
