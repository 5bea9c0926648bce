"""Which worker does what: taken when one is free, given back afterwards, replaced when it has ended or holds too much memory."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from typing import Any, Final

from ...errors import Unavailable
from ._attendant import Attendant
from ._channel import Channel
from ._process import End, Process, Verdict
from ._wire import Close, Order

#: Seconds that a worker is given to close its components.
GRACE: Final = 5.0
#: Workers that must have been lost before one stands by.
_SEVERAL: Final = 2


class Crew:
    """At most ``count`` workers at work, started when they are needed and there is no other.

    Where several have been lost others will be: from then on one more stands by, which has made the components that those knew,
    so that nobody waits for a start after a death. ``lesson`` makes the order to do so.
    """

    def __init__(self, attendant: Attendant, count: int, lesson: Callable[[Process, Iterable[int]], Order]) -> None:
        self._attendant = attendant
        self._lesson = lesson
        self._places = asyncio.Semaphore(count)
        self._idle: list[Channel] = []
        self._at_work: set[Channel] = set()
        self._tidying: set[asyncio.Task[Any]] = set()
        self._lost = 0
        self._known: set[int] = set()
        self._spare: asyncio.Task[Channel] | None = None

    async def take(self, component: int) -> Channel:
        """A worker, if there is one that knows ``component``; waits until one is free.

        Raises `Unavailable` when none can be started.
        """
        await self._places.acquire()
        try:
            channel = self._find(component) or await self._hire()
        except BaseException:
            self._places.release()
            raise
        self._at_work.add(channel)
        return channel

    def give_back(self, channel: Channel) -> None:
        """Its work is done; the next may have it."""
        if self._leave(channel):
            self._idle.append(channel)

    async def lost(self, channel: Channel, verdict: Verdict = "broke the line") -> End:
        """How a worker ended; it is killed if it has not by itself. Another may take its place at once."""
        self._leave(channel)
        self._lost += 1
        self._known |= channel.process.told
        channel.close()
        end = await asyncio.wrap_future(self._attendant.bury(channel.process, verdict=verdict))
        self._tidy(_remove(channel.process))
        return end

    def drop(self, channel: Channel) -> None:
        """Kill a worker, since nobody wants any more what it does."""
        if self._leave(channel):
            channel.close()
            self._tidy(self._end(channel.process, grace=0.0))

    def _leave(self, channel: Channel) -> bool:
        """Take a worker from its work; False when it was taken from there before, at the end of the run."""
        if channel not in self._at_work:
            return False
        self._at_work.remove(channel)
        self._places.release()
        return True

    async def close(self) -> None:
        """Let idle workers close their components, and kill the others."""
        for channel in tuple(self._at_work):
            self.drop(channel)
        for channel in self._idle:
            self._retire(channel)
        self._idle.clear()
        if self._spare is not None:
            self._tidy(self._dismiss(self._spare))
            self._spare = None
        while self._tidying:
            await asyncio.wait(self._tidying)

    def _find(self, component: int) -> Channel | None:
        for channel in self._idle:
            if channel.is_closed:
                self._tidy(self._end(channel.process))
            elif channel.process.is_bloated:
                self._retire(channel)
        self._idle = [channel for channel in self._idle if not channel.is_closed and not channel.process.is_bloated]
        for number in reversed(range(len(self._idle))):
            if component in self._idle[number].process.told:
                return self._idle.pop(number)
        return self._idle.pop() if self._idle else None

    async def _hire(self) -> Channel:
        spare, self._spare = self._spare, None
        if self._lost >= _SEVERAL:
            self._spare = asyncio.get_running_loop().create_task(self._stand_by())
        if spare is not None:
            with contextlib.suppress(Unavailable):
                channel = await spare
                if not channel.is_closed:
                    return channel
                self._tidy(self._end(channel.process))
        return await self._start()

    async def _stand_by(self) -> Channel:
        channel = await self._start()
        channel.send(self._lesson(channel.process, self._known))
        return channel

    async def _dismiss(self, spare: asyncio.Task[Channel]) -> None:
        with contextlib.suppress(Unavailable):
            channel = await spare
            channel.close()  # it has nothing open
            await self._end(channel.process, grace=0.0)

    async def _start(self) -> Channel:
        starting = self._attendant.start()
        try:
            process = await asyncio.wrap_future(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(self._send_away)
            raise
        return await Channel.connect(process)

    def _send_away(self, starting: Future[Process]) -> None:
        with contextlib.suppress(Unavailable):  # it was not started, or all are closed already
            process = starting.result()
            process.connection.close()
            self._attendant.bury(process, grace=0.0, verdict="not needed")

    def _retire(self, channel: Channel) -> None:
        self._tidy(self._farewell(channel))

    async def _farewell(self, channel: Channel) -> None:
        if not channel.is_closed:
            channel.send(Close())
        ended = asyncio.ensure_future(self._end(channel.process, grace=GRACE))
        while await channel.receive() is not None:
            pass  # lines that were logged are handed on meanwhile
        await ended

    async def _end(self, process: Process, grace: float = GRACE) -> None:
        await asyncio.wrap_future(self._attendant.bury(process, grace=grace, verdict="not needed"))
        await _remove(process)

    def _tidy(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tidying.add(task)
        task.add_done_callback(self._tidying.discard)


async def _remove(process: Process) -> None:
    await asyncio.to_thread(shutil.rmtree, process.scratch, ignore_errors=True)
