"""Starting, importing, opening and closing: each has its own time, and each trouble is a failure of the call and of no other."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ._pools import Bench, planned, problem, until, words


@pytest.fixture
def count(tmp_path: Path) -> Path:
    """A file that tells how often a component was opened, and that it was closed."""
    return tmp_path / "count"


def test_a_component_that_is_unavailable_is_a_failure_and_is_opened_again_at_the_next_call(bench: Bench, count: Path) -> None:
    component = planned("opens", how="unavailable", count=str(count))
    for opened in ("!", "!!"):
        answers = bench.call(component, ["a", "b"])
        assert {problem(answer) for answer in answers} == {("unavailable", "[AIOS-406] there is no such program. Install it.")}
        assert count.read_text() == opened


@pytest.mark.parametrize(
    ("how", "category", "message"),
    [
        ("exit", "internal", "test.opens ended its worker at open: exit status 3"),
        ("allocate", "limit", "test.opens took more than 100 MiB of memory beyond what its worker held"),
    ],
)
def test_a_component_that_ends_its_worker_at_open_is_not_opened_for_ever(
    bench: Bench, count: Path, how: str, category: str, message: str
) -> None:
    component = planned("opens", how=how, count=str(count))
    found = [bench.call(component, ["a", "b"], memory_mb=100) for _ in range(4)]
    assert {problem(answer) for answers in found[:2] for answer in answers} == {(category, message)}
    refused = f"{message}; it did so 2 times and is not opened again in this run"
    assert {problem(answer) for answers in found[2:] for answer in answers} == {(category, refused)}
    assert count.read_text() == "!!"
    assert words(bench.call(planned("bad"), ["well"])[0])[0] == "well"


def test_a_component_that_hangs_at_open_is_killed_when_its_time_is_up(another: Callable[..., Bench], count: Path) -> None:
    bench = another(opening=1.5)
    [answer] = bench.call(planned("opens", how="spin", count=str(count)), ["a"], timeout=0.1)
    assert problem(answer) == ("timeout", "test.opens did not open within 1.5 s")


def test_the_time_of_opening_is_not_taken_from_the_document(bench: Bench, count: Path) -> None:
    [answer] = bench.call(planned("opens", how="nap", count=str(count)), ["a"], timeout=0.1)  # a nap is longer than that
    assert words(answer) == ["a"]


def test_components_are_closed_at_the_end(another: Callable[..., Bench], count: Path) -> None:
    bench = another()
    bench.call(planned("opens", how="", count=str(count)), ["a"])
    bench.close()
    assert count.read_text() == "!."


def test_a_component_that_fails_to_close_is_logged(another: Callable[..., Bench], count: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench = another()
    bench.call(planned("opens", how="fails to close", count=str(count)), ["a"])
    with caplog.at_level(logging.ERROR):
        bench.close()
    assert "closing test.opens failed" in caplog.text
    assert "the door is stuck" in caplog.text


def test_a_component_that_hangs_at_close_is_killed(another: Callable[..., Bench], count: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aios_sdk.engine.workers._crew.GRACE", 0.3)
    bench = another()
    bench.call(planned("opens", how="hangs at close", count=str(count)), ["a"])
    bench.close()
    assert count.read_text() == "!."


@pytest.mark.parametrize(
    ("how", "category", "said"),
    [
        ("hang", "timeout", "test.imported did not open within 2 s"),
        ("exit", "internal", "test.imported ended its worker at open: exit status 4"),
        ("raise", "unavailable", "cannot be imported in a worker: RuntimeError: no import today"),
    ],
)
def test_a_module_that_cannot_be_imported_is_a_failure_of_its_component(
    another: Callable[..., Bench], how: str, category: str, said: str
) -> None:
    bench = another(opening=2.0 if how == "hang" else 30.0, environment={"AIOS_TEST_IMPORT": how})
    [answer] = bench.call(planned("imported"), ["a"])
    assert problem(answer)[0] == category
    assert said in problem(answer)[1]


def test_workers_that_do_not_start_are_a_failure_with_their_last_words(another: Callable[..., Bench]) -> None:
    bench = another(environment={"PYTHONHOME": "/nowhere"})
    for answer in bench.call(planned("bad"), ["a", "b"]):
        category, message = problem(answer)
        assert category == "unavailable"
        assert message.startswith("A worker ended before it began to work for test.bad: exit status 1; the end of its standard error: ")


def test_a_worker_that_ends_while_it_is_idle_is_replaced(another: Callable[..., Bench]) -> None:
    import psutil

    bench = another(count=1)
    [first] = bench.call(planned("bad"), ["a"])
    worker = psutil.Process(int(words(first)[1]))
    worker.kill()
    assert until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    [second] = bench.call(planned("bad"), ["b"])
    assert words(second)[0] == "b"
    assert words(second)[1] != words(first)[1]


def test_nothing_is_started_for_nothing(another: Callable[..., Bench]) -> None:
    bench = another()
    assert bench.call(planned("bad"), []) == []
    assert not bench.scratch.exists()


def test_a_pool_that_is_closed_says_so(another: Callable[..., Bench]) -> None:
    bench = another()
    bench.call(planned("bad"), ["a"])
    bench.close()
    category, message = problem(bench.call(planned("bad"), ["a"])[0])
    assert category == "unavailable"
    assert "The workers are closed, for the run has ended" in message


def test_a_module_that_makes_a_pipeline_too_costs_a_worker_nothing_of_what_runs_it() -> None:
    program = "import sys; from aios_sdk import Pipeline; Pipeline('p').ingest().extract('rules'); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "aios_sdk.pipelines._pipeline" in modules
    assert not {"duckdb", "asyncio", "aios_sdk.engine._api", "aios_sdk.store._store"}.intersection(modules)
