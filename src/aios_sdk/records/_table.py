"""Tables: Parquet files with a typed schema, opened as DuckDB relations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import StoreError
from ._identity import digest_file

if TYPE_CHECKING:
    import duckdb


class Column(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A column of a table: its name as in the file, and its DuckDB type such as ``VARCHAR`` or ``DECIMAL(18,2)``."""

    name: str
    type: str


class Table(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A typed table of ``rows`` rows in a Parquet file.

    ``artifact`` is the SHA-256 of that file, ``location`` the local path where it lies now (no part of its identity), ``page`` the page or
    sheet it stands on. A view of some rows has ``first_row`` above 0; rows in spans always count from the table's own first row. Example::

        for table in document.tables:
            print(table.name, table.rows, table.relation().aggregate("count(*)"))
    """

    name: str
    columns: tuple[Column, ...]
    rows: int
    artifact: str
    page: int = 0
    rejected: int = 0
    first_row: int = 0
    step: str = ""
    location: str = ""

    @classmethod
    def from_parquet(cls, path: Path | str, *, name: str, page: int = 0, rejected: int = 0) -> Table:
        """The table in the Parquet file ``path``, which must stay in place until the step has ended.

        ``rejected`` counts rows of the original that could not be read. Raises ``duckdb.Error`` when it is no Parquet file.
        """
        import duckdb

        with duckdb.connect() as connection:
            described = connection.execute("DESCRIBE SELECT * FROM read_parquet($1)", [str(path)]).fetchall()
            counted = connection.execute("SELECT count(*) FROM read_parquet($1)", [str(path)]).fetchone()
        with Path(path).open("rb") as file:
            artifact, _ = digest_file(file)
        columns = tuple(Column(str(row[0]), str(row[1])) for row in described)
        return cls(
            name=name,
            columns=columns,
            rows=int(counted[0]) if counted else 0,
            artifact=artifact,
            page=page,
            rejected=rejected,
            location=str(path),
        )

    def relation(self, connection: duckdb.DuckDBPyConnection | None = None) -> duckdb.DuckDBPyRelation:
        """The rows as a DuckDB relation, on ``connection`` or on one of its own. Raises `StoreError` if the bytes are not at hand."""
        import duckdb

        if not self.location:
            raise StoreError(
                f"The rows of table {self.name!r} are not at hand",
                cause="The record was read from JSON, which holds its schema and not its rows",
                fix="Take the document from the store",
            )
        rows = (connection or duckdb.connect()).from_parquet(self.location)
        return rows.limit(self.rows, offset=self.first_row)

    def cell(self, row: int, column: int) -> Any:
        """The value at ``row`` and ``column`` (from 0), as Python has it. Raises ``IndexError`` outside the table."""
        if not (self.first_row <= row < self.first_row + self.rows and 0 <= column < len(self.columns)):
            raise IndexError(f"table {self.name!r} has {self.rows} rows and {len(self.columns)} columns; asked for {row}, {column}")
        name = self.columns[column].name.replace('"', '""')
        found = self.relation().select(f'"{name}"').limit(1, offset=row - self.first_row).fetchall()
        return found[0][0] if found else None
