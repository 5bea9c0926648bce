"""Correct components that declare what those of `fakes` do not: hosts, programs, secrets, memory, a seed, unit rows, references."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess

from pydantic import Field as Setting

from aios_sdk import (
    Check,
    Checks,
    ComponentConfig,
    Context,
    DeadlineExceeded,
    Document,
    Extraction,
    Field,
    Provided,
    Resources,
    Retryable,
    Span,
    Unavailable,
    component,
    implements,
)
from aios_sdk.records import value_text

from .mutants._calls import numbers

_MIB = 1 << 20


@component(
    "correct.outside",
    version="1",
    requires=["text"],
    provides=["fields"],
    network=["localhost"],
    programs=["wc"],
    secrets=["CORRECT_KEY"],
    memory_mb=64,
)
class Outside:
    """Needs a host for documents of several pages, a program, a secret and memory, and says all of it."""

    def __init__(self, config: ComponentConfig) -> None:
        self.config = config
        self.model = b""
        self.key = ""

    def open(self, resources: Resources) -> None:
        """Raises `Unavailable` without its program."""
        if shutil.which("wc") is None:
            raise Unavailable("The program 'wc' is not there", fix="Install it: apt install coreutils")
        self.model = b"\1" * (32 * _MIB)
        self.key = resources.secrets["CORRECT_KEY"]

    def close(self) -> None:
        self.model, self.key = b"", ""

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        """The numbers, and how many bytes there are. Raises `Retryable` when the host does not answer."""
        if len(document.pages) > 1:
            self._ask()
        text = document.text.encode()
        try:
            counted = subprocess.run(["wc", "-c"], input=text, capture_output=True, check=True, timeout=context.remaining())
        except subprocess.TimeoutExpired as error:
            raise DeadlineExceeded("wc took too long") from error
        size = Field(path="bytes", value=int(counted.stdout), status="ungrounded")
        return Extraction(fields=(size, *(field for page in document.pages for field in numbers(page))))

    def _ask(self) -> None:
        try:
            # Nobody listens at the discard port, so this fails at once.
            socket.create_connection(("localhost", 9), timeout=1).close()
        except OSError as error:
            raise Retryable(f"localhost does not answer: {error}", after=1.0) from error


@component("correct.seeded", version="1", requires=["text"], provides=["fields"], deterministic="seeded")
class Seeded:
    """Takes a sample of the numbers, the same one for the same seed and document."""

    class Config(ComponentConfig):
        """``seed``: another one takes other numbers."""

        seed: int = 0

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document) -> Extraction:
        chance = random.Random(f"{self.config.seed}:{document.content_id}")
        return Extraction(fields=tuple(field for page in document.pages for field in numbers(page) if chance.random() < 0.5))


@component("correct.rows", version="1", unit="rows", rows=2, requires=["tables"], provides=["fields"])
class Rows:
    """The longest value of each row."""

    class Config(ComponentConfig):
        """``shortest``: values below so many characters are left out."""

        shortest: int = Setting(1, ge=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        found = []
        for table in document.tables:
            for offset, row in enumerate(table.relation().fetchall()):
                context.remaining()
                texts = [value_text(value) if value is not None else "" for value in row]
                column = max(range(len(texts)), key=lambda number: len(texts[number]))
                if len(texts[column]) >= self.config.shortest:
                    place = table.first_row + offset
                    span = Span(artifact=table.artifact, row=place, column=column, quote=texts[column])
                    found.append(Field(path=f"rows[{place}].longest", value=texts[column], spans=(span,)))
        return Extraction(fields=tuple(found))


@component("correct.patient", version="1", requires=["text"], provides=["fields"])
class Patient:
    """Finds the numbers without keeping anybody waiting."""

    @implements
    async def extract(self, document: Document) -> Extraction:
        return Extraction(fields=tuple(field for page in document.pages for field in numbers(page)))


@component("correct.follows", version="1", requires=["text"], provides=["checks"])
class Follows:
    """Two checks, the second of which rests on the first of the same result."""

    @staticmethod
    def provides(config: ComponentConfig) -> Provided:
        return Provided(checks=("has-text", "is-short"))

    @implements
    def check(self, document: Document, context: Context) -> Checks:
        first = Check(rule="has-text", passed=bool(document.text.strip()))
        held = document.add(context.step, Checks(checks=(first,)))
        second = Check(rule="is-short", passed=len(document.text) < 10_000, inputs=(held.reference(held.layers.checks[-1]),))
        return Checks(checks=(first, second))


CORRECT = (Outside, Seeded, Rows, Patient, Follows)
