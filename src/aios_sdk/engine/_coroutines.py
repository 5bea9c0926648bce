"""Coroutines of components: each in a task of its own, so that what it does to its task, or does not do when asked, is its own affair."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

_log: Final = logging.getLogger("aios.engine")

#: Seconds that a coroutine has to end after it was cancelled, before it is left to itself.
_COURTESY: Final = 1.0


class Late(Exception):
    """A coroutine did not end in its time."""


async def within(seconds: float | None, coroutine: Coroutine[Any, Any, Any], component: str) -> object:
    """What ``coroutine`` of ``component`` gives. Raises what it raises, also a ``CancelledError`` of its own, and `Late` after ``seconds``.

    It is cancelled when it is late, and when the caller is cancelled. One that does not heed that is waited for no longer than a second:
    ``asyncio.timeout`` would wait for ever.
    """
    task = asyncio.create_task(_contained(coroutine))
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            raise Late
        found, exit_ = task.result()
        if exit_ is not None:
            raise exit_
        return found
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=_COURTESY)
            if not task.done():
                _log.warning("%s was cancelled and has not ended; it is left to itself", component)
            elif not task.cancelled():
                task.exception()  # nobody asks for it any more


async def _contained(coroutine: Coroutine[Any, Any, Any]) -> tuple[object, SystemExit | None]:
    """What ``coroutine`` gives, or how it exits: a `SystemExit` that leaves a task ends the loop, and all other tasks with it."""
    try:
        return await coroutine, None
    except SystemExit as error:
        return None, error


def run(work: Coroutine[Any, Any, None]) -> None:
    """``asyncio.run`` that does not wait for ever for tasks that were left behind and do not end when they are cancelled."""
    loop = asyncio.new_event_loop()
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(work)
    finally:
        try:
            _end_tasks(loop)
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            loop.close()


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=_COURTESY))
