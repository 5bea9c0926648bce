"""Calls of a component in a process of its own, under another environment, and how much memory they took there."""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from aios_sdk.errors import AiosError
from aios_sdk.records import Document, Source
from aios_sdk.stages import Stage

from ._law import LawBroken, NotApplicable
from ._probe import Summons, elsewhere
from ._subject import Subject

#: One input, and the stage that it is for.
Given = tuple[Stage, "Document | Source"]


class Told(NamedTuple):
    """What one call in the other process came to: the content of its `Answer`; the ``category``, text and ``fix`` of a refusal; or which
    other law it ``broke``, and how (``said``)."""

    content: bytes = b""
    category: str = ""
    said: str = ""
    fix: str = ""
    broke: str = ""


class Findings(NamedTuple):
    """What the other process found: how opening for each stage ended (an empty `Told` when it went well), what each call came to, in the
    order of the inputs, and by how many bytes the peak of resident memory grew after the code was imported."""

    opened: Mapping[Stage, Told]
    calls: tuple[Told, ...]
    grown: int


def probe(
    subject: Subject, inputs: Sequence[Given], *, environment: Mapping[str, str] | None = None, cwd: Path | None = None, later: float = 0.0
) -> Findings:
    """Call the component for each of ``inputs`` in a fresh process, with ``environment`` over that of this process, in the folder ``cwd``,
    and on a clock (``time.time``) that is ``later`` by so many seconds.

    Raises `NotApplicable` where the component or what it is given cannot be had in another process, and `LawBroken` when it ends that.
    """
    carried = [_carried(*each) for each in inputs]
    try:
        pickle.dumps(carried)
    except Exception as error:
        raise NotApplicable(f"its examples cannot be handed to another process: {error}") from error
    found: Findings = elsewhere(subject, _findings, environ=environment, again=True, inputs=carried, cwd=cwd, later=later)
    return found


_Carried = tuple[Stage, Document | Source, Any]


def _carried(stage: Stage, given: Document | Source) -> _Carried:
    """An input with what lends it its bytes, which pickle would leave behind, and with paths that hold in any folder."""
    if isinstance(given, Document):
        return stage, given, given.__dict__.get("_lent_by")
    return stage, replace(given, path=os.path.abspath(given.path)) if given.path else given, None  # noqa: PTH100


def _findings(summons: Summons, inputs: Sequence[_Carried], cwd: Path | None, later: float) -> Findings:
    """Run in the other process."""
    if cwd is not None:
        os.chdir(cwd)
    if later:
        _set_clock(later)
    subject = summons.subject()
    given = [(stage, each.bind(host) if isinstance(each, Document) and host is not None else each) for stage, each, host in inputs]
    subject.registry.load(subject.info.id)
    _touch(given)
    before = peak_memory()
    opened = {stage: _opened(subject, stage) for stage in dict.fromkeys(stage for stage, _ in given)}
    calls = tuple(opened[stage] if opened[stage].said else _called(subject, stage, each) for stage, each in given)
    grown = max(0, peak_memory() - before)
    subject.close()
    return Findings(opened, calls, grown)


def _set_clock(later: float) -> None:
    """Let ``time.time``, and with it ``date.today``, be ``later`` seconds ahead."""
    import time

    real = time.time
    time.time = lambda: real() + later


def _touch(inputs: Sequence[Given]) -> None:
    """Let the kit take what it needs itself for handing over the inputs, so that it is not laid at the component's door."""
    for _, given in inputs:
        if isinstance(given, Source):
            if given.media_type != "inode/directory":
                given.head()
        elif "_lent_by" in given.__dict__:
            given.read()
            with contextlib.suppress(AiosError):  # not every document can be drawn
                for page in given.pages[:1]:
                    page.image(72)


def _opened(subject: Subject, stage: Stage) -> Told:
    try:
        subject.warm(stage)
    except AiosError as error:
        return Told(category=getattr(error, "category", ""), said=error.what, fix=error.fix)
    except Exception as error:  # noqa: BLE001 - told to the law, which judges it
        return Told(said=f"it raised {type(error).__name__}: {error}", broke="gives-a-result-or-refuses")
    return Told()


def _called(subject: Subject, stage: Stage, given: Document | Source) -> Told:
    try:
        answer = subject.answer(stage, given)
    except LawBroken as broken:
        return Told(said=broken.said, broke=broken.law or "gives-a-result-or-refuses")
    if answer.refusal is not None:
        return Told(answer.content, answer.refusal.category, answer.refusal.what, answer.refusal.fix)
    return Told(answer.content)


_STATUS: Final = Path("/proc/self/status")


def peak_memory() -> int:
    """The most bytes of memory that this process has held at once.

    Linux: VmHWM, for ``ru_maxrss`` also counts what the parent held when it started this process. macOS: ``ru_maxrss``, in bytes there.
    """
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
