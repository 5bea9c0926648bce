"""Laws about what lies outside: hosts and programs are asked as declared, and it is said when they are not there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from aios_sdk.errors import AiosError
from aios_sdk.plugins import ComponentInfo
from aios_sdk.stages import Stage

from .._elsewhere import Told, probe
from .._law import LawBroken, NotApplicable, law
from .._network import offline, undeclared
from .._subject import Subject
from .._watch import Deeds, deeds
from ._metamorphic import SOUND, drawn, each_of_few, varies

#: Refusals that say that something outside is to blame, and that the same call may work later.
_OUTSIDE: Final = ("unavailable", "retryable", "timeout")

#: Programs that Python's own library starts: ctypes.util and platform look for libraries and the system's name, uuid for an address.
_OF_PYTHON: Final = frozenset(
    ("ldconfig", "gcc", "cc", "ld", "objdump", "crle", "dump", "uname", "lsb_release", "ifconfig", "ip", "arp", "netstat", "lanscan")
)


def _no_network(info: ComponentInfo) -> str:
    return "" if info.network else "it declares no network"


def _no_programs(info: ComponentInfo) -> str:
    return "" if info.programs else "it declares no programs"


@law("operation", after=(*SOUND, "making-is-cheap"))
def network_as_declared(subject: Subject) -> None:
    """It asks no host over the network but those that it declares.

    Users enable a plugin for what it says: one that declares no network sends nothing anywhere, neither documents nor statistics, and
    fetches no model on its first call. Declare each host in ``network=[...]`` (``*.example.com`` stands for all below it). Connections
    within the machine and to the proxies of the environment are no part of this. The kit sees what is asked through Python; what C
    libraries with sockets of their own ask, and programs that are started, it does not see.
    """
    declared = subject.info.network

    def judge(seen: Deeds, when: str) -> None:
        wrong = undeclared(seen.hosts, declared)
        if wrong:
            own = f"declares {', '.join(declared)}" if declared else "declares no network"
            raise LawBroken(f"{when} it asks {', '.join(wrong[:3])}, and it {own}")

    _watched(subject, judge)


@law("operation", after=(*SOUND, "making-is-cheap"))
def programs_as_declared(subject: Subject) -> None:
    """It starts no program but those that it declares.

    ``programs=["tesseract"]`` is what ``aios plugin doctor`` looks for, and what users see before they enable a plugin. A program that is
    not declared is missing on the next machine. ``shell=True`` starts ``sh``, and lets file names run commands: give a list of arguments
    instead. Python itself and the programs that Python's own library starts are no part of this.
    """
    declared = {Path(name).name for name in subject.info.programs}
    allowed = declared | _OF_PYTHON | {Path(sys.executable).name, Path(sys.executable).resolve().name}

    def judge(seen: Deeds, when: str) -> None:
        wrong = [name for name in dict.fromkeys(seen.programs) if Path(name).name not in allowed]
        if wrong:
            own = f"declares {', '.join(sorted(declared))}" if declared else "declares no programs"
            raise LawBroken(f"{when} it starts {', '.join(wrong[:3])}, and it {own}")

    _watched(subject, judge)


def _watched(subject: Subject, judge: Any) -> None:
    """Let ``judge`` see what is done while the component is opened, and in each of a few calls."""
    for stage in subject.stages:
        with deeds() as seen, subject.opened(stage):
            pass
        judge(seen, "when it is opened")

    def body(stage: Stage, given: Any) -> None:
        with deeds() as done:
            subject.answer(stage, given)
        judge(done, "in a call")

    each_of_few(subject, body)


@law("operation", after=("network-as-declared",), unless=_no_network)
def says_when_it_is_offline(subject: Subject) -> None:
    """When a host that it needs cannot be reached, it says so with a refusal, and never with a result.

    A result that was made without the host looks like any other, is recorded and remembered, and nobody asks again. Catch what the
    library raises (``OSError``, ``URLError`` ...) where you call it, and raise ``Retryable(..., after=seconds)``, or ``Unavailable`` with
    a ``fix``: the step then counts as failed for a passing cause, and can be run again.
    """
    asked_any = False
    for stage in subject.stages:
        for given in drawn(subject, stage):
            with offline(subject.info.network) as asked:
                told = _offline(subject, stage, given)
            asked_any |= bool(asked)
            if told.broke:
                raise LawBroken(f"when {asked[0] if asked else 'the network'} cannot be reached, {told.said}", example=given)
            if asked and told.category not in (*_OUTSIDE, _usual(subject, stage, given)):
                came = f"refuses the document as {told.category}" if told.category else "gives a result"
                raise LawBroken(f"when {asked[0]} cannot be reached, it {came}", example=given)
    if not asked_any:
        raise NotApplicable("it asked no host")


def _usual(subject: Subject, stage: Stage, given: Any) -> str | None:
    """The category with which the document is refused anyway."""
    refusal = subject.answer(stage, given).refusal
    return refusal.category if refusal else None


def _offline(subject: Subject, stage: Stage, given: Any) -> Told:
    """What a new instance makes of ``given``, from its opening on."""
    instance = subject.create(stage)
    try:
        subject.open(instance)
        answer = subject.call(instance, stage, given)
    except LawBroken as broken:
        return Told(said=broken.said, broke=broken.law)
    except AiosError as error:
        return Told(category=getattr(error, "category", "internal"), said=error.what, fix=error.fix)
    except Exception as error:  # noqa: BLE001 - told as what breaks the law
        return Told(said=f"opening it raised {type(error).__name__}: {error}", broke="loads")
    finally:
        instance.close()
    return Told() if answer.refusal is None else Told(category=answer.refusal.category)


@law("operation", after=(*SOUND, "making-is-cheap"), unless=lambda info: _no_programs(info) or varies(info))
def says_when_a_program_is_missing(subject: Subject) -> None:
    """Where a program that it needs is not installed, it raises `Unavailable` and says how to install it.

    Best in ``open``, before the first document; else in the call. A ``FileNotFoundError`` is a fault of the component in the eyes of
    the engine, a document that is refused as malformed is lost for no fault of its own, and a result that was made without the program
    looks like any other. Look for it with ``shutil.which``, and give the command in ``fix``.
    """
    inputs = [(stage, given) for stage in subject.stages for given in drawn(subject, stage)]
    here = [subject.answer(*each) for each in inputs]
    there = probe(subject, inputs, environment={"PATH": str(subject.new_folder("no-programs"))})
    names = " and ".join(subject.info.programs)
    for stage, told in there.opened.items():
        _judge_missing(told, f"when it is opened for {stage} without {names}", None)
    if any(told.said for told in there.opened.values()):
        return
    calls = [(given, answer, told) for (_, given), answer, told in zip(inputs, here, there.calls, strict=True)]
    differing = [(given, told) for given, answer, told in calls if told.broke or told.content != answer.content]
    for given, told in differing:
        if not told.category and not told.broke:
            raise LawBroken(f"without {names} it gives another result and does not say so", example=given)
        _judge_missing(told, f"without {names}", given)
    if not differing:
        raise NotApplicable("it gives the same results without its programs on the PATH")


def _judge_missing(told: Told, when: str, example: Any) -> None:
    if told.broke:
        raise LawBroken(f"{when}, {told.said}", example=example)
    if told.said and told.category != "unavailable":
        raise LawBroken(f"{when}, it says that something is {told.category or 'wrong'}: {told.said}", example=example)
    if told.said and not told.fix:
        raise LawBroken(f"{when}, it says {told.said!r}, but not how to install it (fix=)", example=example)
