"""Coroutines that are run at once as far as they go without waiting; only what has to wait costs a task.

Most documents pass most steps without waiting for anything, and a task with its turns of the loop would cost more than the steps.
(Python 3.12 has eager tasks for this.) Such a coroutine runs within the task of its starter, so it must not ask for the current task
before it first waits: no ``asyncio.timeout`` and no ``TaskGroup``.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any


def start(coroutine: Coroutine[Any, Any, None], tasks: asyncio.TaskGroup) -> None:
    """Run ``coroutine`` until it waits, then let ``tasks`` do the rest. Raises what it raises before it waits."""
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return
    tasks.create_task(_rest(coroutine, awaited))


async def _rest(coroutine: Coroutine[Any, Any, None], awaited: Any) -> None:
    await _go_on(coroutine, awaited)


@types.coroutine
def _go_on(coroutine: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    resume: Callable[[Any], Any]
    while True:
        try:
            sent = yield awaited
        except GeneratorExit:
            coroutine.close()
            raise
        except BaseException as error:  # noqa: BLE001 - handed to the coroutine, as `await` would
            resume, given = coroutine.throw, error
        else:
            resume, given = coroutine.send, sent
        try:
            awaited = resume(given)
        except StopIteration:
            return
