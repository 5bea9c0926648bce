"""How much is under way at a time: sources read ahead, a window of deliveries, and outcomes handed over as they become durable."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

from ..records import Document, Source
from ..store import Ticket
from ._ingest import sources_of

#: Bytes of finished documents that may wait for the journal and for the caller.
_WINDOW_BYTES: Final = 64 * 1024 * 1024

#: Seconds after which the loop is let go round, while documents pass without waiting for anything.
_TURN: Final = 0.005

#: Sources that are taken from a caller's iterator together: a quarter of the window, within bounds, and no more once so many bytes of them
#: are in memory. Waking the thread that does it, and letting it have the interpreter, costs as much as a document does.
_FEWEST: Final = 8
_MOST: Final = 128
_ENOUGH: Final = 1024 * 1024

#: Sources that are looked at together, if they are there; fewer where the window is small.
_FEW: Final = 16

#: Of these, one is being taken while the other is passed on.
_AHEAD: Final = 2

#: Seconds for which the thread is left alone with the interpreter when nothing is at hand, so that more than one source is there then.
_MOMENT: Final = 0.001


class Window:
    """Deliveries under way: at most ``size``, and none is let in while finished ones of more than 64 MiB wait to be taken."""

    def __init__(self, size: int) -> None:
        self.size: Final = size
        self._count = 0
        self._bytes = 0
        self._room = asyncio.Event()
        self._room.set()

    async def enter(self, many: int) -> int:
        """Wait for room, and take it for as many as there is room for, at most ``many``; gives how many these are."""
        while not self._room.is_set():
            await self._room.wait()
        taken = min(many, self.size - self._count)
        self._count += taken
        self._settle()
        return taken

    def add(self, weight: int) -> None:
        """Documents of ``weight`` bytes are finished."""
        self._bytes += weight
        self._settle()

    def leave(self, weight: int) -> None:
        """A delivery whose documents weighed as much was taken."""
        self._count -= 1
        self._bytes -= weight
        self._settle()

    def _settle(self) -> None:
        if self._count < self.size and self._bytes < _WINDOW_BYTES:
            self._room.set()
        else:
            self._room.clear()


def weight_of(document: Document) -> int:
    """About how many bytes the layers of a document take, by what is large in them."""
    layers = document.layers
    weight = 1000 + sum([len(text.content) for text in layers.text])
    return weight + 7 * sum([len(words.starts) for words in layers.words]) if layers.words else weight


class Turn:
    """Lets the loop go round every few milliseconds, and tells how many documents pass in that time."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        #: As many are begun together, one at first. With what is slow the loop goes round after each.
        self.together = 1

    async def over(self, passed: int, seconds: float) -> None:
        """So many have passed in as many seconds; let others have their turn, if this one was long enough."""
        if seconds < _TURN:
            self.together = min(_FEW, max(self.together, 2 * passed))
        elif seconds > 2 * _TURN:
            self.together = max(1, int(passed * _TURN / seconds))
        if time.perf_counter() - self._began > _TURN:
            await asyncio.sleep(0)
            self._began = time.perf_counter()


class Numbered(Protocol):
    """Something with a place in a row."""

    number: int


N = TypeVar("N", bound=Numbered)


class InOrder(Generic[N]):
    """Gives things in the order of their numbers, from 0, whatever the order in which they come."""

    def __init__(self) -> None:
        self._next = 0
        self._early: dict[int, N] = {}

    def next_of(self, come: Iterable[N]) -> list[N]:
        """Those whose turn it is, now that others have come."""
        self._early.update({each.number: each for each in come})
        due = []
        while self._next in self._early:
            due.append(self._early.pop(self._next))
            self._next += 1
        return due


class Acknowledger:
    """Tells what has become durable, in the order in which it was added; many at a time, for they share a sync of the disk.

    When half as much waits for that as there is room for in a window of that size, the journal is asked to hurry: it writes the one half
    while the other is filled, and nobody comes to wait for room.
    """

    def __init__(self, tell: Callable[[list[Any]], Awaitable[None]], window: int) -> None:
        self._tell = tell
        self._many = max(1, window // 2)
        self._tickets = 0
        self._waiting: deque[tuple[Any, Ticket | None]] = deque()
        self._some = asyncio.Event()
        self._closed = False

    def add(self, item: Any, ticket: Ticket | None = None) -> None:
        """``item`` is durable when ``ticket`` is, or when all before it are."""
        self._waiting.append((item, ticket))
        self._some.set()
        if ticket is not None:
            self._tickets += 1
            if self._tickets == self._many:
                ticket.hurry()

    def close(self) -> None:
        """Nothing more will be added, so nothing is waited for that could share a write."""
        self._closed = True
        last = self._last_ticket()
        if last is not None:
            last.hurry()
        self._some.set()

    async def work(self) -> None:
        """Tell until closed and all is told. Raises what kept something from becoming durable."""
        while self._waiting or not self._closed:
            if not self._waiting:
                self._some.clear()
                await self._some.wait()
                continue
            batch = list(self._waiting)
            last = self._last_ticket()
            if last is not None:
                await _durable(last)
            for _, ticket in batch:
                self._waiting.popleft()
                self._tickets -= ticket is not None
            await self._tell([item for item, _ in batch])

    def _last_ticket(self) -> Ticket | None:
        """The one that comes true last."""
        return next((ticket for _, ticket in reversed(self._waiting) if ticket is not None), None)


async def _durable(ticket: Ticket) -> None:
    """Wait, without holding the loop, until what the ticket stands for is on the disk. Raises what kept it from getting there."""
    if not ticket.done:
        loop, reached = asyncio.get_running_loop(), asyncio.Event()
        ticket.add_done_callback(lambda _: loop.call_soon_threadsafe(reached.set))
        await reached.wait()
    if ticket.error is not None:
        raise ticket.error


async def read_ahead(inputs: object, window: int) -> AsyncIterator[list[Source]]:
    """The sources, a few at a time, for a window of so many; an iterator of the caller's may wait for events, so it is asked on a thread
    and holds up nothing that is under way."""
    sources = sources_of(inputs)
    most = max(1, min(_FEW, window // 4))
    if isinstance(inputs, str | Path | Source | list | tuple):
        for few in _by(most, sources):
            yield few
        return
    feed = _Feed(sources, asyncio.get_running_loop(), together=max(_FEWEST, min(_MOST, window // 4)))
    # A daemon thread: an iterator that waits for ever must not keep anybody from ending the run, or the process.
    threading.Thread(target=feed.work, name="aios-input", daemon=True).start()
    try:
        while True:
            few, end = feed.take(most)
            if few:
                yield few
            if isinstance(end, BaseException):
                raise end
            if end is not None:
                return
            if not few:
                await feed.arrived()
    finally:
        feed.stop()


def _by(most: int, sources: Iterator[Source]) -> Iterator[list[Source]]:
    """So many at a time; what is raised comes after those before it."""
    few: list[Source] = []
    size = 0
    try:
        for source in sources:
            few.append(source)
            size += len(source.data or b"")
            if len(few) == most or size >= _ENOUGH:
                yield few
                few, size = [], 0
    except Exception:
        if few:
            yield few
        raise
    if few:
        yield few


_END: Final = object()


class _Feed:
    """A few sources of an iterator, taken on a thread of its own."""

    def __init__(self, sources: Iterator[Source], loop: asyncio.AbstractEventLoop, *, together: int) -> None:
        self._sources = sources
        self._together = together
        self._loop = loop
        # Each with whether it is the last that was taken together with others.
        self._ready: deque[tuple[object, bool]] = deque()
        self._room = threading.Semaphore(_AHEAD)
        self._event = asyncio.Event()
        self._is_asked = False
        self._stopped = False

    def take(self, most: int) -> tuple[list[Source], object]:
        """The next sources, as far as they are there, and what follows them if it is none: an error, or the end."""
        few: list[Source] = []
        size = 0
        while self._ready and len(few) < most and size < _ENOUGH:
            found, is_last = self._ready.popleft()
            if is_last:
                self._room.release()
            if not isinstance(found, Source):
                return few, found
            few.append(found)
            size += len(found.data or b"")
        return few, None

    async def arrived(self) -> None:
        """Wait until `take` may give something."""
        await asyncio.sleep(_MOMENT)
        if self._ready:
            return
        self._event.clear()
        self._is_asked = True
        if not self._ready:
            await self._event.wait()
        self._is_asked = False

    def stop(self) -> None:
        """Take no more."""
        self._stopped = True
        self._room.release()

    def work(self) -> None:
        """Take sources, until the end."""
        found: object = None
        count = size = 0
        while found is not _END and not isinstance(found, BaseException):
            if count == 0:
                self._room.acquire()
            if self._stopped:
                return
            try:
                found = next(self._sources, _END)
            except BaseException as error:  # noqa: BLE001 - raised again where it was asked for
                found = error
            count += 1
            size += len(found.data or b"") if isinstance(found, Source) else 0
            is_last = count == self._together or size >= _ENOUGH
            if is_last:
                count = size = 0
            self._ready.append((found, is_last))
            if self._is_asked:
                self._is_asked = False
                try:
                    self._loop.call_soon_threadsafe(self._event.set)
                except RuntimeError:
                    return  # the loop has ended meanwhile
