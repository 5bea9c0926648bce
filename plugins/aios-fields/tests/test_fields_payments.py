"""Totals held against what else a page says was paid, and shops told by their letterheads."""

from __future__ import annotations

import sys
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from aios_fields import Fields
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from aios_sdk import Document, Field, PageInfo, PageText
from aios_sdk.records import check_spans

sys.path.append(str(Path(__file__).parent))

from made_receipts import page


class Bill(BaseModel):
    total: Decimal


class Sums(BaseModel):
    net: Decimal
    tax: Decimal
    total: Decimal


class Shop(BaseModel):
    company: str


@cache
def reader(model: type[BaseModel]) -> Fields:
    return Fields(Fields.Config(output=model))


def read(model: type[BaseModel], document: Document) -> dict[str, Field]:
    extraction = reader(model).extract(document)
    assert list(check_spans(document, document.stamp("s", extraction))) == []
    return {field.path: field for field in extraction.fields}


def total(*lines: str) -> tuple[Decimal, float]:
    field = read(Bill, Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content="\n".join(lines)),)))["total"]
    assert isinstance(field.value, Decimal)
    assert field.confidence is not None
    return field.value, field.confidence


@pytest.mark.parametrize(
    ("lines", "paid"),
    [
        (("Total: 48.16", "Rounding: -0.01", "Total due: 48.15"), "48.15"),
        (("Total sales incl. GST: 26.11", "Rounding adj: -0.01", "After rounding 26.10"), "26.10"),
        (("Summe: 9,98 CHF", "Rundungsdifferenz: 0,02", "Zu zahlen: 10,00 CHF"), "10.00"),
    ],
)
def test_what_a_total_is_rounded_to_is_what_was_paid(lines, paid):
    assert total(*lines)[0] == Decimal(paid)


def test_an_amount_that_only_happens_to_be_near_is_no_rounding():
    assert total("Tea 26.10", "Total: 26.11")[0] == Decimal("26.11")
    assert total("Rounding: 0.00", "Cash: 30.00", "Total: 26.11")[0] == Decimal("26.11")


def test_neither_nothing_nor_the_tax_is_the_total_though_a_table_of_taxes_says_so():
    taxes = ("Total amt incl. GST @ 6%:  79.50", "Total amt payable:  79.50", "GST summary  Amount  Tax", "Total   75.00   4.50")
    assert total(*taxes)[0] == Decimal("79.50")
    assert total("Sales:  327.00", "Total sales:  327.00", "Total:  0.00", "Discount:  0.00", "Total:  0.00")[0] == Decimal("327.00")


def test_how_many_things_were_bought_is_not_the_total():
    assert total("Total items: 3", "Total qty: 5", "Total: 15.00")[0] == Decimal("15.00")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("Net 24.00", "GST 6% 1.44"), "the tax that was added"),
        (("Cash 30.00", "Change 4.56"), "the change that was given"),
        (("Total food: 20.00", "Total drinks: 5.44"), "the parts"),
    ],
)
def test_a_total_is_surer_where_other_amounts_bear_it_out(more, told):
    found, sure = total("Total: 25.44", *more)
    other, less = total("Total: 25.44", *(line.replace("4", "3") for line in more))
    assert found == other == Decimal("25.44")
    assert sure > less, told


def test_net_tax_and_total_that_agree_stay_though_less_was_paid():
    lines = ("Net amount: 24.00", "GST: 1.44", "Total: 25.44", "Rounding: 0.01", "To pay: 25.45")
    document = Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content="\n".join(lines)),))
    assert {path: field.value for path, field in read(Sums, document).items()} == {
        "net": Decimal("24.00"),
        "tax": Decimal("1.44"),
        "total": Decimal("25.44"),
    }


LABELS = ("Total", "Grand total", "Net amount", "Subtotal", "GST", "Tax", "Cash", "Change", "Rounding", "Amount due", "Item")
LINES = st.lists(
    st.tuples(st.sampled_from(LABELS), st.decimals(-99, 999, places=2) | st.decimals(0, 10**40, places=2) | st.just(Decimal("0.00"))),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60)
@example([("Total", Decimal(10)), ("Net amount", Decimal(9)), ("Net amount", Decimal(8)), ("Net amount", Decimal(8)), ("Tax", Decimal(5))])
@given(LINES)
def test_whatever_amounts_contradict_each_other_the_confidence_is_one(lines):
    content = "\n".join(f"{label}: {amount}" for label, amount in lines)
    document = Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=content),))
    for model in (Bill, Sums):
        for field in read(model, document).values():
            assert field.confidence is not None
            assert 0.0 <= field.confidence <= 1.0


LETTERHEAD = """\
          MIRA FOODS
     12 Mill Lane, Riverside
       40300 Shah Alam
      Tel: 03-5001 1234
Tea               9.00
{}
"""


@pytest.mark.parametrize(
    "last", ["THANK YOU. PLEASE COME AGAIN.", "Goods sold are not returnable", "SIT WWW.MIRAFEEDBACK.COM.MY", "YOUR OPINION MATTERS"]
)
def test_the_shop_is_what_stands_above_its_address_in_a_centred_letterhead(last):
    found = read(Shop, page(*LETTERHEAD.format(last).splitlines()))["company"]
    assert found.value == "MIRA FOODS"
    alone = read(Shop, page("          MIRA FOODS", "", "", "Tea               9.00", last))["company"]
    assert found.confidence is not None
    assert alone.confidence is not None
    assert found.confidence > alone.confidence


@pytest.mark.parametrize("name", ["MIRA CO. (M) BHD", "MIRA CONFECTIONERY S/B", "Mira Foods Berhad", "MIRA FOODS SDN.BHD."])
def test_the_form_of_a_malaysian_company_ends_its_name(name):
    assert read(Shop, page(f"{name} 273500-U (KGJ)", "12 Mill Lane", "40300 Shah Alam"))["company"].value == name.rstrip()


def test_the_short_form_of_a_name_speaks_for_the_whole():
    lines = ("MIRA", "Wir backen", "Hauptstrasse 9", "10115 Berlin", "Tel: 030 123", "", "", "", "Mira Foods GmbH")
    field = read(Shop, page(*lines))["company"]
    assert field.value == "Mira Foods GmbH"
    assert "MIRA" not in [other.value for other in field.alternatives]
