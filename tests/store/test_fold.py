from __future__ import annotations

import datetime as dt
import logging
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.errors import InputError, JournalCorrupt, StoreBusy
from aios_sdk.store import _fold, _lots
from aios_sdk.store._connect import connect
from aios_sdk.store._fold import fold, fold_in_turns, snapshot
from aios_sdk.store._journal import JournalWriter
from aios_sdk.store._lag import lag
from aios_sdk.store._locks import fold_lock
from aios_sdk.store._payloads import Row
from aios_sdk.store._reader import Group, JournalReader, Segment
from aios_sdk.store._schema import BY_NUMBER

from ._journals import ROWS, group_of, row_of, start


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an empty database, which takes a while to make."""
    directory = tmp_path_factory.mktemp("empty")
    fold(directory)
    return directory


@pytest.fixture
def store(tmp_path: Path, empty: Path) -> Path:
    """A store of its own for each test, to which nothing was added yet."""
    shutil.copy(empty / "aios.duckdb", tmp_path)
    return tmp_path


def append(store: Path, groups: list[list[Row]]) -> None:
    with JournalWriter(store / "journal") as writer:
        for rows in groups:
            writer.append(rows)


def folded(store: Path, memory_mb: int | None, turn: int = 1_000_000) -> tuple[int, int]:
    """The rows and groups of a fold; with little memory it is one in turns."""
    done = [fold(store)] if memory_mb is None else [*fold_in_turns(store, 10, rows=turn, memory_mb=memory_mb)]
    return sum(each.rows for each in done), sum(each.groups for each in done)


def documents(store: Path, *, snapshot: bool = False) -> list[int]:
    """The numbers given to `group_of`, of every folded row."""
    with connect(store, snapshot=snapshot) as connection:
        found = connection.sql("SELECT document_id FROM members").fetchall()
    return sorted(int(name.removeprefix("document-")) for (name,) in found)


def test_what_was_appended_is_in_the_tables(store: Path) -> None:
    values = {
        "path": "total",
        "value_text": "1.200,50 €",
        "value_num": Decimal("1200.5000000000"),
        "value_date": dt.date(2026, 3, 1),
        "confidence": 0.25,
        "page": 2,
        "alternatives": '[{"value":"1"}]',
    }
    append(store, [[row_of("fields", **values)]])
    folded = fold(store)
    assert (folded.rows, folded.groups) == (1, 1)
    with connect(store) as connection:
        assert connection.sql(f"SELECT {', '.join(values)} FROM fields").fetchall() == [tuple(values.values())]


@settings(max_examples=8, deadline=None)
@given(groups=st.lists(st.lists(ROWS, min_size=1, max_size=4), max_size=4))
def test_every_row_that_the_journal_takes_folds_and_comes_back_equal(
    empty: Path, tmp_path_factory: pytest.TempPathFactory, groups: list[list[Row]]
) -> None:
    store = tmp_path_factory.mktemp("store")
    shutil.copy(empty / "aios.duckdb", store)
    append(store, groups)
    fold(store)
    with connect(store) as connection:
        for number, table in BY_NUMBER.items():
            found = connection.sql(f"FROM {table.name}").fetchall()
            assert found == [values for rows in groups for kind, values in rows if kind == number]


def test_a_second_fold_applies_nothing(store: Path) -> None:
    append(store, [group_of(number) for number in range(3)])
    assert fold(store).groups == 3
    assert fold(store)[:2] == (0, 0)
    assert documents(store) == sorted([0, 1, 2] * 3)


def test_a_store_without_a_journal_gets_an_empty_database(tmp_path: Path) -> None:
    assert fold(tmp_path)[:2] == (0, 0)
    assert documents(tmp_path) == []


def test_folds_while_a_writer_writes_take_each_group_once(store: Path) -> None:
    with JournalWriter(store / "journal") as writer:
        for number in range(5):
            writer.append(group_of(number)).wait()
            assert fold(store).groups == 1
    assert documents(store) == sorted([0, 1, 2, 3, 4] * 3)
    with connect(store) as connection:
        marks = connection.sql("SELECT writer, segment, groups, row_count FROM applied_segments ORDER BY byte_offset").fetchall()
    assert marks == [(writer.id, 0, 1, 3)] * 5


def test_groups_of_all_writers_are_folded(store: Path) -> None:
    for number in range(3):
        append(store, [group_of(number, 1)])
    assert fold(store)[:2] == (3, 3)
    assert documents(store) == [0, 1, 2]


def test_a_large_backlog_takes_several_transactions_of_whole_groups(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fold, "_TRANSACTION_ROWS", 100)
    monkeypatch.setattr(_lots, "_LOT_ROWS", 100)
    append(store, [group_of(number, 30) for number in range(20)])
    assert fold(store)[:2] == (600, 20)
    with connect(store) as connection:
        assert connection.sql("SELECT row_count FROM applied_segments").fetchall() == [(120,)] * 5
        assert connection.sql("SELECT DISTINCT count(*) FROM members GROUP BY document_id").fetchall() == [(30,)]


def row_groups(store: Path) -> list[int]:
    """The rows of each row group of the table members."""
    with connect(store) as connection:
        found = connection.sql(
            "SELECT max(start + count) - min(start) FROM pragma_storage_info('members') GROUP BY row_group_id ORDER BY row_group_id"
        )
        return [rows for (rows,) in found.fetchall()]


@pytest.mark.parametrize("memory_mb", [None, 32])
def test_row_groups_of_small_folds_are_joined_once_in_a_while(store: Path, monkeypatch: pytest.MonkeyPatch, memory_mb: int | None) -> None:
    monkeypatch.setattr(_fold, "_JOINED_EVERY", 3)
    seen = []
    for number in range(7):
        append(store, [group_of(number)])
        folded(store, memory_mb)
        seen.append(row_groups(store))
    assert seen == [[3], [3, 3], [9], [9, 3], [9, 3, 3], [18], [18, 3]]
    assert documents(store) == sorted([*range(7)] * 3)


def test_nothing_is_joined_while_rows_wait(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fold, "_JOINED_EVERY", 2)
    append(store, [group_of(number) for number in range(3)])
    for _ in range(3):
        assert fold(store, rows=3).rows == 3
    assert row_groups(store) == [3, 3, 3]
    append(store, [group_of(3)])
    assert fold(store, rows=100).rows == 3
    assert row_groups(store) == [12]


@pytest.mark.parametrize(("memory_mb", "is_enough"), [(1, False), (4, False), (40, True)])
def test_a_fold_with_little_memory_applies_everything_once_and_leaves_nothing_beside(
    store: Path, memory_mb: int, is_enough: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "aios.store")
    values = random.Random(1)
    rows = [row_of("members", document_id=f"document-{number}", member_id=values.randbytes(3_000).hex()) for number in range(3_000)]
    append(store, [rows[place : place + 30] for place in range(0, len(rows), 30)])
    assert folded(store, memory_mb) == (3_000, 100)
    assert documents(store) == [*range(3_000)]
    assert (f"takes more than {memory_mb} MiB" not in caplog.text) == is_enough
    assert {path.name for path in store.iterdir()} == {"aios.duckdb", "fold.lock", "journal"}
    assert folded(store, memory_mb) == (0, 0)


def test_between_two_turns_others_read_and_nobody_folds(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lots, "_LOT_ROWS", 6)
    append(store, [group_of(number) for number in range(7)])
    seen = []
    with closing(fold_in_turns(store, 1, rows=10, memory_mb=32)) as turns:
        for folded in turns:
            seen.append((folded.rows, len(documents(store))))
            with pytest.raises(StoreBusy, match="Another fold"):
                fold(store, timeout=0)
    assert seen == [(12, 12), (9, 21)]
    assert fold(store).rows == 0


def test_a_fold_that_is_left_between_two_turns_is_continued_by_the_next(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lots, "_LOT_ROWS", 3)
    append(store, [group_of(number) for number in range(5)])
    with closing(fold_in_turns(store, 1, rows=6, memory_mb=32)) as turns:
        assert next(turns).groups == 2
    assert fold(store).groups == 3
    assert documents(store) == sorted([*range(5)] * 3)


def test_damage_is_told_when_the_turns_of_all_others_are_over(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lots, "_LOT_ROWS", 3)
    append(store, [group_of(0), group_of(1)])
    damaged = JournalReader(store / "journal").segments()[0]
    data = bytearray(damaged.path.read_bytes())
    data[next(JournalReader(store / "journal").groups(damaged)).end + 20] ^= 1
    damaged.path.write_bytes(data)
    append(store, [group_of(number) for number in range(2, 6)])
    append(store, [group_of(number) for number in range(6, 9)])
    with pytest.raises(JournalCorrupt, match=str(damaged.path)):
        folded(store, 32, turn=3)
    assert documents(store) == sorted([0, *range(2, 9)] * 3)


def test_what_a_killed_fold_put_aside_is_gone_after_the_next(store: Path) -> None:
    values = random.Random(2)
    rows = [row_of("members", document_id=f"document-{number}", member_id=values.randbytes(3_000).hex()) for number in range(9_000)]
    append(store, [rows[place : place + 30] for place in range(0, len(rows), 30)])
    code = f"from tests.store.test_fold import folded, Path; folded(Path({str(store)!r}), 40)"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        while not list((store / "fold.tmp").glob("*")) and process.poll() is None:
            time.sleep(0.001)
        process.kill()
    assert process.returncode == -signal.SIGKILL, "it ended before it put anything aside"
    assert (store / "fold.tmp").exists()
    fold(store)
    assert documents(store) == [*range(9_000)]
    assert not (store / "fold.tmp").exists()


def test_damage_in_one_journal_stops_no_other(store: Path) -> None:
    append(store, [group_of(0), group_of(1)])
    damaged = JournalReader(store / "journal").segments()[0]
    end = next(JournalReader(store / "journal").groups(damaged)).end
    data = bytearray(damaged.path.read_bytes())
    data[end + 20] ^= 1
    damaged.path.write_bytes(data)
    append(store, [group_of(2)])
    for _ in range(2):
        with pytest.raises(JournalCorrupt, match=str(damaged.path)):
            fold(store)
        assert documents(store) == sorted([0, 2] * 3)


def test_a_fold_waits_for_a_reader_of_another_process_and_then_names_it(store: Path) -> None:
    append(store, [group_of(0)])
    fold(store)
    process = start(
        "import duckdb; c = duckdb.connect(sys.argv[1], read_only=True); print('held', flush=True); sys.stdin.read()", store / "aios.duckdb"
    )
    assert process.stdout is not None
    process.stdout.readline()
    append(store, [group_of(1)])
    try:
        with pytest.raises(StoreBusy, match="is held by"):
            fold(store, timeout=0.1)
        waiting = lag(store)
        assert (waiting.groups, waiting.rows, waiting.exact) == (1, 3, True)
        assert waiting.holder is None or str(process.pid) in waiting.holder
    finally:
        process.kill()
        process.communicate()
    assert fold(store).groups == 1
    assert documents(store) == sorted([0, 1] * 3)


def test_a_connection_that_this_process_keeps_open_delays_the_fold_and_loses_nothing(store: Path) -> None:
    append(store, [group_of(0)])
    fold(store)
    append(store, [group_of(1)])
    with connect(store), pytest.raises(StoreBusy):
        fold(store, timeout=0.1)
    assert fold(store).groups == 1


def test_two_folds_exclude_each_other(store: Path) -> None:
    append(store, [group_of(0)])
    with fold_lock(store, 0), pytest.raises(StoreBusy, match="Another fold"):
        fold(store, timeout=0.1)
    assert fold(store).groups == 1


def test_a_fold_that_fails_is_undone_whole_and_can_be_repeated(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(store, [group_of(number) for number in range(4)])
    monkeypatch.setattr(_lots, "_LOT_BYTES", 1)

    def stop(reader: JournalReader, segment: Segment, offset: int = 0) -> Iterator[Group]:
        groups = read(reader, segment, offset)
        yield next(groups)
        raise KeyboardInterrupt

    read = JournalReader.groups
    with monkeypatch.context() as patch:
        patch.setattr(JournalReader, "groups", stop)
        with pytest.raises(KeyboardInterrupt):
            fold(store)
    assert documents(store) == []
    assert fold(store).groups == 4
    assert documents(store) == sorted([0, 1, 2, 3] * 3)


FOLD = """
import pathlib
from aios_sdk.store import _fold, _lots
_fold._TRANSACTION_ROWS = _lots._LOT_ROWS = 300
print("begun", flush=True)
_fold.fold(sys.argv[1])
"""


def test_folds_killed_at_any_moment_lose_and_double_nothing(tmp_path: Path) -> None:
    append(tmp_path, [group_of(number) for number in range(2000)])
    for _ in range(4):
        process = start(FOLD, tmp_path)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random.uniform(0, 0.5))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    fold(tmp_path)
    assert documents(tmp_path) == sorted(list(range(2000)) * 3)


LIMITED = """
import pathlib, resource
from aios_sdk.errors import StoreFull
from aios_sdk.store._fold import fold
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    fold(sys.argv[1])
except StoreFull as error:
    print(error)
"""


def fold_on_a_full_disk(store: Path, limit: int) -> str:
    process = start(LIMITED, store, limit)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    return output


def test_a_disk_too_full_for_the_database_leaves_none_half_made(tmp_path: Path) -> None:
    append(tmp_path, [group_of(0)])
    assert "AIOS-503" in fold_on_a_full_disk(tmp_path, 100_000)
    assert {path.name for path in tmp_path.iterdir()} == {"fold.lock", "journal"}  # nor anything that takes of what is left
    assert fold(tmp_path).groups == 1


def test_a_disk_too_full_for_a_fold_keeps_what_was_folded_before(store: Path) -> None:
    append(store, [group_of(0)])
    fold(store)
    append(store, [group_of(number) for number in range(1, 10_000)])
    assert "AIOS-503" in fold_on_a_full_disk(store, 400_000)
    assert documents(store) == [0, 0, 0]
    assert fold(store).groups == 9_999
    assert fold(store).groups == 0


POLL = """
import aios_sdk.store._connect as connecting
while True:
    with connecting.connect(sys.argv[1]) as connection:
        sizes = connection.sql("SELECT DISTINCT count(*) FROM members GROUP BY document_id").fetchall()
    assert sizes in ([], [(3,)]), sizes
    print("read", flush=True)
"""


def test_readers_that_poll_during_folds_see_whole_groups_and_no_error(store: Path) -> None:
    readers = [start(POLL, store) for _ in range(2)]
    with JournalWriter(store / "journal") as writer:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "read\n"
        for number in range(6):
            writer.append(group_of(number)).wait()
            fold(store, timeout=60)
    for reader in readers:
        assert reader.poll() is None
        reader.kill()
        output, errors = reader.communicate()
        assert errors == ""
        assert "read" in output
    assert documents(store) == sorted(list(range(6)) * 3)


def test_the_snapshot_is_swapped_in_whole_and_readers_of_the_old_one_go_on(store: Path) -> None:
    append(store, [group_of(0)])
    fold(store)
    snapshot(store)
    with connect(store, snapshot=True) as old:
        append(store, [group_of(1)])
        fold(store)
        assert documents(store) == sorted([0, 1] * 3)
        snapshot(store)
        assert old.sql("SELECT count(*) FROM members").fetchall() == [(3,)]
    assert documents(store, snapshot=True) == sorted([0, 1] * 3)


def test_the_lag_tells_what_waits_and_for_how_long(store: Path) -> None:
    assert lag(store) == (0, 0, 0, 0.0, None, True)
    append(store, [group_of(0), group_of(1, 600)])
    waiting = lag(store)
    assert (waiting.groups, waiting.rows, waiting.exact) == (2, 603, True)
    assert waiting.bytes > 603 * 30
    assert 0 <= waiting.oldest_seconds < 3600
    fold(store)
    assert lag(store) == (0, 0, 0, 0.0, None, True)
    append(store, [group_of(2)])
    assert lag(store).groups == 1


def test_the_lag_falls_back_on_the_snapshot_while_somebody_else_writes(store: Path) -> None:
    append(store, [group_of(0)])
    fold(store)
    snapshot(store)
    append(store, [group_of(1)])
    with duckdb.connect(str(store / "aios.duckdb")):
        waiting = lag(store, timeout=0)
    assert (waiting.groups, waiting.exact) == (1, False)


def test_the_lag_of_no_store_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no store"):
        lag(tmp_path / "nowhere.aios")
