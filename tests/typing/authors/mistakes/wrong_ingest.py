"""An ingest that yields what is no document, or is asynchronous."""

from collections.abc import AsyncIterator, Iterator

from aios_sdk import Document, Source, component, implements


@component("acme.lines")  # error: Lines
class Lines:
    @implements  # error: Iterator[str]
    def ingest(self, source: Source) -> Iterator[str]:
        yield source.read().decode()


@component("acme.waits")  # error: Waits
class Waits:
    @implements  # error: AsyncIterator[Document]
    async def ingest(self, source: Source) -> AsyncIterator[Document]:
        yield Document.of()


@component("acme.of-document")  # error: OfDocument
class OfDocument:
    @implements  # error: Iterator[Document]
    def ingest(self, source: Document) -> Iterator[Document]:
        yield source
