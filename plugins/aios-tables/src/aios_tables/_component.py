"""The component: which reader takes a file, and what comes of it."""

from __future__ import annotations

import codecs
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import Field, field_validator

from aios_sdk import ComponentConfig, Context, Document, Malformed, PageInfo, Source, Table, component, implements

from ._csv import read_separated
from ._jsonl import read_json_lines
from ._parquet import check_parquet, database, typed_errors, unnamed_bytes
from ._rejected import REJECTED
from ._rows import ROW, row_document, row_sources
from ._sheets import Sheets, read_sheets
from ._spreadsheetml import SPREADSHEETML
from ._text import text_of

if TYPE_CHECKING:
    import duckdb

_SEPARATED: Final = ("text/csv", "text/tab-separated-values")
_LINES: Final = "application/jsonl"
_PARQUET: Final = "application/vnd.apache.parquet"
_SHEETS: Final = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    "application/vnd.ms-excel.sheet.macroenabled.12",
    SPREADSHEETML,
)


@component(
    "aios.tables",
    media_types=[*_SEPARATED, _LINES, *_SHEETS, _PARQUET, ROW],
    isolation="process",
    provides=["pages", "text", "regions", "tables", "labels", "fields"],
)
class Tables:
    """CSV, JSON lines, spreadsheets and Parquet as typed tables with profiles, each a Parquet file.

    Types are found over every row and never guessed: money is DECIMAL, codes with leading zeros stay text, and so do dates whose day
    and month could be either way round. Separated values and JSON lines give one table, and one named ``rejected`` with what could not
    be read; a workbook gives those of each sheet (pages are sheets, labelled with their names; hidden ones have the label
    ``visibility``), a Parquet file itself. The text of a page is its cells, parted by tabs, a line for each row.
    """

    class Config(ComponentConfig):
        """``encoding``: of CSV that is no Unicode, such as ``cp1250``; told by its letters where empty. ``text_rows``: how many rows of a
        table stand in the text of its page. ``rows_as_documents``: whether each row is a document too, with a field for each of its cells.
        ``max_size``: what a workbook may unpack to, in bytes. ``memory_mb``: for DuckDB, which spills to the scratch folder beyond it."""

        encoding: str = ""
        text_rows: int = Field(1000, ge=0)
        rows_as_documents: bool = False
        max_size: int = Field(1_000_000_000, ge=1)
        memory_mb: int = Field(1024, ge=256, json_schema_extra={"memo": False})

        @field_validator("encoding")
        @classmethod
        def _known(cls, value: str) -> str:
            try:
                return codecs.lookup(value).name if value else ""
            except LookupError:
                raise ValueError(f"there is no encoding {value!r}; take one of Python's, such as cp1250 or shift_jis") from None

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """One document with its tables, then its rows if they are to be documents.

        Raises `Malformed`, `Encrypted`, `Unsupported` or `LimitExceeded`.
        """
        if source.media_type == ROW:
            yield row_document(source.read(), source.name)
            return
        path = _at_hand(source, context.scratch)
        with typed_errors(source.name), database(context.scratch, self.config.memory_mb) as connection:
            found = self._read(source, path, context.scratch, connection)
            yield self._document(found, connection)
            if source.media_type == _PARQUET and (columns := unnamed_bytes(connection, path)):
                raise Malformed(
                    f"{source.name!r} has bytes that its footer does not name, after {', '.join(map(repr, columns))}",
                    cause="Its values were read as the footer says, and may be others than were meant",
                    fix="Compare them with where they came from, or write the file again",
                )
            if self.config.rows_as_documents:
                for table in found.tables:
                    if table.name != REJECTED:
                        yield from row_sources(table, connection)
            if found.doubt is not None:
                raise found.doubt

    def _read(self, source: Source, path: Path, scratch: Path, connection: duckdb.DuckDBPyConnection) -> Sheets:
        one = (PageInfo(index=0),)
        if source.media_type in _SEPARATED:
            return Sheets(one, read_separated(path, source.name, scratch, connection, self.config.encoding))
        if source.media_type == _LINES:
            return Sheets(one, read_json_lines(path, source.name, scratch, connection))
        if source.media_type == _PARQUET:
            check_parquet(connection, path)
            copy = scratch / "table-0.parquet"
            shutil.copyfile(path, copy)
            return Sheets(one, (Table.from_parquet(copy, name="table"),))
        return read_sheets(path, source.name, source.media_type, scratch, connection, self.config.max_size)

    def _document(self, found: Sheets, connection: duckdb.DuckDBPyConnection) -> Document:
        tables_of = defaultdict(list)
        for table in found.tables:
            if table.name != REJECTED:
                tables_of[table.page].append(table)
        text, regions = [], []
        for page in found.pages:
            rows = self.config.text_rows
            content, parts = text_of(page.index, tables_of[page.index], found.notes.get(page.index, ()), rows, connection)
            if content.content:
                text.append(content)
                regions += parts
        tables = tuple(table.profiled(connection) for table in found.tables)
        return Document.of(pages=found.pages, text=tuple(text), regions=tuple(regions), tables=tables, labels=found.labels)


def _at_hand(source: Source, scratch: Path) -> Path:
    """The bytes under a plain name in scratch: in names of users DuckDB would see patterns such as ``[1]``."""
    path = scratch / "source"
    if source.data is not None:
        path.write_bytes(source.data)
    else:
        source.open().close()
        path.symlink_to(Path(source.path).resolve())
    return path
