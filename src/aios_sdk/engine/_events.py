"""What happens during a run, told to observers, who can watch and alter nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ..records import Document, Outcome, StepOutcome

_log = logging.getLogger("aios.observers")


class Observer:
    """Override what you want to see. Methods are called on the engine's thread and should return at once; what they raise is logged.

    Example::

        class Printer(Observer):
            def document_finished(self, outcome: Outcome) -> None:
                print(outcome.name, outcome.status)
    """

    def run_started(self, run: str, pipeline: str) -> None:
        """A run has begun."""

    def document_found(self, document: Document) -> None:
        """A document, a part of one, or a case was found."""

    def step_finished(self, document: Document, outcome: StepOutcome, seconds: float) -> None:
        """A step ended for a document."""

    def document_finished(self, outcome: Outcome) -> None:
        """A document or case has its outcome, and it is durable."""

    def component_paused(self, component: str, seconds: float, reason: str) -> None:
        """Calls of a component failed one after the other; it is left alone for some seconds. ``reason`` is what the last call said."""

    def run_stopping(self, run: str, seconds: float) -> None:
        """The run was asked to stop: it takes nothing new, and what is under way has as many seconds to be finished."""

    def run_finished(self, run: str, status: str) -> None:
        """The run ended: ``completed``, ``interrupted`` or ``failed``."""


class Observers:
    """Calls every observer, whatever one of them raises."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)

    def tell(self, event: str, *arguments: Any) -> None:
        """Call method ``event`` of every observer."""
        for observer in self._observers:
            try:
                getattr(observer, event)(*arguments)
            except Exception:  # noqa: BLE001 - an observer's fault must not alter the run
                _log.exception("observer %s failed in %s", type(observer).__name__, event)
