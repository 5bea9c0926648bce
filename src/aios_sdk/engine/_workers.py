"""Where components run: warm instances on worker threads, or on the engine's own loop.

Components with ``isolation = "process"`` run on a pool of threads for now, each thread with opened instances of its own, so that nothing
is shared; worker processes that can be killed will take the pool's place behind the same methods.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ..plugins import Instance, Registry
from ..stages import Resources
from ._plan import PlannedComponent

T = TypeVar("T")

_log = logging.getLogger("aios.engine")

#: Calls of ``async def`` components that may wait at the same time.
ASYNC_LIMIT = 32


class Workers:
    """Opened components, and the threads they run on. ``close()`` closes every component and removes all scratch space."""

    def __init__(self, registry: Registry, count: int) -> None:
        self.count = count
        self.registry = registry
        self.async_calls = asyncio.Semaphore(ASYNC_LIMIT)
        self._pool = ThreadPoolExecutor(max_workers=count, thread_name_prefix="aios-worker")
        self._local = threading.local()
        self._opened: list[Instance] = []
        self._lock = threading.Lock()
        self._scratch = Path(tempfile.mkdtemp(prefix="aios-"))

    def instance(self, component: PlannedComponent) -> Instance:
        """The calling thread's opened instance of ``component``; created and opened at first use."""
        instances: dict[int, Instance] | None = getattr(self._local, "instances", None)
        if instances is None:
            instances = self._local.instances = {}
        found = instances.get(id(component))
        if found is None:
            found = self.registry.create(component.id, component.config)
            found.bind(component.scope, component.stage)
            found.open(Resources(scratch=Path(tempfile.mkdtemp(prefix="open-", dir=self._scratch)), threads=1))
            with self._lock:
                self._opened.append(found)
            instances[id(component)] = found  # the engine keeps the component alive, so its id stays its own
        return found

    async def run(self, isolation: str, work: Callable[[], T], timeout: float | None = None) -> T:
        """``work()`` on a worker thread for ``process``, else on the loop itself.

        Raises ``TimeoutError`` when a worker thread takes longer than ``timeout`` seconds; waiting for a thread does not count, so
        that a slow document never costs the ones behind it.
        """
        if isolation != "process":
            return work()
        loop, begun = asyncio.get_running_loop(), asyncio.Event()

        def begin() -> T:
            loop.call_soon_threadsafe(begun.set)
            return work()

        if timeout is None:
            return await loop.run_in_executor(self._pool, work)
        call = loop.run_in_executor(self._pool, begin)
        try:
            await begun.wait()
        except asyncio.CancelledError:
            call.cancel()
            raise
        return await asyncio.wait_for(call, timeout)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A scratch directory for one call, emptied afterwards; async calls overlap on one thread, so it is not lent again before."""
        free: list[Path] = self._local.__dict__.setdefault("free", [])
        path = free.pop() if free else Path(tempfile.mkdtemp(prefix="step-", dir=self._scratch))
        try:
            yield path
        finally:
            if any(path.iterdir()):
                shutil.rmtree(path, ignore_errors=True)
            else:
                free.append(path)

    def close(self) -> None:
        """Wait for what runs, close every component, remove the scratch space."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for instance in self._opened:
            try:
                instance.close()
            except Exception:  # noqa: BLE001 - what is done is done; the others are closed all the same
                _log.exception("closing %s failed", instance.info.id)
        self._opened.clear()
        shutil.rmtree(self._scratch, ignore_errors=True)
