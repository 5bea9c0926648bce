"""Which printed forms count as a value, and which do not."""

import datetime as dt
from decimal import Decimal

import pytest
from aios_pdf._printed import PrintedPages

from aios_sdk import Box, Field, PageText, Span, Words

XML = Span(artifact="xml", page=0, start=0, end=1, quote="x")


def page_of(*lines: str) -> tuple[PageText, Words]:
    """A page with ``lines`` below each other, every character one hundredth of it wide."""
    text = PageText(page=0, content="\n".join(lines))
    words, start = [], 0
    for number, line in enumerate(lines):
        at = 0
        for word in line.split():
            at = line.index(word, at)
            words.append((start + at, start + at + len(word), Box(at / 100, number / 20, (at + len(word)) / 100, number / 20 + 0.03), None))
            at += len(word)
        start += len(line) + 1
    return text, Words.build(text, words)


def quote_of(path: str, value: object, *lines: str) -> str | None:
    (place,) = PrintedPages([page_of(*lines)]).places([Field(path=path, value=value, spans=(XML,))])
    return place.quote if place else None


@pytest.mark.parametrize("printed", [
    "1234.50", "1234,50", "1.234,50", "1,234.50", "1 234,50", "1'234.50", "1\u202f234,50", "1.234,5", "1234.5000",
])  # fmt: skip
def test_an_amount_is_found_with_any_marks(printed):
    assert quote_of("total", Decimal("1234.50"), f"Total: {printed} EUR") == printed


@pytest.mark.parametrize("printed", ["11234,50", "1234,505", "1234,51", "-1234,50", "1.234,50.7", "1234,500", "234,50"])
def test_what_is_another_amount_is_not_taken(printed):
    assert quote_of("total", Decimal("1234.50"), f"Total: {printed} EUR") is None


@pytest.mark.parametrize(
    ("value", "printed"), [("-8.79", "-8,79"), ("-8.79", "−8.79"), ("1000", "1.000"), ("1000", "1000,-"), ("0.5", "0,50")]
)
def test_signs_whole_numbers_and_fractions(value, printed):
    assert quote_of("total", Decimal(value), f"Total {printed}") == printed


def test_a_thousand_is_not_one_with_three_zeros():
    assert quote_of("total", Decimal("1"), "Total 1.000") is None
    assert quote_of("total", Decimal("1.500"), "Total 1.500") is None
    assert quote_of("total", Decimal("1.505"), "Total 1,505") == "1,505"


def test_a_payment_may_be_printed_as_a_deduction_and_is_only_taken_beside_its_label():
    assert quote_of("paid", Decimal("50.00"), "Bereits gezahlt -50,00") == "-50,00"
    assert quote_of("paid", Decimal("0.00"), "Rabatt 0,00") is None


@pytest.mark.parametrize("printed", [
    "05.03.2018", "5.3.2018", "5. März 2018", "05 Mar 2018", "March 5, 2018", "5th March 2018", "2018-03-05", "05/03/2018", "03/05/2018",
    "05.03.18",
])  # fmt: skip
def test_a_date_is_found_in_german_english_and_iso(printed):
    assert quote_of("date", dt.date(2018, 3, 5), f"Datum {printed}") == printed


@pytest.mark.parametrize("printed", ["15.03.2018", "05.03.2019", "2018-03-051", "05.03.20181"])
def test_another_date_is_not_taken(printed):
    assert quote_of("date", dt.date(2018, 3, 5), f"Datum {printed}") is None


def test_a_due_date_needs_its_label_left_of_it_or_above():
    assert quote_of("due_date", dt.date(2018, 3, 5), "Rechnung vom 05.03.2018") is None
    assert quote_of("due_date", dt.date(2018, 3, 5), "zahlbar bis 05.03.2018") == "05.03.2018"
    assert quote_of("due_date", dt.date(2018, 3, 5), "Fälligkeit", "05.03.2018") == "05.03.2018"


def test_text_is_found_whole_across_lines_and_spaces():
    assert quote_of("seller.name", "Lieferant GmbH", "Name: LIEFERANT", "GmbH") == "LIEFERANT\nGmbH"
    assert quote_of("number", "471", "Nr. 4711") is None
    assert quote_of("iban", "DE75512108001245126199", "IBAN DE75 5121 0800 1245 1261 99") == "DE75 5121 0800 1245 1261 99"


def test_codes_that_are_not_printed_as_such_are_not_looked_for():
    assert quote_of("type_code", "380", "Article 380") is None


def test_values_of_a_line_are_taken_from_the_row_of_its_description_only():
    paths = ("description", "quantity", "unit_price", "total")
    values = [("Nail", "7", "1.00", "7.00"), ("Hammer", "1", "9.00", "9.00")]
    fields = [
        Field(path=f"lines[{number}].{name}", value=value if name == "description" else Decimal(value), spans=(XML,))
        for number, row in enumerate(values)
        for name, value in zip(paths, row, strict=True)
    ]
    text, words = page_of("1 Nail   7   1.00   7 %   7.00", "", "2 Hammer   1   9.00   7 %   9.00", "", "", "", "Sum 16.00 of 7 and 9.00")
    places = PrintedPages([(text, words)]).places(fields)
    starts = [place.start if place else None for place in places]
    first, second = text.content.index("Nail"), text.content.index("Hammer")
    assert starts == [
        first, first + 7, first + 11, first + 24,
        second, second + 9, second + 13, second + 26,
    ]  # fmt: skip


def test_without_its_description_nothing_of_a_line_is_taken():
    assert quote_of("lines[0].quantity", Decimal("7"), "Sum of 7 articles") is None


def test_long_documents_are_not_searched():
    pages = [page_of("Total 5.00")] * 101
    (place,) = PrintedPages(pages).places([Field(path="total", value=Decimal("5.00"), spans=(XML,))])
    assert place is None


def test_a_positive_amount_is_not_the_one_with_a_minus_before_it():
    assert quote_of("total", Decimal("5.00"), "Total - 5,00") is None
    assert quote_of("total", Decimal("234.50"), "Total 1", "234,50") == "234,50"
