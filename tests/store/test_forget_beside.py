"""Forgetting beside everything else: real runs before and after it, readers meanwhile, writers that wait."""

from __future__ import annotations

import datetime as dt
import threading
import time
import zipfile
from pathlib import Path

import pytest

from aios_sdk import Pipeline
from aios_sdk.errors import StoreBusy, UsageError
from aios_sdk.store import Store, fold, forget
from aios_sdk.store._journal import JournalWriter
from aios_sdk.store._presence import announce, excluded, writers

from ._journals import group_of, row_of, start
from ._recording import Recording
from ._tokens import places_of, told

TOKEN = "ERIKA7QX"
NOTES = Pipeline("notes").ingest().summarize("extractive")


def ran(path: Path, *inputs: Path) -> dict[str, str]:
    """Run the pipeline; how each document ended."""
    with Store(path) as store:
        return {outcome.document.name: outcome.status for outcome in NOTES.run(list(inputs), store=store, progress=False)}


def asked(path: Path, query: str) -> list[tuple[object, ...]]:
    with Store(path, create=False) as store:
        return store.sql(query).fetchall()


def letters(folder: Path) -> list[Path]:
    """Two letters, one with the token in its text and name, large enough to be a blob."""
    folder.mkdir()
    files = [folder / f"{TOKEN}.txt", folder / "other.txt"]
    files[0].write_text(f"A letter to {TOKEN}.\n\n" + "It rains in the mountains. " * 1000)
    files[1].write_text("Another letter. It is dry here.")
    return files


def test_a_forgotten_file_that_is_met_again_is_computed_again_and_others_are_recalled(tmp_path: Path) -> None:
    path, files = tmp_path / "notes.aios", letters(tmp_path / "inbox")
    assert set(ran(path, *files).values()) == {"completed"}
    (identity,) = asked(path, f"select document_id from current_documents where name = '{TOKEN}.txt'")[0]
    assert places_of(TOKEN, path)
    forget(path, str(identity))
    assert places_of(TOKEN, path) == []
    files[0].rename(tmp_path / files[0].name)
    assert ran(path, files[1]) == {"other.txt": "completed"}
    assert places_of(TOKEN, path) == []
    assert ran(path, tmp_path / files[0].name, files[1]) == {f"{TOKEN}.txt": "completed", "other.txt": "completed"}
    caches = asked(
        path,
        "select d.name, a.cache from attempts a join documents d using (document_id, run_id) "
        "where a.stage = 'summarize' and a.run_id = (select max(run_id) from runs) order by all",
    )
    assert caches == [(f"{TOKEN}.txt", "miss"), ("other.txt", "hit")]
    assert asked(path, "select bool_and(holds) from conservation") == [(True,)]


def test_what_later_runs_recalled_whole_is_forgotten_and_that_they_did_stays(tmp_path: Path) -> None:
    path, key, identity, now = tmp_path / "notes.aios", "ab" * 16, "d" * 32, dt.datetime.now(dt.UTC)
    store = Store(path)
    whose = {"run_id": "1" * 32, "document_id": identity}
    with JournalWriter(path / "journal") as writer:  # as one group, however slow the machine is
        writer.append(
            [
                row_of("documents", **whose, found_at=now, kind="file", name=TOKEN, parent_id="", supersedes="", content=TOKEN.encode()),
                row_of("attempts", **whose, attempt_id="a", step="read", component="acme.read", status="ok", message=TOKEN, memo_key=""),
                row_of("fields", **whose, attempt_id="a", field_id="f", path="name", value_text=TOKEN, span_count=0),
                row_of("outcomes", **whose, ended_at=now, status="completed", kind="file", thread=TOKEN, memo_key=key),
            ],
            document_id=identity,
        ).wait()
        memo = store.memo()
        whole = memo.whole(key)
        memo.close()
        assert whole is not None
        place = {"from_run": whole.run_id, "writer": whole.writer, "segment": whole.segment, "byte_offset": whole.byte_offset}
        for run in ("2" * 32, "3" * 32):
            row = row_of("recalls", run_id=run, document_id=identity, recalled_at=now, **place)
            writer.append([row], document_id=identity).wait()
    work = "select a.run_id, a.step, a.component, a.status, a.cache, o.status from attempts a join outcomes o using (run_id) order by all"
    before = asked(path, work)
    assert len(before) == 3
    assert asked(path, f"select count(*) from fields where value_text = '{TOKEN}'") == [(3,)]
    forget(path, identity)
    assert places_of(TOKEN, path) == []
    assert asked(path, work) == before
    assert asked(path, "select count(*), count(distinct run_id), any_value(name) from documents") == [(3, 3, "")]
    assert asked(path, "select count(*) from recalls") == [(0,)]
    memo = store.memo()
    assert memo.whole(key) is None
    memo.close()


def test_an_archive_goes_with_its_files_and_they_do_not_go_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.aios"
    with zipfile.ZipFile(tmp_path / f"{TOKEN}.zip", "w") as archive:
        for file in letters(tmp_path / "inbox"):
            archive.write(file, file.name)
    assert len(ran(path, tmp_path / f"{TOKEN}.zip")) == 2
    with pytest.raises(UsageError, match=rf"is a part of '{TOKEN}.zip', whose bytes hold it too"):
        forget(path, "other.txt")
    done = forget(path, f"{TOKEN}.zip")
    assert sorted(document.name for document in done.documents) == [f"{TOKEN}.txt", f"{TOKEN}.zip", "other.txt"]
    assert places_of(TOKEN, path) == []
    assert asked(path, "from current_documents") == []


READ = """
from aios_sdk.store import connect
from aios_sdk.store._check_journal import JournalCheck
from aios_sdk.store._reader import JournalReader
import pathlib
store = pathlib.Path(sys.argv[1])
print("begun", flush=True)
while True:
    check = JournalCheck(JournalReader(store / "journal"))
    for _ in check.groups():
        pass
    assert check.damage == [], check.damage
    with connect(store, timeout=60) as connection:
        (found,) = connection.execute("SELECT count(*) FROM documents").fetchall()[0]
    with connect(store, snapshot=True, timeout=60) as connection:
        connection.execute("FROM current_documents").fetchall()
    print(found, flush=True)
"""


def test_readers_meanwhile_see_whole_segments_whole_databases_and_no_error(tmp_path: Path) -> None:
    path = tmp_path / "claims.aios"
    with Store(path) as store:
        recording = Recording(store)
        for number in range(4):
            recording.end(told(recording, f"{number}.txt", f"{TOKEN}{number}", tmp_path))
        recording.finish()
    readers = [start(READ, path) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "begun\n"
    for number in range(4):
        forget(path, f"{TOKEN}{number}-{number}.txt", timeout=60)
    for reader in readers:
        assert reader.poll() is None
        reader.kill()
        output, errors = reader.communicate()
        assert errors == ""
        assert set(output.split()) == {"4"}
    assert places_of(TOKEN, path) == []


def test_a_writer_that_begins_meanwhile_waits_and_is_heard_of_no_earlier(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    writer = JournalWriter(tmp_path / "journal")
    with excluded(tmp_path / "journal", 1.0):
        thread = threading.Thread(target=lambda: writer.append(group_of(0)).wait(60))
        thread.start()
        time.sleep(0.2)
        assert thread.is_alive()
        assert writers(tmp_path / "journal") == []
    thread.join(60)
    assert [alive.id for alive in writers(tmp_path / "journal")] == [writer.id]
    writer.close()
    assert writers(tmp_path / "journal") == []
    fold(tmp_path)


def test_a_writer_that_waits_too_long_says_for_what(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    with excluded(tmp_path / "journal", 1.0), pytest.raises(StoreBusy, match="A document is being forgotten"):
        announce(tmp_path / "journal" / "a", patience=0.1)
    assert list((tmp_path / "journal").iterdir()) == []


DIE = """
import os, pathlib, signal
from aios_sdk.store._journal import JournalWriter
from tests.store._journals import group_of
writer = JournalWriter(pathlib.Path(sys.argv[1]))
writer.append(group_of(0)).wait()
print(writer.id, flush=True)
sys.stdin.read()
"""


def test_a_writer_that_is_killed_lives_no_more(tmp_path: Path) -> None:
    process = start(DIE, tmp_path)
    assert process.stdout is not None
    identity = process.stdout.readline().strip()
    (alive,) = writers(tmp_path)
    assert (alive.id, alive.process.split(" ")[:2]) == (identity, ["process", str(process.pid)])
    process.kill()
    process.communicate()
    assert writers(tmp_path) == []
