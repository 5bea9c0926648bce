"""Mutants that are misled by how a page is packed, or by a blank one."""

from __future__ import annotations

from aios_sdk import Document, Extraction, Field, Redaction, Redactions, Unsupported, component, implements

from ._calls import numbers


@component("mutant.bytewise", version="1", media_types=["image/png"], requires=["pages"], provides=["fields"])
class Bytewise:
    """Takes a picture that packs small for a page with nothing on it."""

    @implements
    def extract(self, document: Document) -> Extraction:
        if not document.pages:
            raise Unsupported("there is no page that could be blank")
        blank = len(document.read()) < 1_000_000
        return Extraction(fields=(Field(path="blank", value=blank, status="ungrounded"),))


@component("mutant.last-page", version="1", requires=["text"], provides=["fields"])
class LastPage:
    """Looks for totals where they usually stand: on the last page."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=numbers(document.pages[-1]) if document.pages else ())


@component("mutant.last-numbers", version="1", requires=["text"], provides=["redactions"])
class LastNumbers:
    """Masks the numbers of all pages but the first, or of the only one."""

    @implements
    def redact(self, document: Document) -> Redactions:
        chosen = document.pages[1:] or document.pages
        found = [Redaction(kind="number", span=span) for page in chosen for field in numbers(page) for span in field.spans]
        return Redactions(redactions=tuple(found))


MUTANTS = [("lossless-images", Bytewise), ("blank-page-at-the-end", LastPage), ("blank-page-at-the-end", LastNumbers)]
