"""Coroutines that go in step until they wait, and what of a run goes so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from aios_sdk import Pipeline, Store
from aios_sdk.engine._eager import alone, aside, start
from aios_sdk.engine._flow import Turn, Window
from aios_sdk.store import _journal

from ._parts import Notes, note, registry_of


async def _works(name: str, done: list[str], *, waits_for: asyncio.Event | None = None) -> None:
    for number in range(3):
        done.append(f"{name}{number}")
        if waits_for is not None:
            await waits_for.wait()
        await aside()


def _in_a_group(begin: Callable[[asyncio.TaskGroup], Coroutine[object, object, None]]) -> None:
    async def work() -> None:
        async with asyncio.TaskGroup() as tasks:
            await begin(tasks)

    asyncio.run(work())


def test_those_that_are_started_together_do_one_thing_each_then_the_next() -> None:
    done: list[str] = []

    async def begin(tasks: asyncio.TaskGroup) -> None:
        start([_works("a", done), _works("b", done)], tasks)
        assert done == ["a0", "b0", "a1", "b1", "a2", "b2"]

    _in_a_group(begin)


def test_one_that_waits_keeps_no_other_and_goes_on_by_itself() -> None:
    done: list[str] = []

    async def begin(tasks: asyncio.TaskGroup) -> None:
        event = asyncio.Event()
        start([_works("a", done, waits_for=event), _works("b", done)], tasks)
        assert done == ["a0", "b0", "b1", "b2"]
        event.set()

    _in_a_group(begin)
    assert done[4:] == ["a1", "a2"]


def test_what_one_raises_reaches_the_starter_and_ends_the_others() -> None:
    ended: list[str] = []

    async def fails() -> None:
        await aside()
        raise ValueError("it cannot go on")

    async def ends() -> None:
        try:
            await aside()
            await aside()
            ended.append("went on")
        finally:
            ended.append("ended")

    async def begin(tasks: asyncio.TaskGroup) -> None:
        with pytest.raises(ValueError, match="cannot go on"):
            start([ends(), fails(), ends()], tasks)

    _in_a_group(begin)
    assert ended == ["ended", "ended"]


def test_one_alone_steps_aside_for_nobody() -> None:
    done: list[str] = []

    async def begin(tasks: asyncio.TaskGroup) -> None:
        tasks.create_task(alone(_works("a", done)))
        tasks.create_task(alone(_works("b", done)))

    _in_a_group(begin)
    assert done == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_what_is_quick_goes_a_few_together_and_what_is_slow_goes_alone() -> None:
    async def grown(*passed: tuple[int, float]) -> list[int]:
        turn, together = Turn(), []
        for count, seconds in passed:
            await turn.over(count, seconds)
            together.append(turn.together)
        return together

    assert asyncio.run(grown((1, 0.0001), (2, 0.0002), (4, 0.0004), (8, 0.0008), (16, 0.0016))) == [2, 4, 8, 16, 16]
    assert asyncio.run(grown((1, 0.0), (2, 1.0))) == [2, 1]


def test_a_window_takes_as_many_as_there_is_room_for() -> None:
    async def work() -> list[int]:
        window = Window(5)
        taken = [await window.enter(3), await window.enter(3)]
        window.leave(0)
        return [*taken, await window.enter(3)]

    assert asyncio.run(work()) == [3, 2, 1]


@pytest.mark.parametrize("window", [1, 6])
def test_a_run_never_waits_for_a_journal_that_waits_for_it(fresh: Store, monkeypatch: pytest.MonkeyPatch, window: int) -> None:
    monkeypatch.setattr(_journal, "_FOR_EACH", 3600.0)
    monkeypatch.setattr(_journal, "_AT_MOST", 3600.0)
    sources = [note(f"n{number}") for number in range(20)]
    outcomes = list(Pipeline("p").ingest().run(sources, store=fresh, registry=registry_of(Notes), progress=False, window=window))
    assert [outcome.name for outcome in outcomes] == [source.name for source in sources]
