"""Values as they are printed: dates, times, amounts, whole numbers, yes and no, identifiers."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from ._currencies import CURRENCIES, MARK
from ._ticks import ticked
from ._words import piece_key

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

    ``day_first``: 03/04/2024 is the third of April; where nothing tells, ``month_likely`` says that it is rather the fourth of March.
    ``comma``: 1,234 is a little more than one. ``spaced``: 1 234,56 may be one number, since thousands are parted by nothing else.
    """

    day_first: bool | None = None
    comma: bool | None = None
    month_likely: bool = False
    spaced: bool = True


_UNKNOWN: Final = Habits()
_MONTH_NAMES: Final = (
    "january januar januari janvier janv enero janeiro gennaio jan jänner jaenner ene gen",
    "february februar februari février fevrier févr fevr febrero fevereiro febbraio feb feber fév",
    "march märz maerz marz maart mars março marzo mar mär mrz mrt",
    "april avril abril aprile apr avr abr",
    "may mai mei mayo maggio maio mag",
    "june juni juin junio junho giugno jun giu",
    "july juli juillet julio julho luglio jul juil lug",
    "august augustus août aout agosto aug ago",
    "september septembre septiembre setiembre setembro settembre sept sep set",
    "october oktober octobre octubre outubro ottobre oct okt ott",
    "november novembre noviembre novembro nov",
    "december dezember décembre decembre diciembre dezembro dicembre dec dez déc dic",
)
_MONTHS: Final = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_MONTH_NAMED: Final = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + ")"
_MONTH: Final = _MONTH_NAMED + r"\b\.?"

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
_GLUED: Final = re.compile(rf"{_BEFORE}(\d{{1,2}}){_MONTH_NAMED}(\d{{4}}|\d{{2}})(?!\w)", re.IGNORECASE)
_EAST_ASIAN: Final = re.compile(r"(?<!\d)(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일号]")
_COMPACT: Final = re.compile(r"(?<![\w./,-])((?:19|20)\d{2})(\d{2})(\d{2})(?![\w/]|[.,-]\d)")
#: Hours from UTC of zones by name: those of RFC 822, and of Europe.
_ZONES: Final = {
    **dict.fromkeys(("Z", "UTC", "GMT", "UT", "WET"), 0),
    **dict.fromkeys(("CET", "MEZ", "BST", "WEST"), 1),
    **dict.fromkeys(("CEST", "MESZ", "EET"), 2),
    "EEST": 3,
    "EDT": -4,
    **dict.fromkeys(("EST", "CDT"), -5),
    **dict.fromkeys(("CST", "MDT"), -6),
    **dict.fromkeys(("MST", "PDT"), -7),
    "PST": -8,
}
_TIME: Final = re.compile(
    r"(?:T|,?\s+(?:um\s+|at\s+)?)(\d{1,2})[:.](\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]\.?m\.?(?!\w))?(?:\s*Uhr)?"
    rf"\s*((?:{'|'.join(sorted(_ZONES, key=len, reverse=True))})\b|[+-]\d{{2}}:?\d{{2}})?",
    re.IGNORECASE,
)

#: A state of the United States with its ZIP code, or a telephone number as it is written there.
_AMERICAN: Final = re.compile(
    r"[^\W\d_],? +(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]) +"
    r"\d{5}(?:-\d{4})?(?![\w-])|(?<!\w)\([2-9]\d\d\) ?\d{3}[-.]\d{4}(?!\w)"
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
        rf"{_NUMBER_BEFORE}(?P<open>\()?(?P<sign>{_SIGN} ?|(?i:minus) )?(?:(?P<before>{MARK})\s?(?P<inner>{_SIGN} ?)?)?"
        rf"(?P<number>{number})(?P<minus>-(?![\w-]))?(?(before)|(?:\s?(?P<after>{MARK}))?)(?P<close>\))?{_NUMBER_AFTER}"
    )


_AMOUNT: Final = _amount_pattern(f"{_GROUPED}|{_INDIAN}|{_PLAIN}")
_SPACED_AMOUNT: Final = _amount_pattern(_SPACED)
#: A number right before another: where it ends and the other begins, nobody knows.
_IN_DIGITS: Final = re.compile(r"\d $")
#: Groups of digits before and after another.
_IN_GROUPS: Final = re.compile(r"(?<![\d.,])\d{2,} $")
_BEFORE_GROUPS: Final = re.compile(r" \d{2,}(?![\d.,])")
_POINTED: Final = re.compile(r"\d\.\d{3},\d{2}(?!\d)")
_RATE: Final = re.compile(rf"(?<![\w.,])({_SIGN})?(\d{{1,3}}(?:[.,]\d{{1,4}})?)\s?(?:%|percent\b|per cent\b|Prozent\b|v\.\s?H\.)")
_INTEGER: Final = re.compile(rf"{_NUMBER_BEFORE}{_SIGN}?(?:\d{{1,3}}(?:([.,'’\u00a0\u202f])\d{{3}})(?:\1\d{{3}})*|\d+){_NUMBER_AFTER}")
_YES_NO: Final = re.compile(
    r"(?<!\w)(?:(yes|ja|oui|sí|sì|true|wahr|vrai|☒|☑|✓|✔|\[x\])|(no|nein|non|nee|false|falsch|faux|☐|\[ ?\]))(?!\w)", re.IGNORECASE
)
_LETTERS_DIGITS: Final = re.compile(r"[\s:.#]*(?P<code>(?P<word>[A-Z]{1,4}) \d[\w./-]*\w(?: \d{2,}(?![\w./,:-]))*)(?![\w/]|[.,:]\d|\s?%)")
_DIGIT_GROUPS: Final = re.compile(r"[\s:.#]*(?P<code>\d+(?: \d{2,})+)[\s.;]*(?:$|\t)")
#: 12,00 is a whole number, and yet money.
_CENTS: Final = re.compile(r"[.,]\d{2}-?\)?$")
_IDENTIFIER: Final = re.compile(r"[^\W_](?:[\w./\-#+:]*[^\W_])?")


def dates(text: str, habits: Habits = _UNKNOWN) -> Iterator[Reading]:
    """Dates in ``text``: ISO, 14.03.2024, 14/03/24, March 14, 2024, 14. März 2024, 14-Mar-2024, 14MAR2024, 2024年3月14日, 20240314;
    months by their names in English, German, French, Dutch, Spanish, Italian and Portuguese.

    Where day and month could change places and ``habits`` does not tell, both readings come, the likelier one with the better quality: day
    first, but in documents with an address or a telephone number of the United States.
    Example::

        next(dates("am 14. März 2024")).value == datetime.date(2024, 3, 14)
    """
    for match in _ISO.finditer(text):
        yield from _date(match, int(match[1]), int(match[3]), int(match[4]), 1.0)
    for match in _NUMERIC.finditer(text):
        yield from _numeric_date(match, habits)
    for match in _EAST_ASIAN.finditer(text):
        yield from _date(match, int(match[1]), int(match[2]), int(match[3]), 1.0)
    for match in (*_DAY_MONTH.finditer(text), *_GLUED.finditer(text)):
        yield from _date(match, _year(match[3]), _MONTHS[match[2].lower()], int(match[1]), 1.0)
    for match in _MONTH_DAY.finditer(text):
        yield from _date(match, int(match[3]), _MONTHS[match[1].lower()], int(match[2]), 1.0)
    for match in _COMPACT.finditer(text):
        yield from _date(match, int(match[1]), int(match[2]), int(match[3]), 0.6)


def datetimes(text: str, habits: Habits = _UNKNOWN) -> Iterator[Reading]:
    """Dates followed by a time of day; without a printed zone the time is taken for UTC, with a lower quality; zones are
    offsets, and the names that mail has (EST, PDT), those of Europe (CET, MESZ), and UTC."""
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
    spaced = [
        match
        for match in _SPACED_AMOUNT.finditer(text)
        if match["before"] or match["after"] or (habits.spaced and "," in match["number"] and not _IN_DIGITS.search(text, 0, match.start()))
    ]
    for match in spaced:
        yield from _amount(match, habits.comma, 0.9)
    for match in _AMOUNT.finditer(text):
        if not any(match.start() < end and start < match.end() for start, end in taken):
            covered = any(match.start() < other.end() and other.start() < match.end() for other in spaced)
            yield from _amount(match, habits.comma, 0.5 if covered or _is_of_groups(match) else 1.0)


def rates(text: str) -> Iterator[Reading]:
    """Percentages, as they are printed: 19 %, 3,5 %, 8.1%. Example::

    next(rates("zzgl. 19 % USt")).value == Decimal(19)
    """
    for match in _RATE.finditer(text):
        number = Decimal(match[2].replace(",", "."))
        yield Reading(match.start(), match.end(), -number if match[1] else number)


def integers(text: str) -> Iterator[Reading]:
    """Whole numbers, with or without separated thousands."""
    for match in _INTEGER.finditer(text):
        digits = re.sub(r"[^\d]", "", match[0])
        yield Reading(match.start(), match.end(), -int(digits) if match[0][0] in "-−–" else int(digits))


def truths(text: str) -> Iterator[Reading]:
    """Yes and no, ja and nein, true and false, ticked and empty boxes; where boxes stand beside yes and no, the one that is ticked."""
    parts = ticked(text)
    for match in _YES_NO.finditer(text):
        if parts is not None and not any(start <= match.start() and match.end() <= end for start, end in parts):
            continue
        yield Reading(match.start(), match.end(), match[1] is not None)


def identifiers(text: str) -> Iterator[Reading]:
    """Runs of letters, digits and ``. / - _ # + :`` that hold a digit; those that look like a date or money have a low quality."""
    others = [(item.start, item.end) for item in dates(text) if item.quality > 0.6]
    others += [
        (item.start, item.end)
        for item in amounts(text)
        if item.currency or not _whole(item.value) or _CENTS.search(text, item.start, item.end)
    ]
    for match in _IDENTIFIER.finditer(text):
        if any(char.isdigit() for char in match[0]):
            mistaken = any(match.start() < end and start < match.end() for start, end in others)
            yield Reading(match.start(), match.end(), match[0], 0.3 if mistaken else 1.0)


def spaced_identifier(text: str) -> Reading | None:
    """An identifier with spaces in it that ``text`` begins with: letters before its digits (``PHV 12.345.678-9``), or groups of digits
    and nothing else in the cell (``4711 0815 22``); None for a date, an amount, a time, or where none is."""
    match = _LETTERS_DIGITS.match(text) or _DIGIT_GROUPS.match(text)
    if match is None:
        return None
    start, end = match.span("code")
    word = match.groupdict().get("word") or ""
    if piece_key(word) == "nr" or word.casefold() in CURRENCIES or word.casefold() in _MONTHS:
        return None
    if any(one.start < end and start < one.end for one in dates(text) if one.quality > 0.6):
        return None
    return Reading(start, end, " ".join(match["code"].split()))


def _whole(value: Value) -> bool:
    return not isinstance(value, Decimal) or value == value.to_integral_value()  # a remainder would raise from 29 digits on


def habits_of(texts: Iterable[str], day_first: bool | None = None) -> Habits:
    """What the numbers and dates of a document that can be read in one way only tell about the others; ``day_first`` if given wins."""
    first = second = commas = points = 0
    american = pointed = False
    for text in texts:
        american = american or bool(_AMERICAN.search(text))
        pointed = pointed or bool(_POINTED.search(text))
        for match in _NUMERIC.finditer(text):
            if match[2] != ".":
                first += int(match[1]) > 12 >= int(match[3])
                second += int(match[3]) > 12 >= int(match[1])
        commas += len(re.findall(r"\d,\d{2}(?![\d.,])", text))
        points += len(re.findall(r"\d\.\d{2}(?![\d.,])", text))
    evidence = None if first == second else first > second
    return Habits(
        evidence if day_first is None else day_first,
        None if commas == points else commas > points,
        month_likely=american,
        spaced=not pointed,
    )


def _numeric_date(match: re.Match[str], habits: Habits) -> Iterator[Reading]:
    first, second, year = int(match[1]), int(match[3]), _year(match[4])
    plain = 1.0 if len(match[4]) > 2 else 0.9
    if first == second or match[2] == "." or first > 12 or second > 12:
        months_first = second > 12 >= first
        yield from _date(match, year, first if months_first else second, second if months_first else first, plain)
    elif habits.day_first is not None:
        yield from _date(match, year, second if habits.day_first else first, first if habits.day_first else second, plain)
    else:
        likely, other = (second, first), (first, second)
        if habits.month_likely:
            likely, other = other, likely
        yield from _date(match, year, *likely, 0.75 * plain)
        yield from _date(match, year, *other, 0.55 * plain)


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
        hours = _ZONES[text.upper()] if text else 0
        return dt.timezone(dt.timedelta(hours=hours)) if hours else dt.UTC
    offset = dt.timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return dt.timezone(-offset if text[0] == "-" else offset) if offset < dt.timedelta(days=1) else dt.UTC


def _trailing(text: str) -> int:
    return len(text) - len(text.rstrip())


def _is_of_groups(match: re.Match[str]) -> bool:
    """Whether a bare number stands in a row of others, as those of accounts and registers do: 220 4302 31."""
    bare = match["number"].isdigit() and not (match["before"] or match["after"])
    return bare and bool(_IN_GROUPS.search(match.string, 0, match.start()) or _BEFORE_GROUPS.match(match.string, match.end()))


def _amount(match: re.Match[str], comma: bool | None, factor: float) -> Iterator[Reading]:
    enclosed = bool(match["open"] and match["close"])
    start, end = match.start() + bool(match["open"] and not enclosed), match.end() - bool(match["close"] and not enclosed)
    currency = CURRENCIES.get((match["before"] or match["after"] or "").casefold().rstrip("."), "")
    negative = (match["sign"] or match["inner"] or match["minus"] or "+")[0] in "-−–mM" or enclosed
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
