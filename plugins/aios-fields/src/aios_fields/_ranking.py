"""The candidates of a field in a document, each with what speaks for it, and their order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

from aios_sdk import Document

from . import _context as context
from . import _evidence as evidence
from ._candidates import Occurrence, Place, is_free, occurrences, stretches, trimmed, value_key
from ._finding import Search
from ._labels import Labels
from ._schema import Wanted
from ._units import Unit, Units, units_of
from ._values import Value

#: From how many lines a stretch is tried, and how many lengths from each.
_STARTS, _LENGTHS = 8, 4

#: A chance below this counts as this.
_LEAST: Final = 1e-5

#: Logarithms of odds are of no more weight than these.
_SURE: Final = 8.0

#: How many figures `assurance` gives, and how many of them, the first, tell how far the first choice is ahead.
FIGURES, LEADS = 6, 3


class View:
    """What is looked at of a document: its units, what each field could be read from, and what the rules find."""

    def __init__(self, document: Document, schema: Sequence[Wanted], labels: Labels, day_first: bool | None) -> None:
        search = Search(document, schema, labels, day_first)
        self.habits: Final = search.habits
        self.units: Final[Units] = units_of(search.rows)
        self.ruled: Final = tuple(search.fields())
        self.rules: Final[Mapping[str, Mapping[Any, float]]] = {
            wanted.path: {value_key(field.value): field.confidence or 0.0 for field in self.ruled if field.path == wanted.path}
            for wanted in schema
        }

    @cached_property
    def _unit_features(self) -> list[list[str]]:
        return [context.of_unit(unit, self.units) for unit in self.units.all]

    def read(self, wanted: Wanted) -> tuple[list[Occurrence], list[list[str]]]:
        """What a linear model is asked about for a field: the places where a typed value stands, else all units (then the first list is
        empty); with the features of each."""
        if is_free(wanted):
            return [], self._unit_features
        found = occurrences(wanted, self.units, self.habits)
        return found, [context.of_occurrence(one, self.units) for one in found]


class Candidate(NamedTuple):
    """A value that a field could have, where it stands, and the evidence for it; the first figure of it grows with what speaks for it."""

    value: Value
    places: tuple[Place, ...]
    currency: str
    evidence: list[float]


class Choice(NamedTuple):
    """A candidate with the logarithm of the odds that it is right."""

    candidate: Candidate
    score: float


def candidates(wanted: Wanted, view: View, found: Sequence[Occurrence], shares: Sequence[Sequence[float]], longest: int) -> list[Candidate]:
    """The candidates of a field. ``shares`` are the probabilities that a linear model gives to what `View.read` found; a stretch of lines
    has at most ``longest`` of them."""
    rules = view.rules[wanted.path]
    if is_free(wanted):
        taken = [
            one
            for run in _likely(view.units, shares, longest)
            for one in trimmed(run, view.units)
            if wanted.accepted(one.value) is not None
        ]
        return [Candidate(one.value, one.places(), "", evidence.of_stretch(one, view.units, shares, rules)) for one in taken]
    groups = evidence.groups_of(found, [share[1] for share in shares])
    return [
        Candidate(group.one.value, (group.one.place,), group.currency, row)
        for group, row in zip(groups, evidence.of_groups(groups, view.units, rules), strict=True)
    ]


def _likely(units: Units, tags: Sequence[Sequence[float]], longest: int) -> list[tuple[Unit, ...]]:
    begins = {unit.number: tags[unit.number][evidence.FIRST] + tags[unit.number][evidence.ONLY] for unit in units.all}
    found: dict[tuple[int, ...], tuple[Unit, ...]] = {}
    for start in sorted(units.all, key=lambda unit: (-begins[unit.number], unit.number))[:_STARTS]:
        runs = sorted(stretches(start, longest), key=lambda run: (-_fit(run, tags), len(run)))
        found.update((tuple(unit.number for unit in run), run) for run in runs[:_LENGTHS])
    return list(found.values())


def _fit(run: tuple[Unit, ...], tags: Sequence[Sequence[float]]) -> float:
    chances = [tags[unit.number][tag] for unit, tag in zip(run, evidence.tags_of(len(run)), strict=True)]
    return sum(math.log(max(chance, _LEAST)) for chance in chances) / len(chances)


def ranked(found: Sequence[Candidate], scores: Iterable[float]) -> list[Choice]:
    """Candidates best first, each value once; where trees make no difference, the first figure of the evidence does."""
    order = sorted(
        (Choice(candidate, round(float(score), 9)) for candidate, score in zip(found, scores, strict=True)),
        key=lambda one: (-one.score, -one.candidate.evidence[0], one.candidate.places),
    )
    best: dict[Any, Choice] = {}
    for choice in order:
        best.setdefault(value_key(choice.candidate.value), choice)
    return list(best.values())


def assurance(choices: Sequence[Choice], rules: Mapping[Any, float]) -> list[float]:
    """What a confidence is computed from: how good the first choice is, how far it is ahead of the next and of all others together, and
    whether the rules found the same (and how surely) or another value."""
    first, *others = (_bound(one.score) for one in choices)
    agreed = rules.get(value_key(choices[0].candidate.value))
    return [
        first,
        _bound(first - others[0]) if others else _SURE,
        _bound(-math.log(sum(map(math.exp, others)) + math.exp(-_SURE))),
        float(agreed is not None),
        agreed or 0.0,
        float(bool(rules) and agreed is None),
    ]


def _bound(number: float) -> float:
    return max(-_SURE, min(_SURE, number))
