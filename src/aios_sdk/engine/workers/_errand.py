"""One order to one worker: from taking a worker until it is given back, or has ended and it is known why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ._attendant import Attendant
from ._blame import Blame, blame
from ._channel import Channel
from ._crew import Crew
from ._process import Watch
from ._tasks import Tasks
from ._wire import Done, Order, Piece, Report, Task


class Office(NamedTuple):
    """What errands need: the workers, the thread that looks after them, and what makes their tasks. ``opening`` is in seconds."""

    crew: Crew
    attendant: Attendant
    tasks: Tasks
    opening: float


class Errand:
    """An order for a component: `begin` takes a worker and sends it, `end` lets go of the worker, and kills it if it is not done."""

    def __init__(self, office: Office, component: int, *, timeout: float | None, memory_mb: int | None) -> None:
        self._office = office
        self._component = component
        self._timeout = timeout
        self._memory_mb = memory_mb
        self._channel: Channel | None = None
        self._watch: Watch | None = None
        self._is_done = False

    async def begin(self, make: Callable[[Task], Order], pieces: Sequence[Piece] = ()) -> None:
        """Send what ``make`` makes of the task to a worker. Raises `Unavailable` when none can be started."""
        office = self._office
        self._channel = await office.crew.take(self._component)
        process = self._channel.process
        task, self._watch = office.tasks.begin(process, self._component, pieces, timeout=self._timeout, memory_mb=self._memory_mb)
        if office.attendant.ask(process, self._watch):
            self._channel.send(make(task))

    async def next(self) -> Report | Blame | None:
        """The next report, `Done` being the last; or `Blame` when the worker has ended; None after either."""
        if self._channel is None or self._is_done:
            return None
        report = await self._channel.receive()
        if isinstance(report, Done):
            self._is_done = True
            self._channel.process.rest()
        return report if report is not None else await self._find_blame()

    def send(self, order: Order) -> None:
        """Send another order that belongs to the first."""
        if self._channel is not None:
            self._channel.send(order)

    @property
    def peak(self) -> int | None:
        """Bytes of memory that the worker had at most since the errand began; None when there was no time to look."""
        return None if self._channel is None else self._channel.process.peak or None

    async def _find_blame(self) -> Blame:
        channel, self._channel = self._channel, None
        assert channel is not None
        assert self._watch is not None
        end = await self._office.crew.lost(channel)
        state, tasks = channel.process.board.read(), self._office.tasks
        return blame(end, state, self._watch, tasks.id(self._component), tasks.id(state.opening), self._office.opening)

    def end(self, *, kill: bool = False) -> None:
        """Let go of the worker."""
        if self._channel is not None:
            if self._is_done and not kill:
                self._office.crew.give_back(self._channel)
            else:
                self._office.crew.drop(self._channel)
            self._channel = None
