"""Mutants that do not fit together when a document is cut."""

from __future__ import annotations

from aios_sdk import Document, Extraction, Field, Span, Table, component, implements

from ._calls import NUMBER, numbers


@component("mutant.enumerates", version="1", unit="page", requires=["text"], provides=["fields"], uses=["pages"])
class Enumerates:
    """Counts pages instead of reading their numbers, which is right for whole documents only."""

    @implements
    def extract(self, document: Document) -> Extraction:
        fields = []
        for number, page in enumerate(document.pages):
            for found in NUMBER.finditer(page.text) if page.reading else ():
                span = Span(artifact=page.reading.artifact, page=number, start=found.start(), end=found.end(), quote=found[0])
                fields.append(Field(path="number", value=found[0], spans=(span,)))
        return Extraction(fields=tuple(fields))


@component("mutant.first-page", version="1", unit="page", requires=["text"], provides=["fields"], uses=["pages"])
class FirstPage:
    """Reads the first page that it is given, and no other."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=numbers(document.pages[0]) if document.pages else ())


def cells(table: Table, first: int) -> tuple[Field, ...]:
    """The cells of the first column of ``table``; ``first`` is the number of its first row."""
    found = table.relation().select(f'"{table.columns[0].name.replace(chr(34), chr(34) * 2)}"::VARCHAR').fetchall()
    return tuple(
        Field(path="cell", value=value, spans=(Span(artifact=table.artifact, row=first + number, column=0, quote=value),))
        for number, (value,) in enumerate(found)
        if value is not None and table.columns[0].type in ("VARCHAR", "BIGINT")
    )


@component("mutant.rows-from-zero", version="1", unit="rows", requires=["tables"], provides=["fields"])
class RowsFromZero:
    """Counts rows from the beginning of the view."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=tuple(field for table in document.tables for field in cells(table, 0)))


@component("mutant.headed", version="1", unit="rows", requires=["tables"], provides=["fields"])
class Headed:
    """Takes the first row of every view for a heading."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=tuple(field for table in document.tables for field in cells(table, table.first_row)[1:]))


MUTANTS = [
    ("units-keep-their-numbers", Enumerates),
    ("units-keep-their-numbers", RowsFromZero),
    ("units-merge-to-the-whole", FirstPage),
    ("units-merge-to-the-whole", Headed),
]
