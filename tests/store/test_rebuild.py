"""The database made again from the journal alone: equal to the old one, or what differs is said and the old one kept."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from aios_sdk.cli import main
from aios_sdk.errors import JournalCorrupt, StoreBusy, StoreError
from aios_sdk.store import TABLES, Store, connect, fold, rebuild, verify
from aios_sdk.store._frames import HEADER_SIZE
from aios_sdk.store._journal import JournalWriter
from aios_sdk.store._locks import maintenance

from ._journals import group_of, start
from ._recording import Recording
from ._stores import execute, flip, segments


def contents(store: Path, file: str = "aios.duckdb") -> dict[str, list[tuple[object, ...]]]:
    """Every row that comes from the journal, in any order."""
    with duckdb.connect(str(store / file), read_only=True) as connection:
        names = [name for name, table in TABLES.items() if table.number]
        return {name: sorted(connection.execute(f"FROM {name}").fetchall(), key=repr) for name in names}


def leave_a_log(store: Path) -> None:
    """What DuckDB logs of a database and has not put into its file yet, of another database than that of the store."""
    with duckdb.connect(str(store.parent / "other.duckdb")) as connection:
        connection.execute("CREATE TABLE other AS SELECT 1")
        shutil.copy(store.parent / "other.duckdb.wal", store / "aios.duckdb.wal")


def kept(store: Path) -> list[Path]:
    return sorted(store.glob("replaced-*"))


def test_what_is_made_again_equals_what_was_folded(store: Path) -> None:
    before, inode = contents(store), (store / "aios.duckdb").stat().st_ino
    found = rebuild(store)
    assert (found.differences, found.kept, kept(store)) == ((), "", [])
    assert found.rows == sum(map(len, before.values()))
    assert contents(store) == contents(store, "snapshot.duckdb") == before
    assert (store / "aios.duckdb").stat().st_ino != inode
    assert verify(store).holds
    assert not (store / "rebuild.duckdb").exists()


def test_what_differed_is_told_and_the_old_one_kept(store: Path) -> None:
    before = contents(store)
    execute(store, "UPDATE fields SET value_text = 'x' WHERE rowid = 1", "DELETE FROM routes", "UPDATE applied_segments SET groups = 7")
    found = rebuild(store)
    assert [difference.table for difference in found.differences] == ["applied_segments"] * 3 + ["fields", "routes"]
    assert found.differences[3].column == "value_text"
    assert [str(path) for path in kept(store)] == [found.kept]
    assert contents(store, Path(found.kept).name)["routes"] == []
    assert contents(store) == before
    assert verify(store).holds


@pytest.mark.parametrize(("keep", "count"), [(True, 1), (False, 0), (None, 0)])
def test_the_old_one_is_kept_when_that_is_asked_for(store: Path, keep: bool | None, count: int) -> None:
    rebuild(store, keep=keep)
    assert len(kept(store)) == count


def test_a_database_that_differs_is_not_kept_when_that_is_not_wanted(store: Path) -> None:
    execute(store, "DELETE FROM routes")
    found = rebuild(store, keep=False)
    assert (len(found.differences), found.kept, kept(store)) == (1, "", [])


@pytest.mark.parametrize("damage", ["unreadable", "another schema", "missing", "log of another"])
def test_a_database_that_is_of_no_use_is_made_again(store: Path, damage: str) -> None:
    before = contents(store)
    if damage == "unreadable":
        (store / "aios.duckdb").write_bytes(b"no database")
    elif damage == "another schema":
        execute(store, "DROP VIEW errors")
    elif damage == "missing":
        (store / "aios.duckdb").unlink()
    else:
        leave_a_log(store)
        with pytest.raises(StoreError, match="WAL"):
            fold(store)
    found = rebuild(store)
    assert len(found.differences) == (damage != "missing")
    assert not (store / "aios.duckdb.wal").exists()
    assert contents(store) == before
    assert verify(store).holds


def test_a_fold_makes_a_database_beside_a_log_that_was_left(store: Path) -> None:
    # as those leave it who move only the database away
    (store / "aios.duckdb").unlink()
    leave_a_log(store)
    fold(store)
    assert verify(store).holds


def test_a_damaged_journal_replaces_nothing(store: Path) -> None:
    before = contents(store)
    flip(segments(store)[0], (HEADER_SIZE + 40) * 8)
    with pytest.raises(JournalCorrupt, match=str(segments(store)[0])):
        rebuild(store)
    assert contents(store) == before
    assert not (store / "rebuild.duckdb").exists()


def test_a_journal_that_lost_something_replaces_nothing(store: Path) -> None:
    before = contents(store)
    segments(store)[-1].unlink()
    with pytest.raises(StoreError, match=r"was not replaced.* the journal has only 0"):
        rebuild(store)
    assert contents(store) == before
    (store / "aios.duckdb").rename(store / "all-there-is.duckdb")
    assert rebuild(store).differences == ()
    assert len(contents(store)["outcomes"]) < len(before["outcomes"])


def test_what_waited_is_in_the_new_one(store: Path) -> None:
    with JournalWriter(store / "journal") as writer:
        writer.append(group_of(1)).wait()
        assert rebuild(store).differences == ()
        assert ("member-1-0" in str(contents(store)["members"])) is True
        writer.append(group_of(2)).wait()
    assert fold(store).groups == 1


def test_readers_of_the_old_one_go_on(store: Path) -> None:
    before = contents(store)
    process = start(
        "import duckdb; c = duckdb.connect(sys.argv[1], read_only=True); print('held', flush=True); sys.stdin.readline();"
        "print(c.sql('SELECT count(*) FROM fields').fetchall()[0][0])",
        store / "aios.duckdb",
    )
    assert process.stdout is not None
    process.stdout.readline()
    with JournalWriter(store / "journal") as writer:
        writer.append(group_of(1)).wait()
    assert rebuild(store).differences == ()
    with connect(store) as connection:
        assert connection.sql("SELECT count(*) FROM members").fetchall() == [(len(before["members"]) + 3,)]
    out, _ = process.communicate("go on\n")
    assert out == f"{len(before['fields'])}\n"


LIMITED = """
import resource
from aios_sdk.errors import StoreFull
from aios_sdk.store import rebuild
limit = 100_000
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    rebuild(sys.argv[1])
except StoreFull as error:
    print(error)
"""


def test_a_disk_too_full_for_a_new_one_keeps_the_old_one(store: Path) -> None:
    before = contents(store)
    process = start(LIMITED, store)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "AIOS-503" in out
    assert contents(store) == before
    assert not list(store.glob("rebuild*"))
    assert rebuild(store).differences == ()


def test_two_do_not_rebuild_at_once(store: Path) -> None:
    with maintenance(store, 0), pytest.raises(StoreBusy):
        rebuild(store, timeout=0.1)


def test_what_a_killed_rebuild_left_goes_with_the_next(store: Path) -> None:
    for name in ("rebuild.duckdb", "rebuild.duckdb.wal", "new.duckdb.wal"):
        (store / name).write_bytes(b"left")
    os.link(store / "aios.duckdb", store / "replaced-20260101T000000.000000Z.duckdb")
    assert rebuild(store).differences == ()
    assert kept(store) == []
    assert not (store / "rebuild.duckdb.wal").exists()


def test_what_a_rebuild_left_that_was_killed_when_it_had_put_the_log_away_goes_with_the_next(store: Path) -> None:
    os.link(store / "aios.duckdb", store / "replaced-20260101T000000.000000Z.duckdb")
    leave_a_log(store)
    (store / "aios.duckdb.wal").rename(store / "replaced-20260101T000000.000000Z.duckdb.wal")
    assert rebuild(store).differences == ()
    assert kept(store) == []


def test_a_store_that_records_is_rebuilt_with_all_of_it(store: Path) -> None:
    with Store(store) as opened:
        recording = Recording(opened)
        recording.end(recording.deliver("new.txt"))
        assert opened.rebuild().differences == ()
        assert opened.sql("SELECT count(*) FROM documents WHERE name = 'new.txt'").fetchall() == [(1,)]
        assert opened.verify().holds


def test_the_command_says_what_differed_and_where_the_old_one_is(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "rebuild", str(store)]) == 0
    assert capsys.readouterr().out.endswith("The old database was the same.\n")
    execute(store, "UPDATE routes SET destination = 'x'")
    assert main(["store", "rebuild", str(store)]) == 0
    out = capsys.readouterr().out
    assert "table routes: destination is 'x' in the database and" in out
    assert f"The old one is kept as {kept(store)[0]}" in out
    assert main(["store", "rebuild", str(store), "--keep", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] in {str(path) for path in kept(store)}
