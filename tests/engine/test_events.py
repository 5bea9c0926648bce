"""Observers are told of everything and can alter nothing; OpenTelemetry is one of them."""

from __future__ import annotations

from typing import Any

import pluggy
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from aios_sdk import Outcome, Pipeline, Store
from aios_sdk.engine import Observer, Tracing

from ._parts import FirstWords, latest, note, run

PIPELINE = Pipeline("told").ingest().extract(FirstWords)


class Duck:
    """No subclass of anything, with fewer arguments than are told."""

    def __init__(self, told: list[Any]) -> None:
        self.told = told

    def document_finished(self, outcome: Outcome) -> None:
        self.told.append(outcome.name)

    def step_finished(self, seconds: float) -> None:
        self.told.append(seconds >= 0)


class Raises(Observer):
    """Fails whatever it is told."""

    def document_finished(self, outcome: Outcome) -> None:
        raise RuntimeError("my own fault")


class Misspelt:
    """Asks for what is not told."""

    def document_finished(self, result: Outcome) -> None:
        raise AssertionError("never called")


def test_any_object_with_methods_of_these_names_observes_with_the_arguments_that_it_takes(store: Store) -> None:
    told: list[Any] = []
    run(PIPELINE, [note("a", "one two")], store, FirstWords, observers=(Duck(told), Duck(told)))
    assert sorted(told, key=str) == [True, True, True, True, "a", "a"]


def test_an_observer_that_fails_keeps_nobody_from_being_told_and_alters_no_result(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    told: list[Any] = []
    [outcome] = run(PIPELINE, [note("a", "one two")], store, FirstWords, observers=(Raises(), Duck(told), Raises()))
    assert outcome.status == "completed"
    assert "a" in told
    assert caplog.text.count("observer Raises failed in document_finished") == 2


def test_an_observer_that_asks_for_what_is_not_told_is_refused_before_anything_is_done(store: Store) -> None:
    runs = store.sql("select count(*) from runs").fetchall()
    with pytest.raises(pluggy.PluginValidationError, match="result"):
        run(PIPELINE, [note("a", "one two")], store, FirstWords, observers=(Misspelt(),))
    assert store.sql("select count(*) from runs").fetchall() == runs


def _spans(exporter: InMemorySpanExporter) -> dict[str, list[ReadableSpan]]:
    spans: dict[str, list[ReadableSpan]] = {}
    for span in exporter.get_finished_spans():
        spans.setdefault(span.name, []).append(span)
    return spans


def test_a_run_is_a_span_and_below_it_is_one_for_each_batch_of_a_step_without_any_text(store: Store) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    notes = [note(f"secret-{number}", f"hidden {number}") for number in range(300)]
    run(PIPELINE, [*notes, note("secret-empty", " ")], store, FirstWords, observers=(Tracing(provider),))
    spans = _spans(exporter)
    [whole] = spans["aios.run"]
    assert whole.attributes is not None
    assert (whole.attributes["aios.pipeline"], whole.attributes["aios.status"]) == ("told", "completed")
    assert latest(store, "select $1") == [(whole.attributes["aios.run"],)]
    steps = spans["aios.step"]
    assert all(span.parent is not None and span.parent.span_id == whole.context.span_id for span in steps)
    counted = dict.fromkeys(("ingest", "extract.test.first-words"), 0)
    for span in steps:
        assert span.attributes is not None
        counted[str(span.attributes["aios.step"])] += int(str(span.attributes["aios.documents"]))
    assert counted == {"ingest": 301, "extract.test.first-words": 301}
    assert len(steps) < 20
    assert any(span.status.status_code is trace.StatusCode.ERROR for span in steps)
    everything = "".join(span.to_json() for span in exporter.get_finished_spans())
    assert "secret" not in everything
    assert "hidden" not in everything
