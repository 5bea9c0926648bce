"""A layer, field type or media type that is none."""

from aios_sdk import Document, Extraction, component, implements


@component("acme.misspelt", requires=["txet"])  # error: txet
class Misspelt:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("acme.unknown", provides=["text", "amounts"])  # error: amounts
class Unknown:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("acme.no-list", uses="words")  # error: uses
class NoList:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("acme.money", fields={"total": "money"})  # error: str
class Money:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(feilds=())  # error: feilds
