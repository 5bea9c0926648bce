"""The component keeps the laws of the conformance kit, with an encoder of random weights that `make_tiny` wrote."""

from __future__ import annotations

from pathlib import Path

from aios_sdk.testing import conformance, samples

TINY = str(Path(__file__).parent / "tiny")
DESCRIPTIONS = {"claim": "A damage is reported, our car was hit", "order": "Please send ten boxes", "invoice": "Please pay the total"}
DOCUMENTS = [samples.text("Dear Sirs,\n\nmy car was hit. Please pay 471.30 EUR.\n").document(), samples.mail().document()]

test_sentence_transformers = conformance(
    "aios.sentence-transformers", config={"encoder": TINY, "descriptions": DESCRIPTIONS}, documents=DOCUMENTS, examples=3
)
