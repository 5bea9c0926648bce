"""Invoices of several languages and layouts: who sent them, the parts of nested models, and sums that agree."""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from aios_fields import Address, Fields, VatId
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from aios_sdk import Box, Document, PageInfo, PageText, Words
from aios_sdk.records import check_spans

sys.path.append(str(Path(__file__).parent))

from invoice_samples import INVOICES


class Invoice(BaseModel):
    number: str
    date: dt.date
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    seller: str


class Party(BaseModel):
    name: str
    address: Address | None = None
    vat_id: VatId | None = None


class Deal(BaseModel):
    seller: Party
    buyer: Party


class Sums(BaseModel):
    net: Decimal
    tax: Decimal
    total: Decimal


class Sender(BaseModel):
    seller: str


def typed(text: str) -> Document:
    return Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text),))


@cache
def reader(model: type[BaseModel]) -> Fields:
    return Fields(Fields.Config(output=model))


def read(model: type[BaseModel], text: str) -> dict[str, object]:
    document = typed(text)
    extraction = reader(model).extract(document)
    assert list(check_spans(document, document.stamp("s", extraction))) == []
    return {field.path: field.value for field in extraction.fields}


def confidences(text: str) -> dict[str, float]:
    fields = Fields(Fields.Config(output=Sums)).extract(typed(text)).fields
    return {field.path: field.confidence or 0.0 for field in fields}


@pytest.mark.parametrize("language", INVOICES)
def test_an_invoice_is_understood_in(language):
    text, truth = INVOICES[language]
    values = read(Invoice, text)
    assert {path: values.get(path) for path in truth} == truth


SECTIONS = """\
Verkäufer
Nummer:          549910
Name:            Lieferant GmbH
Anschrift:       Lieferantenstraße 20
                 DE 80333 München
USt.-Id.-Nr.:    DE136695976

Käufer/Leistungsempfänger
Name:            Kunden AG Mitte
Anschrift:       Kundenstraße 15
                 DE 69876 Frankfurt
USt.-Id.-Nr.:    DE123456788
"""


def test_the_fields_of_a_nested_model_are_looked_for_in_its_part_of_the_document():
    assert read(Deal, SECTIONS) == {
        "seller.name": "Lieferant GmbH",
        "seller.address": "Lieferantenstraße 20, DE 80333 München",
        "seller.vat_id": "DE136695976",
        "buyer.name": "Kunden AG Mitte",
        "buyer.address": "Kundenstraße 15, DE 69876 Frankfurt",
        "buyer.vat_id": "DE123456788",
    }


def test_a_single_field_for_the_seller_takes_the_name_in_the_sellers_part():
    assert read(Sender, SECTIONS) == {"seller": "Lieferant GmbH"}


def test_the_address_of_a_party_follows_its_name():
    american = {"seller.address": "1200 Ocean Ave, Santa Cruz, CA 95060", "buyer.address": "88 Pine St, Monterey, CA 93940"}
    assert american.items() <= read(Deal, INVOICES["American"][0]).items()
    letter = {"seller.address": "Brotgasse 7, 50667 Köln", "buyer.name": "Peter Maler"}
    assert letter.items() <= read(Deal, INVOICES["German letter"][0]).items()


def test_the_number_that_only_the_seller_prints_is_not_the_buyers():
    values = read(Deal, INVOICES["French"][0])
    assert values["seller.vat_id"] == "FR83404833048"
    assert "buyer.vat_id" not in values


def test_two_parts_stand_beside_each_other():
    text = "FROM: Company ABC              TO: John Doe\nADDRESS: 1 Main Street         ADDRESS: 2 Main Street\n"
    assert read(Deal, text)["seller.name"] == "Company ABC"
    assert read(Deal, text)["buyer.name"] == "John Doe"


def test_the_first_line_of_a_name_may_stand_above_the_line_of_its_label():
    lines = [(0.1, 0.10, "Verkäufer"), (0.1, 0.13, "Nummer:"), (0.4, 0.13, "12"), (0.4, 0.16, "Musterhafter")]
    lines += [(0.1, 0.178, "Name:"), (0.4, 0.178, "Versicherungsverein a.G."), (0.1, 0.21, "Ort:"), (0.4, 0.21, "Köln")]
    content = "\n".join(word for _, _, word in lines)
    text = PageText(page=0, content=content)
    places, position = [], 0
    for x, y, line in lines:
        for word in line.split(" "):
            start = content.index(word, position)
            left = x + 0.008 * (start - position)
            places.append((start, start + len(word), Box.of(left, y, left + 0.008 * len(word), y + 0.01), None))
        position += len(line) + 1
    document = Document.of(pages=(PageInfo(index=0, width=600, height=600),), text=(text,), words=(Words.build(text, places),))
    (field,) = Fields(Fields.Config(output=Sender)).extract(document).fields
    assert field.value == "Musterhafter Versicherungsverein a.G."
    assert [span.quote for span in field.spans] == ["Musterhafter", "Versicherungsverein a.G."]


@pytest.mark.parametrize(
    ("text", "seller"),
    [
        ("Sold by: WS Retail Pvt. Ltd., 42 High Road, Bangalore\nBill to: Acme Ltd\n", "WS Retail Pvt. Ltd."),
        (
            "Invoice\n\n\n\nBill to:\nAcme Ltd\n1 Main Road\nLeeds LS1 4AB\n\n\n\nThank you!\nNorth Supplies plc, VAT GB980780684\n",
            "North Supplies plc",
        ),
        ("Lieferant GmbH\nWeg 1\n12345 Ort\nTel. 030 123\n\n\n\nRechnung an\nKunde AG\nPfad 2\n54321 Stadt\n", "Lieferant GmbH"),
        ("Steel & Sons\nwww.steel-sons.com\n\n\nInvoice\n\n\nTo:\nMr. Jones\n", "Steel & Sons"),
    ],
)
def test_who_sent_it_is_told_from_who_got_it(text, seller):
    assert read(Sender, text) == {"seller": seller}


@pytest.mark.parametrize("text", ["Invoice\nTotal: 5.00", "Please call us about your order.", "Bill to:\nAcme Ltd\n1 Main Road", "GmbH"])
def test_who_sent_it_is_not_made_up(text):
    assert read(Sender, text) == {}


def test_amounts_that_agree_are_surer_and_those_that_contradict_each_other_less_sure():
    agreed = confidences("Net: 100.00 EUR\nVAT: 19.00 EUR\nTotal: 119.00 EUR\n")
    contradicted = confidences("Net: 100.00 EUR\nVAT: 19.00 EUR\nTotal: 191.00 EUR\n")
    for path in ("net", "tax", "total"):
        assert agreed[path] > 0.9
        assert contradicted[path] < 0.8


def test_the_sum_decides_between_two_amounts_that_labels_leave_open():
    text = "Exclusief BTW    € 593,36      Subtotaal    € 717,97\nBTW 21%          € 124,61\nTotaal           € 717,97\n"
    assert read(Sums, text) == {"net": Decimal("593.36"), "tax": Decimal("124.61"), "total": Decimal("717.97")}


def test_an_amount_without_a_label_is_taken_where_the_two_others_ask_for_it():
    values = read(Sums, "Window       8.41 EUR\nVAT          0.59 EUR\nTotal        9.00 EUR\n")
    assert values == {"net": Decimal("8.41"), "tax": Decimal("0.59"), "total": Decimal("9.00")}
    assert "net" not in read(Sums, "Window       8.40 EUR\nVAT          0.59 EUR\nTotal        9.00 EUR\n")


_cents = st.integers(1, 99_999_999)


@settings(deadline=None, max_examples=60)
@given(net=_cents, rate=st.sampled_from([5, 7, 10, 19, 20, 21, 22, 25]), other=_cents)
def test_three_amounts_that_agree_are_never_taken_for_others(net, rate, other):
    tax = max(1, net * rate // 100)
    values = {"net": Decimal(net) / 100, "tax": Decimal(tax) / 100, "total": Decimal(net + tax) / 100}
    lines = [f"Subtotal: {values['net']:.2f} EUR", f"VAT: {values['tax']:.2f} EUR", f"Total: {values['total']:.2f} EUR"]
    found = read(Sums, "\n".join([f"Amount due: {Decimal(other) / 100:.2f} EUR", *lines]))
    assert found == values
