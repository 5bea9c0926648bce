"""Components of a run that is killed; they keep count of their calls in the folder named in the environment."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

from aios_sdk import Classification, Document, Extraction, Field, Label, Pipeline, Registry, Source, component, implements
from tests.engine._parts import document_of, word

#: The variable that names the folder in which calls are counted.
COUNTS = "AIOS_TEST_COUNTS"


def count(what: str, document: Document) -> None:
    """One call more."""
    file = os.open(Path(os.environ[COUNTS]) / what, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{document.name}\n".encode())
    os.close(file)


@component("test.reads", media_types=["text/plain"], provides=["pages", "text"], version="1")
class Reads:
    """Plain text; form feeds part its pages."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        yield document_of(source.read().decode())


@component("test.words", requires=["text"], provides=["fields"], version="1")
class Words:
    """The first word of the document, in this process."""

    @implements
    def extract(self, document: Document) -> Extraction:
        count("words", document)
        return Extraction(fields=(word(document.layers.text[0], "word"),))


@component("test.measures", requires=["text"], provides=["fields"], isolation="process", unit="page", version="1")
class Measures:
    """The length of each page, in a worker."""

    @implements
    def extract(self, document: Document) -> Extraction:
        (page,) = document.pages
        count("measures", document)
        return Extraction(fields=(Field(path=f"length[{page.index}]", value=len(document.text), status="ungrounded"),))


@component("test.guesses", requires=["text"], provides=["labels"], deterministic=False, version="1")
class Guesses:
    """A label that is another each time it is asked for."""

    @implements
    def classify(self, document: Document) -> Classification:
        count("guesses", document)
        return Classification(labels=(Label(taxonomy="guess", value=str(random.getrandbits(64))),))


def registry() -> Registry:
    """All of them."""
    made = Registry()
    for each in (Reads, Words, Measures, Guesses):
        made.add(each)
    return made


def pipeline() -> Pipeline:
    """Read, then an inline step, one in workers by pages, and one that is not deterministic."""
    return Pipeline("killed").ingest().extract(Words).extract(Measures).classify(Guesses)
