"""One call of one component, whatever it does: a result of the right kind, or a failure with its category."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from ..errors import AiosError, Category, ContractError, StepError, StoreFull
from ..plugins import ComponentInfo
from ..records import Checks, Classification, Document, Extraction, Redactions, Result, Route, Summary, Table, UnitFailure
from ..stages import Context, Stage
from ..store import Blobs
from ._plan import PlannedComponent
from ._workers import Scratch, Workers

_log = logging.getLogger("aios.engine")

RESULT_OF: Final[dict[Stage, type]] = {
    "extract": Extraction,
    "classify": Classification,
    "summarize": Summary,
    "check": Checks,
    "redact": Redactions,
    "route": Route,
}


class Answer(NamedTuple):
    """What one call came to; ``wall`` and ``cpu`` in seconds, ``waited`` for a worker, ``after`` those to wait before another try."""

    result: Result | None
    failure: UnitFailure | None
    wall: float
    cpu: float
    waited: float
    after: float = 0.0


class Calls:
    """Calls components for one run."""

    def __init__(self, workers: Workers, blobs: Blobs, run: str) -> None:
        self._workers = workers
        self._blobs = blobs
        self._run = run

    def inline(
        self, component: PlannedComponent, stage: Stage, step: str, document: Document, *, page: int | None, timeout: float | None
    ) -> Answer:
        """Call the component's ``stage`` for ``document`` here and now; never raises what the component raised."""
        return self._work(component, stage, step, document, page, timeout, time.perf_counter())

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
    ) -> Answer:
        """The same in a worker or, for ``async def`` components, on the loop."""
        asked = time.perf_counter()
        if info.isolation == "async":
            return await self._await(component, stage, step, document, page, timeout, asked)
        try:
            return await self._workers.run(
                info.isolation, lambda: self._work(component, stage, step, document, page, timeout, asked), timeout
            )
        except TimeoutError:
            return Answer(None, late(component, timeout, page), time.perf_counter() - asked, 0.0, 0.0)

    def _work(
        self,
        component: PlannedComponent,
        stage: Stage,
        step: str,
        document: Document,
        page: int | None,
        timeout: float | None,
        asked: float,
    ) -> Answer:
        begun, cpu = time.perf_counter(), time.thread_time()
        result, failure, after = None, None, 0.0
        try:
            with self._workers.scratch() as scratch:
                result = self._settled(self._invoke(component, stage, step, document, scratch, timeout), stage, component.id)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - extensions raise panics that are no Exception, and parsers call sys.exit
            failure, after = failure_of(error, component.id, page), getattr(error, "after", 0.0)
        return Answer(result, failure, time.perf_counter() - begun, time.thread_time() - cpu, begun - asked, after)

    def _invoke(
        self, component: PlannedComponent, stage: Stage, step: str, document: Document, scratch: Scratch, timeout: float | None
    ) -> Any:
        implementation = self._workers.instance(component).implementation(stage)
        assert implementation is not None  # the planner chose it for this stage
        deadline = None if timeout is None else time.monotonic() + timeout
        context = Context(run=self._run, step=step, scratch=scratch, deadline=deadline)
        return implementation.call(document=document, context=context)

    async def _await(
        self,
        component: PlannedComponent,
        stage: Stage,
        step: str,
        document: Document,
        page: int | None,
        timeout: float | None,
        asked: float,
    ) -> Answer:
        begun, result, failure, limit, after = asked, None, None, None, 0.0
        try:
            async with self._workers.async_calls:
                begun = time.perf_counter()
                with self._workers.scratch() as scratch:
                    async with asyncio.timeout(timeout) as limit:
                        found: object = await self._invoke(component, stage, step, document, scratch, timeout)
                    result = self._settled(found, stage, component.id)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
            failure = late(component, timeout, page) if limit is not None and limit.expired() else failure_of(error, component.id, page)
            after = getattr(error, "after", 0.0)
        return Answer(result, failure, time.perf_counter() - begun, 0.0, begun - asked, after)

    def _settled(self, result: Any, stage: Stage, component: str) -> Result:
        wanted = RESULT_OF[stage]
        if not isinstance(result, wanted) or not isinstance(result, Result):
            raise ContractError(
                f"{stage} returned {type(result).__name__}, not {wanted.__name__}",
                fix=f"Return {wanted.__name__}(...)",
                component=component,
                stage=stage,
            )
        if isinstance(result, Extraction) and result.tables:
            return msgspec.structs.replace(result, tables=settle_tables(result.tables, self._blobs))
        return result


def settle_tables(tables: tuple[Table, ...], blobs: Blobs) -> tuple[Table, ...]:
    """The same tables with their Parquet files moved from scratch space into the blobs."""
    settled = []
    for table in tables:
        if table.location:
            blobs.put_file(Path(table.location), table.artifact)
        settled.append(msgspec.structs.replace(table, location=str(blobs.path(table.artifact))))
    return tuple(settled)


def failure_of(error: BaseException, component: str, page: int | None = None) -> UnitFailure:
    """What a raised error says, as a record: SDK errors by their category, all others as ``internal``.

    A full disk is nobody's document's fault and is raised again.
    """
    if isinstance(error, StoreFull):
        raise error
    if isinstance(error, StepError | ContractError):
        return UnitFailure(error.category, readable(str(error)[:2000]), page, retryable=error.retryable)
    if isinstance(error, AiosError):
        return UnitFailure("unavailable", readable(str(error)[:2000]), page, retryable=True)
    category: Category = "limit" if isinstance(error, MemoryError) else "internal"
    _log.debug("%s failed", component, exc_info=error)
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 - an error that cannot say what it is
        said = "it cannot be printed"
    return UnitFailure(category, readable(f"{component} failed: {type(error).__name__}: {said}"[:2000]), page)


def readable(text: str) -> str:
    """``text`` with what is no Unicode, as in some names of files, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def late(component: PlannedComponent, timeout: float | None, page: int | None = None) -> UnitFailure:
    """The failure of a component that took longer than ``timeout`` seconds."""
    return UnitFailure("timeout", f"{component.id} did not end within {timeout:g} s", page, retryable=True)


def _is_cancelled() -> bool:
    """Whether the engine wants the task to stop; a component may also raise ``CancelledError`` of its own."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
