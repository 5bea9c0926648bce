"""Lists of items: from tables, and from words below the heads of columns."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache

import pytest
from aios_fields import Fields
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from aios_sdk import ConfigurationError, Document, PageInfo, PageText, Registry, Table
from aios_sdk.records import check_spans


class Line(BaseModel):
    description: str
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    tax_rate: Decimal | None = None
    total: Decimal


class Invoice(BaseModel):
    number: str
    lines: list[Line]


class Trip(BaseModel):
    day: dt.date
    km: int = Field(alias="kilometres")


class Logbook(BaseModel):
    trips: tuple[Trip, ...] = Field(alias="Fahrten")


def typed(text: str, tables: tuple[Table, ...] = ()) -> Document:
    return Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text),), tables=tables)


@cache
def reader(model: type[BaseModel]) -> Fields:
    return Fields(Fields.Config(output=model))


def read(model: type[BaseModel], document: Document) -> dict[str, object]:
    extraction = reader(model).extract(document)
    assert list(check_spans(document, document.stamp("s", extraction))) == []
    return {field.path: field.value for field in extraction.fields}


def lines(values: dict[str, object]) -> list[dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for path, value in values.items():
        if path.startswith("lines["):
            item, _, name = path.partition(".")
            found.setdefault(item, {})[name] = value
    assert list(found) == [f"lines[{number}]" for number in range(len(found))]
    return list(found.values())


INVOICE = """\
Rechnungsnummer: 4711

Pos.  Bezeichnung              Menge     Einzelpreis    MwSt.    Gesamt
1     Trennblätter A4          20 Stk    9,90           19 %     198,00
      mit Lochung
      GTIN 4012345001235
2     Joghurt Banane           50 Stk    5,50           7 %      275,00

      Nettobetrag                                                473,00
      Steuerbetrag                                               56,87
      Gesamtbetrag                                               529,87
"""


def test_the_lines_of_an_invoice_are_read_below_the_heads_of_their_columns():
    assert lines(read(Invoice, typed(INVOICE))) == [
        {
            "description": "Trennblätter A4",
            "quantity": Decimal(20),
            "unit_price": Decimal("9.90"),
            "tax_rate": Decimal(19),
            "total": Decimal("198.00"),
        },
        {
            "description": "Joghurt Banane",
            "quantity": Decimal(50),
            "unit_price": Decimal("5.50"),
            "tax_rate": Decimal(7),
            "total": Decimal("275.00"),
        },
    ]


def test_a_pipeline_is_told_the_paths_of_items():
    config = Fields.Config(output=Invoice)
    assert Fields.provides(config).fields == {
        "number": "text",
        "lines[*].description": "text",
        "lines[*].quantity": "decimal",
        "lines[*].unit_price": "decimal",
        "lines[*].tax_rate": "decimal",
        "lines[*].total": "decimal",
    }


def test_a_line_whose_product_agrees_is_surer():
    fields = {
        field.path: field for field in Fields(Fields.Config(output=Invoice)).extract(typed(INVOICE.replace("275,00", "276,00"))).fields
    }
    assert (fields["lines[0].total"].confidence or 0) > 0.93 > 0.9 > (fields["lines[1].total"].confidence or 0)


def test_what_stands_in_a_second_row_of_a_line_belongs_to_it():
    rows = [
        "Beschreibung         Menge      Betrag",
        "Miettage             2 Tage",
        f"{'173,10':>38}",
        "Vollkasko            2",
        f"{'46,20':>38}",
    ]
    text = "\n".join(rows)
    assert lines(read(Invoice, typed(text))) == [
        {"description": "Miettage", "quantity": Decimal(2), "total": Decimal("173.10")},
        {"description": "Vollkasko", "quantity": Decimal(2), "total": Decimal("46.20")},
    ]


@pytest.mark.parametrize(
    "head",
    [
        "Description             Qty       Unit price     Amount",
        "Désignation             Qté       P.U. HT        Montant HT",
        "Omschrijving            Aantal    Prijs          Totaal",
        "Concepto                Cantidad  Precio         Importe",
        "Descrizione             Quantità  Prezzo         Importo",
    ],
)
def test_the_heads_of_columns_are_known_in_several_languages(head):
    text = f"{head}\nOak door                2         100.00         200.00\n"
    assert lines(read(Invoice, typed(text))) == [
        {"description": "Oak door", "quantity": Decimal(2), "unit_price": Decimal("100.00"), "total": Decimal("200.00")}
    ]


def test_the_items_of_any_model_are_found_by_its_own_names():
    text = "Day           Kilometres\n2024-01-31    120\n2024-02-01    80\n"
    assert read(Logbook, typed(text)) == {
        "trips[0].day": dt.date(2024, 1, 31),
        "trips[0].km": 120,
        "trips[1].day": dt.date(2024, 2, 1),
        "trips[1].km": 80,
    }


def test_items_come_from_a_table_with_the_places_of_their_cells(tmp_path):
    rows = [
        ["Item", "Qty", "Unit Price", "Line total"],
        ["Door", 2, Decimal("100.50"), Decimal("201.00")],
        ["Hinge", 4, None, Decimal("8.00")],
    ]
    table = Table.from_rows(rows, tmp_path / "table.parquet", name="lines")
    document = typed("Invoice number: 5", (table,))
    fields = {field.path: field for field in Fields(Fields.Config(output=Invoice)).extract(document).fields}
    assert lines(read(Invoice, document)) == [
        {"description": "Door", "quantity": Decimal(2), "unit_price": Decimal("100.50"), "total": Decimal("201.00")},
        {"description": "Hinge", "quantity": Decimal(4), "total": Decimal("8.00")},
    ]
    (span,) = fields["lines[1].total"].spans
    assert (span.artifact, span.row, span.column) == (table.artifact, 1, 3)


def test_a_table_of_something_else_holds_no_items(tmp_path):
    table = Table.from_rows([["City", "Population"], ["Bonn", 300], ["Ulm", 120]], tmp_path / "table.parquet", name="cities")
    assert lines(read(Invoice, typed("Invoice number: 5", (table,)))) == []


def test_constraints_of_the_model_hold_for_items():
    class Positive(BaseModel):
        description: str
        total: Decimal = Field(gt=0)

    class Bill(BaseModel):
        lines: list[Positive]

    text = "Description       Total\nDoor              12.00\nVoucher           -5.00\n"
    assert lines(read(Bill, typed(text))) == [{"description": "Door", "total": Decimal("12.00")}]


class Nested(BaseModel):
    lines: list[Invoice]


class Tags(BaseModel):
    tags: list[str]


class Deep(BaseModel):
    class Outer(BaseModel):
        inner: Line

    outers: list[Outer]


@pytest.mark.parametrize(
    ("model", "told"),
    [(Nested, "is a list within the list lines"), (Tags, "only lists of models"), (Deep, "is a model within the items of outers")],
)
def test_lists_that_cannot_be_looked_for_are_refused_with_the_reason(model, told):
    registry = Registry()
    registry.add(Fields)
    with pytest.raises(ConfigurationError, match=told):
        registry.create("aios.fields", {"output": model})


_line = st.tuples(
    st.text("abcdefghijklmnoprstuvwxyz", min_size=4, max_size=12), st.integers(1, 999), st.integers(1, 999_999), st.integers(1, 9_999_999)
)


@settings(deadline=None, max_examples=40)
@given(st.lists(_line, min_size=1, max_size=6), st.integers(0, 12))
def test_every_line_that_is_printed_is_read_back(printed, indent):
    left = " " * indent
    rows = [f"{left}{'Description':<24}{'Quantity':>10}{'Unit price':>16}{'Amount':>18}"]
    rows += [f"{left}Item {word:<19}{count:>10}{price / 100:>16.2f}{total / 100:>18.2f}" for word, count, price, total in printed]
    assert lines(read(Invoice, typed("\n".join(rows)))) == [
        {"description": f"Item {word}", "quantity": Decimal(count), "unit_price": Decimal(price) / 100, "total": Decimal(total) / 100}
        for word, count, price, total in printed
    ]
