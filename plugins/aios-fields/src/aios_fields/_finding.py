"""Finding the values of a schema in a document: labels first, then what stands beside or below them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Final, NamedTuple

from aios_sdk import Alternative, Document, Field

from ._items import items
from ._labels import Hit, Labels
from ._layout import Row, sheet_of
from ._lines import address_after, begun, continued, joined
from ._names import FORM, names
from ._parties import recipients, senders
from ._payments import Payment
from ._readings import free_text, readings, self_evident
from ._schema import Wanted
from ._sections import Sections
from ._sums import agreeing, settled
from ._values import Reading, Value, amounts, habits_of, text_of
from ._vocabulary import LABEL_CONCEPTS, PARTIES, column_named
from ._words import label_key

#: How much is left of a score (see the README) where the value stands beside or below its label, ...
_BESIDE, _BELOW = 0.97, 0.85
#: ... for each word and each further cell between them, without a colon, ...
_WORD_BETWEEN, _CELL_BETWEEN, _NO_COLON = 0.9, 0.97, 0.96
#: ... for one of several amounts beside a label, as in the last row of a table, and more so for one that is not the last of them, ...
_ONE_OF_SEVERAL, _NOT_LAST = 0.85, 0.95
#: ... where one or two, or more, words stand before the label, where it follows another thing's label, and in a mail that is only quoted.
_SOME_BEFORE, _MANY_BEFORE, _OF_ANOTHER, _QUOTED = 0.8, 0.65, 0.6, 0.5

#: ... where a label that does not name the party stands in the section of another, in none though there is one, ...
_ANOTHER_SECTION, _NO_SECTION = 0.3, 0.7
#: ... where it may be that of a buyer, but outside of all sections things are the seller's, ...
_OF_THE_SELLER: Final = 0.1
#: ... and where the label of a party runs on without a colon, and may be a part of a name.
_RUNS_ON: Final = 0.4

#: What names a party within its section.
_NAME_KEYS: Final = frozenset(
    map(
        label_key,
        (
            "name",
            "Firma",
            "company",
            "company name",
            "nom",
            "raison sociale",
            "naam",
            "nombre",
            "razón social",
            "nome",
            "ragione sociale",
            "denominazione",
        ),
    )
)

#: A label with at least this weight means what it says; one with less does so after such a one: the "vom" in "Rechnung Nr. 1 vom 2.4.".
_CERTAIN: Final = 0.85

_SOME: Final = 2
_MOST_WORDS_BETWEEN: Final = 4
_AGREEMENT, _MOST_AGREEING = 0.8, 3
_LEAST: Final = 0.3
_MOST_ALTERNATIVES: Final = 3

#: How sure the address is that follows a name, as a share of how sure the name is; and what parts the lines of one that is set on one line.
_FOLLOWS: Final = 0.85
_PARTED: Final = re.compile(r"\s*[|•·]\s*|\s+[–—-]\s+|\s*,\s*")

#: An amount without a label that a sum asks for must be printed like money.
_PLAINLY: Final = 0.7

#: How far beside a label, and how deep below it, a value may stand, in heights of a letter.
_ASIDE, _DEPTH, _OVERLAP = 0.5, 2.6, 0.4
#: ... and below the heads of the columns of a table, which are at least so many.
_COLUMN_DEPTH, _COLUMNS = 4.5, 3

_WORD: Final = re.compile(r"[^\W_]+")
_IN_BRACKETS: Final = re.compile(r"\([^()]*\)")
_CLAUSE: Final = re.compile(r".*(?:[:;|>]|[.,] )")


class Candidate(NamedTuple):
    """A value that a field may have, where it stands (number and text offsets of a row), and how much speaks for it (0..1).

    ``more`` are the other lines of a name or an address.
    """

    value: Value
    score: float
    row: int
    start: int
    end: int
    currency: str
    more: tuple[tuple[int, int, int], ...] = ()

    @property
    def places(self) -> list[tuple[int, int, int]]:
        """Everything that it was read from: numbers of rows, starts and ends."""
        return sorted([(self.row, self.start, self.end), *self.more])


class Search:
    """The rows of a document with the labels in them."""

    def __init__(self, document: Document, schema: Sequence[Wanted], labels: Labels, day_first: bool | None) -> None:
        sheets = [sheet for page in document.pages if (sheet := sheet_of(page)) is not None]
        self._document: Final = document
        self.schema: Final = schema
        self.rows: Final[list[Row]] = [row for sheet in sheets for row in sheet.rows]
        self.habits: Final = habits_of((sheet.content for sheet in sheets), day_first)
        self._hits: Final = [labels.hits(row) for row in self.rows]
        self._sections: Final = Sections(self.rows, self._hits)

    def fields(self) -> Iterator[Field]:
        """The fields that are found, each with its place; nothing for those that are not."""
        singles = {number: wanted for number, wanted in enumerate(self.schema) if not wanted.listed}
        ranked = {number: self._ranked(wanted, self._candidates(number, wanted)) for number, wanted in singles.items()}
        for number, wanted in singles.items():
            if wanted.kind == "address":
                ranked[number] = self._ranked(wanted, [*ranked[number], *self._addresses(wanted, ranked)])
        ranked = settled(self.schema, ranked, self._printed, _rescored)
        agreed = {number for trio in agreeing(self.schema, ranked) for number in trio}
        for number, wanted in singles.items():
            if wanted.concept == "total" and wanted.type == "decimal" and number not in agreed and ranked[number]:
                ranked[number] = self._payment.settled(ranked[number], self._printed, _rescored)
        for number, wanted in singles.items():
            field = self._decide(wanted, ranked[number])
            if field is not None:
                yield field
        yield from items(self._document, self.schema, self.rows, self._hits, LABEL_CONCEPTS, self.habits)

    @cached_property
    def _payment(self) -> Payment:
        found = (reading for row in self.rows for reading in amounts(row.text, self.habits) if reading.quality > _PLAINLY)
        return Payment((one.value for one in found if isinstance(one.value, Decimal)), "\n".join(row.text for row in self.rows))

    def _addresses(self, wanted: Wanted, ranked: Mapping[int, Sequence[Candidate]]) -> Iterator[Candidate]:
        """The address that follows the name of the party beside it in the model: of the seller, where the model tells of none."""
        prefix = wanted.path.rpartition(".")[0]
        for number, name in ((number, self.schema[number]) for number in ranked):
            if name.kind == "party" and name.path.rpartition(".")[0] == prefix and (name.section or name.concept == "seller"):
                for one in ranked[number][:1]:
                    lines = address_after(self.rows, self._hits, one.places[-1])
                    if lines:
                        texts = [_PARTED.sub(", ", self._line(row, start, end)) for row, start, end in lines]
                        yield Candidate(joined(texts), one.score * _FOLLOWS, *lines[0], "", tuple(lines[1:]))

    def _printed(self, value: Decimal) -> Candidate | None:
        """The last place where an amount stands."""
        for place in range(len(self.rows) - 1, -1, -1):
            for reading in amounts(self.rows[place].text, self.habits):
                if reading.value == value and reading.quality > _PLAINLY:
                    return Candidate(value, reading.quality, place, reading.start, reading.end, reading.currency)
        return None

    def _candidates(self, number: int, wanted: Wanted) -> Iterator[Candidate]:
        for place, hits in enumerate(self._hits):
            for order, hit in enumerate(hits):
                weight = self._weight(number, wanted, place, hit)
                if weight:
                    standing = weight * _standing(hit, hits[order - 1] if order else None)
                    ends = (other.start for other in hits[order + 1 :] if other.is_boundary and other.inside <= hit.inside)
                    limit = next(ends, len(hit.row.text))
                    yield from self._beside(wanted, place, hit, limit, standing)
                    yield from self._below(wanted, place, hit, standing)
        for place, reading in self_evident(wanted, [row.text for row in self.rows], self.habits):
            if wanted.kind != "dated" or not self._is_labelled(number, place, reading):
                score = reading.quality * self._belonging(
                    wanted, self._sections.at(place, self.rows[place].within(reading.start, reading.end)[0].x0)
                )
                yield Candidate(reading.value, score, place, reading.start, reading.end, reading.currency)
        if wanted.kind == "party" and wanted.concept in PARTIES:
            found = senders(self.rows, self._hits, self._sections) if wanted.concept == "seller" else ()
            if wanted.concept == "buyer":
                found = recipients(self.rows, self._hits)
            for named in found:
                yield Candidate(named.reading.value, named.score, named.row, named.reading.start, named.reading.end, "")

    def _is_labelled(self, number: int, place: int, reading: Reading) -> bool:
        """Whether a label that does not name field ``number`` stands before the reading in its cell, or alone in the cell before."""
        text = self.rows[place].text
        cell, _ = self.rows[place].cell_at(reading.start)
        before = (hit for hit in self._hits[place] if hit.end <= reading.start and number not in hit.fields)
        return any(hit.start >= cell or not _WORD.search(text[hit.end : cell]) for hit in before)

    def _weight(self, number: int, wanted: Wanted, place: int, hit: Hit) -> float:
        """How surely ``hit`` names the field, by its words and the section it stands in; 0 where it does not."""
        weight = hit.fields.get(number, 0.0)
        if wanted.kind == "party":
            if hit.key in _NAME_KEYS and self._sections.of_label(place, hit) == (wanted.section or wanted.concept):
                return 1.0
            if weight and not hit.is_alone:
                weight *= _RUNS_ON
        if not weight or not wanted.section or hit.key in wanted.own:
            return weight
        return weight * self._belonging(wanted, self._sections.of_label(place, hit))

    def _belonging(self, wanted: Wanted, section: str) -> float:
        if not wanted.section or section == wanted.section:
            return 1.0
        if section:
            return _ANOTHER_SECTION
        if wanted.section in PARTIES[1:]:
            return _OF_THE_SELLER
        return _NO_SECTION if wanted.section in self._sections.names else 1.0

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
                found_here = Candidate(
                    reading.value, standing * factor * reading.quality, place, reading.start, reading.end, reading.currency
                )
                yield self._with_lines(wanted, found_here)

    def _with_lines(self, wanted: Wanted, one: Candidate) -> Candidate:
        """The candidate with the lines that belong to it: an address goes on below, and a name may begin above."""
        if wanted.kind == "address":
            more = continued(self.rows, self._hits, (one.row, one.start, one.end))
        elif wanted.kind == "party":
            more = begun(self.rows, self._hits, (one.row, one.start, one.end))
        else:
            return one
        texts = [self._line(row, start, end) for row, start, end in sorted([(one.row, one.start, one.end), *more])]
        return one._replace(value=joined(texts) if wanted.kind == "address" else " ".join(texts), more=tuple(more)) if more else one

    def _line(self, row: int, start: int, end: int) -> str:
        return " ".join(self.rows[row].text[start:end].split())

    def _below(self, wanted: Wanted, place: int, hit: Hit, standing: float) -> Iterator[Candidate]:
        row = hit.row
        _, cell_end = row.cell_at(hit.start)
        if _WORD.search(_IN_BRACKETS.sub("", row.text[hit.end : cell_end])):
            return
        if max(hit.fields.values(), default=1.0) < _CERTAIN and any(_names_items(row.text[start:end]) for start, end in row.cells):
            return  # the "Datum" of each line is not that of the document
        label = row.within(hit.start, hit.end)
        depth = _COLUMN_DEPTH if len(row.cells) >= _COLUMNS and len(self._hits[place]) >= _COLUMNS - 1 else _DEPTH
        left, right, bottom = label[0].x0 - _ASIDE, label[-1].x1 + _ASIDE, max(token.y1 for token in label)
        for lower in range(place + 1, len(self.rows)):
            other = self.rows[lower]
            top = min(token.y0 for token in other.tokens)
            if other.sheet is not row.sheet or top - bottom > depth:
                return
            if top < bottom - _OVERLAP:
                continue
            for start, end in other.cells:
                tokens = other.within(start, end)
                if tokens[0].x0 > right or tokens[-1].x1 < left:
                    continue
                labelled = (found.is_boundary and not found.is_at_the_end for found in self._hits[lower] if start <= found.start < end)
                if not any(labelled) or _is_formed(wanted, other.text[start:end]):
                    read = list(self._read(wanted, other.text, start, end))
                    for reading in read:
                        covered = (reading.end - reading.start) / (end - start)
                        score = standing * _BELOW * (0.6 + 0.4 * covered) * reading.quality
                        yield self._with_lines(wanted, Candidate(reading.value, score, lower, reading.start, reading.end, reading.currency))
                    if not read and wanted.kind == "party" and _IN_BRACKETS.fullmatch(other.text[start:end].strip()):
                        bottom = other.bottom
                        break
                return

    def _read(self, wanted: Wanted, text: str, start: int, end: int) -> Iterator[Reading]:
        part = text[start:end]
        found: Iterable[Reading] = readings(wanted, part, self.habits)
        if wanted.type == "text" and not wanted.choices:
            if wanted.kind in ("text", "dated", "address"):
                found = free_text(part)
            elif wanted.kind == "party":
                found = names(part)
        for reading in found:
            yield reading._replace(start=reading.start + start, end=reading.end + start)

    def _ranked(self, wanted: Wanted, candidates: Iterable[Candidate]) -> list[Candidate]:
        values: dict[tuple[type, Value], list[Candidate]] = {}
        for candidate in candidates:
            values.setdefault((type(candidate.value), candidate.value), []).append(candidate)
        return sorted(
            (_best(group) for (_, value), group in values.items() if wanted.accepted(value) is not None),
            key=lambda one: (-round(one.score, 6), -abs(one.value) if isinstance(one.value, Decimal) else 0, one.row, one.start),
        )

    def _decide(self, wanted: Wanted, ranked: Sequence[Candidate]) -> Field | None:
        if not ranked or ranked[0].score < _LEAST or wanted.accepted(ranked[0].value) is None:
            return None
        best = ranked[0]
        rival = ranked[1].score / best.score if len(ranked) > 1 else 0.0
        confidence = round(best.score * (1 - 0.5 * rival**4), 4)
        return Field(
            path=wanted.path,
            value=wanted.accepted(best.value),
            spans=tuple(span for row, start, end in best.places for span in self.rows[row].spans(start, end)),
            currency=best.currency,
            confidence=confidence,
            raw_confidence=confidence,
            alternatives=tuple(Alternative(text_of(one.value), round(one.score, 4)) for one in ranked[1 : _MOST_ALTERNATIVES + 1]),
        )


def _names_items(text: str) -> bool:
    """Whether the head of a column is one that only the lines of an invoice have."""
    column = column_named([label_key(text)])
    return column is not None and column.name in ("description", "quantity", "unit price")


def _rescored(one: Candidate, score: float) -> Candidate:
    return one._replace(score=score)


def _is_formed(wanted: Wanted, text: str) -> bool:
    """Whether a cell that begins like a label is the name of a company: "Lieferant GmbH"."""
    return wanted.kind == "party" and bool(FORM.search(text))


def _rank(amount: Reading, row: Sequence[Reading]) -> float:
    others = [other.start for other in row if other.value != amount.value and not (other.start < amount.end and amount.start < other.end)]
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
