"""Where the values of an e-invoice stand in its XML (EN 16931-1, in the syntaxes CII, UBL and ZUGFeRD 1.0), and how they are read."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

from aios_sdk import Field, PageText, Source, Span

from ._xml import Element, Name, decode_xml, parse_xml

_Kind: TypeAlias = Literal["text", "date", "amount", "quantity"]

#: The fields of the header, in the order of their EN 16931 numbers.
_HEADER: Final[Mapping[str, _Kind]] = {
    "number": "text", "date": "date", "type_code": "text", "currency": "text", "due_date": "date", "buyer_reference": "text",
    "contract_reference": "text", "order_reference": "text", "payment_terms": "text", "preceding_invoice": "text",
    "seller.name": "text", "seller.vat_id": "text", "seller.tax_number": "text", "seller.street": "text", "seller.city": "text",
    "seller.post_code": "text", "seller.country": "text", "buyer.name": "text", "buyer.vat_id": "text", "buyer.street": "text",
    "buyer.city": "text", "buyer.post_code": "text", "buyer.country": "text", "payee.name": "text", "delivery_date": "date",
    "period.start": "date", "period.end": "date", "payment_means": "text", "payment_reference": "text", "iban": "text", "bic": "text",
    "lines_total": "amount", "allowance_total": "amount", "charge_total": "amount", "net": "amount", "tax": "amount", "total": "amount",
    "paid": "amount", "rounding": "amount", "due": "amount",
}  # fmt: skip
#: The fields of what may come several times: lines, taxes by rate, allowances and charges on the whole.
_GROUPS: Final[Mapping[str, Mapping[str, _Kind]]] = {
    "lines": {
        "id": "text", "description": "text", "article": "text", "gtin": "text", "quantity": "quantity", "unit_price": "amount",
        "tax_category": "text", "tax_rate": "quantity", "total": "amount",
    },
    "taxes": {"category": "text", "rate": "quantity", "basis": "amount", "amount": "amount"},
    "allowances": {"reason": "text", "rate": "quantity", "amount": "amount"},
    "charges": {"reason": "text", "rate": "quantity", "amount": "amount"},
}  # fmt: skip

_TYPES: Final[Mapping[_Kind, Literal["text", "date", "decimal"]]] = {
    "text": "text",
    "date": "date",
    "amount": "decimal",
    "quantity": "decimal",
}

#: Fields that an e-invoice may give, with the types of their values; lines, taxes, allowances and charges come besides as
#: ``lines[0].description`` and so on.
FIELDS: Final = {"document_type": "text", **{path: _TYPES[kind] for path, kind in _HEADER.items()}}

#: Codes of UNTDID 1001 that EN 16931 takes as credit notes; all others are invoices.
_CREDIT_NOTES: Final = frozenset(["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"])

_CII: Final = {
    "number": "ExchangedDocument/ID",
    "date": "ExchangedDocument/IssueDateTime/DateTimeString",
    "type_code": "ExchangedDocument/TypeCode",
    "currency": "{settlement}/InvoiceCurrencyCode",
    "due_date": "{settlement}/SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString",
    "buyer_reference": "{agreement}/BuyerReference",
    "contract_reference": "{agreement}/ContractReferencedDocument/IssuerAssignedID",
    "order_reference": "{agreement}/BuyerOrderReferencedDocument/IssuerAssignedID",
    "payment_terms": "{settlement}/SpecifiedTradePaymentTerms/Description",
    "preceding_invoice": "{settlement}/InvoiceReferencedDocument/IssuerAssignedID",
    "seller.name": "{agreement}/SellerTradeParty/Name",
    "seller.vat_id": "{agreement}/SellerTradeParty/SpecifiedTaxRegistration/ID[@schemeID=VA]",
    "seller.tax_number": "{agreement}/SellerTradeParty/SpecifiedTaxRegistration/ID[@schemeID=FC]",
    "seller.street": "{agreement}/SellerTradeParty/PostalTradeAddress/LineOne",
    "seller.city": "{agreement}/SellerTradeParty/PostalTradeAddress/CityName",
    "seller.post_code": "{agreement}/SellerTradeParty/PostalTradeAddress/PostcodeCode",
    "seller.country": "{agreement}/SellerTradeParty/PostalTradeAddress/CountryID",
    "buyer.name": "{agreement}/BuyerTradeParty/Name",
    "buyer.vat_id": "{agreement}/BuyerTradeParty/SpecifiedTaxRegistration/ID[@schemeID=VA]",
    "buyer.street": "{agreement}/BuyerTradeParty/PostalTradeAddress/LineOne",
    "buyer.city": "{agreement}/BuyerTradeParty/PostalTradeAddress/CityName",
    "buyer.post_code": "{agreement}/BuyerTradeParty/PostalTradeAddress/PostcodeCode",
    "buyer.country": "{agreement}/BuyerTradeParty/PostalTradeAddress/CountryID",
    "payee.name": "{settlement}/PayeeTradeParty/Name",
    "delivery_date": "{delivery}/ActualDeliverySupplyChainEvent/OccurrenceDateTime/DateTimeString",
    "period.start": "{settlement}/BillingSpecifiedPeriod/StartDateTime/DateTimeString",
    "period.end": "{settlement}/BillingSpecifiedPeriod/EndDateTime/DateTimeString",
    "payment_means": "{settlement}/SpecifiedTradeSettlementPaymentMeans/TypeCode",
    "payment_reference": "{settlement}/PaymentReference",
    "iban": "{settlement}/SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/IBANID",
    "bic": "{settlement}/SpecifiedTradeSettlementPaymentMeans/PayeeSpecifiedCreditorFinancialInstitution/BICID",
    "lines_total": "{settlement}/{sums}/LineTotalAmount",
    "allowance_total": "{settlement}/{sums}/AllowanceTotalAmount",
    "charge_total": "{settlement}/{sums}/ChargeTotalAmount",
    "net": "{settlement}/{sums}/TaxBasisTotalAmount",
    "tax": "{settlement}/{sums}/TaxTotalAmount",
    "total": "{settlement}/{sums}/GrandTotalAmount",
    "paid": "{settlement}/{sums}/TotalPrepaidAmount",
    "rounding": "{settlement}/{sums}/RoundingAmount",
    "due": "{settlement}/{sums}/DuePayableAmount",
    "lines": "SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem",
    "lines.id": "AssociatedDocumentLineDocument/LineID",
    "lines.description": "SpecifiedTradeProduct/Name",
    "lines.article": "SpecifiedTradeProduct/SellerAssignedID",
    "lines.gtin": "SpecifiedTradeProduct/GlobalID[@schemeID=0160]",
    "lines.quantity": "SpecifiedLineTradeDelivery/BilledQuantity",
    "lines.unit_price": "SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount",
    "lines.tax_category": "SpecifiedLineTradeSettlement/ApplicableTradeTax/CategoryCode",
    "lines.tax_rate": "SpecifiedLineTradeSettlement/ApplicableTradeTax/RateApplicablePercent",
    "lines.total": "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
    "taxes": "{settlement}/ApplicableTradeTax",
    "taxes.category": "CategoryCode",
    "taxes.rate": "RateApplicablePercent",
    "taxes.basis": "BasisAmount",
    "taxes.amount": "CalculatedAmount",
    "allowances": "{settlement}/SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator=false]",
    "charges": "{settlement}/SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator=true]",
    **{
        f"{group}.{name}": path
        for group in ("allowances", "charges")
        for name, path in (("reason", "Reason"), ("rate", "CalculationPercent"), ("amount", "ActualAmount"))
    },
    "binaries": "{agreement}/AdditionalReferencedDocument/AttachmentBinaryObject",
}
_CII_PLACES: Final = {
    "{agreement}": "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement",
    "{delivery}": "SupplyChainTradeTransaction/ApplicableHeaderTradeDelivery",
    "{settlement}": "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement",
    "{sums}": "SpecifiedTradeSettlementHeaderMonetarySummation",
}
#: ZUGFeRD 1.0 has the tree of CII under the names of an earlier draft.
_ZUGFERD_1_PLACES: Final = {
    "ExchangedDocument/": "HeaderExchangedDocument/",
    "{agreement}": "SupplyChainTradeTransaction/ApplicableSupplyChainTradeAgreement",
    "{delivery}": "SupplyChainTradeTransaction/ApplicableSupplyChainTradeDelivery",
    "{settlement}": "SupplyChainTradeTransaction/ApplicableSupplyChainTradeSettlement",
    "{sums}": "SpecifiedTradeSettlementMonetarySummation",
    "SpecifiedTradeSettlementLineMonetarySummation": "SpecifiedTradeSettlementMonetarySummation",
    "SpecifiedLineTrade": "SpecifiedSupplyChainTrade",
    "SupplyChainTradeTransaction/": "SpecifiedSupplyChainTradeTransaction/",
    "RateApplicablePercent": "ApplicablePercent",
    "OrderReferencedDocument/IssuerAssignedID": "OrderReferencedDocument/ID",
    "ContractReferencedDocument/IssuerAssignedID": "ContractReferencedDocument/ID",
}
_UBL: Final = {
    "number": "ID",
    "date": "IssueDate",
    "type_code": "InvoiceTypeCode | CreditNoteTypeCode",
    "currency": "DocumentCurrencyCode",
    "due_date": "DueDate | PaymentMeans/PaymentDueDate",
    "buyer_reference": "BuyerReference",
    "contract_reference": "ContractDocumentReference/ID",
    "order_reference": "OrderReference/ID",
    "payment_terms": "PaymentTerms/Note",
    "preceding_invoice": "BillingReference/InvoiceDocumentReference/ID",
    "seller.name": "AccountingSupplierParty/Party/PartyLegalEntity/RegistrationName | AccountingSupplierParty/Party/PartyName/Name",
    "seller.vat_id": "AccountingSupplierParty/Party/PartyTaxScheme[TaxScheme/ID=VAT]/CompanyID",
    "seller.tax_number": "AccountingSupplierParty/Party/PartyTaxScheme[TaxScheme/ID=FC]/CompanyID",
    "seller.street": "AccountingSupplierParty/Party/PostalAddress/StreetName",
    "seller.city": "AccountingSupplierParty/Party/PostalAddress/CityName",
    "seller.post_code": "AccountingSupplierParty/Party/PostalAddress/PostalZone",
    "seller.country": "AccountingSupplierParty/Party/PostalAddress/Country/IdentificationCode",
    "buyer.name": "AccountingCustomerParty/Party/PartyLegalEntity/RegistrationName | AccountingCustomerParty/Party/PartyName/Name",
    "buyer.vat_id": "AccountingCustomerParty/Party/PartyTaxScheme[TaxScheme/ID=VAT]/CompanyID",
    "buyer.street": "AccountingCustomerParty/Party/PostalAddress/StreetName",
    "buyer.city": "AccountingCustomerParty/Party/PostalAddress/CityName",
    "buyer.post_code": "AccountingCustomerParty/Party/PostalAddress/PostalZone",
    "buyer.country": "AccountingCustomerParty/Party/PostalAddress/Country/IdentificationCode",
    "payee.name": "PayeeParty/PartyName/Name",
    "delivery_date": "Delivery/ActualDeliveryDate",
    "period.start": "InvoicePeriod/StartDate",
    "period.end": "InvoicePeriod/EndDate",
    "payment_means": "PaymentMeans/PaymentMeansCode",
    "payment_reference": "PaymentMeans/PaymentID",
    "iban": "PaymentMeans/PayeeFinancialAccount/ID",
    "bic": "PaymentMeans/PayeeFinancialAccount/FinancialInstitutionBranch/ID",
    "lines_total": "LegalMonetaryTotal/LineExtensionAmount",
    "allowance_total": "LegalMonetaryTotal/AllowanceTotalAmount",
    "charge_total": "LegalMonetaryTotal/ChargeTotalAmount",
    "net": "LegalMonetaryTotal/TaxExclusiveAmount",
    "tax": "TaxTotal/TaxAmount",
    "total": "LegalMonetaryTotal/TaxInclusiveAmount",
    "paid": "LegalMonetaryTotal/PrepaidAmount",
    "rounding": "LegalMonetaryTotal/PayableRoundingAmount",
    "due": "LegalMonetaryTotal/PayableAmount",
    "lines": "InvoiceLine | CreditNoteLine",
    "lines.id": "ID",
    "lines.description": "Item/Name",
    "lines.article": "Item/SellersItemIdentification/ID",
    "lines.gtin": "Item/StandardItemIdentification/ID[@schemeID=0160]",
    "lines.quantity": "InvoicedQuantity | CreditedQuantity",
    "lines.unit_price": "Price/PriceAmount",
    "lines.tax_category": "Item/ClassifiedTaxCategory/ID",
    "lines.tax_rate": "Item/ClassifiedTaxCategory/Percent",
    "lines.total": "LineExtensionAmount",
    "taxes": "TaxTotal/TaxSubtotal",
    "taxes.category": "TaxCategory/ID",
    "taxes.rate": "TaxCategory/Percent",
    "taxes.basis": "TaxableAmount",
    "taxes.amount": "TaxAmount",
    "allowances": "AllowanceCharge[ChargeIndicator=false]",
    "charges": "AllowanceCharge[ChargeIndicator=true]",
    **{
        f"{group}.{name}": path
        for group in ("allowances", "charges")
        for name, path in (("reason", "AllowanceChargeReason"), ("rate", "MultiplierFactorNumeric"), ("amount", "Amount"))
    },
    "binaries": "AdditionalDocumentReference/Attachment/EmbeddedDocumentBinaryObject",
}


def _placed(paths: Mapping[str, str], places: Mapping[str, str]) -> dict[str, str]:
    found = dict(paths)
    for short, long in places.items():
        found = {name: path.replace(short, long) for name, path in found.items()}
    return found


_UBL_NAMESPACE: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
#: The root elements of e-invoices, each with the paths of its syntax.
SYNTAXES: Final[Mapping[Name, Mapping[str, str]]] = {
    Name("urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100", "CrossIndustryInvoice"): _placed(_CII, _CII_PLACES),
    Name("urn:ferd:CrossIndustryDocument:invoice:1p0", "CrossIndustryDocument"): _placed(_CII, _ZUGFERD_1_PLACES),
    Name(f"{_UBL_NAMESPACE}Invoice-2", "Invoice"): _UBL,
    Name(f"{_UBL_NAMESPACE}CreditNote-2", "CreditNote"): _UBL,
}

_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:Z|[+-]\d{2}:\d{2})?|(\d{4})(\d{2})(\d{2})")
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,28}(?:\.\d{0,28})?|\.\d{1,28})")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")


class Binary(NamedTuple):
    """A file that an e-invoice carries in base64; its size in bytes is at most ``3 * len(base64) / 4``."""

    name: str
    media_type: str
    base64: str

    def source(self, position: int, limit: int) -> Source:
        """The file as a child, the ``position``-th; refused when it has more than ``limit`` bytes or is not base64."""
        name, size = self.name or f"attachment-{position}", len(self.base64) * 3 // 4
        if size > limit:
            return Source(name=name, size=size, refused=f"Its {size} bytes are over max_embedded_size ({limit})")
        try:
            data = base64.b64decode("".join(self.base64.split()), validate=True)
        except binascii.Error:
            return Source(name=name, size=size, refused="It is not base64")
        return Source(name=name, data=data, media_type=self.media_type)


class Invoice(NamedTuple):
    """An e-invoice: its XML as text, its fields with spans into that text, and the files it carries."""

    text: PageText
    fields: tuple[Field, ...]
    binaries: tuple[Binary, ...]


def read_invoice(data: bytes) -> Invoice:
    """The e-invoice in ``data``. Values that are not what they have to be (a date that is none) are left out.

    Raises `Unsupported` for XML of another kind, `Malformed` for what is no XML.
    """
    text = PageText(page=0, content=decode_xml(data))
    root = parse_xml(text.content, SYNTAXES)
    paths = SYNTAXES[root.name]
    currency = next((found.value for found in root.find(paths["currency"])), "")
    fields = [*_header(root, paths, currency, text), *_groups(root, paths, currency, text)]
    binaries = tuple(
        Binary(found.attributes.get("filename", ""), found.attributes.get("mimeCode", ""), found.value)
        for found in root.find(paths["binaries"])
    )
    return Invoice(text, tuple(fields), binaries)


def _header(root: Element, paths: Mapping[str, str], currency: str, text: PageText) -> Iterator[Field]:
    for path, kind in _HEADER.items():
        for element in root.find(paths[path]):
            if path == "iban" and not _IBAN.fullmatch(element.value.replace(" ", "")):
                continue  # UBL has other account numbers in the same place
            yield from _field(path, kind, element, currency, text)
            if path == "type_code" and element.value:
                kind_of = "credit-note" if element.value in _CREDIT_NOTES else "invoice"
                yield Field(path="document_type", value=kind_of, spans=(_span(element, text),), confidence=1.0)


def _groups(root: Element, paths: Mapping[str, str], currency: str, text: PageText) -> Iterator[Field]:
    for group, names in _GROUPS.items():
        for number, item in enumerate(root.find(paths[group])):
            for name, kind in names.items():
                for element in item.find(paths[f"{group}.{name}"]):
                    yield from _field(f"{group}[{number}].{name}", kind, element, currency, text)


def _field(path: str, kind: _Kind, element: Element, currency: str, text: PageText) -> Iterator[Field]:
    own = element.attributes.get("currencyID", currency) if kind == "amount" else ""
    # The tax may be given a second time in the currency of the tax office (BT-111).
    value = None if own and currency and own != currency else _value(kind, element)
    if value is not None:
        yield Field(path=path, value=value, currency=own, spans=(_span(element, text),), confidence=1.0)


def _value(kind: _Kind, element: Element) -> str | dt.date | Decimal | None:
    if kind == "text":
        return element.value or None
    if kind == "date":
        return _date(element.value) if element.attributes.get("format", "102") == "102" else None
    return Decimal(element.value) if _NUMBER.fullmatch(element.value) else None


def _date(value: str) -> dt.date | None:
    match = _DATE.fullmatch(value)
    try:
        return dt.date(*(int(part) for part in match.groups() if part)) if match else None
    except ValueError:
        return None


def _span(element: Element, text: PageText) -> Span:
    return Span(artifact=text.artifact, page=0, start=element.start, end=element.end, quote=text.content[element.start : element.end])
