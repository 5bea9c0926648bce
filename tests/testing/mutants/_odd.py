"""Mutants that know pictures and tables of one kind only."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from aios_sdk import Document, Malformed, PageInfo, Source, component, implements

from ._files import decoded, page

_CHANNELS = {"1": 1, "L": 1, "RGB": 3, "RGBA": 4}


@component("mutant.few-modes", version="1", media_types=["image/png"], provides=["pages"])
class FewModes:
    """Knows the modes that its author has met."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        from PIL import Image

        try:
            picture = Image.open(io.BytesIO(source.read()), formats=["PNG"])
            picture.load()
        except Exception as error:
            raise Malformed("it is no PNG") from error
        channels = _CHANNELS[picture.mode]
        yield Document.of(
            pages=(PageInfo(index=0, width=float(picture.width), height=float(picture.height), label=f"{channels} channels"),)
        )


def number(text: str) -> float | None:
    """The number that ``text`` is."""
    try:
        return float(text)
    except ValueError:
        return None


@component("mutant.rounds", version="1", media_types=["text/csv"], provides=["pages", "text"])
class Rounds:
    """Rounds what Python takes for a number; not all of them can be."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        try:
            rows = list(csv.reader(io.StringIO(decoded(source), newline="")))
        except csv.Error as error:
            raise Malformed("it is no CSV") from error
        numbers = [found for row in rows for cell in row if (found := number(cell)) is not None]
        yield page(f"{len(rows)} rows; {sum(round(each) for each in numbers)} in all")


MUTANTS = [("odd-images", FewModes), ("odd-tables", Rounds)]
