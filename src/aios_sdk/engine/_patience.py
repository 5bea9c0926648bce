"""What passes by itself: tries again after a while, calls at a time, and pauses for components that keep failing."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, final

from ..plugins import ComponentInfo
from ._events import Observers
from .workers import UnitAnswer

_log: Final = logging.getLogger("aios.engine")

#: How often a call that says "try again" is tried, and the seconds before the second try; they double with each, up to the greatest.
TRIES: Final = 4
FIRST_WAIT: Final = 0.5
GREATEST_WAIT: Final = 30.0

#: So many calls in a row that could not be made, and a component is paused; for so many seconds at first, then twice as many.
PAUSED_AFTER: Final = 5
FIRST_PAUSE: Final = 5.0
GREATEST_PAUSE: Final = 300.0

#: Failures that have to do with what a component needs, rather than with the document.
_PASSING: Final = frozenset({"retryable", "unavailable"})


class _Health:
    """How a component has been doing: failures in a row, pauses in a row, and until when it is paused (seconds of the clock)."""

    __slots__ = ("failures", "paused_until", "pauses")

    def __init__(self) -> None:
        self.failures = 0
        self.pauses = 0
        self.paused_until = 0.0


@final
class Patience:
    """Calls components again when they ask for it, at most ``limits`` at a time (by component id or network host).

    The wait before try n is FIRST_WAIT * 2**(n-2) seconds, times a random factor of 0.5 to 1.5, so that those who failed together do not
    come back together (after M. Brooker, Exponential Backoff And Jitter, AWS 2015); never less than the component asked for.
    """

    def __init__(
        self,
        observers: Observers,
        limits: Mapping[str, int],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._observers = observers
        self._limits = {name: asyncio.Semaphore(count) for name, count in limits.items()}
        self._health: defaultdict[str, _Health] = defaultdict(_Health)
        self._clock = clock
        self._sleep = sleep
        self._random = random.Random()

    async def call(self, info: ComponentInfo, work: Callable[[], Awaitable[UnitAnswer]], *, first: UnitAnswer | None = None) -> UnitAnswer:
        """The answer of ``work()``, tried again while it asks for that; ``first`` is what the first try gave, if it was made already."""
        health = self._health[info.id]
        for number in range(1, TRIES + 1):
            if first is not None and number == 1:
                answer = first
            else:
                await self._pause_over(health)
                async with self._turn(info):
                    answer = await work()
            failure = answer.failure
            self._note(info, health, failure is not None and failure.category in _PASSING, failure.message if failure else "")
            if failure is None or failure.category != "retryable" or number == TRIES:
                return answer
            await self._sleep(self._wait(number, answer.after))
        raise AssertionError("the last try returns")

    def well(self, component: str) -> None:
        """A component was called and did not fail by itself."""
        health = self._health.get(component)
        if health is not None:
            health.failures = health.pauses = 0

    def _wait(self, number: int, asked: float) -> float:
        wait: float = min(GREATEST_WAIT, FIRST_WAIT * 2 ** (number - 1)) * self._random.uniform(0.5, 1.5)
        return max(wait, asked)

    async def _pause_over(self, health: _Health) -> None:
        while (left := health.paused_until - self._clock()) > 0:
            await self._sleep(left)

    def _note(self, info: ComponentInfo, health: _Health, failed: bool, message: str) -> None:
        if not failed:
            health.failures = health.pauses = 0
            return
        health.failures += 1
        if health.failures >= PAUSED_AFTER:
            seconds = min(GREATEST_PAUSE, FIRST_PAUSE * 2**health.pauses)
            health.failures = 0
            health.pauses += 1
            health.paused_until = self._clock() + seconds
            _log.warning("%s is paused for %g s: %d calls in a row failed, the last with: %s", info.id, seconds, PAUSED_AFTER, message)
            self._observers.tell("component_paused", info.id, seconds, message)

    @asynccontextmanager
    async def _turn(self, info: ComponentInfo) -> AsyncIterator[None]:
        held = [self._limits[name] for name in sorted({info.id, *info.network} & self._limits.keys())]
        taken: list[asyncio.Semaphore] = []
        try:
            for limit in held:
                await limit.acquire()
                taken.append(limit)
            yield
        finally:
            for limit in taken:
                limit.release()
