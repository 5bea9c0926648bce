"""The items of lists, such as the lines of an invoice: from the tables of a document, and from where words stand below heads of columns."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from aios_sdk import Document, Field, Span, Table

from ._labels import Hit
from ._layout import Row, Token
from ._readings import free_text, readings
from ._schema import Wanted
from ._values import Habits, Reading, Value, amounts, text_of
from ._words import pieces

#: A head names at least so many columns; a line has at least so many values, one of them a number.
_COLUMNS, _VALUES = 2, 2
#: In heights of a letter: how far apart the lines of a table are at most, how far below its first line what belongs to an item stands, and
#: how far to the left of its head a text may begin.
_APART, _BELOW, _BEFORE = 9.0, 3.0, 1.5
#: How sure a value is that stands in a column of this head, as a share of how surely the head names the field, in a table and on a page;
#: what is left of the doubt where quantity times price makes the total of the line, ...
_IN_TABLE, _ON_PAGE, _PRODUCT = 0.95, 0.9, 0.3
#: ... and of the doubt about a bare number in a column of numbers.
_IN_COLUMN: Final = 0.4
#: Heads have at most so many words, and a line at least this share of the values of the fullest.
_LONGEST, _HALF = 6, 0.55
_ROUNDING: Final = Decimal("0.015")
_SHARE: Final = re.compile(r"(?<![\w.,])(\d{1,3}(?:[.,]\d{1,2})?)\s?%")
#: A number with its unit: 3m², 1kg, 20Stk.
_COUNT: Final = re.compile(r"([-+]?\d+(?:[.,]\d+)*)[^\W\d]{1,4}(?:\W|$)")
_NUMBERS: Final = ("decimal", "integer")
#: Labels in whose rows a table ends, if an amount follows, and those whose rows are no lines.
_ENDS, _SKIPPED = ("total", "due", "tax"), ("net", "paid")


class Found(NamedTuple):
    """A value of an item, its place, and how much speaks for it (0..1)."""

    value: Value
    spans: tuple[Span, ...]
    score: float
    currency: str = ""


#: An item: what was found of its fields, by their number in the schema.
Item = dict[int, Found]


class Column(NamedTuple):
    """A column of a page: the number of its field (None for that of another thing), how surely it is that, and where its head stands."""

    field: int | None
    weight: float
    left: float
    right: float


def items(
    document: Document,
    schema: Sequence[Wanted],
    rows: Sequence[Row],
    hits: Sequence[Sequence[Hit]],
    ends: Mapping[str, str],
    habits: Habits,
) -> Iterator[Field]:
    """The fields of the items of every list in ``schema``; ``ends`` tells the concept of a label."""
    for path in dict.fromkeys(wanted.listed for wanted in schema if wanted.listed):
        fields = {number: wanted for number, wanted in enumerate(schema) if wanted.listed == path}
        in_tables = _in_tables(document, fields, habits)
        on_pages = _on_pages(fields, rows, hits, ends, habits)
        in_tables, on_pages = _whole(in_tables), _whole(on_pages)
        best = in_tables if sum(map(len, in_tables)) >= sum(map(len, on_pages)) else on_pages
        for number, item in enumerate(best):
            for field, found in _checked(fields, item).items():
                score = round(found.score, 4)
                yield Field(
                    path=fields[field].item(number),
                    value=found.value,
                    spans=found.spans,
                    currency=found.currency,
                    confidence=score,
                    raw_confidence=score,
                )


def _whole(found: list[Item]) -> list[Item]:
    """Those that have half as many values as the fullest at least; what else stands below the heads is no line."""
    most = max(map(len, found), default=0)
    return [item for item in found if len(item) >= most * _HALF]


def _checked(fields: Mapping[int, Wanted], item: Item) -> Item:
    """The item, surer of quantity, price and total where they agree."""
    by_concept = {fields[number].concept: number for number in item}
    trio = [by_concept.get(name) for name in ("quantity", "unit price", "line total")]
    values = [Decimal(str(item[number].value)) for number in trio if number is not None and fields[number].type in _NUMBERS]
    if len(values) == len(trio) and abs(values[0] * values[1] - values[2]) <= _ROUNDING:
        return {
            number: found._replace(score=1 - (1 - found.score) * _PRODUCT) if number in trio else found for number, found in item.items()
        }
    return item


# -- tables ------------------------------------------------------------------------------------------------------------


def _in_tables(document: Document, fields: Mapping[int, Wanted], habits: Habits) -> list[Item]:
    found: list[tuple[frozenset[int], list[Item]]] = []
    for table in document.tables:
        if not table.location:
            continue
        columns = _columns([column.name for column in table.columns], fields)
        named = frozenset(field for field, _ in columns.values())
        if len(named) >= min(_COLUMNS, len(fields)):
            found.append((named, list(_rows_of(table, columns, fields, habits))))
    most = max((len(named) for named, _ in found), default=0)
    alike = next((named for named, _ in found if len(named) == most), frozenset[int]())
    return [item for named, of_table in found if named == alike for item in of_table]


def _columns(names: Iterable[str], fields: Mapping[int, Wanted]) -> dict[int, tuple[int, float]]:
    best: dict[int, tuple[float, int]] = {}
    for column, name in enumerate(names):
        for field, weight, _, _ in _heads(name, fields):
            if weight > best.get(field, (0.0, 0))[0]:
                best[field] = (weight, column)
    return {column: (field, weight) for field, (weight, column) in best.items()}


def _rows_of(table: Table, columns: Mapping[int, tuple[int, float]], fields: Mapping[int, Wanted], habits: Habits) -> Iterator[Item]:
    for number, row in enumerate(table.iterate(), table.first_row):
        item: Item = {}
        for column, (field, weight) in columns.items():
            cell = row[column]
            found = None if cell is None else _of_cell(fields[field], cell, habits)
            if found is not None:
                span = Span(artifact=table.artifact, row=number, column=column, quote=text_of(cell))
                item[field] = Found(found.value, (span,), weight * _IN_TABLE * _plain(found), found.currency)
        if _is_item(item, fields):
            yield item


def _of_cell(wanted: Wanted, cell: Any, habits: Habits) -> Reading | None:
    """What a cell holds, by its type or else by its text."""
    value: Value | None = None
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        number = Decimal(str(cell))
        if not number.is_finite():
            return None
        if wanted.type == "decimal":
            value = number
        elif wanted.type == "integer" and number == number.to_integral_value():
            value = int(number)
    elif wanted.type == "date" and isinstance(cell, dt.date):
        value = cell.date() if isinstance(cell, dt.datetime) else cell
    elif wanted.type == "boolean" and isinstance(cell, bool):
        value = cell
    if value is None:
        return _read(wanted, cell if isinstance(cell, str) else text_of(cell), habits)
    taken = wanted.accepted(value)
    return None if taken is None else Reading(0, 0, taken)


# -- pages -------------------------------------------------------------------------------------------------------------


def _on_pages(
    fields: Mapping[int, Wanted], rows: Sequence[Row], hits: Sequence[Sequence[Hit]], ends: Mapping[str, str], habits: Habits
) -> list[Item]:
    heads = {number: columns for number, row in enumerate(rows) if (columns := _head(row, fields))}
    most = max((_named(columns) for columns in heads.values()), default=0)
    first = next((number for number, columns in heads.items() if _named(columns) == most), None)
    if first is None:
        return []
    same = {column.field for column in heads[first]}
    found: list[Item] = []
    for number, columns in heads.items():
        if {column.field for column in columns} == same:
            found += _below(number, columns, fields, rows, hits, ends, habits)
    return found


def _named(columns: Sequence[Column]) -> int:
    return len({column.field for column in columns if column.field is not None})


def _head(row: Row, fields: Mapping[int, Wanted]) -> list[Column]:
    """The columns that ``row`` is the head of; none where it is no head."""
    columns: list[Column] = []
    for start, end in row.cells:
        text = row.text[start:end]
        if any(char.isdigit() for char in text):
            return []
        named = _heads(text, fields)
        for field, weight, first, last in named:
            tokens = row.within(start + first, start + last)
            columns.append(Column(field, weight, tokens[0].x0, tokens[-1].x1))
        if not named:
            tokens = row.within(start, end)
            columns.append(Column(None, 0.0, tokens[0].x0, tokens[-1].x1))
    # A field has one column: the one that names it best; of several alike the last, as the total of a line is.
    best: dict[int, Column] = {}
    for column in columns:
        if column.field is not None and column.weight >= best.get(column.field, column).weight:
            best[column.field] = column
    kept = [column if column.field is None or best[column.field] is column else column._replace(field=None) for column in columns]
    has_number = any(fields[number].type in _NUMBERS for number in best)
    return kept if len(best) >= min(_COLUMNS, len(fields)) and len(columns) > 1 and has_number else []


def _heads(text: str, fields: Mapping[int, Wanted]) -> list[tuple[int, float, int, int]]:
    """The fields that parts of ``text`` name, each with its weight, start and end; of overlapping names the longest."""
    parts = list(pieces(text))
    found: list[tuple[int, float, int, int]] = []
    number = 0
    while number < len(parts):
        best: tuple[int, int, float] | None = None
        key = ""
        for last, piece in enumerate(parts[number : number + _LONGEST], number):
            key += piece.key
            named = [(wanted.labels[key], -field) for field, wanted in fields.items() if key in wanted.labels]
            if named:
                weight, field = max(named)
                best = (last, -field, weight)
        if best is None:
            number += 1
            continue
        last, field, weight = best
        found.append((field, weight, parts[number].start, parts[last].end))
        number = last + 1
    return found


def _below(
    place: int,
    columns: Sequence[Column],
    fields: Mapping[int, Wanted],
    rows: Sequence[Row],
    hits: Sequence[Sequence[Hit]],
    ends: Mapping[str, str],
    habits: Habits,
) -> Iterator[Item]:
    item: Item = {}
    waiting: Item = {}  # texts of the row before, which may be the first row of an item whose numbers stand in its second
    before, begun = rows[place], 0.0
    for number in range(place + 1, len(rows)):
        row = rows[number]
        if row.sheet is not before.sheet or row.top - before.bottom > _APART:
            break
        concepts = {ends.get(hit.key, "") for hit in hits[number][:1] if not row.text[: hit.start].strip()}
        if concepts & {*_ENDS} and any(reading.quality > 0.6 for reading in amounts(row.text, habits)):
            break
        if concepts & {*_SKIPPED} or _head(row, fields):
            continue
        before = row
        values = _values(row, columns, fields, habits)
        numbers = {field: found for field, found in values.items() if fields[field].type in _NUMBERS}
        if item and numbers and row.top - begun <= _BELOW and not set(numbers) & set(item):
            item |= numbers
        elif _is_item(values | waiting, fields) and (numbers or _has_number(values, fields)):
            if _is_item(item, fields):
                yield item
            item, begun, waiting = waiting | values, row.top, {}
        elif not numbers:
            waiting = values
    if _is_item(item, fields):
        yield item


def _values(row: Row, columns: Sequence[Column], fields: Mapping[int, Wanted], habits: Habits) -> Item:
    """What stands in the columns of a row."""
    parts: dict[int, list[tuple[int, int]]] = {}
    for start, end in row.cells:
        tokens = row.within(start, end)
        text = _text_column(columns, tokens[0].x0, fields)
        numeric = sum(char.isdigit() for char in row.text[start:end]) * 2 >= sum(char.isalnum() for char in row.text[start:end])
        if text is not None and not (numeric and _nearest(columns, tokens[0]) != text):
            parts.setdefault(text, []).append((start, end))
            continue
        offset = start
        for token in tokens:
            length = token.end - token.start
            number = _nearest(columns, token)
            if not (_is_text(columns[number], fields) and token.x1 < columns[number].left):
                parts.setdefault(number, []).append((offset, offset + length))
            offset += length + 1
    item: Item = {}
    for number, places in parts.items():
        column = columns[number]
        if column.field is None:
            continue
        start, end = places[0][0], places[-1][1]
        found = _read(fields[column.field], row.text[start:end], habits)
        if found is not None:
            spans = row.spans(start + found.start, start + found.end)
            item[column.field] = Found(found.value, spans, column.weight * _ON_PAGE * _plain(found), found.currency)
    return item


def _text_column(columns: Sequence[Column], left: float, fields: Mapping[int, Wanted]) -> int | None:
    """The column whose texts begin at ``left``: the last whose head does not begin right of it, if it is one of texts."""
    before = [number for number, column in enumerate(columns) if column.left - _BEFORE <= left]
    if not before:
        return None
    return before[-1] if _is_text(columns[before[-1]], fields) else None


def _is_text(column: Column, fields: Mapping[int, Wanted]) -> bool:
    return column.field is not None and fields[column.field].type == "text"


def _nearest(columns: Sequence[Column], token: Token) -> int:
    def distance(number: int) -> tuple[float, float]:
        column = columns[number]
        middle = abs((column.left + column.right) / 2 - (token.x0 + token.x1) / 2)
        return max(column.left - token.x1, token.x0 - column.right, 0.0), middle

    return min(range(len(columns)), key=distance)


# -- values ------------------------------------------------------------------------------------------------------------


def _read(wanted: Wanted, text: str, habits: Habits) -> Reading | None:
    """What ``text``, all of a cell, says; None where it does not fit the field."""
    found: list[Reading] = []
    if wanted.type == "text" and wanted.kind in ("text", "party", "address", "dated") and not wanted.choices:
        found = list(free_text(text))
    elif wanted.type == "decimal" and wanted.concept in ("tax rate", "discount") and (share := _SHARE.search(text)):
        found = [Reading(share.start(), share.end(), Decimal(share[1].replace(",", ".")))]
    else:
        found = list(readings(wanted, text, habits))
        if not found and wanted.type in _NUMBERS and (count := _COUNT.match(text)):
            found = list(readings(wanted, count[1], habits))
        if not found and wanted.kind == "identifier" and wanted.type == "text":
            found = list(free_text(text))
    accepted = ((wanted.accepted(reading.value), reading) for reading in sorted(found, key=lambda one: (-one.quality, one.start)))
    return next((reading._replace(value=value) for value, reading in accepted if value is not None), None)


def _plain(found: Reading) -> float:
    """How plainly it was read; that it stands in a column of its kind says what a bare number alone does not."""
    return 1 - (1 - found.quality) * _IN_COLUMN


def _is_item(item: Item, fields: Mapping[int, Wanted]) -> bool:
    return len(item) >= min(_VALUES, len(fields)) and _has_number(item, fields)


def _has_number(item: Item, fields: Mapping[int, Wanted]) -> bool:
    return any(fields[number].type in _NUMBERS for number in item) or not any(wanted.type in _NUMBERS for wanted in fields.values())
