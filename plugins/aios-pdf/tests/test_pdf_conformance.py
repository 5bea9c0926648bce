"""The components keep the laws of the conformance kit."""

from __future__ import annotations

import io

import pypdfium2

from aios_sdk import Source
from aios_sdk.testing import conformance, samples

PARTS = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
NAMESPACES = f'xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:part="{PARTS}"'
INVOICE = f"""<?xml version="1.0" encoding="UTF-8"?>
<Invoice {NAMESPACES}>
  <ID>RE-7</ID><IssueDate>2026-03-14</IssueDate><InvoiceTypeCode>380</InvoiceTypeCode><DocumentCurrencyCode>EUR</DocumentCurrencyCode>
  <part:AdditionalDocumentReference><part:Attachment>
    <EmbeddedDocumentBinaryObject mimeCode="text/csv" filename="hours.csv">aG91cnMKMgo=</EmbeddedDocumentBinaryObject>
  </part:Attachment></part:AdditionalDocumentReference>
  <part:AccountingSupplierParty><part:Party><part:PartyName><Name>Glas &amp; Rahmen \U0001fa9f GmbH</Name></part:PartyName></part:Party>
  </part:AccountingSupplierParty>
  <part:LegalMonetaryTotal><TaxExclusiveAmount currencyID="EUR">1000.00</TaxExclusiveAmount>
    <PayableAmount currencyID="EUR">1190.00</PayableAmount></part:LegalMonetaryTotal>
</Invoice>
"""
PRINTED = "Glas & Rahmen GmbH\n\nRechnung RE-7 vom 14.03.2026\n\nNetto 1.000,00\nZahlbetrag EUR 1.190,00\n"


def einvoices() -> list[Source]:
    return [samples.Sample(name="invoice.xml", media_type="application/xml", data=INVOICE.encode()).source()]


def hybrids() -> list[Source]:
    """A PDF that shows an invoice, and holds it as XML."""
    pdf, file = pypdfium2.PdfDocument(samples.pdf(PRINTED, samples.TERMS).data), io.BytesIO()
    pdf.new_attachment("factur-x.xml").set_data(INVOICE.encode())
    pdf.save(file)
    return [samples.Sample(name="invoice.pdf", media_type="application/pdf", data=file.getvalue()).source()]


test_pdf = conformance("aios.pdf", sources=hybrids, examples=10)
test_einvoice = conformance("aios.einvoice", sources=einvoices, examples=10)
