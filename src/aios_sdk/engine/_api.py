"""Running a plan: from a caller that has an event loop, and from one that has not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Final

from ..records import Outcome
from ..store import Store
from ._coroutines import run as run_loop
from ._events import Observer
from ._ingest import check_inputs
from ._limits import Limits
from ._models import RunModels
from ._plan import Plan
from ._progress import progress_for
from ._run import Engine
from ._stop import Stop
from ._tracing import tracing

_END: Final = object()

#: Deliveries under way at a time, unless told otherwise: enough for many to share a sync of the disk.
_WINDOW: Final = 512


async def arun(plan: Plan, inputs: object, *, store: Store, **options: Any) -> AsyncIterator[Outcome]:
    """Run ``plan`` over ``inputs``; see `Pipeline.arun`. Raises `InputError` before anything is done when a path is not there."""
    batches = _batches(plan, inputs, store=store, **options)
    try:
        async for batch in batches:
            for outcome in batch:
                yield outcome
    finally:
        await batches.aclose()


async def _batches(
    plan: Plan,
    inputs: object,
    *,
    store: Store,
    observers: Sequence[Observer] = (),
    limits: Limits | None = None,
    workers: int | None = None,
    window: int | None = None,
    progress: bool | None = None,
    fresh: bool = False,
    ordered: bool = False,
    models: RunModels | None = None,
    stop: Stop | None = None,
) -> AsyncGenerator[list[Outcome], None]:
    check_inputs(inputs)
    count = workers or os.cpu_count() or 1
    shown = (*progress_for(progress), *tracing())
    engine = Engine(
        plan,
        store,
        observers=(*observers, *shown),
        limits=limits or Limits(),
        workers=count,
        window=window or _WINDOW,
        fresh=fresh,
        ordered=ordered,
        models=models,
    )
    asked, loop = stop or Stop(), asyncio.get_running_loop()
    with asked.heard_by(lambda: loop.call_soon_threadsafe(engine.stop, asked)):
        batches = engine.run(inputs)
        try:
            async for batch in batches:
                yield batch
        finally:
            await batches.aclose()  # type: ignore[attr-defined]  # an async generator


def run(plan: Plan, inputs: object, *, store: Store, stop: Stop | None = None, **options: Any) -> Iterator[Outcome]:
    """The same from a plain loop: the engine runs on a thread of its own and waits when the caller is slow.

    Ctrl-C while the caller waits for the next outcome is a request to stop; what is finished is yielded, then `KeyboardInterrupt` raised.
    """
    check_inputs(inputs)
    handed: queue.Queue[object] = queue.Queue(maxsize=2)
    asked = stop or Stop()
    ended = threading.Event()
    end: list[Callable[[], object]] = []

    async def drive() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        end.append(lambda: loop.call_soon_threadsafe(task.cancel))
        batches = _batches(plan, inputs, store=store, stop=asked, **options)
        try:
            async for batch in batches:
                try:
                    handed.put_nowait(batch)
                except queue.Full:
                    if not await asyncio.to_thread(_put, handed, batch, ended):
                        break
        finally:
            await batches.aclose()

    def work() -> None:
        try:
            run_loop(drive())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            _put(handed, error, ended)
        else:
            _put(handed, _END, ended)

    thread = threading.Thread(target=work, name="aios-engine", daemon=True)
    thread.start()
    interrupt: KeyboardInterrupt | None = None
    try:
        while True:
            try:
                item = _take(handed, thread)
            except KeyboardInterrupt as error:
                if asked.requests:
                    raise
                interrupt = error
                asked.request()
                continue
            if item is _END:
                break
            if isinstance(item, BaseException):
                raise item
            assert isinstance(item, list)
            yield from item
    finally:
        ended.set()
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            for each in end:
                each()
        if threading.current_thread() is not thread:  # where a caller's forgotten loop may be collected as garbage
            thread.join()
    if interrupt is not None:
        raise interrupt


def _take(handed: queue.Queue[object], thread: threading.Thread) -> object:
    """What is handed over next."""
    while True:
        try:
            return handed.get(timeout=1.0)
        except queue.Empty:
            if not thread.is_alive() and handed.empty():  # an interrupt in the midst of taking may have lost the end
                return _END


def _put(handed: queue.Queue[object], item: object, ended: threading.Event) -> bool:
    while not ended.is_set():
        try:
            handed.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False
