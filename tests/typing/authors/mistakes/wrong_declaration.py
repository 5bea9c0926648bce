"""A declaration with values that there are not."""

from aios_sdk import Document, Extraction, Provided, component, implements


@component("acme.unit", unit="pages")  # error: pages
class Unit:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("acme.isolation", isolation="thread")  # error: thread
class Isolation:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("acme.reads", reads=["path"], prority=3)  # error: prority
class Reads:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("acme.seeded", deterministic="no")  # error: deterministic
class Seeded:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


Provided(fields={"total": "money"})  # error: str
