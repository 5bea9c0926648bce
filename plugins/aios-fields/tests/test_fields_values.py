"""Laws: what is printed in a usual form is read back, at its place."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from aios_fields._readings import currencies, ibans
from aios_fields._values import Habits, amounts, dates, datetimes, habits_of, identifiers, integers, truths
from hypothesis import example, given, settings
from hypothesis import strategies as st


def _split(words: str) -> list[str]:
    return words.split()


ENGLISH = _split("January February March April May June July August September October November December")
GERMAN = _split("Januar Februar März April Mai Juni Juli August September Oktober November Dezember")

MONTHS = {
    "French": _split("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    "Dutch": _split("januari februari maart april mei juni juli augustus september oktober november december"),
    "Spanish": _split("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
    "Italian": _split("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
}

PRINTED_DATES = {
    "ISO": lambda day: day.isoformat(),
    "German": lambda day: f"{day.day:02}.{day.month:02}.{day.year}",
    "German without zeros": lambda day: f"{day.day}.{day.month}.{day.year}",
    "German month": lambda day: f"{day.day}. {GERMAN[day.month - 1]} {day.year}",
    "English month first": lambda day: f"{ENGLISH[day.month - 1]} {day.day}, {day.year}",
    "English day first": lambda day: f"{day.day} {ENGLISH[day.month - 1]} {day.year}",
    "English ordinal": lambda day: f"{day.day}th of {ENGLISH[day.month - 1]} {day.year}",
    "short month": lambda day: f"{day.day:02}-{ENGLISH[day.month - 1][:3].upper()}-{day.year}",
    "slashes": lambda day: f"{day.day:02}/{day.month:02}/{day.year}",
    "spaced": lambda day: f"{ENGLISH[day.month - 1]} {day.day} , {day.year}",
    "French": lambda day: f"{day.day}{'er' if day.day == 1 else ''} {MONTHS['French'][day.month - 1]} {day.year}",
    "Dutch": lambda day: f"{day.day} {MONTHS['Dutch'][day.month - 1]} {day.year}",
    "Spanish": lambda day: f"{day.day} de {MONTHS['Spanish'][day.month - 1]} de {day.year}",
    "Italian": lambda day: f"{day.day} {MONTHS['Italian'][day.month - 1]} {day.year}",
    "two digits": lambda day: f"{day.day:02}.{day.month:02}.{day.year % 100:02}",
}


def grouped(digits: str, mark: str) -> str:
    return f"{int(digits):,}".replace(",", mark)


PRINTED_AMOUNTS = {
    "German": lambda whole, cents: (f"{grouped(whole, '.')},{cents} EUR", "EUR"),
    "German sign": lambda whole, cents: (f"{grouped(whole, '.')},{cents} €", "EUR"),
    "code first": lambda whole, cents: (f"EUR {grouped(whole, ',')}.{cents}", "EUR"),
    "dollar": lambda whole, cents: (f"${grouped(whole, ',')}.{cents}", "USD"),
    "pound": lambda whole, cents: (f"£ {grouped(whole, ',')}.{cents}", "GBP"),
    "spaces": lambda whole, cents: (f"{grouped(whole, ' ')},{cents} €", "EUR"),
    "narrow spaces": lambda whole, cents: (f"{grouped(whole, chr(0x202F))},{cents}", ""),
    "Swiss": lambda whole, cents: (f"CHF {grouped(whole, chr(39))}.{cents}", "CHF"),
    "ungrouped": lambda whole, cents: (f"{int(whole)}.{cents}", ""),
    "comma": lambda whole, cents: (f"{int(whole)},{cents}", ""),
}

around = st.sampled_from(["", "on ", "am: ", "Total\t", "(", "x = "]), st.sampled_from(["", " today", ".", ", then", "\nnext", ";"])


@pytest.mark.parametrize("form", PRINTED_DATES)
@settings(deadline=None)
@given(day=st.dates(dt.date(1970, 1, 1), dt.date(2068, 12, 31)), before=around[0], after=around[1])
def test_a_printed_date_is_read_back_at_its_place(form, day, before, after):
    printed = PRINTED_DATES[form](day)
    text = before + printed + after
    best = max(dates(text, Habits(day_first=True)), key=lambda reading: reading.quality)
    assert best.value == day
    assert text[best.start : best.end] == printed


@pytest.mark.parametrize("form", PRINTED_AMOUNTS)
@settings(deadline=None)
@given(whole=st.integers(0, 9_999_999), cents=st.integers(0, 99), before=around[0], after=around[1], negative=st.booleans())
def test_a_printed_amount_is_read_back_with_its_currency(form, whole, cents, before, after, negative):
    printed, currency = PRINTED_AMOUNTS[form](str(whole), f"{cents:02}")
    printed = "-" + printed if negative else printed
    text = before + printed + after
    best = max(amounts(text), key=lambda reading: (reading.quality, reading.end - reading.start))
    assert best.value == Decimal(f"{whole}.{cents:02}") * (-1 if negative else 1)
    assert best.currency == currency
    assert text[best.start : best.end] == printed


@settings(deadline=None)
@given(st.text(max_size=200))
@example("1" + "0" * 28)
def test_every_reading_lies_within_its_text(text):
    for read in (dates, datetimes, amounts):
        assert all(0 <= reading.start < reading.end <= len(text) and 0 < reading.quality <= 1 for reading in read(text, Habits()))
    for look in (integers, truths, identifiers, currencies, ibans):
        assert all(0 <= reading.start < reading.end <= len(text) for reading in look(text))


@settings(deadline=None)
@given(st.text("0123456789.,/-: €$EURam%()", max_size=40))
def test_odd_mixtures_of_digits_and_marks_never_raise(text):
    for reading in [*dates(text), *amounts(text), *integers(text), *datetimes(text)]:
        assert text[reading.start : reading.end]


@pytest.mark.parametrize(
    "text", ["CLM-1001", "12:30 Uhr", "19 %", "19%", "1x", "v1.2.3", "12.03.2024", "31/12/2017", "INV-2023-03-20", "a1", "10–20"]
)
def test_codes_times_shares_and_dates_are_no_amounts(text):
    assert list(amounts(text)) == []


@pytest.mark.parametrize("text", ["31.02.2024", "32/01/2024", "2024-13-01", "INV-2023-03-20", "1.2.3.2024", "00.00.2000"])
def test_what_is_no_day_is_no_date(text):
    assert list(dates(text)) == []


def test_a_date_that_can_be_read_in_two_ways_comes_with_both_unless_the_document_tells():
    assert [reading.value for reading in dates("03/04/2024")] == [dt.date(2024, 4, 3), dt.date(2024, 3, 4)]
    assert [reading.value for reading in dates("03/04/2024", habits_of(["due 03/20/2024"]))] == [dt.date(2024, 3, 4)]
    assert [reading.value for reading in dates("03/04/2024", habits_of(["due 20/03/2024"]))] == [dt.date(2024, 4, 3)]
    assert [reading.value for reading in dates("03/04/2024", habits_of(["due 03/20/2024"], day_first=True))] == [dt.date(2024, 4, 3)]


@settings(deadline=None)
@given(
    day=st.dates(dt.date(1970, 1, 1), dt.date(2068, 12, 31)), evidence=st.integers(13, 31), month=st.integers(1, 12), first=st.booleans()
)
def test_one_date_that_can_be_read_in_one_way_only_decides_about_all_others(day, evidence, month, first):
    other = f"{evidence}/{month}/2020" if first else f"{month}/{evidence}/2020"
    printed = f"{day.day}/{day.month}/{day.year}" if first else f"{day.month}/{day.day}/{day.year}"
    assert [reading.value for reading in dates(printed, habits_of([f"issued {other}"]))] == [day]


def test_a_thousand_or_a_fraction_goes_by_the_other_numbers_of_the_document():
    assert [reading.value for reading in amounts("1.234")] == [Decimal(1234), Decimal("1.234")]
    assert [reading.value for reading in amounts("1.234", habits_of(["9,99 and 12,50"]))] == [Decimal(1234)]
    assert [reading.value for reading in amounts("1.234", habits_of(["9.99 and 12.50"]))] == [Decimal("1.234")]


@pytest.mark.parametrize(
    ("text", "value"), [("-9,07", "-9.07"), ("5,00-", "-5.00"), ("(5.00)", "-5.00"), ("€ -9,32", "-9.32"), ("−€ 9,32", "-9.32")]
)
def test_a_negative_amount_is_known_by_its_sign_or_brackets(text, value):
    assert next(amounts(text)).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-03-14T10:11:12Z", "2024-03-14T10:11:12+00:00"),
        ("14.03.2024, 15:30 Uhr", "2024-03-14T15:30:00+00:00"),
        ("03/14/2024 3:05 pm +0100", "2024-03-14T15:05:00+01:00"),
        ("March 14, 2024 at 12:00 am", "2024-03-14T00:00:00+00:00"),
    ],
)
def test_a_date_with_a_time_is_a_moment(text, value):
    assert next(datetimes(text)).value == dt.datetime.fromisoformat(value)


def test_account_numbers_are_checked():
    assert [reading[2:4] for reading in ibans("IBAN DE89 3704 0044 0532 0130 00 BIC X")] == [("DE89370400440532013000", 1.0)]
    assert [reading[2:4] for reading in ibans("IBAN DE88 3704 0044 0532 0130 00 BIC X")] == [("DE88370400440532013000", 0.5)]
    assert list(ibans("IBAN DE88 3704 0044 0532")) == []


def test_yes_and_no_are_read_in_both_languages():
    assert [reading.value for text in ("yes nein", "[x]", "[ ]", "Ja") for reading in truths(text)] == [True, False, True, False, True]
