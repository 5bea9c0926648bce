"""The component keeps the laws of the conformance kit."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from aios_sdk import Check, Checks, Classification, Document, Extraction, Field, Label, Outcome, Provided, Span
from aios_sdk.testing import conformance, samples

HERE = Path(__file__).parent
CHECKS = ("has-total", "supplier-known", "within-limit", "recent")
OF_CASES = ("sums-agree", "each-once", "readable")
KINDS = {"document-kind": ("invoice", "claim")}
TYPES = {"supplier": "text", "total": "decimal", "date": "date"}


def _document(text: str, kind: str, **values: object) -> Document:
    """A document that says ``text``, of a ``kind``, with ``values`` that stand in it as they are written."""
    document = samples.text(text, name=f"{kind}.txt").document()
    (page,) = document.pages
    fields = []
    for path, value in values.items():
        start = text.index(str(value))
        place = Span(artifact=page.reading.artifact, page=0, start=start, end=start + len(str(value)), quote=str(value))
        fields.append(Field(path=path, value=value, spans=(place,), confidence=0.9))
    label = Label(taxonomy="document-kind", value=kind, confidence=0.8)
    return document.add("extract.fields", Extraction(fields=tuple(fields))).add("classify.lexical", Classification(labels=(label,)))


def invoices() -> list[Document]:
    hagen = {"supplier": "Hagen Auto Repair Ltd", "total": Decimal("471.30"), "date": dt.date(2026, 3, 14)}
    glass = {"supplier": "Glas & Rahmen GmbH", "total": Decimal("1190.00")}
    return [_document(samples.LETTER, "invoice", **hagen), _document("Glas & Rahmen GmbH\nTotal 1190.00\n", "invoice", **glass)]


def checked(document: Document, rules: tuple[str, ...]) -> Document:
    return document.add("check.before", Checks(checks=tuple(Check(rule=rule, passed=True) for rule in rules)))


def papers() -> list[Document]:
    """Invoices, and one of which the checks are known, so that it is paid."""
    return [*invoices(), checked(invoices()[0], CHECKS)]


def claims() -> list[Document]:
    """A mail and its two invoices as a case, before and after it was checked, and a case of which a member failed."""
    mail = _document("We claim 1661.30 EUR.\n", "claim", claimed=Decimal("1661.30"))
    members = tuple(Outcome(document=document, status="completed") for document in (mail, *invoices()))
    whole, torn = (Document(id=digit * 32, name="claim", kind="case", root=digit * 32) for digit in "12")
    torn = replace(torn, members=(*members[:2], replace(members[2], status="failed")))
    whole = replace(whole, members=members)
    return [whole, checked(whole, OF_CASES), torn]


test_rules = conformance(
    "aios.rules",
    config={"rules": str(HERE / "conformance.rules.yaml")},
    given=Provided(fields=TYPES, labels=KINDS, checks=CHECKS),
    documents=papers,
    examples=10,
)
test_rules_of_cases = conformance(
    "aios.rules",
    config={"rules": str(HERE / "conformance.cases.yaml")},
    given=Provided(fields={**TYPES, "claimed": "decimal"}, labels=KINDS, checks=OF_CASES),
    documents=claims,
    tier="behaviour",
    examples=10,
)
