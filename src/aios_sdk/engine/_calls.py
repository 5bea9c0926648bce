"""One call of one component, whatever it does: a result of the right kind, or a failure with its category."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from ..errors import ContractError, StepError
from ..plugins import ComponentInfo, Implementation
from ..records import Document, Result, UnitFailure
from ..stages import Context, Stage
from ..store import Blobs
from ._batches import Batches, Line
from ._coroutines import Late, within
from ._plan import PlannedComponent
from ._workers import Scratch, Workers
from .workers import Unit, UnitAnswer
from .workers._faults import Fault, fault_of
from .workers._results import results_of, settled

#: Asks a component of this process about a document, which has so many seconds.
Caller: TypeAlias = Callable[[Document, float | None], Result]


class Calls:
    """Calls components for one run."""

    def __init__(self, workers: Workers, blobs: Blobs, run: str) -> None:
        self._workers = workers
        self._blobs = blobs
        self._run = run
        self._batches = Batches(workers, run, self._together)
        self._implementations: dict[tuple[int, Stage], Implementation] = {}
        self._callers: dict[tuple[int, Stage, str], Caller] = {}

    def is_immediate(self, info: ComponentInfo, component: PlannedComponent, stage: Stage) -> bool:
        """Whether the component is to be called with `inline`: it lives in this process, and takes one document at a time."""
        return info.isolation == "inline" and not self._batches.has_companion(component, stage)

    def inline(
        self, component: PlannedComponent, stage: Stage, step: str, document: Document, *, page: int | None, timeout: float | None
    ) -> UnitAnswer:
        """Call the component's ``stage`` for ``document`` here and now; never raises what the component raised."""
        begun = time.perf_counter()
        try:
            result = self.caller(component, stage, step)(document, timeout)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - extensions raise panics that are no Exception, and parsers call sys.exit
            return self.failed(component, error, page, time.perf_counter() - begun)
        # Reading the clock of the thread would take longer than many a component does.
        wall = time.perf_counter() - begun
        return UnitAnswer(0, result, None, 0.0, wall, wall)

    def caller(self, component: PlannedComponent, stage: Stage, step: str) -> Caller:
        """What asks the component about a document, and gives what can be handed on; made once, for calls here and now."""
        place = (id(component), stage, step)
        found = self._callers.get(place)
        if found is None:
            found = self._callers[place] = self._caller(component, stage, step)
        return found

    def _caller(self, component: PlannedComponent, stage: Stage, step: str) -> Caller:
        implementation = self._implementation(component, stage)
        function, blobs, name = implementation.function, self._blobs, component.id
        if implementation.argnames == ("document",):
            return lambda document, timeout: settled(function(document), stage, blobs, name)

        def call(document: Document, timeout: float | None) -> Result:
            with self._workers.scratch() as scratch:
                found = implementation.call(document=document, context=self._context(step, scratch, timeout))
                return settled(found, stage, blobs, name)

        return call

    def failed(self, component: PlannedComponent, error: BaseException, page: int | None, wall: float) -> UnitAnswer:
        """The answer of a component that raised ``error`` after ``wall`` seconds. Raises what is no document's fault (`failure_of`)."""
        fault = fault_of(error, component.id)
        return UnitAnswer(0, None, fault.failure(page), fault.after, wall, wall)

    async def call(
        self,
        info: ComponentInfo,
        component: PlannedComponent,
        stage: Stage,
        step: str,
        document: Document,
        *,
        page: int | None,
        timeout: float | None,
    ) -> UnitAnswer:
        """The same in a worker process, together with others, or on the loop for ``async def`` components."""
        line = Line(component, stage, step, timeout)
        if info.isolation == "process" or self._batches.has_companion(component, stage):
            return await self._batches.ask(line, info, Unit(document, page))
        return await self._await(line, document, page)

    async def close(self) -> None:
        """Give up what waits."""
        await self._batches.close()

    async def _await(self, line: Line, document: Document, page: int | None) -> UnitAnswer:
        asked = begun = time.perf_counter()
        result, failure, after = None, None, 0.0
        try:
            async with self._workers.async_calls:
                begun = time.perf_counter()
                with self._workers.scratch() as scratch:
                    implementation = self._implementation(line.component, line.stage)
                    context = self._context(line.step, scratch, line.timeout)
                    coroutine = implementation.call(document=document, context=context)
                    found = await within(line.timeout, coroutine, line.component.id)
                    result = settled(found, line.stage, self._blobs, line.component.id)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - as above; `_failed` raises what is meant for the engine
            fault = _fault(error, line)
            failure, after = fault.failure(page), fault.after
        return UnitAnswer(0, result, failure, after, time.perf_counter() - begun, 0.0, begun - asked)

    # -- several at once, in this process -----------------------------------------------------------------------------

    async def _together(self, line: Line, units: Sequence[Unit]) -> Sequence[UnitAnswer]:
        """An answer for each unit: by the batch companion, or when that fails one by one, which tells whose fault it was."""
        implementation = self._implementation(line.component, line.stage)
        assert implementation.batch is not None  # it was asked for
        if len(units) > 1:
            begun, cpu = time.perf_counter(), time.thread_time()
            try:
                found = await self._all(line, implementation.batch, units)
            except ContractError as error:
                return [UnitAnswer(place, None, failure_of(error, line.component.id, unit.page)) for place, unit in enumerate(units)]
            if found is not None:
                wall, cpu = (time.perf_counter() - begun) / len(units), (time.thread_time() - cpu) / len(units)
                pairs = enumerate(zip(units, found, strict=True))
                return [self._answer(line, place, unit, item, wall, cpu) for place, (unit, item) in pairs]
        if implementation.is_async:
            answers = await asyncio.gather(*(self._await(line, unit.document, unit.page) for unit in units))
        else:
            answers = [
                self.inline(line.component, line.stage, line.step, unit.document, page=unit.page, timeout=line.timeout) for unit in units
            ]
        return [replace(answer, unit=place) for place, answer in enumerate(answers)]

    async def _all(self, line: Line, batch: Implementation, units: Sequence[Unit]) -> list[object] | None:
        allowed = None if line.timeout is None else line.timeout * len(units)
        try:
            with self._workers.scratch() as scratch:
                found = batch.call(documents=[unit.document for unit in units], context=self._context(line.step, scratch, allowed))
                if batch.is_async:
                    async with self._workers.async_calls:
                        found = await within(allowed, found, line.component.id)
                return results_of(found, len(units), f"{line.stage}_batch", line.component.id)
        except (KeyboardInterrupt, ContractError):
            raise
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
            return None

    def _answer(self, line: Line, place: int, unit: Unit, found: object, wall: float, cpu: float) -> UnitAnswer:
        result, failure, after = None, None, 0.0
        try:
            if isinstance(found, StepError):
                raise found
            result = settled(found, line.stage, self._blobs, line.component.id)
        except Exception as error:  # noqa: BLE001 - one that cannot be used costs only its own document
            fault = fault_of(error, line.component.id)
            failure, after = fault.failure(unit.page), fault.after
        return UnitAnswer(place, result, failure, after, wall, cpu)

    # -- what a call is given -----------------------------------------------------------------------------------------

    def _implementation(self, component: PlannedComponent, stage: Stage) -> Implementation:
        """The implementation that lives in this thread, which is the loop's."""
        found = self._implementations.get((id(component), stage))
        if found is None:
            found = self._workers.instance(component).implementation(stage)
            assert found is not None  # the planner chose it for this stage
            self._implementations[id(component), stage] = found  # the engine keeps the component alive, so its id stays its own
        return found

    def _context(self, step: str, scratch: Scratch, timeout: float | None) -> Context:
        deadline = None if timeout is None else time.monotonic() + timeout
        return Context(run=self._run, step=step, scratch=scratch, deadline=deadline)


def failure_of(error: BaseException, component: str, page: int | None = None) -> UnitFailure:
    """What a raised error says, as a record. A full disk is nobody's document's fault: raises `StoreFull`."""
    return fault_of(error, component).failure(page)


def _fault(error: BaseException, line: Line) -> Fault:
    """What made an awaited call fail; raises ``error`` again when it is the engine that wants it to stop."""
    if isinstance(error, asyncio.CancelledError) and _is_cancelled():
        raise error
    if isinstance(error, Late):
        return Fault("timeout", f"{line.component.id} did not end within {line.timeout:g} s", retryable=True)
    return fault_of(error, line.component.id)


def _is_cancelled() -> bool:
    """Whether the engine wants the task to stop; a component may also raise ``CancelledError`` of its own."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
