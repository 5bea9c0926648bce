"""What a stretch of text can be read as, for each kind of field."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from ._currencies import CURRENCIES, MARK
from ._identifiers import IBAN_LENGTHS, VAT_FORMS, compact, is_iban, is_luhn, is_vat_id, is_vin
from ._schema import Wanted
from ._ticks import ticked
from ._values import Habits, Reading, amounts, dates, datetimes, identifiers, integers, rates, spaced_identifier, truths

_MARK: Final = re.compile(MARK)
_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_BIC: Final = re.compile(r"(?<!\w)[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?!\w)")
_IBAN: Final = re.compile(r"(?<!\w)[A-Z]{2}\d{2}[A-Z0-9 ]{11,36}")
_VAT: Final = re.compile(r"(?<!\w)(?:" + "|".join(VAT_FORMS) + r")[ -]?[A-Z]{0,2}(?:\d[ .-]?){6,11}[\dA-Z](?:B\d\d|[A-Z]{1,2})?(?!\w)")
_VIN: Final = re.compile(r"(?<!\w)[A-HJ-NPR-Z0-9]{17}(?!\w)")
#: Groups of digits as telephone numbers have them: +49 (0)30 1234-56, (555) 201-8890, 06 12 34 56 78.
_PHONE: Final = re.compile(r"(?<![\w.,+-])(?:\+ ?|\()?\d(?:[ ()/.\u2013-]{0,3}\d)+(?![\w]|[.,]\d)")
_FEWEST_DIGITS, _MOST_DIGITS = 6, 15
#: Of the United Kingdom, Canada, the Netherlands, Sweden and Czechia, Poland, Portugal and Japan, the United States, and of digits alone.
_POSTCODE: Final = re.compile(
    r"(?<![\w-])(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4} ?[A-Z]{2}|\d{3} \d{2}|\d{2}-\d{3}|\d{4}-\d{3}|"
    r"\d{3}-\d{4}|\d{5}-\d{4}|\d{4,6})(?![\w-])"
)
_DIGITS: Final = re.compile(r"(?<![\w.,])\d(?:[ -]?\d)+(?![\w])")
#: What identifiers with check digits look like, what tells that they are right, and how well they read where that fails: many VAT ids of
#: samples are made up, and a VIN need not have a check digit everywhere.
_CHECKED: Final[dict[str, tuple[re.Pattern[str], Callable[[str], bool], float]]] = {
    "vat": (_VAT, is_vat_id, 0.8),
    "vin": (_VIN, is_vin, 0.8),
    "luhn": (_DIGITS, is_luhn, 0.3),
}
_FREE: Final = re.compile(r"[^\s:.,;=#\-–|][^\t]*")
_SHORT, _PLAIN = 3, 0.8
_ALONE: Final = 0.75
#: How well a part of an identifier reads that is printed with spaces.
_OF_WHOLE: Final = 0.5
_FIRST_DATES, _UNNAMED, _LATER = 4, 0.55, 0.8


def readings(field: Wanted, text: str, habits: Habits) -> Iterator[Reading]:
    """Everything in ``text`` that ``field`` could have for a value, free text left aside."""
    if field.type == "date":
        yield from dates(text, habits)
    elif field.type == "datetime":
        yield from datetimes(text, habits)
    elif field.type == "decimal":
        if field.is_rate:
            yield from rates(text)
        yield from amounts(text, habits)
    elif field.type == "integer":
        yield from integers(text)
    elif field.type == "boolean":
        yield from truths(text)
    elif field.choices:
        yield from _choices(field.choices, text)
    elif field.kind == "currency":
        yield from currencies(text)
    elif field.kind == "iban":
        yield from ibans(text)
    elif field.kind not in ("text", "dated"):
        yield from _codes(field, text)


def free_text(text: str) -> Iterator[Reading]:
    """What ``text`` begins with, without leading punctuation, up to the end of its cell."""
    match = _FREE.search(text)
    if match and any(char.isalnum() for char in match[0]):
        value = match[0].rstrip(" ;,|")
        yield Reading(match.start(), match.start() + len(value), " ".join(value.split()), 0.9)


def self_evident(field: Wanted, texts: Iterable[str], habits: Habits) -> Iterator[tuple[int, Reading]]:
    """Values that need no label, each with the number of its text: account numbers with a right check sum, VAT ids, addresses of mails, for
    a currency the mark that most amounts carry, and for the date of the document, with little weight, the first that it holds."""
    if field.type == "text" and field.pattern and not field.choices:
        shape = re.compile(rf"(?<!\w)(?:{field.pattern.removeprefix('^').removesuffix('$')})(?!\w)")
        for number, text in enumerate(texts):
            yield from ((number, Reading(match.start(), match.end(), match[0], _ALONE)) for match in shape.finditer(text) if match[0])
    if field.type == "text" and field.kind in ("iban", "vat", "vin", "email"):
        for number, text in enumerate(texts):
            for reading in readings(field, text, habits):
                if reading.quality >= _PLAIN:
                    yield number, reading._replace(quality=_ALONE * reading.quality)
    elif field.kind == "dated" and field.type == "date":
        found = ((number, reading) for number, text in enumerate(texts) for reading in readings(field, text, habits))
        for order, (number, reading) in enumerate(islice(found, _FIRST_DATES)):
            yield number, reading._replace(quality=reading.quality * _UNNAMED * _LATER**order)
    elif field.kind == "currency" and field.type == "text":
        yield from _usual_currency(texts, habits)


def currencies(text: str) -> Iterator[Reading]:
    """Currencies by code, symbol or name, as ISO 4217 codes."""
    for match in _MARK.finditer(text):
        yield Reading(match.start(), match.end(), CURRENCIES[match[0].casefold().rstrip(".")])


def ibans(text: str) -> Iterator[Reading]:
    """International bank account numbers (ISO 13616) without their spaces.

    One whose check sum (modulo 97) is wrong, misread or mistyped, comes with half the quality if it has the length of its country.
    """
    for match in _IBAN.finditer(text):
        ends = [end for end in range(match.end(), match.start() + 14, -1) if text[end - 1].isalnum() and not text[end : end + 1].isalnum()]
        found = [(end, text[match.start() : end].replace(" ", "")) for end in ends]
        right = next(((end, value, 1.0) for end, value in found if is_iban(value)), None)
        wrong = next(((end, value, 0.5) for end, value in found if len(value) == IBAN_LENGTHS.get(value[:2])), None)
        if best := right or wrong:
            end, value, quality = best
            yield Reading(match.start(), end, value, quality)


def _codes(field: Wanted, text: str) -> Iterator[Reading]:
    if field.kind == "email":
        yield from (Reading(match.start(), match.end(), match[0]) for match in _EMAIL.finditer(text))
    elif field.kind == "phone":
        yield from _phones(text)
    elif field.kind == "postcode":
        yield from (Reading(match.start(), match.end(), " ".join(match[0].split())) for match in _POSTCODE.finditer(text))
    elif field.kind == "bic":
        yield from (Reading(match.start(), match.end(), match[0]) for match in _BIC.finditer(text))
    elif field.kind in _CHECKED:
        pattern, holds, doubtful = _CHECKED[field.kind]
        for match in pattern.finditer(text):
            value = compact(match[0])
            yield Reading(match.start(), match.end(), value, 1.0 if holds(value) else doubtful)
    else:
        whole = spaced_identifier(text)
        if whole is not None:
            yield whole
        for reading in identifiers(text):
            long = reading.end - reading.start >= _SHORT
            share = _OF_WHOLE if whole is not None and reading.start < whole.end else 1.0 if long else 0.8
            yield reading._replace(quality=reading.quality * share)


def _phones(text: str) -> Iterator[Reading]:
    """Telephone numbers as they are printed: 7 to 15 digits (the most that E.164 has), and no date, amount or account."""
    others = [(one.start, one.end) for one in (*dates(text), *ibans(text)) if one.quality > 0.6]
    for match in _PHONE.finditer(text):
        digits = sum(char.isdigit() for char in match[0])
        if _FEWEST_DIGITS <= digits <= _MOST_DIGITS and not any(match.start() < end and start < match.end() for start, end in others):
            yield Reading(match.start(), match.end(), " ".join(match[0].split()))


def _choices(choices: tuple[str, ...], text: str) -> Iterator[Reading]:
    """Those that are printed; where they have boxes, those that are ticked."""
    parts = ticked(text)
    for choice in choices:
        for match in re.finditer(rf"(?<!\w){re.escape(choice)}(?!\w)", text, re.IGNORECASE):
            if parts is not None and not any(start <= match.start() and match.end() <= end for start, end in parts):
                continue
            yield Reading(match.start(), match.end(), choice)


def _usual_currency(texts: Iterable[str], habits: Habits) -> Iterator[tuple[int, Reading]]:
    places: dict[str, tuple[int, Reading]] = {}
    counts: Counter[str] = Counter()
    for number, text in enumerate(texts):
        for amount in amounts(text, habits):
            for mark in currencies(text[amount.start : amount.end]) if amount.currency else ():
                counts[amount.currency] += 1
                places.setdefault(amount.currency, (number, mark._replace(start=mark.start + amount.start, end=mark.end + amount.start)))
    for currency, count in counts.items():
        number, mark = places[currency]
        yield number, mark._replace(quality=_ALONE * count / counts.total())
