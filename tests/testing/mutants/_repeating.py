"""Mutants that give another answer when asked again."""

from __future__ import annotations

import datetime as dt
import random
import re

from aios_sdk import Classification, ComponentConfig, Document, Extraction, Field, Label, component, implements

from ._calls import numbers


@component("mutant.clock", version="1", requires=["text"], provides=["fields"])
class Clock:
    """Puts the time into its result."""

    @implements
    def extract(self, document: Document) -> Extraction:
        now = Field(path="read_at", value=dt.datetime.now(dt.UTC), status="ungrounded")
        return Extraction(fields=(now, *(field for page in document.pages for field in numbers(page))))


@component("mutant.chance", version="1", requires=["text"], provides=["labels"])
class Chance:
    """Draws at random without a seed, and does not say so."""

    @implements
    def classify(self, document: Document) -> Classification:
        return Classification(labels=(Label(taxonomy="mood", value="good", confidence=random.random()),))


@component("mutant.set-order", version="1", requires=["text"], provides=["fields"])
class SetOrder:
    """Lists the words of a text in the order in which a set has them."""

    @implements
    def extract(self, document: Document) -> Extraction:
        found = {match.lower() for match in re.findall(r"[a-z]{4,}", document.text)}
        return Extraction(fields=tuple(Field(path="word", value=word, status="ungrounded") for word in found))


@component("mutant.no-seed", version="1", requires=["text"], provides=["labels"], deterministic="seeded")
class NoSeed:
    """Has a seed and does not use it."""

    class Config(ComponentConfig):
        seed: int = 0

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def classify(self, document: Document) -> Classification:
        return Classification(labels=(Label(taxonomy="mood", value="good", confidence=random.random()),))


@component("mutant.one-generator", version="1", requires=["text"], provides=["labels"], deterministic="seeded")
class OneGenerator:
    """Draws from one generator for all calls, so that the order of documents decides."""

    class Config(ComponentConfig):
        seed: int = 0

    def __init__(self, config: Config) -> None:
        self.random = random.Random(config.seed)

    @implements
    def classify(self, document: Document) -> Classification:
        return Classification(labels=(Label(taxonomy="mood", value="good", confidence=self.random.random()),))


@component("mutant.seedless", version="1", requires=["text"], provides=["labels"], deterministic="seeded")
class Seedless:
    """Says that a seed decides, and has no setting for one."""

    @implements
    def classify(self, document: Document) -> Classification:
        return Classification(labels=(Label(taxonomy="mood", value="good", confidence=0.5),))


MUTANTS = [
    ("deterministic", Clock),
    ("deterministic", Chance),
    ("deterministic-across-processes", SetOrder),
    ("seeded", NoSeed),
    ("seeded", OneGenerator),
    ("seeded", Seedless),
]
