"""Whatever is changed behind the store's back, verification notices and names."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aios_sdk.cli import main
from aios_sdk.errors import InputError, StoreBusy
from aios_sdk.store import TABLES, ColumnSpec, Difference, Store, TableSpec, _tally, _verify, fold, verify
from aios_sdk.store._fold import snapshot
from aios_sdk.store._frames import END_SIZE, HEADER_SIZE, erase, name_of
from aios_sdk.store._journal import JournalWriter
from aios_sdk.store._locks import maintenance
from aios_sdk.store._reader import JournalReader

from . import _stores
from ._journals import group_of, row_of, start
from ._stores import blobs, execute, flip, segments

PREFIX, FIXED, HEAD, SECRET = 12, 77, 37, 17

#: The parts of a segment's header, and of a frame before the first record's secret, with their place.
HEADER = {"magic": 0, "format": 8, "schema": 10, "writer": 12, "sequence": 28, "chain": 36, "checksum": 68}
PREFIX_PARTS = {"marker": 0, "length": 4, "checksum": 8}
FIXED_PARTS = {"flags": 12, "number": 13, "durable": 21, "time": 29, "document": 37, "records": 53, "rows": 55, "previous": 57}
FRAME = PREFIX_PARTS | FIXED_PARTS | {"table": 89, "size": 90, "digest": 94}


def only(store: Path) -> Difference:
    """The one thing that does not fit."""
    (difference,) = verify(store).differences
    return difference


def second_frame(segment: Path) -> tuple[int, int]:
    """Where the second frame of a segment begins and ends."""
    data = segment.read_bytes()
    begin = HEADER_SIZE + PREFIX + struct.unpack_from("<I", data, HEADER_SIZE + 4)[0]
    return begin, begin + PREFIX + struct.unpack_from("<I", data, begin + 4)[0]


def test_a_store_that_nobody_touched_holds(store: Path) -> None:
    found = verify(store)
    assert found.holds
    assert (found.writers, found.segments, found.erased, found.torn, found.waiting) == (1, len(segments(store)), 0, 0, 0)
    assert found.journal_bytes == sum(path.stat().st_size for path in segments(store))
    assert (found.blobs, found.blob_bytes) == (len(blobs(store)), sum(path.stat().st_size for path in blobs(store)))
    with duckdb.connect(str(store / "aios.duckdb"), read_only=True) as connection:
        rows = sum(connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name, table in TABLES.items() if table.number)
    assert found.rows == found.snapshot_rows == rows > 100


def test_every_table_has_rows_to_tell_apart(made: Path) -> None:
    with duckdb.connect(str(made / "aios.duckdb"), read_only=True) as connection:
        assert [name for name in TABLES if not connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]] == []


# -- the journal ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("region", HEADER)
def test_a_bit_of_a_segments_header_is_named(store: Path, region: str) -> None:
    path = segments(store)[1]
    flip(path, HEADER[region] * 8)
    difference = only(store)
    assert (difference.part, difference.file, difference.offset) == ("journal", str(path), 0)


@pytest.mark.parametrize("region", [*FRAME, "state", "salt", "first of a payload", "last of a payload"])
def test_a_bit_of_a_frame_is_named(store: Path, region: str) -> None:
    path = segments(store)[0]
    begin, end = second_frame(path)
    (records,) = struct.unpack_from("<H", path.read_bytes(), begin + FRAME["records"])
    secrets = begin + PREFIX + FIXED + HEAD * records
    places = {"state": secrets, "salt": secrets + 1, "first of a payload": secrets + SECRET * records, "last of a payload": end - 1}
    flip(path, (places[region] if region in places else begin + FRAME[region]) * 8)
    difference = only(store)
    assert (difference.part, difference.file, difference.offset) == ("journal", str(path), begin)


def test_a_bit_of_the_frame_that_seals_a_segment_is_named(store: Path) -> None:
    path = segments(store)[-1]
    flip(path, (path.stat().st_size - 1) * 8)
    assert (only(store).file, only(store).offset) == (str(path), path.stat().st_size - END_SIZE)


def test_a_segment_that_is_gone_is_named(store: Path) -> None:
    first, *_, last = segments(store)
    last.rename(last.with_suffix(".bak"))
    assert only(store).what == f"The journal segment {last} is missing: aios.duckdb holds what was folded from it"
    last.with_suffix(".bak").rename(last)
    assert verify(store).holds
    first.unlink()
    assert "the segment before it is missing" in only(store).what


def test_the_journal_of_a_writer_that_is_gone_is_named(store: Path) -> None:
    (folder,) = (store / "journal").iterdir()
    folder.rename(store.parent / "elsewhere")
    gone = [str(folder / path.name) for path in sorted((store.parent / "elsewhere").iterdir())]
    assert [(difference.part, difference.file) for difference in verify(store).differences] == [("journal", path) for path in gone]


def test_a_segment_in_the_place_of_another_is_named(store: Path) -> None:
    first, second, *_ = segments(store)
    first.write_bytes(second.read_bytes())
    assert (only(store).file, only(store).offset) == (str(first), 0)
    assert "does not follow the segment before it" in only(store).what


def test_a_segment_without_its_end_that_another_follows_is_damaged_whatever_its_name(store: Path) -> None:
    first = segments(store)[0]
    begin, _ = second_frame(first)
    first.rename(first.with_suffix(".open"))
    assert verify(store).holds
    os.truncate(first.with_suffix(".open"), begin)
    assert (only(store).file, only(store).offset) == (str(first.with_suffix(".open")), begin)


def test_what_was_folded_from_a_journal_that_was_never_sealed_is_held_against_it(store: Path) -> None:
    path = _stores.unseal(store)
    assert verify(store).holds
    for byte in range(HEADER_SIZE, path.stat().st_size, 211):
        flip(path, byte * 8)
        found = verify(store)
        assert {(difference.part, difference.file) for difference in found.differences} == {("journal", str(path))}
        flip(path, byte * 8)
    os.truncate(path, path.stat().st_size - 1)
    assert not verify(store).holds


def test_a_tail_that_was_never_acknowledged_is_counted_and_no_difference(store: Path) -> None:
    path = _stores.unseal(store)
    size = path.stat().st_size
    begin, end = second_frame(segments(store)[0])
    path.write_bytes(path.read_bytes() + segments(store)[0].read_bytes()[begin : end - 1])
    for byte in (size, size + 5, size + 100, size + (end - begin) // 2):
        flip(path, byte * 8)
        found = verify(store)
        assert (found.holds, found.torn) == (True, end - 1 - begin)


def test_the_last_frame_of_a_journal_neither_sealed_nor_folded_cannot_be_told_from_a_torn_tail(store: Path) -> None:
    with JournalWriter(store / "journal") as writer:
        writer.append(group_of(1)).wait()
        data = JournalReader(store / "journal").segments()[-1].path.read_bytes()
    path = JournalReader(store / "journal").segments()[-1].path
    path.unlink()
    path = path.with_suffix(".open")
    path.write_bytes(data)
    assert (verify(store).torn, verify(store).waiting) == (0, 1)
    flip(path, len(data) * 8 - 1)
    found = verify(store)
    assert (found.holds, found.torn, found.waiting) == (True, len(data) - HEADER_SIZE, 0)


def test_what_was_erased_of_a_document_that_nobody_forgot_is_named(store: Path) -> None:
    reader = JournalReader(store / "journal")
    first = reader.segments()[0]
    place, document = HEADER_SIZE, b""
    for frame in reader.frames(first):
        document = frame.document
        if any(document):
            break
        place = frame.end
    segment = bytearray(first.path.read_bytes())
    erase(segment, place, [0])
    first.path.write_bytes(segment)
    told = next(difference for difference in verify(store).differences if difference.part == "journal")
    assert (told.file, told.offset) == (str(first.path), place)
    assert "nothing says that their document was forgotten" in told.what
    known = next(name for name in ids(store) if name_of(name) == document)
    with JournalWriter(store / "journal") as writer:
        writer.append([row_of("forgotten", document_id=known, forgotten_by="somebody", records=1)]).wait()
    assert "journal" not in {difference.part for difference in verify(store).differences}


def ids(store: Path) -> list[str]:
    """The ids of the documents."""
    with duckdb.connect(str(store / "aios.duckdb"), read_only=True) as connection:
        return [name for (name,) in connection.execute("SELECT DISTINCT document_id FROM documents").fetchall()]


# -- the blobs --------------------------------------------------------------------------------------------------------


def test_a_bit_of_a_blob_is_named_with_the_document_that_needs_it(store: Path) -> None:
    with Store(store) as opened:
        of_models = {name for (name,) in opened.sql("SELECT blob_id FROM model_files").fetchall()}
    for path in blobs(store):
        flip(path, 7)
        difference = only(store)
        assert (difference.part, difference.file, difference.blob) == ("blob", str(path), path.name)
        with Store(store) as opened:
            needing = opened.sql("FROM documents WHERE document_id = $1", [difference.document_id]).fetchall()
        assert needing or path.name in of_models
        flip(path, 7)
    assert verify(store).holds


def test_a_blob_that_is_missing_cut_or_misplaced_is_named(store: Path) -> None:
    path = blobs(store)[0]
    data = path.read_bytes()
    path.unlink()
    assert f"The blob {path.name} of document" in only(store).what
    path.write_bytes(data[:-1])
    assert only(store).blob == path.name
    path.write_bytes(data)
    assert verify(store).holds
    stray = path.parent / "notes.txt"
    stray.write_text("not a blob")
    assert only(store).file == str(stray)


def test_what_a_killed_process_left_of_a_blob_is_no_difference(store: Path) -> None:
    blobs(store)[0].with_name(".0123.tmp").write_bytes(b"half")
    assert verify(store).holds


# -- the database -----------------------------------------------------------------------------------------------------

OTHER = {
    "VARCHAR": "coalesce({0}, '') || 'x'",
    "JSON": "'[\"other\"]'",
    "BOOLEAN": "NOT coalesce({0}, false)",
    "BIGINT": "coalesce({0}, 0) + 1",
    "DOUBLE": "coalesce({0}, 0) + 0.25",
    "DECIMAL(38,10)": "coalesce({0}, 0) + 0.0000000001",
    "DATE": "coalesce({0}, DATE '2026-01-01') + 1",
    "TIMESTAMPTZ": "coalesce({0}, TIMESTAMPTZ '2026-01-01') + INTERVAL 1 MICROSECOND",
    "BLOB": "'other'::BLOB",
    "VARCHAR[]": "list_append(coalesce({0}, []), 'x')",
}
#: Every value of a database that comes from a journal. When a fold took place is told by nothing else.
VALUES = [(table, column) for table in TABLES.values() for column in table.columns if column.name != "applied_at"]


def changing(table: str, column: str, kind: str) -> str:
    return f"UPDATE {table} SET {column} = {OTHER[kind].format(column)} WHERE rowid = (SELECT max(rowid) FROM {table})"


def test_another_value_in_any_column_has_another_tally(store: Path) -> None:
    with duckdb.connect(str(store / "aios.duckdb")) as connection:
        for table, column in VALUES:
            before = _tally.parts_of(connection, table.name)
            nothing = f"UPDATE {table.name} SET {column.name} = NULL WHERE rowid = 0 AND {column.name} IS NOT NULL"
            for statement in (changing(table.name, column.name, column.type), nothing):
                connection.begin()
                (changed,) = connection.execute(statement).fetchall()[0]
                assert (_tally.parts_of(connection, table.name) != before) == bool(changed), statement
                connection.rollback()


def test_another_value_in_a_row_of_any_table_is_named(store: Path) -> None:
    changed = {
        table.name: next(each for each in reversed(table.columns) if each.type != "JSON") for table in TABLES.values() if table.number
    }
    execute(store, *(changing(table, column.name, column.type) for table, column in changed.items()))
    # Where a column names a blob, that is missing besides.
    found = [each for each in verify(store).differences if each.part != "blob"]
    assert [(each.part, each.table, each.column) for each in found] == [("database", name, column.name) for name, column in changed.items()]
    for each in found:
        assert f"table {each.table}: {each.column} is " in each.what


@pytest.mark.soak
@pytest.mark.parametrize(("table", "column"), [each for each in VALUES if each[0].number], ids=lambda spec: spec.name)
def test_another_value_in_any_column_is_named(store: Path, table: TableSpec, column: ColumnSpec) -> None:
    execute(store, changing(table.name, column.name, column.type))
    # Where it names a blob, that is missing besides.
    first, *more = verify(store).differences
    assert (first.part, first.table, first.column) == ("database", table.name, column.name)
    assert {each.part for each in more} <= {"blob"}


@pytest.mark.parametrize("column", [column for table, column in VALUES if not table.number], ids=lambda column: column.name)
def test_another_value_in_what_says_how_far_it_was_folded_is_named(store: Path, column: ColumnSpec) -> None:
    execute(store, changing("applied_segments", column.name, column.type))
    found = verify(store)
    assert found.differences
    assert all("folded from" in difference.what or difference.table == "applied_segments" for difference in found.differences)


def test_rows_that_are_gone_double_or_made_up_are_named(store: Path) -> None:
    execute(store, "DELETE FROM fields WHERE rowid = 1")
    assert "table fields: a row of the journal is missing" in only(store).what
    assert only(store).document_id
    execute(store, "INSERT INTO labels FROM labels LIMIT 1", "INSERT INTO edges (document_id) VALUES ('d')", "DELETE FROM pages")
    found = verify(store).differences
    assert [difference.table for difference in found] == ["pages", "fields", "labels", "edges"]
    assert "(and 1 more of its rows differ)" in found[0].what or "more of its rows" in found[0].what
    assert "a row is in the database and not in the journal" in found[2].what
    assert found[3].row == {"document_id": "d"}


def test_rows_that_are_too_many_to_look_at_are_named_all_the_same(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_verify, "_LOOKED_AT", 1)
    monkeypatch.setattr(_tally, "_MOST_ROWS", 5)
    assert verify(store).holds
    execute(store, "UPDATE fields SET value_text = 'x'")
    assert (only(store).table, bool(only(store).document_id)) == ("fields", True)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("CREATE OR REPLACE VIEW current_fields AS SELECT 1 AS path", "view current_fields is not as the schema has it"),
        ("DROP VIEW errors", "view errors is missing"),
        ("CREATE TABLE notes (text VARCHAR)", "table notes does not belong there"),
        ("ALTER TABLE labels ADD COLUMN mine VARCHAR", "table labels is not as the schema has it"),
        ("CREATE OR REPLACE MACRO lineage_up(id) AS TABLE SELECT 1", "macro lineage_up is not as the schema has it"),
        ("DROP TABLE applied_segments", "table applied_segments is missing"),
    ],
)
def test_a_table_view_or_macro_that_is_another_is_named(store: Path, statement: str, what: str) -> None:
    execute(store, statement)
    assert only(store).what.endswith(what)


def test_the_snapshot_is_held_against_the_journal_as_it_was_then(store: Path) -> None:
    with JournalWriter(store / "journal") as writer:
        writer.append(group_of(1)).wait()
    fold(store)
    found = verify(store)
    assert (found.holds, found.rows - found.snapshot_rows) == (True, 3)
    execute(store, "UPDATE routes SET destination = 'elsewhere'", file="snapshot.duckdb")
    assert (only(store).file, only(store).column) == (str(store / "snapshot.duckdb"), "destination")


def test_a_database_that_cannot_be_read_is_named(store: Path) -> None:
    (store / "aios.duckdb").write_bytes(b"no database")
    difference = only(store)
    assert (difference.part, difference.file) == ("database", str(store / "aios.duckdb"))
    assert difference.fix == f"Make it again from the journal: aios store rebuild {store}"


# -- any bit ----------------------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bit_of_any_segment_or_blob_is_noticed(store: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([*segments(store), *blobs(store)]))
    bit = data.draw(st.integers(0, path.stat().st_size * 8 - 1))
    flip(path, bit)
    assert {difference.file for difference in verify(store).differences} == {str(path)}
    flip(path, bit)


@pytest.mark.soak
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bit_of_any_segment_or_blob_is_noticed_at_length(store: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([*segments(store), *blobs(store)]))
    bit = data.draw(st.integers(0, path.stat().st_size * 8 - 1))
    flip(path, bit)
    assert {difference.file for difference in verify(store).differences} == {str(path)}
    flip(path, bit)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_bit_of_the_database_file_is_noticed_or_changes_no_value(store: Path, data: st.DataObject) -> None:
    path = store / "aios.duckdb"
    before = rows_of(path)
    bit = data.draw(st.integers(0, path.stat().st_size * 8 - 1))
    flip(path, bit)
    found = verify(store)
    assert {difference.file for difference in found.differences} <= {str(path)}
    if found.holds:
        assert rows_of(path) == before
    flip(path, bit)


def rows_of(database: Path) -> list[list[tuple[object, ...]]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return [connection.execute(f"FROM {name}").fetchall() for name in TABLES]


# -- beside others ----------------------------------------------------------------------------------------------------


def test_what_waits_to_be_folded_is_counted_and_not_missed(store: Path) -> None:
    with JournalWriter(store / "journal") as writer:
        writer.append(group_of(1)).wait()
        writer.append(group_of(2)).wait()
    assert (verify(store).holds, verify(store).waiting) == (True, 2)
    fold(store)
    assert (verify(store).holds, verify(store).waiting) == (True, 0)


def test_a_store_into_which_nothing_was_folded_holds(tmp_path: Path) -> None:
    with Store(tmp_path / "new.aios"):
        pass
    assert verify(tmp_path / "new.aios").holds
    with JournalWriter(tmp_path / "new.aios" / "journal") as writer:
        writer.append(group_of(1)).wait()
    found = verify(tmp_path / "new.aios")
    assert (found.holds, found.rows, found.waiting) == (True, 0, 1)


def test_there_must_be_a_store(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no store"):
        verify(tmp_path / "nowhere.aios")


WRITE = """
import pathlib
from aios_sdk.store import JournalWriter, fold
from aios_sdk.store._fold import snapshot
from tests.store._journals import group_of
store = pathlib.Path(sys.argv[1])
with JournalWriter(store / "journal") as writer:
    number = 0
    while True:
        for _ in range(20):
            number += 1
            writer.append(group_of(number, 1 + number % 300))
        fold(store, timeout=60)
        if number % 200 == 0:
            snapshot(store, timeout=60)
        print(number, flush=True)
"""


def test_verifying_goes_on_while_others_write_and_fold(store: Path) -> None:
    writer = start(WRITE, store)
    try:
        assert writer.stdout is not None
        rows = verify(store).rows
        for _ in range(4):
            for _ in range(3):
                assert writer.stdout.readline(), writer.communicate()[1]
            found = verify(store, timeout=60)
            assert found.differences == ()
            assert found.rows > rows
            rows = found.rows
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.communicate()


@pytest.fixture
def holder(store: Path) -> Iterator[None]:
    process = start("import duckdb; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()", store / "aios.duckdb")
    assert process.stdout is not None
    process.stdout.readline()
    yield
    process.kill()
    process.communicate()


@pytest.mark.usefixtures("holder")
def test_who_holds_the_database_is_named(store: Path) -> None:
    with pytest.raises(StoreBusy, match="is held by"):
        verify(store, timeout=0.1)


def test_verifying_excludes_what_changes_stored_bytes_and_not_itself(store: Path) -> None:
    with maintenance(store, 0, shared=True):
        assert verify(store, timeout=0).holds
    with maintenance(store, 0), pytest.raises(StoreBusy, match="verifies"):
        verify(store, timeout=0.1)


def test_it_tells_how_far_it_is(store: Path) -> None:
    said: list[tuple[str, int, int]] = []
    verify(store, told=lambda *progress: said.append(progress))
    ends = {what: (done, total) for what, done, total in said}
    assert list(ends) == ["database", "journal", "blobs"]
    assert all(done == total > 0 for done, total in ends.values())


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_checked_and_ends_with_0(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "verify", str(store)]) == 0
    out = capsys.readouterr().out
    assert f"{len(blobs(store))} rehashed" in out
    assert out.endswith("Everything fits.\n")
    assert main(["store", "verify", str(store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["holds"] is True


def test_the_command_names_what_does_not_fit_and_ends_with_1(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(blobs(store)[0], 9)
    execute(store, "UPDATE routes SET destination = 'else\x1bwhere'")
    assert main(["store", "verify", str(store)]) == 1
    out = capsys.readouterr().out
    assert "table routes: destination is 'else\\x1bwhere' in the database" in out
    assert str(blobs(store)[0]) in out
    assert "2 things do not fit." in out
    assert f"aios store rebuild {store}" in out
    assert main(["store", "verify", str(store), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [difference["part"] for difference in found["differences"]] == ["database", "blob"]


def test_a_snapshot_made_meanwhile_is_no_difference(store: Path) -> None:
    snapshot(store)
    assert verify(store).holds
