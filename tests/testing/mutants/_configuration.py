"""Mutants that take the wrong settings, or take them wrongly."""

from __future__ import annotations

from typing import Any

import pydantic

from aios_sdk import ComponentConfig, Document, Extraction, component, implements

from ._calls import numbers


def found_in(document: Document, most: int = 100) -> Extraction:
    """The numbers of a document, correctly."""
    return Extraction(fields=tuple(field for page in document.pages for field in numbers(page)[:most]))


@component("mutant.lenient", version="1", requires=["text"], provides=["fields"])
class Lenient:
    """Overlooks settings that it does not know."""

    class Config(ComponentConfig):
        """``most``: at most so many numbers on a page."""

        model_config = pydantic.ConfigDict(extra="ignore")
        most: int = 100

    def __init__(self, config: Config) -> None:
        self.most = config.most

    @implements
    def extract(self, document: Document) -> Extraction:
        return found_in(document, self.most)


@component("mutant.trusting", version="1", requires=["text"], provides=["fields"])
class Trusting:
    """Takes whatever is written for a text, before anything has checked it."""

    class Config(ComponentConfig):
        """``language``: a code of two letters."""

        language: str = "en"

        @pydantic.field_validator("language", mode="before")
        @classmethod
        def _lower(cls, value: Any) -> Any:
            return value.lower()

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document) -> Extraction:
        return found_in(document)


@component("mutant.late", version="1", requires=["text"], provides=["fields"])
class Late:
    """Looks at its settings when it is made, where nobody knows their names any more."""

    class Config(ComponentConfig):
        """``most``: at most so many numbers on a page."""

        most: Any = 100

    def __init__(self, config: Config) -> None:
        if not isinstance(config.most, int):
            raise TypeError("expected a whole number")
        self.most = config.most

    @implements
    def extract(self, document: Document) -> Extraction:
        return found_in(document, self.most)


@component("mutant.percent", version="1", requires=["text"], provides=["fields"])
class Percent:
    """Makes a fraction of a percentage, and one of the fraction when it is read again."""

    class Config(ComponentConfig):
        """``threshold``: in percent."""

        threshold: float = 50.0

        @pydantic.field_validator("threshold")
        @classmethod
        def _fraction(cls, value: float) -> float:
            return value / 100

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document) -> Extraction:
        return found_in(document)


@component("mutant.open-secret", version="1", requires=["text"], provides=["fields"])
class OpenSecret:
    """Takes a password as a plain text."""

    class Config(ComponentConfig):
        """``password``: of the service."""

        password: str = ""

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document) -> Extraction:
        return found_in(document)


MUTANTS = [
    ("refuses-unknown-settings", Lenient),
    ("names-the-wrong-setting", Trusting),
    ("names-the-wrong-setting", Late),
    ("configuration-round-trips", Percent),
    ("secrets-are-no-settings", OpenSecret),
]
