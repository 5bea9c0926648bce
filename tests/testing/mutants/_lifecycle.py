"""Mutants that live wrongly: dear to make, not to be opened twice, in each other's way."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from typing import ClassVar

from aios_sdk import ComponentConfig, Document, Extraction, Resources, component, implements

from ._configuration import found_in


@component("mutant.undeclared-secret", version="1", requires=["text"], provides=["fields"])
class UndeclaredSecret:
    """Uses a secret that it does not declare, and so is not given."""

    def open(self, resources: Resources) -> None:
        self.key = resources.secrets["ACME_KEY"]

    @implements
    def extract(self, document: Document) -> Extraction:
        return found_in(document)


@component("mutant.eager", version="1", requires=["text"], provides=["fields"])
class Eager:
    """Begins its log when it is made."""

    def __init__(self, config: object) -> None:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as log:
            log.write("made\n")

    @implements
    def extract(self, document: Document) -> Extraction:
        return found_in(document)


@component("mutant.loaded", version="1", requires=["text"], provides=["fields"])
class Loaded:
    """Imports its library when it is made."""

    def __init__(self, config: object) -> None:
        import scipy

        self.library = scipy.__name__

    @implements
    def extract(self, document: Document) -> Extraction:
        return found_in(document)


@component("mutant.remembering", version="1", requires=["text"], provides=["fields"])
class Remembering:
    """Gives each number once; but once for all documents, since it never forgets."""

    def __init__(self, config: object) -> None:
        self.seen: set[object] = set()

    @implements
    def extract(self, document: Document) -> Extraction:
        fields = tuple(field for field in found_in(document).fields if field.value not in self.seen)
        self.seen.update(field.value for field in fields)
        return Extraction(fields=fields)


@component("mutant.one-for-all", version="1", requires=["text"], provides=["fields"])
class OneForAll:
    """Keeps what it opens on the class, where the first to close takes it from all."""

    pattern: ClassVar[re.Pattern[str] | None] = None

    def open(self, resources: Resources) -> None:
        type(self).pattern = re.compile("[0-9]+")

    def close(self) -> None:
        type(self).pattern = None

    @implements
    def extract(self, document: Document) -> Extraction:
        assert self.pattern is not None
        fields = found_in(document).fields
        return Extraction(fields=tuple(field for field in fields if self.pattern.fullmatch(field.value)))


@component("mutant.last-settings", version="1", requires=["text"], provides=["fields"])
class LastSettings:
    """Keeps its settings on the class, where the last instance overwrites those of all."""

    class Config(ComponentConfig):
        """``shortest``: so many digits a number has at least."""

        shortest: int = 1

    shortest: ClassVar[int] = 1

    def __init__(self, config: Config) -> None:
        type(self).shortest = config.shortest

    @implements
    def extract(self, document: Document) -> Extraction:
        fields = found_in(document).fields
        return Extraction(fields=tuple(field for field in fields if len(field.value) >= self.shortest))


@component("mutant.once", version="1", requires=["text"], provides=["fields"])
class Once:
    """Takes away in ``close`` what only ``__init__`` makes."""

    def __init__(self, config: object) -> None:
        self.pattern: re.Pattern[str] | None = re.compile("[0-9]+")

    def close(self) -> None:
        self.pattern = None

    @implements
    def extract(self, document: Document) -> Extraction:
        assert self.pattern is not None
        fields = found_in(document).fields
        return Extraction(fields=tuple(field for field in fields if self.pattern.fullmatch(field.value)))


@component("mutant.log-keeper", version="1", requires=["text"], provides=["fields"])
class LogKeeper:
    """Opens a file and never closes it."""

    log = -1

    def open(self, resources: Resources) -> None:
        self.log = os.open(resources.scratch / "log", os.O_WRONLY | os.O_CREAT)

    @implements
    def extract(self, document: Document) -> Extraction:
        os.write(self.log, b"called\n")
        return found_in(document)

    def __del__(self) -> None:
        if self.log >= 0:
            os.close(self.log)


@component("mutant.thread-keeper", version="1", requires=["text"], provides=["fields"])
class ThreadKeeper:
    """Starts a thread and never tells it to end."""

    over: threading.Event | None = None

    def open(self, resources: Resources) -> None:
        self.over = threading.Event()
        threading.Thread(target=self.over.wait, daemon=True).start()

    @implements
    def extract(self, document: Document) -> Extraction:
        return found_in(document)

    def __del__(self) -> None:
        if self.over is not None:
            self.over.set()


MUTANTS = [
    ("opens", UndeclaredSecret),
    ("making-is-cheap", Eager),
    ("making-is-cheap", Loaded),
    ("remembers-nothing", Remembering),
    ("instances-share-nothing", OneForAll),
    ("instances-share-nothing", LastSettings),
    ("opens-again", Once),
    ("close-lets-go", LogKeeper),
    ("close-lets-go", ThreadKeeper),
]
