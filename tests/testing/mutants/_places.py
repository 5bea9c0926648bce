"""Mutants whose places are wrong."""

from __future__ import annotations

from aios_sdk import Document, Extraction, Field, Span, component, implements

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


MUTANTS = [("spans-resolve", Bytes)]
