"""Mutants whose places are wrong."""

from __future__ import annotations

from aios_sdk import Document, Extraction, Field, PageText, Region, Span, component, implements

from ._calls import NUMBER


@component("mutant.bytes", version="1", requires=["text"], provides=["fields"])
class Bytes:
    """Counts bytes instead of code points."""

    @implements
    def extract(self, document: Document) -> Extraction:
        fields = []
        for page in document.pages:
            for found in NUMBER.finditer(page.text) if page.reading else ():
                start = len(page.text[: found.start()].encode())
                end = start + len(found[0].encode())
                span = Span(artifact=page.reading.artifact, page=page.index, start=start, end=end, quote=found[0])
                fields.append(Field(path="number", value=found[0], spans=(span,)))
        return Extraction(fields=tuple(fields))


@component("mutant.headings-only", version="1", requires=["text"], provides=["regions"])
class HeadingsOnly:
    """Takes the first line of a page for its heading, and says nothing of the rest."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(regions=tuple(_heading(page.reading) for page in document.pages if page.reading and page.text))


@component("mutant.overlaps", version="1", requires=["text"], provides=["regions"])
class Overlaps:
    """Gives a heading, and the page with its heading as a paragraph."""

    @implements
    def extract(self, document: Document) -> Extraction:
        texts = [page.reading for page in document.pages if page.reading and page.text]
        parts = [(_heading(text), Region.of(text, "paragraph", 0, len(text.content))) for text in texts]
        return Extraction(regions=tuple(region for both in parts for region in both))


@component("mutant.loose-links", version="1", requires=["text"], provides=["regions"])
class LooseLinks:
    """Gives links, and nothing that they lie in."""

    @implements
    def extract(self, document: Document) -> Extraction:
        texts = [page.reading for page in document.pages if page.reading and page.text]
        return Extraction(regions=tuple(Region.of(text, "link", 0, len(text.content), target="https://example.org") for text in texts))


def _heading(text: PageText) -> Region:
    return Region.of(text, "heading", 0, text.content.find("\n") + 1 or len(text.content), level=1)


MUTANTS = [("spans-resolve", Bytes), ("regions-in-order", HeadingsOnly), ("regions-in-order", Overlaps), ("regions-in-order", LooseLinks)]
