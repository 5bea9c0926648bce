"""An observer that remembers what it was told."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from aios_sdk.engine import Observer
from aios_sdk.records import Document, Outcome, StepOutcome


class Event(NamedTuple):
    """One thing that happened: the name of the observer's method, and what it was told."""

    name: str
    arguments: tuple[Any, ...]


class EventRecorder(Observer):
    """Records the events of runs in the order in which they came.

    Example::

        recorder = fakes.EventRecorder()
        list(pipeline.run("inbox/", store=store, observers=[recorder]))
        assert recorder.names[0] == "run_started"
        assert recorder.steps("letter.txt")["extract.fields"].status == "ok"
    """

    def __init__(self) -> None:
        self.events: Final[list[Event]] = []

    # -- what it is told ----------------------------------------------------------------------------------------------

    def run_started(self, run: str, pipeline: str) -> None:
        """Kept."""
        self.events.append(Event("run_started", (run, pipeline)))

    def document_found(self, document: Document) -> None:
        """Kept."""
        self.events.append(Event("document_found", (document,)))

    def document_split(self, packet: Document, parts: tuple[Document, ...]) -> None:
        """Kept."""
        self.events.append(Event("document_split", (packet, parts)))

    def step_finished(self, document: Document, outcome: StepOutcome, seconds: float) -> None:
        """Kept."""
        self.events.append(Event("step_finished", (document, outcome, seconds)))

    def document_finished(self, outcome: Outcome) -> None:
        """Kept."""
        self.events.append(Event("document_finished", (outcome,)))

    def run_finished(self, run: str, status: str) -> None:
        """Kept."""
        self.events.append(Event("run_finished", (run, status)))

    # -- what it is asked ---------------------------------------------------------------------------------------------

    @property
    def names(self) -> list[str]:
        """The names of the events, in order."""
        return [event.name for event in self.events]

    def of(self, name: str) -> list[tuple[Any, ...]]:
        """What was told by the events of that name, in order."""
        return [event.arguments for event in self.events if event.name == name]

    @property
    def documents(self) -> list[Document]:
        """The documents that were found, as they were then."""
        return [document for (document,) in self.of("document_found")]

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """The outcomes by the names of their documents; of several documents of one name, the latest."""
        return {outcome.name: outcome for (outcome,) in self.of("document_finished")}

    def steps(self, name: str) -> dict[str, StepOutcome]:
        """How the steps ended for the documents called ``name``, by step, the latest where a step ended more than once."""
        return {outcome.step: outcome for document, outcome, _ in self.of("step_finished") if document.name == name}

    @property
    def status(self) -> str | None:
        """How the latest run ended; None while none has."""
        ended = self.of("run_finished")
        return str(ended[-1][1]) if ended else None

    def clear(self) -> None:
        """Forget everything."""
        self.events.clear()
