"""Laws about a single call: it ends, and gives the stage's record or one of the SDK's refusals."""

from __future__ import annotations

from functools import partial
from typing import Any

from aios_sdk.errors import AiosError, StepError
from aios_sdk.records import Layers, from_json, to_json
from aios_sdk.stages import Stage

from .._answers import Answer
from .._law import LawBroken, law
from .._subject import Subject


@law("contract", after=("loads",))
def opens(subject: Subject) -> None:
    """It opens with its configuration, in every stage that it implements.

    A worker opens it before the first document. What it needs and is not there, such as a program, a model or a secret, is
    `Unavailable`, with what to install as ``fix``. A secret must be declared (``secrets=["ACME_KEY"]``) to be handed over; expressions are
    compiled in ``bind``, and must name what earlier steps provide: tell the kit by ``given=Provided(fields=...)``.
    """
    for stage in subject.stages:
        try:
            answer = subject.guarded(partial(_opened, subject, stage), None)
        except LawBroken as broken:
            raise LawBroken(f"opening it for {stage}, {broken.said}", details=broken.details) from broken
        if answer.refusal is not None:
            raise LawBroken(str(answer.refusal))


def _opened(subject: Subject, stage: Stage) -> Answer:
    try:
        subject.warm(stage)
    except StepError:
        raise
    except AiosError as error:
        raise LawBroken(str(error)) from error
    return Answer(None)


@law("contract", after=("opens",))
def ends(subject: Subject) -> None:
    """Every call ends, whatever it is given.

    A call that never ends holds a worker until the engine kills it at the deadline, and its document fails. Bound every loop by something
    that shrinks, beware of regular expressions with nested repetition, and call ``context.remaining()`` in long work: it raises
    `DeadlineExceeded` when the time is over.
    """
    subject.each(lambda stage, given: _held(subject, stage, given, "ends"))


@law("contract", after=("ends",))
def gives_a_result_or_refuses(subject: Subject) -> None:
    """Whatever it is given, a component returns a result or raises one of the SDK's refusals.

    Real piles hold every kind of damage. A refusal (`Unsupported`, `Malformed`, `Encrypted`, `LimitExceeded` ...) tells the engine what is
    wrong with the document; any other exception counts as a fault of the component and hides what the document was. Note that a
    ``UnicodeDecodeError`` is a ``ValueError``: catch what a library raises where you call it, and raise the refusal that fits.
    """
    subject.each(lambda stage, given: _held(subject, stage, given, "gives-a-result-or-refuses"))


@law("contract", after=("gives-a-result-or-refuses",))
def returns_its_record(subject: Subject) -> None:
    """Each stage method returns its own record, with values of the types that the record declares.

    Records check little when they are made, since that would cost every component; the engine checks them at its gate and throws away a
    result that does not pass. Look at the types of the record in the reference, and convert what a library gives you.
    """

    def body(stage: Stage, given: Any) -> None:
        layers = subject.answer(stage, given).layers
        try:
            from_json(to_json(layers), Layers)
        except Exception as error:
            raise LawBroken(f"its result is no valid record: {error}") from error

    subject.each(body)


@law("contract", after=("returns-its-record",))
def does_its_work(subject: Subject) -> None:
    """It gives a result for at least one of its examples.

    A component that refuses every input would keep most laws and be of no use; nothing after this law would look at any result.
    If the kit's samples are not what it is made for, give your own: ``conformance(..., files=[...])`` or ``aios plugin check --file``, and
    ``given=Provided(fields=...)`` for what it expects from earlier steps.
    """
    refusals: dict[Stage, list[str]] = {stage: [] for stage in subject.stages}
    done: set[Stage] = set()

    def body(stage: Stage, given: Any) -> None:
        answer = subject.answer(stage, given)
        if answer.refusal is None:
            done.add(stage)
        else:
            refusals[stage].append(answer.refusal.what)

    subject.each(body)
    for stage in subject.stages:
        if stage not in done:
            raise LawBroken(f"{stage} refused all it was given, such as with: {'; '.join(dict.fromkeys(refusals[stage][:3]))}")


def _held(subject: Subject, stage: Stage, given: Any, id: str) -> None:
    """Call it, and see only whether this breaks the law ``id``; the other laws say what else is wrong."""
    try:
        subject.answer(stage, given)
    except LawBroken as broken:
        if broken.law == id:
            raise
