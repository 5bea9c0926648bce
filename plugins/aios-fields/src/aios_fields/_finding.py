"""Finding the values of a schema in a document: labels first, then what stands beside or below them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from aios_sdk import Alternative, Document, Field

from ._labels import Hit, Labels
from ._layout import Row, sheet_of
from ._readings import free_text, readings, self_evident
from ._schema import Wanted
from ._values import Reading, Value, habits_of

#: How much is left of a score (see the README) where the value stands beside or below its label, ...
_BESIDE, _BELOW = 0.97, 0.85
#: ... for each word and each further cell between them, without a colon, ...
_WORD_BETWEEN, _CELL_BETWEEN, _NO_COLON = 0.9, 0.97, 0.96
#: ... for one of several amounts beside a label, as in the last row of a table, and more so for one that is not the last of them, ...
_ONE_OF_SEVERAL, _NOT_LAST = 0.85, 0.95
#: ... where one or two, or more, words stand before the label, where it follows another thing's label, and in a mail that is only quoted.
_SOME_BEFORE, _MANY_BEFORE, _OF_ANOTHER, _QUOTED = 0.8, 0.65, 0.6, 0.5

#: A label with at least this weight means what it says; one with less does so after such a one: the "vom" in "Rechnung Nr. 1 vom 2.4.".
_CERTAIN: Final = 0.85

_SOME: Final = 2
_MOST_WORDS_BETWEEN: Final = 4
_AGREEMENT, _MOST_AGREEING = 0.8, 3
_LEAST: Final = 0.3
_MOST_ALTERNATIVES: Final = 3

#: How far beside a label, and how deep below it, a value may stand, in heights of a letter.
_ASIDE, _DEPTH, _OVERLAP = 0.5, 2.6, 0.4

_WORD: Final = re.compile(r"[^\W_]+")
_IN_BRACKETS: Final = re.compile(r"\([^()]*\)")
_CLAUSE: Final = re.compile(r".*(?:[:;|>]|[.,] )")


class Candidate(NamedTuple):
    """A value that a field may have, where it stands (number and text offsets of a row), and how much speaks for it (0..1)."""

    value: Value
    score: float
    row: int
    start: int
    end: int
    currency: str


class Search:
    """The rows of a document with the labels in them."""

    def __init__(self, document: Document, schema: Sequence[Wanted], labels: Labels, day_first: bool | None) -> None:
        sheets = [sheet for page in document.pages if (sheet := sheet_of(page)) is not None]
        self.schema: Final = schema
        self.rows: Final[list[Row]] = [row for sheet in sheets for row in sheet.rows]
        self.habits: Final = habits_of((sheet.content for sheet in sheets), day_first)
        self._hits: Final = [labels.hits(row) for row in self.rows]

    def fields(self) -> Iterator[Field]:
        """The fields that are found, each with its place; nothing for those that are not."""
        for number, wanted in enumerate(self.schema):
            field = self._decide(wanted, self._candidates(number, wanted))
            if field is not None:
                yield field

    def _candidates(self, number: int, wanted: Wanted) -> Iterator[Candidate]:
        for place, hits in enumerate(self._hits):
            for order, hit in enumerate(hits):
                weight = hit.fields.get(number)
                if weight is not None:
                    standing = weight * _standing(hit, hits[order - 1] if order else None)
                    ends = (other.start for other in hits[order + 1 :] if other.is_boundary and other.inside <= hit.inside)
                    limit = next(ends, len(hit.row.text))
                    yield from self._beside(wanted, place, hit, limit, standing)
                    yield from self._below(wanted, place, hit, standing)
        for place, reading in self_evident(wanted, [row.text for row in self.rows], self.habits):
            if wanted.kind != "dated" or not any(hit.end <= reading.start and number not in hit.fields for hit in self._hits[place]):
                yield Candidate(reading.value, reading.quality, place, reading.start, reading.end, reading.currency)

    def _beside(self, wanted: Wanted, place: int, hit: Hit, limit: int, standing: float) -> Iterator[Candidate]:
        text = hit.row.text
        found = list(self._read(wanted, text, hit.end, limit))
        for reading in found:
            between = _IN_BRACKETS.sub("", text[hit.end : reading.start])
            words = [word for word in _WORD.findall(between) if wanted.type != "decimal" or not any(char.isdigit() for char in word)]
            if len(words) <= _MOST_WORDS_BETWEEN:
                factor = _BESIDE * _WORD_BETWEEN ** len(words) * _CELL_BETWEEN ** max(0, between.count("\t") - 1)
                if wanted.type == "decimal":
                    factor *= _rank(reading, found)
                yield Candidate(reading.value, standing * factor * reading.quality, place, reading.start, reading.end, reading.currency)

    def _below(self, wanted: Wanted, place: int, hit: Hit, standing: float) -> Iterator[Candidate]:
        row = hit.row
        _, cell_end = row.cell_at(hit.start)
        if _WORD.search(_IN_BRACKETS.sub("", row.text[hit.end : cell_end])):
            return
        label = row.within(hit.start, hit.end)
        left, right, bottom = label[0].x0 - _ASIDE, label[-1].x1 + _ASIDE, max(token.y1 for token in label)
        for lower in range(place + 1, len(self.rows)):
            other = self.rows[lower]
            top = min(token.y0 for token in other.tokens)
            if other.sheet is not row.sheet or top - bottom > _DEPTH:
                return
            if top < bottom - _OVERLAP:
                continue
            for start, end in other.cells:
                tokens = other.within(start, end)
                if tokens[0].x0 > right or tokens[-1].x1 < left:
                    continue
                if not any(start <= found.start < end and found.is_boundary for found in self._hits[lower]):
                    for reading in self._read(wanted, other.text, start, end):
                        covered = (reading.end - reading.start) / (end - start)
                        score = standing * _BELOW * (0.6 + 0.4 * covered) * reading.quality
                        yield Candidate(reading.value, score, lower, reading.start, reading.end, reading.currency)
                return

    def _read(self, wanted: Wanted, text: str, start: int, end: int) -> Iterator[Reading]:
        part = text[start:end]
        found: Iterable[Reading] = readings(wanted, part, self.habits)
        if wanted.type == "text" and wanted.kind in ("text", "dated") and not wanted.choices:
            found = free_text(part)
        for reading in found:
            yield reading._replace(start=reading.start + start, end=reading.end + start)

    def _decide(self, wanted: Wanted, candidates: Iterable[Candidate]) -> Field | None:
        values: dict[tuple[type, Value], list[Candidate]] = {}
        for candidate in candidates:
            values.setdefault((type(candidate.value), candidate.value), []).append(candidate)
        ranked = sorted(
            (_best(group) for (_, value), group in values.items() if wanted.accepted(value) is not None),
            key=lambda one: (-round(one.score, 6), -abs(one.value) if isinstance(one.value, Decimal) else 0, one.row, one.start),
        )
        if not ranked or ranked[0].score < _LEAST:
            return None
        best = ranked[0]
        rival = ranked[1].score / best.score if len(ranked) > 1 else 0.0
        confidence = round(best.score * (1 - 0.5 * rival**4), 4)
        return Field(
            path=wanted.path,
            value=wanted.accepted(best.value),
            spans=self.rows[best.row].spans(best.start, best.end),
            currency=best.currency,
            confidence=confidence,
            raw_confidence=confidence,
            alternatives=tuple(Alternative(_text(one.value), round(one.score, 4)) for one in ranked[1 : _MOST_ALTERNATIVES + 1]),
        )


def _rank(amount: Reading, row: Sequence[Reading]) -> float:
    others = [other.start for other in row if other.value != amount.value and other.start != amount.start]
    return (_ONE_OF_SEVERAL if others else 1.0) * (_NOT_LAST if any(start > amount.start for start in others) else 1.0)


def _standing(hit: Hit, before: Hit | None) -> float:
    text = hit.row.text
    cell, _ = hit.row.cell_at(hit.start)
    has_colon = _IN_BRACKETS.sub("", text[hit.end :]).lstrip().startswith(":")
    factor = (_QUOTED if text.lstrip().startswith(">") else 1.0) * (1.0 if has_colon else _NO_COLON)
    if before is None:
        return factor * _after(text[cell : hit.start])
    weight = max(hit.fields.values())
    if weight < _CERTAIN <= max(before.fields.values(), default=0.0) and _after(text[before.end : hit.start]) == 1.0:
        return factor * _CERTAIN / weight
    if before.end <= cell:
        return factor * _after(text[cell : hit.start])
    if weight < _CERTAIN and not before.fields and not has_colon:
        return factor * _OF_ANOTHER
    return factor * _after(text[before.end : hit.start])


def _after(lead: str) -> float:
    lead = _CLAUSE.sub("", _IN_BRACKETS.sub("", lead))
    words = sum(not any(char.isdigit() for char in word) for word in _WORD.findall(lead))
    return 1.0 if not words else _SOME_BEFORE if words <= _SOME else _MANY_BEFORE


def _best(group: Sequence[Candidate]) -> Candidate:
    best = max(group, key=lambda one: (one.score, -one.row, -one.start))
    places = {(one.row, one.start) for one in group if one.score >= 0.5 * best.score}
    agreeing = min(len(places) - 1, _MOST_AGREEING)
    return best._replace(score=1 - (1 - best.score) * _AGREEMENT**agreeing)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, dt.date) else str(value)
