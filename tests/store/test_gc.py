"""Removing blobs that nothing refers to: never one that somebody may be about to record, beside running pipelines, killed or not."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from aios_sdk.errors import InputError, JournalCorrupt
from aios_sdk.store import Store, connect, gc
from aios_sdk.store._gc import references
from aios_sdk.store._presence import writers

from ._journals import start
from ._recording import Recording
from ._rich import rich_document

DAY = 24 * 3600.0
_time = time.time


@pytest.fixture
def tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """For those who remove it is tomorrow: everything was put long ago."""
    monkeypatch.setattr("aios_sdk.store._gc.time", SimpleNamespace(time=lambda: _time() + DAY))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "claims.aios")


def aged(store: Store, digest: str, seconds: float = DAY) -> str:
    """The blob, as if it had been put so long ago."""
    then = time.time() - seconds
    os.utime(store.blobs.path(digest), (then, then))
    return digest


def all_blobs(store: Store) -> set[str]:
    return {file.name for file in store.blobs.directory.rglob("*") if file.is_file() and not file.name.startswith(".")}


def test_blobs_that_no_row_refers_to_are_removed_and_all_others_stay(store: Store, tmp_path: Path) -> None:
    with store:
        recording = Recording(store)
        document = rich_document(recording, tmp_path)
        recording.end(document)
        recording.finish()
    kept = all_blobs(store)
    assert len(kept) >= 3
    for digest in kept:
        aged(store, digest)
    unknown = aged(store, store.blobs.put(b"u" * 50_000))
    assert gc(store.path, dry_run=True)[:2] == (1, 50_000)
    assert store.blobs.exists(unknown)
    aged(store, unknown)
    assert gc(store.path) == (1, 50_000, 0, 0, 0, 0)
    assert all_blobs(store) == kept
    with store.document(document.id).open() as file:
        assert file.read()


def test_a_blob_of_the_last_hour_is_kept_and_counted(store: Store) -> None:
    aged(store, store.blobs.put(b"young"), 1800.0)
    assert gc(store.path) == (0, 0, 0, 0, 1, 5)
    assert gc(store.path, older_than=0.0) == (1, 5, 0, 0, 0, 0)
    store.blobs.put(b"just now")
    assert gc(store.path, older_than=0.0) == (0, 0, 0, 0, 1, 8)


@pytest.mark.usefixtures("tomorrow")
def test_what_a_writer_put_since_it_began_is_kept_however_long_ago_that_is(store: Store) -> None:
    old = aged(store, store.blobs.put(b"put long ago, and by nobody recorded"))
    Store(store.path)  # opening is no writing
    with Store(store.path) as other:
        recording = Recording(other)
        new = other.blobs.put(b"put a moment ago")
        assert gc(store.path)[:2] == (1, 36)
        assert other.blobs.exists(new)
        assert not other.blobs.exists(old)
        recording.finish()
    assert gc(store.path)[:2] == (1, 16)


@pytest.mark.usefixtures("tomorrow")
def test_an_old_blob_that_a_writer_puts_again_or_asks_for_is_kept(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_bytes(b"from a file")
    old = [aged(store, digest) for digest in (store.blobs.put(b"put again"), store.blobs.put(b"asked"), store.blobs.put_file(source))]
    with store:
        recording = Recording(store)
        store.blobs.put(b"put again")
        assert store.blobs.exists(old[1])
        store.blobs.put_file(source)
        assert gc(store.path)[0] == 0
        recording.finish()
    assert all_blobs(store) == set(old)


def test_a_writer_is_one_from_its_first_group_to_its_end(store: Store) -> None:
    journal = store.path / "journal"
    assert writers(journal) == []
    with store:
        recording = Recording(store)
        (writer,) = writers(journal)
        assert abs(writer.since - time.time()) < 60
        assert writer.process == f"process {os.getpid()} (this one)"
        recording.finish()
    assert writers(journal) == []


def test_nothing_is_removed_where_the_journal_cannot_be_read(store: Store) -> None:
    with store:
        recording = Recording(store)
        recording.end(recording.deliver("a.txt", b"a" * 50_000))
        recording.finish()
    unknown = aged(store, store.blobs.put(b"unknown"))
    (segment,) = store.path.rglob("*.seg")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    with pytest.raises(JournalCorrupt, match="is damaged"):
        gc(store.path)
    assert store.blobs.exists(unknown)


def test_a_row_of_the_database_alone_keeps_its_blob(store: Store) -> None:
    with store:
        recording = Recording(store)
        recording.end(recording.deliver("a.txt", b"a" * 50_000))
        recording.finish()
    (digest,) = all_blobs(store)
    aged(store, digest)
    (segment,) = store.path.rglob("*.seg")
    segment.rename(store.path.parent / segment.name)
    assert gc(store.path)[0] == 0
    (store.path / "aios.duckdb").unlink()
    assert gc(store.path)[0] == 1


def test_left_over_temporary_files_are_removed_and_counted(store: Store) -> None:
    with store:
        recording = Recording(store)
        recording.finish()
    folder = store.blobs.directory / "ab"
    folder.mkdir()
    files = [folder / ".x.tmp", store.path / "snapshot.tmp", store.path / "new.duckdb", store.path / "new.duckdb.wal"]
    for file in files:
        file.write_bytes(b"half")
    os.utime(files[0], (0, 0))
    young = folder / ".y.tmp"
    young.write_bytes(b"being written")
    assert gc(store.path, dry_run=True)[2:4] == (4, 16)
    assert all(file.exists() for file in files)
    assert gc(store.path)[2:4] == (4, 16)
    assert not any(file.exists() for file in files)
    assert young.exists()
    with connect(store.path, snapshot=True) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchall() == [(2,)]


def test_what_queries_put_on_disk_is_removed_when_nobody_has_the_database_open(store: Store) -> None:
    with store:
        Recording(store).finish()
    spilled = [store.path / name / "duckdb_temp_block-1.block" for name in ("aios.duckdb.tmp", "snapshot.duckdb.tmp")]
    for file in spilled:
        file.parent.mkdir()
        file.write_bytes(b"spilled")
    with subprocess_reading(store.path):
        assert gc(store.path)[2:4] == (1, 7)
        assert [file.exists() for file in spilled] == [True, False]
    assert gc(store.path)[2:4] == (1, 7)
    assert [file.exists() for file in spilled] == [False, False]


@contextmanager
def subprocess_reading(path: Path) -> Iterator[None]:
    """Another process has the database open."""
    process = start("from aios_sdk.store import connect\nheld = connect(sys.argv[1])\nprint(1, flush=True)\nsys.stdin.read()", path)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield
    finally:
        process.kill()
        process.communicate()


def test_of_no_store_nothing_is_removed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no store"):
        gc(tmp_path / "nowhere.aios")


def test_the_columns_that_name_blobs_are_all_that_do(store: Store, tmp_path: Path) -> None:
    with store:
        recording = Recording(store)
        recording.end(rich_document(recording, tmp_path))
        recording.finish()
    assert all_blobs(store) <= set(references(store.path))


RECORD = """
import pathlib, tempfile
from aios_sdk.store import Store
from tests.store._recording import Recording
with Store(sys.argv[1]) as store:
    recording = Recording(store)
    print("begun", flush=True)
    for number in range(int(sys.argv[2])):
        recording.end(recording.deliver(f"{sys.argv[3]}-{number}", (b"%d" % (number % 40)) * 20_000))
    recording.finish()
"""

COLLECT = """
from aios_sdk.store import gc
print("begun", flush=True)
while True:
    gc(sys.argv[1], older_than=0.0)
"""


def test_beside_pipelines_that_put_the_same_blobs_no_recorded_one_is_ever_missing(store: Store) -> None:
    for number in range(40):
        aged(store, store.blobs.put((b"%d" % number) * 20_000))
    collectors = [start(COLLECT, store.path) for _ in range(2)]
    writing = [start(RECORD, store.path, 120, name) for name in "ab"]
    for process in writing:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    for process in collectors:
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)  # in the midst of removing
        process.communicate()
    store.fold()
    rows = store.sql("SELECT DISTINCT content_id FROM documents").fetchall()
    assert len(rows) == 40
    assert {digest for (digest,) in rows} <= all_blobs(store)
    for digest in all_blobs(store):
        aged(store, digest)
    assert gc(store.path)[0] == 0
