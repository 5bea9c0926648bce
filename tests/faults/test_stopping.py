"""A run that is asked to stop finishes what is under way, or ends at once when it is asked again; the next run goes on from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from aios_sdk import Document, Extraction, Field, Observer, Pipeline, Source, Stop, Store, component, implements
from tests.conftest import REPOSITORY
from tests.engine._parts import Notes, conservation, note, registry_of
from tests.engine.workers._pools import MARK, left_of, until
from tests.faults._slow import FOLDER


class Desk:
    """An inbox of documents that wait, and ``aios run`` on it."""

    def __init__(self, folder: Path, mark: str) -> None:
        self.folder = folder
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        self.told = folder / "told"
        self.told.mkdir()
        self.store = folder / "test.aios"
        self._environment = {**os.environ, MARK: mark, FOLDER: str(self.told), "TMPDIR": str(folder / "tmp")}
        (folder / "tmp").mkdir()
        self.mark = mark

    def put(self, count: int, text: str) -> None:
        """Documents that say ``text``."""
        for number in range(count):
            (self.inbox / f"{len(list(self.inbox.iterdir())):03}.txt").write_text(f"{text} {number}")

    def start(self, *options: str, program: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """A run in a process of its own."""
        main = "from aios_sdk.cli import main; raise SystemExit(main())"
        aios = ("-c", main, "run", "tests.faults._slow:pipeline", str(self.inbox), "--store", str(self.store), *options)
        return subprocess.Popen(
            [sys.executable, *(program or aios)],
            cwd=REPOSITORY,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def began(self) -> int:
        """How many documents are or were at their step."""
        return len(list(self.told.glob("began-*")))

    def runs(self) -> list[tuple[Any, ...]]:
        """Status, documents found, completed and unfinished of each run."""
        with Store(self.store) as store:
            query = "select run_status, found, completed, unfinished from conservation order by run_id"
            return store.sql(query).fetchall()

    def assert_nothing_is_left(self) -> None:
        """No process runs and no file lies about."""
        assert until(lambda: not left_of(self.mark))
        assert until(lambda: not any((self.folder / "tmp").iterdir()))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk; whatever a failed test leaves running is killed."""
    desk = Desk(tmp_path, uuid.uuid4().hex)
    yield desk
    for pid in left_of(desk.mark):
        psutil.Process(pid).kill()


def _line_with(stream: Any, words: str) -> str:
    """Read until a line holds ``words``."""
    for line in stream:
        if words in line:
            return str(line)
    raise AssertionError(f"{words!r} was never said")


@pytest.mark.parametrize(("number", "progress"), [(signal.SIGINT, "--progress"), (signal.SIGTERM, "--no-progress")])
def test_one_signal_finishes_what_is_under_way_and_a_rerun_does_the_rest(desk: Desk, number: int, progress: str) -> None:
    desk.put(300, "long")
    run = desk.start("--workers", "2", "--grace", "300", progress)
    assert until(desk.began, 60), run.communicate()
    run.send_signal(number)
    said = _line_with(run.stderr, "Stopping: ")
    assert said.rstrip().endswith("being finished; press Ctrl-C again to stop at once")
    (desk.told / "go on").touch()
    out, err = run.communicate(timeout=120)
    assert run.returncode == 130, err
    assert f"What was done is safe in {desk.store}. Run the same command again to go on from there." in err
    [(status, found, completed, unfinished)] = desk.runs()
    assert (status, unfinished) == ("interrupted", 0)
    assert 0 < found == completed < 300
    assert f"{completed} documents: {completed} completed" in out
    desk.assert_nothing_is_left()
    before = desk.began()
    assert before == completed
    again = desk.start(progress)
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    assert desk.runs()[1] == ("completed", 300, 300, 0)
    assert desk.began() == 300
    with Store(desk.store) as store:
        assert store.sql("select count(distinct document_id) from attempts where cache = 'hit'").fetchall() == [(completed,)]


def test_what_is_not_finished_when_the_grace_is_over_is_left_to_the_next_run(desk: Desk) -> None:
    desk.put(1, "short")
    desk.put(5, "long")
    run = desk.start("--workers", "2", "--grace", "0.2")
    assert until(lambda: desk.began() == 3, 60), run.communicate()
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130, err
    [(status, _, completed, _)] = desk.runs()
    assert (status, completed) == ("interrupted", 1)
    desk.assert_nothing_is_left()


def test_a_second_signal_ends_the_run_at_once(desk: Desk) -> None:
    desk.put(1, "short")
    desk.put(5, "for ever")
    run = desk.start("--workers", "2", "--grace", "300")
    assert until(lambda: desk.began() == 3, 60), run.communicate()
    run.send_signal(signal.SIGINT)
    _line_with(run.stderr, "Stopping: ")
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130, err
    assert "Run the same command again" in err
    [(status, _, completed, _)] = desk.runs()
    assert (status, completed) == ("interrupted", 1)
    desk.assert_nothing_is_left()


def test_a_run_that_had_taken_everything_and_finishes_it_has_completed(desk: Desk) -> None:
    desk.put(3, "long")
    run = desk.start("--workers", "2", "--grace", "300")
    assert until(lambda: desk.began() == 2, 60), run.communicate()
    run.send_signal(signal.SIGINT)
    _line_with(run.stderr, "Stopping: ")
    (desk.told / "go on").touch()
    _, err = run.communicate(timeout=60)
    assert run.returncode == 0, err
    assert desk.runs() == [("completed", 3, 3, 0)]


_PROGRAM = """
import sys
from aios_sdk import Store
from tests.faults._slow import pipeline
with Store(sys.argv[2]) as store:
    try:
        for outcome in pipeline.run(sys.argv[1], store=store, workers=2, progress=False):
            print(outcome.name, outcome.status, flush=True)
            {body}
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def test_ctrl_c_in_a_plain_loop_yields_what_is_finished_and_is_then_raised(desk: Desk) -> None:
    desk.put(1, "short")
    desk.put(300, "long")
    program = ("-c", _PROGRAM.format(body=""), str(desk.inbox), str(desk.store))
    run = desk.start(program=program)
    assert until(lambda: desk.began() == 3, 60), run.communicate()
    _line_with(run.stdout, "completed")
    run.send_signal(signal.SIGINT)
    assert not until(lambda: run.poll() is not None, 0.5)
    (desk.told / "go on").touch()
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0, err
    *finished, last = out.splitlines()
    assert last == "interrupted"
    assert finished
    [(status, found, completed, unfinished)] = desk.runs()
    assert (status, found, unfinished) == ("interrupted", completed, 0)
    assert completed == len(finished) + 1
    desk.assert_nothing_is_left()


def test_ctrl_c_in_the_callers_own_code_ends_the_run_at_once(desk: Desk) -> None:
    desk.put(1, "short")
    desk.put(5, "for ever")
    program = ("-c", _PROGRAM.format(body="import time; time.sleep(1000)"), str(desk.inbox), str(desk.store))
    run = desk.start(program=program)
    _line_with(run.stdout, "completed")
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, out) == (0, "interrupted\n"), err
    [(status, _, completed, _)] = desk.runs()
    assert (status, completed) == ("interrupted", 1)
    desk.assert_nothing_is_left()


# -- within one process ---------------------------------------------------------------------------------------------------


@component("test.gated", requires=["text"], provides=["fields"])
class Gated:
    """Goes on when the gate is open."""

    gate = threading.Event()

    @implements
    async def extract(self, document: Document) -> Extraction:
        import asyncio

        while not Gated.gate.is_set():
            await asyncio.sleep(0.005)
        return Extraction(fields=(Field(path="name", value=document.name, status="ungrounded"),))


class _Watch(Observer):
    """Opens the gate when the run is about to stop, and keeps what is told."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def run_stopping(self, run: str, seconds: float) -> None:
        self.events.append(f"stopping within {seconds:g} s")
        Gated.gate.set()

    def run_finished(self, run: str, status: str) -> None:
        self.events.append(status)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Closed at first."""
    Gated.gate.clear()
    yield Gated.gate
    Gated.gate.clear()


def _endless() -> Iterator[Source]:
    number = 0
    while True:
        yield note(f"n{number}")
        number += 1


@pytest.mark.parametrize("ordered", [False, True])
def test_a_stop_is_a_request_and_observers_are_told(store: Store, gate: threading.Event, ordered: bool) -> None:
    stop = Stop(grace=60)
    watch = _Watch()
    outcomes = (
        Pipeline("p")
        .ingest()
        .extract(Gated)
        .run(_endless(), store=store, registry=registry_of(Notes, Gated), progress=False, stop=stop, observers=(watch,), ordered=ordered)
    )
    timer = threading.Timer(0.2, stop.request)
    timer.start()
    names = [outcome.name for outcome in outcomes]
    timer.join()
    assert names
    assert not ordered or names == [f"n{number}" for number in range(len(names))]
    assert watch.events == ["stopping within 60 s", "interrupted"]
    row = conservation(store)
    assert (row["run_status"], row["found"], row["completed"], row["holds"]) == ("interrupted", len(names), len(names), True)


def test_a_run_that_was_asked_to_stop_before_it_began_takes_nothing(store: Store) -> None:
    stop = Stop()
    stop.request()
    outcomes = Pipeline("p").ingest().run(_endless(), store=store, registry=registry_of(Notes), progress=False, stop=stop)
    assert list(outcomes) == []
    assert conservation(store)["run_status"] == "interrupted"


def test_cases_over_the_whole_input_are_not_settled_on_a_part_of_it(store: Store, gate: threading.Event) -> None:
    stop = Stop(grace=60)
    pipeline = Pipeline("p").ingest().extract(Gated).collect(by="thread")
    watch = _Watch()
    timer = threading.Timer(0.2, stop.request)
    timer.start()
    options: dict[str, Any] = {"registry": registry_of(Notes, Gated), "progress": False, "observers": (watch,), "stop": stop}
    assert list(pipeline.run(_endless(), store=store, **options)) == []
    timer.join()
    row = conservation(store)
    assert (row["run_status"], row["cases"], row["holds"]) == ("interrupted", 0, True)
    assert row["completed"] > 0
