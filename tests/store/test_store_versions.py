"""Stores and journals of older schemas open, answer as they did, and go on; newer ones are refused."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.errors import JournalCorrupt, StoreVersion
from aios_sdk.store import SCHEMA_VERSION, TABLES, Store, connect, fold, verify
from aios_sdk.store._journal import JournalWriter
from aios_sdk.store._payloads import FormerCodec, codec
from aios_sdk.store._reader import JournalReader
from aios_sdk.store._schema import BY_NUMBER
from aios_sdk.store._tables import ColumnSpec, TableSpec
from aios_sdk.store._versions import OLDEST, AddedColumn, AddedTable, RemovedColumn, RenamedColumn, former_tables

from ._journals import VALUES, row_of, start
from ._recording import Recording
from .frozen.__main__ import HERE
from .frozen._answers import answers

FROZEN = sorted((folder for folder in HERE.iterdir() if folder.name.isdigit()), key=lambda folder: int(folder.name))
OLDER = [folder for folder in FROZEN if int(folder.name) < SCHEMA_VERSION]


def thawed(frozen: Path, folder: Path) -> Path:
    """A copy of a frozen store that may be written to, with a database of another time."""
    store = folder / "claims.aios"
    shutil.copytree(frozen / "store", store)
    for name in ("aios.duckdb", "snapshot.duckdb"):
        with duckdb.connect(str(store / name)) as connection:
            connection.execute("CREATE TABLE runs (run_id INTEGER)")
    return store


def expected(frozen: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((frozen / "answers.json").read_text())
    return found


def answered(store: Path, frozen: Path) -> dict[str, Any]:
    """What the store says to the questions that were asked when it was frozen."""
    return answers(store, {name: answer["columns"] for name, answer in expected(frozen).items()})


def schema_of(store: Path) -> int:
    found: int = json.loads((store / "store.json").read_text())["schema"]
    return found


def test_every_version_that_can_be_read_is_frozen() -> None:
    assert [int(folder.name) for folder in FROZEN] == list(range(OLDEST, SCHEMA_VERSION + 1)), "run python -m tests.store.frozen"


@pytest.mark.parametrize("frozen", FROZEN, ids=lambda frozen: frozen.name)
def test_a_frozen_store_is_folded_and_answers_as_it_did(frozen: Path, tmp_path: Path) -> None:
    store = tmp_path / "claims.aios"
    shutil.copytree(frozen / "store", store)
    Store(store, create=False).fold()
    assert answered(store, frozen) == expected(frozen)
    assert verify(store).differences == ()


@pytest.mark.parametrize("frozen", OLDER, ids=lambda frozen: frozen.name)
def test_opening_an_older_store_makes_its_database_and_snapshot_anew_and_leaves_the_journal(frozen: Path, tmp_path: Path) -> None:
    store = thawed(frozen, tmp_path)
    journal = {path.name: path.read_bytes() for path in (store / "journal").rglob("*.seg")}
    with Store(store, create=False) as opened:
        assert opened.layout.schema == schema_of(store) == SCHEMA_VERSION
        assert opened.info().documents > 0
    assert answered(store, frozen) == expected(frozen)
    assert {path.name: path.read_bytes() for path in (store / "journal").rglob("*.seg")} == journal
    with connect(store, snapshot=True) as connection:
        assert connection.execute("SELECT count(*) FROM forgotten").fetchall() == [(0,)]


@pytest.mark.parametrize("frozen", OLDER, ids=lambda frozen: frozen.name)
def test_an_older_store_goes_on_with_rows_of_both_schemas(frozen: Path, tmp_path: Path) -> None:
    path = thawed(frozen, tmp_path)
    with Store(path) as store:
        recording = Recording(store)
        document = recording.deliver("new.txt", b"new")
        recording.end(document)
        recording.finish()
        names = {name for (name,) in store.sql("select name from current_documents").fetchall()}
    assert {"new.txt", "rechnung.txt", "mail.eml"} <= names
    shutil.rmtree(path / "memo", ignore_errors=True)
    (path / "aios.duckdb").unlink()
    fold(path)
    with connect(path) as connection:
        assert {name for (name,) in connection.execute("select name from current_documents").fetchall()} == names


@pytest.mark.parametrize("frozen", OLDER, ids=lambda frozen: frozen.name)
def test_an_older_store_with_a_damaged_journal_is_left_as_it_was(frozen: Path, tmp_path: Path) -> None:
    store = thawed(frozen, tmp_path)
    (segment,) = (store / "journal").rglob("*.seg")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    before = {path: path.stat().st_mtime_ns for path in store.glob("*.*") if path.name != "fold.lock"}
    with pytest.raises(JournalCorrupt, match="is damaged"):
        Store(store)
    assert {path: path.stat().st_mtime_ns for path in store.glob("*.*") if path.name != "fold.lock"} == before


OPEN = """
from aios_sdk.store import Store
print("begun", flush=True)
Store(sys.argv[1])
"""


@pytest.mark.parametrize("frozen", OLDER, ids=lambda frozen: frozen.name)
def test_opening_an_older_store_may_be_killed_at_any_moment(frozen: Path, tmp_path: Path) -> None:
    store = thawed(frozen, tmp_path)
    for wait in range(8):
        process = start(OPEN, store)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait * 0.04)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with Store(store) as opened:
        assert opened.layout.schema == SCHEMA_VERSION
    assert answered(store, frozen) == expected(frozen)


def test_the_columns_of_tables_change_only_with_the_version_of_the_schema() -> None:
    frozen = expected(FROZEN[-1])
    now = {name: [column.name for column in table.columns] for name, table in TABLES.items() if table.number}
    assert now == {name: frozen[name]["columns"] for name in now}, "raise SCHEMA_VERSION and say in _versions.py what changed"


def test_rows_of_a_newer_schema_are_refused_and_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(StoreVersion, match=f"schema {SCHEMA_VERSION + 1}; .*A newer aios-sdk wrote them. Upgrade"):
        JournalWriter(tmp_path, schema=SCHEMA_VERSION + 1)


# -- the mechanism, with schemas that never were ----------------------------------------------------------------------------------------

_NOW = {
    "things": TableSpec(7, "things", (ColumnSpec("a", "VARCHAR", ""), ColumnSpec("b", "BIGINT", ""), ColumnSpec("c", "VARCHAR[]", "")), ""),
    "later": TableSpec(8, "later", (ColumnSpec("x", "VARCHAR", ""),), ""),
}
_CHANGES = {
    5: (RenamedColumn("things", "alpha", "aa"), RemovedColumn("things", "gone", "DOUBLE", 0)),
    6: (AddedColumn("things", "b", 7), AddedTable("later"), AddedColumn("later", "x")),
    7: (AddedColumn("things", "c"), RenamedColumn("things", "aa", "a")),
}


@pytest.mark.parametrize(
    ("version", "columns", "row", "present"),
    [
        (7, "a b c", ("x", 1, ["y"]), ("x", 1, ["y"])),
        (6, "aa b", ("x", 1), ("x", 1, None)),
        (5, "aa", ("x",), ("x", 7, None)),
        (4, "gone alpha", (0.5, "x"), ("x", 7, None)),
    ],
)
def test_rows_of_any_older_schema_are_given_as_rows_of_the_present_one(
    version: int, columns: str, row: tuple[Any, ...], present: tuple[Any, ...]
) -> None:
    tables = former_tables(version, _NOW, _CHANGES, newest=7)
    assert [former.table.name for former in tables] == (["things", "later"] if version > 5 else ["things"])
    assert [column.name for column in tables[0].table.columns] == columns.split()
    former = FormerCodec(tables)
    (((record,),), _) = former.encode([(7, row)])
    assert former.decode(record.table, record.payload) == [present]


@settings(deadline=None)
@given(data=st.data())
def test_what_every_older_codec_encodes_it_gives_in_the_columns_of_today(data: st.DataObject) -> None:
    version = data.draw(st.integers(OLDEST, SCHEMA_VERSION - 1))
    former = data.draw(st.sampled_from(former_tables(version)))
    row = data.draw(st.tuples(*(st.none() | VALUES[column.type] for column in former.table.columns)))
    (((record,),), _) = codec(version).encode([(former.table.number, row)])
    (found,) = codec(version).decode(record.table, record.payload)
    then = dict(zip((column.name for column in former.table.columns), row, strict=True))
    now = dict(zip((column.name for column in BY_NUMBER[record.table].columns), found, strict=True))
    assert {name: now[name] for name in then.keys() & now.keys()} == {name: then[name] for name in then.keys() & now.keys()}


def test_the_present_schema_taken_back_by_nothing_is_itself() -> None:
    assert [former.table for former in former_tables(SCHEMA_VERSION)] == [
        TableSpec(table.number, table.name, tuple(ColumnSpec(c.name, c.type, c.description) for c in table.columns), table.description)
        for table in TABLES.values()
        if table.number
    ]


def test_a_writer_of_an_older_schema_is_read(tmp_path: Path) -> None:
    row = row_of("members", document_id="d", member_id="m")
    with JournalWriter(tmp_path, schema=OLDEST) as writer:
        writer.append([row]).wait()
    reader = JournalReader(tmp_path)
    assert [group.rows for segment in reader.segments() for group in reader.groups(segment)] == [[row]]
