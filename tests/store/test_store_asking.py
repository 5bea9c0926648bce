"""Asking and living with others: answers stand alone, readers and writers share, a store is only what says it is."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from aios_sdk.cli import main
from aios_sdk.errors import InputError, StoreBusy, StoreError, StoreFull, StoreVersion, UsageError
from aios_sdk.records import Extraction, Field
from aios_sdk.store import SCHEMA_VERSION, ComponentUse, RunInfo, Store, _connect, connect
from aios_sdk.store._presence import writers

from ._recording import Recording


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "claims.aios"


def _record(recording: Recording, name: str, value: int = 1) -> None:
    document = recording.step(recording.deliver(name), "fields", Extraction(fields=(Field(path="n", value=value, status="ungrounded"),)))
    recording.end(document)


def test_an_answer_holds_what_was_recorded_a_moment_ago(path: Path) -> None:
    with Store(path) as store:
        recording = Recording(store)
        for number in range(3):
            _record(recording, f"{number}.txt", number)
            assert store.sql("select max(value_num)::INTEGER from current_fields").fetchall() == [(number,)]


def test_an_answer_outlives_its_store_and_keeps_nobody_waiting(path: Path) -> None:
    with Store(path) as store:
        recording = Recording(store)
        _record(recording, "a.txt")
        answer = store.sql("from current_fields")
        _record(recording, "b.txt")
        assert store.fold(timeout=0.5).rows > 0
    assert answer.aggregate("count(*)").fetchall() == [(1,)]
    assert "a.txt" in str(answer)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select 1 as a, 2 as a, 3 as A", [(1, 2, 3)]),
        ("select null as nothing", [(None,)]),
        ("select sum(x)::HUGEINT from (values (9223372036854775807), (1)) v(x)", [(9223372036854775808,)]),
        ("select {'a': [1, 2]} as nested, 'x'::ENUM('x', 'y') as chosen", [({"a": [1, 2]}, "x")]),
        ("select 1 where false", []),
        ("values (1), (2)", [(1,), (2,)]),
    ],
)
def test_answers_keep_their_types(path: Path, query: str, expected: list[tuple[object, ...]]) -> None:
    with Store(path) as store:
        assert store.sql(query).fetchall() == expected


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('/etc/passwd')",
        "copy (select 1) to 'stolen.csv'",
        "attach 'other.duckdb'",
        "install httpfs",
        "set enable_external_access = true",
        "insert into runs (run_id) values ('x')",
        "drop table runs",
        "selekt 1",
        "from no_such_table",
    ],
)
def test_a_query_reaches_no_other_file_and_changes_nothing(path: Path, query: str) -> None:
    with Store(path) as store, pytest.raises(UsageError, match="The query cannot be answered"):
        store.sql(query)


def test_a_query_that_never_ends_is_ended(path: Path) -> None:
    endless = "select a.range + b.range as n from range(1000000000) a, range(1000000000) b"
    with Store(path) as store:
        for query in (endless, f"select count(*) from ({endless}) where n = -1"):
            with pytest.raises(UsageError, match=r"had not been answered within 0\.3 s"):
                store.sql(query, timeout=0.3)
        assert store.sql("select 1", timeout=None).fetchall() == [(1,)]


def test_a_query_that_wants_more_memory_than_there_is_is_told_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bounds = {"memory_limit": "100MiB", "max_temp_directory_size": "50MiB"}
    monkeypatch.setattr("aios_sdk.store._connect._SAFE", {**_connect._SAFE, **bounds})
    monkeypatch.setattr("aios_sdk.store._query.BOUNDED", bounds)
    with Store(path) as store:
        with pytest.raises(UsageError, match="needs more memory than queries have, 100MiB"):
            store.sql("select list(a.range || 'x') as l from range(1000000) a, range(1000000) b")
        assert store.sql("select 1").fetchall() == [(1,)]
    assert not list(path.glob("*.tmp"))


def test_parameters_are_values_and_never_sql(path: Path) -> None:
    with Store(path) as store:
        recording = Recording(store)
        _record(recording, "it's; drop table runs.txt")
        assert len(store.sql("from current_documents where name = $name", {"name": "it's; drop table runs.txt"})) == 1
        assert len(store.sql("from current_documents where name = $1", ["' or true --"])) == 0


_HOLDS = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "read")
connection.execute("select count(*) from runs").fetchall()
print("held", flush=True)
sys.stdin.read()
"""


def _holder(path: Path, how: str) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDS, str(path / "aios.duckdb"), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_an_analyst_who_holds_the_file_delays_the_database_and_never_the_run(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Store(path) as store:
        _record(Recording(store), "a.txt")
    with _holder(path, "read") as analyst:
        store = Store(path)
        recording = Recording(store)
        _record(recording, "b.txt")
        recording.run.finish().wait(timeout=5)
        with pytest.raises(StoreBusy, match=f"process {analyst.pid}"):
            store.fold(timeout=0.1)
        assert store.lag().groups > 0
        assert f"process {analyst.pid}" in str(store.lag().holder)
        analyst.communicate()
    store.close()
    with connect(path) as connection:
        assert connection.execute("select count(*) from current_documents").fetchall() == [(2,)]


def test_an_answer_beside_an_analyst_says_that_something_may_be_missing_only_when_something_waits(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Store(path) as store:
        _record(Recording(store), "a.txt")
    with _holder(path, "read") as analyst:
        assert Store(path, create=False).sql("select count(*) from current_documents").fetchall() == [(1,)]
        assert not caplog.messages
        other = Store(path)
        _record(Recording(other), "b.txt")
        other._settle()
        assert Store(path, create=False).sql("select count(*) from current_documents").fetchall() == [(1,)]
        assert [message for message in caplog.messages if "may be without the latest records" in message and str(analyst.pid) in message]
        analyst.communicate()
    other.close()


def test_a_store_whose_disk_was_full_closes_and_keeps_nobody_from_it(path: Path) -> None:
    store = Store(path)
    recording = Recording(store)
    _record(recording, "a.txt")
    store.fold()
    recording.deliver("b.txt")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        with pytest.raises(StoreFull):
            recording.run.use(ComponentUse(step="s", stage="extract", component="acme.reader")).wait()  # type: ignore[union-attr]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with pytest.raises(StoreFull):
        store.close()
    assert writers(path / "journal") == []
    with Store(path) as again:
        assert again.sql("select name from current_documents").fetchall() == [("a.txt",)]
        assert again.forget("a.txt", dry_run=True).records > 0


def test_a_store_that_cannot_fold_at_its_end_closes_and_the_next_reader_folds(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(path) as store:
        _record(Recording(store), "a.txt")
    monkeypatch.setattr("aios_sdk.store._store._CLOSING_PATIENCE", 0.1)
    with _holder(path, "read") as analyst:
        with Store(path) as store:
            _record(Recording(store), "b.txt")
        analyst.communicate()
    assert Store(path, create=False).sql("select count(*) from current_documents").fetchall() == [(2,)]


def test_readers_in_other_processes_see_whole_groups_and_no_error_while_a_run_writes(path: Path) -> None:
    with Store(path) as store:
        recording = Recording(store)
        _record(recording, "first.txt")
        store.fold()
        reader = subprocess.Popen(
            [
                sys.executable,
                "-c",
                """
import sys, time
from aios_sdk import connect
seen, answers, end = 0, 0, time.monotonic() + 4
while time.monotonic() < end:
    with connect(sys.argv[1]) as connection:
        documents, fields, outcomes = connection.execute(
            "select (select count(*) from attempts), (select count(*) from fields), (select count(*) from artifacts)").fetchall()[0]
    assert documents == fields == outcomes >= seen, (documents, fields, outcomes, seen)
    seen, answers = documents, answers + 1
print(answers)
""",
                str(path),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        number = 0
        while reader.poll() is None:
            _record(recording, f"{number}.txt", number)
            number += 1
            if number % 50 == 0:
                threading.Event().wait(0.01)
        out, error = reader.communicate()
    assert error == ""
    assert int(out) > 3
    assert number > 100


def test_two_stores_of_one_folder_record_at_the_same_time(path: Path) -> None:
    with Store(path) as one, Store(path) as two:
        first, second = Recording(one), Recording(two)
        for number in range(20):
            _record(first, f"a{number}.txt")
            _record(second, f"b{number}.txt")
        second.run.finish().wait()
        assert one.sql("select count(*) from current_documents").fetchall() == [(40,)]


def test_the_snapshot_of_the_last_run_may_be_held_while_the_next_run_folds(path: Path) -> None:
    with Store(path) as store:
        _record(Recording(store), "a.txt")
    with connect(path, snapshot=True) as held, Store(path) as store:
        _record(Recording(store), "b.txt")
        assert store.fold(timeout=0.5).rows > 0
        assert held.execute("select count(*) from current_documents").fetchall() == [(1,)]


def test_a_snapshot_is_taken_on_request_with_everything_up_to_now(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(path) as store:
        _record(Recording(store), "a.txt")
        with connect(store.snapshot().parent, snapshot=True) as held:
            _record(Recording(store), "b.txt")
            assert main(["store", "snapshot", str(path)]) == 0
            assert capsys.readouterr().out.startswith(f"Wrote {path / 'snapshot.duckdb'} (")
            assert held.execute("select count(*) from current_documents").fetchall() == [(1,)], "who holds the copy before keeps it"
        _record(Recording(store), "c.txt")
    with connect(path, snapshot=True) as last:
        assert last.execute("select count(*) from current_documents").fetchall() == [(3,)]


def test_a_store_that_does_not_exist_is_not_made_by_asking(path: Path) -> None:
    with pytest.raises(InputError, match="There is no store"):
        Store(path, create=False)
    assert not path.exists()


def test_a_folder_with_other_things_in_it_is_left_alone(path: Path) -> None:
    path.mkdir()
    (path / "holiday.jpg").touch()
    with pytest.raises(StoreError, match="is no store and not empty"):
        Store(path)
    assert [entry.name for entry in path.iterdir()] == ["holiday.jpg"]


def test_a_store_that_was_half_made_is_made_whole(path: Path) -> None:
    (path / "journal").mkdir(parents=True)
    with Store(path) as store:
        _record(Recording(store), "a.txt")
        assert store.info().documents == 1


@pytest.mark.parametrize("key", ["format", "schema"])
def test_a_store_of_a_newer_sdk_is_refused_and_nothing_is_touched(path: Path, key: str) -> None:
    with Store(path):
        pass
    file = path / "store.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: SCHEMA_VERSION + 1, "sdk": "9.0.0"}))
    before = sorted(path.rglob("*"))
    with pytest.raises(StoreVersion, match=r"aios-sdk 9\.0\.0.*Upgrade aios-sdk"):
        Store(path)
    assert sorted(path.rglob("*")) == before


def test_a_store_from_before_the_first_release_is_refused_and_nothing_is_touched(path: Path) -> None:
    with Store(path):
        pass
    file = path / "store.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "schema": 1}))
    before = sorted(path.rglob("*"))
    with pytest.raises(
        StoreVersion, match=rf"schema version 1; this SDK reads 2 to {SCHEMA_VERSION}\. .*first release\. Run the pipeline again"
    ):
        Store(path)
    assert sorted(path.rglob("*")) == before


def test_threads_that_make_a_store_at_once_agree_on_one(path: Path) -> None:
    stores: list[Store] = []
    threads = [threading.Thread(target=lambda: stores.append(Store(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 8
    assert len({store.layout.id for store in stores}) == 1
    assert sorted(entry.name for entry in path.iterdir()) == ["blobs", "journal", "store.json"]


def test_the_database_follows_a_run_by_itself(path: Path) -> None:
    with Store(path) as store:
        _record(Recording(store), "a.txt")
        for _ in range(100):
            threading.Event().wait(0.1)
            if (path / "aios.duckdb").exists() and not store.behind:
                break
        with duckdb.connect(str(path / "aios.duckdb"), read_only=True) as plain:
            assert plain.execute("select count(*) from current_documents").fetchall() == [(1,)]


def test_a_run_without_a_finish_is_under_way_and_its_store_closes(path: Path) -> None:
    with Store(path) as store:
        store.begin(RunInfo(pipeline="p"))
    assert Store(path).sql("select event from runs").fetchall() == [("started",)]
