"""Where components run: warm instances on worker threads, or on the engine's own loop.

Components with ``isolation = "process"`` run on threads for now, each with opened instances of its own, so that nothing is shared. A
thread that is late is left to itself and another takes its place; worker processes that can be killed will take the place of threads.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from ..errors import StoreError, Unavailable
from ..plugins import Instance, Registry
from ..stages import Resources
from ._plan import PlannedComponent

T = TypeVar("T")

_log = logging.getLogger("aios.engine")

#: Calls of ``async def`` components that may wait at the same time.
ASYNC_LIMIT = 32

#: Seconds that threads which are late are given at the end of a run.
GRACE = 5.0


class _Thread:
    """A daemon thread that does one piece of work after the other; one that hangs keeps nobody from ending the process."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        thread = threading.Thread(target=self._run, name="aios-worker", daemon=True)
        thread.start()
        self.ident = thread.ident

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """The result of ``work()``, when it is done."""
        result: Future[T] = Future()
        self._work.put((work, result))
        return result

    def stop(self) -> None:
        """End the thread after what it does now."""
        self._work.put(None)

    def _run(self) -> None:
        while (task := self._work.get()) is not None:
            work, result = task
            try:
                result.set_result(work())
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the result
                result.set_exception(error)


def _secrets(component: str, names: Iterable[str]) -> dict[str, str]:
    """The secrets that a component declares, out of the environment; they are never recorded."""
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise Unavailable(
            f"{component} needs the secret {', '.join(missing)}",
            cause="There is no such environment variable",
            fix=f"export {missing[0]}=...",
            component=component,
        )
    return {name: os.environ[name] for name in names}


class Scratch:
    """A scratch directory that is made when it is asked for, and removed at the end of the ``with`` block."""

    __slots__ = ("_parent", "_path")

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._path: Path | None = None

    def __call__(self) -> Path:
        if self._path is None:
            self._path = Path(tempfile.mkdtemp(prefix="step-", dir=self._parent))
        return self._path

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)


class Workers:
    """Opened components, and the threads they run on. ``close()`` closes every component and removes all scratch space."""

    def __init__(self, registry: Registry, count: int) -> None:
        self.count = count
        self.registry = registry
        self.async_calls = asyncio.Semaphore(ASYNC_LIMIT)
        self._free: asyncio.LifoQueue[_Thread | None] = asyncio.LifoQueue()
        for _ in range(count):
            self._free.put_nowait(None)  # a place for a thread, which is started when it is first needed
        self._late: dict[asyncio.Future[Any], _Thread] = {}
        self._closed = False
        self._local = threading.local()
        self._opened: list[tuple[int, Instance]] = []
        self._lock = threading.Lock()
        self._scratch = Path(tempfile.mkdtemp(prefix="aios-"))

    def instance(self, component: PlannedComponent) -> Instance:
        """The calling thread's opened instance of ``component``; created and opened at first use."""
        instances: dict[int, Instance] | None = getattr(self._local, "instances", None)
        if instances is None:
            instances = self._local.instances = {}
        found = instances.get(id(component))
        if found is None:
            if self._closed:
                raise StoreError(
                    f"{component.id} is closed, for the run has ended",
                    cause="Pages are drawn by the component that ingested the document",
                    fix="Draw pages in a component of the pipeline, or with aios explain --png",
                )
            found = self.registry.create(component.id, component.config)
            found.bind(component.scope, component.stage)
            scratch = Path(tempfile.mkdtemp(prefix="open-", dir=self._scratch))
            found.open(Resources(scratch=scratch, threads=1, secrets=_secrets(component.id, found.info.secrets)))
            with self._lock:
                self._opened.append((threading.get_ident(), found))
            instances[id(component)] = found  # the engine keeps the component alive, so its id stays its own
        return found

    async def run(self, isolation: str, work: Callable[[], T], timeout: float | None = None) -> T:
        """``work()`` on a worker thread for ``process``, else on the loop itself.

        Raises ``TimeoutError`` when a worker thread takes longer than ``timeout`` seconds; waiting for a thread does not count, so
        that a slow document never costs the ones behind it.
        """
        if isolation != "process":
            return work()
        thread: _Thread | None = await self._free.get() or _Thread()
        assert thread is not None
        call = asyncio.wrap_future(thread.submit(work))
        try:
            return await asyncio.wait_for(asyncio.shield(call), timeout)
        except (TimeoutError, asyncio.CancelledError):
            if not call.done():
                self._abandon(thread, call)
                thread = None
            raise
        finally:
            self._free.put_nowait(thread)

    def _abandon(self, thread: _Thread, call: asyncio.Future[Any]) -> None:
        """Leave a thread to itself; its place goes to another."""
        thread.stop()
        self._late[call] = thread
        call.add_done_callback(self._arrived)

    def _arrived(self, call: asyncio.Future[Any]) -> None:
        self._late.pop(call, None)
        if not call.cancelled():
            call.exception()  # nobody waits for it any more

    def scratch(self) -> Scratch:
        """Scratch space for one call."""
        return Scratch(self._scratch)

    async def close(self) -> None:
        """Close every component and remove the scratch space. What is late is given a moment, and then left behind."""
        if self._late:
            await asyncio.wait(self._late, timeout=GRACE)
        while not self._free.empty():
            thread = self._free.get_nowait()
            if thread is not None:
                thread.stop()
        await asyncio.to_thread(self.close_components)

    def close_components(self) -> None:
        """Close every component but those that a late thread still uses, and remove the scratch space."""
        self._closed = True
        in_use = {thread.ident for thread in self._late.values()}
        for ident, instance in self._opened:
            if ident in in_use:
                _log.error("%s did not end; it is left as it is", instance.info.id)
                continue
            try:
                instance.close()
            except Exception:  # noqa: BLE001 - what is done is done; the others are closed all the same
                _log.exception("closing %s failed", instance.info.id)
        self._opened.clear()
        shutil.rmtree(self._scratch, ignore_errors=True)
