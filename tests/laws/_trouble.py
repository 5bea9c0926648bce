"""Components that do anything, as their JSON says; light to import, for they run in workers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

from aios_sdk import (
    Classification,
    Document,
    Encrypted,
    Extraction,
    Field,
    Label,
    Layers,
    LimitExceeded,
    Malformed,
    Retryable,
    Source,
    StoreError,
    Unavailable,
    Unsupported,
    component,
    implements,
)

from ..engine._parts import document_of, word


class Panic(BaseException):
    """Not even an Exception."""


RAISES: dict[str, Callable[[], Any]] = {
    "unsupported": lambda: Unsupported("no"),
    "malformed": lambda: Malformed("no"),
    "encrypted": lambda: Encrypted("no"),
    "limit": lambda: LimitExceeded("no"),
    "unavailable": lambda: Unavailable("no"),
    "retryable": lambda: Retryable("no"),
    "store": lambda: StoreError("no"),
    "value": lambda: ValueError("n\udcffo"),
    "memory": MemoryError,
    "panic": Panic,
    "cancelled": asyncio.CancelledError,
    "exit": lambda: SystemExit(1),
    "generator": GeneratorExit,
}


def _do(what: str) -> None:
    if what in RAISES:
        raise RAISES[what]()


@component("test.tree", media_types=["application/x-tree"], provides=["pages", "text", "fields"], isolation="process")
class Tree:
    """A document and parts, in either order, then trouble; all as its JSON says."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        said = json.loads(source.read())
        text = json.dumps(said["steps"])
        gives = said["gives"]
        fields = (word(document_of(text).layers.text[0], "first", shift=gives == "off"),) if gives in ("field", "off") else ()
        if gives == "surrogate":
            fields = (Field(path="x", value="\ud800", status="ungrounded"),)
        document = Document.of() if gives == "empty" else document_of(text, fields=fields)
        if gives != "nothing" and said["first"]:
            yield document
        yield from _parts(said)
        if gives != "nothing" and not said["first"]:
            yield document
        if gives == "twice":
            yield document
        if gives == "odd":
            yield 3  # type: ignore[misc]
        _do(said["ends"])


@component("test.box", media_types=["application/x-box"])
class Box:
    """A mere container."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        said = json.loads(source.read())
        yield from _parts(said)
        _do(said["ends"])


def _parts(said: dict[str, Any]) -> Iterator[Source]:
    return (source_of(part, f"part{number}") for number, part in enumerate(said["parts"]))


def source_of(node: dict[str, Any], name: str) -> Source:
    if node["is"] == "refused":
        return Source(name=name, refused="too large")
    data = b"" if node["is"] == "hollow" else json.dumps(node).encode()
    return Source(name=name, data=data, media_type=f"application/x-{node['is']}")


@component("test.flaky", isolation="process", unit="page", requires=["text"], provides=["fields"])
class Flaky:
    """Extracts, or not, as the text says."""

    @implements
    def extract(self, document: Document) -> Extraction:
        found: Extraction = _answer(document, "extract", lambda: Extraction(fields=(word(document.pages[0].reading, "word"),)))
        return found


@component("test.flaky-async", provides=["labels"])
class FlakyAsync:
    """Classifies, or not, as the text says."""

    @implements
    async def classify(self, document: Document) -> Classification:
        await asyncio.sleep(0)
        found: Classification = _answer(document, "classify", lambda: Classification(labels=(Label(taxonomy="t", value="v"),)))
        return found


def _answer(document: Document, stage: str, good: Callable[[], Any]) -> Any:
    what = json.loads(document.layers.text[0].content)[stage]
    _do(what)
    if what == "wrong":
        return Layers()
    if what == "untyped":
        return Extraction(fields=(3,)) if stage == "extract" else Classification(labels=("label",))  # type: ignore[arg-type]
    if what == "off" and stage == "extract":
        return Extraction(fields=(word(document.pages[0].reading, "word", shift=1),))
    return good()
