"""A stage that returns something else than its record."""

from aios_sdk import Document, Extraction, Field, Route, component, implements


@component("acme.fields")  # error: Fields
class Fields:
    @implements  # error: list[Field]
    def extract(self, document: Document) -> list[Field]:
        return []


@component("acme.nothing")  # error: Nothing
class Nothing:
    @implements  # error: Extraction | None
    def extract(self, document: Document) -> Extraction | None:
        return None


@component("acme.other-record")  # error: OtherRecord
class OtherRecord:
    @implements
    def extract(self, document: Document) -> Route:
        return Route(destination="desk")


@component("acme.in-the-body")
class InTheBody:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields="total")  # error: fields


@component("acme.word", version="1")  # error
def word(document: Document) -> str:
    return "desk"
