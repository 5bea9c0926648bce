"""One step for one document: whether, who, in which units; merged, verified, recorded."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from ..errors import AiosError, AmbiguousComponent, PluginError, StoreFull
from ..expressions import DocumentSubject
from ..plugins import Registry
from ..records import Document, StepOutcome, StepStatus, UnitFailure, merge_layers
from ..store import Attempt, Run, attempt_id
from ._calls import Calls, failure_of
from ._choice import Candidate, Chooser, record_use
from ._memory import Memory, Recalled, Trace
from ._patience import Patience
from ._plan import PlannedStep
from ._straight import Passed, Straight
from ._tried import Tried, confidence_of, judge
from ._units import has_layer, units_of
from ._verify import NOTHING, Gained, verified
from .workers import UnitAnswer
from .workers._faults import readable


class Steps:
    """Runs planned steps for documents and records every attempt; those of one document may take so many ``seconds`` together."""

    def __init__(
        self,
        run: Run,
        registry: Registry,
        chooser: Chooser,
        calls: Calls,
        memory: Memory,
        patience: Patience,
        *,
        seconds: float | None = None,
    ) -> None:
        self._seconds = seconds
        self._run = run
        self._registry = registry
        self._chooser = chooser
        self._calls = calls
        self._memory = memory
        self._patience = patience
        self._used: set[tuple[str, str]] = set()
        #: The steps that need no more than that.
        self.straight: Final = Straight(run, chooser, calls, memory, patience, use=self._use, seconds=seconds)

    async def apply(self, step: PlannedStep, document: Document, trace: Trace, answer: UnitAnswer | None = None) -> Passed:
        """The document with what the step added, how the step ended, and the seconds it took; ``trace`` goes on with it.

        ``answer`` is what the only candidate answered already, if it was asked.
        """
        reason = self._reason_to_skip(step, document)
        if reason:
            return self._without_result(step, document, "skipped", reason)
        try:
            candidates = self._chooser.candidates(step, "" if document.kind == "case" else document.media_type)
        except (AmbiguousComponent, PluginError) as error:
            return self._without_result(step, document, "failed", str(error), (UnitFailure("unavailable", str(error)),))
        if not candidates:
            who = f"{step.component.id} does" if step.component else "no component does"
            return self._without_result(step, document, "unsupported", f"{who} not handle {document.media_type}")
        if self._seconds is not None and trace.spent >= self._seconds:
            said = f"the steps before took {trace.spent:.3g} s; the limit for a document is {self._seconds:g} s"
            return self._without_result(step, document, "failed", said, (UnitFailure("timeout", said, retryable=True),))
        if len(candidates) == 1:
            tried = await self._try(step, document, trace, candidates[0], 0, answer=answer)
        else:
            tried = await self._first_that_supports(step, document, trace, candidates)
        answers = [tried] if step.fallback is None else await self._with_fallback(step, document, trace, tried)
        return self._finish(step, document, trace, answers)

    # -- whether ------------------------------------------------------------------------------------------------------

    def _reason_to_skip(self, step: PlannedStep, document: Document) -> str:
        if step.when is not None:
            result = step.when.evaluate(DocumentSubject(document))
            if result.value is not True:
                return f"its condition does not hold: {result.explain(4)}"
        missing = [layer for layer in step.requires if not has_layer(document, layer)]
        return f"it needs {', '.join(missing)}, which no step gave" if missing else ""

    # -- who ----------------------------------------------------------------------------------------------------------

    async def _first_that_supports(self, step: PlannedStep, document: Document, trace: Trace, candidates: Sequence[Candidate]) -> Tried:
        tried = None
        for number, candidate in enumerate(candidates):
            tried = await self._try(step, document, trace, candidate, number)
            if tried.status != "unsupported":
                break
            if number + 1 < len(candidates):
                self._record(step, document, tried, NOTHING)
        assert tried is not None  # there is at least one candidate
        return tried

    async def _with_fallback(self, step: PlannedStep, document: Document, trace: Trace, first: Tried) -> list[Tried]:
        """The answers that count, the last one saying how the step ended: the first component's, its fallback's, or for pages both."""
        assert step.fallback is not None
        extra = {
            "failed": first.status in ("failed", "partial"),
            "unsupported": first.status == "unsupported",
            "confidence": confidence_of(first.result),
        }
        verdict = step.fallback.on.evaluate(DocumentSubject(document, extra=extra))
        if verdict.value is not True:
            return [first]
        info = self._registry.components[step.fallback.component.id]
        reason = f"fallback from {first.candidate.info.id}: {verdict.explain(2)}"
        candidate = Candidate(step.fallback.component, info, ((first.candidate.info.id, reason),))
        # Finished pages are kept: the fallback is asked for the others only.
        missing = {failure.page for failure in first.failures} if first.status == "partial" and info.unit == "page" else None
        second = await self._try(step, document, trace, candidate, first.number + 1, pages=missing)
        if not second.gained.contents:
            self._record(step, document, second, NOTHING)
            said = f"{first.message} (the fallback {candidate.info.id} gave nothing: {second.message})".strip()
            worse = first.status == "unsupported" and second.status == "failed"
            return [replace(second, message=f"{reason} {second.message}") if worse else replace(first, message=said, key="")]
        second = replace(second, message=f"{reason} {second.message}".strip())
        if missing is not None:
            return [first, second]
        self._record(step, document, first, NOTHING)
        return [second]

    # -- how ----------------------------------------------------------------------------------------------------------

    async def _try(
        self,
        step: PlannedStep,
        document: Document,
        trace: Trace,
        candidate: Candidate,
        number: int,
        *,
        pages: set[int | None] | None = None,
        answer: UnitAnswer | None = None,
    ) -> Tried:
        started = dt.datetime.now(dt.UTC)
        missing = [layer for layer in candidate.info.requires if not has_layer(document, layer)]
        if missing:
            said = UnitFailure("unsupported", f"{candidate.info.id} needs {', '.join(missing)}, which no step gave")
            return judge(candidate, [UnitAnswer(0, None, said)], started, number)
        try:
            self._use(step, candidate)
        except AiosError as error:
            return judge(candidate, [UnitAnswer(0, None, failure_of(error, candidate.info.id))], started, number)
        key = self._memory.key(step, candidate, document, trace) if pages is None else ""
        recalled = self._memory.recall(key, candidate) if answer is None else None
        if recalled is not None:
            tried = self._recalled(step, document, candidate, recalled, started, number)
            if not tried.failures:
                tried.key, tried.cache = key, "hit"
                return tried
        units = [(page, view) for page, view in units_of(candidate.info, document) if pages is None or page in pages]
        asked = _Asked(step, candidate, self._timeout(step, trace))
        if self._calls.is_immediate(candidate.info, candidate.component, step.stage):
            answers: Sequence[UnitAnswer] = [answer or self._inline(asked, page, view) for page, view in units]
            if any(answer.failure is not None for answer in answers):
                answers = await self._asked_again(asked, units, answers)
            else:
                self._patience.well(candidate.info.id)
        else:
            # Tasks of their own: the caller's may be the run's, which must not be cancelled when a call is late.
            answers = await asyncio.gather(*(asyncio.create_task(self._elsewhere(asked, page, view)) for page, view in units))
        tried = judge(candidate, answers, started, number)
        self._verify(step, document, tried)
        if tried.failures and tried.result is not None and not tried.gained.contents and len(units) > 1:
            # One unit must not cost the others theirs: find out which it is.
            answers = [
                self._verified_unit(step, document, candidate, answer, page) for answer, (page, _) in zip(answers, units, strict=True)
            ]
            tried = judge(candidate, answers, started, number)
            self._verify(step, document, tried)
        tried.cache = "miss" if key else "none"
        if tried.status in ("ok", "unsupported"):
            tried.key = key
        return tried

    def _recalled(
        self, step: PlannedStep, document: Document, candidate: Candidate, found: Recalled, started: dt.datetime, number: int
    ) -> Tried:
        """What was recorded, as if it had just been answered; equal keys have equal inputs, so its places need no other look."""
        status: StepStatus = "ok" if found.is_result else "unsupported"
        tried = Tried(candidate, status, found.gained.layers, found.message, (), started, 0.0, 0.0, 0.0, 0, number)
        if found.document_id == document.id and found.step == step.id:
            tried.gained = found.gained
        elif found.is_result:
            self._verify(step, document, tried)
        return tried

    def _timeout(self, step: PlannedStep, trace: Trace) -> float | None:
        """Seconds that the step has, of those that are left to its document."""
        if self._seconds is None:
            return step.timeout
        left = max(0.001, self._seconds - trace.spent)
        return left if step.timeout is None else min(step.timeout, left)

    async def _asked_again(
        self, asked: _Asked, units: Sequence[tuple[int | None, Document]], answers: Sequence[UnitAnswer]
    ) -> Sequence[UnitAnswer]:
        """The answers of a component in this process, with those that may come out otherwise asked for once more."""
        final = []
        for (page, view), answer in zip(units, answers, strict=True):
            if answer.failure is None or answer.failure.category not in ("retryable", "unavailable"):
                self._patience.well(asked.candidate.info.id)
                final.append(answer)
            else:
                final.append(await self._inline_again(asked, page, view, answer))
        return final

    def _inline(self, asked: _Asked, page: int | None, view: Document) -> UnitAnswer:
        step = asked.step
        return self._calls.inline(asked.candidate.component, step.stage, step.id, view, page=page, timeout=asked.timeout)

    async def _inline_again(self, asked: _Asked, page: int | None, view: Document, first: UnitAnswer) -> UnitAnswer:
        async def work() -> UnitAnswer:
            return self._inline(asked, page, view)

        return await self._patience.call(asked.candidate.info, work, first=first)

    async def _elsewhere(self, asked: _Asked, page: int | None, view: Document) -> UnitAnswer:
        step, candidate = asked.step, asked.candidate

        def work() -> Awaitable[UnitAnswer]:
            return self._calls.call(candidate.info, candidate.component, step.stage, step.id, view, page=page, timeout=asked.timeout)

        return await self._patience.call(candidate.info, work)

    def _verify(self, step: PlannedStep, document: Document, tried: Tried) -> None:
        if tried.result is None:
            return
        calibration = tried.candidate.component.calibration
        if calibration is not None:  # of raw confidences, which stay: what was calibrated before comes out the same
            tried.result = calibration.calibrator.applied(tried.result)
        gained, failure = verified(document, step.id, tried.result, tried.candidate.info.id)
        if failure is None:
            tried.gained = gained
        else:
            tried.status, tried.message, tried.failures = "failed", failure.message, (*tried.failures, failure)

    def _verified_unit(
        self, step: PlannedStep, document: Document, candidate: Candidate, answer: UnitAnswer, page: int | None
    ) -> UnitAnswer:
        if answer.result is None:
            return answer
        _, failure = verified(document, step.id, answer.result, candidate.info.id)
        if failure is None:
            return answer
        return replace(answer, result=None, failure=replace(failure, page=page))

    def _finish(self, step: PlannedStep, document: Document, trace: Trace, answers: Sequence[Tried]) -> Passed:
        last = answers[-1]
        for tried in answers:
            document, failure = self._add(step, document, tried)
            trace.spent += tried.wall
            if failure is None:
                trace.add(tried.gained)
            else:
                last = replace(last, status="failed", message=failure.message, failures=(*last.failures, failure))
        outcome = StepOutcome(
            step=step.id,
            stage=step.stage,
            status=last.status,
            component=last.candidate.info.id,
            message=last.message,
            failures=last.failures,
        )
        return document, outcome, sum(tried.wall for tried in answers)

    def _add(self, step: PlannedStep, document: Document, tried: Tried) -> tuple[Document, UnitFailure | None]:
        """Merge and record what an attempt added; what cannot be recorded is its component's fault, and is not merged."""
        added = (
            document
            if not tried.gained.contents
            else document.with_layers(merge_layers(document.layers, tried.gained.layers, tried.gained.contents))
        )
        try:
            self._record(step, added, tried, tried.gained)
        except StoreFull:
            raise
        except Exception as error:
            if not tried.gained.contents:
                raise
            failure = UnitFailure("contract", readable(f"{tried.candidate.info.id} gave what cannot be recorded: {error}"[:2000]))
            failed = replace(tried, status="failed", message=failure.message, failures=(*tried.failures, failure), gained=NOTHING)
            self._record(step, document, failed, NOTHING)
            return document, failure
        return added, None

    def _without_result(
        self, step: PlannedStep, document: Document, status: StepStatus, message: str, failures: tuple[UnitFailure, ...] = ()
    ) -> Passed:
        component = step.component.id if step.component else ""
        self._run.attempt(
            document,
            Attempt(
                step=step.id,
                stage=step.stage,
                component=component,
                status=status,
                message=message,
                failures=failures,
                category=failures[0].category if failures else "unsupported" if status == "unsupported" else "",
                started_at=dt.datetime.now(dt.UTC),
                units=0,
            ),
        )
        return (
            document,
            StepOutcome(step=step.id, stage=step.stage, status=status, component=component, message=message, failures=failures),
            0.0,
        )

    # -- recording ----------------------------------------------------------------------------------------------------

    def _record(self, step: PlannedStep, document: Document, tried: Tried, gained: Gained) -> None:
        info = tried.candidate.info
        self._run.attempt(
            document,
            Attempt(
                id=attempt_id(self._run.id, document.id, step.id, info.id, tried.number),
                step=step.id,
                stage=step.stage,
                component=info.id,
                status=tried.status,
                category=tried.failures[0].category if tried.failures else "unsupported" if tried.status == "unsupported" else "",
                message=tried.message,
                failures=tried.failures,
                cache=tried.cache,
                # What is recorded without its result cannot be recalled.
                memo_key=tried.key if gained is tried.gained else "",
                started_at=tried.started,
                wall=tried.wall,
                cpu=tried.cpu,
                queue=tried.queue,
                peak_rss=tried.memory,
                units=tried.units,
            ),
            gained.layers,
            gained.contents,
        )

    def _use(self, step: PlannedStep, candidate: Candidate) -> None:
        if (step.id, candidate.info.id) not in self._used:
            self._used.add((step.id, candidate.info.id))
            record_use(self._run, self._registry, step, candidate)


class _Asked(NamedTuple):
    """Who is asked for which step, and how many seconds each call may take."""

    step: PlannedStep
    candidate: Candidate
    timeout: float | None


def stage_failed(outcome: StepOutcome, step: PlannedStep) -> bool:
    """Whether the document cannot go on: a required step gave nothing because it failed."""
    return outcome.status == "failed" and step.required
