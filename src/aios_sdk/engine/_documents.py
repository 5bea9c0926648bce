"""Ingesting: which component reads a source, what came of it, and its record in the store."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from functools import partial
from pathlib import Path, PurePath
from typing import NamedTuple

from msgspec.structs import replace

from ..errors import AiosError, AmbiguousComponent, ContractError, InputError, PluginError
from ..records import Document, Outcome, Source, StepOutcome, StepStatus, UnitFailure, document_id
from ..stages import Context
from ..store import INLINE_BYTES, Attempt, Blobs, Deliveries, Run, attempt_id
from ._calls import failure_of
from ._choice import Candidate, Chooser, record_use
from ._events import Observers
from ._ingest import Admitted, Ingested, Unfolding, admit, is_special, key_below
from ._limits import Budget, Limits
from ._memory import Trace
from ._plan import Plan, PlannedComponent
from ._seen import Seen
from ._tree import Delivery
from ._verify import NOTHING, Gained, verified
from ._workers import Workers
from .detection import detect, seen
from .workers._faults import readable


class Read(NamedTuple):
    """What ingesting a source gave: its document with how that ended (none for a mere container), and its children."""

    document: Document | None
    outcome: StepOutcome | None
    children: tuple[Admitted, ...]
    trace: Trace


class Reader:
    """Turns sources into documents for one run."""

    def __init__(
        self,
        plan: Plan,
        run: Run,
        blobs: Blobs,
        *,
        workers: Workers,
        chooser: Chooser,
        limits: Limits,
        observers: Observers,
        delivered: Deliveries,
        replaced: set[str],
    ) -> None:
        self._plan = plan
        self._step = plan.ingest
        self._run = run
        self._blobs = blobs
        self._workers = workers
        self._chooser = chooser
        self._limits = limits
        self._timeout = min((each for each in (self._step.timeout, limits.timeout) if each is not None), default=None)
        self._observers = observers
        self._delivered = delivered
        self._used: set[str] = set()
        self._replaced = replaced
        self._identities = Seen()
        self._again: Counter[str] = Counter()

    # -- containers at the top ----------------------------------------------------------------------------------------

    def delivery(self, source: Source, depth: int = 0) -> Delivery:
        """What a source is: a delivery, or a folder or archive that is to be unfolded."""
        source = self._named(source)
        candidate, media_type = self._container(source)
        return Delivery(source, media_type=media_type, unfolded_by=candidate if depth <= self._limits.depth else None)

    async def unfold(self, container: Delivery, depth: int = 0) -> AsyncIterator[Delivery]:
        """The deliveries in a folder or archive, one after the other."""
        source, candidate = container.source, container.unfolded_by
        assert candidate is not None  # else it is a delivery itself
        if source.media_type == "inode/directory":
            async for delivery in self._unfold_folder(source, candidate, depth):
                yield delivery
        else:
            async for delivery in self._unfold_archive(await self.admit(source), candidate, Budget(self._limits)):
                yield delivery

    async def _unfold_archive(self, archive: Admitted, candidate: Candidate, budget: Budget) -> AsyncIterator[Delivery]:
        """The deliveries in an archive at the top and in the archives within it, which share one budget."""
        found = Ingested(None, (), archive.failure)
        if archive.failure is None:
            found = await self._ingest(candidate, archive.source, budget)
        if found.document is not None:
            # It gives more than it declared: a document like any other, to be read again as such, with its children.
            yield Delivery(archive.source, archive)
            return
        if found.failure is not None:
            yield Delivery(archive.source, archive, found.failure)
        else:
            self._record_container(candidate, archive.source)
        for child in found.children:
            alone = child._replace(source=replace(child.source, root=child.source.document_id))
            inner = None if alone.failure is not None else self._container(alone.source)[0]
            if inner is None:
                yield Delivery(alone.source, alone)
            else:
                async for delivery in self._unfold_archive(alone, inner, budget):
                    yield delivery

    async def _unfold_folder(self, folder: Source, candidate: Candidate, depth: int) -> AsyncIterator[Delivery]:
        for child in self._files_of(folder, candidate):
            if isinstance(child, UnitFailure):
                yield Delivery(folder, Admitted(folder), child)
                continue
            found = self.delivery(child, depth + 1)
            if found.unfolded_by is None:
                yield found
            else:
                async for delivery in self.unfold(found, depth + 1):
                    yield delivery

    def _files_of(self, folder: Source, candidate: Candidate) -> Iterator[Source | UnitFailure]:
        """What lies in a folder; at last a failure if it cannot be read to its end, which costs nothing of what came before."""
        try:
            self._use(candidate)
            implementation = self._workers.instance(candidate.component).implementation("ingest")
            assert implementation is not None  # the planner chose it for this stage
            with self._workers.scratch() as scratch:
                context = Context(run=self._run.id, step=self._step.id, scratch=scratch)
                for child in implementation.call(source=folder, context=context):
                    if not isinstance(child, Source):
                        raise ContractError(
                            f"a folder yielded {type(child).__name__}", fix="Yield Source objects", component=candidate.info.id
                        )
                    if self._is_store(child):
                        continue
                    yield replace(
                        child,
                        key=key_below(folder, child),
                        name=PurePath(child.name).name,
                        origin=os.path.abspath(child.path),  # noqa: PTH100
                    )
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - a folder that cannot be read costs only itself
            yield failure_of(error, candidate.info.id)

    def _is_store(self, child: Source) -> bool:
        """Whether a file lies in the store of this run, which may stand in the inbox."""
        return Path(os.path.abspath(child.path)).is_relative_to(self._blobs.directory.parent.absolute())  # noqa: PTH100

    def _named(self, source: Source) -> Source:
        """The source with names that can be recorded, and unless it is a folder with a key of its own."""
        name, key, origin = readable(source.name), readable(source.key), readable(source.origin)
        if source.media_type == "inode/directory":
            return replace(source, name=name, key=key, origin=origin)
        # A path may be given twice, and so may a key: each is a delivery, and none may pass for the other.
        key = key or name
        identity = origin or key
        # One number a source is kept; a name only where it is given again.
        if not self._identities.add(hash(identity)):
            self._again[identity] += 1
            again = self._again[identity] + 1
            key, origin = f"{key} ({again})", origin and f"{origin} ({again})"
        return replace(source, name=name, key=key, origin=origin)

    def _container(self, source: Source) -> tuple[Candidate | None, str]:
        """The component that would unfold ``source``, if it is a mere container: one that provides no layer; and the detected type."""
        if source.refused or (source.data is None and (not source.path or is_special(source.path))):
            return None, ""
        media_type = ""
        try:
            media_type = detect(source)
            found = self._chooser.candidates(self._step, media_type)
        except (PluginError, InputError, OSError):
            return None, media_type  # met again, and reported, when the source is ingested
        return (found[0] if found and not found[0].info.provides else None), media_type

    # -- one source ---------------------------------------------------------------------------------------------------

    def admit_at_once(self, source: Source, media_type: str = "") -> Admitted | None:
        """The same as `admit`, of a source whose bytes are in memory and few; None of any other."""
        if source.data is None or len(source.data) > INLINE_BYTES:
            return None
        return self._admission(source, media_type)()

    async def admit(self, source: Source, media_type: str = "") -> Admitted:
        """Keep the bytes of a delivery and give it its identity; ``media_type`` is what was detected, if it was."""
        at_once = self.admit_at_once(source, media_type)
        if at_once is not None:
            return at_once
        # Copying takes a while. A task of its own, for the caller's may be the run's.
        return await asyncio.create_task(asyncio.to_thread(self._admission(source, media_type)))

    def _admission(self, source: Source, media_type: str) -> Callable[[], Admitted]:
        origin = source.parent or source.origin or source.key or source.name
        return partial(admit, source, self._blobs, origin=origin, position=source.position, media_type=media_type)

    async def read(self, admitted: Admitted, document: Document, budget: Budget) -> Read:
        """Ingest a source by the component that fits it best, asking the next one only when that says the source is not its own.

        ``document`` is what `document_of` says of the source.
        """
        source = admitted.source
        if admitted.failure is not None:
            return self.failed(document, admitted.failure, source)
        try:
            candidates = self._chooser.candidates(self._step, source.media_type)
        except (AmbiguousComponent, PluginError) as error:
            return self.failed(document, UnitFailure("unavailable", str(error)), source)
        if not candidates:
            what = f"no installed component ingests {source.media_type}: {source.name} has {seen(source)}. Install a plugin that does"
            return self.failed(document, UnitFailure("unsupported", what), source)
        self._run.found(document, path=source.origin, content=source.data)
        for number, candidate in enumerate(candidates[:-1]):
            read = await self._read_with(candidate, source, document, number, budget)
            if read.outcome is None or read.outcome.status != "unsupported":
                return read
        return await self._read_with(candidates[-1], source, document, len(candidates) - 1, budget)

    async def _read_with(self, candidate: Candidate, source: Source, document: Document, number: int, budget: Budget) -> Read:
        started, begun = dt.datetime.now(dt.UTC), time.perf_counter()
        found = await self._ingest(candidate, source, budget)
        wall = time.perf_counter() - begun
        if found.document is None and found.failure is None and not candidate.info.provides:
            self._record(document, candidate, "ok", None, started, wall, NOTHING, number)
            self._run.outcome(Outcome(document=document, status="completed"), container=True)
            children = tuple(child._replace(source=replace(child.source, root=source.root)) for child in found.children)
            return Read(None, None, children, Trace())
        failure = found.failure
        if found.document is None and failure is None:
            failure = UnitFailure("contract", f"{candidate.info.id} yielded no document for {source.name}")
        elif failure is None and found.document is not None and found.document.layers == NOTHING.layers:
            failure = UnitFailure("malformed", f"{source.name} holds nothing: no pages, no text, no tables and no fields")
        gained = NOTHING
        if found.document is not None:
            gained, broken = verified(document, self._step.id, found.document.layers, candidate.info.id, parts=True)
            failure = broken or failure
            document = replace(document, thread=readable(found.document.thread), layers=gained.layers)
        self.bind(document, candidate.component, source)
        status: StepStatus = "ok"
        if failure is not None:
            status = "partial" if gained.contents else "unsupported" if failure.category == "unsupported" else "failed"
        self._record(document, candidate, status, failure, started, wall, gained, number)
        trace = Trace(candidate.component)
        trace.add(gained)
        trace.spent = wall
        return Read(document, self._outcome(document, status, failure, wall, candidate), found.children, trace)

    def bind(self, document: Document, ingested_by: PlannedComponent, source: Source) -> None:
        """Lend the document its bytes and pictures."""
        document.bind(self._workers.host(ingested_by, source.data))

    def failed(self, document: Document, failure: UnitFailure, source: Source) -> Read:
        """A source that no component was asked about."""
        # Without a digest its bytes were not taken, however many there are.
        self._run.found(document, path=source.origin, content=source.data if source.content_id else None)
        status: StepStatus = "unsupported" if failure.category == "unsupported" else "failed"
        self._record(document, None, status, failure, dt.datetime.now(dt.UTC), 0.0, NOTHING, 0)
        return Read(document, self._outcome(document, status, failure, 0.0, None), (), Trace())

    def failed_container(self, delivery: Delivery) -> Read:
        """A container at the top that could not be unfolded to its end counts as a document."""
        assert delivery.failure is not None
        source = delivery.source
        if not source.document_id:
            source = replace(source, document_id=document_id(source.origin or source.key or source.path, source.position, ""))
        return self.failed(self.begin(self.document_of(source)), delivery.failure, source)

    async def _ingest(self, candidate: Candidate, source: Source, budget: Budget) -> Ingested:
        try:
            self._use(candidate)
        except AiosError as error:
            return Ingested(None, (), failure_of(error, candidate.info.id))
        by_worker = candidate.info.isolation == "process"
        unfolding = Unfolding(source, candidate.info.id, blobs=self._blobs, limits=self._limits, budget=budget, by_worker=by_worker)
        if not by_worker:
            return self._ingest_here(candidate, source, unfolding)
        # A task of its own: the caller's may be the run's, which must not be cancelled when a call is late.
        return await asyncio.create_task(self._ingest_there(candidate, source, unfolding))

    def _ingest_here(self, candidate: Candidate, source: Source, unfolding: Unfolding) -> Ingested:
        try:
            implementation = self._workers.instance(candidate.component).implementation("ingest")
            assert implementation is not None  # the planner chose it for this stage
            with self._workers.scratch() as scratch:
                deadline = None if self._timeout is None else time.monotonic() + self._timeout
                context = Context(run=self._run.id, step=self._step.id, scratch=scratch, deadline=deadline)
                for item in implementation.call(source=source, context=context):
                    context.remaining()
                    unfolding.take(item)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - extensions raise panics that are no Exception, and parsers call sys.exit
            return unfolding.end(failure_of(error, candidate.info.id))
        return unfolding.end()

    async def _ingest_there(self, candidate: Candidate, source: Source, unfolding: Unfolding) -> Ingested:
        async with self._workers.places:
            found = self._workers.pool.ingest(candidate.component, source, run=self._run.id, step=self._step.id, timeout=self._timeout)
            async with aclosing(found):
                try:
                    async for item in found:
                        if isinstance(item, UnitFailure):
                            return unfolding.end(item)
                        unfolding.take(item)
                except AiosError as error:
                    return unfolding.end(failure_of(error, candidate.info.id))
        return unfolding.end()

    # -- records ------------------------------------------------------------------------------------------------------

    def document_of(self, source: Source) -> Document:
        """The document that a source is to become, as far as is known before it is read."""
        before = "" if source.parent else self._delivered.latest(source.origin or source.key)
        return Document(
            id=source.document_id,
            name=source.name,
            kind="part" if source.parent else "file",
            media_type=source.media_type,
            media_declared=source.media_declared,
            content_id=source.content_id,
            size=source.size,
            key=source.key,
            parent=source.parent,
            position=source.position,
            root=source.root,
            supersedes="" if before == source.document_id else before,
            resolve=self._plan.resolve,
        )

    def begin(self, document: Document) -> Document:
        """``document``, whose turn has come: from now on this run replaces what it supersedes."""
        if document.supersedes:
            self._replaced.add(document.supersedes)
        return document

    def _outcome(
        self, document: Document, status: StepStatus, failure: UnitFailure | None, wall: float, candidate: Candidate | None
    ) -> StepOutcome:
        outcome = StepOutcome(
            step=self._step.id,
            stage="ingest",
            status=status,
            component=candidate.info.id if candidate else "",
            message=failure.message if failure else "",
            failures=(failure,) if failure else (),
        )
        self._observers.tell("step_finished", document, outcome, wall)
        return outcome

    def _record(
        self,
        document: Document,
        candidate: Candidate | None,
        status: StepStatus,
        failure: UnitFailure | None,
        started: dt.datetime,
        wall: float,
        gained: Gained,
        number: int,
    ) -> None:
        component = candidate.info.id if candidate else ""
        self._run.attempt(
            document,
            Attempt(
                id=attempt_id(self._run.id, document.id, self._step.id, component, number),
                step=self._step.id,
                stage="ingest",
                component=component,
                status=status,
                category=failure.category if failure else "",
                message=failure.message if failure else "",
                failures=(failure,) if failure else (),
                started_at=started,
                wall=wall,
            ),
            gained.layers,
            gained.contents,
        )

    def _record_container(self, candidate: Candidate, source: Source) -> None:
        document = self.begin(self.document_of(source))
        self._run.found(document, path=source.origin, container=True, content=source.data)
        self._record(document, candidate, "ok", None, dt.datetime.now(dt.UTC), 0.0, NOTHING, 0)
        self._run.outcome(Outcome(document=document, status="completed"), container=True)

    def _use(self, candidate: Candidate) -> None:
        if candidate.info.id not in self._used:
            self._used.add(candidate.info.id)
            record_use(self._run, self._plan.registry, self._step, candidate)
