"""What stands in and around a place of a document, as the names of features: what linear models learn their words from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ._candidates import Occurrence
from ._clues import clues, words
from ._units import Unit, Units

_MOST_WORDS: Final = 8
_GRAM: Final = 3
_SHAPE: Final = ((re.compile(r"[^\W\d_]+"), "a"), (re.compile(r"\d"), "0"))


def of_unit(unit: Unit, units: Units) -> list[str]:
    """The features of a line: its words and their parts, what it looks like, its neighbours, where it stands and how it is set."""
    found = [f"own:{name}" for name in _spoken(unit.text)]
    found += [f"gram:{gram}" for word in words(unit.text)[:_MOST_WORDS] for gram in _grams(word)]
    found += [f"first:{words(unit.text)[0]}", f"last:{words(unit.text)[-1]}"] if words(unit.text) else []
    for name, near in (("above", unit.above), ("below", unit.below)):
        found += [f"{name}:{one}" for one in _spoken(near.text)] if near else [f"{name}:none"]
    for name, near in (("above2", unit.above and unit.above.above), ("below2", unit.below and unit.below.below)):
        found += [f"{name}:~{clue}" for clue in clues(near.text)] if near else [f"{name}:none"]
    return [*found, *_standing(unit, units)]


def of_occurrence(one: Occurrence, units: Units) -> list[str]:
    """The features of a typed value: the words around it in its row, those above and below, where it stands, how it is printed."""
    text = units.rows[one.place.row].text
    before, after = words(text[: one.place.start]), words(text[one.place.end :])
    found = [f"before:{word}" for word in before[-_MOST_WORDS:]]
    found += [f"before2:{first} {second}" for first, second in zip(before[-_MOST_WORDS:], before[-_MOST_WORDS + 1 :], strict=False)]
    found += [f"next-to:{before[-1]}"] if before else ["next-to:none"]
    found += [f"row-begins:{' '.join(words(text)[:2])}"]
    found += [f"after:{word}" for word in after[:3]]
    for name, near in (("above", one.unit.above), ("below", one.unit.below)):
        found += [f"{name}:{word}" for word in words(near.text)[:_MOST_WORDS]] if near else [f"{name}:none"]
    if one.unit.above and one.unit.above.above:
        found += [f"above2:{word}" for word in words(one.unit.above.above.text)[:_MOST_WORDS]]
    found += [
        f"shape:{_shape(text[one.place.start : one.place.end])}",
        f"order:{min(one.order, 3)}",
        f"left:{min(one.among - one.order, 3)}",
    ]
    return [*found, *_standing(one.unit, units)]


def _spoken(text: str) -> Iterator[str]:
    yield from words(text)[:_MOST_WORDS]
    yield from (f"~{clue}" for clue in clues(text))


def _grams(word: str) -> Iterator[str]:
    if len(word) > _GRAM:
        padded = f"<{word}>"
        yield from (padded[place : place + _GRAM + 1] for place in range(len(padded) - _GRAM))


def _shape(text: str) -> str:
    for pattern, sign in _SHAPE:
        text = pattern.sub(sign, text)
    return text[:16]


def _standing(unit: Unit, units: Units) -> Iterator[str]:
    from_end = len(units.lines) - 1 - unit.row
    yield f"row:{unit.row if unit.row < 8 else min(unit.row // 4, 8) * 10}"
    yield f"from-end:{min(from_end // 3, 6)}"
    yield f"share:{10 * unit.row // len(units.lines)}"
    width = (units.right - units.left) or 1.0
    yield f"x:{int(4 * (unit.x0 - units.left) / width)}"
    yield f"wide:{int(5 * (unit.x1 - unit.x0) / width)}"
    yield f"high:{min(int(4 * (unit.y1 - unit.y0) / units.letter), 10)}"
    yield f"words:{min(len(unit.text.split()), 9)}"
    yield f"cells:{unit.is_row}"
