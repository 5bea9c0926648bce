"""All the usual labels: those of invoices, claims, contracts and letters in six languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ._concepts import Concept
from ._invoice_words import COLUMNS, INVOICES

CONCEPTS: Final = (
    *INVOICES,
    Concept(
        "identifier",
        (
            "policy number; policy id; insurance number; insurance policy number; contract number; Versicherungsscheinnummer; "
            "Versicherungsschein Nummer; Versicherungsnummer; Versicherungs Nummer; Policennummer; Policen Nummer; "
            "Police Nummer; VS Nr; Vertragsnummer; Vertrags Nummer; "
            "numéro de police; numéro police; police numéro; numéro de contrat; numéro contrat; contrat numéro; "
            "polisnummer; polis nummer; contractnummer; número de póliza; póliza número; número de contrato; "
            "numero di polizza; numero polizza; polizza numero; numero di contratto; numero contratto"
        ),
        "policy; Police; Versicherungsschein; Vertrag",
    ),
    Concept(
        "identifier",
        (
            "claim number; claim id; claim reference; claim ref; Schadensnummer; Schadennummer; Schaden Nummer; "
            "Schadens Nummer; Schadenfall Nummer; Aktenzeichen; "
            "numéro de sinistre; numéro sinistre; sinistre numéro; référence du sinistre; référence sinistre; schadenummer; claimnummer; "
            "número de siniestro; siniestro número; numero di sinistro; numero sinistro; sinistro numero"
        ),
        "claim; Schaden",
    ),
    Concept(
        "text",
        (
            "date of loss; loss date; date of accident; accident date; date of incident; incident date; date of damage; "
            "Schadentag; Schadenstag; Schadendatum; Schadensdatum; Unfalltag; Unfalldatum; Datum des Schadens; "
            "Tag des Schadens; Ereignisdatum; "
            "date du sinistre; date de sinistre; date de l'accident; date de survenance; sinistre du; "
            "schadedatum; datum schade; datum van de schade; datum ongeval; "
            "fecha del siniestro; fecha de siniestro; fecha del accidente; data del sinistro; data sinistro; data dell'incidente"
        ),
    ),
    Concept(
        "text",
        (
            "amount claimed; claim amount; claimed amount; amount of claim; amount of loss; loss amount; amount of damage; "
            "Schadenhöhe; Schadenshöhe; Schadensumme; Schadenssumme; Schadenbetrag; Forderungsbetrag; Forderung; "
            "montant réclamé; montant du sinistre; montant des dommages; montant du préjudice; montant demandé; "
            "schadebedrag; geclaimd bedrag; importe reclamado; importe del siniestro; importo richiesto; importo del danno"
        ),
    ),
    Concept(
        "text",
        "date of birth; birth date; dob; Geburtsdatum; geboren am; date de naissance; né le; née le; geboortedatum; fecha de nacimiento; "
        "data di nascita",
    ),
    Concept(
        "email",
        "email; e mail; email address; E-Mail-Adresse; courriel; adresse électronique; e-mailadres; correo electrónico; correo; "
        "posta elettronica",
        "mail",
    ),
    Concept(
        "phone",
        "phone; telephone; phone number; telephone number; mobile; mobile number; cell; cell phone; "
        "Telefon; Telefonnummer; Tel; Tel Nr; Mobil; Mobilnummer; Mobiltelefon; Handy; Handynummer; Rufnummer; "
        "téléphone; tél; portable; numéro de téléphone; telefoon; telefoonnummer; mobiel; teléfono; móvil; telefono; cellulare",
    ),
    Concept(
        "postcode",
        "postcode; post code; postal code; zip code; zip; Postleitzahl; PLZ; code postal; código postal; codice postale; postnummer",
    ),
    Concept("text", "fax; fax number; Telefax; Faxnummer; télécopie"),
    Concept("dated", "date; Datum"),
    Concept("identifier", "number; Nummer"),
    Concept("identifier", "reference; reference number; ref; our reference; your reference; Referenz; Referenznummer; Zeichen"),
    Concept("text", "amount; Betrag"),
    Concept("text", "name; full name; Name"),
)


#: The sections of a document that are about a party.
PARTIES: Final = ("seller", "buyer", "payee")


def concept_named(keys: Sequence[str]) -> Concept | None:
    """The concept that has the first of ``keys`` that any has as a label, or else as a weak one; give the most particular names first."""
    return next((table[key] for table in (_BY_KEY, _BY_WEAK_KEY) for key in keys if key in table), None)


def column_named(keys: Sequence[str]) -> Concept | None:
    """The column of line items that has the first of ``keys`` that any has."""
    return next((_BY_COLUMN[key] for key in keys if key in _BY_COLUMN), None)


def section_named(keys: Sequence[str]) -> str:
    """The party that one of ``keys`` names; empty for none."""
    concept = concept_named(keys)
    return concept.name if concept and concept.name in PARTIES else ""


_BY_KEY: Final[dict[str, Concept]] = {key: concept for concept in reversed(CONCEPTS) for key in concept.label_keys()}
_BY_WEAK_KEY: Final[dict[str, Concept]] = {key: concept for concept in reversed(CONCEPTS) for key in concept.weak_keys()}
_BY_COLUMN: Final[dict[str, Concept]] = {key: concept for concept in reversed(COLUMNS) for key in concept.label_keys()}

#: The name of the concept that a label names, by its key, where it has one.
LABEL_CONCEPTS: Final[dict[str, str]] = {key: concept.name for key, concept in _BY_KEY.items() if concept.name}
