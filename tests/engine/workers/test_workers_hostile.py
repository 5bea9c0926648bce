"""Components that end badly: each is a failure that names it, the others of its batch are kept, and nothing is left running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aios_sdk.engine.workers import UnitAnswer

from ._pools import Bench, left_of, planned, problem, until, words

BAD = planned("bad")


@pytest.fixture(autouse=True)
def nothing_is_left(bench: Bench) -> Iterator[None]:
    """After each test no process runs but the two workers and one that stands by, and no file is there but what they hold."""
    yield
    assert until(lambda: len(left_of(bench.mark)) <= 3)
    assert until(lambda: len(list(bench.scratch.glob("worker-*"))) <= 3)


def _between(bench: Bench, misdeed: str, **options: object) -> UnitAnswer:
    """The answer to ``misdeed``, done between two documents that must not suffer from it."""
    first, answer, last = bench.call(BAD, ["first", misdeed, "last"], **options)  # type: ignore[arg-type]
    assert words(first)[0] == "first"
    assert words(last)[0] == "last"
    return answer


@pytest.mark.parametrize("misdeed", ["spin", "backtrack", "sleep", "stop", "ignore signals", "fork and hang"])
def test_what_does_not_end_is_killed_at_its_deadline_with_all_that_it_started(bench: Bench, misdeed: str) -> None:
    answer = _between(bench, misdeed, timeout=0.4)
    assert problem(answer) == ("timeout", "test.bad did not end within 0.4 s")
    assert answer.failure is not None
    assert answer.failure.retryable


@pytest.mark.parametrize("misdeed", ["allocate", "allocate in children"])
def test_what_takes_more_memory_than_it_may_is_killed(bench: Bench, misdeed: str) -> None:
    answer = _between(bench, misdeed, memory_mb=200)
    assert problem(answer) == ("limit", "test.bad took more than 200 MiB of memory beyond what its worker held")


def test_memory_that_is_asked_for_at_once_is_refused_and_the_worker_stays(bench: Bench) -> None:
    first, answer, last = bench.call(BAD, ["first", "allocate at once", "last"], memory_mb=200)
    assert problem(answer) == ("limit", "test.bad failed: MemoryError: ")
    assert words(first)[1] == words(last)[1]


def test_an_exit_is_a_failure_that_names_component_and_status(bench: Bench) -> None:
    assert problem(_between(bench, "exit")) == ("internal", "test.bad ended its worker: exit status 3")


def test_a_crash_is_a_failure_with_the_signal_and_the_place(bench: Bench) -> None:
    category, message = problem(_between(bench, "crash"))
    assert category == "internal"
    assert message.startswith("test.bad ended its worker: signal 11 (SIGSEGV); the end of its standard error: ")
    assert "_parts.py" in message
    assert "in _crash" in message


@pytest.mark.parametrize(
    ("misdeed", "category", "message"),
    [
        ("leave", "internal", "test.bad failed: SystemExit: enough"),
        ("unspeakable", "internal", "test.bad failed: _Unspeakable: it cannot be printed"),
        ("exits when asked", "internal", "test.bad failed: _Exits: it cannot be printed"),
        ("denies", "internal", "test.bad failed with an error that cannot be read"),
        ("odd category", "internal", "[AIOS-407] it is odd."),
        ("odd parts", "internal", "it cannot be printed"),
        ("never again", "retryable", "[AIOS-407] the service is gone."),
        ("too late", "retryable", "[AIOS-407] the service is gone."),
        ("malformed", "malformed", "[AIOS-402] the header is torn. It was cut short. Ask for it again."),
        (
            "none",
            "contract",
            "[AIOS-303] extract returned NoneType, not Extraction. Return Extraction(...). (component test.bad, stage extract)",
        ),
        (
            "text",
            "contract",
            "[AIOS-303] extract returned str, not Extraction. Return Extraction(...). (component test.bad, stage extract)",
        ),
    ],
)
def test_what_is_raised_or_wrong_is_a_failure_and_the_worker_stays(bench: Bench, misdeed: str, category: str, message: str) -> None:
    first, answer, last = bench.call(BAD, ["first", misdeed, "last"])
    assert problem(answer) == (category, message)
    assert words(first)[1] == words(last)[1]


@pytest.mark.parametrize("misdeed", ["wrong currency", "wrong items", "object", "large number"])
def test_a_result_that_holds_wrong_types_breaks_the_contract(bench: Bench, misdeed: str) -> None:
    first, answer, last = bench.call(BAD, ["first", misdeed, "last"])
    category, message = problem(answer)
    assert category == "contract"
    assert "test.bad" in message
    assert words(first)[1] == words(last)[1]


def test_a_retryable_error_says_when_to_try_again(bench: Bench) -> None:
    answer = _between(bench, "retryable")
    assert problem(answer) == ("retryable", "[AIOS-407] the service is busy.")
    assert answer.after == 7.5


@pytest.mark.parametrize("misdeed", ["never again", "too late"])
def test_a_time_that_never_comes_is_not_waited_for(bench: Bench, misdeed: str) -> None:
    assert _between(bench, misdeed).after == 0


@pytest.mark.parametrize("misdeed", ["close and return", "write and return"])
def test_a_break_that_is_noticed_too_late_fails_the_one_who_did_it_and_not_those_beside_it(bench: Bench, misdeed: str) -> None:
    answers = bench.call(BAD, ["first", misdeed, "second", misdeed, "last"])
    assert [problem(answers[place])[0] for place in (1, 3)] == ["internal", "internal"]
    assert [words(answers[place])[0] for place in (0, 2, 4)] == ["first", "second", "last"]


def test_a_flood_of_output_neither_blocks_nor_shows(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    assert words(_between(bench, "flood"))[0] == "flood"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("misdeed", ["close everything", "write everywhere"])
def test_who_breaks_the_connection_of_its_worker_is_told_of_it(bench: Bench, misdeed: str) -> None:
    category, message = problem(_between(bench, misdeed))
    assert category == "internal"
    assert message.startswith("test.bad closed or broke the connection of its worker")


def test_a_child_that_comes_back_from_a_component_says_nothing(bench: Bench) -> None:
    answers = bench.call(BAD, ["first", "fork and return", "last"])
    assert [words(answer)[0] for answer in answers] == ["first", "fork and return", "last"]
    assert len({words(answer)[1] for answer in answers}) == 1


def test_a_daemon_that_a_component_leaves_ends_with_its_worker(another: Callable[..., Bench]) -> None:
    bench = another(count=1)
    [answer] = bench.call(BAD, ["daemon"])
    assert words(answer)[0] == "daemon"
    assert until(lambda: len(left_of(bench.mark)) == 2)  # closing the bench ends both


def test_where_several_workers_were_lost_one_stands_by_and_takes_the_place_of_the_next(another: Callable[..., Bench]) -> None:
    bench = another(count=1)
    bench.call(BAD, ["exit"])
    bench.call(BAD, ["good"])
    assert len(left_of(bench.mark)) == 1
    bench.call(BAD, ["exit"])
    before = words(bench.call(BAD, ["good"])[0])[1]
    assert until(lambda: len(left_of(bench.mark)) == 2)
    standing_by = {pid for pid in left_of(bench.mark) if str(pid) != before}
    bench.call(BAD, ["exit"])
    assert {int(words(bench.call(BAD, ["good"])[0])[1])} == standing_by


def test_other_work_goes_on_while_a_worker_is_killed(bench: Bench) -> None:
    async def both() -> tuple[list[UnitAnswer], list[UnitAnswer]]:
        return await asyncio.gather(bench.answers(BAD, ["nap", "nap", "nap", "nap"]), bench.answers(BAD, ["allocate"], memory_mb=100))

    good, bad = bench.run(both())
    assert len({words(answer)[1] for answer in good}) == 1
    assert problem(bad[0])[0] == "limit"


def test_a_deadline_holds_while_the_loop_is_busy(bench: Bench) -> None:
    """The parent's loop may be held up by a component that runs on it."""

    async def busy() -> list[UnitAnswer]:
        waiting = asyncio.create_task(bench.answers(BAD, ["spin"], timeout=0.3))
        await asyncio.sleep(0.2)
        marked = len(left_of(bench.mark))
        assert until(lambda: len(left_of(bench.mark)) < marked)  # without a turn of the loop
        return await waiting

    assert problem(bench.run(busy())[0])[0] == "timeout"


def test_who_takes_a_while_to_die_is_waited_for(another: Callable[..., Bench], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asleep = tmp_path / "asleep"
    asleep.mkdir()
    bench = another(environment={"AIOS_TEST_FOLDER": str(asleep)})

    async def work() -> None:
        asking = asyncio.create_task(bench.answers(BAD, ["hold"]))
        assert await asyncio.to_thread(until, lambda: any(asleep.iterdir()))
        await asyncio.to_thread(bench.pool._attendant.close)  # nobody has begun to bury it
        await asyncio.gather(asking, return_exceptions=True)

    bench.run(work())
    assert left_of(bench.mark) == []
    assert not [record for record in caplog.records if "has not ended" in record.getMessage()]


def test_no_worker_or_child_writes_a_core_file(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _between(bench, "crash")
    assert list(tmp_path.iterdir()) == []
