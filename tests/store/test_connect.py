from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from aios_sdk.errors import InputError, StoreBusy, StoreError, UsageError
from aios_sdk.store import _connect
from aios_sdk.store._connect import connect, holder, patiently, time_limit
from aios_sdk.store._fold import fold, snapshot
from aios_sdk.store._journal import JournalWriter

from ._journals import group_of, start

HOLD = "import duckdb; c = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'read'); print('held', flush=True); sys.stdin.read()"


@pytest.fixture(scope="module")
def folded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three rows of the table members, which takes a while to make."""
    directory = tmp_path_factory.mktemp("folded")
    with JournalWriter(directory / "journal") as writer:
        writer.append(group_of(0))
    fold(directory)
    return directory


@pytest.fixture
def store(tmp_path: Path, folded: Path) -> Path:
    """A copy of it for each test."""
    return Path(shutil.copytree(folded, tmp_path / "claims.aios"))


def test_a_connection_reads_and_cannot_write(store: Path) -> None:
    with connect(store) as connection:
        assert connection.sql("SELECT count(*) FROM members").fetchall() == [(3,)]
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("DELETE FROM members")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_text('{file}*')",
        "SELECT * FROM read_blob('{file}')",
        "SELECT * FROM read_json('{file}')",
        "SELECT * FROM sniff_csv('{file}')",
        "SELECT * FROM parquet_metadata('{file}')",
        "SELECT * FROM glob('{file}*')",
        "FROM '{file}'",
        "FROM file",
        "COPY members FROM '{file}'",
        "EXPORT DATABASE '{file}.export'",
        "IMPORT DATABASE '{file}'",
        "COPY (SELECT 1) TO '/dev/stdout'",
        "ATTACH ':memory:' AS other",
        "LOAD httpfs",
        "LOAD '{file}'",
        "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
        "CALL enable_logging(storage = 'file', storage_config = {{'path': '{file}.log'}})",
        "PRAGMA profiling_output = '{file}.json'",
        "PRAGMA enable_profiling",
        "SET temp_directory = '{file}.tmp'",
        "SET memory_limit = '1TB'",
        "SET threads = 1000",
        "SET python_enable_replacements = true",
        "SELECT getenv('HOME')",
        "COPY members TO '{file}.csv'",
        "ATTACH '{file}.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET TimeZone = 'Asia/Tokyo'",
    ],
)
def test_a_query_reaches_nothing_but_the_database(store: Path, tmp_path: Path, query: str) -> None:
    (tmp_path / "secret").write_text("secret")
    file = tmp_path / "secret"
    with connect(store) as connection, pytest.raises(duckdb.Error):
        connection.execute(query.format(file=file)).fetchall()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["claims.aios", "secret"]


ENDLESS = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range = -1"


def test_a_query_that_never_ends_is_ended_and_the_connection_goes_on(store: Path) -> None:
    with connect(store) as connection:
        with pytest.raises(UsageError, match=r"had not been answered within 0\.2 s"), time_limit(0.2, connection):
            connection.execute(ENDLESS).fetchall()
        with time_limit(60, connection):
            assert connection.execute("SELECT count(*) FROM members").fetchall() == [(3,)]
        with pytest.raises(duckdb.Error, match="no_such_table"), time_limit(60, connection):
            connection.execute("FROM no_such_table")


def test_no_secret_of_the_user_is_listed(store: Path) -> None:
    with connect(store) as connection:
        assert connection.execute("FROM duckdb_secrets()").fetchall() == []


def test_a_query_has_its_share_of_the_memory_and_of_the_disk(store: Path) -> None:
    with connect(store) as connection:
        share = connection.sql("SELECT current_setting('memory_limit'), current_setting('max_temp_directory_size')").fetchall()
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        assert float(share[0][0].split()[0]) * {"MiB": 1 / 1024, "GiB": 1}[share[0][0].split()[1]] <= min(4.0, memory / 2)
        assert share[0][1] == "8.0 GiB"


def test_times_are_in_utc_wherever_the_analyst_is(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        with connect(store) as connection, connect(store) as other:
            for each in (connection, other):
                assert each.sql("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
                (applied_at,) = each.sql("SELECT applied_at FROM applied_segments").fetchall()[0]
                assert applied_at.utcoffset() == dt.timedelta(0)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_no_store_and_an_empty_store_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no store"):
        connect(tmp_path / "nowhere.aios")
    with pytest.raises(StoreError, match=r"aios\.duckdb does not exist"):
        connect(tmp_path)
    with pytest.raises(StoreError, match="No run has finished"):
        connect(tmp_path, snapshot=True)


def test_a_damaged_database_is_reported_at_once(store: Path) -> None:
    (store / "aios.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="cannot be opened"):
        connect(store, timeout=60)


def test_a_reader_waits_while_another_process_writes_and_then_names_it(store: Path) -> None:
    process = start(HOLD, store / "aios.duckdb", "write")
    assert process.stdout is not None
    try:
        process.stdout.readline()
        with pytest.raises(StoreBusy) as raised:
            connect(store, timeout=0.1)
        if sys.platform == "linux":
            assert f"process {process.pid} (" in str(raised.value)
            assert "snapshot=True" in str(raised.value)
        threading.Timer(0.3, process.kill).start()
        with connect(store, timeout=60) as connection:
            assert connection.sql("SELECT count(*) FROM members").fetchall() == [(3,)]
    finally:
        process.kill()
        process.communicate()


@contextmanager
def written(store: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the database for writing until it is killed."""
    process = start(HOLD, store / "aios.duckdb", "write")
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


def opened(store: Path, when_held: Callable[[int], object]) -> int:
    """How many tries it takes to open the database; ``when_held`` hears of each that fails."""
    tries = 0

    def opening() -> duckdb.DuckDBPyConnection:
        nonlocal tries
        tries += 1
        try:
            return duckdb.connect(str(store / "aios.duckdb"), read_only=True)
        except duckdb.IOException:
            when_held(tries)
            raise

    with patiently(store / "aios.duckdb", opening, 60.0) as connection:
        assert connection.sql("SELECT count(*) FROM members").fetchall() == [(3,)]
    return tries


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who holds a lock")
def test_who_waits_for_a_writer_tries_again_when_the_lock_is_gone(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_connect, "_TRY", 60.0)
    with written(store) as process:
        assert opened(store, lambda tries: threading.Timer(0.3, process.kill).start()) == 2


def test_where_nobody_tells_of_locks_who_waits_tries_again_and_again(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_connect, "_locks", lambda file: [])
    with written(store) as process:
        assert opened(store, lambda tries: process.kill() if tries == 3 else None) >= 4


def test_what_looks_like_a_lock_and_is_none_keeps_nobody_waiting_for_long(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_connect, "_locks", lambda file: [_connect._Lock(0, True)])
    with written(store) as process:
        assert opened(store, lambda tries: process.kill()) >= 2


def test_the_snapshot_is_readable_while_another_process_writes(store: Path) -> None:
    snapshot(store)
    process = start(HOLD, store / "aios.duckdb", "write")
    assert process.stdout is not None
    try:
        process.stdout.readline()
        with connect(store, snapshot=True, timeout=0) as connection:
            assert connection.sql("SELECT count(*) FROM members").fetchall() == [(3,)]
        with pytest.raises(StoreBusy, match="is being written"):
            snapshot(store, timeout=0.1)
    finally:
        process.kill()
        process.communicate()
    assert not (store / "snapshot.tmp").exists()


def test_a_snapshot_does_not_loosen_the_locks_of_readers_in_the_same_process(store: Path) -> None:
    with connect(store):
        snapshot(store)
        process = start(HOLD, store / "aios.duckdb", "write")
        _, errors = process.communicate("", timeout=60)
        assert "Could not set lock" in errors


def test_a_snapshot_has_what_a_killed_fold_left_in_the_log(store: Path) -> None:
    process = start(
        "import duckdb, os\nc = duckdb.connect(sys.argv[1]); c.execute(\"INSERT INTO members (document_id) VALUES ('d')\"); os._exit(9)",
        store / "aios.duckdb",
    )
    process.communicate(timeout=60)
    assert (store / "aios.duckdb.wal").exists()
    snapshot(store)
    with connect(store, snapshot=True) as connection:
        assert connection.sql("SELECT count(*) FROM members").fetchall() == [(4,)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who holds a lock")
def test_the_holder_of_a_file_is_named_even_when_it_is_this_process(store: Path) -> None:
    assert holder(store / "aios.duckdb") is None
    with connect(store):
        assert holder(store / "aios.duckdb") == f"process {os.getpid()} (this one)"
    assert holder(store / "nothing") is None
