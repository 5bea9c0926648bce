"""The component keeps the laws of the conformance kit, with an endpoint that answers out of what it is sent."""

from __future__ import annotations

import re
from typing import Any

from openai_endpoint import Asked, Said, Server, completion

from aios_sdk.testing import conformance, samples

GERMAN = """\
Glas & Rahmen GmbH

Rechnungsnummer:   RE-7 \U0001fa9f
Rechnungsdatum:    14.03.2026
Gesamtbetrag:      1.190,00 EUR
"""
DOCUMENTS = [samples.pdf().document(), samples.text(GERMAN).document(), samples.scan().document(read=True)]


def answer(asked: Asked) -> Said:
    """Says what a model could say to the text: the first words as the seller, whatever looks like a number, and something made up."""
    SERVER.asked.clear()  # the kit looks at the memory of this process, too
    text = asked.body["messages"][-1]["content"]
    found: dict[str, Any] = {"number": {"value": "RE-99", "quote": "RE-99"}, "date": None}
    if words := text.split():
        found["seller"] = {"name": {"value": words[0], "quote": words[0]}, "city": None}
    numbers = re.findall(r"[0-9]{1,9}", text)[:3]
    found["lines"] = [{"what": None, "quantity": {"value": int(each), "quote": each}, "total": None} for each in numbers]
    return completion(found)


SERVER = Server()  # as long as this module, for the kit opens the component wherever it likes
SERVER.answer = answer

test_openai = conformance(
    "aios.openai", config={"url": SERVER.url, "model": "small", "output": "openai_models:Invoice"}, documents=DOCUMENTS, examples=3
)
