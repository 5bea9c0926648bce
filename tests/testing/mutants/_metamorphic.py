"""Mutants that are misled by what does not matter: names, deliveries, places, the order of rows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb

from aios_sdk import Context, Document, Extraction, Field, Malformed, PageInfo, PageText, Source, Table, component, implements

from ._calls import numbers


@component("mutant.namesake", version="1", media_types=["text/plain"], provides=["pages", "text"])
class Namesake:
    """Takes Markdown for what ends in .md, and removes the marks from it; in all other files they stay."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        text = decoded(source.read())
        if not source.name.endswith(".txt"):
            text = text.replace(":", "")
        yield Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text),))


@component("mutant.signed", version="1", requires=["text"], provides=["fields"])
class Signed:
    """Writes the id of the document into a value, for whoever reads the values later."""

    @implements
    def extract(self, document: Document) -> Extraction:
        own = Field(path="found_in", value=document.id or "nowhere", status="ungrounded")
        return Extraction(fields=(own, *(field for page in document.pages for field in numbers(page))))


@component("mutant.suffix", version="1", media_types=["text/plain"], provides=["pages", "text"])
class Suffix:
    """Goes by the end of the path, which it has only when the bytes come from a file that still has its name."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        text = decoded(source.read())
        if source.path and Path(source.path).suffix != ".txt":
            text = text.upper()
        yield Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text),))


@component("mutant.sender", version="1", requires=["text"], provides=["fields"])
class LocalTime:
    """Gives the time of a mail by the clock of the machine."""

    @implements
    def extract(self, document: Document) -> Extraction:
        moment = dt.datetime(2026, 3, 14, 9, 26, 53, tzinfo=dt.UTC)
        local = Field(path="received", value=moment.astimezone().strftime("%d.%m.%Y %H:%M"), status="ungrounded")
        return Extraction(fields=(local, *(field for page in document.pages for field in numbers(page))))


@component("mutant.this-year", version="1", requires=["text"], provides=["fields"])
class ThisYear:
    """Takes the year of a date that has none from the calendar on the wall."""

    @implements
    def extract(self, document: Document) -> Extraction:
        year = Field(path="year", value=dt.date.today().year, status="ungrounded")
        return Extraction(fields=(year, *(field for page in document.pages for field in numbers(page))))


@component("mutant.beside", version="1", requires=["text"], provides=["fields"])
class Beside:
    """Looks for its list of words in the current folder, and goes without where there is none."""

    @implements
    def extract(self, document: Document) -> Extraction:
        known = Field(path="knows_words", value=bool(os.listdir(".")), status="ungrounded")  # noqa: PTH208
        return Extraction(fields=(known, *(field for page in document.pages for field in numbers(page))))


@component("mutant.ditto", version="1", media_types=["text/csv"], provides=["pages", "tables"])
class Ditto:
    """Fills a cell that is empty from the row above, as if it said ditto."""

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        rows = [row for row in csv.reader(io.StringIO(decoded(source.read()), newline="")) if row]
        names = [name.strip() or f"column {number}" for number, name in enumerate(rows[0])] if rows else []
        if not names or len({name.casefold() for name in names}) < len(names) or any("\0" in name for name in names):
            raise Malformed("it has no header with names that differ")
        above = [""] * len(names)
        for row in rows[1:]:
            row[:] = [cell or above[number] for number, cell in enumerate((row + above)[: len(names)])]
            above = row
        columns = ", ".join(f"""unnest(${number}::VARCHAR[]) AS "{name.replace('"', '""')}\"""" for number, name in enumerate(names, 1))
        path = context.scratch / "table.parquet"
        with duckdb.connect(config={"threads": 1}) as connection:
            values = [[row[number] for row in rows[1:]] for number in range(len(names))]
            connection.execute(f"COPY (SELECT {columns}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)", values)
        yield Document.of(pages=(PageInfo(index=0),), tables=(Table.from_parquet(path, name="table"),))


def decoded(data: bytes) -> str:
    """UTF-8, or a refusal."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed("it is no UTF-8") from error
    if not text.strip():
        raise Malformed("it is empty")
    return text


MUTANTS = [
    ("renamed-file", Namesake),
    ("copied-document", Signed),
    ("file-or-memory", Suffix),
    ("same-elsewhere", LocalTime),
    ("same-elsewhere", ThisYear),
    ("same-elsewhere", Beside),
    ("permuted-rows", Ditto),
]
