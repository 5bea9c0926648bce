"""Laws about what a component takes while it works: memory, files, threads and programs."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Final

from msgspec.structs import replace

from aios_sdk.plugins import ComponentInfo, Instance
from aios_sdk.records import Document, Source, digest, from_json, to_json
from aios_sdk.stages import Stage

from .. import fakes
from .._elsewhere import probe
from .._law import LawBroken, NotApplicable, law
from .._subject import Subject
from .._watch import held, only_new_garbage
from ._metamorphic import SOUND, drawn, is_folder

_MIB: Final = 1 << 20

#: Bytes that Python and the kit may take beside the component while it is called.
_BESIDE: Final = 16 * _MIB

#: Calls before memory is looked at, calls between two looks, and how often it must have grown to be a leak.
_WARM_UP: Final = 4
_SHORT, _LONG = 4, 25
_WINDOWS: Final = 4
#: Bytes a call that are a leak: of Python's objects, and of the whole process, whose memory also grows by fragments.
_LEAKED: Final = 512
_LEAKED_AT_ALL: Final = 64 << 10

#: Calls with one input when something seems to be left behind, and seconds until what is about to end has ended.
_DOUBT: Final = 5
_GRACE: Final = 5.0
_HELD: Final = ("thread", "program", "open file")


def _no_memory(info: ComponentInfo) -> str:
    return "" if info.memory_mb else "it declares no memory"


@law("operation", after=("gives-a-result-or-refuses",), unless=_no_memory)
def memory_as_declared(subject: Subject) -> None:
    """It takes no more memory than it declares.

    ``memory_mb`` is what hosts plan with: how many workers fit, and when one is to be ended. The kit imports the code in a process of its
    own, and takes by how much the peak of its resident memory grows while the component is opened and called with a few small documents (16
    MiB are left for Python and the kit; memory of programs that it starts is not counted). Declare what your largest documents take.
    """
    inputs = [(stage, given) for stage in subject.stages for given in drawn(subject, stage)]
    grown = probe(subject, inputs).grown
    declared = subject.info.memory_mb
    if grown > declared * _MIB + _BESIDE:
        raise LawBroken(f"it took {grown / _MIB:,.0f} MiB for small documents, and declares {declared:,} MiB")


@law("operation", after=SOUND)
def memory_stays_flat(subject: Subject) -> None:
    """Memory does not grow from call to call.

    A worker reads a hundred thousand documents before it ends. A list of what was seen, a cache without a bound (``functools.cache`` on a
    method, keyed by documents) or a handle of a C library that is never closed takes all memory in the end. The kit calls one instance
    again and again with equal documents, and tells when the memory of Python's objects, or of the process, grows in every stretch of calls.
    """
    for stage in subject.stages:
        given = _working(subject, stage)
        with subject.opened(stage) as instance, only_new_garbage():
            grown = _growth(subject, instance, stage, given)
        if grown:
            raise LawBroken(f"{stage} keeps {grown:,.0f} bytes more with every call", example=given)


def _working(subject: Subject, stage: Stage) -> Any:
    """An input that gives a result."""
    for given in drawn(subject, stage):
        if subject.answer(stage, given).refusal is None:
            return given
    raise NotApplicable(f"{stage} gave no result for the first examples")


def _growth(subject: Subject, instance: Instance, stage: Stage, given: Any) -> float:
    """By how many bytes memory grows with every call, 0.0 if it does not."""
    mine = not tracemalloc.is_tracing()
    if mine:
        tracemalloc.start()
    try:
        suspects = [(_python_memory, _LEAKED), (_process_memory, _LEAKED_AT_ALL)]
        grown = 0.0
        for calls in (_SHORT, _LONG):
            found = _least_growth(lambda: subject.call(instance, stage, _copy(given)), calls, [measure for measure, _ in suspects])
            told = [(suspect, size) for suspect, size in zip(suspects, found, strict=True) if size >= suspect[1]]
            if not told:
                return 0.0
            suspects, grown = [suspect for suspect, _ in told], told[0][1]
        return grown
    finally:
        if mine:
            tracemalloc.stop()


def _least_growth(call: Callable[[], object], calls: int, measures: Sequence[Callable[[], int]]) -> list[float]:
    """The bytes a call that each of ``measures`` grew by, in the stretch of ``calls`` calls in which it grew least."""
    for _ in range(_WARM_UP):
        call()
    seen = [[measure() for measure in measures]]
    for _ in range(_WINDOWS):
        for _ in range(calls):
            call()
        seen.append([measure() for measure in measures])
    return [min(later - sooner for sooner, later in pairwise(column)) / calls for column in zip(*seen, strict=True)]


def _python_memory() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def _process_memory() -> int:
    """Resident memory; 0 where the system does not tell."""
    gc.collect()
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), 0)


def _copy(given: Document | Source) -> Document | Source:
    """An equal input that shares nothing with it, as every document of a run is."""
    if isinstance(given, Source):
        return replace(given, data=None if given.data is None else bytes(bytearray(given.data)))
    other, host = from_json(to_json(given), Document), given.__dict__.get("_lent_by")
    return other if host is None else other.bind(host)


@law("operation", after=("close-lets-go", "input-unchanged", "truncated"))
def calls_let_go(subject: Subject) -> None:
    """After a call no file, thread or program is left of it, also when it refused the document.

    An instance stays open for thousands of documents, so what one call leaves behind adds up until the system has no more. Open files by
    ``with``, also where a damaged file ends in a refusal; close the number that ``tempfile.mkstemp`` gives; wait for programs.
    """
    for stage in subject.stages:
        inputs = [_on_disk(subject, given) for given in _with_damaged(subject, stage)]
        with subject.opened(stage) as instance, only_new_garbage():
            for given in inputs:
                subject.call(instance, stage, given)
            before = held()
            for given in inputs:
                subject.call(instance, stage, given)
            if all(now <= was for now, was in zip(held(), before, strict=True)):
                continue
            for given in inputs:
                _doubt(subject, instance, stage, given)


def _doubt(subject: Subject, instance: Instance, stage: Stage, given: Any) -> None:
    before = held()
    for _ in range(_DOUBT):
        subject.call(instance, stage, given)
    end = time.monotonic() + _GRACE
    while left := {what: now - was for what, now, was in zip(_HELD, held(), before, strict=True) if now - was >= _DOUBT}:
        # Threads and programs may be about to end; a file that is open stays so.
        if set(left) == {"open file"} or time.monotonic() > end:
            said = " and ".join(f"{count} {what}s" for what, count in left.items())
            raise LawBroken(f"{said} are left of {_DOUBT} calls", example=given)
        time.sleep(0.05)


def _with_damaged(subject: Subject, stage: Stage) -> Sequence[Any]:
    """A few inputs, and files that were cut off."""
    found = [given for given in drawn(subject, stage) if not is_folder(given)]
    halves = [given.read() for given in found if isinstance(given, Source)]
    cut = [
        replace(given, data=half[: len(half) // 2], path="", content_id=digest(half[: len(half) // 2]), size=len(half) // 2)
        for given, half in zip(found, halves, strict=False)
        if isinstance(given, Source) and len(half) > 1
    ]
    return [*found, *cut]


def _on_disk(subject: Subject, given: Document | Source) -> Document | Source:
    """The same input with its bytes in a file, as the engine gives it, so that a file that stays open can be seen."""
    folder = subject.new_folder("disk")
    if isinstance(given, Source):
        return fakes.admitted(given, folder)
    host = given.__dict__.get("_lent_by")
    return given if host is None else replace(given).bind(_DiskHost(host, folder))


class _DiskHost:
    """Lends a document its bytes from a file."""

    def __init__(self, host: Any, folder: Path) -> None:
        self._host = host
        self._folder = folder

    def open(self, document: Document) -> BinaryIO:
        path = self._folder / (document.content_id or "content")
        if not path.exists():
            with self._host.open(document) as file:
                path.write_bytes(file.read())
        return path.open("rb")

    def render(self, document: Document, page: int, dpi: int) -> Any:
        return self._host.render(document, page, dpi)
