"""Mutants that tell what they were told in confidence."""

from __future__ import annotations

import base64
import logging

from aios_sdk import Document, Extraction, Field, Malformed, Resources, component, implements

from ._calls import numbers


class _WithKey:
    """A component that signs its questions with a key."""

    def __init__(self, config: object) -> None:
        self.config = config
        self.key = ""

    def open(self, resources: Resources) -> None:
        self.key = resources.secrets["MUTANT_KEY"]

    def close(self) -> None:
        self.key = ""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=tuple(field for page in document.pages for field in numbers(page)))


@component("mutant.chatty", version="1", requires=["text"], provides=["fields"], secrets=["MUTANT_KEY"])
class Chatty(_WithKey):
    """Logs the headers that it sends, for debugging."""

    @implements
    def extract(self, document: Document) -> Extraction:
        headers = {"Authorization": "Basic " + base64.b64encode(self.key.encode()).decode()}
        logging.getLogger("mutant.chatty").debug("asking with %s", headers)
        return super().extract(document)


@component("mutant.indiscreet", version="1", requires=["text"], provides=["fields"], secrets=["MUTANT_KEY"])
class Indiscreet(_WithKey):
    """Keeps in the result how it was asked, key and all."""

    @implements
    def extract(self, document: Document) -> Extraction:
        asked = Field(path="asked", value=f"https://api.mutant.example/?key={self.key}", status="ungrounded")
        return Extraction(fields=(asked, *super().extract(document).fields))


@component("mutant.plaintive", version="1", requires=["text"], provides=["fields"], secrets=["MUTANT_KEY"])
class Plaintive(_WithKey):
    """Names the key when it complains."""

    @implements
    def extract(self, document: Document) -> Extraction:
        if "Terms of payment" in document.text:
            raise Malformed(f"the service found nothing for {self.key}")
        return super().extract(document)


MUTANTS = [("secrets-stay-secret", Chatty), ("secrets-stay-secret", Indiscreet), ("secrets-stay-secret", Plaintive)]
