"""Mutants whose code, or whose distribution, says the wrong thing of itself or does something before it is asked."""

from __future__ import annotations

import re

from aios_sdk import ComponentConfig, Document, Extraction, Field, component, implements

from ._calls import numbers
from ._installed import CONFIG, Installed


@component("mutant.silent", version="1", requires=["text"], provides=["fields"])
class Silent:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=tuple(field for page in document.pages for field in numbers(page)))


@component("mutant.wordy", version="1", requires=["text"], provides=["fields"])
class Wordy:
    """Finds every number in the texts of a document, with
    the place where it stands."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=tuple(field for page in document.pages for field in numbers(page)))


@component("mutant.compiled", version="1", requires=["text"], provides=["fields"])
class Compiled:
    """Takes a compiled pattern as a setting, which has no digest."""

    class Config(ComponentConfig):
        """``pattern``: what counts as a number."""

        pattern: re.Pattern[str] = re.compile("[0-9]+")

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document) -> Extraction:
        found: list[Field] = [field for page in document.pages for field in numbers(page)]
        return Extraction(fields=tuple(field for field in found if self.config.pattern.fullmatch(field.value)))


BROKEN = Installed("broken", line="import no_such_library_of_the_kit")
STARTED = Installed("started", start=True)
HEAVY = Installed("heavy", line="import scipy")
CHATTY = Installed("chatty", line="print('numbers are ready')")
STALE = Installed("stale", config=CONFIG.replace("most", "limit").replace("Most", "Limit"))
UNTYPED = Installed("untyped", typed=False)
UNLICENSED = Installed("unlicensed", without="License")
UNBOUND = Installed("unbound", sdk=">=0.1")

MUTANTS = [
    ("loads", BROKEN.id, BROKEN),
    ("listing-imports-nothing", STARTED.id, STARTED),
    ("importing-is-light", HEAVY.id, HEAVY),
    ("importing-does-nothing", CHATTY.id, CHATTY),
    ("manifest-equals-code", STALE.id, STALE),
    ("says-what-it-does", Silent),
    ("says-what-it-does", Wordy),
    ("is-typed", UNTYPED.id, UNTYPED),
    ("metadata-is-complete", UNLICENSED.id, UNLICENSED),
    ("metadata-is-complete", UNBOUND.id, UNBOUND),
    ("is-keyed", Compiled),
]
