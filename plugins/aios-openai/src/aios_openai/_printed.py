"""Where a value is printed in a quote: what was written into a normal form is read again out of the text, in every way it can be meant."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from ._shape import Value

#: Thousands in groups of three, with a fraction or not; and digits without groups.
_GROUPED: Final = re.compile(r"(?<![\d.,'])\d{1,3}(?:([.,'’ \u00a0\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d+)?(?!\d|[.,]\d)", re.ASCII)
_INDIAN: Final = re.compile(r"(?<![\d.,])\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?(?!\d|[.,]\d)", re.ASCII)
_PLAIN: Final = re.compile(r"(?<![\d.,])(?:\d+(?:[.,]\d+)?|[.,]\d+)(?!\d|[.,]\d)", re.ASCII)
#: A minus before a number, perhaps with a currency between, or after it as accounts have it; and marks that may mean one.
_MINUS: Final = re.compile(r"(?:^|(?<=[^\w.,]))[-−–](?:[$€£¥]|[A-Z]{3})?\s?$")
_MINUS_AFTER: Final = re.compile(r"[-−](?![\w-])")
_DASH: Final = re.compile(r"[-−–]\s(?:[$€£¥]|[A-Z]{3}\s)?$")
_BRACKET: Final = re.compile(r"\((?:[$€£¥]|[A-Z]{3}\s)?$")

_YEAR_FIRST: Final = re.compile(r"(?<!\d)(\d{4})\s?[-./年]\s?(\d{1,2})\s?[-./月]\s?(\d{1,2})(?!\d)", re.ASCII)
_YEAR_LAST: Final = re.compile(r"(?<!\d)(\d{1,2})\s?[-./ ]\s?(\d{1,2})\s?[-./ ]\s?(\d{4}|\d{2})(?!\d)", re.ASCII)
_COMPACT: Final = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)", re.ASCII)
_DAY_NAMED: Final = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|\.)?[\s\-/.]*(?:of\s+|de\s+)?([^\W\d_]{3,})\.?,?[\s\-/.,]*(?:de\s+)?'?(\d{4}|\d{2})(?!\d)"
)
_NAMED_DAY: Final = re.compile(r"(?<!\w)([^\W\d_]{3,})\.?[\s\-/]*(\d{1,2})(?:st|nd|rd|th)?,?[\s\-/]+'?(\d{4}|\d{2})(?!\d)")
_TIME: Final = re.compile(r"(?<!\d)(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?\s?([ap]\.?m\.?)?(?!\d)", re.IGNORECASE | re.ASCII)

#: Names of the months in English, German, French, Spanish, Italian, Dutch and Portuguese; any beginning of three letters counts.
_MONTHS: Final = tuple(
    names.split()
    for names in (
        "january januar jänner janvier enero gennaio januari janeiro",
        "february februar février fevrier febrero febbraio februari fevereiro",
        "march märz maerz mrz mars marzo maart março",
        "april avril abril aprile",
        "may mai mayo maggio mei maio",
        "june juni juin junio giugno junho",
        "july juli juillet julio luglio julho",
        "august août aout agosto augustus",
        "september septembre septiembre settembre setembro",
        "october oktober octobre octubre ottobre outubro",
        "november novembre noviembre novembro",
        "december dezember décembre decembre diciembre dicembre dezembro",
    )
)
_YES: Final = re.compile(r"(?<!\w)(?:yes|ja|oui|sí|si|true|wahr|vrai|x)(?!\w)|[✓✔☑☒✗✘]", re.IGNORECASE)
_NO: Final = re.compile(r"(?<!\w)(?:no|nein|non|nee|false|falsch|faux)(?!\w)|☐", re.IGNORECASE)
_HEAD: Final = re.compile(r"\S*$")
_TAIL: Final = re.compile(r"\S*")
_LONGEST_WORD: Final = 100
_SEPARATORS: Final = re.compile(r"[\s,;|]+")


def printed(value: Value, text: str, start: int = 0, end: int | None = None) -> tuple[int, int] | None:
    """The first place in ``text`` where ``value`` is printed and that touches ``start`` to ``end``; None where there is none."""
    end = len(text) if end is None else end
    # The words that begin or end within are read whole: 2 is not printed in 2026, nor 5.00 in 5.00-.
    first = start - len(_HEAD.search(text[max(0, start - _LONGEST_WORD) : start])[0])  # type: ignore[index]  # it matches nothing, too
    last = end + len(_TAIL.match(text[end : end + _LONGEST_WORD])[0])  # type: ignore[index]
    found = ((first + low, first + high) for low, high in _places(value, text[first:last]))
    return min((place for place in found if place[0] < end and start < place[1]), default=None)


def _places(value: Value, quote: str) -> Iterator[tuple[int, int]]:
    if isinstance(value, bool):
        yield from _flags(value, quote)
    elif isinstance(value, int | Decimal):
        yield from _numbers(value, quote)
    elif isinstance(value, dt.datetime):
        yield from _moments(value, quote)
    elif isinstance(value, dt.date):
        yield from _dates(value, quote)
    else:
        yield from _texts(value, quote)


def passage(words: str) -> re.Pattern[str]:
    """Finds the words of a text as they are, in any case and with any white space between them."""
    return re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)


def _texts(value: str, quote: str) -> Iterator[tuple[int, int]]:
    # An address on three lines is given on one, with commas; the words and their order must be the same, and whole.
    words = [word for word in _SEPARATORS.split(value) if word]
    if not words:
        return
    before = r"(?<!\w)" if re.match(r"\w", words[0]) else ""
    after = r"(?!\w)" if re.match(r"\w", words[-1][-1]) else ""
    whole = re.compile(before + r"[\s,;|]+".join(map(re.escape, words)) + after, re.IGNORECASE)
    yield from (match.span() for match in whole.finditer(quote))


def _numbers(value: int | Decimal, quote: str) -> Iterator[tuple[int, int]]:
    for pattern in (_GROUPED, _INDIAN, _PLAIN):
        for match in pattern.finditer(quote):
            start, end = match.span()
            meant = set(_magnitudes(match[0]))
            if re.match(r"\s?%", quote[end:]):
                meant |= {found / 100 for found in meant}
            before, after = _MINUS.search(quote[:start]), _MINUS_AFTER.match(quote, end)
            if (before and not before[0][1:].isspace()) or after:
                meant = {-found for found in meant}
                start, end = before.start() if before else start, after.end() if after else end
            elif _DASH.search(quote[:start]) or (_BRACKET.search(quote[:start]) and quote[end : end + 1] == ")"):
                meant |= {-found for found in meant}
            if value in meant:
                yield start, end


def _magnitudes(token: str) -> Iterator[Decimal]:
    """What a token of digits can mean: ``1.234`` is a thousand or one, ``1.234,5`` is a thousand."""
    token = re.sub(r"['’ \u00a0\u202f]", "", token)
    marks = [char for char in token if char in ".,"]
    if not marks:
        yield Decimal(token)
        return
    whole, _, fraction = token.rpartition(marks[-1])
    if len(set(marks)) == 2 or len(marks) == 1:
        yield Decimal(f"{re.sub('[.,]', '', whole) or '0'}.{fraction}")
    if len(set(marks)) == 1 and len(fraction) == 3:
        yield Decimal(re.sub("[.,]", "", token))


def _dates(value: dt.date, quote: str) -> Iterator[tuple[int, int]]:
    for match in (*_YEAR_FIRST.finditer(quote), *_COMPACT.finditer(quote)):
        if (int(match[1]), int(match[2]), int(match[3])) == (value.year, value.month, value.day):
            yield match.span()
    for match in _YEAR_LAST.finditer(quote):
        # Whether the day or the month comes first is for others to know; both are ways to read it.
        if _is_year(match[3], value) and (value.day, value.month) in {(int(match[1]), int(match[2])), (int(match[2]), int(match[1]))}:
            yield match.span()
    for pattern, day, month in ((_DAY_NAMED, 1, 2), (_NAMED_DAY, 2, 1)):
        for match in pattern.finditer(quote):
            if _is_year(match[3], value) and int(match[day]) == value.day and _is_month(match[month], value.month):
                yield match.span()


def _is_year(digits: str, value: dt.date) -> bool:
    return int(digits) == (value.year if len(digits) == 4 else value.year % 100)


def _is_month(name: str, month: int) -> bool:
    return any(full.startswith(name.casefold()) for full in _MONTHS[month - 1])


def _moments(value: dt.datetime, quote: str) -> Iterator[tuple[int, int]]:
    # A moment is kept in UTC; the day and the hour that are printed are those of its own offset.
    times = list(_TIME.finditer(quote))
    for start, end in _dates(value.date(), quote):
        beside = [match for match in times if match.end() <= start or match.start() >= end]
        fitting = [match for match in beside if _is_time(match, value)]
        if fitting:
            yield min(start, fitting[0].start()), max(end, fitting[0].end())
        elif not beside and value.timetz().replace(tzinfo=None) == dt.time():
            yield start, end


def _is_time(match: re.Match[str], value: dt.datetime) -> bool:
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        hour = hour % 12 + (12 if match[4][0] in "pP" else 0)
    return (hour, minute, second) == (value.hour, value.minute, value.second)


def _flags(value: bool, quote: str) -> Iterator[tuple[int, int]]:
    yes, no = list(_YES.finditer(quote)), list(_NO.finditer(quote))
    if not (yes and no):  # a form that prints both says which by a mark that nobody can rely on
        yield from (match.span() for match in (yes if value else no))
