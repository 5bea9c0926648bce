"""Coroutines of components, whatever they do to their tasks: each document has its outcome, and the run ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from aios_sdk import Classification, Document, Pipeline, Store, component, implements
from aios_sdk.engine import _coroutines

from ._parts import Notes, by_name, conservation, note, registry_of, run


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_coroutines, "_COURTESY", 0.05)


async def _swallow() -> None:
    for _ in range(100):  # in effect for ever, and pytest ends whatever becomes of it
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            continue


async def _swallow_once() -> None:
    try:
        await asyncio.sleep(1000)
    except asyncio.CancelledError:
        return


async def _fail_when_cancelled() -> None:
    try:
        await asyncio.sleep(1000)
    except asyncio.CancelledError:
        raise ValueError("not now") from None


async def _cancel_itself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


_left: set[asyncio.Task[None]] = set()


async def _leave_a_task() -> None:
    _left.add(asyncio.create_task(_swallow()))


_DEEDS: dict[str, Callable[[], Awaitable[None]]] = {
    "swallow": _swallow,
    "swallow once": _swallow_once,
    "fail when cancelled": _fail_when_cancelled,
    "cancel itself": _cancel_itself,
    "leave a task": _leave_a_task,
}


@component("test.deeds-async", isolation="async")
class Deeds:
    """Does what the document's name says."""

    @implements
    async def classify(self, document: Document) -> Classification:
        if document.name in _DEEDS:
            await _DEEDS[document.name]()
        return Classification()


@component("test.deeds-together", isolation="async", batch=16)
class Together:
    """The same for several at once."""

    @implements
    async def classify(self, document: Document) -> Classification:
        if document.name in _DEEDS:
            await _DEEDS[document.name]()
        return Classification()

    @implements
    async def classify_batch(self, documents: Sequence[Document]) -> Sequence[Classification]:
        return [await self.classify(document) for document in documents]


_LATE = ("timeout", "{} did not end within 0.2 s")
_ENDS = {
    "swallow": _LATE,
    "swallow once": _LATE,
    "fail when cancelled": _LATE,
    "cancel itself": ("internal", "{} failed: CancelledError: "),
    "leave a task": None,
}


@pytest.mark.parametrize("deeds", [Deeds, Together])
@pytest.mark.parametrize("deed", _ENDS)
def test_whatever_a_coroutine_does_to_its_task_costs_its_own_document(deeds: type, deed: str, store: Store) -> None:
    found = by_name(run(Pipeline("p").ingest().classify(deeds, timeout=0.2), [note(deed), note("good")], store, deeds))
    assert found["good"].status == "completed"
    failures = [(failure.category, failure.message) for failure in found[deed].failures]
    expected = _ENDS[deed]
    name = "test.deeds-async" if deeds is Deeds else "test.deeds-together"
    assert failures == ([] if expected is None else [(expected[0], expected[1].format(name))])
    row = conservation(store)
    assert (row["run_status"], row["found"], row["unfinished"], row["holds"]) == ("completed", 2, 0, True)


def test_a_run_that_is_left_does_not_wait_for_a_coroutine_that_does_not_end(store: Store) -> None:
    outcomes = iter(
        Pipeline("p")
        .ingest()
        .classify(Deeds)
        .run([note("good"), note("swallow")], store=store, registry=registry_of(Notes, Deeds), progress=False)
    )
    assert next(outcomes).name == "good"
    outcomes.close()  # type: ignore[attr-defined]  # a generator
    assert conservation(store)["run_status"] == "interrupted"
