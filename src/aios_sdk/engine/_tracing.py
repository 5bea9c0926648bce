"""OpenTelemetry: a span for each run, and below it one for each batch of a step; never what documents say."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from ..records import Document, StepOutcome
from ._events import Observer

if TYPE_CHECKING:
    from opentelemetry.trace import Span, TracerProvider

#: Documents that one span stands for at most, and the seconds after which it ends when there are fewer.
_DOCUMENTS: Final = 256
_SECONDS: Final = 1.0


class Tracing(Observer):
    """Tells OpenTelemetry of a run: the span ``aios.run``, and below it a span ``aios.step`` for each 256 documents that passed a step, or
    for each second of them.

    Attributes of ``aios.step`` are ``aios.step``, ``aios.stage``, ``aios.component`` (``mixed`` where several answered),
    ``aios.documents``, ``aios.seconds`` (spent in the component; with several workers that may exceed the span), and how many ended as
    what: ``aios.status.failed`` and so on. A step with failures has the status ERROR. Names, keys and texts of documents are not told.

    A run makes one by itself where the program has set up OpenTelemetry; give one with a ``provider`` of your own in ``observers=``.
    """

    def __init__(self, provider: TracerProvider | None = None) -> None:
        from opentelemetry import trace

        self._tracer = trace.get_tracer("aios_sdk", tracer_provider=provider)
        self._run: Span | None = None
        self._batches: dict[str, _Batch] = {}

    def run_started(self, run: str, pipeline: str) -> None:
        self._run = self._tracer.start_span("aios.run", attributes={"aios.run": run, "aios.pipeline": pipeline})

    def step_finished(self, document: Document, outcome: StepOutcome, seconds: float) -> None:
        now = time.time_ns()
        batch = self._batches.get(outcome.step)
        if batch is None:
            batch = self._batches[outcome.step] = _Batch(now - int(seconds * 1e9), outcome)
        batch.add(now, outcome, seconds)
        if batch.count >= _DOCUMENTS or now - batch.began > _SECONDS * 1e9:
            self._end(self._batches.pop(outcome.step))

    def run_finished(self, run: str, status: str) -> None:
        for batch in self._batches.values():
            self._end(batch)
        self._batches.clear()
        if self._run is not None:
            self._run.set_attribute("aios.status", status)
            _mark(self._run, failed=status == "failed")
            self._run.end()

    def _end(self, batch: _Batch) -> None:
        from opentelemetry import trace

        context = None if self._run is None else trace.set_span_in_context(self._run)
        span = self._tracer.start_span("aios.step", context=context, start_time=batch.began, attributes=batch.attributes())
        _mark(span, failed=batch.ended["failed"] > 0)
        span.end(batch.until)


class _Batch:
    """What is known of some documents at one step."""

    def __init__(self, began: int, first: StepOutcome) -> None:
        self.began = self.until = began
        self.count = 0
        self.ended: Counter[str] = Counter()
        self._seconds = 0.0
        self._step, self._stage = first.step, first.stage
        self._components: set[str] = set()

    def add(self, now: int, outcome: StepOutcome, seconds: float) -> None:
        """One more document has passed."""
        self.until = now
        self.count += 1
        self.ended[outcome.status] += 1
        self._seconds += seconds
        self._components.add(outcome.component)

    def attributes(self) -> dict[str, str | int | float]:
        """What the span tells."""
        component = next(iter(self._components)) if len(self._components) == 1 else "mixed"
        return {
            "aios.step": self._step,
            "aios.stage": self._stage,
            "aios.component": component,
            "aios.documents": self.count,
            "aios.seconds": self._seconds,
            **{f"aios.status.{status}": count for status, count in self.ended.items()},
        }


def _mark(span: Span, *, failed: bool) -> None:
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR if failed else StatusCode.OK)


def tracing() -> tuple[Observer, ...]:
    """What traces a run: nothing, unless the program has set up OpenTelemetry, which cannot be without having imported it."""
    if "opentelemetry.trace" not in sys.modules:
        return ()
    from opentelemetry import trace

    provider = trace.get_tracer_provider()
    return () if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider) else (Tracing(),)
