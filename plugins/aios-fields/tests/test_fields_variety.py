"""Ordinary documents of many kinds, as nobody wrote them for these rules: each value, and where it stands."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Literal

import pytest
from aios_fields import Address, Fields
from pydantic import BaseModel

from aios_sdk import Document, Field, PageInfo, PageText


def found(model: type[BaseModel], text: str, **settings: Any) -> dict[str, Field]:
    document = Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text),))
    fields = {field.path: field for field in Fields(Fields.Config(output=model, **settings)).extract(document).fields}
    for field in fields.values():
        for span in field.spans:
            assert text[span.start : span.end] == span.quote
    return fields


def values(model: type[BaseModel], text: str) -> dict[str, Any]:
    return {path: field.value for path, field in found(model, text).items()}


class Payment(BaseModel):
    amount: Decimal


class Dated(BaseModel):
    date: dt.date


class Claim(BaseModel):
    policy_number: str
    claim_number: str | None = None
    date_of_loss: dt.date | None = None
    amount_claimed: Decimal | None = None
    phone: str | None = None
    email: str | None = None


class Form(BaseModel):
    injured: bool
    kind: Literal["fire", "water", "theft"] | None = None


class Receipt(BaseModel):
    company: str
    address: Address | None = None
    total: Decimal


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("Amount: 1 234,56", "1234.56", ""),
        ("Amount: 1 234,50 kr", "1234.50", ""),
        ("Amount: 1 234 567,89 EUR", "1234567.89", "EUR"),
        ("Amount: 500 000 Ft", "500000", "HUF"),
        ("Amount: EUR 1 234,56", "1234.56", "EUR"),
    ],
)
def test_thousands_parted_by_spaces_are_one_number_with_a_currency_or_without(text: str, value: str, currency: str) -> None:
    amount = found(Payment, text)["amount"]
    assert (amount.value, amount.currency) == (Decimal(value), currency)
    assert amount.confidence is not None
    assert amount.confidence > 0.75


def test_minus_is_a_sign_as_a_word_too() -> None:
    assert values(Payment, "Amount: minus 12,00 €")["amount"] == Decimal("-12.00")


def test_a_number_before_an_amount_is_not_its_thousands_where_points_part_them() -> None:
    assert values(Payment, "Amount: 2 500,00\nBalance 1.250,00")["amount"] == Decimal("500.00")
    assert values(Payment, "Amount: 12 2 500,00")["amount"] == Decimal("500.00")


def test_line_items_have_thousands_parted_by_spaces() -> None:
    class Line(BaseModel):
        description: str
        quantity: Decimal
        unit_price: Decimal
        total: Decimal

    class Bill(BaseModel):
        lines: list[Line]

    text = """\
Désignation                 Qté   P.U.         Montant
Porte chêne massif          2     1 250,00     2 500,00
Pose                        1     480,00       480,00

Total HT            2 980,00
"""
    bill = values(Bill, text)
    assert (bill["lines[0].quantity"], bill["lines[0].unit_price"], bill["lines[0].total"]) == (2, 1250, 2500)


def test_an_address_or_a_telephone_number_of_the_united_states_speaks_for_the_month_before_the_day() -> None:
    read = values(Dated, "Blue Heron LLC\nPhiladelphia, PA 19103\nDate: 03/04/2025")
    assert read["date"] == dt.date(2025, 3, 4)
    assert values(Dated, "Phone (216) 229-0749\nDate: 03/04/2025")["date"] == dt.date(2025, 3, 4)
    assert values(Dated, "D-19103 Schwerin\nDate: 03/04/2025")["date"] == dt.date(2025, 4, 3)


def test_that_is_only_likely_and_other_dates_of_the_document_tell_better() -> None:
    unsure = found(Dated, "Philadelphia, PA 19103\nDate: 03/04/2025")["date"]
    assert [other.value for other in unsure.alternatives] == ["2025-04-03"]
    assert values(Dated, "Philadelphia, PA 19103\nDate: 03/04/2025\nDue: 25/04/2025")["date"] == dt.date(2025, 4, 3)


@pytest.mark.parametrize("text", ["4 de março de 2025", "04MAR2025", "04Mar25", "2025年3月4日", "2025년 3월 4일"])
def test_dates_are_written_in_more_ways(text: str) -> None:
    assert values(Dated, f"Date: {text}")["date"] == dt.date(2025, 3, 4)


def test_a_code_that_begins_like_a_label_is_read_whole() -> None:
    class Order(BaseModel):
        order_number: str

    assert values(Order, "Order number: PO-1001") == {"order_number": "PO-1001"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Policy number: PHV 12.345.678-9", "PHV 12.345.678-9"),
        ("Policy number\nPHV 12.345.678-9", "PHV 12.345.678-9"),
        ("Policy no. HO 554221 of 2 May", "HO 554221"),
        ("Policy number: 4711 0815 22", "4711 0815 22"),
        ("Policy number: INV 2025 0042", "INV 2025 0042"),
        ("Policy number: 6 123 456 789", "6 123 456 789"),
        ("Policy number: RE 4711 12.03.2025", "RE 4711"),
        ("Policy number: No. 4711", "4711"),
        ("Policy number: NO 4711", "4711"),
        ("Policy number: 4711, 12,00 each", "4711"),
    ],
)
def test_a_number_with_spaces_in_it_is_read_whole(text: str, number: str) -> None:
    assert values(Claim, text)["policy_number"] == number


def test_the_number_of_what_stands_between_is_not_that_of_what_stands_before() -> None:
    text = "I am writing to report a claim under my policy no. HO-554-221 (claim ref. C/2024/889)."
    assert values(Claim, text) == {"policy_number": "HO-554-221", "claim_number": "C/2024/889"}


def test_french_claims_have_their_words() -> None:
    text = """\
Déclaration de sinistre
N° de contrat : 88123-K
N° de sinistre : S-2025-0017
Date du sinistre : 01/02/2025
Montant réclamé : 1 234,56 €
Tél. : 06 12 34 56 78
Courriel : luc@example.fr
"""
    assert values(Claim, text) == {
        "policy_number": "88123-K",
        "claim_number": "S-2025-0017",
        "date_of_loss": dt.date(2025, 2, 1),
        "amount_claimed": Decimal("1234.56"),
        "phone": "06 12 34 56 78",
        "email": "luc@example.fr",
    }


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("My phone number is 0151 5550123.", "0151 5550123"),
        ("Tel.: +49 (0)30 123456-78 Fax: +49 30 12345", "+49 (0)30 123456-78"),
        ("Phone: (555) 201-8890 ext. 12", "(555) 201-8890"),
        ("Phone: n/a", None),
        ("Phone us on 2025-03-04", None),
    ],
)
def test_a_telephone_number_is_its_digits_and_signs(text: str, number: str | None) -> None:
    assert values(Claim, text).get("phone") == number


@pytest.mark.parametrize(
    ("text", "injured"),
    [
        ("Injured: no", False),
        ("Injured: No.\nWitnesses: 3", False),
        ("Injured: [ ] yes [x] no", False),
        ("Injured: [ ] no [x] yes", True),
        ("Injured: yes ☒  no ☐", True),
        ("Injured: ja ☐ nein ☑", False),
        ("Injured: oui ( ) non (x)", False),
        ("Injured: [x]", True),
        ("Injured: [ ] yes [ ] no", None),
        ("Injured: unknown", None),
    ],
)
def test_of_yes_and_no_the_one_counts_that_is_ticked(text: str, injured: bool | None) -> None:
    assert values(Form, text).get("injured") is injured


def test_of_choices_the_one_counts_that_is_ticked() -> None:
    assert values(Form, "Kind:  [ ] fire  [x] water  [ ] theft")["kind"] == "water"
    assert "kind" not in values(Form, "Kind:  [ ] fire  [ ] water  [ ] theft")


def test_the_total_of_a_receipt_is_not_what_was_sold_at_one_rate_of_tax() -> None:
    text = """\
Muster Markt GmbH
Hauptstraße 22
50667 Köln

Bio Vollmilch          1,29 A
Bananen                2,04 A
Pfand                  0,25 B
SUMME         EUR      3,58
Geg. BAR      EUR      5,00
Rückgeld BAR  EUR      1,42

Steuer %   Netto  Steuer  Brutto
A 7,0%     3,11   0,22    3,33
B 19,0%    0,21   0,04    0,25
"""
    read = values(Receipt, text)
    assert (read["total"], read["address"]) == (Decimal("3.58"), "Hauptstraße 22, 50667 Köln")


def test_a_word_in_an_address_that_could_be_a_label_does_not_end_it() -> None:
    class Bill(Receipt):
        date: dt.date

    assert values(Bill, "BOULANGERIE MARIE\n3 place du Marché 69002 Lyon\nTicket 00451   le 05/06/24\nTOTAL TTC  3,40 EUR")["address"] == (
        "3 place du Marché 69002 Lyon"
    )


def test_lines_of_an_address_that_end_with_a_comma_are_joined_by_one_and_a_number_of_the_register_is_no_part_of_it() -> None:
    text = "Mira Foods Sdn Bhd\n(742016-W)\n129, Jalan Lama,\n50000 Kuala Lumpur,\nMalaysia\nTOTAL  12.00"
    assert values(Receipt, text)["address"] == "129, Jalan Lama, 50000 Kuala Lumpur, Malaysia"


def test_the_number_of_a_register_after_the_name_of_a_tax_is_no_amount() -> None:
    class Till(Receipt):
        date: dt.date
        tax: Decimal | None = None

    read = values(Till, "Corner Express\nHigh Street, Oxford\nVAT 220 4302 31\nMILK  1.20\nTOTAL  1.20\n12/11/24 18:02")
    assert "tax" not in read
    assert read["date"] == dt.date(2024, 11, 12)


def test_a_date_without_a_label_is_found_where_the_month_comes_first() -> None:
    assert values(Dated, "1500 N COUNTY RD, ODESSA, TX 79763\nTOTAL  6.98\n04/05/24 10:11:12")["date"] == dt.date(2024, 4, 5)


class Place(BaseModel):
    street: str
    city: str
    postcode: str


@pytest.mark.parametrize(
    "text",
    [
        "Street: 12 High Street\nCity: York\nPostcode: YO1 7HH",
        "Street               Postcode      City\n12 High Street       YO1 7HH       York",
    ],
)
def test_a_value_may_end_with_the_word_that_its_label_is(text: str) -> None:
    assert values(Place, text) == {"street": "12 High Street", "city": "York", "postcode": "YO1 7HH"}


@pytest.mark.parametrize("code", ["50667", "1010 AB", "M5V 2T6", "19103-1234", "114 55", "00-950"])
def test_postcodes_of_many_countries_are_read_whole(code: str) -> None:
    assert values(Place, f"Postcode: {code}")["postcode"] == code


@pytest.mark.parametrize(
    ("text", "rate"), [("Interest rate: 3.5 %", "3.5"), ("Interest rate 3,5% p.a.", "3.5"), ("Interest rate: 0.035", "0.035")]
)
def test_a_rate_is_the_percentage_that_is_printed(text: str, rate: str) -> None:
    class Loan(BaseModel):
        interest_rate: Decimal

    assert values(Loan, text)["interest_rate"] == Decimal(rate)


def test_a_percentage_is_no_amount() -> None:
    assert values(Payment, "Amount: 100 %") == {}


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2025-05-09 14:03 CET", 13),
        ("9 May 2025 at 2:03 pm EDT", 18),
        ("09.05.2025, 14:03 Uhr MESZ", 12),
        ("2025-05-09 14:03", 14),
        ("2025-05-09T14:03Z", 14),
    ],
)
def test_zones_have_names(text: str, hour: int) -> None:
    class Call(BaseModel):
        received: dt.datetime

    assert values(Call, f"Received: {text}")["received"] == dt.datetime(2025, 5, 9, hour, 3, tzinfo=dt.UTC)


def test_a_label_may_go_on_in_brackets() -> None:
    class Outage(BaseModel):
        downtime_minutes: int

    assert values(Outage, "Downtime (minutes): 45")["downtime_minutes"] == 45
    assert values(Outage, "Downtime minutes (estimated): 45")["downtime_minutes"] == 45


def test_the_dates_of_lines_are_not_that_of_the_document() -> None:
    text = """\
Liquidation Nr. 20250417
Datum 14.05.2025

Datum       Ziffer  Leistung        Faktor  Betrag
02.05.2025  1       Beratung        2,3     10,72
02.05.2025  5       Untersuchung    2,3     10,72
"""
    assert values(Dated, text)["date"] == dt.date(2025, 5, 14)
