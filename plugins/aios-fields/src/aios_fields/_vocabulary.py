"""The usual labels, in English and German, of the fields of business documents; of invoices also the commonest French and Dutch ones."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from ._words import label_key

#: How a text is read: a code with digits, a checked form, a currency, or what stands there; ``dated`` is the document's own date.
TextKind: TypeAlias = Literal["identifier", "iban", "bic", "vat", "email", "currency", "dated", "text"]


class Concept(NamedTuple):
    """Something that documents name in many ways: its ``labels``, and ``weak`` ones that could mean another thing; parted by semicolons."""

    kind: TextKind
    labels: str
    weak: str = ""

    def label_keys(self) -> list[str]:
        """The labels as they are compared."""
        return _keys(self.labels)

    def weak_keys(self) -> list[str]:
        """The weak labels as they are compared."""
        return _keys(self.weak)


def _keys(labels: str) -> list[str]:
    return [label_key(label) for label in labels.split(";") if label.strip()]


CONCEPTS: Final = (
    Concept(
        "identifier",
        (
            "invoice number; invoice id; invoice reference; inv number; bill number; tax invoice number; receipt number; "
            "document number; credit note number; Rechnungsnummer; Rechnung Nummer; Rechnungs Nummer; Rg Nr; Re Nr; "
            "Belegnummer; Beleg Nummer; Gutschrift Nummer; Gutschriftsnummer; Rechnungskorrektur Nummer; "
            "Stornorechnung Nummer; Dokumentnummer; facture number; numéro de facture; factuurnummer"
        ),
        "invoice; Rechnung; Gutschrift; number",
    ),
    Concept(
        "dated",
        (
            "invoice date; date of invoice; bill date; billing date; date of issue; issue date; issued on; receipt date; "
            "document date; Rechnungsdatum; Datum der Rechnung; Rechnung vom; Belegdatum; Ausstellungsdatum; Gutschriftsdatum; "
            "date de facture; date de facturation; factuurdatum"
        ),
        "date; dated; Datum; vom",
    ),
    Concept(
        "text",
        (
            "due date; date due; payment due; payment due date; payment date; due by; due on; pay by; please pay by; "
            "Fälligkeitsdatum; Fälligkeit; fällig am; fällig bis; zahlbar bis; zahlbar bis zum; zu zahlen bis; Zahlungsziel; "
            "date d'échéance; vervaldatum"
        ),
        "due; fällig",
    ),
    Concept(
        "text",
        (
            "delivery date; date of delivery; date of supply; service date; shipping date; ship date; Lieferdatum; "
            "Leistungsdatum; Liefer und Leistungsdatum; Lieferungs und Leistungsdatum; Tag der Lieferung"
        ),
    ),
    Concept("text", "billing period; service period; Abrechnungszeitraum; Leistungszeitraum; Zeitraum"),
    Concept("text", "order date; date of order; Bestelldatum; Auftragsdatum; Bestellung vom"),
    Concept(
        "identifier",
        (
            "order number; order id; purchase order; purchase order number; po number; po; your order; Bestellnummer; "
            "Bestell Nummer; Bestellung Nummer; Bestellung; Auftragsnummer; Auftrags Nummer; Auftrag Nummer; Ihre Bestellung"
        ),
        "order; Auftrag",
    ),
    Concept(
        "identifier",
        ("customer number; customer id; client number; client id; account number; Kundennummer; Kunden Nummer; Kd Nr; Debitorennummer"),
    ),
    Concept("identifier", "delivery note number; Lieferscheinnummer; Lieferschein Nummer"),
    Concept(
        "text",
        (
            "total; total amount; total sales; grand total; invoice total; invoice amount; total price; total payable; "
            "total gross; gross total; gross amount; total incl vat; total including vat; total incl tax; total including tax; "
            "total inclusive of vat; total inclusive of tax; total for this invoice; Gesamtbetrag; Gesamtsumme; "
            "Rechnungsbetrag; Rechnungsendbetrag; Rechnungssumme; Bruttobetrag; Bruttosumme; Endbetrag; Endsumme; "
            "Gesamt brutto; Summe brutto; Gesamtbetrag brutto; Gesamtbetrag inkl MwSt; Summe inkl MwSt; Gesamtpreis; "
            "total ttc; montant ttc; totaal; totaalbedrag; totaal incl btw"
        ),
        (
            "amount due; total due; total amount due; balance due; amount payable; Zahlbetrag; zu zahlen; Summe; Gesamt; "
            "Brutto; gross; incl vat; including vat; incl tax; inkl MwSt; incl btw"
        ),
    ),
    Concept(
        "text",
        (
            "amount due; total due; total amount due; balance due; balance; amount payable; amount to pay; to pay; Zahlbetrag; "
            "zu zahlen; zu zahlender Betrag; Restbetrag; offener Betrag; Nachzahlung"
        ),
    ),
    Concept(
        "text",
        (
            "subtotal; sub total; net total; net amount; total net; total excl vat; total excluding vat; total excl tax; "
            "total excluding tax; total before tax; taxable amount; amount before tax; Nettobetrag; Nettosumme; Summe netto; "
            "Gesamt netto; Gesamtbetrag netto; Zwischensumme; Rechnungssumme ohne USt; Rechnungssumme netto; "
            "Gesamtbetrag ohne MwSt; ohne MwSt; ohne USt; exkl MwSt; zzgl MwSt netto; excl vat; excluding vat; excl tax; "
            "excluding tax; exclusive of tax; exclusive of vat; total ht; montant ht; subtotaal; totaal excl btw; "
            "exclusief btw"
        ),
        "net; netto",
    ),
    Concept(
        "text",
        (
            "tax; vat; gst; sales tax; total tax; tax total; tax amount; vat amount; total vat; MwSt; USt; Mehrwertsteuer; "
            "Umsatzsteuer; Steuerbetrag; MwSt Betrag; zzgl MwSt; zzgl USt; Steuersumme; tva; montant tva; btw"
        ),
    ),
    Concept("text", ("sum of lines; line total; goods value; basis amount; Positionssumme; Summe der Positionen; Warenwert; Basisbetrag")),
    Concept("text", "tax rate; vat rate; Steuersatz; MwSt Satz"),
    Concept(
        "text",
        (
            "discount; total discount; allowance; charges; Rabatt; Skonto; Gesamtbetrag der Zuschläge; "
            "Gesamtbetrag der Abschläge; Summe der Abschläge; Summe der Zuschläge"
        ),
    ),
    Concept("text", "amount paid; paid; prepaid; deposit; Anzahlung; erhaltene Anzahlungen; bereits bezahlt; bezahlt"),
    Concept("text", "unit price; price per unit; Einzelpreis; Stückpreis; Preis pro Stück"),
    Concept("text", "quantity; qty; Menge; Anzahl"),
    Concept("currency", "currency; invoice currency; Währung; Rechnungswährung"),
    Concept(
        "vat",
        (
            "vat id; vat number; vat reg number; vat registration number; vat identification number; USt Id; USt Id Nr; "
            "USt IdNr; UStID; UStIdNr; Umsatzsteuer Id; Umsatzsteuer Identifikationsnummer; gstin"
        ),
    ),
    Concept("identifier", "tax number; tax id; Steuernummer; Steuer Nummer; St Nr"),
    Concept("iban", "iban; bank account", "account; Konto"),
    Concept("bic", "bic; swift; swift code; bic swift"),
    Concept(
        "text",
        (
            "seller; seller name; supplier; supplier name; vendor; vendor name; issued by; service provider; Verkäufer; "
            "Lieferant; Rechnungssteller; Absender"
        ),
        "from",
    ),
    Concept(
        "text",
        ("buyer; buyer name; customer; customer name; client; bill to; billed to; sold to; Käufer; Kunde; Rechnungsempfänger; Empfänger"),
        "to",
    ),
    Concept(
        "identifier",
        (
            "policy number; policy id; insurance number; insurance policy number; contract number; Versicherungsscheinnummer; "
            "Versicherungsschein Nummer; Versicherungsnummer; Versicherungs Nummer; Policennummer; Policen Nummer; "
            "Police Nummer; VS Nr; Vertragsnummer; Vertrags Nummer"
        ),
        "policy; Police; Versicherungsschein; Vertrag",
    ),
    Concept(
        "identifier",
        (
            "claim number; claim id; claim reference; claim ref; Schadensnummer; Schadennummer; Schaden Nummer; "
            "Schadens Nummer; Schadenfall Nummer; Aktenzeichen"
        ),
        "claim; Schaden",
    ),
    Concept(
        "text",
        (
            "date of loss; loss date; date of accident; accident date; date of incident; incident date; date of damage; "
            "Schadentag; Schadenstag; Schadendatum; Schadensdatum; Unfalltag; Unfalldatum; Datum des Schadens; "
            "Tag des Schadens; Ereignisdatum"
        ),
    ),
    Concept(
        "text",
        (
            "amount claimed; claim amount; claimed amount; amount of claim; amount of loss; loss amount; amount of damage; "
            "Schadenhöhe; Schadenshöhe; Schadensumme; Schadenssumme; Schadenbetrag; Forderungsbetrag; Forderung"
        ),
    ),
    Concept("text", "date of birth; birth date; dob; Geburtsdatum; geboren am"),
    Concept("email", "email; e mail; email address; E-Mail-Adresse", "mail"),
    Concept("text", "phone; telephone; phone number; telephone number; mobile; Telefon; Telefonnummer; Tel; Mobil"),
    Concept("text", "address; Anschrift; Adresse"),
    Concept("text", "payment terms; terms; Zahlungsbedingungen; Zahlungsart; payment method"),
    Concept("dated", "date; Datum"),
    Concept("identifier", "number; Nummer"),
    Concept("identifier", "reference; reference number; ref; our reference; your reference; Referenz; Referenznummer; Zeichen"),
    Concept("text", "amount; Betrag"),
    Concept("text", "name; full name; Name"),
)


def concept_named(keys: list[str]) -> Concept | None:
    """The concept that has the first of ``keys`` that any has as a label, or else as a weak one; give the most particular names first."""
    return next((table[key] for table in (_BY_KEY, _BY_WEAK_KEY) for key in keys if key in table), None)


_BY_KEY: Final[dict[str, Concept]] = {key: concept for concept in reversed(CONCEPTS) for key in concept.label_keys()}
_BY_WEAK_KEY: Final[dict[str, Concept]] = {key: concept for concept in reversed(CONCEPTS) for key in concept.weak_keys()}
