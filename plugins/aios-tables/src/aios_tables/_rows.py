"""Rows as documents: each row of a table a part with a field for each cell, which stands in the cell of the parent's table."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from aios_sdk import Document, Field, Malformed, PageInfo, PageText, Source, Span, Table, from_json, to_json

if TYPE_CHECKING:
    import duckdb

#: The type of a row's bytes, which nobody but this component makes: a mark, and its fields as JSON.
ROW: Final = "application/vnd.aios.row"
_MARK: Final = b"aios row 1\n"
_LARGEST: Final = 1e15
_KINDS: Final = (bool, int, Decimal, str, dt.date)


def row_sources(table: Table, connection: duckdb.DuckDBPyConnection) -> Iterator[Source]:
    """A part for each row of ``table`` that has a value."""
    paths = [column.name.translate(_PLAIN) for column in table.columns]
    cursor = connection.execute("SELECT * FROM read_parquet($1)", [table.location])
    row = -1
    while found := cursor.fetchmany(500):
        for cells in found:
            row += 1
            fields = tuple(
                _field(path, value, Span(artifact=table.artifact, row=row, column=column, quote=_quote(value)))
                for column, (path, value) in enumerate(zip(paths, cells, strict=True))
                if value is not None and _quote(value)
            )
            if fields:
                yield Source(name=f"{table.name} row {row + 1}", data=_MARK + to_json(fields), media_type=ROW)


_PLAIN: Final = str.maketrans({".": "_", "[": "(", "]": ")"})  # these mean something in the paths of fields


def _field(path: str, value: Any, span: Span) -> Field:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return Field(path=path, value=value, spans=(span,))
    if isinstance(value, float) and math.isfinite(value) and abs(value) < _LARGEST:
        value = Decimal(str(value))
    is_plain = (
        isinstance(value, _KINDS) and not isinstance(value, dt.datetime) and not (isinstance(value, Decimal) and not value.is_finite())
    )
    return Field(path=path, value=value if is_plain else span.quote, spans=(span,))


def _quote(value: Any) -> str:
    """A cell's value as the text that spans into tables quote."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def row_document(data: bytes, name: str) -> Document:
    """The document of a row: its fields, and a page with a line for each. Raises `Malformed` for other bytes."""
    try:
        if not data.startswith(_MARK):
            raise ValueError("the mark is missing")
        fields = from_json(data[len(_MARK) :], tuple[Field, ...])
        text = "\n".join(f"{field.path}: {' '.join(field.spans[0].quote.split())}" for field in fields)
    except (ValueError, TypeError, IndexError, msgspec.DecodeError) as error:
        raise Malformed(f"{name!r} is no row of a table: {error}", cause="Rows are made by aios.tables from a table") from error
    return Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text, method="derived"),), fields=fields)
