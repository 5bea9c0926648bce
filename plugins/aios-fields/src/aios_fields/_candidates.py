"""The values that a field could have in a document, whatever speaks for them: readings of typed values, and stretches of lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from ._clues import plain
from ._readings import readings
from ._schema import Wanted
from ._units import Unit, Units
from ._values import Habits, Value

#: Cuts tried at one end of a line.
_MOST_CUTS: Final = 4

#: Signs that are no part of a value at its ends.
_EDGE: Final = " \t,;|-:"

_HEAD: Final = re.compile(r"^\W*(?:[^\W\d_][\w.&']*[\s/]*){1,4}[:;]+-?\s*(?=\w)")
_TAIL: Final = re.compile(r"[\s,;.\-]*(?:(?<=\s)[(\[]|(?<=\s)(?=\S*\d{3})|(?<=[\s,])(?=(?:[^\W\d_]+\W{0,3}){1,2}\s?[:#])|\s[-|*]\s)")


class Place(NamedTuple):
    """Code points ``start`` to ``end`` of the text of a row."""

    row: int
    start: int
    end: int


class Occurrence(NamedTuple):
    """A typed value where it stands: in which unit, how plainly it is one, its currency, and which of how many in its row it is."""

    value: Value
    place: Place
    unit: Unit
    quality: float
    currency: str
    order: int
    among: int


class Stretch(NamedTuple):
    """Consecutive units, the first without its first ``head`` code points and the last without its last ``tail``, as one text."""

    value: str
    units: tuple[Unit, ...]
    head: int
    tail: int

    def places(self) -> tuple[Place, ...]:
        """Where it stands, row by row."""
        first, last = self.units[0], self.units[-1]
        return tuple(
            Place(unit.row, unit.start + (self.head if unit is first else 0), unit.end - (self.tail if unit is last else 0))
            for unit in self.units
        )


def is_free(wanted: Wanted) -> bool:
    """Whether the values of a field are stretches of lines: texts that have no form of their own."""
    return wanted.type == "text" and wanted.kind in ("text", "dated", "party", "address") and not wanted.choices


def occurrences(wanted: Wanted, units: Units, habits: Habits) -> list[Occurrence]:
    """Every reading of a typed field in the rows of a document, those that the model refuses left out."""
    found: list[Occurrence] = []
    for unit in units.lines:
        text = units.rows[unit.row].text
        best: dict[tuple[int, Value], Occurrence] = {}
        spoken = sorted(readings(wanted, text, habits), key=lambda one: (one.start, -one.quality))
        starts = sorted({reading.start for reading in spoken})
        for reading in spoken:
            value = wanted.accepted(reading.value)
            if value is not None and (reading.start, value) not in best:
                place = Place(unit.row, reading.start, reading.end)
                order = starts.index(reading.start)
                best[reading.start, value] = Occurrence(value, place, unit, reading.quality, reading.currency, order, len(starts))
        found.extend(best.values())
    return found


def stretches(first: Unit, longest: int) -> Iterator[tuple[Unit, ...]]:
    """Runs of at most ``longest`` units from ``first`` downwards."""
    run: tuple[Unit, ...] = ()
    unit: Unit | None = first
    while unit is not None and len(run) < longest:
        run = (*run, unit)
        yield run
        unit = unit.below


def trimmed(run: tuple[Unit, ...], units: Units) -> Iterator[Stretch]:
    """A run of units as a whole, and without what is no part of a value: a label before it; numbers, brackets and other labels after it."""
    first, last = _text(run[0], units), _text(run[-1], units)
    heads = dict.fromkeys(place + _blank(first[place:]) for place in (0, *_heads(first)))
    ends = dict.fromkeys(len(last[:place].rstrip(_EDGE)) for place in (len(last), *_tails(last)))
    for head in heads:
        for end in ends:
            parts = [first[head:end]] if len(run) == 1 else [first[head:], *(unit.text for unit in run[1:-1]), last[:end]]
            value = " ".join(" ".join(parts).split())
            if plain(value) and (len(run) > 1 or head < end):
                yield Stretch(value, run, head, len(last) - end)


def _text(unit: Unit, units: Units) -> str:
    return units.rows[unit.row].text[unit.start : unit.end]


def _blank(text: str) -> int:
    return len(text) - len(text.lstrip(_EDGE))


def _heads(text: str) -> list[int]:
    match = _HEAD.match(text)
    return [match.end()] if match else []


def _tails(text: str) -> list[int]:
    found = dict.fromkeys(len(text[: match.start()].rstrip(_EDGE)) for match in _TAIL.finditer(text))
    return [end for end in found if end][:_MOST_CUTS]


def same(left: Value, right: Value | None) -> bool:
    """Whether two values count as one: texts by their letters and digits, numbers and dates by what they mean."""
    if isinstance(left, str) and isinstance(right, str):
        return plain(left) == plain(right)
    return type(left) is type(right) and left == right


def value_key(value: Value) -> tuple[str, object]:
    """What equal values have in common."""
    if isinstance(value, str):
        return ("text", plain(value))
    return (type(value).__name__, value.normalize() if isinstance(value, Decimal) else value)
