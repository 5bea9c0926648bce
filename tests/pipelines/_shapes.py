"""Components at the top of a module that can be imported, so that YAML can name them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aios_sdk import (
    Checks,
    Classification,
    ComponentConfig,
    Document,
    Extraction,
    InputFile,
    Provided,
    Route,
    Source,
    component,
    implements,
)


@component("test.text", media_types=["text/plain"], provides=["pages", "text"])
class Text:
    """Text."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        yield Document.of()


@component("test.picture", media_types=["image/*"], provides=["pages"])
class Picture:
    """Pages without text."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        yield Document.of()


@component("test.ocr", requires=["pages"], provides=["text", "words"])
class Ocr:
    """Reads pages."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("test.totals", requires=["text"], provides=["fields"], fields={"total": "decimal", "number": "text"})
class Totals:
    """Finds totals."""

    class Config(ComponentConfig):
        """``strict``: no guesses; ``rules``: a file; ``output``: a model."""

        strict: bool = False
        rules: InputFile | None = None
        output: Any = None

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("test.kinds", requires=["text"], provides=["labels"])
class Kinds:
    """Invoice or letter."""

    @classmethod
    def provides(cls, config: ComponentConfig) -> Provided:
        return Provided(labels={"kind": ("invoice", "letter")})

    @implements
    def classify(self, document: Document) -> Classification:
        return Classification()


@component("test.rules", provides=["checks"])
class Rules:
    """Checks."""

    @classmethod
    def provides(cls, config: ComponentConfig) -> Provided:
        return Provided(checks=("sums-agree",))

    @implements
    def check(self, document: Document) -> Checks:
        return Checks()


def decide(document: Document) -> Route:
    """A plain function is a component too."""
    return Route(destination="pay")


ALL = (Text, Picture, Ocr, Totals, Kinds, Rules)
HERE = Path(__file__)
