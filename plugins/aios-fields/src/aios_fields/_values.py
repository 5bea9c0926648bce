"""Values as they are printed: dates, times, amounts, whole numbers, yes and no, identifiers."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from ._currencies import CURRENCIES, MARK

Value: TypeAlias = str | int | Decimal | bool | dt.date | dt.datetime


class Reading(NamedTuple):
    """A value that code points ``start`` to ``end`` of a text can be read as; ``quality`` (0..1) says how plainly it is one."""

    start: int
    end: int
    value: Value
    quality: float = 1.0
    currency: str = ""


class Habits(NamedTuple):
    """How a document writes what could be read in two ways; None where nothing tells.

    ``day_first``: 03/04/2024 is the third of April. ``comma``: 1,234 is a little more than one.
    """

    day_first: bool | None = None
    comma: bool | None = None


_UNKNOWN: Final = Habits()
_MONTH_NAMES: Final = (
    "january januar januari janvier janv enero gennaio jan jänner jaenner ene gen",
    "february februar februari février fevrier févr fevr febrero febbraio feb feber fév",
    "march märz maerz marz maart mars marzo mar mär mrz mrt",
    "april avril abril aprile apr avr abr",
    "may mai mei mayo maggio mag",
    "june juni juin junio giugno jun giu",
    "july juli juillet julio luglio jul juil lug",
    "august augustus août aout agosto aug ago",
    "september septembre septiembre setiembre settembre sept sep set",
    "october oktober octobre octubre ottobre oct okt ott",
    "november novembre noviembre nov",
    "december dezember décembre decembre diciembre dicembre dec dez déc dic",
)
_MONTHS: Final = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_MONTH: Final = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"

_BEFORE: Final = r"(?<![\w/-])(?<!\d[.,])"
_AFTER: Final = r"(?![\w/]|[.,-]\d)"
_YEAR: Final = r"(\d{4}|'?\d{2})"
_ISO: Final = re.compile(rf"{_BEFORE}(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}})(?:(?=T\d)|{_AFTER})")
_NUMERIC: Final = re.compile(rf"{_BEFORE}(\d{{1,2}}) ?([./-]) ?(\d{{1,2}}) ?\2 ?(\d{{4}}|\d{{2}}){_AFTER}")
_DAY_MONTH: Final = re.compile(
    rf"{_BEFORE}(\d{{1,2}})(?:\.|st|nd|rd|th|er|º|°)?(?:\s+(?:of|de|di)\s+|[\s/-]*){_MONTH}(?:\s+del?\s+|[\s,/-]*){_YEAR}{_AFTER}",
    re.IGNORECASE,
)
_MONTH_DAY: Final = re.compile(rf"(?<!\w){_MONTH}[\s/-]*(\d{{1,2}})(?:st|nd|rd|th)?\s*[,/\s-]\s*(\d{{4}}){_AFTER}", re.IGNORECASE)
_COMPACT: Final = re.compile(r"(?<![\w./,-])((?:19|20)\d{2})(\d{2})(\d{2})(?![\w/]|[.,-]\d)")
_TIME: Final = re.compile(
    r"(?:T|,?\s+(?:um\s+|at\s+)?)(\d{1,2})[:.](\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]\.?m\.?(?!\w))?(?:\s*Uhr)?\s*(Z\b|UTC\b|GMT\b|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)

#: Two-digit years below this belong to this century (as in POSIX strptime).
_PIVOT: Final = 69

_SIGN: Final = "[-+−–]"
_GROUPED: Final = r"\d{1,3}(?:(?P<group>[.,'’\u00a0\u202f])\d{3})(?:(?P=group)\d{3})*(?:(?!(?P=group))[.,]\d{1,4})?(?!\d)"
_INDIAN: Final = r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,4})?"
_PLAIN: Final = r"\d+(?:[.,]\d{1,4})?"
_SPACED: Final = r"\d{1,3}(?: \d{3})+(?:[.,]\d{1,2})?"
_NUMBER_BEFORE: Final = r"(?<![\w/#–−-])(?<!\d[.,:])"
_NUMBER_AFTER: Final = r"(?![\w/]|[.,:–-]\d|\s?%)"


def _amount_pattern(number: str) -> re.Pattern[str]:
    return re.compile(
        rf"{_NUMBER_BEFORE}(?P<open>\()?(?P<sign>{_SIGN} ?)?(?:(?P<before>{MARK})\s?(?P<inner>{_SIGN} ?)?)?"
        rf"(?P<number>{number})(?P<minus>-(?![\w-]))?(?(before)|(?:\s?(?P<after>{MARK}))?)(?P<close>\))?{_NUMBER_AFTER}"
    )


_AMOUNT: Final = _amount_pattern(f"{_GROUPED}|{_INDIAN}|{_PLAIN}")
_SPACED_AMOUNT: Final = _amount_pattern(_SPACED)
_INTEGER: Final = re.compile(rf"{_NUMBER_BEFORE}{_SIGN}?(?:\d{{1,3}}(?:([.,'’\u00a0\u202f])\d{{3}})(?:\1\d{{3}})*|\d+){_NUMBER_AFTER}")
_YES_NO: Final = re.compile(r"(?<!\w)(?:(yes|ja|true|wahr|☒|☑|✓|✔|\[x\])|(no|nein|false|falsch|☐|\[ ?\]))(?!\w)", re.IGNORECASE)
_IDENTIFIER: Final = re.compile(r"[^\W_](?:[\w./\-#+:]*[^\W_])?")


def dates(text: str, habits: Habits = _UNKNOWN) -> Iterator[Reading]:
    """Dates in ``text``: ISO, 14.03.2024, 14/03/24, March 14, 2024, 14. März 2024, 14-Mar-2024, 20240314;
    months by their names in English, German, French, Dutch, Spanish and Italian.

    Where day and month could change places and ``habits`` does not tell, both readings come, day first with the better quality.
    Example::

        next(dates("am 14. März 2024")).value == datetime.date(2024, 3, 14)
    """
    for match in _ISO.finditer(text):
        yield from _date(match, int(match[1]), int(match[3]), int(match[4]), 1.0)
    for match in _NUMERIC.finditer(text):
        yield from _numeric_date(match, habits.day_first)
    for match in _DAY_MONTH.finditer(text):
        yield from _date(match, _year(match[3]), _MONTHS[match[2].lower()], int(match[1]), 1.0)
    for match in _MONTH_DAY.finditer(text):
        yield from _date(match, int(match[3]), _MONTHS[match[1].lower()], int(match[2]), 1.0)
    for match in _COMPACT.finditer(text):
        yield from _date(match, int(match[1]), int(match[2]), int(match[3]), 0.6)


def datetimes(text: str, habits: Habits = _UNKNOWN) -> Iterator[Reading]:
    """Dates followed by a time of day; without a printed zone the time is taken for UTC, with a lower quality."""
    for date in dates(text, habits):
        match = _TIME.match(text, date.end)
        if match is None or not isinstance(date.value, dt.date):
            continue
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        if match[4]:
            hour = hour % 12 + (12 if match[4][0] in "pP" else 0)
        if hour < 24 and minute < 60 and second < 60:
            moment = dt.datetime.combine(date.value, dt.time(hour, minute, second, tzinfo=_zone(match[5])))
            yield Reading(date.start, match.end() - _trailing(match[0]), moment, date.quality * (1.0 if match[5] else 0.9))


def amounts(text: str, habits: Habits = _UNKNOWN) -> Iterator[Reading]:
    """Numbers that may be amounts, with the currency printed beside them: 1.234,56 EUR, $1,234.56, 1 234,56 €, -9,07, 5,00-, (5.00).

    Percentages, times, dates and parts of identifiers are none. What is printed like money has a better quality than a bare number. Where
    1.234 could be either and ``habits`` does not tell, it is taken for a thousand, and the other reading comes too. Example::

        next(amounts("Summe 1.234,56 EUR")) == Reading(6, 18, Decimal("1234.56"), 1.0, "EUR")
    """
    taken = [(date.start, date.end) for date in dates(text) if date.quality > 0.6]
    spaced = [match for match in _SPACED_AMOUNT.finditer(text) if match["before"] or match["after"]]
    for match in spaced:
        yield from _amount(match, habits.comma, 0.9)
    for match in _AMOUNT.finditer(text):
        if not any(match.start() < end and start < match.end() for start, end in taken):
            covered = any(match.start() < other.end() and other.start() < match.end() for other in spaced)
            yield from _amount(match, habits.comma, 0.5 if covered else 1.0)


def integers(text: str) -> Iterator[Reading]:
    """Whole numbers, with or without separated thousands."""
    for match in _INTEGER.finditer(text):
        digits = re.sub(r"[^\d]", "", match[0])
        yield Reading(match.start(), match.end(), -int(digits) if match[0][0] in "-−–" else int(digits))


def truths(text: str) -> Iterator[Reading]:
    """Yes and no, ja and nein, true and false, ticked and empty boxes."""
    for match in _YES_NO.finditer(text):
        yield Reading(match.start(), match.end(), match[1] is not None)


def identifiers(text: str) -> Iterator[Reading]:
    """Runs of letters, digits and ``. / - _ # + :`` that hold a digit; those that look like a date or money have a low quality."""
    others = [(item.start, item.end) for item in dates(text) if item.quality > 0.6]
    others += [(item.start, item.end) for item in amounts(text) if item.currency or not _whole(item.value)]
    for match in _IDENTIFIER.finditer(text):
        if any(char.isdigit() for char in match[0]):
            mistaken = any(match.start() < end and start < match.end() for start, end in others)
            yield Reading(match.start(), match.end(), match[0], 0.3 if mistaken else 1.0)


def _whole(value: Value) -> bool:
    return not isinstance(value, Decimal) or value == value.to_integral_value()  # a remainder would raise from 29 digits on


def habits_of(texts: Iterable[str], day_first: bool | None = None) -> Habits:
    """What the numbers and dates of a document that can be read in one way only tell about the others; ``day_first`` if given wins."""
    first = second = commas = points = 0
    for text in texts:
        for match in _NUMERIC.finditer(text):
            if match[2] != ".":
                first += int(match[1]) > 12 >= int(match[3])
                second += int(match[3]) > 12 >= int(match[1])
        commas += len(re.findall(r"\d,\d{2}(?![\d.,])", text))
        points += len(re.findall(r"\d\.\d{2}(?![\d.,])", text))
    evidence = None if first == second else first > second
    return Habits(evidence if day_first is None else day_first, None if commas == points else commas > points)


def _numeric_date(match: re.Match[str], day_first: bool | None) -> Iterator[Reading]:
    first, second, year = int(match[1]), int(match[3]), _year(match[4])
    plain = 1.0 if len(match[4]) > 2 else 0.9
    if first == second or match[2] == "." or first > 12 or second > 12:
        months_first = second > 12 >= first
        yield from _date(match, year, first if months_first else second, second if months_first else first, plain)
    elif day_first is not None:
        yield from _date(match, year, second if day_first else first, first if day_first else second, plain)
    else:
        yield from _date(match, year, second, first, 0.75 * plain)
        yield from _date(match, year, first, second, 0.55 * plain)


def _date(match: re.Match[str], year: int, month: int, day: int, quality: float) -> Iterator[Reading]:
    try:
        yield Reading(match.start(), match.end(), dt.date(year, month, day), quality)
    except ValueError:
        return


def _year(text: str) -> int:
    number = int(text.lstrip("'"))
    return number if len(text.lstrip("'")) > 2 else number + (2000 if number < _PIVOT else 1900)


def _zone(text: str | None) -> dt.tzinfo:
    if text is None or text[0] not in "+-":
        return dt.UTC
    offset = dt.timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return dt.timezone(-offset if text[0] == "-" else offset) if offset < dt.timedelta(days=1) else dt.UTC


def _trailing(text: str) -> int:
    return len(text) - len(text.rstrip())


def _amount(match: re.Match[str], comma: bool | None, factor: float) -> Iterator[Reading]:
    enclosed = bool(match["open"] and match["close"])
    start, end = match.start() + bool(match["open"] and not enclosed), match.end() - bool(match["close"] and not enclosed)
    currency = CURRENCIES.get((match["before"] or match["after"] or "").casefold().rstrip("."), "")
    negative = (match["sign"] or match["inner"] or match["minus"] or "+")[0] in "-−–" or enclosed
    for number, plain in _decimals(match["number"], comma):
        quality = min(1.0, plain + 0.2) if currency else plain * 0.6 if enclosed else plain
        yield Reading(start, end, -number if negative else number, round(quality * factor, 6), currency)


def _decimals(text: str, comma: bool | None) -> Iterator[tuple[Decimal, float]]:
    separators = [char for char in text if not char.isdigit()]
    last = text.rpartition(separators[-1])[2] if separators else ""
    if not separators:
        yield Decimal(text), 0.6
    elif separators[-1] in ".," and (len(set(separators)) == 2 or (len(separators) == 1 and len(last) != 3)):
        yield _number(text, separators[-1]), 0.95 if len(last) == 2 else 0.7
    elif len(separators) == 1 and separators[0] in ".,":
        fraction, whole = _number(text, separators[0]), _number(text, "")
        decimal_mark = "," if comma else "."
        if comma is None:
            yield (fraction, 0.7) if text[0] == "0" else (whole, 0.7)
            yield (whole, 0.2) if text[0] == "0" else (fraction, 0.4)
        else:
            yield (fraction if separators[0] == decimal_mark else whole), 0.75
    else:
        yield _number(text, ""), 0.8


def _number(text: str, decimal_mark: str) -> Decimal:
    whole, _, fraction = text.rpartition(decimal_mark) if decimal_mark else (text, "", "")
    digits = re.sub(r"\D", "", whole)
    return Decimal(f"{digits or 0}.{fraction}" if fraction else digits)


def text_of(value: Value) -> str:
    """A value as text, as `Field.text` has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, dt.date) else str(value)
