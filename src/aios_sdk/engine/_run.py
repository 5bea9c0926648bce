"""Making a Plan happen: sources stream in, documents pass their steps, outcomes stream out as they become durable."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Final, TypeAlias

from ..records import Document, Outcome, Source, Status, StepOutcome
from ..store import INLINE_BYTES, Attempt, Memo, Run, RunInfo, RunStatus, Store, Ticket
from ._again import Again, Recollection, is_settled
from ._ahead import Ahead, Known
from ._calls import Calls
from ._cases import Cases, Duplicates, Place
from ._choice import Chooser, is_refusal
from ._documents import Reader
from ._eager import alone, aside, start
from ._events import Observer, Observers
from ._flow import Acknowledger, InOrder, Turn, Window, read_ahead, weight_of
from ._ingest import Admitted, names_of
from ._limits import Limits
from ._memory import Memory, Trace
from ._models import RunModels
from ._parts import gained_of, inherited, parts_of
from ._patience import Patience
from ._plan import Plan, PlannedStep
from ._steps import Steps, stage_failed
from ._stop import Stop
from ._tree import Delivery, Tree
from ._workers import Workers

#: Documents that may be at their steps at a time: enough to keep workers, services and batches supplied.
_DOCUMENTS: Final = 64

#: What becomes durable: an outcome, or the delivery after all of its outcomes.
Done: TypeAlias = Outcome | Tree


class Engine:
    """One run of one plan."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        *,
        observers: Sequence[Observer],
        limits: Limits,
        workers: int,
        window: int,
        fresh: bool = False,
        ordered: bool = False,
        models: RunModels | None = None,
    ) -> None:
        self._plan = plan = (models := models or RunModels(store)).of_plan(plan)
        self._store = store
        self._limits = limits
        self._fresh = fresh
        self._memo: Memo | None = None
        self._in_order: InOrder[Tree] | None = InOrder() if ordered else None
        self._observers = Observers(observers)
        self._workers = Workers(plan.registry, workers, store.blobs, limits.memory_mb)
        self._chooser = Chooser(plan.registry, models)
        # A document holds a slot while it is ingested and passes its steps; a delivery is in the window until all it holds is durable and
        # taken over by the caller. Documents never wait for others while they hold a slot, so the two cannot lock each other.
        self._documents = asyncio.Semaphore(max(_DOCUMENTS, 2 * workers))
        self._window = Window(window)
        self._patience = Patience(self._observers, limits.calls)
        self._acknowledger = Acknowledger(self._acknowledged, window)
        self._out: asyncio.Queue[list[Outcome] | BaseException | None] = asyncio.Queue(maxsize=2)
        self._counts: Counter[str] = Counter()
        self._numbers = count()  # of deliveries
        self._intake: asyncio.Task[None] | None = None
        self._driver: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._is_stopping = self._is_cut = False
        self._required = {step.id for step in (plan.ingest, *plan.steps, *plan.case_steps) if step.required}

    async def run(self, inputs: object) -> AsyncIterator[list[Outcome]]:
        """Outcomes, several at a time, as they become durable. Whatever stops it, what is done is recorded, every component closed."""
        status: RunStatus = "failed"
        try:
            run = self._begin(inputs)
        except BaseException:
            if self._memo is not None:
                self._memo.close()
            await self._workers.close()
            raise
        try:
            self._driver = asyncio.create_task(self._drive(inputs))
            while (item := await self._out.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
            status = "interrupted" if self._is_cut else "completed"
        except (GeneratorExit, asyncio.CancelledError, KeyboardInterrupt):
            status = "interrupted"
            raise
        finally:
            try:
                if self._deadline is not None:
                    self._deadline.cancel()
                if self._driver is not None:
                    self._is_stopping = False  # nobody waits for its last word
                    self._driver.cancel()
                    await asyncio.gather(self._driver, return_exceptions=True)
                await self._calls.close()
                await self._workers.close()
            finally:
                run.finish(status, dict(self._counts))
                if self._memo is not None:
                    self._memo.close()
                self._observers.tell("run_finished", run.id, status)

    def stop(self, stop: Stop) -> None:
        """Take in nothing new, and end when what is under way is finished, after the seconds of grace, or at once if asked again."""
        if not self._is_stopping:
            self._is_stopping = True
            self._take_no_more()
            if self._driver is not None:
                self._deadline = asyncio.get_running_loop().call_later(stop.grace, self._driver.cancel)
            self._observers.tell("run_stopping", self._run.id, stop.grace)
        if stop.requests > 1 and self._driver is not None:
            self._driver.cancel()

    def _take_no_more(self) -> None:
        if self._is_stopping and self._intake is not None and self._intake.cancel():
            self._is_cut = True

    def _begin(self, inputs: object) -> Run:
        plan, store = self._plan, self._store
        memo = self._memo = store.memo()
        delivered = memo.deliveries  # before this run
        replaced: set[str] = set()
        self._duplicates = Duplicates(delivered, replaced)
        self._cases = Cases(plan.collect, self._duplicates, plan.resolve) if plan.collect else None
        self._run = store.begin(
            RunInfo(
                pipeline=plan.name, pipeline_version=plan.version, definition=plan.definition, resolve=plan.resolve, inputs=names_of(inputs)
            )
        )
        cut_off = delivered.cut_off(plan.name)
        memory = Memory(plan.registry, memo, store.blobs, cut_off=cut_off, fresh=self._fresh or memo.is_empty)
        self._calls = Calls(self._workers, store.blobs, self._run.id)
        self._steps = Steps(self._run, plan.registry, self._chooser, self._calls, memory, self._patience, seconds=self._limits.timeout)
        self._reader = Reader(
            plan,
            self._run,
            store.blobs,
            workers=self._workers,
            chooser=self._chooser,
            limits=self._limits,
            observers=self._observers,
            delivered=delivered,
            replaced=replaced,
        )
        self._ahead = Ahead(self._reader, Again(plan, self._run, self._chooser, memory, memo, store.blobs))
        self._observers.tell("run_started", self._run.id, plan.name)
        return self._run

    async def _drive(self, inputs: object) -> None:
        """Deliver everything; end with None, or with what went wrong with the run itself."""
        try:
            async with asyncio.TaskGroup() as acknowledging:
                acknowledging.create_task(self._acknowledger.work())
                async with asyncio.TaskGroup() as self._tasks:
                    self._intake = self._tasks.create_task(self._take_in(inputs))
                    self._take_no_more()  # if it was asked to stop before
                if self._cases is not None and not self._is_cut:  # what is gathered over the whole input is not settled on a part
                    for case in self._cases.close_all():
                        tree = Tree(next(self._numbers), self._limits)  # a case that waited for all deliveries comes after them
                        await alone(self._case(case, tree))
                        self._acknowledger.add(tree)
                self._acknowledger.close()
        except asyncio.CancelledError:
            if not self._is_stopping:
                raise
            self._is_cut = True
            await self._out.put(None)
        except BaseException as error:  # noqa: BLE001 - handed to whoever reads the outcomes
            await self._out.put(_innermost(error))
        else:
            await self._out.put(None)

    async def _take_in(self, inputs: object) -> None:
        """Take deliveries while there is room in the window."""
        turn = Turn()
        async for sources in read_ahead(inputs, self._window.size):
            few: list[tuple[Delivery, Known | None]] = []
            for found, known in self._ahead.look(sources):
                if found.unfolded_by is None:
                    few.append((found, known))
                    continue
                await self._begin_deliveries(few, turn)
                few = []
                async for delivery in self._reader.unfold(found):
                    await self._begin_deliveries([(delivery, None)], turn)
            await self._begin_deliveries(few, turn)

    async def _begin_deliveries(self, deliveries: Sequence[tuple[Delivery, Known | None]], turn: Turn) -> None:
        """Begin them in their order, a few together."""
        while deliveries:
            many = await self._window.enter(min(turn.together, len(deliveries)))
            began = time.perf_counter()
            start([self._deliver(found, next(self._numbers), known) for found, known in deliveries[:many]], self._tasks)
            deliveries = deliveries[many:]
            await turn.over(many, time.perf_counter() - began)

    async def _acknowledged(self, done: list[Done]) -> None:
        """Hand over what is durable, and make room in the window for what the caller has taken."""
        outcomes = [each for each in done if isinstance(each, Outcome)]
        for outcome in outcomes:
            self._observers.tell("document_finished", outcome)
        trees = [each for each in done if isinstance(each, Tree)]
        if self._in_order is None:
            handed = [outcome for outcome in outcomes if self._cases is None or outcome.document.kind == "case"]
        else:
            trees = self._in_order.next_of(trees)
            handed = [outcome for tree in trees for outcome in self._outcomes_of(tree)]
        if handed:
            await self._out.put(handed)
        for tree in trees:
            self._window.leave(tree.weight)

    def _outcomes_of(self, tree: Tree) -> list[Outcome]:
        if self._cases is not None:
            return [tree.case] if tree.case is not None else []
        return [outcome for _, outcome in sorted(tree.found, key=lambda found: found[0])]

    async def _deliver(self, delivery: Delivery, number: int, known: Known | None) -> None:
        tree = Tree(number, self._limits)
        if delivery.failure is not None:
            read = self._reader.failed_container(delivery)
            assert read.document is not None
            assert read.outcome is not None
            await self._unfolded(tree)
            await self._finish(read.document, [read.outcome], tree, (number,), read.trace)
            await self._finished(tree)
        else:
            admitted = delivery.admitted or await self._reader.admit(delivery.source, delivery.media_type)
            await self._source(tree, admitted, (number,), known)

    async def _source(self, tree: Tree, admitted: Admitted, place: Place, known: Known | None = None) -> None:
        """Pass the document of a source through the steps; its children go their own ways beside it."""
        async with self._documents:
            if self._is_stopping and len(place) == 1:  # nobody has begun it; the next run will
                self._is_cut = True
                await self._unfolded(tree)
                self._acknowledger.add(tree)
                return
            document, key, recollection = known or self._ahead.known(admitted)
            self._reader.begin(document)
            if recollection is not None:
                await self._recalled(recollection, admitted.source, tree, place)
            else:
                await self._read(admitted, document, key, tree, place)
        await self._finished(tree)

    async def _read(self, admitted: Admitted, document: Document, key: str, tree: Tree, place: Place) -> None:
        """A document that is new, changed or not to be recalled is ingested and passes its steps."""
        read = await self._reader.read(admitted, document, tree.budget)
        if read.document is not None:
            if self._cases is not None:  # who else asks; without cases nothing of a document is kept
                self._duplicates.seen(read.document, place)
            self._observers.tell("document_found", read.document)
        tree.to_ingest += len(read.children) - 1
        tree.to_finish += len(read.children)
        if tree.to_ingest == 0:
            await self._unfolded(tree)
        for position, child in enumerate(read.children):
            self._tasks.create_task(alone(self._source(tree, child, (*place, position))))
        if read.document is not None and read.outcome is not None:
            read.trace.key = "" if read.children else key
            await self._finish(read.document, [read.outcome], tree, place, read.trace, children=len(read.children))

    async def _unfolded(self, tree: Tree) -> None:
        """All that a delivery holds has been seen, for which cases wait before they ask for duplicates."""
        if self._cases is not None:
            await self._duplicates.unfolded(tree.number)

    async def _finished(self, tree: Tree) -> None:
        """One source of a delivery is done; after the last the delivery is."""
        tree.to_finish -= 1
        if tree.to_finish:
            return
        if self._cases is not None:
            case = await self._cases.close_delivery(tree.number, tree.found)
            if case is not None:
                await self._case(case, tree)
        self._acknowledger.add(tree)

    async def _recalled(self, recollection: Recollection, source: Source, tree: Tree, place: Place) -> None:
        """A document that came again unchanged: what became of it is told as if it had just happened."""
        outcome = recollection.outcome
        document = outcome.document
        self._reader.bind(document, recollection.ingested_by, source)
        if self._cases is not None:
            self._duplicates.seen(document, place)
        for number, step in enumerate(outcome.steps):
            self._observers.tell("step_finished", document, step, 0.0)
            if number == 0:
                self._observers.tell("document_found", document)  # once it is ingested, as always
        tree.to_ingest -= 1
        if tree.to_ingest == 0:
            await self._unfolded(tree)
        self._settle(outcome, tree, place, self._run.recall(recollection.whole))

    # -- a document or case that has been found -----------------------------------------------------------------------

    async def _finish(
        self, document: Document, done: list[StepOutcome], tree: Tree, place: Place, trace: Trace, *, children: int = 0
    ) -> None:
        plan = self._plan
        if done[0].status in ("ok", "partial"):
            document = await self._pass(plan.whole_steps, document, done, trace)
            if plan.split is not None and self._status(done) != "failed":
                parts = parts_of(document, plan.split, children)
                if parts:
                    self._split(document, parts, done, tree, place, trace)
                    return
                document = await self._pass(plan.part_steps, document, done, trace)
        outcome = Outcome(document=document, status=self._status(done), steps=tuple(done))
        await aside()
        key = trace.key and (trace.key if is_settled(outcome) else "")
        self._settle(outcome, tree, place, self._run.outcome(outcome, memo_key=key))

    def _split(self, packet: Document, parts: list[Document], done: list[StepOutcome], tree: Tree, place: Place, trace: Trace) -> None:
        """A packet has become its parts: they are the documents now, and it is what they lie in."""
        self._run.outcome(Outcome(document=packet, status=self._status(done), steps=tuple(done)), container=True)
        self._observers.tell("document_split", packet, tuple(parts))
        tree.to_finish += len(parts)
        for part in parts:
            way = self._part(part, inherited(part, done), tree, (*place, part.position), Trace(trace.ingested_by))
            self._tasks.create_task(alone(way))

    async def _part(self, part: Document, done: list[StepOutcome], tree: Tree, place: Place, trace: Trace) -> None:
        """Pass a part of a packet through the steps that follow."""
        async with self._documents:
            gained = gained_of(part.layers)
            trace.add(gained)
            # What is too small for a blob lies with each document.
            self._run.found(part, content=part.read() if part.size <= INLINE_BYTES else None)
            attempt = Attempt(step="split", stage="split", started_at=dt.datetime.now(dt.UTC))
            self._run.attempt(part, attempt, gained.layers, gained.contents)
            self._observers.tell("document_found", part)
            part = await self._pass(self._plan.part_steps, part, done, trace)
            outcome = Outcome(document=part, status=self._status(done), steps=tuple(done))
            self._settle(outcome, tree, place, self._run.outcome(outcome))
        await self._finished(tree)

    def _settle(self, outcome: Outcome, tree: Tree, place: Place, ticket: Ticket) -> None:
        """A document has ended; it is handed over when that is durable."""
        weight = weight_of(outcome.document)
        tree.weight += weight
        self._window.add(weight)
        self._counts["found"] += 1
        self._counts[outcome.status] += 1
        self._acknowledger.add(outcome, ticket)
        if self._cases is not None or self._in_order is not None:
            tree.found.append((place, outcome))

    async def _case(self, case: Document, tree: Tree) -> None:
        self._run.found(case)
        self._observers.tell("document_found", case)
        done: list[StepOutcome] = []
        case = await self._pass(self._plan.case_steps, case, done, Trace())
        tree.case = Outcome(document=case, status=self._status(done), steps=tuple(done))
        self._counts["cases"] += 1
        self._acknowledger.add(tree.case, self._run.outcome(tree.case))

    async def _pass(self, steps: Sequence[PlannedStep], document: Document, done: list[StepOutcome], trace: Trace) -> Document:
        """The document after ``steps``; after a required step has failed no other is asked."""
        for step in steps:
            await aside()
            passed = self._steps.straight.apply(step, document, trace)
            if not isinstance(passed, tuple):
                passed = await self._steps.apply(step, document, trace, passed)
            document, outcome, seconds = passed
            done.append(outcome)
            self._observers.tell("step_finished", document, outcome, seconds)
            if stage_failed(outcome, step):
                break
        return document

    def _status(self, done: Sequence[StepOutcome]) -> Status:
        if done and done[0].stage == "ingest" and done[0].status in ("failed", "unsupported"):
            return "refused" if is_refusal(done[0], self._plan.registry) else "failed"
        if {step.status for step in done}.isdisjoint(("failed", "partial")):
            return "completed"
        return "failed" if any(step.status == "failed" and step.step in self._required for step in done) else "partial"


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
