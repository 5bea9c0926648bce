"""Mutants that reach outside without saying so, or do not say when they cannot."""

from __future__ import annotations

import contextlib
import socket
import subprocess

from aios_sdk import Document, Extraction, Field, Malformed, Resources, Unavailable, component, implements

from ._calls import numbers

#: Nobody listens at the discard port, so a connection fails at once, with a network and without one.
_NOBODY = ("localhost", 9)


def _found(document: Document) -> tuple[Field, ...]:
    return tuple(field for page in document.pages for field in numbers(page))


@component("mutant.telemetry", version="1", requires=["text"], provides=["fields"])
class Telemetry:
    """Counts its users, and does not mind when that fails."""

    @implements
    def extract(self, document: Document) -> Extraction:
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as counter:
            # Connecting sends nothing here, and the address is nobody's: it is for documentation (RFC 5737).
            counter.connect(("192.0.2.1", 9))
        return Extraction(fields=_found(document))


@component("mutant.fetcher", version="1", requires=["text"], provides=["fields"], network=["localhost"])
class Fetcher:
    """Asks a service that it declares, and makes do without an answer."""

    @implements
    def extract(self, document: Document) -> Extraction:
        with contextlib.suppress(OSError):
            socket.create_connection(_NOBODY, timeout=1).close()
        return Extraction(fields=_found(document))


@component("mutant.blamer", version="1", requires=["text"], provides=["fields"], network=["localhost"])
class Blamer:
    """Asks a service, and blames the document when that does not answer."""

    @implements
    def extract(self, document: Document) -> Extraction:
        if not document.text.strip():
            return Extraction()
        if not _answers():
            raise Malformed("the service did not like the document")
        return Extraction(fields=_found(document))


def _answers() -> bool:
    try:
        socket.create_connection(_NOBODY, timeout=1).close()
    except ConnectionRefusedError:
        return True  # in this test nobody listens, so the refusal of the machine stands for an answer
    except OSError:
        return False
    return True


@component("mutant.sorter", version="1", requires=["text"], provides=["fields"])
class Sorter:
    """Lets a program count, and does not declare it."""

    @implements
    def extract(self, document: Document) -> Extraction:
        counted = _count(document.text)
        size = Field(path="bytes", value=counted, status="ungrounded")
        return Extraction(fields=(size, *_found(document)))


@component("mutant.silent", version="1", requires=["text"], provides=["fields"], programs=["wc"])
class Silent:
    """Goes on without its program, and finds less."""

    @implements
    def extract(self, document: Document) -> Extraction:
        try:
            size = Field(path="bytes", value=_count(document.text), status="ungrounded")
        except FileNotFoundError:
            return Extraction()
        return Extraction(fields=(size, *_found(document)))


@component("mutant.helpless", version="1", requires=["text"], provides=["fields"], programs=["wc"])
class Helpless:
    """Notices at once that its program is missing, and does not say what to do about it."""

    def __init__(self, config: object) -> None:
        self.config = config

    def open(self, resources: Resources) -> None:
        try:
            _count("")
        except FileNotFoundError as error:
            raise Unavailable("wc is missing") from error

    @implements
    def extract(self, document: Document) -> Extraction:
        size = Field(path="bytes", value=_count(document.text), status="ungrounded")
        return Extraction(fields=(size, *_found(document)))


@component("mutant.crashing", version="1", requires=["text"], provides=["fields"], programs=["wc"])
class Crashing:
    """Has never been tried where its program is missing."""

    @implements
    def extract(self, document: Document) -> Extraction:
        size = Field(path="bytes", value=_count(document.text), status="ungrounded")
        return Extraction(fields=(size, *_found(document)))


def _count(text: str) -> int:
    return int(subprocess.run(["wc", "-c"], input=text.encode(), capture_output=True, check=True).stdout)


MUTANTS = [
    ("network-as-declared", Telemetry),
    ("programs-as-declared", Sorter),
    ("says-when-it-is-offline", Fetcher),
    ("says-when-it-is-offline", Blamer),
    ("says-when-a-program-is-missing", Silent),
    ("says-when-a-program-is-missing", Helpless),
    ("says-when-a-program-is-missing", Crashing),
]
