"""Files and e-invoices inside PDF files."""

import datetime as dt
from decimal import Decimal

import pytest

from aios_sdk import PageText

INVOICE = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" xmlns:ram="urn:ram" xmlns:udt="urn:udt">
  <rsm:ExchangedDocument>
    <ram:ID>RE-7</ram:ID><ram:TypeCode>380</ram:TypeCode>
    <ram:IssueDateTime><udt:DateTimeString format="102">20240305</udt:DateTimeString></ram:IssueDateTime>
  </rsm:ExchangedDocument>
  <rsm:SupplyChainTradeTransaction>
    <ram:IncludedSupplyChainTradeLineItem>
      <ram:SpecifiedTradeProduct><ram:Name>Window 5 mm</ram:Name></ram:SpecifiedTradeProduct>
      <ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>500.00</ram:ChargeAmount></ram:NetPriceProductTradePrice>
      </ram:SpecifiedLineTradeAgreement>
      <ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="C62">2</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery>
      <ram:SpecifiedLineTradeSettlement><ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>1000.00</ram:LineTotalAmount>
      </ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>
    </ram:IncludedSupplyChainTradeLineItem>
    <ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Glas &amp; Rahmen GmbH</ram:Name></ram:SellerTradeParty>
    </ram:ApplicableHeaderTradeAgreement>
    <ram:ApplicableHeaderTradeSettlement>
      <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
      <ram:SpecifiedTradeSettlementHeaderMonetarySummation>
        <ram:TaxBasisTotalAmount>1000.00</ram:TaxBasisTotalAmount><ram:TaxTotalAmount currencyID="EUR">190.00</ram:TaxTotalAmount>
        <ram:GrandTotalAmount>1190.00</ram:GrandTotalAmount><ram:DuePayableAmount>1190.00</ram:DuePayableAmount>
      </ram:SpecifiedTradeSettlementHeaderMonetarySummation>
    </ram:ApplicableHeaderTradeSettlement>
  </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"""
PRINTED = (
    "Glas & Rahmen GmbH",
    "Rechnung RE-7 vom 5. März 2024",
    "Window 5 mm   2   500,00   1.000,00",
    "Netto 1.000,00",
    "Zahlbetrag EUR 1.190,00",
    "Gesamtbetrag EUR 1.190,00",
)


@pytest.fixture
def hybrid(bench):
    return bench.write([bench.page(bench.lines(*PRINTED, top=180))], embedded={"factur-x.xml": INVOICE.encode()})


def test_embedded_files_become_children_with_their_bytes(bench):
    _, children = bench.ingest(bench.write([bench.page()], embedded={"a.txt": b"first", "b.bin": b"\0second", "empty.txt": b""}))
    assert [(child.name, child.data, child.refused) for child in children] == [
        ("a.txt", b"first", ""), ("b.bin", b"\0second", ""), ("empty.txt", b"", ""),
    ]  # fmt: skip


def test_a_file_over_the_limit_is_refused_alone(bench):
    data = bench.write([bench.page(bench.lines("text"))], embedded={"big.bin": b"x" * 11, "small.bin": b"x" * 10})
    document, (big, small) = bench.ingest(data, max_embedded_size=10)
    assert document.text == "text"
    assert (big.data, big.size) == (None, 11)
    assert "11 bytes are over max_embedded_size (10)" in big.refused
    assert (small.data, small.refused) == (b"x" * 10, "")


def test_files_over_the_count_are_refused_one_by_one(bench):
    _, children = bench.ingest(bench.write([bench.page()], embedded={f"{number}.txt": b"x" for number in range(4)}), max_embedded=2)
    assert [bool(child.refused) for child in children] == [False, False, True, True]
    assert "max_embedded (2)" in children[-1].refused


def test_a_file_whose_bytes_are_missing_is_refused_and_not_forgotten(bench):
    _, (child,) = bench.ingest(bench.write([bench.page()], embedded={"gone.txt": None}))
    assert (child.name, child.data) == ("gone.txt", None)
    assert "missing" in child.refused


def test_fields_of_an_embedded_invoice_stand_on_the_page_and_in_the_xml(bench, hybrid):
    document, (child,) = bench.ingest(hybrid)
    assert (child.media_type, child.data) == ("application/xml", INVOICE.encode())
    xml = PageText(page=0, content=INVOICE)
    total = document.layers.fields[[field.path for field in document.layers.fields].index("total")]
    assert (total.value, total.currency, total.confidence) == (Decimal("1190.00"), "EUR", 1.0)
    printed, source = total.spans
    assert (printed.artifact, printed.page, printed.quote) == (document.layers.text[0].artifact, 0, "1.190,00")
    assert document.text[printed.start : printed.end] == "1.190,00"
    assert printed.box == document.pages[0].words.covering(printed.start, printed.end)
    assert (source.artifact, source.quote) == (xml.artifact, "1190.00")
    assert xml.content[source.start : source.end] == source.quote


def test_of_equal_sums_the_one_beside_its_label_is_taken(bench, hybrid):
    document, _ = bench.ingest(hybrid)
    line = {path: document.text[: document.fields[path].spans[0].start].count("\n") for path in ("net", "total", "due", "lines[0].total")}
    assert line == {"net": 3, "due": 4, "total": 5, "lines[0].total": 2}


def test_values_are_found_in_the_form_they_are_printed_in(bench, hybrid):
    document, _ = bench.ingest(hybrid)
    quotes = {field.path: field.quote for field in document.layers.fields if len(field.spans) == 2}
    assert quotes["date"] == "5. März 2024"
    assert document.fields["date"].value == dt.date(2024, 3, 5)
    assert quotes["seller.name"] == "Glas & Rahmen GmbH"
    assert document.fields["seller.name"].spans[1].quote == "Glas &amp; Rahmen GmbH"
    assert [quotes[f"lines[0].{name}"] for name in ("description", "quantity", "unit_price", "total")] == [
        "Window 5 mm",
        "2",
        "500,00",
        "1.000,00",
    ]


def test_what_is_not_printed_keeps_its_span_in_the_xml(bench):
    data = bench.write([bench.page(bench.lines("Invoice 8 of 2024-03-06, 2190.00"))], embedded={"factur-x.xml": INVOICE.encode()})
    document, _ = bench.ingest(data)
    assert {len(field.spans) for field in document.layers.fields} == {1}
    assert document.fields["total"].value == Decimal("1190.00")


def printed(bench, *changes: tuple[str, str], xml: str = INVOICE):
    lines = PRINTED
    for old, new in changes:
        lines = tuple(line.replace(old, new) for line in lines)
    return bench.ingest(bench.write([bench.page(bench.lines(*lines, top=180))], embedded={"factur-x.xml": xml.encode()}))[0]


def test_a_printed_total_that_the_xml_does_not_have_is_a_conflict_with_both_places(bench):
    document = printed(bench, ("Gesamtbetrag EUR 1.190,00", "Gesamtbetrag EUR 1.910,00"))
    total = document.fields["total"]
    assert (total.status, total.value) == ("conflict", None)
    stated, seen = document.fields.all("total")
    assert (stated.value, stated.spans[-1].quote) == (Decimal("1190.00"), "1190.00")
    (span,) = seen.spans
    assert (seen.value, seen.currency, span.quote) == (Decimal("1910.00"), "EUR", "1.910,00")
    assert document.text[span.start : span.end] == "1.910,00"
    assert span.box == document.pages[0].words.covering(span.start, span.end)
    assert document.fields["due"].status == document.fields["net"].status == "agreed"


@pytest.mark.parametrize(("change", "path", "value"), [
    (("Netto 1.000,00", "Netto 900,00"), "net", Decimal("900.00")),
    (("Zahlbetrag EUR 1.190,00", "Zahlbetrag: 119,00 EUR"), "due", Decimal("119.00")),
    (("Rechnung RE-7 vom", "Rechnungsnummer: RE-8"), "number", "RE-8"),
    (("Rechnung RE-7 vom 5. März 2024", "Rechnungsdatum 06.03.2024"), "date", dt.date(2024, 3, 6)),
])  # fmt: skip
def test_other_values_that_are_printed_otherwise_are_conflicts_too(bench, change, path, value):
    document = printed(bench, change)
    assert document.fields[path].status == "conflict"
    assert document.fields.all(path)[-1].value == value


@pytest.mark.parametrize("line", [
    "Gesamtbetrag der Zuschläge 0,00", "Gesamtbetrag Seite 1: 77,00", "Total weight 12.50", "Netto 14 Tage", "Gesamtbetrag EUR siehe oben",
    "Gesamtbetrag EUR 1.190,00 1.910,00", "Nettogewicht 12,50 kg",
])  # fmt: skip
def test_what_only_looks_like_a_printed_value_contradicts_nothing(bench, line):
    document = printed(bench, ("Netto 1.000,00", line))
    assert {found.status for found in document.fields.resolved()} == {"agreed"}


def test_a_label_that_stands_before_another_sum_of_the_invoice_contradicts_nothing(bench):
    assert printed(bench, ("Zahlbetrag EUR 1.190,00", "Zahlbetrag: 190,00 EUR")).fields["due"].status == "agreed"


def test_an_account_that_is_printed_and_not_in_the_xml_is_a_conflict(bench):
    means = (
        "<ram:SpecifiedTradeSettlementPaymentMeans><ram:PayeePartyCreditorFinancialAccount><ram:IBANID>DE75512108001245126199</ram:IBANID>"
        "</ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>"
    )
    xml = INVOICE.replace("<ram:SpecifiedTradeSettlementHeader", means + "<ram:SpecifiedTradeSettlementHeader", 1)
    same = printed(bench, ("Netto 1.000,00", "IBAN DE75 5121 0800 1245 1261 99"), xml=xml)
    assert same.fields["iban"].status == "agreed"
    wrong_digits = printed(bench, ("Netto 1.000,00", "IBAN DE02 1203 0000 0000 2020 52"), xml=xml)
    assert wrong_digits.fields["iban"].status == "agreed"
    other = printed(bench, ("Netto 1.000,00", "IBAN DE02 1203 0000 0000 2020 51"), xml=xml)
    assert other.fields["iban"].status == "conflict"
    assert other.fields.all("iban")[-1].value == "DE02120300000000202051"


def test_a_pdf_without_any_text_still_gets_the_fields(bench):
    document, _ = bench.ingest(bench.write([bench.page()], embedded={"factur-x.xml": INVOICE.encode()}))
    assert document.fields["number"].value == "RE-7"


def test_an_invoice_is_known_by_its_content_but_its_standard_name_goes_first(bench):
    other = INVOICE.replace("RE-7", "RE-8").encode()
    document, _ = bench.ingest(bench.write([bench.page()], embedded={"a.dat": other}))
    assert document.fields["number"].value == "RE-8"
    document, _ = bench.ingest(bench.write([bench.page()], embedded={"a.dat": other, "factur-x.xml": INVOICE.encode()}))
    assert document.fields["number"].value == "RE-7"


@pytest.mark.parametrize("data", [b"<html/>", INVOICE[:900].encode(), b"<", b"\xff\xfe<"])
def test_xml_that_is_no_invoice_or_is_damaged_is_left_to_its_own_ingest(bench, data):
    document, (child,) = bench.ingest(bench.write([bench.page(bench.lines("text"))], embedded={"factur-x.xml": data}))
    assert document.layers.fields == ()
    assert child.data == data
