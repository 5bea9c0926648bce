"""The pool: warm worker processes that call components, with deadlines and memory limits that do not depend on the components."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

import msgspec

from ...errors import AiosError, ContractError, UsageError
from ...plugins import Registry
from ...records import Document, Source, UnitFailure
from ...stages import Stage
from ...store import Blobs
from .._plan import PlannedComponent
from ._attendant import Attendant
from ._batch import Batch, Nonsense, UnitAnswer
from ._blame import Blame
from ._companions import Companions
from ._crew import Crew
from ._errand import Errand, Office
from ._faults import Fault, fault_of
from ._pictures import packed
from ._process import Launch
from ._renderer import Host, Renderer
from ._tasks import Tasks, Unit
from ._wire import Answer, Call, Done, Found, Ingest, Next, Order, Piece, Report, Shown, Wanted

if TYPE_CHECKING:
    from PIL.Image import Image

#: MiB that a call may take beyond what its worker holds, unless its component declares that it needs more than half of it.
MEMORY_MB: Final = 2048
#: Seconds that a worker may take to start, and to open a component.
OPENING: Final = 120.0
#: Seconds that drawing a page may take outside of any step's own time.
RENDERING: Final = 60.0
#: Workers that a component may end while it is opened, one after the other, before it is left at that.
_DEATHS_AT_OPEN: Final = 2

_documents: Final = msgspec.msgpack.Decoder(Document)
_sources: Final = msgspec.msgpack.Decoder(Source)


@final
class Pool:
    """Worker processes that call components; to be made, used and closed on one running event loop.

    A component is opened once in each worker that needs it, and kept open. Deadlines and the limit of memory are held from outside, by
    killing the worker with all that it started; other workers go on, and another takes its place. Nothing that a component does reaches
    this process but decoded records, and nothing of a worker outlives the pool or this process.

    Args:
        registry: the components; installed ones are found again in the workers under its policy, others must be importable.
        count: how many workers; they are started when they are needed.
        scratch: a directory of the pool's own, which is removed at the end.
        blobs: the directory of the blobs: the bytes of documents, and the tables and parts that components make.
        memory_mb: MiB that a call, or opening a component, may take beyond what the worker holds with its components open. A component
            that declares more than half of it may take twice what it declares.
        threads: how many threads a component may use.
        opening: seconds that a worker may take to start, and to open each component.
        rendering: seconds that `render` may take.
        environment: variables for the workers, beside those of this process.

    Raises `UsageError` on Windows. Example::

        pool = Pool(registry, count=4, scratch=Path(tempfile.mkdtemp()), blobs=store.blobs.directory)
        try:
            async for answer in pool.call(component, "extract", "ocr", units, run=run.id, timeout=60):
                ...
        finally:
            await pool.close()
    """

    def __init__(
        self,
        registry: Registry,
        *,
        count: int,
        scratch: Path,
        blobs: Path,
        memory_mb: int = MEMORY_MB,
        threads: int = 1,
        opening: float = OPENING,
        rendering: float = RENDERING,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._attendant = Attendant(launch_of(registry, scratch, blobs, threads, environment), opening)
        self._tasks = Tasks(registry, memory_mb)
        self._companions = Companions(registry)
        self._blobs = Blobs(blobs)
        self._crew = Crew(self._attendant, count, self._tasks.lesson)
        self._office = Office(self._crew, self._attendant, self._tasks, opening)
        self._renderer = Renderer(self._attendant, self._tasks, timeout=rendering, opening=opening)
        self._deaths_at_open: dict[int, int] = {}
        self._refused: dict[int, Fault] = {}

    async def call(
        self,
        component: PlannedComponent,
        stage: Stage,
        step: str,
        units: Sequence[Unit],
        *,
        run: str,
        timeout: float | None,
        memory_mb: int | None = None,
    ) -> AsyncGenerator[UnitAnswer, None]:
        """Call ``stage`` for each unit, in one worker, or in another after that was killed; exactly one answer for each, as they finish.

        A component that has a batch companion gets all units at once; when that fails or ends the worker, each alone. ``timeout`` is
        in seconds for one unit, for several at once so many times that. ``memory_mb`` takes the place of the pool's limit.

        Never raises what a component raised: its `StepError` becomes a failure of its category, what breaks the contract ``contract``,
        being late ``timeout``, too much memory ``limit``, and all else ``internal``. Raises `StoreFull` when the disk is full. Leaving the
        iterator early kills the worker.
        """
        asked = time.perf_counter()
        number, fault = self._number(component)
        has_companion = fault is None and self._companions.has(component, stage)
        batch = Batch(units, stage, component.id, has_companion=has_companion)
        while batch.left:
            fault = fault or self._refused.get(number)
            together = batch.is_together
            pieces = [self._tasks.piece(unit) for unit in batch.begin()]
            allowed = None if timeout is None else timeout * (len(pieces) if together else 1)
            errand = Errand(self._office, number, timeout=allowed, memory_mb=memory_mb)
            order = partial(Call, stage=stage, step=step, run=run, timeout=timeout, together=together, pieces=pieces)
            try:
                fault = fault or await _begun(errand, order, component.id, pieces)
                batch.waited = batch.waited or time.perf_counter() - asked
                if fault is not None:
                    for answer in batch.fail(fault):
                        yield answer
                    return
                while (report := await errand.next()) is not None:
                    self._remember(number, report)
                    if isinstance(report, Wanted):
                        errand.send(_shown(units, report, component.id))
                        continue
                    for answer in batch.answers(report, errand.peak):
                        yield answer
            except Nonsense as nonsense:
                errand.end(kill=True)
                for answer in batch.nothing_came(_broken(component.id, nonsense)):
                    yield answer
            finally:
                errand.end()

    async def ingest(
        self, component: PlannedComponent, source: Source, *, run: str, step: str, timeout: float | None, memory_mb: int | None = None
    ) -> AsyncGenerator[Document | Source | UnitFailure, None]:
        """What the component makes of ``source``, each source when it is asked for; last a failure, if there was one.

        After a source the component waits until the next thing is asked for, and its time with it; a document, of which there is one,
        does not hold it up. Tables of a document are in the blobs; so are the bytes
        of a source that has a ``content_id``. Leaving the iterator early kills the worker. Raises `StoreFull` when the disk is full.
        """
        for is_last in (False, True):
            came = False
            async with aclosing(self._ingest(component, source, run, step, timeout, memory_mb)) as found:
                async for item in found:
                    if isinstance(item, Blame):
                        if item.is_nobodys and not came and not is_last:
                            break  # its worker ended before it began, perhaps long ago
                        yield item.fault.failure()
                    else:
                        yield item.failure() if isinstance(item, Fault) else item
                    came = True
                else:
                    return

    async def _ingest(
        self, component: PlannedComponent, source: Source, run: str, step: str, timeout: float | None, memory_mb: int | None
    ) -> AsyncGenerator[Document | Source | Fault | Blame, None]:
        number, fault = self._number(component)
        errand = Errand(self._office, number, timeout=timeout, memory_mb=memory_mb)
        order = partial(Ingest, step=step, run=run, timeout=timeout, source=source)
        try:
            fault = fault or self._refused.get(number) or await _begun(errand, order, component.id)
            while fault is None and (report := await errand.next()) is not None:
                self._remember(number, report)
                if isinstance(report, Found):
                    yield _item(report)
                    if report.source is not None:
                        errand.send(Next())
                elif isinstance(report, Blame):
                    yield report
                elif isinstance(report, Done):
                    fault = report.fault
                else:
                    raise Nonsense("ingesting has documents, sources and an end")
            if fault is not None:
                yield fault
        except Nonsense as nonsense:
            yield _broken(component.id, nonsense)
        except msgspec.MsgspecError as error:
            yield fault_of(ContractError(f"ingest yielded what cannot be: {error}", component=component.id, stage="ingest"), component.id)
        finally:
            errand.end()

    def render(self, component: PlannedComponent, document: Document, page: int, dpi: int) -> Image:
        """A picture of ``page``, drawn in a worker of its own by the component that ingested ``document``; blocks meanwhile.

        Raises what the component raises of the SDK's errors, and a `StepError` when it was late, took too much or ended its worker.
        """
        return self._renderer.render(component, document, page, dpi)

    def host(self, component: PlannedComponent, content: bytes | None = None) -> Host:
        """What is to be bound to a document that ``component`` ingested, so that it can be opened and drawn here and in workers.

        ``content`` are its bytes where the blobs do not hold them.
        """
        return Host(component, self._blobs, self._renderer, content)

    @property
    def directory(self) -> Path:
        """The directory of the pool: it is there, and removed with all that is in it at the end, also of this process."""
        return self._attendant.directory

    async def close(self) -> None:
        """Have components closed where nothing is at work, kill all other workers, and remove every file; once is enough."""
        try:
            await asyncio.gather(self._crew.close(), asyncio.to_thread(self._renderer.close))
        finally:
            await asyncio.shield(asyncio.to_thread(self._attendant.close))

    def _number(self, component: PlannedComponent) -> tuple[int, Fault | None]:
        try:
            return self._tasks.number(component), None
        except AiosError as error:
            return -1, fault_of(error, component.id)

    def _remember(self, component: int, report: Report | Blame) -> None:
        """A component that ends its worker each time it is opened is not opened for ever."""
        if isinstance(report, Answer | Found):
            self._deaths_at_open.pop(component, None)
        elif isinstance(report, Blame) and report.opening == component and report.place is None:
            deaths = self._deaths_at_open[component] = self._deaths_at_open.get(component, 0) + 1
            if deaths >= _DEATHS_AT_OPEN:
                said = f"{report.fault.message}; it did so {deaths} times and is not opened again in this run"
                self._refused[component] = msgspec.structs.replace(report.fault, message=said, retryable=False)


async def _begun(errand: Errand, make: Callable[..., Order], component: str, pieces: Sequence[Piece] = ()) -> Fault | None:
    """Begin an errand; what keeps it from being begun."""
    try:
        await errand.begin(make, pieces)
    except AiosError as error:
        return fault_of(error, component)
    return None


def _shown(units: Iterable[Unit], wanted: Wanted, component: str) -> Shown:
    """The page of one of ``units``, drawn by a component that lives in this process."""
    document = next((found for unit in units for found in _family(unit.document) if found.id == wanted.document), None)
    try:
        if document is None:
            raise Nonsense("a picture was wanted of a document that was not sent")
        picture = document.__dict__["_lent_by"].render(document, wanted.page, wanted.dpi)
        return Shown(packed(picture, wanted.page, wanted.dpi))
    except Exception as error:  # noqa: BLE001 - whatever the component raises
        return Shown(None, fault_of(error, component))


def _family(document: Document) -> Iterator[Document]:
    yield document
    for member in document.members:
        yield from _family(member.document)


def _item(found: Found) -> Document | Source:
    if found.document is not None:
        return _documents.decode(found.document)
    if found.source is not None:
        return _sources.decode(found.source)
    raise Nonsense("nothing was found")


def _broken(component: str, nonsense: Nonsense) -> Fault:
    return Fault("internal", f"{component} broke the connection of its worker: {nonsense}")


def launch_of(registry: Registry, scratch: Path, blobs: Path, threads: int, environment: Mapping[str, str] | None) -> Launch:
    """How workers for the components of ``registry`` are started. Raises `UsageError` where there are none."""
    if sys.platform == "win32":
        raise UsageError(
            "Components with isolation='process' need Linux or macOS",
            cause="Windows has no process groups that could be killed as a whole",
            fix="Run in WSL, or declare the components isolation='inline'",
        )
    return Launch(
        policy=registry.policy,
        scratch=scratch,
        blobs=blobs,
        threads=threads,
        environment=environment or {},
        mark=uuid.uuid4().hex,
        logging=logging.getLogger("aios").getEffectiveLevel(),
    )
