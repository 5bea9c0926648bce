"""Asking runs to stop, from another thread or from a signal handler."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, final

#: Seconds that what is under way has to be finished, unless told otherwise.
GRACE: Final = 10.0


@final
class Stop:
    """Asks runs to stop: first gently, then at once.

    After the first `request` a run takes nothing new and finishes what is under way, for at most ``grace`` seconds; after the next it
    ends at once. Either way it is recorded as interrupted, and the next run on the same store goes on where it stopped. A run that had
    taken everything and finishes it is completed. Example::

        stop = Stop(grace=30)
        signal.signal(signal.SIGTERM, lambda number, frame: stop.request())
        for outcome in pipeline.run("inbox/", store=store, stop=stop):
            ...
    """

    def __init__(self, grace: float = GRACE) -> None:
        self.grace: Final = grace
        #: How often `request` was called.
        self.requests = 0
        # No lock: a signal handler that waited for one that its own thread holds would wait for ever.
        self._listeners: list[Callable[[], object]] = []

    def request(self) -> None:
        """Ask every run that was given this object to stop. May be called from any thread and from signal handlers."""
        self.requests += 1
        for tell in tuple(self._listeners):
            tell()

    @contextmanager
    def heard_by(self, listener: Callable[[], object]) -> Iterator[None]:
        """Within it ``listener`` is called after each request, and now if there was one; it may be called once too often."""
        self._listeners.append(listener)
        try:
            if self.requests:
                listener()
            yield
        finally:
            self._listeners.remove(listener)
