"""The time that all steps of one document may take together, and the memory of one call."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from aios_sdk import Classification, Context, Document, Limits, Pipeline, Source, Store, component, implements

from ._parts import by_name, conservation, document_of, latest, note, run


@component("test.sleeps", isolation="process")
class Sleeps:
    """Takes a minute for one document."""

    @implements
    def classify(self, document: Document) -> Classification:
        if document.name == "slow":
            time.sleep(60)
        return Classification()


@component("test.sleeps-inline")
class SleepsInline:
    """Takes its time for one document, and nobody can interrupt it."""

    @implements
    def classify(self, document: Document) -> Classification:
        if document.name == "slow":
            time.sleep(0.3)
        return Classification()


@component("test.sleeps-a-while", isolation="process")
class SleepsAWhile:
    """Takes less than the time for one document, and more than that for all."""

    @implements
    def classify(self, document: Document) -> Classification:
        time.sleep(0.1)
        return Classification()


@component("test.ingests-slowly", media_types=["application/x-slow"], provides=["text"], isolation="process")
class IngestsSlowly:
    """Takes a minute to ingest."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        time.sleep(60)
        yield document_of("too late")


@component("test.eats", isolation="process")
class Eats:
    """Takes what one document wants of memory."""

    @implements
    def classify(self, document: Document) -> Classification:
        if document.name == "large":
            _ = [b"x" * (32 << 20) for _ in range(12)]
            time.sleep(60)
        return Classification()


def test_a_step_that_takes_longer_than_its_document_may_fails_as_timeout(store: Store) -> None:
    found = by_name(run(Pipeline("p").ingest().classify(Sleeps), [note("slow"), note("fast")], store, Sleeps, limits=Limits(timeout=0.3)))
    assert (found["slow"].status, found["slow"].failures[0].category, found["slow"].failures[0].retryable) == ("failed", "timeout", True)
    assert found["fast"].status == "completed"


def test_the_shorter_of_the_times_for_a_step_and_for_its_document_holds(store: Store) -> None:
    for timeout, limit in ((0.2, 1000.0), (1000.0, 0.2)):
        pipeline = Pipeline("p").ingest().classify(Sleeps, timeout=timeout)
        [outcome] = run(pipeline, [note("slow")], store, Sleeps, limits=Limits(timeout=limit))
        assert outcome.failures[0].category == "timeout"
        told = re.search(r"did not end within (\S+) s", outcome.failures[0].message)
        assert told is not None
        assert 0.0 < float(told[1]) <= 0.2  # what ingesting took of the time of its document is gone


def test_a_step_that_cannot_be_interrupted_ends_and_none_is_begun_after_it(store: Store) -> None:
    pipeline = Pipeline("p").ingest().classify(SleepsInline, name="first").classify(SleepsInline, name="second")
    found = by_name(run(pipeline, [note("slow"), note("fast")], store, SleepsInline, limits=Limits(timeout=0.2)))
    assert {step.step: step.status for step in found["slow"].steps} == {"ingest": "ok", "first": "ok", "second": "failed"}
    [failure] = found["slow"].failures
    assert (failure.category, failure.retryable) == ("timeout", True)
    assert "the limit for a document is 0.2 s" in failure.message
    assert found["fast"].status == "completed"
    assert latest(store, "select category, step from failures where run_id = $1") == [("timeout", "second")]


def test_what_the_steps_before_took_is_no_longer_left(store: Store) -> None:
    left: list[float | None] = []

    @component("test.asks-what-is-left")
    class Asks:
        @implements
        def classify(self, document: Document, context: Context) -> Classification:
            left.append(context.remaining())
            time.sleep(0.1)
            return Classification()

    pipeline = Pipeline("p").ingest().classify(Asks, name="first").classify(Asks, name="second").classify(Asks, name="third", timeout=7)
    run(pipeline, [note("a")], store, Asks, limits=Limits(timeout=1000))
    first, second, third = (seconds or 0.0 for seconds in left)
    assert 999 < first <= 1000
    assert second <= first - 0.1
    assert 6 < third <= 7


def test_waiting_for_a_worker_is_not_counted(store: Store) -> None:
    notes = [note(f"n{number}") for number in range(15)]
    found = run(Pipeline("p").ingest().classify(SleepsAWhile), notes, store, SleepsAWhile, limits=Limits(timeout=1.0), workers=1)
    assert {outcome.status for outcome in found} == {"completed"}


def test_ingesting_has_the_same_limit(store: Store) -> None:
    slow = Source(name="slow", key="slow", data=b"x", media_type="application/x-slow")
    found = by_name(run(Pipeline("p").ingest(), [slow, note("fast")], store, IngestsSlowly, limits=Limits(timeout=0.3)))
    assert (found["slow"].status, found["slow"].failures[0].category) == ("failed", "timeout")
    assert found["fast"].status == "completed"
    assert conservation(store)["holds"]


def test_a_call_that_takes_more_memory_than_it_may_fails_as_limit(store: Store) -> None:
    notes = [note("before"), note("large"), note("after")]
    found = by_name(run(Pipeline("p").ingest().classify(Eats), notes, store, Eats, limits=Limits(memory_mb=150)))
    assert {name: outcome.status for name, outcome in found.items()} == {"before": "completed", "large": "failed", "after": "completed"}
    assert found["large"].failures[0].category == "limit"
    assert "150 MiB" in found["large"].failures[0].message
