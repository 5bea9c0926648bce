"""Mutants whose single calls are wrong."""

from __future__ import annotations

import re

from aios_sdk import Document, Extraction, Field, Span, Unsupported, component, implements
from aios_sdk.records import Page

NUMBER = re.compile(r"\d+")


def numbers(page: Page) -> tuple[Field, ...]:
    """The numbers of a page, correctly."""
    if page.reading is None:
        return ()
    return tuple(
        Field(
            path="number",
            value=found[0],
            spans=(Span(artifact=page.reading.artifact, page=page.index, start=found.start(), end=found.end(), quote=found[0]),),
        )
        for found in NUMBER.finditer(page.text)
    )


@component("mutant.endless", version="1", requires=["text"], provides=["fields"])
class Endless:
    """Turns in a circle when a text holds nothing but blanks."""

    @implements
    def extract(self, document: Document) -> Extraction:
        while not document.text.strip():
            pass
        return Extraction(fields=tuple(field for page in document.pages for field in numbers(page)))


@component("mutant.foreign", version="1", requires=["text"], provides=["fields"])
class Foreign:
    """Thinks that every text is ASCII; a UnicodeError is a ValueError, and no refusal."""

    @implements
    def extract(self, document: Document) -> Extraction:
        document.text.encode("ascii")
        return Extraction(fields=tuple(field for page in document.pages for field in numbers(page)))


@component("mutant.dictionary", version="1", requires=["text"], provides=["fields"])
class Dictionary:
    """Returns what the annotation does not say."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return {"fields": []}  # type: ignore[return-value]


@component("mutant.picky", version="1", requires=["text"], provides=["fields"])
class Picky:
    """Refuses everything."""

    @implements
    def extract(self, document: Document) -> Extraction:
        raise Unsupported("not today")


MUTANTS = [
    ("ends", Endless, {"limit": 2.0}),
    ("gives-a-result-or-refuses", Foreign),
    ("returns-its-record", Dictionary),
    ("does-its-work", Picky),
]
