"""A component that does a little work on good texts, and on others what parsers do with files made to harm: hang, crash, eat memory."""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import time

from _components import Text

from aios_sdk import Document, Extraction, Field, Pipeline, Registry, Span, component, implements

#: What a poisoned text says, and how many of them there are among the good ones.
KINDS = {"hang": 4, "exit": 2, "segfault": 2, "memory": 2}
#: Seconds that the step may take for a document, and MiB beside what the worker holds already, a hundred times what a good text needs. With
#: the default of 2 GiB the section would tell how fast the system gives memory away, which takes longer than the deadline on some.
DEADLINE = 2.0
MEMORY_MB = 512
_ROUNDS = 50_000
_MOUTHFUL = 32 << 20
#: Where nobody stops it, what eats memory stops here by itself and hangs, so that the machine lives.
_FULL = 4 << 30


@component("bench.fragile", version="1", isolation="process", requires=["text"], provides=["fields"])
class Fragile:
    """Takes some twenty milliseconds for a good text, as a page of a PDF does."""

    @implements
    def extract(self, document: Document) -> Extraction:
        text = document.layers.text[0]
        first = text.content.split()[0]
        if first in KINDS:
            _harm(first)
        digest = hashlib.pbkdf2_hmac("sha256", text.content.encode(), b"", _ROUNDS).hex()
        span = Span(artifact=text.artifact, page=0, start=0, end=len(first), quote=first)
        return Extraction(fields=(Field(path="name", value=first, spans=(span,)), Field(path="digest", value=digest, spans=(span,))))


def _harm(kind: str) -> None:
    if kind == "exit":
        os._exit(1)
    if kind == "segfault":
        ctypes.string_at(0)
    eaten: list[bytes] = []
    while kind == "memory" and len(eaten) * _MOUTHFUL < _FULL:
        eaten.append(b"x" * _MOUTHFUL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # a library that hangs does not listen
    while True:
        time.sleep(60)


def registry() -> Registry:
    """A registry of what is needed here and no more."""
    found = Registry()
    for each in (Text, Fragile):
        found.add(each)
    return found


def pipeline() -> Pipeline:
    """Ingest in the engine, the fragile step in workers, under a deadline."""
    return Pipeline("poison").ingest("bench.text").extract("bench.fragile", timeout=DEADLINE)
