"""What everything in a process shares, such as the current folder and the handlers of signals: who changes it, and putting it back."""

from __future__ import annotations

import decimal
import gc
import locale
import logging
import os
import pickle
import random
import signal
import socket
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple


class _Shared(NamedTuple):
    """Something shared: what it is called, what it is now, how it is put back, and a value made of it that nobody else would choose.

    Whoever sets it to the same value in every call changes nothing from the second call on; set to an odd value before, it changes.
    """

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], object]
    odd: Callable[[Any], Any] | None = None


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return "one that is gone"


def _go_to(folder: str) -> None:
    if os.path.isdir(folder):  # noqa: PTH112
        os.chdir(folder)


def _set_environment(variables: Mapping[str, str]) -> None:
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    for name, value in variables.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


_SIGNALS: Final = [each for each in signal.Signals if each in signal.valid_signals()]


def _set_handlers(handlers: Sequence[Any]) -> None:
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may set handlers, and so only it changes any
    for number, handler in zip(_SIGNALS, handlers, strict=True):
        # None stands for a handler that Python did not install, and cannot put back.
        if handler is not None and signal.getsignal(number) != handler:
            signal.signal(number, handler)


def _decimals() -> tuple[Any, ...]:
    context = decimal.getcontext()
    return (context.prec, context.rounding, context.Emin, context.Emax, tuple(flag.__name__ for flag, on in context.traps.items() if on))


def _set_decimals(values: tuple[Any, ...]) -> None:
    context = decimal.getcontext()
    context.prec, context.rounding, context.Emin, context.Emax, traps = values
    for flag in context.traps:
        context.traps[flag] = flag.__name__ in traps


def _logs() -> tuple[Any, ...]:
    return (logging.root.level, tuple(logging.root.handlers), logging.root.manager.disable)


def _set_logs(values: tuple[Any, ...]) -> None:
    level, handlers, disabled = values
    logging.root.setLevel(level)
    logging.root.handlers[:] = handlers
    logging.disable(disabled)


def _set_filters(filters: list[Any]) -> None:
    warnings.filters[:] = filters  # type: ignore[index]  # a list, whatever its type says
    warnings._filters_mutated()  # type: ignore[attr-defined]  # filters are compiled, and looked up anew only after this


def _attribute(module: Any, name: str, odd: Callable[[Any], Any] | None = None) -> _Shared:
    return _Shared(f"{module.__name__}.{name}", lambda: getattr(module, name), lambda value: setattr(module, name, value), odd)


#: What importing must not change either. The environment and the filters of warnings are not among it: widely used libraries set theirs.
_ALWAYS: Final = (
    _Shared("the current folder", _folder, _go_to),
    _Shared("the umask", _umask, os.umask, lambda mask: mask ^ 0o005),
    _Shared("the locale", lambda: locale.setlocale(locale.LC_ALL), lambda value: locale.setlocale(locale.LC_ALL, value)),
    _Shared("the handlers of signals", lambda: [signal.getsignal(number) for number in _SIGNALS], _set_handlers),
    _Shared("the decimal context", _decimals, _set_decimals, lambda values: (values[0] + 1, decimal.ROUND_05UP, *values[2:])),
    _Shared("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit, lambda limit: limit + 1),
    _Shared("the time-out of sockets", socket.getdefaulttimeout, socket.setdefaulttimeout, lambda seconds: (seconds or 60.0) + 1.5),
    _Shared("the root logger", _logs, _set_logs, lambda values: (logging.WARNING + 1, (), values[2])),
    _Shared("whether garbage is collected", gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
    _attribute(sys, "stdout"),
    _attribute(sys, "stderr"),
    _attribute(sys, "excepthook"),
    _attribute(tempfile, "tempdir"),
)
_LATER: Final = (
    _Shared("the environment", lambda: dict(os.environ), _set_environment),
    _Shared(
        "the filters of warnings",
        lambda: list(warnings.filters),
        _set_filters,
        lambda filters: [("default", None, _Marker, None, 0), *filters],
    ),
    _Shared("sys.path", lambda: list(sys.path), lambda value: sys.path.__setitem__(slice(None), value)),
)


#: What has no odd value that would do no harm, and is put back to what it was at first.
_PUT_BACK: Final = ("the current folder", "the environment", "the locale", "the handlers of signals")


class _Marker(Warning):
    """In front of all filters of warnings, so that a filter which is there already is seen to be put there again."""


def _shared(importing: bool) -> Iterator[_Shared]:
    yield from _ALWAYS
    if not importing:
        yield from _LATER
    # Every reader of pictures in the process is bound by them.
    if "PIL.Image" in sys.modules:
        yield _attribute(sys.modules["PIL.Image"], "MAX_IMAGE_PIXELS", lambda most: (most or 10**8) + 1)
    if "PIL.ImageFile" in sys.modules:
        yield _attribute(sys.modules["PIL.ImageFile"], "LOAD_TRUNCATED_IMAGES", lambda on: not on)


def shared() -> dict[str, Any]:
    """What is shared, by name, as it is now."""
    return {each.name: each.read() for each in _shared(importing=False)}


@contextmanager
def changes(*, importing: bool = False, first: Mapping[str, Any] | None = None) -> Iterator[list[str]]:
    """What the block leaves changed, in words, told at its end; all is put back.

    ``first`` is what was shared before the component was called for the first time; within the block it is so again, or has an odd value.
    With ``importing`` nothing is told of what libraries set, too.
    """
    told: list[str] = []
    before = [(each, each.read()) for each in _shared(importing)]
    if first is not None:
        for each, was in before:
            if each.odd is not None:
                each.write(each.odd(was))
            elif each.name in _PUT_BACK:
                each.write(first[each.name])
    start = [each.read() for each, _ in before]
    try:
        yield told
    finally:
        for (each, was), began in zip(before, start, strict=True):
            now = each.read()
            if now != began:
                told.append(_said(each.name, began, now))
            if now != was:
                each.write(was)


def _said(name: str, was: Any, now: Any) -> str:
    if isinstance(was, dict):
        return f"{name} ({', '.join(sorted(key for key in was.keys() | now.keys() if was.get(key) != now.get(key))[:5])})"
    text = f"{name} (now {now!r})"
    return name if isinstance(was, list | tuple) or len(text) > 200 else text


def seeded_by(work: Callable[[], object]) -> list[str]:
    """Whose random numbers, shared by all code, ``work()`` gives a seed: they go on the same, whatever they were before. ``work`` is called
    a second time if it draws any."""
    generators = list(_generators())
    were = [read() for _, read, _, _ in generators]
    try:
        first, drawn = _numbers_after(work, generators, 1)
        if not any(drawn):
            return []
        second, _ = _numbers_after(work, generators, 2)
        return [name for (name, *_), one, other in zip(generators, first, second, strict=True) if one == other]
    finally:
        for (_, _, write, _), was in zip(generators, were, strict=True):
            write(was)


_Generator = tuple[str, Callable[[], Any], Callable[[Any], object], Callable[[int], object]]


def _generators() -> Iterator[_Generator]:
    yield "random", random.getstate, random.setstate, random.seed
    numpy: Any = sys.modules.get("numpy.random")
    if numpy is not None:
        yield "numpy.random", numpy.get_state, numpy.set_state, numpy.seed


def _numbers_after(work: Callable[[], object], generators: list[_Generator], seed: int) -> tuple[list[bytes], list[bool]]:
    """The state of each generator after ``work()``, when it had ``seed`` before, and whether any was drawn."""
    for *_, sow in generators:
        sow(seed)
    before = [pickle.dumps(read()) for _, read, _, _ in generators]
    work()
    after = [pickle.dumps(read()) for _, read, _, _ in generators]
    return after, [one != other for one, other in zip(before, after, strict=True)]
