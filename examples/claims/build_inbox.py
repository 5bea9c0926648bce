"""Make the claims inbox of this example from the shared corpora.

    python build_inbox.py --corpora DIR [--out DIR]

The attachments are real documents (see NOTICE, which this script writes too);
the mails that carry them, the policies in ``policies.csv`` and the stories are
made up for the example. Every boundary, date and message id is fixed, so a
second run gives the same bytes. The script refuses to write when a story does
not hold: it reads the totals out of the invoices' own XML and applies the
destination rules below to every claim.

Written into the output folder: ``inbox/*``, ``truth.json`` and ``NOTICE``.
Only the standard library is used.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
import xml.etree.ElementTree as ET
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

HERE = Path(__file__).resolve().parent
DESK = "Schadenabteilung Musterversicherung <claims@example.org>"

FX = "invoices/ZUGFeRD+corpus/XML-Rechnung/FX/EN16931_"
UBL = "invoices/ZUGFeRD+corpus/XML-Rechnung/UBL/EN16931_"
CII = "invoices/ZUGFeRD+corpus/XML-Rechnung/CII/EN16931_"
I2D = "invoices/invoice-x+invoice2data/tests/compare/"
GCP = "GoogleCloudPlatform+document-ai-samples/"
PIX = GCP + "web-app-pix2info-python/src/samples/"
TIKA_OCR = (
    "ocr/apache+tika/tika-parsers/tika-parsers-standard/tika-parsers-standard-modules/"
    "tika-parser-ocr-module/src/test/resources/test-documents/"
)
CALAMINE = "tabular/tafia+calamine/tests/"

PERMISSIVE = {
    "Apache-2.0",
    "MIT",
    # The readme of the folder we take from (pdfCabinetOfHorrors) says CC0 for all its files.
    "CC0-1.0 unless otherwise stated",
}

DESTINATIONS = {
    "pay": "Everything agrees: paid automatically, the amount claimed less the deductible.",
    "adjuster": "A person reads the claim: something in its documents is missing, cannot be read, or does not agree.",
    "underwriting": "The policy does not answer for it: unknown, not in force on the date of loss, or its limit exceeded.",
    "fraud": "An invoice of this claim was handed in before, with an earlier claim, or stands in this one twice.",
}
PRECEDENCE = ["fraud", "underwriting", "adjuster", "pay"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MIME = {
    ".pdf": "application/pdf",
    ".xml": "application/xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".tif": "image/tiff",
    ".csv": "text/csv",
    ".xlsx": XLSX,
}


@dataclass(frozen=True)
class Part:
    """One attachment: a corpus file, or bytes made for the example."""

    name: str
    source: str = ""
    content: bytes = b""
    unreadable: bool = False


@dataclass(frozen=True)
class Claim:
    """One claim: a mail with its attachments, or one file that came alone."""

    file: str
    claim_number: str
    policy_number: str
    date_of_loss: str
    amount: str
    currency: str
    story: str
    decision: str
    rule: str
    reason: str
    parts: tuple[Part, ...] = ()
    sender: str = ""
    subject: str = ""
    sent: str = ""
    body: str = ""
    html: str = ""
    charset: str = "utf-8"
    cte: str = "quoted-printable"
    reply_to: str = ""


@dataclass(frozen=True)
class Invoice:
    """What an e-invoice's XML says; ``total`` is BT-112 (with VAT)."""

    file: str
    claim_number: str
    attachment: str
    source: str
    container: str
    syntax: str
    type_code: str
    number: str
    date: str
    currency: str
    total: str
    seller: str


ITEMS_CSV = (
    "Pos.;Datum;Beleg;Text;Betrag EUR\r\n"
    "1;03.10.2018;R18-31;Physiotherapie mit Hausbesuchen;380,00\r\n"
    "2;20.09.2018;E2018092011804;4-Fahrten-Karte Berlin AB;9,00\r\n"
    ";;;Summe;389,00\r\n"
).encode("cp1252")

PHONE_NOTE = b"""\
Telephone note, taken by the night desk on 2018-08-09, 21:40

Caller: Max Mustermann
Policy number: HHV-6120-0
Claim number: CLM-1012
Date of loss: 2018-08-09
Amount claimed: 250.00 EUR

Hail broke the skylight of the garage. The caller estimates the damage
himself; there is no invoice yet. He will send photographs by post.
"""

CLAIMS: tuple[Claim, ...] = (
    Claim(
        file="clm-1001.eml",
        claim_number="CLM-1001",
        policy_number="UNF-3310-2",
        date_of_loss="2018-07-14",
        amount="389.00",
        currency="EUR",
        story="a",
        decision="pay",
        rule="all_agree",
        reason="Physiotherapy 380.00 and bus tickets 9.00 make the 389.00 claimed; the policy is in force and its limit is not reached.",
        sender="Liselotte Müller <liselotte.mueller@example.com>",
        subject="Schadenmeldung CLM-1001, Rechnungen für Übungen",
        sent="Mon, 08 Oct 2018 09:12:31 +0200",
        body="""\
Sehr geehrte Damen und Herren,

am 14. Juli bin ich auf der Kellertreppe gestürzt und habe mir das Knie
verletzt. Die Ärztin hat Krankengymnastik verordnet; die Rechnung der
Physiotherapeutin und die Fahrkarte zur Praxis (elektronische Rechnung der
Verkehrsbetriebe, dort leider auf »Müllermann« ausgestellt) liegen bei.

Versicherungsschein-Nr.: UNF-3310-2
Schadensnummer: CLM-1001
Schadentag: 14.07.2018
Schadenhöhe: 389,00 EUR

Eine Aufstellung und ein Foto des Aushangs in der Praxis füge ich bei.

Mit freundlichen Grüßen
Liselotte Müller
""",
        parts=(
            Part("Rechnung_R18-31.pdf", FX + "Physiotherapeut.pdf"),
            Part("fahrkarte_E2018092011804.xml", UBL + "OEPNV.ubl.xml"),
            Part("Aufstellung.csv", content=ITEMS_CSV),
            Part("foto_aushang.png", "ocr/" + PIX + "1-OCR_PROCESSOR/a. Multiple levels.png"),
        ),
    ),
    Claim(
        file="clm-1002.eml",
        claim_number="CLM-1002",
        policy_number="KFZ-2041-7",
        date_of_loss="2018-09-28",
        amount="340.96",
        currency="EUR",
        story="a",
        decision="pay",
        rule="all_agree",
        reason="One rental car invoice of 340.96, the amount claimed; the policy is in force and its limit is not reached.",
        sender="Muster-Kunde GmbH Fleet Office <fleet@muster-kunde.example.com>",
        subject="Claim CLM-1002: rental car after rear-end collision",
        sent="Thu, 04 Oct 2018 16:45:00 +0200",
        cte="base64",
        body="""\
Dear claims team,

one of our vans was hit from behind at a traffic light in Frankfurt and was
in the workshop over the weekend. We hired a car for these days.

Policy number: KFZ-2041-7
Claim number: CLM-1002
Date of loss: 2018-09-28
Amount claimed: 340.96 EUR

Attached: the rental invoice, and a photo of the note the other driver left.

Kind regards
Fleet Office, Muster-Kunde GmbH
""",
        parts=(Part("Mietrechnung.pdf", FX + "Miete.pdf"), Part("IMG_0042.jpg", "ocr/" + PIX + "1-OCR_PROCESSOR/d. Upside down.jpg")),
    ),
    Claim(
        file="clm-1003.eml",
        claim_number="CLM-1003",
        policy_number="GEW-7702-5",
        date_of_loss="2018-01-18",
        amount="502.63",
        currency="EUR",
        story="b",
        decision="adjuster",
        rule="amount_differs",
        reason="502.63 is claimed, the balance still due; the invoice's total with VAT is "
        "18310.63. Which of the two is the damage is for a person.",
        sender="Beispielmieter GmbH <buero@beispielmieter.example.com>",
        subject="Rohrbruch im Büro: höhere Betriebskosten",
        sent="Fri, 16 Mar 2018 11:03:10 +0100",
        charset="iso-8859-1",
        body="""\
Guten Tag,

nach dem Rohrbruch im Januar mussten wir wochenlang trocknen und heizen. Das
zeigt sich in der Betriebskostenabrechnung unseres Vermieters. Wir bitten um
Erstattung der Nachzahlung.

Versicherungsschein-Nr.: GEW-7702-5
Schadensnummer: CLM-1003
Schadentag: 18.01.2018
Schadenhöhe: 502,63 EUR

Die Messwerte der Trocknungsgeräte stehen in der Tabelle.

Mit freundlichen Grüßen
Beispielmieter GmbH
""",
        parts=(
            Part("Betriebskostenabrechnung.pdf", FX + "Betriebskostenabrechnung.pdf"),
            Part("Messwerte.xlsx", CALAMINE + "readings.xlsx"),
        ),
    ),
    Claim(
        file="clm-1004.eml",
        claim_number="CLM-1004",
        policy_number="KFZ-2077-3",
        date_of_loss="2018-08-30",
        amount="1991.21",
        currency="EUR",
        story="c",
        decision="underwriting",
        rule="over_limit",
        reason="2000.00 less the credit note of 8.79 makes the 1991.21 claimed, but the policy pays at most 1500.00.",
        sender='"Metallbau Leipzig GmbH & Co. KG" <werkstatt@metallbau.example.com>',
        subject="Claim CLM-1004, truck front damaged",
        sent="Mon, 05 Nov 2018 08:00:00 +0100",
        body="""\
Hello,

our truck touched the loading ramp. We bought sheet steel and bumpers and
repaired it ourselves; a credit note of another supplier is set off.

Policy number: KFZ-2077-3
Claim number: CLM-1004
Date of loss: 2018-08-30
Amount claimed: 1991.21 EUR

Regards
Metallbau Leipzig GmbH & Co. KG
""",
        html="""\
<html><head><meta charset="utf-8"><title>Claim CLM-1004</title></head><body>
<p>Hello,</p>
<p>our truck touched the loading ramp. We bought sheet steel and bumpers and
repaired it ourselves; a credit note of another supplier is set off.</p>
<table>
<tr><td>Policy number:</td><td>KFZ-2077-3</td></tr>
<tr><td>Claim number:</td><td>CLM-1004</td></tr>
<tr><td>Date of loss:</td><td>2018-08-30</td></tr>
<tr><td>Amount claimed:</td><td><b>1991.21 EUR</b></td></tr>
</table>
<p>Regards<br>Metallbau Leipzig GmbH &amp; Co. KG</p>
</body></html>
""",
        parts=(
            Part("47110818.pdf", FX + "Innergemeinschaftliche_Lieferungen.pdf"),
            Part("RK21012345.pdf", FX + "Rechnungskorrektur.pdf"),
            Part("label.png", TIKA_OCR + "testOCR_spacing.png"),
        ),
    ),
    Claim(
        file="clm-1005.eml",
        claim_number="CLM-1005",
        policy_number="RSV-5120-1",
        date_of_loss="2018-02-26",
        amount="1433.40",
        currency="EUR",
        story="d",
        decision="underwriting",
        rule="outside_period",
        reason="The three invoices make the 1433.40 claimed, but the policy ended on 2018-01-31 and the loss is of 2018-02-26.",
        sender="Max Mustermann <max.mustermann@example.com>",
        subject="CLM-1005 - my insurance premiums while I am out of work",
        sent="Mon, 10 Dec 2018 18:20:05 +0100",
        cte="7bit",
        charset="us-ascii",
        body="""\
Dear Sir or Madam,

I lost my job on 26 February. My payment protection policy should take over
my running premiums: motor 220.00, home 1163.40 and liability 50.00. The last
one came as an electronic invoice without a PDF.

Policy number: RSV-5120-1
Claim number: CLM-1005
Date of loss: 2018-02-26
Amount claimed: 1433.40 EUR

Max Mustermann
""",
        parts=(
            Part("Kfz_Beitragsrechnung.pdf", FX + "Kraftfahrversicherung_Bruttopreise.pdf"),
            Part("Wohngebaeude_Beitragsrechnung.pdf", FX + "Sachversicherung_berechneter_Steuersatz.pdf"),
            Part("haftpflicht.xml", CII + "Haftpflichtversicherung_Versicherungssteuer.cii.xml"),
        ),
    ),
    Claim(
        file="clm-1006.eml",
        claim_number="CLM-1006",
        policy_number="GEW-7715-8",
        date_of_loss="2018-03-02",
        amount="942.59",
        currency="EUR",
        story="a",
        decision="pay",
        rule="all_agree",
        reason="The three invoices make the 942.59 claimed; the policy is in force and its limit is not "
        "reached. That the same file comes again with CLM-1007 is that claim's trouble.",
        sender="Kunden AG Mitte <verwaltung@kunden-ag-mitte.example.com>",
        subject="Claim CLM-1006: power cut, cold store and shop floor",
        sent="Wed, 20 Jun 2018 10:30:00 +0200",
        body="""\
Dear claims desk,

on the night of 2 March the power failed: yoghurt and meat spoiled, and the
melt water ruined the artificial turf of the shop floor. The three invoices
are for the goods we had to buy again.

Policy number: GEW-7715-8
Claim number: CLM-1006
Date of loss: 2018-03-02
Amount claimed: 942.59 EUR

The spreadsheet lists the fruit we could still sell. The customers we told
are in the second list.

Kunden AG Mitte
""",
        parts=(
            Part("Rechnung_471102.pdf", FX + "Einfach.pdf"),
            Part("Teilrechnung_1.pdf", FX + "1_Teilrechnung.pdf"),
            Part("Rechnung_Rabatte.pdf", FX + "Rabatte.pdf"),
            Part("stock.xlsx", CALAMINE + "table-multiple.xlsx"),
            Part("customers.csv", "ingest/docling-project+docling/tests/data/csv/sources/csv-semicolon.csv"),
        ),
    ),
    Claim(
        file="clm-1007.eml",
        claim_number="CLM-1007",
        policy_number="GEW-7731-1",
        date_of_loss="2018-03-03",
        amount="529.87",
        currency="EUR",
        story="e",
        decision="fraud",
        rule="duplicate_invoice",
        reason="The invoice makes the 529.87 claimed, but the same file came with CLM-1006 "
        "before, under another name and from another claimant.",
        sender="Feinkost Beispiel GmbH <einkauf@feinkost-beispiel.example.com>",
        subject="CLM-1007: Kühlraum ausgefallen / cold room failure",
        sent="Fri, 22 Jun 2018 07:58:44 +0200",
        body="""\
Hello,

our cold room failed, everything in it had to go. Invoice and the fax of the
refrigeration firm are attached.

Policy number: GEW-7731-1
Claim number: CLM-1007
Date of loss: 2018-03-03
Amount claimed: 529.87 EUR

Feinkost Beispiel GmbH
""",
        parts=(
            Part("Rechnung Kühlware März, Ersatz.pdf", FX + "Einfach.pdf"),
            Part("fax.tif", "ocr/tesseract-ocr+test/testing/phototest.tif"),
        ),
    ),
    Claim(
        file="clm-1008.eml",
        claim_number="CLM-1008",
        policy_number="HHV-6105-4",
        date_of_loss="2018-06-10",
        amount="23.54",
        currency="EUR",
        story="f",
        decision="adjuster",
        rule="unreadable_attachment",
        reason="The one readable invoice makes the 23.54 claimed, but the expert's report "
        "and the list need passwords: a person must ask for them.",
        sender="Erika Beispiel <erika.beispiel@example.com>",
        subject="CLM-1008 freezer defrosted",
        sent="Mon, 02 Jul 2018 20:15:00 +0200",
        body="""\
Good evening,

the freezer defrosted while we were away; four kilos of steak had to be
replaced. My tax adviser protects all files, I hope you can open them.

Policy number: HHV-6105-4
Claim number: CLM-1008
Date of loss: 2018-06-10
Amount claimed: 23.54 EUR

Erika Beispiel
""",
        parts=(
            Part("invoice_471113.pdf", FX + "2_Teilrechnung.pdf"),
            Part(
                "expert_report.pdf", "hostile/openpreserve+format-corpus/pdfCabinetOfHorrors/encryption_openpassword.pdf", unreadable=True
            ),
            Part("freezer_list.xlsx", CALAMINE + "pass_protected.xlsx", unreadable=True),
        ),
    ),
    Claim(
        file="clm-1009.eml",
        claim_number="CLM-1009",
        policy_number="HHV-6118-9",
        date_of_loss="2017-11-11",
        amount="120.00",
        currency="EUR",
        story="g",
        decision="adjuster",
        rule="no_invoice",
        reason="A form filled in by hand and two pictures, but no invoice that shows the 120.00 claimed.",
        sender="Otto Beispiel <otto.beispiel@example.com>",
        subject="CLM-1009 broken window",
        sent="Sun, 12 Nov 2017 13:00:00 +0100",
        cte="7bit",
        charset="us-ascii",
        body="""\
Hi,

a football went through our window. I filled in your form by hand and took
pictures of what was written on the pane and on the letter of the club. I
threw the glazier's bill away, sorry.

Policy number: HHV-6118-9
Claim number: CLM-1009
Date of loss: 2017-11-11
Amount claimed: 120.00 EUR

Otto Beispiel
""",
        parts=(
            Part("claim_form_handwritten.png", "forms/" + PIX + "2-FORM_PARSER_PROCESSOR/a. Form fields.png"),
            Part("pane.jpg", TIKA_OCR + "testOCR.jpg"),
            Part("letter.png", "ocr/tesseract-ocr+test/testing/phototest-rotated-R.png"),
        ),
    ),
    Claim(
        file="clm-1010.eml",
        claim_number="CLM-1010",
        policy_number="GEW-7715-8",
        date_of_loss="2018-03-09",
        amount="1589.61",
        currency="EUR",
        story="e",
        decision="fraud",
        rule="duplicate_invoice",
        reason="Three other files, but each is invoice 471102 of Lieferant GmbH, 2018-03-05, "
        "529.87: the one handed in with CLM-1006 already.",
        sender="Kunden AG Mitte <verwaltung@kunden-ag-mitte.example.com>",
        subject="Re: Claim CLM-1006: power cut, cold store and shop floor",
        sent="Thu, 28 Jun 2018 17:05:00 +0200",
        reply_to="clm-1006.eml",
        body="""\
Dear claims desk,

a week later the power failed again; please open a second claim for it.

Policy number: GEW-7715-8
Claim number: CLM-1010
Date of loss: 2018-03-09
Amount claimed: 1589.61 EUR

Three more invoices of our supplier are attached.

Kunden AG Mitte

On Wed, 20 Jun 2018 at 10:30, Kunden AG Mitte wrote:
> Policy number: GEW-7715-8
> Claim number: CLM-1006
> Date of loss: 2018-03-02
> Amount claimed: 942.59 EUR
""",
        parts=(
            Part("Lieferung_A.pdf", FX + "Einfach_DueDate.pdf"),
            Part("Lieferung_B.pdf", FX + "SEPA_Prenotification.pdf"),
            Part("Lieferung_C.pdf", FX + "AbweichenderZahlungsempf.pdf"),
        ),
    ),
    Claim(
        file="clm-1011.eml",
        claim_number="CLM-1011",
        policy_number="HHV-9999-0",
        date_of_loss="2021-12-20",
        amount="407.34",
        currency="USD",
        story="h",
        decision="underwriting",
        rule="unknown_policy",
        reason="No policy HHV-9999-0 is known. (The invoices, 279.84 and 127.50 USD, make the 407.34 claimed.)",
        sender="Taylor Riddel <taylor.riddel@example.com>",
        subject="Water damage, claim CLM-1011",
        sent="Tue, 28 Mar 2023 09:00:00 -0500",
        body="""\
Hello,

a pipe burst in our shop before Christmas 2021. The cooler was repaired and
cleaned at once; an office chair and groceries were replaced only now.

Policy number: HHV-9999-0
Claim number: CLM-1011
Date of loss: 2021-12-20
Amount claimed: 407.34 USD

Taylor Riddel
""",
        parts=(
            Part("INV_2023_03_0008.pdf", I2D + "AzureInterior.pdf"),
            Part("repair_invoice.pdf", I2D + "SammyMaystoneLinesTest.pdf"),
            Part("scanned_form.pdf", "forms/" + GCP + "community/codelabs/docai-form-parser/form_with_tables.pdf"),
        ),
    ),
    Claim(
        file="supplier_invoice_001.pdf",
        claim_number="",
        policy_number="",
        date_of_loss="",
        amount="",
        currency="",
        story="alone",
        decision="adjuster",
        rule="missing_fields",
        reason="An invoice that came alone: no policy, no claim number, no amount claimed.",
        parts=(Part("supplier_invoice_001.pdf", "invoices/" + GCP + "community/pdf-annotator-python/invoice.pdf"),),
    ),
    Claim(
        file="phone_note.txt",
        claim_number="CLM-1012",
        policy_number="HHV-6120-0",
        date_of_loss="2018-08-09",
        amount="250.00",
        currency="EUR",
        story="alone",
        decision="adjuster",
        rule="no_invoice",
        reason="A note that came alone: the policy is in force, but no invoice shows the 250.00 claimed.",
        parts=(Part("phone_note.txt", content=PHONE_NOTE),),
    ),
)


# A hybrid invoice outside the ZUGFeRD corpus: its truth is the JSON that the corpus has beside it.
WITH_JSON = {I2D + "AzureInterior.pdf"}


@dataclass(frozen=True)
class PrintedInvoice:
    """What a PDF invoice without XML prints on its page (read by a person)."""

    number: str
    date: str
    currency: str
    total: str


PRINTED = {
    I2D + "SammyMaystoneLinesTest.pdf": PrintedInvoice("invoice_number_1", "2022-01-01", "USD", "127.50"),
    "invoices/" + GCP + "community/pdf-annotator-python/invoice.pdf": PrintedInvoice("001", "1970-01-01", "USD", "2140.00"),
}


def local(tag: str) -> str:
    """Drop the namespace of an element's name."""
    return tag.rsplit("}", 1)[-1]


def first(root: ET.Element, path: str) -> str:
    """Return the text at the first match of a path of local names (``Document/ID``)."""
    level = [root]
    for step in path.split("/"):
        level = [child for node in level for child in node if local(child.tag) == step]
    texts = [(node.text or "").strip() for node in level]
    if not texts or not texts[0]:
        raise ValueError(f"{local(root.tag)}: nothing at {path}")
    return texts[0]


def read_cii(root: ET.Element) -> dict[str, str]:
    """Read BT-1, BT-2, BT-3, BT-5, BT-27 and BT-112 of a Cross Industry Invoice."""
    settlement = "SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement/"
    agreement = "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/"
    day = first(root, "ExchangedDocument/IssueDateTime/DateTimeString")
    return {
        "syntax": "CII",
        "type_code": first(root, "ExchangedDocument/TypeCode"),
        "number": first(root, "ExchangedDocument/ID"),
        "date": f"{day[:4]}-{day[4:6]}-{day[6:8]}",
        "currency": first(root, settlement + "InvoiceCurrencyCode"),
        "total": first(root, settlement + "SpecifiedTradeSettlementHeaderMonetarySummation/GrandTotalAmount"),
        "seller": first(root, agreement + "SellerTradeParty/Name"),
    }


def read_ubl(root: ET.Element) -> dict[str, str]:
    """Read the same fields of a UBL invoice."""
    party = "AccountingSupplierParty/Party/"
    return {
        "syntax": "UBL",
        "type_code": first(root, "InvoiceTypeCode"),
        "number": first(root, "ID"),
        "date": first(root, "IssueDate"),
        "currency": first(root, "DocumentCurrencyCode"),
        "total": first(root, "LegalMonetaryTotal/TaxInclusiveAmount"),
        "seller": first(root, party + "PartyLegalEntity/RegistrationName"),
    }


def read_e_invoice(corpora: Path, claim: Claim, part: Part) -> Invoice | None:
    """Read the truth of an e-invoice attachment, None when it is not one."""
    path = corpora / part.source
    fields: dict[str, str]
    if part.source in WITH_JSON:
        known = json.loads(path.with_suffix(".json").read_text("utf-8"))[0]
        fields = {
            "syntax": "UBL",
            "type_code": "380",
            "number": known["invoice_number"],
            "date": known["date"],
            "currency": "USD",  # the JSON has the sign; the embedded XML has the code
            "total": str(known["amount"]),
            "seller": known["partner_name"],
        }
    elif part.source.startswith((FX, UBL, CII)):
        xml = path.with_name(path.name + ".embedded.xml") if path.suffix == ".pdf" else path
        root = ET.fromstring(xml.read_bytes())
        fields = read_cii(root) if local(root.tag) == "CrossIndustryInvoice" else read_ubl(root)
    else:
        return None
    fields["total"] = str(Decimal(fields["total"]).quantize(Decimal("0.01")))
    fields["seller"] = " ".join(fields["seller"].split())
    return Invoice(
        file=claim.file,
        claim_number=claim.claim_number,
        attachment=part.name,
        source=part.source,
        container="pdf" if path.suffix == ".pdf" else "xml",
        **fields,
    )


def read_part(corpora: Path, part: Part) -> bytes:
    """Read an attachment's bytes."""
    return (corpora / part.source).read_bytes() if part.source else part.content


def message_id(file: str) -> str:
    """Make a mail's stable id."""
    return f"<{Path(file).stem}@mail.example.com>"


def build_mail(corpora: Path, claim: Claim) -> bytes:
    """Make one claim's mail, the same bytes each time."""
    mail = EmailMessage(policy=SMTP)
    mail["Date"] = claim.sent
    mail["From"] = claim.sender
    mail["To"] = DESK
    mail["Message-ID"] = message_id(claim.file)
    if claim.reply_to:
        mail["In-Reply-To"] = message_id(claim.reply_to)
        mail["References"] = message_id(claim.reply_to)
    mail["Subject"] = claim.subject
    mail.set_content(claim.body, charset=claim.charset, cte=claim.cte)
    if claim.html:
        mail.add_alternative(claim.html, subtype="html", charset="utf-8", cte=claim.cte)
    for part in claim.parts:
        maintype, subtype = MIME[Path(part.name).suffix].split("/")
        mail.add_attachment(read_part(corpora, part), maintype=maintype, subtype=subtype, filename=part.name)
    boxes = (node for node in mail.walk() if node.is_multipart())
    for count, box in enumerate(boxes):
        box.set_boundary(f"=_{Path(claim.file).stem}_{count}")
    return mail.as_bytes()


def decide(
    claim: Claim, invoices: list[Invoice], printed: Decimal, policies: dict[str, dict[str, str]], *, handed_in_before: bool
) -> tuple[str, str]:
    """Find a claim's destination and rule, in the order of PRECEDENCE."""
    if handed_in_before:
        return "fraud", "duplicate_invoice"
    if not (claim.policy_number and claim.claim_number and claim.amount):
        return "adjuster", "missing_fields"
    policy = policies.get(claim.policy_number)
    if policy is None:
        return "underwriting", "unknown_policy"
    loss = date.fromisoformat(claim.date_of_loss)
    start, end = (date.fromisoformat(policy[key]) for key in ("valid_from", "valid_to"))
    if not start <= loss <= end:
        return "underwriting", "outside_period"
    if Decimal(claim.amount) > Decimal(policy["limit_amount"]):
        return "underwriting", "over_limit"
    if any(part.unreadable for part in claim.parts):
        return "adjuster", "unreadable_attachment"
    if not invoices and not printed:
        return "adjuster", "no_invoice"
    if sum((Decimal(one.total) for one in invoices), printed) != Decimal(claim.amount):
        return "adjuster", "amount_differs"
    if any(one.currency != claim.currency for one in invoices):
        return "adjuster", "currency_differs"
    return "pay", "all_agree"


def make_truth(corpora: Path, policies: dict[str, dict[str, str]]) -> dict[str, object]:
    """Make the truth of every e-invoice and claim; raises when a story does not hold."""
    by_claim: dict[str, list[Invoice]] = {}
    holders: dict[str, set[str]] = {}
    keys: dict[str, set[str]] = {}
    for claim in CLAIMS:
        found = [one for p in claim.parts if (one := read_e_invoice(corpora, claim, p))]
        by_claim[claim.file] = found
        own = {f"{i.seller}|{i.number}|{i.date}|{i.total}" for i in found}
        own |= {hashlib.sha256(read_part(corpora, p)).hexdigest() for p in claim.parts}
        keys[claim.file] = own
        for key in own:
            holders.setdefault(key, set()).add(claim.file)

    rows: list[dict[str, object]] = []
    for claim in CLAIMS:
        invoices = by_claim[claim.file]
        pages = [PRINTED[part.source] for part in claim.parts if part.source in PRINTED]
        printed = sum((Decimal(page.total) for page in pages), Decimal(0))
        others = sorted(set().union(*(holders[k] for k in keys[claim.file])) - {claim.file})
        earlier = any(other < claim.file for other in others)
        twice = len({f"{i.seller}|{i.number}|{i.date}|{i.total}" for i in invoices}) < len(invoices)
        got = decide(claim, invoices, printed, policies, handed_in_before=earlier or twice)
        if got != (claim.decision, claim.rule):
            raise ValueError(f"{claim.file}: story says {claim.decision}, rules say {got}")
        total = sum((Decimal(i.total) for i in invoices), printed)
        if claim.decision == "pay":
            less = Decimal(policies[claim.policy_number]["deductible"])
            payout = str(Decimal(claim.amount) - less)
        else:
            payout = ""
        rows.append(
            {
                "file": claim.file,
                "claim_number": claim.claim_number,
                "policy_number": claim.policy_number,
                "date_of_loss": claim.date_of_loss,
                "amount_claimed": claim.amount,
                "currency": claim.currency,
                "attachments": [part.name for part in claim.parts] if claim.sender else [],
                "unreadable": [part.name for part in claim.parts if part.unreadable],
                "invoices_total": str(total) if invoices or printed else "",
                "shares_invoice_with": others,
                "story": claim.story,
                "decision": claim.decision,
                "rule": claim.rule,
                "reason": claim.reason,
                "payout": payout,
            }
        )
    return {
        "about": "Expected results of the claims example; written by build_inbox.py. An empty string means: the document does not say.",
        "destinations": DESTINATIONS,
        "precedence": PRECEDENCE,
        "same_invoice": "the same bytes, or the same seller, number, date and total; the first claim that brings it may be paid",
        "e_invoices": [asdict(one) for claim in CLAIMS for one in by_claim[claim.file]],
        "printed_invoices": [
            {
                "file": claim.file,
                "claim_number": claim.claim_number,
                "attachment": part.name,
                "source": part.source,
                **asdict(PRINTED[part.source]),
            }
            for claim in CLAIMS
            for part in claim.parts
            if part.source in PRINTED
        ],
        "claims": rows,
    }


def make_notice(manifest: dict[str, dict[str, str]]) -> str:
    """Make the NOTICE: a line for every document, from the manifest of the corpora."""
    lines = [
        "The documents of the claims example",
        "===================================",
        "",
        "The files attached to the mails in inbox/ are unchanged copies of documents from",
        "public repositories, each under the licence its repository gives (the file name may",
        "be another one here). The licence texts are in those repositories.",
        "",
        "| file here | repository | path | commit | licence |",
        "|---|---|---|---|---|",
    ]
    made = []
    for claim in CLAIMS:
        for part in claim.parts:
            where = f"inbox/{claim.file}" + (f": {part.name}" if claim.sender else "")
            if not part.source:
                made.append(where)
                continue
            entry = manifest[part.source]
            if entry["licence"] not in PERMISSIVE:
                raise ValueError(f"{part.source}: licence {entry['licence']}")
            path = part.source.split("/", 2)[2]
            licence = entry["licence"].replace(" unless otherwise stated", " (readme of its folder: CC0 for all its files)")
            lines.append(f"| {where} | {entry['repo']} | {path} | {entry['commit']} | {licence} |")
    lines += [
        "",
        "Made for this example, under the licence of this project: the text and headers of",
        "all mails (claimants, policies and stories are invented; example.com and example.org",
        "are reserved names), policies.csv, truth.json, build_inbox.py, and these files:",
        "",
        *[f"- {name}" for name in made],
        "",
        "The e-invoices are the sample invoices of the ZUGFeRD corpus, whose companies and",
        "people are invented (the pages say: Beispiel-Rechnungen fuer ZUGFeRD, (c) FeRD).",
        "Nothing is taken from the receipts of the corpora.",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Write inbox/, truth.json and NOTICE."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpora", type=Path, required=True, help="folder with MANIFEST.json")
    parser.add_argument("--out", type=Path, default=HERE, help="default: beside this script")
    arguments = parser.parse_args()
    corpora: Path = arguments.corpora
    out: Path = arguments.out

    entries = json.loads((corpora / "MANIFEST.json").read_text("utf-8"))
    manifest: dict[str, dict[str, str]] = {entry["file"]: entry for entry in entries}
    with (HERE / "policies.csv").open(encoding="utf-8", newline="") as table:
        policies = {row["policy_number"]: row for row in csv.DictReader(table)}

    truth = make_truth(corpora, policies)
    notice = make_notice(manifest)
    files = {claim.file: build_mail(corpora, claim) if claim.sender else read_part(corpora, claim.parts[0]) for claim in CLAIMS}
    inbox = out / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (inbox / name).write_bytes(content)
    text = json.dumps(truth, ensure_ascii=False, indent=2) + "\n"
    (out / "truth.json").write_bytes(text.encode())
    (out / "NOTICE").write_bytes(notice.encode())
    size = sum(len(content) for content in files.values())
    print(f"{len(files)} claims, {size / 1e6:.2f} MB in {inbox.name}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
