"""Coroutines that are run at once as far as they go without waiting, several in step; only what has to wait costs a task.

Most documents pass most steps without waiting for anything, and a task with its turns of the loop would cost more than the steps.
(Python 3.12 has eager tasks for this.) Several go side by side: all do one thing, then all do the next, since each is a long way through
the program, and the processor, which keeps little of it at hand, has gone it just before. Such a coroutine runs within the task of its
starter, so it must not ask for the current task before it first waits: no ``asyncio.timeout`` and no ``TaskGroup``.
"""

from __future__ import annotations

import asyncio
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable
from typing import Any, Final, TypeAlias

_Work: TypeAlias = Coroutine[Any, Any, None]

#: What a coroutine hands out that has done one thing, and could go on.
_ASIDE: Final = object()


@types.coroutine
def aside() -> Generator[object, None, None]:
    """Let those that were started together with this one come as far. Only for what runs by `start` or `alone`."""
    yield _ASIDE


def start(coroutines: Iterable[_Work], tasks: asyncio.TaskGroup) -> None:
    """Run the coroutines in step, each until it waits; then ``tasks`` do the rest of it. Raises what one raises before it waits."""
    going = deque(coroutines)
    try:
        while going:
            coroutine = going.popleft()
            try:
                awaited = coroutine.send(None)
            except StopIteration:
                continue
            if awaited is _ASIDE:
                going.append(coroutine)
            else:
                tasks.create_task(_rest(coroutine, awaited))
    except BaseException:
        for coroutine in going:
            coroutine.close()
        raise


async def alone(coroutine: _Work) -> None:
    """Run a coroutine that steps aside for nobody."""
    await _go_on(coroutine, _ASIDE)


async def _rest(coroutine: _Work, awaited: Any) -> None:
    await _go_on(coroutine, awaited)


@types.coroutine
def _go_on(coroutine: _Work, awaited: Any) -> Generator[Any, Any, None]:
    while True:
        resume: Callable[[Any], Any] = coroutine.send
        given: Any = None
        if awaited is not _ASIDE:
            try:
                given = yield awaited
            except GeneratorExit:
                coroutine.close()
                raise
            except BaseException as error:  # noqa: BLE001 - handed to the coroutine, as `await` would
                resume, given = coroutine.throw, error
        try:
            awaited = resume(given)
        except StopIteration:
            return
