"""Where the true values of an example stand in it, also where the text was misread."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from . import _evidence as evidence
from ._candidates import same, stretches, trimmed
from ._clues import plain
from ._schema import FieldType
from ._units import Unit, Units
from ._values import Value

#: A misread text is learned from where it is so like the truth, by the share of letters in common (Ratcliff and Obershelp).
_LIKE: Final = 0.8

_LONGEST: Final = 9
_DECIMAL: Final = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def true_value(value: object, type_: FieldType) -> Value:
    """A true value as one of its field, also where it was written down as a text, as the store writes it.

    Raises ``ValueError`` for what is none.
    """
    if type_ == "text":
        return value if isinstance(value, str) else str(value)
    text = value.isoformat() if isinstance(value, dt.date) else str(value).strip()
    if type_ == "date":
        return dt.date.fromisoformat(text)
    if type_ == "datetime":
        moment = dt.datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    if type_ == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if type_ == "integer":
        return int(text)
    if type_ == "decimal" and _DECIMAL.fullmatch(text):
        return Decimal(text)
    raise ValueError(text)


def runs_of(truth: Value | None, units: Units) -> list[tuple[Unit, ...]]:
    """The runs of units that hold ``truth``, else the one that holds what is most like it."""
    sought = plain(truth) if isinstance(truth, str) else ""
    if not sought:
        return []
    exact: list[tuple[Unit, ...]] = []
    like: list[tuple[float, int, tuple[Unit, ...]]] = []
    for unit in units.all:
        for run in stretches(unit, _LONGEST):
            if sum(len(part.plain) for part in run[1:-1]) > len(sought):
                break
            found = [plain(stretch.value) for stretch in trimmed(run, units)]
            if sought in found:
                exact.append(run)
            elif not exact and (likeness := max((_likeness(sought, one) for one in found), default=0.0)):
                like.append((likeness, -unit.number, run))
    return exact or ([max(like, key=lambda one: one[:2])[2]] if like else [])


def longest_of(runs: Sequence[Sequence[tuple[Unit, ...]]]) -> int:
    """How many lines a value may have: one more than in any example."""
    return min(_LONGEST, 1 + max((len(run) for here in runs for run in here), default=0))


def tags(units: Units, runs: Sequence[tuple[Unit, ...]]) -> list[int]:
    """The tag of each unit."""
    found = [evidence.OUTSIDE] * len(units.all)
    for run in runs:
        for unit, tag in zip(run, evidence.tags_of(len(run)), strict=True):
            found[unit.number] = tag
    return found


def right_ones(values: Sequence[Value], truth: Value | None) -> list[bool]:
    """Which values are right; of texts, where none is, those that are most like the truth."""
    exact = [same(value, truth) for value in values]
    if any(exact) or not isinstance(truth, str):
        return exact
    sought = plain(truth)
    likeness = [_likeness(sought, plain(value)) if isinstance(value, str) else 0.0 for value in values]
    best = max(likeness, default=0.0)
    return [one == best > 0 for one in likeness]


def _likeness(sought: str, found: str) -> float:
    if abs(len(sought) - len(found)) > (1 - _LIKE) * max(len(sought), len(found)):
        return 0.0
    matcher = difflib.SequenceMatcher(None, sought, found, autojunk=False)
    likeness = matcher.ratio() if matcher.real_quick_ratio() >= _LIKE and matcher.quick_ratio() >= _LIKE else 0.0
    return likeness if likeness >= _LIKE else 0.0
