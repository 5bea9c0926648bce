"""What passes by itself: calls that ask for it are tried again, at most so many at a time, and who keeps failing is paused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from aios_sdk import Document, Extraction, Limits, Observer, Pipeline, Retryable, Store, Unavailable, component, implements
from aios_sdk.engine import _patience

from ._parts import Notes, note, registry_of


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_patience, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(_patience, "FIRST_PAUSE", 0.05)


@pytest.mark.parametrize("isolation", ["inline", "async"])
def test_a_call_that_asks_for_it_is_made_again(store: Store, isolation: str) -> None:
    tries: list[str] = []

    def answer(document: Document) -> Extraction:
        tries.append(document.name)
        if len(tries) < 3:
            raise Retryable("busy", after=0.01)
        return Extraction()

    @component("test.busy", requires=["text"])
    class Busy:
        @implements
        def extract(self, document: Document) -> Extraction:
            return answer(document)

    @component("test.busy", requires=["text"])
    class AsyncBusy:
        @implements
        async def extract(self, document: Document) -> Extraction:
            return answer(document)

    registry = registry_of(Notes, Busy if isolation == "inline" else AsyncBusy)
    (outcome,) = Pipeline("p").ingest().extract("test.busy").run([note("a")], store=store, registry=registry, progress=False)
    assert outcome.status == "completed"
    assert tries == ["a"] * 3


def test_a_call_that_never_gets_through_fails_as_retryable_after_a_few_tries(store: Store) -> None:
    tries: list[str] = []

    @component("test.down", requires=["text"])
    class Down:
        @implements
        def extract(self, document: Document) -> Extraction:
            tries.append(document.name)
            raise Retryable("the service answered 503")

    (outcome,) = (
        Pipeline("p").ingest().extract("test.down").run([note("a")], store=store, registry=registry_of(Notes, Down), progress=False)
    )
    assert (outcome.status, outcome.failures[0].category, outcome.failures[0].retryable) == ("failed", "retryable", True)
    assert len(tries) == _patience.TRIES


def test_no_more_calls_are_under_way_than_the_limits_say(store: Store) -> None:
    under_way, most = 0, 0

    @component("test.slow", requires=["text"], network=["api.example.com"])
    class Slow:
        @implements
        async def extract(self, document: Document) -> Extraction:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.005)
            under_way -= 1
            return Extraction()

    limits = Limits(calls={"api.example.com": 2})
    pipeline = Pipeline("p").ingest().extract("test.slow")
    notes = [note(f"{number}") for number in range(12)]
    done = list(pipeline.run(notes, store=store, registry=registry_of(Notes, Slow), progress=False, limits=limits, workers=8))
    assert len(done) == 12
    assert most == 2


def test_a_component_that_keeps_failing_is_paused_and_observers_are_told(store: Store) -> None:
    told: list[tuple[str, str]] = []

    class Ears(Observer):
        def component_paused(self, component: str, seconds: float, reason: str) -> None:
            told.append((component, reason))

    calls: list[str] = []

    @component("test.gone", requires=["text"])
    class Gone:
        @implements
        def extract(self, document: Document) -> Extraction:
            calls.append(document.name)
            if len(calls) <= _patience.PAUSED_AFTER:
                raise Unavailable("there is no such program")
            return Extraction()

    def notes() -> Iterator[object]:
        yield from (note(f"{number}") for number in range(8))

    outcomes = list(
        Pipeline("p")
        .ingest()
        .extract("test.gone")
        .run(notes(), store=store, registry=registry_of(Notes, Gone), progress=False, observers=[Ears()])
    )
    assert [component for component, _ in told] == ["test.gone"]
    assert "there is no such program" in told[0][1]
    assert sorted(outcome.status for outcome in outcomes) == ["completed"] * 3 + ["failed"] * 5
