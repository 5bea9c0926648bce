"""Texts that documents hold: what extractors look for, and what trips them."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st

from aios_sdk.records import Value, ValueType

#: Fragments that trip code which takes bytes, code units or letters for code points, by what is odd about them.
TRICKY: Final[Mapping[str, str]] = {
    "beyond the BMP": "\U00020bb7\u91ce\u5bb6 \U0001f600 \U0001d518\U0001d52b\U0001d526",
    "composed (NFC)": unicodedata.normalize("NFC", "Café Ångström Müller"),
    "decomposed (NFD)": unicodedata.normalize("NFD", "Café Ångström Müller"),
    "right to left": "\u05e9\u05dc\u05d5\u05dd 12.50 \u200f\u0645\u0631\u062d\u0628\u0627\u200e",
    "NUL": "a\x00b \x00",
    "a combining mark alone": "\u0301 e \u0301",
    "mixed line ends": "one\r\ntwo\rthree\u2028four\x85five\x0bsix\u2029seven\n\nend",
    "a long line": "lorem ipsum " * 120,
    "a long word": "x" * 2000,
    "joined and invisible": "\U0001f468\u200d\U0001f469\u200d\U0001f467 ze\u200bro \ufeffmark",
    "letters that change their number": "İstanbul Straße ﬁnal ŉ ΐ",
    "blanks": "\u3000\xa0\t \u2003",
    "control characters": "\x1b[31mred\x1b[0m \x07\x08\x7f",
    "a form feed": "before\fafter",
    "digits of others": "\u0661\u0662\u0663 \u2461 \uff11\uff12\uff0e\uff15\uff10",
    "no characters": "\ufffd \ufffe \U0010ffff",
    "markup and code": "<b>&amp;</b> {{7*7}} ${x} %s%n '; DROP TABLE x; -- =1+1 ../../etc",
}

_SENTENCES: Final = (
    "Dear Sirs,",
    "the car was hit on the left side.",
    "Please find the invoice attached.",
    "Invoice",
    "Terms of payment: 14 days.",
    "Yours faithfully, Maria Lindqvist",
    "Sehr geehrte Damen und Herren,",
    "Die Reparatur wurde ausgeführt.",
)
#: What may stand beside a value on its line, so that whoever counts anything but code points misses the value.
_MARKS: Final = (
    "", "\U0001f4b6 e\u0301", "\u00e4", "Cafe\u0301 \x00", "\u05e9\u05dc\u05d5\u05dd o\u0308 \U0001f4b6", "\u0130 \ufb01 \u200f",
    "\U0001f469\u200d\U0001f467 \x00",
)  # fmt: skip
_LABELS: Final[Mapping[str, tuple[str, ...]]] = {
    "decimal": ("Total", "Amount due", "Summe", "VAT"),
    "date": ("Date", "Due", "Datum"),
    "datetime": ("Received", "Time"),
    "integer": ("Invoice no.", "Quantity", "Pages"),
    "text": ("Name", "IBAN", "Contact", "Reference"),
    "boolean": ("Paid", "Insured"),
}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@cache
def texts(max_size: int = 12) -> st.SearchStrategy[str]:
    """Any text that is Unicode, of at most ``max_size`` code points; no lone surrogates, which no record holds.

    Example::

        @given(strategies.texts())
        def test_the_label_is_kept(label): ...
    """
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=max_size)


@cache
def hostile_texts() -> st.SearchStrategy[str]:
    """Texts that trip code: the fragments of `TRICKY` beside plain and arbitrary text; also empty, blank and long ones.

    Example::

        @given(strategies.hostile_texts())
        def test_every_token_stands_where_it_says(text):
            assert all(text[token.start : token.end] == token.text for token in tokens(text))
    """
    fragment = st.sampled_from([*_SENTENCES[:4], *TRICKY.values()]) | texts()
    return st.lists(fragment, max_size=4).flatmap(lambda found: st.sampled_from(["", " ", "\n"]).map(lambda mark: mark.join(found)))


@cache
def printed(kind: ValueType) -> st.SearchStrategy[tuple[Value, str]]:
    """A value of a type together with a way in which documents print it.

    Example::

        @given(strategies.printed("decimal"))            # (Decimal("1234.50"), "1.234,50")
        def test_amounts_are_read_as_printed(found):
            value, text = found
            assert read_amount(text) == value
    """
    return _PRINTED[kind]()


@cache
def page_contents() -> st.SearchStrategy[str]:
    """The text of a page: sentences, labelled amounts, dates, numbers, account numbers and addresses, and what trips code. May be empty.

    Example::

        @given(strategies.page_contents())
        def test_no_page_makes_it_fail(content):
            find_amounts(content)
    """
    ends = st.sampled_from(["\n", "\n", "\n\n", "\r\n", "\u2028", "\x85", "\r"])
    return st.builds(lambda found, end: end.join(found), st.lists(_line(), max_size=8), ends)


@cache
def _line() -> st.SearchStrategy[str]:
    kinds: tuple[ValueType, ...] = ("integer", "decimal", "date", "text", "datetime", "boolean")
    values = st.one_of([st.tuples(st.sampled_from(_LABELS[kind]), printed(kind)) for kind in kinds])
    marks = st.sampled_from(_MARKS)
    labelled = st.builds(lambda before, pair, after: f"{before}{pair[0]}: {pair[1][1]} {after}".rstrip(" "), marks, values, marks)
    tricky = st.sampled_from(list(TRICKY.values()))
    return st.one_of(st.sampled_from(_SENTENCES), labelled, labelled, tricky, texts(20))


@cache
def title_of(kind: ValueType) -> st.SearchStrategy[str]:
    """A word that stands before values of a type."""
    return st.sampled_from(_LABELS[kind])


# -- values and how they are printed ----------------------------------------------------------------------------------


def _decimals() -> st.SearchStrategy[tuple[Decimal, str]]:
    cents = st.integers(0, 10**7) | st.sampled_from([47130, 123450, 1, 10**12])

    def shown(amount: int, style: str) -> tuple[Decimal, str]:
        value = Decimal(amount) / 100
        english = f"{value:,.2f}"
        german = english.translate(str.maketrans(",.", ".,"))
        return Decimal(f"{value:.2f}"), {
            "1234.50": f"{value:.2f}",
            "1,234.50": english,
            "1.234,50": german,
            "1 234,50": german.replace(".", "\u202f"),
            "EUR 1.234,50": f"EUR {german}",
            "1,234.50 €": f"{english} €",
        }[style]

    return st.builds(shown, cents, st.sampled_from(["1234.50", "1,234.50", "1.234,50", "1 234,50", "EUR 1.234,50", "1,234.50 €"]))


def _dates() -> st.SearchStrategy[tuple[dt.date, str]]:
    days = st.dates(dt.date(1990, 1, 1), dt.date(2039, 12, 31)) | st.sampled_from(
        [dt.date(1, 1, 1), dt.date(2024, 2, 29), dt.date(9999, 12, 31)]
    )

    def shown(day: dt.date, style: int) -> tuple[dt.date, str]:
        written = f"{day.day} {_MONTHS[day.month - 1]} {day.year:04}"
        return day, (day.isoformat(), f"{day.day:02}.{day.month:02}.{day.year:04}", f"{day.month:02}/{day.day:02}/{day.year:04}", written)[
            style
        ]

    return st.builds(shown, days, st.integers(0, 3))


def _datetimes() -> st.SearchStrategy[tuple[dt.datetime, str]]:
    moments = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2039, 12, 31), timezones=st.just(dt.UTC)).map(
        lambda moment: moment.replace(microsecond=0, fold=0)
    )
    return moments.map(lambda moment: (moment, moment.isoformat()))


def _integers() -> st.SearchStrategy[tuple[int, str]]:
    return (st.integers(0, 999_999) | st.sampled_from([471102, 2**31, 2**63, 10**18])).map(lambda value: (value, str(value)))


def _words() -> st.SearchStrategy[tuple[str, str]]:
    known = st.sampled_from(
        ["Maria Lindqvist", "office@hagen-repair.example", "+44 1603 555 010", "C-2026-0042", "Groß & Söhne", "\U0001f4b6 eins"]
    )
    return (known | st.builds(_iban, st.sampled_from(["DE", "GB", "FR"]), st.integers(0, 10**18 - 1))).map(lambda value: (value, value))


def _iban(country: str, account: int) -> str:
    """An IBAN with right check digits (ISO 13616), in groups of four; its length is Germany's."""
    number = f"{account:018}"
    digits = "".join(str(int(letter, 36)) for letter in f"{number}{country}00")
    whole = f"{country}{98 - int(digits) % 97:02}{number}"
    return " ".join(whole[start : start + 4] for start in range(0, len(whole), 4))


def _booleans() -> st.SearchStrategy[tuple[bool, str]]:
    return st.sampled_from([(True, "yes"), (False, "no"), (True, "[x]"), (False, "nein")])


_PRINTED: Final[Mapping[ValueType, Callable[[], st.SearchStrategy[tuple[Any, str]]]]] = {
    "text": _words,
    "integer": _integers,
    "decimal": _decimals,
    "boolean": _booleans,
    "date": _dates,
    "datetime": _datetimes,
}
