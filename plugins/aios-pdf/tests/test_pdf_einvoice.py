"""E-invoices in XML."""

import base64
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from xml.sax.saxutils import escape

import pytest
from aios_pdf import EInvoice
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aios_sdk import Document, Field, LimitExceeded, Malformed, Source, Unsupported

CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"


def ingest(xml: str | bytes, **config: int) -> tuple[Document, list[Source]]:
    data = xml.encode() if isinstance(xml, str) else xml
    document, *children = EInvoice(EInvoice.Config(**config)).ingest(Source(name="a.xml", data=data))
    assert isinstance(document, Document)
    text = document.layers.text[0]
    for field in document.layers.fields:
        (span,) = field.spans
        assert span.artifact == text.artifact
        assert text.content[span.start : span.end] == span.quote
        assert field.confidence == 1.0
    return document, children  # type: ignore[return-value]


def ubl(body: str, kind: str = "Invoice", prolog: str = "") -> str:
    return f'{prolog}<{kind} xmlns="{UBL}{kind}-2"><DocumentCurrencyCode>EUR</DocumentCurrencyCode>{body}</{kind}>'


def field_of(xml: str | bytes, path: str) -> Field:
    return ingest(xml)[0].fields.all(path)[0]


def test_the_decoded_xml_is_the_text_of_the_only_page():
    xml = ubl("<ID>Größe 1</ID>\r\n")
    document, _ = ingest(xml)
    assert document.text == xml
    assert [page.info.index for page in document.pages] == [0]


def test_a_quote_is_the_raw_text_and_the_value_is_unescaped():
    field = field_of(ubl("<ID> A&amp;B &#x20AC; </ID>"), "number")
    assert (field.value, field.quote) == ("A&B €", "A&amp;B &#x20AC;")


@pytest.mark.parametrize(("raw", "value"), [
    ("<![CDATA[A<B]]>", "A<B"), ("A<!-- no -->B", "AB"), ("A\U0001f600B", "A\U0001f600B"), ("two\nlines", "two\nlines"),
])  # fmt: skip
def test_values_in_odd_forms_keep_their_exact_place(raw, value):
    field = field_of(ubl(f"<!-- \U0001f600 ä --><ID a='x > y' b=\"'\">\n  {raw}\t</ID>"), "number")
    assert (field.value, field.quote) == (value, raw)


characters = st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\t\n")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(characters, min_size=1).filter(str.strip), st.text(characters))
def test_any_text_comes_back_with_its_exact_place(value, before):
    xml = ubl(f"<Note>{escape(before)}</Note><ID>{escape(value)}</ID>")
    field = field_of(xml, "number")
    assert field.value == value.strip()
    assert field.quote == escape(value).strip()
    assert xml.index("<ID>") < field.spans[0].start


@pytest.mark.parametrize("encode", [
    lambda xml: b"\xef\xbb\xbf" + xml.encode(), lambda xml: xml.encode("utf-16"), lambda xml: xml.encode("utf-16-le"),
    lambda xml: b'<?xml version="1.0" encoding="ISO-8859-1"?>' + xml.encode("latin-1"),
    lambda xml: b'<?xml version="1.0" encoding="UTF-16"?>' + xml.encode(),
], ids=["utf-8 with mark", "utf-16", "utf-16 without mark", "latin-1", "wrongly declared"])  # fmt: skip
def test_encodings_are_told_by_mark_then_declaration(encode: Callable[[str], bytes]):
    field = field_of(encode(ubl("<ID>Größe</ID>")), "number")
    assert (field.value, field.quote) == ("Größe", "Größe")


def test_places_hold_in_files_that_expat_takes_in_several_bites():
    field = field_of(ubl("<Note>" + "ä \U0001f600 " * 400_000 + "</Note><ID>RE-7</ID>"), "number")
    assert field.quote == "RE-7"


@pytest.mark.parametrize("xml", ["<a>", "<a></b>", "", "no xml", ubl("<ID>1</ID>") + "<more/>"])
def test_what_is_no_xml_is_malformed(xml):
    with pytest.raises((Malformed, Unsupported)):
        ingest(xml)


def test_an_invoice_that_is_cut_off_is_malformed_and_says_where():
    with pytest.raises(Malformed, match="line 1"):
        ingest(ubl("<ID>1</ID>")[:-5])


def test_bytes_of_another_encoding_are_malformed():
    with pytest.raises(Malformed, match="not utf-8"):
        ingest(ubl("<ID>Größe</ID>").encode("latin-1"))
    with pytest.raises(Malformed, match="'klingon'"):
        ingest(b'<?xml version="1.0" encoding="klingon"?><a/>')


@pytest.mark.parametrize(
    "xml", ["<html/>", f'<Order xmlns="{UBL}Order-2"/>', "<Invoice/>", '<!DOCTYPE svg SYSTEM "http://example.invalid/x.dtd"><svg/>']
)
def test_xml_of_another_kind_is_unsupported_and_names_its_root(xml):
    with pytest.raises(Unsupported, match=r"html|Order|Invoice|svg"):
        ingest(xml)


def test_entities_are_never_expanded(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("TOP SECRET")
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    for declared, body in (
        (bomb, "&a11;"),
        (f'<!ENTITY a SYSTEM "{secret.as_uri()}">', "&a;"),
        (f'<!ENTITY % a SYSTEM "{secret.as_uri()}"> %a;', ""),
    ):
        with pytest.raises(Malformed, match="entity"):
            ingest(ubl(f"<ID>1{body}</ID>", prolog=f"<!DOCTYPE Invoice [{declared}]>"))


def test_other_xml_is_no_invoice_whatever_it_declares():
    with pytest.raises(Unsupported, match="no invoice"):
        ingest(b'<!DOCTYPE order [<!ENTITY firm "Miller and Sons">]><order>&firm;</order>')


def test_an_external_dtd_is_not_read(tmp_path):
    dtd = tmp_path / "x.dtd"
    dtd.write_text('<!ATTLIST ID a CDATA "x">')
    assert field_of(ubl("<ID>1</ID>", prolog=f'<!DOCTYPE Invoice SYSTEM "{dtd.as_uri()}">'), "number").value == "1"


def test_size_and_depth_are_limited():
    with pytest.raises(LimitExceeded, match="max_size"):
        ingest(ubl("<ID>1</ID>"), max_size=50)
    with pytest.raises(LimitExceeded, match="nested"):
        ingest(ubl("<a>" * 200 + "</a>" * 200))


def test_amounts_are_decimals_with_their_currency_and_the_tax_is_that_of_the_invoice():
    document, _ = ingest(ubl(
        '<TaxTotal><TaxAmount currencyID="SEK">200.10</TaxAmount></TaxTotal>'
        '<TaxTotal><TaxAmount currencyID="EUR">19.00</TaxAmount></TaxTotal>'
        '<LegalMonetaryTotal><TaxInclusiveAmount currencyID="EUR">119.00</TaxInclusiveAmount>'
        "<PayableAmount>-5.5</PayableAmount></LegalMonetaryTotal>"
    ))  # fmt: skip
    values = {field.path: (field.value, field.currency) for field in document.layers.fields if field.type == "decimal"}
    assert values == {"tax": (Decimal("19.00"), "EUR"), "total": (Decimal("119.00"), "EUR"), "due": (Decimal("-5.5"), "EUR")}


def test_a_value_that_is_not_what_it_has_to_be_is_left_out():
    document, _ = ingest(ubl(
        "<ID>1</ID><IssueDate>2024-02-31</IssueDate><DueDate>soon</DueDate>"
        "<LegalMonetaryTotal><TaxInclusiveAmount>1e5</TaxInclusiveAmount><PayableAmount>NaN</PayableAmount></LegalMonetaryTotal>"
    ))  # fmt: skip
    assert set(document.fields) == {"number", "currency"}


def test_dates_may_have_a_zone():
    assert field_of(ubl("<IssueDate>2024-02-29+01:00</IssueDate>"), "date").value == dt.date(2024, 2, 29)


@pytest.mark.parametrize(
    ("code", "kind"), [("380", "invoice"), ("384", "invoice"), ("389", "invoice"), ("381", "credit-note"), ("261", "credit-note")]
)
def test_the_type_code_says_whether_it_is_a_credit_note(code, kind):
    field = field_of(ubl(f"<InvoiceTypeCode>{code}</InvoiceTypeCode>"), "document_type")
    assert (field.value, field.quote) == (kind, code)


def test_credit_notes_of_ubl_have_their_own_names():
    document, _ = ingest(ubl(
        "<ID>G1</ID><CreditNoteTypeCode>381</CreditNoteTypeCode><PaymentMeans><PaymentDueDate>2024-05-01</PaymentDueDate></PaymentMeans>"
        '<CreditNoteLine><CreditedQuantity unitCode="C62">2</CreditedQuantity>'
        '<LineExtensionAmount currencyID="EUR">8.00</LineExtensionAmount>'
        "<Item><Name>Nail</Name></Item><Price><PriceAmount>4.00</PriceAmount></Price></CreditNoteLine>",
        kind="CreditNote",
    ))  # fmt: skip
    assert {path: document.fields[path].value for path in document.fields} == {
        "number": "G1", "type_code": "381", "document_type": "credit-note", "currency": "EUR", "due_date": dt.date(2024, 5, 1),
        "lines[0].description": "Nail", "lines[0].quantity": Decimal(2), "lines[0].unit_price": Decimal("4.00"),
        "lines[0].total": Decimal("8.00"),
    }  # fmt: skip


def test_only_the_vat_identifier_is_taken_of_a_sellers_tax_numbers():
    scheme = "<PartyTaxScheme><CompanyID>{}</CompanyID><TaxScheme><ID>{}</ID></TaxScheme></PartyTaxScheme>"
    party = f"<AccountingSupplierParty><Party>{scheme.format('201/1', 'FC')}{scheme.format('DE1', 'VAT')}</Party></AccountingSupplierParty>"
    assert field_of(ubl(party), "seller.vat_id").value == "DE1"


def test_an_account_number_that_is_no_iban_is_not_called_one():
    account = "<PaymentMeans><PayeeFinancialAccount><ID>{}</ID></PayeeFinancialAccount></PaymentMeans>"
    assert "iban" not in ingest(ubl(account.format("1234567")))[0].fields
    assert field_of(ubl(account.format("DE75512108001245126199")), "iban").value == "DE75512108001245126199"


def test_two_accounts_are_a_conflict_and_neither_is_lost():
    account = "<PaymentMeans><PayeeFinancialAccount><ID>{}</ID></PayeeFinancialAccount></PaymentMeans>"
    document, _ = ingest(ubl(account.format("DE75512108001245126199") + account.format("DE02120300000000202051")))
    assert document.fields["iban"].status == "conflict"
    assert len(document.fields.all("iban")) == 2


def test_zugferd_1_is_read_by_its_own_names():
    document, _ = ingest("""<i:CrossIndustryDocument xmlns:i="urn:ferd:CrossIndustryDocument:invoice:1p0" xmlns="urn:ram">
      <i:HeaderExchangedDocument><ID>Z1</ID><TypeCode>380</TypeCode>
      <IssueDateTime><DateTimeString format="102">20130305</DateTimeString></IssueDateTime>
      </i:HeaderExchangedDocument><i:SpecifiedSupplyChainTradeTransaction>
      <ApplicableSupplyChainTradeAgreement><SellerTradeParty><Name>Lieferant</Name></SellerTradeParty></ApplicableSupplyChainTradeAgreement>
      <ApplicableSupplyChainTradeSettlement><InvoiceCurrencyCode>EUR</InvoiceCurrencyCode>
      <SpecifiedTradeSettlementMonetarySummation><GrandTotalAmount currencyID="EUR">235.62</GrandTotalAmount>
      </SpecifiedTradeSettlementMonetarySummation>
      </ApplicableSupplyChainTradeSettlement>
      <IncludedSupplyChainTradeLineItem><SpecifiedSupplyChainTradeSettlement><SpecifiedTradeSettlementMonetarySummation>
      <LineTotalAmount currencyID="EUR">198.00</LineTotalAmount></SpecifiedTradeSettlementMonetarySummation>
      </SpecifiedSupplyChainTradeSettlement>
      <SpecifiedTradeProduct><Name>Trennblätter</Name></SpecifiedTradeProduct></IncludedSupplyChainTradeLineItem>
      </i:SpecifiedSupplyChainTradeTransaction></i:CrossIndustryDocument>""")
    assert {path: document.fields[path].value for path in document.fields} == {
        "number": "Z1", "date": dt.date(2013, 3, 5), "type_code": "380", "document_type": "invoice", "currency": "EUR",
        "seller.name": "Lieferant", "total": Decimal("235.62"), "lines[0].description": "Trennblätter", "lines[0].total": Decimal("198.00"),
    }  # fmt: skip


def test_files_that_an_invoice_carries_become_parts():
    def carried(data: str, name: str) -> str:
        return (
            f'<AdditionalDocumentReference><Attachment><EmbeddedDocumentBinaryObject mimeCode="text/csv" filename="{name}">{data}'
            "</EmbeddedDocumentBinaryObject></Attachment></AdditionalDocumentReference>"
        )

    encoded = base64.b64encode(b"a;b\n1;2\n").decode()
    xml = ubl(
        carried(encoded[:4] + "\n " + encoded[4:], "a.csv")
        + carried("%%%", "bad.csv")
        + carried(base64.b64encode(b"x" * 90).decode(), "big")
    )
    _, (good, bad, big) = ingest(xml, max_embedded_size=80)
    assert (good.name, good.media_type, good.data) == ("a.csv", "text/csv", b"a;b\n1;2\n")
    assert (bad.name, bad.data, bad.refused) == ("bad.csv", None, "It is not base64")
    assert (big.data, "max_embedded_size (80)" in big.refused) == (None, True)


def values_of(document: Document, *prefixes: str) -> dict[str, object]:
    return {field.path: field.value for field in document.layers.fields if field.path.startswith(prefixes)}


def test_taxes_allowances_and_charges_are_lists_in_ubl():
    def change(charge: str, reason: str, amount: str) -> str:
        return (
            f"<AllowanceCharge><ChargeIndicator>{charge}</ChargeIndicator><AllowanceChargeReason>{reason}</AllowanceChargeReason>"
            f"<Amount>{amount}</Amount></AllowanceCharge>"
        )

    def tax(percent: str, basis: str, amount: str) -> str:
        return (
            f"<TaxSubtotal><TaxableAmount>{basis}</TaxableAmount><TaxAmount>{amount}</TaxAmount>"
            f"<TaxCategory><ID>S</ID><Percent>{percent}</Percent></TaxCategory></TaxSubtotal>"
        )

    document, _ = ingest(ubl(
        "<OrderReference><ID>B-12</ID></OrderReference><PayeeParty><PartyName><Name>Factoring AG</Name></PartyName></PayeeParty>"
        + change("false", "Rebate", "10.00") + change("true", "Freight", "5.80")
        + f"<TaxTotal><TaxAmount>26.28</TaxAmount>{tax('7', '137.30', '9.61')}{tax('19.00', '87.70', '16.67')}</TaxTotal>"
        "<LegalMonetaryTotal><LineExtensionAmount>229.20</LineExtensionAmount><AllowanceTotalAmount>10.00</AllowanceTotalAmount>"
        "<ChargeTotalAmount>5.80</ChargeTotalAmount><PrepaidAmount>50.00</PrepaidAmount></LegalMonetaryTotal>"
        "<InvoiceLine><ID>1</ID><Item><Name>Nail</Name><ClassifiedTaxCategory><ID>S</ID><Percent>7</Percent></ClassifiedTaxCategory></Item>"
        "</InvoiceLine>"
    ))  # fmt: skip
    assert values_of(document, "taxes", "allowances", "charges", "lines", "order", "payee", "tax", "paid", "allowance_", "charge_") == {
        "order_reference": "B-12", "payee.name": "Factoring AG", "lines_total": Decimal("229.20"), "tax": Decimal("26.28"),
        "allowance_total": Decimal("10.00"), "charge_total": Decimal("5.80"), "paid": Decimal("50.00"),
        "lines[0].id": "1", "lines[0].description": "Nail", "lines[0].tax_category": "S", "lines[0].tax_rate": Decimal(7),
        "taxes[0].category": "S", "taxes[0].rate": Decimal(7), "taxes[0].basis": Decimal("137.30"), "taxes[0].amount": Decimal("9.61"),
        "taxes[1].category": "S", "taxes[1].rate": Decimal(19), "taxes[1].basis": Decimal("87.70"), "taxes[1].amount": Decimal("16.67"),
        "allowances[0].reason": "Rebate", "allowances[0].amount": Decimal("10.00"),
        "charges[0].reason": "Freight", "charges[0].amount": Decimal("5.80"),
    }  # fmt: skip
