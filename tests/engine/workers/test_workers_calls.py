"""Calls of components in workers: opened once, fed in batches, every type checked on the way back."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aios_sdk import Registry
from aios_sdk.engine.workers import Unit

from . import _parts
from ._parts import Counter
from ._pools import Bench, planned, problem, taken, words


def test_a_component_is_opened_once_in_a_worker_and_given_empty_scratch_space_each_time(bench: Bench) -> None:
    component = planned("echo", mark="once")
    first, second = bench.call(component, ["a", "b"])
    [third] = bench.call(component, ["c"])
    assert [words(answer)[:1] for answer in (first, second, third)] == [["a"], ["b"], ["c"]]
    assert {words(answer)[1] for answer in (first, second, third)} == {words(first)[1]} != {str(os.getpid())}
    assert [words(answer)[2:5] for answer in (first, second, third)] == [["1", "0", "once"]] * 3


def test_a_component_knows_its_run_and_step_and_works_in_one_thread(bench: Bench) -> None:
    [answer] = bench.call(planned("echo"), ["a"])
    assert words(answer)[5:] == ["('1', '1', 1)", "r", "s"]
    assert answer.wall > 0
    assert answer.waited > 0


def test_equal_components_share_an_instance_and_others_do_not(bench: Bench) -> None:
    [first] = bench.call(planned("echo", mark="shared"), ["a"])
    [second] = bench.call(planned("echo", mark="shared"), ["a"])
    [other] = bench.call(planned("echo", mark="other"), ["a"])
    assert [words(answer)[2] for answer in (first, second, other)] == ["1", "1", "1"]
    assert words(other)[4] == "other"


def test_functions_instances_and_asynchronous_methods_work_in_workers(another: Callable[..., Bench]) -> None:
    instance = Counter()
    instance.start = 41
    known = Registry()
    for each in (_parts.function, _parts.Later, instance):
        known.add(each)
    bench = another(known=known, count=1)
    assert [words(answer) for answer in bench.call(planned("function"), ["a", "b"])] == [["function", "a"], ["function", "b"]]
    assert [words(answer) for answer in bench.call(planned("instance"), ["a"])] == [["instance", "41"]]
    assert [words(answer) for answer in bench.call(planned("later"), ["a"])] == [["a"]]


def test_what_a_component_logs_reaches_the_loggers_here(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        bench.call(planned("echo"), ["a whisper"])
    assert ("test.echo", logging.WARNING, "heard a whisper") in caplog.record_tuples


def test_answers_come_as_they_are_found(bench: Bench) -> None:
    async def first_of_two() -> tuple[int, bool]:
        units = [Unit(_parts.document(text)) for text in ("quick", "sleep")]
        async with taken(bench.pool.call(planned("bad"), "extract", "s", units, run="r", timeout=60.0)) as answers:
            answer = await anext(answers)
            return answer.unit, answer.failure is None

    assert bench.run(first_of_two()) == (0, True)


def test_leaving_early_frees_the_place_of_the_worker(another: Callable[..., Bench]) -> None:
    bench = another(count=1)

    async def leave_and_come_back() -> list[str]:
        units = [Unit(_parts.document(text)) for text in ("quick", "sleep")]
        async with taken(bench.pool.call(planned("bad"), "extract", "s", units, run="r", timeout=None)) as answers:
            await anext(answers)
        return words((await bench.answers(planned("bad"), ["again"]))[0])[:1]

    assert bench.run(leave_and_come_back()) == ["again"]


def test_a_task_that_is_cancelled_frees_the_place_of_its_worker(another: Callable[..., Bench]) -> None:
    bench = another(count=1)

    async def cancel_and_come_back() -> list[str]:
        task = asyncio.create_task(bench.answers(planned("bad"), ["sleep"], timeout=None))
        waiting = asyncio.create_task(bench.answers(planned("bad"), ["waiting"]))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return words((await waiting)[0])[:1]

    assert bench.run(cancel_and_come_back()) == ["waiting"]


def test_work_is_spread_over_the_workers(bench: Bench) -> None:
    async def two_at_once() -> set[str]:
        found = await asyncio.gather(*(bench.answers(planned("bad"), ["nap"]) for _ in range(4)))
        return {words(answers[0])[1] for answers in found}

    assert len(bench.run(two_at_once())) == 2


# -- batch companions -------------------------------------------------------------------------------------------------------


def test_a_batch_companion_gets_all_documents_at_once_and_one_document_goes_alone(bench: Bench) -> None:
    assert [words(answer) for answer in bench.call(planned("together"), ["a", "b"])] == [["together", "a"], ["together", "b"]]
    assert [words(answer) for answer in bench.call(planned("together"), ["a"])] == [["alone", "a"]]


def test_an_error_in_the_place_of_a_result_fails_that_document_only(bench: Bench) -> None:
    good, bad = bench.call(planned("together"), ["a", "bad"])
    assert words(good) == ["together", "a"]
    assert problem(bad) == ("malformed", "[AIOS-402] it is bad.")


@pytest.mark.parametrize(("how", "category"), [("unspeakable", "internal"), ("exit", "internal"), ("malformed", "malformed")])
def test_when_all_at_once_fails_each_is_tried_alone(bench: Bench, how: str, category: str) -> None:
    first, bad, last = bench.call(planned("together", how=how), ["a", "bad", "c"])
    assert (words(first), words(last)) == (["alone", "a"], ["alone", "c"])
    assert problem(bad)[0] == category


def test_a_batch_that_is_late_is_tried_one_by_one(bench: Bench) -> None:
    first, bad = bench.call(planned("together", how="spin"), ["a", "bad"], timeout=0.3)
    assert words(first) == ["alone", "a"]
    assert problem(bad) == ("timeout", "test.together did not end within 0.3 s")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("one less", "extract_batch gave 1 results for 2 documents"),
        ("without end", "extract_batch gave more results for 2 documents"),
        ("nothing", "extract_batch returned NoneType, which cannot be iterated"),
    ],
)
def test_a_batch_of_another_length_breaks_the_contract(bench: Bench, how: str, said: str) -> None:
    for answer in bench.call(planned("together", how=how), ["a", "b"]):
        category, message = problem(answer)
        assert category == "contract"
        assert said in message
        assert "test.together" in message


# -- what cannot travel -----------------------------------------------------------------------------------------------------


def test_a_component_within_a_function_is_refused_with_the_way_out(another: Callable[..., Bench]) -> None:
    from aios_sdk import Document, Extraction, component, implements

    @component("test.local", isolation="process")
    class Local:
        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction()

    known = Registry()
    known.add(Local)
    [answer] = another(known=known).call(planned("local"), ["a"])
    category, message = problem(answer)
    assert category == "contract"
    assert "it is defined within a function" in message
    assert "isolation='inline'" in message


def test_settings_that_cannot_be_pickled_are_refused_with_the_way_out(another: Callable[..., Bench]) -> None:
    instance = Counter()
    instance.start = lambda: 41  # type: ignore[assignment]  # what is tested
    known = Registry()
    known.add(instance)
    [answer] = another(known=known).call(planned("instance"), ["a"])
    category, message = problem(answer)
    assert category == "contract"
    assert "The settings of test.instance cannot be sent to a worker" in message


def test_an_unknown_component_is_a_failure_and_costs_no_worker(another: Callable[..., Bench], tmp_path: Path) -> None:
    bench = another()
    assert problem(bench.call(planned("nobody"), ["a"])[0])[0] == "unavailable"
    assert not bench.scratch.exists()
