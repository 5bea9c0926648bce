"""Mutants that take more than they say, and do not give it back."""

from __future__ import annotations

from typing import BinaryIO

from aios_sdk import Document, Extraction, Field, Resources, component, implements

from ._calls import numbers

_MIB = 1 << 20


def _found(document: Document) -> tuple[Field, ...]:
    return tuple(field for page in document.pages for field in numbers(page))


@component("mutant.greedy", version="1", requires=["text"], provides=["fields"], memory_mb=16)
class Greedy:
    """Loads a model of 64 MiB, and declares what an early version took."""

    def __init__(self, config: object) -> None:
        self.config = config
        self.model = b""

    def open(self, resources: Resources) -> None:
        self.model = b"\1" * (64 * _MIB)

    def close(self) -> None:
        self.model = b""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=_found(document))


@component("mutant.hoarder", version="1", requires=["text"], provides=["fields"])
class Hoarder:
    """Keeps the documents that it has seen, for statistics that nobody asked for."""

    def __init__(self, config: object) -> None:
        self.config = config
        self.seen: list[Document] = []

    def close(self) -> None:
        self.seen.clear()

    @implements
    def extract(self, document: Document) -> Extraction:
        self.seen.append(document)
        return Extraction(fields=_found(document))


@component("mutant.opener", version="1", requires=["text"], provides=["fields"])
class Opener:
    """Opens the bytes to look at their beginning, and closes all of them at the end."""

    def __init__(self, config: object) -> None:
        self.config = config
        self.files: list[BinaryIO] = []

    def close(self) -> None:
        for file in self.files:
            file.close()
        self.files.clear()

    @implements
    def extract(self, document: Document) -> Extraction:
        if document.kind == "case" or not document.pages:
            return Extraction(fields=_found(document))
        self.files.append(document.open())
        is_pdf = self.files[-1].read(5) == b"%PDF-"
        return Extraction(fields=(Field(path="is_pdf", value=is_pdf, status="ungrounded"), *_found(document)))


MUTANTS = [("memory-as-declared", Greedy), ("memory-stays-flat", Hoarder), ("calls-let-go", Opener)]
