"""All the usual labels: those of invoices in six languages, and of claims, contracts and letters in English and German."""

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
