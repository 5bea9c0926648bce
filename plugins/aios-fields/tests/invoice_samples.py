"""Invoices as companies of several countries set them, made up for these tests, with what is true of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

#: By the language: the text of the page, on a grid, and the values.
INVOICES: dict[str, tuple[str, dict[str, object]]] = {
    "French": (
        """\
ATELIER DU BOIS SARL                                    FACTURE N° F-2023-0142
12 rue des Lilas
69003 Lyon                                              Date : 14/03/2023
Tél. 04 72 00 00 00

                                                        Librairie Martin
                                                        8 place Bellecour
                                                        69002 Lyon

Désignation                       Qté      P.U. HT      Montant HT
Étagère chêne                     2        150,00       300,00
Livraison                         1        40,00        40,00

                                           Total HT     340,00 €
                                           TVA 20 %     68,00 €
                                           Total TTC    408,00 €

Échéance : 13/04/2023
ATELIER DU BOIS SARL au capital de 5 000 € - SIRET 40483304800022 - TVA intracommunautaire FR83404833048
""",
        {
            "number": "F-2023-0142",
            "date": dt.date(2023, 3, 14),
            "currency": "EUR",
            "net": Decimal("340.00"),
            "tax": Decimal("68.00"),
            "total": Decimal("408.00"),
            "seller": "ATELIER DU BOIS SARL",
        },
    ),
    "Spanish": (
        """\
Talleres Ramírez, S.L.                                  FACTURA
C/ Mayor, 15                                            Nº factura: 2023/0087
28013 Madrid                                            Fecha: 5 de marzo de 2023
CIF: B58378431

Cliente:
Panadería López
Avda. de América 3
28002 Madrid

Concepto                 Cantidad     Precio      Importe
Cambio de aceite         1            45,00       45,00
Filtro                   2            12,50       25,00

Base imponible           70,00 €
IVA 21%                  14,70 €
Total factura            84,70 €
Forma de pago: transferencia  IBAN ES91 2100 0418 4502 0005 1332
""",
        {
            "number": "2023/0087",
            "date": dt.date(2023, 3, 5),
            "currency": "EUR",
            "net": Decimal("70.00"),
            "tax": Decimal("14.70"),
            "total": Decimal("84.70"),
            "seller": "Talleres Ramírez, S.L.",
        },
    ),
    "Italian": (
        """\
Studio Bianchi S.r.l.
Via Garibaldi 22 - 20121 Milano
P.IVA 00743110157

Spett.le
Rossi Costruzioni S.p.A.
Corso Torino 4
10121 Torino

FATTURA n. 45/2023 del 31/01/2023

Descrizione               Quantità    Prezzo unitario    Importo
Consulenza fiscale        10          80,00              800,00

Imponibile                                               € 800,00
IVA 22%                                                  € 176,00
Totale fattura                                           € 976,00
Scadenza: 28/02/2023
""",
        {
            "number": "45/2023",
            "date": dt.date(2023, 1, 31),
            "currency": "EUR",
            "net": Decimal("800.00"),
            "tax": Decimal("176.00"),
            "total": Decimal("976.00"),
            "seller": "Studio Bianchi S.r.l.",
        },
    ),
    "Dutch": (
        """\
                                                     De Groene Tuin B.V.
                                                     Kerkstraat 12
                                                     3511 AB Utrecht
                                                     KvK 12345678
                                                     BTW NL810433941B01
Jansen Bouw
Dorpsweg 5
1234 AB Hilversum

FACTUUR
Factuurnummer: 2023-0456
Factuurdatum: 3 mei 2023
Vervaldatum: 2 juni 2023

Omschrijving               Aantal   Prijs     Totaal
Snoeien                    4        45,00     € 180,00
                                    Subtotaal € 180,00
                                    21% BTW   € 37,80
                                    Totaal    € 217,80
""",
        {
            "number": "2023-0456",
            "date": dt.date(2023, 5, 3),
            "currency": "EUR",
            "net": Decimal("180.00"),
            "tax": Decimal("37.80"),
            "total": Decimal("217.80"),
            "seller": "De Groene Tuin B.V.",
        },
    ),
    "British": (
        """\
Brightwell Consulting Ltd
14 Market Street, Leeds LS1 6DT
hello@brightwell.co.uk   VAT Reg No. GB980780684

INVOICE

Invoice To:                                   Invoice No.    BW-1093
Northfield Academy                            Invoice Date   02/11/2022
45 School Lane                                Due Date       02/12/2022
York YO1 7HH

Description                   Hours    Rate       Amount
IT support                    12       £50.00     £600.00

                                       Subtotal   £600.00
                                       VAT @ 20%  £120.00
                                       Amount Due £720.00

Brightwell Consulting Ltd. Registered in England No. 1234567
""",
        {
            "number": "BW-1093",
            "date": dt.date(2022, 11, 2),
            "currency": "GBP",
            "net": Decimal("600.00"),
            "tax": Decimal("120.00"),
            "total": Decimal("720.00"),
            "seller": "Brightwell Consulting Ltd",
        },
    ),
    "American": (
        """\
Harbor Plumbing                                         INVOICE
1200 Ocean Ave                                          Invoice #  10432
Santa Cruz, CA 95060                                    Date       3/7/2023
www.harborplumbing.com                                  Terms      Net 30

BILL TO                                SHIP TO
Maria Delgado                          Maria Delgado
88 Pine St                             88 Pine St
Monterey, CA 93940                     Monterey, CA 93940

DESCRIPTION                    QTY    UNIT PRICE    AMOUNT
Replace water heater           1      950.00        950.00
Labor                          3      85.00         255.00

                                      SUBTOTAL      1,205.00
                                      TAX 8.25%     99.41
                                      TOTAL         $1,304.41
Make all checks payable to Harbor Plumbing
""",
        {
            "number": "10432",
            "currency": "USD",
            "net": Decimal("1205.00"),
            "tax": Decimal("99.41"),
            "total": Decimal("1304.41"),
            "seller": "Harbor Plumbing",
        },
    ),
    "German letter": (
        """\
                                                       [Logo]

Bäckerei Sonnenschein GmbH · Brotgasse 7 · 50667 Köln

Herrn
Peter Maler
Malerbetrieb Maler & Söhne GmbH
Farbweg 3
51103 Köln

Rechnung Nr. 2023-778                                  Köln, den 12. Mai 2023
Kundennummer: 10023

Sehr geehrter Herr Maler,
für unsere Lieferung berechnen wir Ihnen:

Pos.  Bezeichnung              Menge    Einzelpreis    Gesamtpreis
1     Brötchen                 100      0,45           45,00
2     Croissant                20       1,20           24,00

      Summe netto                                      69,00 EUR
      zzgl. 7 % MwSt.                                  4,83 EUR
      Rechnungsbetrag                                  73,83 EUR

Bitte überweisen Sie den Betrag bis zum 26.05.2023.

Bäckerei Sonnenschein GmbH      Sparkasse KölnBonn          Geschäftsführer: Karl Korn
Brotgasse 7, 50667 Köln         IBAN DE89 3704 0044 0532 0130 00    USt-IdNr. DE136695976
""",
        {
            "number": "2023-778",
            "date": dt.date(2023, 5, 12),
            "currency": "EUR",
            "net": Decimal("69.00"),
            "tax": Decimal("4.83"),
            "total": Decimal("73.83"),
            "seller": "Bäckerei Sonnenschein GmbH",
        },
    ),
    "French, of a telephone company": (
        """\
Free Telecom SAS au capital de 3.441.812 Euros - RCS PARIS 421 938 861
8 rue de la Ville l'Evêque 75008 PARIS

Facture n°562044387 du 02 juillet 2015
Identifiant : 12345678
                                              M. Jean Dupont
                                              4 avenue Foch
                                              33000 Bordeaux

Abonnement du 01/07/2015 au 31/07/2015                     24,99
Total Facture HT                                           24,99
TVA à 20,00%                                               5,00
Total facture TTC                                          29,99
Montant à payer : 29,99 euros
""",
        {
            "number": "562044387",
            "date": dt.date(2015, 7, 2),
            "currency": "EUR",
            "net": Decimal("24.99"),
            "tax": Decimal("5.00"),
            "total": Decimal("29.99"),
            "seller": "Free Telecom SAS",
        },
    ),
    "Indian": (
        """\
Tax Invoice
Sold By: WS Retail Services Pvt. Ltd.,
No. 42/1, Bangalore - 560037
VAT/TIN: 29270804565
Order ID: OD503821            Invoice No: BLR_WFLD2015100
Order Date: 28-10-2015        Invoice Date: 29-10-2015
Billing Address               Shipping Address
Anil Kumar                    Anil Kumar
12 MG Road                    12 MG Road
Pune - 411001                 Pune - 411001
Product           Qty    Price    Tax     Total
USB Cable         1      171.43   8.57    180.00
Grand Total                               Rs. 180.00
""",
        {
            "number": "BLR_WFLD2015100",
            "date": dt.date(2015, 10, 29),
            "currency": "INR",
            "total": Decimal("180.00"),
            "seller": "WS Retail Services Pvt. Ltd.",
        },
    ),
    "German, totals beside each other": (
        """\
Musterfirma Technik AG                                     Telefon: 089 / 123 45-0
Industriestr. 5 • 80331 München                            E-Mail: info@musterfirma.de

Musterfirma Technik AG, Industriestr. 5, 80331 München
Kunde & Partner KG
Herr Schmidt
Am Markt 1
20095 Hamburg

RECHNUNG

Rechnungs-Nr.      Kunden-Nr.      Rechnungsdatum      Lieferdatum
RE-2022-00815      K-4711          03.02.2022          01.02.2022

Pos   Artikel             Menge   Preis       Summe
1     Netzteil            3       19,90 €     59,70 €
2     Kabel               10      2,50 €      25,00 €

Nettosumme          USt. 19 %        Gesamtsumme
84,70 €             16,09 €          100,79 €

Zahlbar innerhalb von 14 Tagen ohne Abzug.
Musterfirma Technik AG  Amtsgericht München HRB 12345  USt-ID: DE136695976  IBAN: DE89 3704 0044 0532 0130 00
""",
        {
            "number": "RE-2022-00815",
            "date": dt.date(2022, 2, 3),
            "currency": "EUR",
            "net": Decimal("84.70"),
            "tax": Decimal("16.09"),
            "total": Decimal("100.79"),
            "seller": "Musterfirma Technik AG",
        },
    ),
    "German, of a craftsman": (
        """\
Max Handwerk - Dachdeckermeister
Dachweg 3, 04109 Leipzig
Steuer-Nr. 231/123/45678

An
Frau Erika Beispiel
Hausstr. 9
04177 Leipzig

Rechnung 17/2023                                        Datum: 05.06.2023

Reparatur Dachrinne, pauschal                           250,00 €
Material                                                 50,00 €

Rechnungsbetrag netto                                   300,00 €
19 % MwSt. auf 300,00 €                                  57,00 €
Rechnungsbetrag brutto                                  357,00 €
""",
        {
            "number": "17/2023",
            "date": dt.date(2023, 6, 5),
            "currency": "EUR",
            "net": Decimal("300.00"),
            "tax": Decimal("57.00"),
            "total": Decimal("357.00"),
            "seller": "Max Handwerk",
        },
    ),
    "American, of a service": (
        """\
Invoice
Invoice number   3F2A9C10-0007
Date of issue    July 4, 2023
Date due         July 4, 2023

Cloudly, Inc.                          Bill to
548 Market Street                      Data Works GmbH
San Francisco, California 94104        Torstrasse 1
United States                          10119 Berlin
support@cloudly.com                    Germany
                                       DE VAT DE136695976

$49.00 USD due July 4, 2023

Description                            Qty    Unit price    Amount
Pro plan                               1      $49.00        $49.00
Jul 4 - Aug 4, 2023
                                       Subtotal             $49.00
                                       Total                $49.00
                                       Amount due           $49.00 USD
""",
        {
            "number": "3F2A9C10-0007",
            "date": dt.date(2023, 7, 4),
            "currency": "USD",
            "net": Decimal("49.00"),
            "total": Decimal("49.00"),
            "seller": "Cloudly, Inc.",
        },
    ),
    "French, of a host": (
        """\
OVH SAS
2 rue Kellermann
59100 Roubaix - France

Référence de la facture : FR12345678
Date de facturation : 02/09/2021
Identifiant client : ab12345-ovh

Facturé à :
Association Les Amis
3 rue du Port
29200 Brest

Libellé                               Quantité    Prix unitaire HT    Montant HT
Hébergement                           12          4,99 €              59,88 €

                                      Montant HT                      59,88 €
                                      TVA (20%)                       11,98 €
                                      Montant TTC                     71,86 €
""",
        {
            "number": "FR12345678",
            "date": dt.date(2021, 9, 2),
            "currency": "EUR",
            "net": Decimal("59.88"),
            "tax": Decimal("11.98"),
            "total": Decimal("71.86"),
            "seller": "OVH SAS",
        },
    ),
    "Italian, of a shop": (
        """\
Ferramenta Verdi di Luca Verdi & C. S.n.c.
Via Po 10, 00198 Roma (RM)
P. IVA IT00743110157

Cliente: Edil Casa S.r.l.
Via Appia 200, 00179 Roma

Fattura N. 112 del 15 marzo 2022

Articolo        Q.tà    Prezzo     Importo
Viti 5x50       100     0,10       10,00
Trapano         1       89,00      89,00

Totale imponibile                  99,00
IVA 22%                            21,78
Totale documento EUR               120,78
""",
        {
            "number": "112",
            "date": dt.date(2022, 3, 15),
            "currency": "EUR",
            "net": Decimal("99.00"),
            "tax": Decimal("21.78"),
            "total": Decimal("120.78"),
            "seller": "Ferramenta Verdi di Luca Verdi & C. S.n.c.",
        },
    ),
    "Spanish receipt": (
        """\
FACTURA SIMPLIFICADA
Cafetería El Sol S.A.
NIF A58818501
Gran Vía 1, 28013 Madrid

Factura nº: T-000123        Fecha: 09/01/2023

2 Café con leche            3,00
1 Tostada                   2,50

Base imponible              5,00
IVA (10%)                   0,50
TOTAL                       5,50 €
""",
        {
            "number": "T-000123",
            "date": dt.date(2023, 1, 9),
            "currency": "EUR",
            "net": Decimal("5.00"),
            "tax": Decimal("0.50"),
            "total": Decimal("5.50"),
            "seller": "Cafetería El Sol S.A.",
        },
    ),
    "Dutch, of a bakery": (
        """\
Factuur
                                         Bakkerij Smit
                                         Molenweg 8
                                         9711 AA Groningen
                                         info@bakkerijsmit.nl
Aan:
Hotel Centraal
Stationsplein 1
9726 AE Groningen

Factuurnr.  : 20230017        Datum : 17-02-2023
Klantnr.    : 1002

Aantal   Omschrijving         Stuksprijs     Bedrag
50       Broodjes             € 0,60         € 30,00

Totaal excl. BTW                             € 30,00
BTW 9%                                       € 2,70
Te betalen                                   € 32,70
""",
        {
            "number": "20230017",
            "date": dt.date(2023, 2, 17),
            "currency": "EUR",
            "net": Decimal("30.00"),
            "tax": Decimal("2.70"),
            "total": Decimal("32.70"),
            "seller": "Bakkerij Smit",
        },
    ),
    "Australian": (
        """\
TAX INVOICE
Outback Electrical Pty Ltd
ABN 51 824 753 556
7 Station Rd, Perth WA 6000

To: Coastal Homes
Invoice #: INV-0042   Date: 15 Aug 2022

Labour 5 hrs @ $80.00            $400.00
Materials                        $120.00
Subtotal (ex GST)                $520.00
GST                              $52.00
Total (inc GST)                  $572.00
Please pay within 7 days. BSB 066-000 Acc 12345678
""",
        {
            "number": "INV-0042",
            "date": dt.date(2022, 8, 15),
            "net": Decimal("520.00"),
            "tax": Decimal("52.00"),
            "total": Decimal("572.00"),
            "seller": "Outback Electrical Pty Ltd",
        },
    ),
    "German credit note": (
        """\
Gutschrift
Papier Groß GmbH & Co. KG | Papierweg 1 | 70173 Stuttgart
Schreibwaren Klein
Ladenstraße 2
70174 Stuttgart
                                       Gutschrift-Nr.: GS-1001
                                       Datum: 01.12.2021
Retoure Kopierpapier                   -50,00 EUR
Netto                                  -50,00 EUR
MwSt 19%                               -9,50 EUR
Gesamtbetrag                           -59,50 EUR
""",
        {
            "number": "GS-1001",
            "date": dt.date(2021, 12, 1),
            "currency": "EUR",
            "net": Decimal("-50.00"),
            "tax": Decimal("-9.50"),
            "total": Decimal("-59.50"),
            "seller": "Papier Groß GmbH & Co. KG",
        },
    ),
}
