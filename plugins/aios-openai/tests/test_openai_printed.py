"""A value counts as read where it can be read out of the very letters of its quote, and nowhere else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from aios_openai._printed import printed
from hypothesis import given
from hypothesis import strategies as st

UTC = dt.UTC


@pytest.mark.parametrize(
    ("value", "quote", "place"),
    [
        (Decimal("1190.00"), "Gesamt: 1.190,00 EUR", "1.190,00"),
        (Decimal("1234567.8"), "1'234'567.80 CHF", "1'234'567.80"),
        (Decimal("1234.56"), "1 234,56 €", "1 234,56"),
        (Decimal("100000"), "Rs. 1,00,000.00", "1,00,000.00"),
        (Decimal("0.5"), "only ,50", ",50"),
        (Decimal("-5"), "Skonto 5,00-", "5,00-"),
        (Decimal("-5"), "credit (5.00)", "5.00"),
        (Decimal("-5"), "refund -$5.00", "-$5.00"),
        (Decimal("-5"), "- 5.00 EUR", "5.00"),
        (Decimal("5"), "Hours - 5.00", "5.00"),
        (Decimal("5"), "so many (5)", "5"),
        (Decimal("0.19"), "VAT 19 %", "19"),
        (1234, "1.234 pieces", "1.234"),
        (Decimal("1.234"), "1.234 kg", "1.234"),
        (7, "No. RE-7", "7"),
        (7, "No. 007", "007"),
        (dt.date(2024, 3, 14), "14.03.2024", "14.03.2024"),
        (dt.date(2024, 3, 14), "on 3/14/24.", "3/14/24"),
        (dt.date(2024, 3, 14), "14. März 2024", "14. März 2024"),
        (dt.date(2024, 3, 14), "March 14th, 2024", "March 14th, 2024"),
        (dt.date(2024, 3, 14), "le 14 mars 2024", "14 mars 2024"),
        (dt.date(2024, 3, 14), "14 de marzo de 2024", "14 de marzo de 2024"),
        (dt.date(2024, 3, 14), "14-Mar-24", "14-Mar-24"),
        (dt.date(2024, 3, 14), "20240314", "20240314"),
        (dt.datetime(2024, 3, 14, 15, 5, tzinfo=UTC), "2024-03-14 15:05", "2024-03-14 15:05"),
        (dt.datetime(2024, 3, 14, 15, 5, tzinfo=UTC), "3/14/2024 at 3:05 PM", "3/14/2024 at 3:05 PM"),
        (dt.datetime(2024, 3, 14, tzinfo=UTC), "14.03.2024", "14.03.2024"),
        (True, "Paid: yes", "yes"),
        (False, "Bezahlt: Nein", "Nein"),
        ("Glas & Rahmen GmbH", "GLAS & RAHMEN\nGmbH, Wien", "GLAS & RAHMEN\nGmbH"),
        ("Ring 1, 1010 Wien", "Ring 1\n1010 Wien", "Ring 1\n1010 Wien"),
        ("Übung 🪟", "eine Übung 🪟!", "Übung 🪟"),
    ],
)  # fmt: skip
def test_a_value_is_found_in_the_form_in_which_it_is_printed(value: object, quote: str, place: str) -> None:
    found = printed(value, quote)  # type: ignore[arg-type]
    assert found is not None
    assert quote[slice(*found)] == place


@pytest.mark.parametrize(
    ("value", "quote"),
    [
        (Decimal("190.00"), "1.190,00"),
        (Decimal("190"), "1,190"),
        (Decimal("1.19"), "1.190,00"),
        (Decimal("5"), "5,00-"),
        (Decimal("-5"), "5,00"),
        (Decimal("-5"), "3-5"),
        (12, "12,50"),
        (12, "112"),
        (dt.date(2024, 3, 14), "14.03.2023"),
        (dt.date(2024, 3, 14), "14. May 2024"),
        (dt.date(2024, 3, 14), "114.03.2024"),
        (dt.datetime(2024, 3, 14, 15, 5, tzinfo=UTC), "14.03.2024 15:06"),
        (dt.datetime(2024, 3, 14, tzinfo=UTC), "14.03.2024 15:06"),
        (True, "[ ] yes [ ] no"),
        (True, "paid"),
        ("INV-1", "INV-12"),
        ("INV-1", "XINV-1"),
        ("repair", "Reparatur"),
        ("|", "|"),
    ],
)
def test_what_cannot_be_read_out_of_a_quote_is_not(value: object, quote: str) -> None:
    assert printed(value, quote) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text", "quote"),
    [(2, "am 14.03.2026", "2"), (5, "Skonto 5,00-", "5,00"), (Decimal("190"), "1.190,00", "190,00"), ("Glas", "Glaserei", "Glas")],
)
def test_a_quote_that_cuts_a_word_says_what_the_whole_word_says(value: object, text: str, quote: str) -> None:
    start = text.rindex(quote)
    assert printed(value, text, start, start + len(quote)) is None  # type: ignore[arg-type]


@given(value=st.decimals(-(10**9), 10**9, places=2), before=st.text(" abc:", max_size=5), mark=st.sampled_from([",.", ".,", "'."]))
def test_every_amount_that_was_printed_is_read_again(value: Decimal, before: str, mark: str) -> None:
    text = f"{value:,.2f}".translate({ord(","): mark[0], ord("."): mark[1]})
    quote = f"{before} {text} EUR"
    found = printed(value, quote)
    assert found is not None
    assert quote[slice(*found)] in (text, text.removeprefix("-"))


@given(value=st.dates(), form=st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d %B %Y", "%b %d, %Y"]))
def test_every_date_that_was_printed_is_read_again(value: dt.date, form: str) -> None:
    text = value.strftime(form.replace("%Y", f"{value.year:04d}"))
    found = printed(value, f"Date: {text}.")
    assert found == (6, 6 + len(text))


@given(value=st.one_of(st.text(min_size=1), st.integers(), st.decimals(allow_nan=False, allow_infinity=False), st.dates()), quote=st.text())
def test_a_place_always_lies_in_its_quote(value: object, quote: str) -> None:
    found = printed(value, quote)  # type: ignore[arg-type]
    assert found is None or 0 <= found[0] < found[1] <= len(quote)
