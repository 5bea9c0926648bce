"""A run whose process is killed loses only what was under way, leaves nothing behind, and goes on where it stopped."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from aios_sdk import Store
from tests.conftest import REPOSITORY
from tests.engine._parts import conservation, latest
from tests.engine.workers._pools import MARK, left_of, until
from tests.faults._components import COUNTS

#: Deliveries that may be under way at a time, which is the most that a kill may cost.
WINDOW = 256


class _Found(NamedTuple):
    """What a run recorded: artifacts by document, step and layer, and values by document and path."""

    artifacts: list[tuple[Any, ...]]
    values: list[tuple[Any, ...]]


class Desk:
    """An inbox, and the programs that work on it."""

    def __init__(self, folder: Path, mark: str, documents: int) -> None:
        self.folder = folder
        self.documents = documents
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        for number in range(documents):
            pages = [f"word{number} on page {page}" for page in range(1 + number % 3)]
            pages[0] += " and on" * (4000 if number % 50 == 0 else 0)  # some are too large to lie in the journal
            (self.inbox / f"{number:03}.txt").write_text("\f".join(pages))
        self._mark = mark
        self._runs = 0

    def start(self, store: Path) -> subprocess.Popen[bytes]:
        """A program that runs the pipeline into ``store``; its calls are counted apart from those of other programs."""
        self._runs += 1
        self.counts.mkdir()
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults._run", str(self.inbox), str(store)],
            cwd=REPOSITORY,
            env={**os.environ, MARK: self._mark, COUNTS: str(self.counts), "TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
        )

    @property
    def counts(self) -> Path:
        """Where the latest program counts its calls."""
        return self.folder / f"counts-{self._runs}"

    def calls(self, what: str) -> Counter[str]:
        """How often the latest program called a component, by document."""
        file = self.counts / what
        return Counter(file.read_text().split() if file.exists() else ())

    def completed(self, store: Path) -> set[str]:
        """Run to the end; the names of the documents that completed."""
        program = self.start(store)
        out, _ = program.communicate(timeout=120)
        assert program.returncode == 0
        return _told(out)

    def assert_nothing_is_left(self, *stores: Path) -> None:
        """No process of any program runs, and there is no file that is not of a store."""
        assert until(lambda: not left_of(self._mark))
        assert until(lambda: not any((self.folder / "tmp").iterdir())), list((self.folder / "tmp").rglob("*"))
        for store in stores:
            assert not [path for path in store.rglob("*") if path.name.endswith((".tmp", ".wal"))]


def _told(out: bytes) -> set[str]:
    lines = [line.split() for line in out.decode().splitlines(keepends=True) if line.endswith("\n")]
    assert all(status == "completed" for _, status in lines)
    return {name for name, _ in lines}


def _found(store: Store) -> _Found:
    artifacts = """
        select d.key, t.step, a.layer, a.artifact_id from artifacts a
        join attempts t on t.attempt_id = a.attempt_id and t.document_id = a.document_id and t.run_id = a.run_id
        join documents d on d.document_id = a.document_id and d.run_id = a.run_id
        where a.run_id = $1 and a.layer <> 'labels' order by all"""
    values = "select document_id, path, value_text, value_num from current_fields where run_id = $1 order by all"
    return _Found(latest(store, artifacts), latest(store, values))


def _guesses(store: Store) -> dict[str, list[str]]:
    """What a component that is not deterministic said of each document, in all runs."""
    return dict(
        store.sql(
            "select d.name, list(distinct l.value) from labels l join documents d using (document_id, run_id) group by all"
        ).fetchall()
    )


@pytest.fixture
def mark() -> Iterator[str]:
    """A mark for the environment of all programs; whatever a failed test leaves is killed."""
    mark = uuid.uuid4().hex
    yield mark
    for pid in left_of(mark):
        psutil.Process(pid).kill()


def _kill_at_some_moment(program: subprocess.Popen[bytes], chance: random.Random, documents: int) -> set[str]:
    """Kill the program after some outcomes or at any time of its start; the documents whose outcomes it had told."""
    assert program.stdout is not None
    out = b""
    if chance.random() < 0.75:
        for _ in range(chance.randrange(documents)):
            out += program.stdout.readline()
        time.sleep(chance.uniform(0, 0.02))
    else:
        time.sleep(chance.uniform(0, 2))
    program.send_signal(signal.SIGKILL)
    out += program.stdout.read()
    program.wait(60)
    program.stdout.close()
    return _told(out)


def _kill_and_resume(folder: Path, mark: str, *, documents: int, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    desk = Desk(folder, mark, documents)
    undisturbed = folder / "undisturbed.aios"
    assert len(desk.completed(undisturbed)) == documents
    with Store(undisturbed) as store:
        expected = _found(store)
    assert len(expected.artifacts) >= 4 * documents - 1
    for number in range(rounds):
        path = folder / f"{number}.aios"
        told: set[str] = set()
        spent: Counter[str] = Counter()
        for _ in range(chance.choice((1, 1, 1, 2))):
            told |= _kill_at_some_moment(desk.start(path), chance, documents)
            spent |= desk.calls("guesses")
            desk.assert_nothing_is_left()
        assert len(desk.completed(path)) == documents
        desk.assert_nothing_is_left(path)
        asked_anew = _assert_went_on(path, told, expected, documents)
        for what in ("words", "measures", *(() if asked_anew else ("guesses",))):
            assert not desk.calls(what).keys() & told, f"seed {seed}, round {number}: {what} was asked again"
        assert asked_anew or len(desk.calls("guesses").keys() & spent.keys()) <= WINDOW


def _assert_went_on(path: Path, told: set[str], expected: _Found, documents: int) -> bool:
    """The latest run completes the others. Whether one of them was killed when it had completed, so that guesses are made anew."""
    with Store(path) as store:
        assert _found(store) == expected
        row = conservation(store)
        assert (row["run_status"], row["found"], row["completed"], row["holds"]) == ("completed", documents, documents, True)
        attempts = "select document_id, step, count(*), count(distinct attempt_id) from attempts where run_id = $1 group by all"
        assert [(times, ids) for _, _, times, ids in latest(store, attempts)] == [(1, 1)] * 4 * documents
        [(ended,)] = latest(store, "select count(*) > 0 from runs where run_id <> $1 and status = 'completed'")
        missed = """select distinct d.name, t.step from attempts t join documents d using (document_id, run_id)
            where t.run_id = $1 and t.stage <> 'ingest' and t.cache <> 'hit'"""
        assert not told & {name for name, step in latest(store, missed) if not (ended and step == "classify.test.guesses")}
        guesses = _guesses(store)
        assert len(guesses) == documents
        assert ended or all(len(guesses[name]) == 1 for name in told)
        return bool(ended)


def test_a_run_that_was_killed_goes_on_where_it_stopped(tmp_path: Path, mark: str) -> None:
    _kill_and_resume(tmp_path, mark, documents=60, rounds=2, seed=random.randrange(10**6))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_a_run_that_is_killed_again_and_again_goes_on_each_time(tmp_path: Path, mark: str, seed: int) -> None:
    _kill_and_resume(tmp_path, mark, documents=500, rounds=6, seed=seed)
