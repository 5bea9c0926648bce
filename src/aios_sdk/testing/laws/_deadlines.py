"""Laws about time: deadlines, calls that are broken off, and calls at the same time."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final

from aios_sdk.errors import DeadlineExceeded, StepError
from aios_sdk.plugins import Implementation, Instance
from aios_sdk.records import Document, Source
from aios_sdk.stages import STAGES, Stage

from .._answers import Answer
from .._judging import difference, facts, here
from .._law import LawBroken, NotApplicable, law
from .._subject import Subject
from ._repeating import varies

#: Inputs that are tried, of each kind.
_FEW: Final = 4
#: Seconds from now: a deadline that passed while the call waited for a worker, and one that will at once.
_NEAR: Final = (-1.0, 0.0005)
_FAR: Final = 3600.0
#: How often each thread asks.
_ROUNDS: Final = 3


@law("behaviour", after=("spans-resolve", "deterministic"))
def deadline_passed(subject: Subject) -> None:
    """When the deadline has passed, a call ends by itself, with a result or `DeadlineExceeded`, and the next one works.

    ``context.deadline`` may be over before a call begins. Who computes what is left gets a negative number, which ``time.sleep``, locks and
    subprocesses do not take: use ``context.remaining()``, which raises `DeadlineExceeded` in time. Put back in ``finally`` whatever the
    call has changed.
    """
    for stage in subject.stages:
        with subject.opened(stage) as instance:
            for given in subject.some(stage, _FEW):
                before = subject.call(instance, stage, given)
                for ahead in _NEAR:
                    with here():
                        subject.call(instance, stage, given, deadline=time.monotonic() + ahead)
                with here():
                    after = subject.call(instance, stage, given)
                _works_as_before(subject, before, after, "a deadline that had passed", given)


@law("behaviour", after=("deadline-passed",))
def deadline_far_off(subject: Subject) -> None:
    """A deadline that is an hour away changes nothing.

    ``context.deadline`` is in seconds of ``time.monotonic``: neither the time of day nor a number of seconds that are left. Compared with
    ``time.time()`` it has always passed, or never will.
    """
    for stage in subject.stages:
        with subject.opened(stage) as instance:
            for given in subject.some(stage, _FEW):
                without = subject.call(instance, stage, given)
                with here():
                    found = subject.call(instance, stage, given, deadline=time.monotonic() + _FAR)
                if isinstance(found.refusal, DeadlineExceeded):
                    raise LawBroken("with a deadline an hour away it says that the time is over", example=given)
                _works_as_before(subject, without, found, "a deadline an hour away", given)


@law("behaviour", after=("deadline-passed",))
def deadline_leaves_no_thread(subject: Subject) -> None:
    """After a call that ran out of time, and ``close()``, none of its threads goes on.

    A thread that is left behind works on for nobody, and holds what it has. Stop threads and timers in ``finally``, and pools in
    ``close()``.
    """
    for stage in subject.stages:
        before = set(threading.enumerate())
        with subject.opened(stage) as instance:
            for given in subject.some(stage, _FEW):
                for ahead in _NEAR:
                    subject.call(instance, stage, given, deadline=time.monotonic() + ahead)
        until = time.monotonic() + subject.limit
        for thread in set(threading.enumerate()) - before:
            _join(thread, until)
            if thread.is_alive():
                raise LawBroken(f"the thread {thread.name!r} still runs {subject.limit:g} s after close()")


def _join(thread: threading.Thread, until: float) -> None:
    while True:
        try:
            return thread.join(max(0.0, until - time.monotonic()))
        except RuntimeError:  # who made it has not started it yet
            if time.monotonic() >= until:
                return None
            time.sleep(0.01)


@law("behaviour", after=("spans-resolve", "deterministic"))
def two_threads_at_once(subject: Subject) -> None:
    """Two instances in two threads at the same time answer as each does alone.

    Workers are threads, each with an opened instance of its own. What both write to, such as a module's variables, attributes of the
    class, a library's global state or the current folder, must not be there, or needs a lock.
    """
    stages = [stage for stage in subject.stages if not _implementation(subject.create(stage), stage).is_async]
    if not stages:
        raise NotApplicable("it is asynchronous, and runs in one thread")
    for stage in stages:
        inputs = subject.some(stage, _FEW)
        alone = [subject.answer(stage, given) for given in inputs]
        with _impatient():
            crowd = [_Asking(subject, stage, list(enumerate(inputs))[::step]) for step in (1, -1)]
            for each in crowd:
                each.start()
            for each in crowd:
                each.join(2 * _ROUNDS * len(inputs) * subject.limit)
        for each in crowd:
            if each.is_alive():
                raise LawBroken("one of two threads did not end")
            if each.broken is not None:
                raise each.broken
            for number, answer in each.answers:
                _works_as_before(subject, alone[number], answer, "another instance in another thread", inputs[number])


class _Asking(threading.Thread):
    """A thread with an instance of its own, which asks for each input several times."""

    def __init__(self, subject: Subject, stage: Stage, inputs: list[tuple[int, Document | Source]]) -> None:
        super().__init__(name="aios-kit", daemon=True)
        self.answers: list[tuple[int, Answer]] = []
        self.broken: LawBroken | None = None
        self._subject, self._stage, self._inputs = subject, stage, inputs

    def run(self) -> None:
        try:
            with here(), self._subject.opened(self._stage) as instance:
                for _ in range(_ROUNDS):
                    for number, given in self._inputs:
                        self.answers.append((number, self._subject.call(instance, self._stage, given)))
        except LawBroken as broken:
            self.broken = broken
        except Exception as error:  # noqa: BLE001 - such as what open() or close() raise; told where it is waited for
            self.broken = LawBroken(f"in a thread of its own it raised {type(error).__name__}: {error}")


@contextmanager
def _impatient() -> Iterator[None]:
    """Let threads take turns as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


# -- coroutines -------------------------------------------------------------------------------------------------------


def _not_async(code: Any) -> str:
    methods = [code] if inspect.isroutine(code) else [getattr(code, stage, None) for stage in STAGES]
    return "" if any(map(inspect.iscoroutinefunction, methods)) else "it has no async def method"


@law("behaviour", after=("spans-resolve", "deterministic"), unless=varies, lacking=_not_async)
def calls_at_once(subject: Subject) -> None:
    """Many calls of an ``async def`` method at the same time, on one instance, get the answers that they get one by one.

    At every ``await`` another call may go on, with the same ``self``. Keep what belongs to one call in local variables.
    """

    async def work(stage: Stage, instance: Instance) -> None:
        inputs = subject.some(stage, 2 * _FEW)
        alone = [await _answer(subject, stage, instance, given) for given in inputs]
        together = await asyncio.gather(*(_answer(subject, stage, instance, given) for given in inputs))
        for given, one, other in zip(inputs, alone, together, strict=True):
            _works_as_before(subject, one, other, f"{len(inputs)} calls at once", given)

    _on_a_loop(subject, work)


@law("behaviour", after=("calls-at-once",), lacking=_not_async)
def can_be_cancelled(subject: Subject) -> None:
    """A call of an ``async def`` method that is cancelled ends, and the instance works on.

    The engine cancels a call at its deadline, and all of them when a run is broken off. Let ``asyncio.CancelledError`` pass, and give back
    in ``finally``, or with ``async with``, what the call holds: a lock that stays locked stops every later call.
    """
    waited = False

    async def work(stage: Stage, instance: Instance) -> None:
        nonlocal waited
        for given in subject.some(stage, _FEW):
            before = await _in_time(subject, _answer(subject, stage, instance, given), "did not end", given)
            for steps in range(4):
                call = asyncio.ensure_future(_answer(subject, stage, instance, given))
                for _ in range(steps + 1):
                    await asyncio.sleep(0)
                if call.done():
                    break
                waited = True
                call.cancel()
                await _in_time(subject, call, "went on after it was cancelled", given)
                after = await _in_time(subject, _answer(subject, stage, instance, given), "did not end after another was cancelled", given)
                assert before is not None  # these were not cancelled
                assert after is not None
                _works_as_before(subject, before, after, "a call that was cancelled", given)

    _on_a_loop(subject, work)
    if not waited:
        raise NotApplicable("its calls end without waiting for anything")


async def _answer(subject: Subject, stage: Stage, instance: Instance, given: Document | Source) -> Answer:
    implementation = _implementation(instance, stage)
    name = "source" if stage == "ingest" else "document"
    try:
        return Answer(await implementation.call(**{name: given, "context": subject.context(stage)}))
    except StepError as refusal:
        return Answer(None, refusal)


async def _in_time(subject: Subject, call: Awaitable[Answer], said: str, given: Document | Source) -> Answer | None:
    """What a call comes to, None when it was cancelled. Waiting for it does not wait for its end when it is late."""
    task = asyncio.ensure_future(call)
    done, _ = await asyncio.wait({task}, timeout=subject.limit)
    if not done:
        raise LawBroken(f"a call {said}, for {subject.limit:g} s", example=given)
    return None if task.cancelled() else task.result()


def _on_a_loop(subject: Subject, work: Callable[[Stage, Instance], Coroutine[Any, Any, None]]) -> None:
    """``work`` for each asynchronous stage, with an instance that is opened on the loop, as by the engine."""
    stages = [stage for stage in subject.stages if _implementation(subject.create(stage), stage).is_async]

    async def opened(stage: Stage) -> None:
        with subject.opened(stage) as instance:
            await work(stage, instance)

    for stage in stages:
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)  # tasks that could not be ended are told by the law
        try:
            loop.run_until_complete(opened(stage))
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.wait(left, timeout=1.0))
        finally:
            loop.close()


def _implementation(instance: Instance, stage: Stage) -> Implementation:
    found = instance.implementation(stage)
    assert found is not None  # it is one of its stages
    return found


def _works_as_before(subject: Subject, before: Answer, after: Answer, what: str, given: Document | Source) -> None:
    """Refuse another answer; of components that are not deterministic, another kind of answer."""
    if subject.info.deterministic is True:
        one, other = facts(before), facts(after)
    else:
        one, other = ({"refused": answer.refusal.category if answer.refusal else ""} for answer in (before, after))
    if one != other:
        raise LawBroken(f"{what} changed the answer", example=given, details=difference(one, other, ("without", "with it")))
