"""Laws about the life of an instance: made cheaply, opened and closed as often as it pleases the host, never minding the others."""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from aios_sdk.plugins import ComponentInfo, Instance
from aios_sdk.records import Document, Source
from aios_sdk.stages import Stage

from .._first_use import HEAVY, FirstUse, first_use
from .._law import LawBroken, NotApplicable, law
from .._probe import elsewhere
from .._subject import Subject
from .._watch import holdings, only_new_garbage

#: How often it is opened and closed when it is asked what stays behind; what a library keeps for itself does not grow each time.
_ROUNDS: Final = 3
#: Seconds that threads and programs which were told to end are given.
_GRACE: Final = 3.0
#: Inputs for each of these laws, beside the samples.
_FEW: Final = 3
#: How often a doubt is asked again, before it is told: a component that answers at random is another law's affair.
_AGAIN: Final = 5


def _varies(info: ComponentInfo) -> str:
    # Of a component whose seed decides, the law `seeded` asks the same.
    return "" if info.deterministic is True else "it says that its answers may differ from call to call"


@law("contract", after=("loads",))
def making_is_cheap(subject: Subject) -> None:
    """Making an instance starts nothing, writes nothing, asks nobody and imports nothing heavy.

    Every pipeline makes its components when it is compiled, to check their configuration, and most of these instances are never
    opened. ``__init__`` keeps the configuration; models, programs, connections and files belong into ``open``.
    """
    found: FirstUse = elsewhere(subject, first_use)
    making = found.making.deeds
    if found.failed:
        raise NotApplicable(f"another process cannot make it: {found.failed}")
    if heavy := sorted(found.making.modules & HEAVY):
        raise LawBroken(f"making it imports {', '.join(heavy)}; import what is heavy in open()")
    # What a library does at its very first use it does not do again.
    if making and (again := elsewhere(subject, first_use, again=True).making.deeds):
        raise LawBroken(f"making it {'; '.join(again)}")


@law("contract", after=("does-its-work",), unless=_varies)
def remembers_nothing(subject: Subject) -> None:
    """What a call gives depends on its document alone, not on the calls before it.

    Documents come in another order in every run, and to any of several workers; an answer that depends on those before it cannot be
    repeated, and may carry one sender's data into another's result. Make lists, sets and counters within the call. A cache must be
    keyed by everything that its value depends on.
    """
    _need_several(subject)
    for stage in subject.stages:
        given = _few(subject, stage)
        with subject.opened(stage) as one, subject.opened(stage) as other:
            forth = [subject.call(one, stage, each).content for each in given]
            again = [subject.call(one, stage, each).content for each in given]
            back = [subject.call(other, stage, each).content for each in reversed(given)][::-1]
        for number, each in enumerate(given):
            if forth[number] == again[number] == back[number]:
                continue
            first = {_after(subject, stage, (), each) for _ in range(_AGAIN)}
            if len(first) > 1:
                continue  # it differs by itself
            for before in _reasons(given, number):
                if all(_after(subject, stage, before, each) not in first for _ in range(_AGAIN)):
                    calls = "another call" if len(before) == 1 else f"{len(before)} other calls"
                    raise LawBroken(f"after {calls} it answers otherwise than in its first", example=(*before, each))


def _after(subject: Subject, stage: Stage, before: Sequence[Any], given: Document | Source) -> bytes:
    """What a new instance answers after the calls ``before``."""
    with subject.opened(stage) as instance:
        for each in before:
            subject.call(instance, stage, each)
        return subject.call(instance, stage, given).content


def _reasons(given: Sequence[Any], number: int) -> list[tuple[Any, ...]]:
    """The calls that may have made the difference to that of ``number``: the same, any single other, and all those that came before it."""
    return [*((each,) for each in (*given[number:], *given[:number])), tuple(given[:number]), tuple(given), tuple(given[:number:-1])]


@law("contract", after=("remembers-nothing",))
def instances_share_nothing(subject: Subject) -> None:
    """What happens to one instance, also one with other settings, makes no difference to another.

    The host opens an instance for each worker and each step, several in one process. Keep what ``open`` makes, and what follows from
    the configuration, on ``self``; not on the class, nor in the module, where the next instance overwrites it and the first one that is
    closed takes it away from all.
    """
    _need_several(subject)
    for stage in subject.stages:
        given = _few(subject, stage)
        with subject.opened(stage) as one:
            before = _Before(subject, one, stage, given)
            other = _other(subject, stage)
            before.compare("after another instance was made")
            try:
                subject.open(other)
            except Exception:  # noqa: BLE001 - with other settings, such as a file that is not there
                other = subject.create(stage)
                subject.open(other)
            try:
                before.compare("after another instance was opened")
                for each in reversed(given):
                    subject.call(other, stage, each)
                before.compare("after another instance was called")
            finally:
                other.close()
            before.compare("after another instance was closed")


def _other(subject: Subject, stage: Stage) -> Instance:
    """Another instance, with other settings as far as the kit can tell some."""
    settings = dict(subject.config)
    for name, value in dict(subject.registry.create(subject.info.id, settings).config).items():
        if not isinstance(value, bool | int | float):
            continue
        changed = {**settings, name: (not value) if isinstance(value, bool) else value + 1 if isinstance(value, int) else value / 2}
        with contextlib.suppress(Exception):  # it is out of bounds, or does not go with the others
            subject.create(stage, changed)
            settings = changed
    return subject.create(stage, settings)


@law("contract", after=("instances-share-nothing",))
def opens_again(subject: Subject) -> None:
    """It can be closed and opened again, and then works as before.

    A worker closes what it does not need for a while. What ``close`` takes away, ``open`` has to make: not ``__init__``, which is called
    once.
    """
    _need_several(subject)
    for stage in subject.stages:
        with subject.opened(stage) as instance:
            before = _Before(subject, instance, stage, _few(subject, stage))
            instance.close()
            try:
                subject.open(instance)
            except Exception as error:
                raise LawBroken(f"it could not be opened a second time: {type(error).__name__}: {error}") from error
            before.compare("closed and opened again")


class _Before:
    """What an instance answers now, to be compared with what it answers later; of one that answers at random only, whether it still
    gives a result where it gave one."""

    def __init__(self, subject: Subject, instance: Instance, stage: Stage, given: Sequence[Any]) -> None:
        self._call = partial(subject.call, instance, stage)
        self._answers = [(each, self._call(each)) for each in given]
        self._steady = all(self._call(each).content == answer.content for each, answer in self._answers)

    def compare(self, when: str) -> None:
        """Raises `LawBroken` for the first answer that is another than it was."""
        for each, was in self._answers:
            try:
                now = self._call(each)
            except LawBroken as broken:
                raise LawBroken(f"{when}, {broken.said}", example=each, details=broken.details) from broken
            if now.content != was.content and (self._steady or (now.refusal is not None and was.refusal is None)):
                raise LawBroken(f"{when}, it {f'refuses: {now.refusal.what}' if now.refusal else 'answers otherwise'}", example=each)


@law("contract", after=("opens-again",))
def close_lets_go(subject: Subject) -> None:
    """After ``close`` no thread, no program and no open file is left of what ``open`` and the calls took.

    A host runs for weeks, and opens and closes instances all the time; what stays behind adds up until the system has no more of it.
    Close in ``close`` what was opened: files, pools, connections, programs. What one call needs is closed in it, by ``with``.
    """
    _need_several(subject)
    for stage in subject.stages:
        given = _few(subject, stage)
        kept = []  # so that the garbage collector does not do what close should have done
        rounds = []
        with only_new_garbage():
            for _ in range(_ROUNDS + 1):
                before = holdings()
                with subject.opened(stage) as instance:
                    kept.append(instance)
                    for each in given:
                        subject.call(instance, stage, each)
                rounds.append([now - was for now, was in zip(holdings(), before, strict=True)])
            # The first round is for what is made once for all, such as a library's pool of threads.
            for number, what in enumerate(("thread", "program", "open file")):
                left = [new[number] for new in rounds[1:]]
                if all(left) and _stays(number, left):
                    raise LawBroken(f"{sum(map(len, left))} {what}s are left of {_ROUNDS} instances that were opened, called and closed")


def _stays(number: int, left: Sequence[set[Any]]) -> bool:
    """Whether something of every round is still there when what is about to end has had the time to."""
    end = time.monotonic() + _GRACE
    while stays := all(part & holdings()[number] for part in left):
        if time.monotonic() > end:
            break
        time.sleep(0.05)
    return stays


def _few(subject: Subject, stage: Stage) -> list[Any]:
    """A few inputs: some of the author's and the kit's, and some that are generated."""
    given = subject.some(stage, _FEW)
    return [*given[:_FEW], *given[_FEW:][-_FEW:]]


def _need_several(subject: Subject) -> None:
    target = subject.target
    if not isinstance(target, str | type) and not inspect.isroutine(target):
        raise NotApplicable("it was given as an instance, and the kit cannot make another")
