"""The component keeps the laws of the conformance kit."""

from __future__ import annotations

import sys
from pathlib import Path

from aios_sdk.testing import conformance, samples

sys.path.append(str(Path(__file__).parent))  # where conformance_models is found, here and in the other processes of the kit

GERMAN = """\
Glas & Rahmen GmbH

Rechnungsnummer:   RE-7 \U0001fa9f
Rechnungsdatum:    14.03.2026
Leistung           Anzahl    Betrag
Fenster 5 mm       2         1.000,00

Gesamtbetrag:      1.190,00 EUR
"""
DOCUMENTS = [samples.pdf().document(), samples.text(GERMAN).document(), samples.scan().document(read=True)]

test_fields = conformance("aios.fields", config={"output": "conformance_models:Invoice"}, documents=DOCUMENTS, examples=10)
test_fields_by_own_labels = conformance(
    "aios.fields",
    config={
        "output": "conformance_models:Repair",
        "labels": {"workshop.iban": ["Please pay to"], "customer": ["Customer", "Kunde"], "kind": ["Art"]},
        "day_first": True,
    },
    documents=DOCUMENTS,
    tier="behaviour",
    examples=5,
)
