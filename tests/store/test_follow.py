"""Folding beside those who write: on a thread, in a process of its own, and from outside."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from aios_sdk.cli import main
from aios_sdk.records import Extraction, Field
from aios_sdk.store import Folded, Store, _folding, _follow, _lots, connect, follow, lag
from aios_sdk.store._fold import fold
from aios_sdk.store._journal import JournalWriter
from aios_sdk.store._reader import JournalReader

from ._journals import group_of, start
from ._recording import Recording
from ._waiting import until


def documents(store: Path) -> list[int]:
    """The numbers given to `group_of`, of every folded row."""
    with connect(store) as connection:
        found = connection.sql("SELECT document_id FROM members").fetchall()
    return sorted(int(name.removeprefix("document-")) for (name,) in found)


@contextmanager
def followed(store: Path) -> Iterator[None]:
    """Somebody follows the journals of ``store`` meanwhile."""
    stopping = threading.Event()
    thread = threading.Thread(target=follow, args=(store, stopping))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def test_what_is_appended_meanwhile_is_folded_without_being_asked_for(tmp_path: Path) -> None:
    with followed(tmp_path), JournalWriter(tmp_path / "journal") as writer:
        for number in range(2):
            writer.append(group_of(number, 1)).wait()
            assert until(lambda: (tmp_path / "aios.duckdb").exists() and lag(tmp_path).groups == 0)
            assert documents(tmp_path) == list(range(number + 1))


def test_what_was_appended_before_the_end_is_folded_at_the_end(tmp_path: Path) -> None:
    stopping = threading.Event()
    stopping.set()
    with JournalWriter(tmp_path / "journal") as writer:
        writer.append(group_of(0, 1)).wait()
        follow(tmp_path, stopping)
        assert documents(tmp_path) == [0]


def test_a_large_backlog_is_folded_in_pieces_of_whole_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_follow, "_ROWS", 100)
    monkeypatch.setattr(_lots, "_LOT_ROWS", 100)
    stopping = threading.Event()
    stopping.set()
    with JournalWriter(tmp_path / "journal") as writer:
        for number in range(30):
            writer.append(group_of(number, 10))
    told: list[Folded] = []
    follow(tmp_path, stopping, told=told.append)
    assert [folded.rows for folded in told] == [100, 100, 100]
    assert documents(tmp_path) == sorted(list(range(30)) * 10)


def test_damage_in_one_journal_is_said_once_and_keeps_nobody_from_following_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with JournalWriter(tmp_path / "journal") as writer:
        for number in range(2):
            writer.append(group_of(number, 1)).wait()
    reader = JournalReader(tmp_path / "journal")
    (segment,) = reader.segments()
    data = bytearray(segment.path.read_bytes())
    data[next(reader.groups(segment)).end + 20] ^= 1
    segment.path.write_bytes(data)
    with followed(tmp_path):
        for number in (2, 3):
            with JournalWriter(tmp_path / "journal") as writer:
                writer.append(group_of(number, 1)).wait()
            assert until(lambda number=number: (tmp_path / "aios.duckdb").exists() and number in documents(tmp_path))
    assert documents(tmp_path) == [0, 2, 3]
    assert [record.levelname for record in caplog.records if str(segment.path) in record.getMessage()] == ["ERROR"]


# -- beside a run ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process pays from the first byte."""
    monkeypatch.setattr(_folding, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(_folding, "_WORTH_IT_SOON", 1)


def record(recording: Recording, number: int) -> None:
    document = recording.deliver(f"{number}.txt", b"x")
    recording.end(recording.step(document, "fields", Extraction(fields=(Field(path="n", value=number, status="ungrounded"),))))


def process_of(store: Store) -> psutil.Process:
    """The process that folds for ``store``, once there is one."""
    assert store._folding is not None
    assert until(lambda: store._folding is not None and store._folding._process is not None)
    assert store._folding._process is not None
    return psutil.Process(store._folding._process.pid)


@pytest.mark.usefixtures("at_once")
def test_a_run_that_records_much_is_folded_by_a_process_that_ends_with_the_store(tmp_path: Path) -> None:
    with Store(tmp_path / "claims.aios") as store:
        recording = Recording(store)
        record(recording, 0)
        process = process_of(store)
        assert until(lambda: (store.path / "aios.duckdb").exists() and lag(store.path).groups == 0)
        record(recording, 1)
        assert store.sql("select value_num from fields order by all").fetchall() == [(0,), (1,)]
        record(recording, 2)
        recording.finish()
    assert not process.is_running()
    assert lag(store.path).groups == 0
    with connect(store.path, snapshot=True) as connection:
        assert connection.sql("select count(*) from fields").fetchall() == [(3,)]


@pytest.mark.usefixtures("at_once")
def test_a_run_whose_folding_process_is_killed_goes_on_and_ends_with_everything_folded(tmp_path: Path) -> None:
    with Store(tmp_path / "claims.aios") as store:
        recording = Recording(store)
        for number in range(200):
            record(recording, number)
        process = process_of(store)
        process.kill()
        for number in range(200, 300):
            record(recording, number)
        assert store.sql("select count(*) from fields").fetchall() == [(300,)]
        recording.finish()
        assert store._folding is not None
        assert store._folding._process is not None
        assert store._folding._process.pid == process.pid  # no other was started
    with connect(store.path) as connection:
        assert connection.sql("select count(*), count(distinct value_num) from fields").fetchall() == [(300, 300)]


@pytest.mark.usefixtures("at_once")
def test_where_no_process_can_be_started_a_thread_folds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    store = Store(tmp_path / "claims.aios")
    recording = Recording(store)
    record(recording, 0)
    assert until(lambda: (store.path / "aios.duckdb").exists() and lag(store.path).groups == 0)
    monkeypatch.undo()
    store.close()


RECORDS = """
import os, time
from aios_sdk.store import Store, _folding
from tests.store._recording import Recording
from tests.store.test_follow import process_of, record
_folding._WORTH_A_PROCESS = _folding._WORTH_IT_SOON = 1
store = Store(sys.argv[1])
recording = Recording(store)
number = 0
while True:
    record(recording, number)
    if number == 200:
        folding = process_of(store).pid
        if sys.argv[2] == "inherited" and os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        print(folding, flush=True)
    number += 1
"""


@pytest.mark.parametrize("ending", ["killed", "inherited"])
def test_the_process_that_folds_ends_with_its_parent_and_leaves_nothing_locked(tmp_path: Path, ending: str) -> None:
    store = tmp_path / "claims.aios"
    parent = start(RECORDS, store, ending)
    assert parent.stdout is not None
    folding = psutil.Process(int(parent.stdout.readline()))
    others = [child for child in psutil.Process(parent.pid).children() if child.pid != folding.pid]
    try:
        assert len(others) == (ending == "inherited")  # it has the pipe open that the parent's death would close
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert until(lambda: not folding.is_running())
    finally:
        for other in others:
            other.kill()
    parent.communicate()
    assert fold(store).rows >= 0
    with connect(store) as connection:
        found = connection.sql("select count(*), count(distinct value_num), max(value_num) from fields").fetchall()[0]
    assert found[0] == found[1] == found[2] + 1 > 100


# -- from outside ------------------------------------------------------------------------------------------------------------------------


def left_behind(path: Path) -> None:
    """A store whose writer was killed before anything was folded."""
    Store(path)
    with JournalWriter(path / "journal") as writer:
        writer.append(group_of(0, 3))


def test_apply_folds_what_a_run_left_and_says_how_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left_behind(tmp_path / "claims.aios")
    assert main(["store", "apply", str(tmp_path / "claims.aios")]) == 0
    assert capsys.readouterr().out.startswith("3 rows of 1 groups in ")
    assert documents(tmp_path / "claims.aios") == [0, 0, 0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_apply_watches_until_it_is_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    store = tmp_path / "claims.aios"
    left_behind(store)
    with subprocess.Popen(
        [sys.executable, "-c", "from aios_sdk.cli import main; raise SystemExit(main())", "store", "apply", str(store), "--watch"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("3 rows of 1 groups in ")
        with JournalWriter(store / "journal") as writer:
            writer.append(group_of(1, 2))
        assert process.stdout.readline().startswith("2 rows of 1 groups in ")
        process.send_signal(number)
        assert process.wait(60) == 0
    assert documents(store) == [0, 0, 0, 1, 1]


def test_apply_without_a_store_is_an_input_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "apply", str(tmp_path / "nowhere.aios")]) == 2
    assert "There is no store" in capsys.readouterr().err
