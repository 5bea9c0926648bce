"""The straight way through a step: a component of this process answers at once, and nothing is the matter with its answer.

Most documents pass most steps so. Here is all that such a step takes and nothing else, since asking about everything that may be otherwise
costs more than many a component does. It does what `Steps` does, in the same order; whatever is out of the ordinary is left to that.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from ..errors import StoreFull
from ..records import Document, StepOutcome, merge_layers
from ..store import Answerer, Run
from ._calls import Caller, Calls
from ._choice import Candidate, Chooser
from ._memory import Memory, Trace
from ._patience import Patience
from ._plan import PlannedStep
from ._verify import verified
from .workers import UnitAnswer

#: The document with what a step added, how the step ended, and the seconds it took.
Passed: TypeAlias = tuple[Document, StepOutcome, float]


class _Way(msgspec.Struct, frozen=True):
    """What is the same for all documents of a media type: who is asked, what must be there, and what is recorded of every answer."""

    candidate: Candidate
    needs: tuple[str, ...]
    call: Caller
    answerer: Answerer
    outcome: StepOutcome


class Straight:
    """Steps that go the straight way, for one run; those of one document may take so many ``seconds`` together.

    ``use`` records who is asked about a step, before it is asked for the first time.
    """

    def __init__(
        self,
        run: Run,
        chooser: Chooser,
        calls: Calls,
        memory: Memory,
        patience: Patience,
        *,
        use: Callable[[PlannedStep, Candidate], None],
        seconds: float | None,
    ) -> None:
        self._run = run
        self._chooser = chooser
        self._calls = calls
        self._memory = memory
        self._patience = patience
        self._use = use
        self._seconds = seconds
        self._ways: dict[tuple[int, str], _Way | None] = {}

    def apply(self, step: PlannedStep, document: Document, trace: Trace) -> Passed | UnitAnswer | None:
        """What `Steps.apply` gives, if the step goes this way to its end.

        Else the answer of its component, if that was asked, with which `Steps.apply` goes on; or None: nothing was done.
        """
        place = (id(step), document.media_type)  # the engine keeps the step alive, so its id stays its own
        way = self._ways.get(place)
        if way is None:
            way = self._way(step, document, place)
            if way is None:
                return None
        layers = document.layers
        for layer in way.needs:
            if not getattr(layers, layer):
                return None
        if document.members or (self._seconds is not None and trace.spent >= self._seconds):
            return None
        key = self._memory.key(step, way.candidate, document, trace)
        if key and self._memory.recall(key, way.candidate) is not None:
            return None
        timeout = step.timeout
        if self._seconds is not None:
            timeout = min(self._seconds - trace.spent, self._seconds if timeout is None else timeout)
        started, begun = dt.datetime.now(dt.UTC), time.perf_counter()
        try:
            result = way.call(document, timeout)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - extensions raise panics that are no Exception, and parsers call sys.exit
            return self._calls.failed(way.candidate.component, error, None, time.perf_counter() - begun)
        wall = time.perf_counter() - begun
        gained, failure = verified(document, step.id, result, way.candidate.info.id)
        if failure is not None:
            return UnitAnswer(0, result, None, 0.0, wall, wall)
        added = document
        if gained.contents:
            added = document.with_layers(merge_layers(layers, gained.layers, gained.contents))
        try:
            self._run.answered(added, way.answerer, key, started, wall, gained.layers, gained.contents)
        except StoreFull:
            raise
        except Exception:  # noqa: BLE001 - the long way records what was wrong with it
            return UnitAnswer(0, result, None, 0.0, wall, wall)
        self._patience.well(way.candidate.info.id)
        trace.spent += wall
        trace.add(gained)
        return added, way.outcome, wall

    def _way(self, step: PlannedStep, document: Document, place: tuple[int, str]) -> _Way | None:
        """The way of a step for a media type; None when it is not straight, or cannot be gone yet."""
        if place in self._ways or step.when is not None or step.fallback is not None or step.calibration or document.kind == "case":
            return None
        try:
            candidates = self._chooser.candidates(step, document.media_type)
            if len(candidates) != 1 or candidates[0].info.unit != "document":
                self._ways[place] = None
                return None
            candidate = candidates[0]
            needs = tuple(dict.fromkeys((*step.requires, *candidate.info.requires)))
            if not all(getattr(document.layers, layer) for layer in needs):
                return None  # nobody is asked, and so nobody is recorded
            if not self._calls.is_immediate(candidate.info, candidate.component, step.stage):
                self._ways[place] = None
                return None
            self._use(step, candidate)
            call = self._calls.caller(candidate.component, step.stage, step.id)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 - met again, and told, on the long way
            return None
        outcome = StepOutcome(step=step.id, stage=step.stage, status="ok", component=candidate.info.id)
        way = _Way(candidate, needs, call, self._run.answerer(step.id, step.stage, candidate.info.id), outcome)
        self._ways[place] = way
        return way
