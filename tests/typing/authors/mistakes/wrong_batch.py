"""A batch companion that returns one result, or takes one document."""

from collections.abc import Iterable, Sequence

from aios_sdk import Document, Extraction, component, implements


@component("acme.one")
class One:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()

    @implements  # error: Extraction
    def extract_batch(self, documents: Sequence[Document]) -> Extraction:
        return Extraction()


@component("acme.first")
class First:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()

    @implements  # error: Iterable[Extraction]
    def extract_batch(self, document: Document) -> Iterable[Extraction]:
        return []
