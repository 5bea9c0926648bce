"""The usual labels of invoices in English, German, French, Dutch, Spanish and Italian."""

from __future__ import annotations

from typing import Final

from ._concepts import Concept

INVOICES: Final = (
    Concept(
        "identifier",
        "invoice number; invoice id; invoice reference; inv number; bill number; tax invoice number; receipt number; document number; "
        "credit note number; statement number; "
        "Rechnungsnummer; Rechnung Nummer; Rechnungs Nummer; Rg Nr; Re Nr; Belegnummer; Beleg Nummer; Gutschrift Nummer; "
        "Gutschriftsnummer; Rechnungskorrektur Nummer; Stornorechnung Nummer; Dokumentnummer; Rechnungs Id; "
        "facture numéro; facture n; numéro de facture; numéro facture; numéro de la facture; référence facture; référence de facture; "
        "avoir numéro; numéro de document; "
        "factuurnummer; factuur nummer; factuur nr; nota nummer; creditnota nummer; documentnummer; "
        "factura número; factura n; número de factura; número factura; número de la factura; factura simplificada número; "
        "fattura numero; fattura n; numero fattura; numero di fattura; numero della fattura; numero documento; documento numero",
        "invoice; bill; Rechnung; Gutschrift; facture; factuur; factura; fattura; number",
        "invoice number",
    ),
    Concept(
        "dated",
        "invoice date; date of invoice; bill date; billing date; date of issue; issue date; issued on; receipt date; document date; "
        "tax point; tax date; statement date; date issued; "
        "Rechnungsdatum; Datum der Rechnung; Rechnung vom; Belegdatum; Ausstellungsdatum; Gutschriftsdatum; Rechnungs Datum; "
        "date de facture; date de facturation; date de la facture; date facture; date d'émission; facture du; émise le; établie le; "
        "factuurdatum; datum factuur; notadatum; "
        "fecha de factura; fecha factura; fecha de la factura; fecha de emisión; fecha emisión; fecha de expedición; "
        "data fattura; data della fattura; data di fattura; data documento; data emissione; data di emissione; fattura del",
        "date; dated; Datum; vom; le; du; fecha; fecha de; data; del; dato",
        "date",
    ),
    Concept(
        "text",
        "due date; date due; payment due; payment due date; payment date; due by; due on; pay by; please pay by; "
        "Fälligkeitsdatum; Fälligkeit; fällig am; fällig bis; zahlbar bis; zahlbar bis zum; zu zahlen bis; Zahlungsziel; "
        "date d'échéance; échéance; date limite de paiement; à payer avant le; à régler avant le; date de règlement; "
        "vervaldatum; vervaldag; te betalen voor; uiterste betaaldatum; betalen voor; "
        "fecha de vencimiento; vencimiento; fecha vencimiento; fecha límite de pago; "
        "data scadenza; data di scadenza; scadenza; scadenza pagamento",
        "due; fällig; bis zum; bis spätestens; spätestens bis; spätestens zum; au plus tard le",
    ),
    Concept(
        "text",
        "delivery date; date of delivery; date of supply; service date; shipping date; ship date; "
        "Lieferdatum; Leistungsdatum; Liefer und Leistungsdatum; Lieferungs und Leistungsdatum; Tag der Lieferung; "
        "date de livraison; date de prestation; leverdatum; datum levering; fecha de entrega; data consegna; data di consegna",
    ),
    Concept(
        "text",
        "billing period; service period; statement period; Abrechnungszeitraum; Leistungszeitraum; Zeitraum; période; "
        "période de facturation; "
        "factuurperiode; periode; período de facturación; período; periodo di fatturazione; periodo",
    ),
    Concept(
        "text",
        "order date; date of order; Bestelldatum; Auftragsdatum; Bestellung vom; date de commande; orderdatum; besteldatum; "
        "fecha de pedido; fecha del pedido; data ordine",
    ),
    Concept(
        "identifier",
        "order number; order id; purchase order; purchase order number; po number; po; your order; booking id; booking number; "
        "Bestellnummer; Bestell Nummer; Bestellung Nummer; Bestellung; Auftragsnummer; Auftrags Nummer; Auftrag Nummer; Ihre Bestellung; "
        "numéro de commande; commande numéro; référence commande; votre commande; commande; "
        "ordernummer; bestelnummer; bestelling nummer; uw bestelling; "
        "número de pedido; pedido número; su pedido; pedido; "
        "numero ordine; ordine numero; ordine n; vostro ordine",
        "order; Auftrag; ordine",
    ),
    Concept(
        "identifier",
        "customer number; customer id; client number; client id; account number; account id; "
        "Kundennummer; Kunden Nummer; Kd Nr; Debitorennummer; Kunden Id; "
        "numéro client; numéro de client; code client; référence client; compte client; numéro de compte; identifiant; "
        "klantnummer; klant nummer; debiteurnummer; relatienummer; "
        "número de cliente; código de cliente; código cliente; cliente número; "
        "codice cliente; numero cliente; cod cliente",
        "",
        "customer number",
    ),
    Concept(
        "identifier",
        "delivery note number; Lieferscheinnummer; Lieferschein Nummer; Lieferschein; bon de livraison; pakbonnummer; "
        "albarán; albarán número; "
        "documento di trasporto; ddt",
    ),
    Concept(
        "text",
        "total; total amount; total sales; grand total; bill total; bill amount; invoice total; invoice amount; total price; "
        "total payable; total invoice; "
        "total gross; gross total; gross amount; total incl vat; total including vat; total incl tax; total including tax; "
        "total inclusive of vat; total inclusive of tax; total for this invoice; total invoice amount; order total; total charges; "
        "Gesamtbetrag; Gesamtsumme; Rechnungsbetrag; Rechnungsendbetrag; Rechnungssumme; Bruttobetrag; Bruttosumme; Endbetrag; Endsumme; "
        "Gesamt brutto; Summe brutto; Gesamtbetrag brutto; Gesamtbetrag inkl MwSt; Summe inkl MwSt; Gesamtpreis; Rechnungsbetrag brutto; "
        "Rechnungsgesamtbetrag; Gesamtrechnungsbetrag; Gesamtbetrag der Rechnung; "
        "total ttc; montant ttc; montant total ttc; total toutes taxes comprises; total facture; montant total; total général; "
        "montant de la facture; montant facture; total de la facture; prix total ttc; ttc; "
        "totaal; totaalbedrag; totaal incl btw; totaal inclusief btw; totaal inclusief; factuurbedrag; eindtotaal; totaal factuur; "
        "bedrag inclusief btw; totaalbedrag inclusief btw; totaal bedrag; factuurtotaal; "
        "total factura; importe total; total general; total con iva; total iva incluido; importe factura; total importe; "
        "totale; totale fattura; totale documento; importo totale; totale generale; totale ivato; totale iva inclusa; totale complessivo",
        "amount due; total due; total amount due; balance due; amount payable; Zahlbetrag; zu zahlen; Summe; Gesamt; Brutto; gross; "
        "incl vat; including vat; incl tax; inkl MwSt; incl btw; inclusief btw; net à payer; à payer; total à payer; montant à payer; "
        "te betalen; te betalen bedrag; totaal te betalen; total a pagar; importe a pagar; importe; "
        "totale da pagare; netto a pagare; totale dovuto; importo",
        "total",
    ),
    Concept(
        "text",
        "amount due; total due; total amount due; balance due; balance; amount payable; amount to pay; to pay; "
        "Zahlbetrag; zu zahlen; zu zahlender Betrag; Restbetrag; offener Betrag; Nachzahlung; "
        "net à payer; à payer; montant à payer; total à payer; reste à payer; solde; solde à payer; montant dû; "
        "te betalen; te betalen bedrag; totaal te betalen; openstaand bedrag; saldo; "
        "total a pagar; importe a pagar; a pagar; "
        "totale da pagare; netto a pagare; totale dovuto; da pagare",
        "",
        "due",
    ),
    Concept(
        "text",
        "subtotal; sub total; net total; net amount; total net; total excl vat; total excluding vat; total excl tax; total excluding tax; "
        "total before tax; taxable amount; amount before tax; net value; amount excl vat; taxable value; total net amount; "
        "Nettobetrag; Nettosumme; Summe netto; Gesamt netto; Gesamtbetrag netto; Zwischensumme; Rechnungssumme ohne USt; "
        "Rechnungssumme netto; Gesamtbetrag ohne MwSt; ohne MwSt; ohne USt; exkl MwSt; zzgl MwSt netto; "
        "Rechnungsbetrag netto; Netto Betrag; "
        "Gesamtnettobetrag; Gesamtsumme netto; Nettowert; Netto Gesamt; Steuerbasisbetrag; Netto Summe; "
        "excl vat; excluding vat; excl tax; excluding tax; exclusive of tax; exclusive of vat; "
        "total ht; montant ht; total hors taxes; total hors taxe; montant hors taxes; total net ht; montant total ht; sous total; "
        "base ht; total hors tva; montant net; base imposable; prix ht total; "
        "subtotaal; totaal excl btw; totaal exclusief btw; totaal exclusief; exclusief btw; excl btw; netto bedrag; totaal netto; "
        "nettobedrag; bedrag exclusief btw; bedrag excl btw; grondslag; "
        "base imponible; subtotal; total sin iva; importe neto; total neto; neto; total base imponible; suma; importe sin iva; "
        "imponibile; totale imponibile; totale netto; subtotale; totale iva esclusa; importo netto; totale merce; totale senza iva; "
        "netto imponibile; base imponibile; totale esente",
        "net; netto; ht; excl; exclusief",
        "net",
    ),
    Concept(
        "text",
        "tax; vat; gst; sales tax; total tax; tax total; tax amount; vat amount; total vat; taxes; total taxes; hst; "
        "total gst; gst amount; gst payable; "
        "MwSt; USt; Mehrwertsteuer; Umsatzsteuer; Steuerbetrag; MwSt Betrag; zzgl MwSt; zzgl USt; Steuersumme; USt Betrag; "
        "zuzüglich MwSt; zuzüglich USt; zzgl Mehrwertsteuer; zzgl Umsatzsteuer; zuzüglich Mehrwertsteuer; zuzüglich Umsatzsteuer; Steuer; "
        "enthaltene MwSt; enthaltene Umsatzsteuer; Gesamtsteuerbetrag; Summe MwSt; Summe USt; Umsatzsteuerbetrag; Mehrwertsteuerbetrag; "
        "tva; montant tva; total tva; montant de la tva; montant total tva; dont tva; "
        "btw; btw bedrag; totaal btw; bedrag btw; omzetbelasting; "
        "iva; cuota iva; importe iva; total iva; cuota de iva; cuota; total impuestos; impuestos; igic; "
        "imposta; totale iva; totale imposta; importo iva; iva totale; totale imposte",
        "",
        "tax",
    ),
    Concept(
        "text",
        "sum of lines; line total; goods value; basis amount; Positionssumme; Summe der Positionen; Warenwert; Basisbetrag; "
        "total lignes; total merce",
    ),
    Concept(
        "text",
        "tax rate; vat rate; Steuersatz; MwSt Satz; taux; taux tva; taux de tva; btw tarief; btw percentage; tipo iva; tipo de iva; "
        "aliquota; aliquota iva; iva percentuale",
    ),
    Concept(
        "text",
        "discount; total discount; allowance; charges; Rabatt; Skonto; Gesamtbetrag der Zuschläge; Gesamtbetrag der Abschläge; "
        "Summe der Abschläge; Summe der Zuschläge; remise; escompte; rabais; korting; descuento; sconto; sconti",
    ),
    Concept(
        "text",
        "amount paid; paid; prepaid; deposit; payments; Anzahlung; erhaltene Anzahlungen; bereits bezahlt; bezahlt; acompte; déjà payé; "
        "montant payé; montant réglé; voldaan; reeds betaald; betaald; aanbetaling; pagado; anticipo; a cuenta; pagato; acconto",
        "",
        "paid",
    ),
    Concept("text", "shipping costs; Versandkosten; frais de port; verzendkosten; gastos de envío; spese di spedizione"),
    Concept(
        "text",
        "unit price; price per unit; Einzelpreis; Stückpreis; Preis pro Stück; prix unitaire; stukprijs; precio unitario; prezzo unitario",
    ),
    Concept(
        "text",
        "quantity; qty; total quantity; total qty; total items; item count; number of items; Menge; Anzahl; Gesamtmenge; Artikelanzahl; "
        "quantité; aantal; cantidad; quantità",
    ),
    Concept(
        "currency", "currency; invoice currency; Währung; Rechnungswährung; devise; monnaie; valuta; munt; moneda; divisa", "", "currency"
    ),
    Concept(
        "vat",
        "vat id; vat number; vat reg number; vat registration number; vat identification number; vat reg; vat registration; "
        "USt Id; USt Id Nr; USt IdNr; UStID; UStIdNr; Umsatzsteuer Id; Umsatzsteuer Identifikationsnummer; Umsatzsteuer Id Nr; gstin; UID; "
        "UID Nr; UID Nummer; "
        "numéro tva; numéro de tva; tva intracommunautaire; numéro tva intracommunautaire; n tva; n tva intracommunautaire; "
        "numéro de tva intracommunautaire; tva intracom; id tva; tva intra; "
        "btw nummer; btw nr; btw id; btw identificatienummer; "
        "nif; cif; nif iva; cif nif; nif cif; número de iva; "
        "partita iva; p iva; piva; partita iva codice fiscale; numero di partita iva",
        "",
        "vat id",
    ),
    Concept(
        "identifier",
        "tax number; tax id; Steuernummer; Steuer Nummer; St Nr; siret; siren; numéro siret; numéro siren; codice fiscale; "
        "kvk; kvk nummer; "
        "kvk nr; coc number; company number; company registration number; registration number; Handelsregisternummer; HRB; "
        "HRB Nr; rcs; ein",
    ),
    Concept(
        "iban",
        "iban; bank account; numéro de compte iban; rekeningnummer; cuenta bancaria; número de cuenta; conto corrente",
        "account; Konto",
    ),
    Concept("bic", "bic; swift; swift code; bic swift; swift bic; code bic; bic code"),
    Concept(
        "party",
        "seller; seller name; supplier; supplier name; vendor; vendor name; issued by; issuer; service provider; sold by; billed by; "
        "bill from; invoice from; payable to; remit to; make cheques payable to; make checks payable to; merchant; "
        "merchant name; provider; "
        "Verkäufer; Lieferant; Rechnungssteller; Rechnungsaussteller; Absender; Leistungserbringer; Auftragnehmer; Vermieter; "
        "vendeur; fournisseur; émetteur; émis par; prestataire; vendu par; expéditeur; nom du fournisseur; "
        "verkoper; leverancier; afzender; verkocht door; dienstverlener; "
        "vendedor; proveedor; emisor; emitido por; datos del emisor; vendido por; expedidor; datos del proveedor; "
        "venditore; fornitore; cedente; cedente prestatore; emittente; mittente; venduto da; prestatore",
        "from; Kontoinhaber; account holder; account name; beneficiary; beneficiary name; titulaire; titulaire du compte; "
        "ten name van; t n v; rekeninghouder; titular; titular de la cuenta; beneficiario; intestato a; intestatario conto; "
        "Kontoname; company; "
        "Firma; razón social; ragione sociale; raison sociale",
        "seller",
    ),
    Concept(
        "party",
        "buyer; buyer name; customer; customer name; client; client name; bill to; billed to; sold to; invoice to; invoiced to; ship to; "
        "shipped to; deliver to; delivery address; billing address; shipping address; bill to address; ship to address; invoice address; "
        "recipient; attention; attn; guest name; billed for; "
        "Käufer; Käufer Leistungsempfänger; Kunde; Rechnungsempfänger; Empfänger; Leistungsempfänger; Rechnungsadresse; "
        "Rechnungsanschrift; "
        "Rechnung an; Lieferadresse; Lieferanschrift; Warenempfänger; Abweichender Warenempfänger; Auftraggeber; Mieter; Kundenadresse; "
        "Lieferung an; "
        "acheteur; client; facturé à; facturer à; adresse de facturation; adresse de livraison; livré à; livrer à; destinataire; "
        "nom du client; à l'attention de; "
        "koper; klant; afnemer; factuuradres; afleveradres; bezorgadres; factuur aan; verzendadres; gefactureerd aan; "
        "comprador; cliente; facturar a; facturado a; dirección de facturación; destinatario; dirección de envío; enviar a; "
        "datos del cliente; nombre del cliente; dirección de entrega; "
        "acquirente; cliente; cessionario; cessionario committente; committente; destinatario; fatturare a; spett le; spettabile; "
        "indirizzo di fatturazione; luogo di destinazione; destinazione; indirizzo di consegna; intestatario",
        "to; an",
        "buyer",
    ),
    Concept("party", "Zahlungsempfänger; Abweichender Zahlungsempfänger; payee; payee name; bénéficiaire; begunstigde", "", "payee"),
    Concept(
        "address", "address; Anschrift; Adresse; adres; dirección; domicilio; indirizzo; sede; sede legale; postal address", "", "address"
    ),
    Concept(
        "text",
        "payment terms; terms; terms of payment; payment method; payment mode; Zahlungsbedingungen; Zahlungsart; "
        "Zahlungsform; Zahlungsweise; "
        "conditions de paiement; mode de paiement; conditions de règlement; mode de règlement; moyen de paiement; "
        "betalingsvoorwaarden; betaalwijze; betaalmethode; betalingstermijn; forma de pago; condiciones de pago; método de pago; "
        "modalità di pagamento; condizioni di pagamento; pagamento",
    ),
)

#: The columns of the lines of an invoice. Outside a table most of these words mean nothing.
COLUMNS: Final = (
    Concept("identifier", "position; pos; line number; item number; Position; ligne; regel; posición; riga; nr", "", "position"),
    Concept(
        "text",
        "unit price; price per unit; price; rate; unit cost; Einzelpreis; Stückpreis; Preis pro Stück; Preis; VK Preis; E Preis; EP; "
        "Nettopreis; Einzelpreis netto; "
        "prix unitaire; prix unitaire ht; pu; pu ht; p u; p u ht; prix; stukprijs; eenheidsprijs; prijs; prijs per stuk; "
        "precio; precio unitario; precio unidad; prezzo; prezzo unitario",
        "",
        "unit price",
    ),
    Concept(
        "text",
        "quantity; qty; units; hours; Menge; Anzahl; Stück; quantité; qté; qte; aantal; hoeveelheid; cantidad; cant; uds; unidades; "
        "quantità; qtà; q tà; qta; nights",
        "",
        "quantity",
    ),
    Concept(
        "text",
        "description; item; item description; product; article; service; details; particulars; activity; "
        "Beschreibung; Bezeichnung; Artikel; Leistung; Artikelbezeichnung; Position Beschreibung; Text; "
        "désignation; libellé; désignation des produits; description des produits; prestation; "
        "omschrijving; artikelomschrijving; product omschrijving; descripción; concepto; artículo; descrizione; articolo; prodotto",
        "",
        "description",
    ),
    Concept(
        "text",
        "line total; line amount; total price; total; amount; net amount; subtotal; price total; "
        "Gesamtpreis; Betrag; Gesamt; Summe; Zeilenbetrag; Positionsbetrag; Nettobetrag; GP; G Preis; Gesamtpreis netto; Gesamt netto; "
        "montant; montant ht; total ht; prix total; total ttc; montant ttc; bedrag; totaal; totaalprijs; prijs incl btw; subtotaal; "
        "importe; total; importo; totale; prezzo totale; importo netto; imponibile",
        "",
        "line total",
    ),
    Concept(
        "identifier",
        "article number; item number; product code; item code; sku; code; part number; Artikelnummer; Artikel Nummer; Art Nr; "
        "référence; réf; code article; artikelnummer; código; referencia; codice; codice articolo; cod",
        "",
        "article number",
    ),
    Concept("text", "unit; unit of measure; uom; Einheit; ME; unité; eenheid; unidad; unità; u m; um", "", "unit"),
    Concept(
        "text",
        "tax rate; vat rate; tax; taxes; vat; gst; MwSt; USt; Steuersatz; MwSt Satz; tva; taux tva; taux; btw; btw tarief; "
        "iva; tipo iva; aliquota; "
        "aliquota iva",
        "",
        "tax rate",
    ),
    Concept("text", "discount; disc; Rabatt; remise; korting; descuento; dto; sconto", "", "discount"),
    Concept("text", "date; Datum; date de livraison; fecha; data", "", "date"),
)
