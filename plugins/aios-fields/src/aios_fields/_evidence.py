"""What speaks for a candidate and against it, as numbers: what boosted trees decide by."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from ._candidates import Occurrence, Stretch, value_key
from ._clues import NAMES, flags, plain
from ._payments import is_taxed
from ._units import Unit, Units

_NOTHING: Final = (0.0,) * len(NAMES)
_MOST_AMOUNTS: Final = 40
_LEAST: Final = 1e-4
_CENT: Final = Decimal("0.01")

#: What a total may be rounded by where the smallest coin is of five cents.
_ROUNDINGS: Final = tuple(cents * _CENT for cents in (-4, -3, -2, -1, 1, 2, 3, 4))

#: The tags of a line in a stretch of lines: outside, only line, first, inner, last.
OUTSIDE, ONLY, FIRST, INNER, LAST = range(5)


def tags_of(length: int) -> list[int]:
    """The tags of the lines of a stretch."""
    return [ONLY] if length == 1 else [FIRST, *[INNER] * (length - 2), LAST]


def of_stretch(one: Stretch, units: Units, tags: Sequence[Sequence[float]], rules: Mapping[Any, float]) -> list[float]:
    """The evidence for a stretch of lines; ``tags`` has the probabilities of the five tags for each unit, ``rules`` what rules say."""
    first, last = one.units[0], one.units[-1]
    before, after = first.above, last.below
    own = [tags[unit.number] for unit in one.units]
    fits = [math.log(max(tag[want], _LEAST)) for tag, want in zip(own, tags_of(len(own)), strict=True)]
    out_before = _outside(before, tags, FIRST) if before else 1.0
    out_after = _outside(after, tags, LAST) if after else 1.0
    inside = [1.0 - tag[OUTSIDE] for tag in own]
    text = one.value
    letters = plain(text)
    digits = sum(char.isdigit() for char in letters)
    head, tail = units.rows[first.row].text[first.start : first.start + one.head], _cut(one, units)
    same_rows = units.repeated.get(letters, 0)
    width = (units.right - units.left) or 1.0
    return [
        sum(fits) + math.log(max(out_before, _LEAST)) + math.log(max(out_after, _LEAST)),
        sum(fits),
        min(fits),
        own[0][FIRST] + own[0][ONLY],
        own[-1][LAST] + own[-1][ONLY],
        own[0][ONLY],
        min(inside),
        sum(inside) / len(inside),
        out_before,
        out_after,
        float(len(own)),
        float(len(letters)),
        digits / len(letters),
        float(plain(head) != ""),
        float(plain(tail) != ""),
        float("(" in tail),
        float(any(char.isdigit() for char in tail)),
        float(":" in tail),
        float(":" in head),
        float(len(tail.split())),
        float(text.count("(") != text.count(")")),
        float(first.row),
        first.row / len(units.lines),
        (first.y1 - first.y0) / units.letter,
        ((first.x0 + first.x1) / 2 - units.left) / width,
        (first.x1 - first.x0) / width,
        (first.y0 - before.y1) / units.letter if before else 9.0,
        (after.y0 - last.y1) / units.letter if after else 9.0,
        max(((low.y0 - high.y1) / units.letter for high, low in zip(one.units, one.units[1:], strict=False)), default=0.0),
        float(not first.is_row),
        float(same_rows),
        rules.get(value_key(text), 0.0),
        float(tail.startswith(",")),
        *flags(text),
        *(flags(first.text) if first is not last else _NOTHING),
        *(flags(last.text) if first is not last else _NOTHING),
        *(flags(before.text) if before else _NOTHING),
        *(flags(after.text) if after else _NOTHING),
    ]


def _outside(unit: Unit, tags: Sequence[Sequence[float]], end: int) -> float:
    # Beside a value may stand the end of another of its kind, but no inner line.
    tag = tags[unit.number]
    return tag[OUTSIDE] + tag[ONLY] + tag[LAST if end == FIRST else FIRST]


def _cut(one: Stretch, units: Units) -> str:
    last = one.units[-1]
    return units.rows[last.row].text[last.end - one.tail : last.end] if one.tail else ""


class Group:
    """The occurrences of one value, with the probability that a linear model gives each, and the best of them."""

    def __init__(self, members: Sequence[Occurrence], scores: Sequence[float]) -> None:
        self.members: Final = members
        self.scores: Final = scores
        self.score: Final = max(scores)
        self.one: Final = members[scores.index(self.score)]

    @property
    def currency(self) -> str:
        """The currency beside the best of them, else beside the first that has one."""
        return next((one.currency for one in (self.one, *self.members) if one.currency), "")


def groups_of(found: Sequence[Occurrence], scores: Sequence[float]) -> list[Group]:
    """Occurrences of equal values together, in the order in which the values come first."""
    values: dict[Any, tuple[list[Occurrence], list[float]]] = {}
    for one, score in zip(found, scores, strict=True):
        members, given = values.setdefault(value_key(one.value), ([], []))
        members.append(one)
        given.append(score)
    return [Group(members, given) for members, given in values.values()]


def of_groups(groups: Sequence[Group], units: Units, rules: Mapping[Any, float]) -> list[list[float]]:
    """The evidence for each value of a typed field."""
    numbers = [_number(group.one.value) for group in groups]
    sums = _Sums(groups)
    leading = max((group.score for group in groups), default=0.0)
    ranked = sorted(set(numbers), reverse=True)
    largest = ranked[0] if ranked and ranked[0] > 0 else 1.0
    count = len(units.lines)
    found = []
    for group, number in zip(groups, numbers, strict=True):
        none_right = math.prod(1.0 - min(score, 0.999) for score in group.scores)
        places = [member.unit.row for member in group.members]
        quality = max(member.quality for member in group.members)
        one = group.one
        text = units.rows[one.place.row].text[one.place.start : one.place.end]
        found.append(
            [
                group.score,
                group.score - leading,
                1.0 - none_right,
                sum(group.scores) / len(group.scores),
                float(len(group.members)),
                float(len({member.unit.row for member in group.members})),
                float(places[0]),
                places[0] / count,
                places[-1] / count,
                float(count - 1 - places[-1]),
                one.unit.row / count,
                (one.unit.y1 - one.unit.y0) / units.letter,
                quality,
                float(max(member.order for member in group.members)),
                float(min(member.among - member.order for member in group.members)),
                float(any(member.currency for member in group.members)),
                float(len(text)),
                sum(char.isdigit() for char in text) / max(1, len(text)),
                rules.get(value_key(one.value), 0.0),
                float(ranked.index(number)),
                min(number / largest, 9.0),
                math.log10(1.0 + abs(number)),
                float(len(groups)),
                *sums.evidence(one.value),
            ]
        )
    return found


def _number(value: Any) -> float:
    if isinstance(value, Decimal | int):
        return float(value)
    if isinstance(value, dt.datetime):
        return value.timestamp() / 86_400
    return float(value.toordinal()) if isinstance(value, dt.date) else 0.0


class _Sums:
    """Which amounts of a document are the sum or the difference of two others: what was paid less the change, net and tax."""

    def __init__(self, groups: Sequence[Group]) -> None:
        values = [group.one.value for group in groups]
        self.amounts: Final = sorted({value for value in values if isinstance(value, Decimal) and value > 0})[:_MOST_AMOUNTS]
        self.held: Final = set(self.amounts)
        self.rows: Final = {
            group.one.value: frozenset(member.unit.row for member in group.members)
            for group in groups
            if isinstance(group.one.value, Decimal)
        }

    def evidence(self, value: Any) -> tuple[float, ...]:
        if not isinstance(value, Decimal) or value not in self.held:
            return (0.0,) * 6
        smaller = [other for other in self.amounts if other < value]
        sums = sum(value - other in self.held and self._apart(value, other) for other in smaller if value - other >= other)
        nearly = sum(any(value - other + cents in self.held for cents in _ROUNDINGS) for other in smaller if 2 * other <= value)
        differences = sum(other - value in self.held and self._apart(value, other) for other in self.amounts if other > value)
        taxed = any(is_taxed(value, other) for other in smaller if other > value / 2)
        return (
            float(min(sums, 4)),
            float(min(nearly, 4)),
            float(min(differences, 4)),
            float(taxed),
            float(value == value.quantize(_CENT)) if value.adjusted() < 20 else 0.0,
            float(int(value / _CENT) % 5 == 0) if value.adjusted() < 20 else 0.0,
        )

    def _apart(self, value: Decimal, other: Decimal) -> bool:
        third = abs(value - other)
        return self.rows[value] != self.rows[other] and self.rows[value] != self.rows[third]
