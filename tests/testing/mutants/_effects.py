"""Mutants that leave something behind beside their result."""

from __future__ import annotations

import decimal
import os
import random
import tempfile
import warnings
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from aios_sdk import Context, Document, Extraction, Malformed, PageInfo, PageText, Resources, Source, component, implements

from ._configuration import found_in


@component("mutant.tidy", version="1", media_types=["text/plain"], provides=["pages", "text"])
class Tidy:
    """Takes away the file that it has read."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        text = source.read().decode("utf-8", "replace")
        if not text.strip():
            raise Malformed("the file is empty")
        yield Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text),))
        if source.path:
            Path(source.path).unlink()


@component("mutant.temporary", version="1", requires=["text"], provides=["fields"])
class Temporary:
    """Writes a temporary file where everybody does."""

    @implements
    def extract(self, document: Document) -> Extraction:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(document.text)
        return found_in(document)


@component("mutant.printing", version="1", requires=["text"], provides=["fields"])
class Printing:
    """Prints how it gets on."""

    @implements
    def extract(self, document: Document) -> Extraction:
        found = found_in(document)
        print(f"{len(found.fields)} numbers")  # noqa: T201  this is the fault
        return found


@component("mutant.banner", version="1", requires=["text"], provides=["fields"])
class Banner:
    """Says hello when it is opened, as programs in C do: past Python's own streams."""

    def open(self, resources: Resources) -> None:
        os.write(2, b"loading the model ... done\n")

    @implements
    def extract(self, document: Document) -> Extraction:
        return found_in(document)


@component("mutant.rounding", version="1", requires=["text"], provides=["fields"])
class Rounding:
    """Rounds as merchants do, and all others in the process with it."""

    @implements
    def extract(self, document: Document) -> Extraction:
        decimal.getcontext().rounding = decimal.ROUND_HALF_UP
        Decimal("2.345").quantize(Decimal("0.01"))
        return found_in(document)


@component("mutant.seeding", version="1", requires=["text"], provides=["fields"])
class Seeding:
    """Makes sure that it always answers the same, and that everybody else does."""

    @implements
    def extract(self, document: Document) -> Extraction:
        random.seed(0)
        return found_in(document)


@component("mutant.silencing", version="1", requires=["text"], provides=["fields"])
class Silencing:
    """Does not want to see warnings, and nobody else shall."""

    def open(self, resources: Resources) -> None:
        warnings.filterwarnings("ignore", message="mutant")

    @implements
    def extract(self, document: Document) -> Extraction:
        return found_in(document)


@component("mutant.scratch-keeper", version="1", requires=["text"], provides=["fields"])
class ScratchKeeper:
    """Puts what is to last into the directory of its first call."""

    def __init__(self, config: object) -> None:
        self.words: Path | None = None

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        if self.words is None:
            self.words = context.scratch / "words.txt"
            self.words.write_text("total\nsum\n", encoding="utf-8")
        self.words.read_text(encoding="utf-8")
        return found_in(document)


MUTANTS = [
    ("input-unchanged", Tidy),
    ("writes-only-to-scratch", Temporary),
    ("prints-nothing", Printing),
    ("prints-nothing", Banner),
    ("leaves-the-process-alone", Rounding),
    ("leaves-the-process-alone", Seeding),
    ("leaves-the-process-alone", Silencing),
    ("scratch-may-vanish", ScratchKeeper),
]
