"""The component: which reader takes a file, and what comes of it."""

from __future__ import annotations

import codecs
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import Field, field_validator

from aios_sdk import ComponentConfig, Context, Document, PageInfo, Source, Table, component, implements

from ._csv import read_separated
from ._parquet import check_parquet, database, typed_errors
from ._sheets import read_sheets

if TYPE_CHECKING:
    import duckdb

_SEPARATED: Final = ("text/csv", "text/tab-separated-values")
_PARQUET: Final = "application/vnd.apache.parquet"
_SHEETS: Final = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    "application/vnd.ms-excel.sheet.macroenabled.12",
)


@component("aios.tables", media_types=[*_SEPARATED, *_SHEETS, _PARQUET], isolation="process", provides=["pages", "tables"])
class Tables:
    """CSV, spreadsheets and Parquet as typed tables, each a Parquet file.

    Types are found over every row and never guessed: money is DECIMAL, codes with leading zeros stay text, and so do dates whose day
    and month could be either way round. Separated values give one table, a workbook one for each sheet with cells (pages are sheets,
    labelled with their names), a Parquet file itself.
    """

    class Config(ComponentConfig):
        """``encoding``: of CSV that is no Unicode, such as ``cp1250``; Windows-1252 where empty. ``max_size``: what a workbook may
        unpack to, in bytes. ``memory_mb``: for DuckDB, which spills to the scratch folder beyond it."""

        encoding: str = ""
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
        """One document with its tables. Raises `Malformed`, `Encrypted`, `Unsupported` or `LimitExceeded`."""
        path = _at_hand(source, context.scratch)
        with typed_errors(source.name), database(context.scratch, self.config.memory_mb) as connection:
            pages, tables = self._read(source, path, context.scratch, connection)
        yield Document.of(pages=pages, tables=tables)

    def _read(
        self, source: Source, path: Path, scratch: Path, connection: duckdb.DuckDBPyConnection
    ) -> tuple[tuple[PageInfo, ...], tuple[Table, ...]]:
        one = (PageInfo(index=0),)
        if source.media_type in _SEPARATED:
            return one, (read_separated(path, source.name, scratch, connection, self.config.encoding),)
        if source.media_type == _PARQUET:
            check_parquet(connection, path)
            copy = scratch / "table-0.parquet"
            shutil.copyfile(path, copy)
            return one, (Table.from_parquet(copy, name="table"),)
        return read_sheets(path, source.name, source.media_type, scratch, connection, self.config.max_size)


def _at_hand(source: Source, scratch: Path) -> Path:
    """The bytes under a plain name in scratch: in names of users DuckDB would see patterns such as ``[1]``."""
    path = scratch / "source"
    if source.data is not None:
        path.write_bytes(source.data)
    else:
        source.open().close()
        path.symlink_to(Path(source.path).resolve())
    return path
