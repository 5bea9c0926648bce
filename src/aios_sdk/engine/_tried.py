"""What became of asking one component: the answers for its units, as one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from ..records import Layers, Reference, Result, StepStatus, UnitFailure, merge_results
from ._choice import Candidate
from ._verify import NOTHING, Gained
from .workers import UnitAnswer


class Tried(msgspec.Struct):
    """What one component came to at one step of a document."""

    candidate: Candidate
    status: StepStatus
    result: Result | Layers | None
    message: str
    failures: tuple[UnitFailure, ...]
    started: dt.datetime
    wall: float
    cpu: float
    queue: float
    units: int
    number: int
    memory: int | None = None
    gained: Gained = NOTHING
    key: str = ""
    cache: Literal["hit", "miss", "none"] = "none"


def judge(candidate: Candidate, answers: Sequence[UnitAnswer], started: dt.datetime, number: int) -> Tried:
    """The answers of all units as one: merged, with the failures of those that have none."""
    if len(answers) == 1 and answers[0].result is not None:
        only = answers[0]
        return Tried(candidate, "ok", only.result, "", (), started, only.wall, only.cpu, only.waited, 1, number, only.memory)
    results = [answer.result for answer in answers if answer.result is not None]
    said = [answer.failure for answer in answers if answer.failure is not None]
    failures = tuple(failure for failure in said if failure.category != "unsupported")
    status: StepStatus = "ok"
    message = ""
    try:
        result = merge_results(results) if results else None
    except TypeError as error:
        result, results = None, []
        failures = (*failures, UnitFailure("contract", f"{candidate.info.id}: {error}"))
    if failures:
        status = "partial" if results else "failed"
        message = failures[0].message
    elif not results:
        status = "unsupported"
        message = said[0].message if said else "there was nothing to do"
    return Tried(
        candidate,
        status,
        result,
        message,
        failures,
        started,
        wall=sum(answer.wall for answer in answers),
        cpu=sum(answer.cpu for answer in answers),
        queue=max((answer.waited for answer in answers), default=0.0),
        units=len(answers),
        number=number,
        memory=max((answer.memory for answer in answers if answer.memory is not None), default=None),
    )


def confidence_of(result: Result | Layers | None) -> float | None:
    """Mean confidence (0..1) of all that a component was sure of to a degree; None when it said nothing of it."""
    if result is None:
        return None
    items: list[Any] = [result]
    for name in result.__struct_fields__:
        value = getattr(result, name)
        if isinstance(value, tuple):
            items.extend(item for item in value if not isinstance(item, Reference | str))
    known = [item.confidence for item in items if isinstance(getattr(item, "confidence", None), int | float)]
    return sum(known) / len(known) if known else None
