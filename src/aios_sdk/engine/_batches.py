"""Micro-batches: what waits for the same component goes to a worker, or to its batch companion, together."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, nullcontext
from typing import Final, NamedTuple, TypeAlias, final

from msgspec.structs import replace

from ..plugins import ComponentInfo
from ..stages import Stage
from ._plan import PlannedComponent
from ._workers import ASYNC_LIMIT, Workers
from .workers import Unit, UnitAnswer
from .workers._companions import Companions

#: Seconds for which a batch companion that could take more units waits for them.
LINGER: Final = 0.01

#: Units without a batch companion that go to a worker at a time, which saves messages; few, so that no worker is left without work.
_AT_A_TIME: Final = 16


class Line(NamedTuple):
    """What units must have in common to go together: the component, for which stage and step, and the seconds for each."""

    component: PlannedComponent
    stage: Stage
    step: str
    timeout: float | None


class _Waiting(NamedTuple):
    unit: Unit
    answer: asyncio.Future[UnitAnswer]
    since: float
    is_suspect: bool = False


class _Queue:
    """The units that wait in one line, and who takes them: at most so many at a time, ``most`` units each."""

    def __init__(self, line: Line, info: ComponentInfo, *, has_companion: bool, workers: int) -> None:
        self.line = line
        self.isolation = info.isolation
        self.waiting: deque[_Waiting] = deque()
        self.most = info.batch if has_companion else _AT_A_TIME
        self.lingers = has_companion and info.isolation != "inline"
        self.takers = 0
        self.takers_at_most = {"inline": 1, "async": ASYNC_LIMIT, "process": workers}[info.isolation]
        #: Into how many parts to share out what waits: companions take all they can, and of the others no worker takes more than a part.
        self._shares = 1 if info.isolation != "process" else workers if has_companion else 2 * workers
        self.full = asyncio.Event()

    def add(self, waiting: _Waiting) -> None:
        """Let one more wait."""
        self.waiting.append(waiting)
        if len(self.waiting) >= self.most:
            self.full.set()

    def take(self) -> list[_Waiting]:
        """The next batch; empty when others have taken all."""
        share = math.ceil(len(self.waiting) / self._shares)
        if self.waiting and self.waiting[0].is_suspect:
            share = 1
        batch = [self.waiting.popleft() for _ in range(min(self.most, share))]
        self.full.clear()
        return [each for each in batch if not each.answer.done()]  # who was cancelled meanwhile wants none

    def put_back(self, batch: Sequence[_Waiting]) -> None:
        """Let what was taken with something fatal wait again, before all others, to be taken alone.

        Files that hang lie together more often than not. So each worker takes one, and nothing waits behind several deadlines.
        """
        self.waiting.extendleft(each._replace(is_suspect=True) for each in reversed(batch))


#: Answers units in this process, each by its place.
Together: TypeAlias = Callable[[Line, Sequence[Unit]], Awaitable[Sequence[UnitAnswer]]]


@final
class Batches:
    """Collects the units of many documents, and hands them on as soon as somebody can work on them.

    While every worker is busy units gather by themselves, and so batches are the larger the more there is to do; only for a batch
    companion is a moment waited. Inline components are asked when the loop has gone round.
    """

    def __init__(self, workers: Workers, run: str, together: Together) -> None:
        self._workers = workers
        self._run = run
        self._together = together
        #: Whether a component can be asked about several units at once.
        self.has_companion: Final = Companions(workers.registry).has
        self._queues: dict[tuple[object, ...], _Queue] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, line: Line, info: ComponentInfo, unit: Unit) -> UnitAnswer:
        """The answer for one unit, when its turn has come."""
        queue = self._queue(line, info)
        waiting = _Waiting(unit, asyncio.get_running_loop().create_future(), time.perf_counter())
        queue.add(waiting)
        self._call_taker(queue)
        return await waiting.answer

    async def close(self) -> None:
        """Give up what waits."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _call_taker(self, queue: _Queue) -> None:
        if queue.takers < queue.takers_at_most:
            queue.takers += 1
            task = asyncio.create_task(self._serve(queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _queue(self, line: Line, info: ComponentInfo) -> _Queue:
        key = (id(line.component), *line[1:])
        found = self._queues.get(key)
        if found is None:
            companion = self.has_companion(line.component, line.stage)
            found = self._queues[key] = _Queue(line, info, has_companion=companion, workers=self._workers.count)
        return found

    async def _serve(self, queue: _Queue) -> None:
        """Work until nothing waits."""
        try:
            while queue.waiting:
                await self._linger(queue)
                async with self._workers.places if queue.isolation == "process" else nullcontext():
                    batch = queue.take()
                    if batch:
                        await self._work(queue, batch)
        finally:
            queue.takers -= 1

    async def _linger(self, queue: _Queue) -> None:
        if queue.isolation == "inline":
            await asyncio.sleep(0)
        elif queue.lingers and not queue.full.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(queue.full.wait(), LINGER)

    async def _work(self, queue: _Queue, batch: Sequence[_Waiting]) -> None:
        begun = time.perf_counter()
        try:
            async with aclosing(self._answers(queue, [each.unit for each in batch])) as answers:
                async for answer in answers:
                    asked = batch[answer.unit]
                    if not asked.answer.done():
                        asked.answer.set_result(replace(answer, unit=0, waited=answer.waited + begun - asked.since))
                    if answer.was_fatal:
                        break
        except Exception as error:  # noqa: BLE001 - raised where the answers are awaited
            for each in batch:
                if not each.answer.done():
                    each.answer.set_exception(error)
        except BaseException:
            for each in batch:
                each.answer.cancel()
            raise
        left = [each for each in batch if not each.answer.done()]
        queue.put_back(left)
        for _ in left:
            self._call_taker(queue)

    async def _answers(self, queue: _Queue, units: Sequence[Unit]) -> AsyncGenerator[UnitAnswer, None]:
        line = queue.line
        if queue.isolation != "process":
            for answer in await self._together(line, units):
                yield answer
            return
        calls = self._workers.pool.call(line.component, line.stage, line.step, units, run=self._run, timeout=line.timeout)
        async with aclosing(calls) as answers:
            async for answer in answers:
                yield answer
