"""Tables: Parquet files with a typed schema, opened as DuckDB relations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..errors import StoreError
from ._box_columns import packed_boxes, unpacked_box
from ._identity import digest_file
from ._profile import profiles
from ._span import Box
from ._table_rows import Spanning, database, write_rows

if TYPE_CHECKING:
    import duckdb


#: Rows that are read at once.
_AT_ONCE: Final = 2048


class Column(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A column of a table: its name as in the file, and its DuckDB type such as ``VARCHAR`` or ``DECIMAL(18,2)``.

    Where somebody asked for its profile (`Table.profiled`), also what its values are like over all rows: how many are ``nulls``, how many
    different ones there are (``distinct``), the ``least`` and the ``greatest``, and the most ``common`` with their counts, of those that
    stand there more than once; values are text as DuckDB writes it, cut after 100 code points. None and empty where nobody asked.
    """

    name: str
    type: str
    nulls: int | None = None
    distinct: int | None = None
    least: str = ""
    greatest: str = ""
    common: tuple[tuple[str, int], ...] = ()


class Table(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A typed table of ``rows`` rows in a Parquet file.

    ``artifact`` is the SHA-256 of that file, ``location`` the local path where it lies now (no part of its identity), ``page`` the page or
    sheet it stands on. A view of some rows has ``first_row`` above 0; rows in spans always count from the table's own first row.

    Where the original shows them, there are also places: ``box`` is where the table lies on its page, ``boxes`` are those of its
    cells, row by row as `Words` keeps them (`cell_box` reads one), and ``merged`` are the cells that reach over several, each as
    (row, column, rows, columns), where row -1 is the header. ``hidden``, in the same form, is what a spreadsheet does not show, and
    ``origin`` is the row and column of the sheet (from 0) where the data begin. Example::

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
    box: Box | None = None
    merged: tuple[tuple[int, int, int, int], ...] = ()
    boxes: bytes = b""
    hidden: tuple[tuple[int, int, int, int], ...] = ()
    origin: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        if len(self.boxes) % (16 * len(self.columns) or 1):
            raise ValueError(f"the boxes of table {self.name!r} are not 16 bytes for each cell of a row; make it with Table.from_rows")
        if any(row < -1 or column < 0 or min(rows, columns) < 1 for row, column, rows, columns in (*self.merged, *self.hidden)):
            raise ValueError(f"a merged cell or a hidden part of table {self.name!r} is not (row from -1, column from 0, rows, columns)")

    @classmethod
    def from_parquet(cls, path: Path | str, *, name: str, page: int = 0, rejected: int = 0) -> Table:
        """The table in the Parquet file ``path``, which must stay in place until the step has ended.

        ``rejected`` counts rows of the original that could not be read. Raises ``duckdb.Error`` when it is no Parquet file.
        """
        import duckdb

        with duckdb.connect() as connection:
            return cls._from_parquet(connection, path, name=name, page=page, rejected=rejected)

    @classmethod
    def _from_parquet(cls, connection: duckdb.DuckDBPyConnection, path: Path | str, *, name: str, page: int, rejected: int) -> Table:
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

    @classmethod
    def from_rows(
        cls,
        rows: Iterable[Sequence[Any]],
        path: Path | str,
        *,
        name: str,
        header: bool | None = None,
        page: int = 0,
        box: Box | None = None,
        merged: Iterable[tuple[int, int, int, int]] = (),
        boxes: Iterable[Sequence[Box | None]] | None = None,
        hidden: Iterable[tuple[int, int, int, int]] = (),
        origin: tuple[int, int] = (0, 0),
        parse: bool = True,
        connection: duckdb.DuckDBPyConnection | None = None,
    ) -> Table:
        """The table of ``rows``, written to the new Parquet file ``path``, which must stay in place until the step has ended.

        Cells are str, int, Decimal, float, bool, date, datetime, time, timedelta or None; empty texts are NULL. Each column has the
        narrowest type that holds all its cells as they are. A column of texts alone is read: whole numbers are BIGINT, fractions of
        up to 10 places DECIMAL, then DOUBLE, DATE, TIMESTAMP and BOOLEAN; what has leading zeros, or a day and month that could be
        either way round, stays VARCHAR. ``parse=False`` leaves all texts as they are. Floats have the 15 digits that spreadsheets
        show where at most 10 of them are places. Mixed columns are VARCHAR. Short rows are filled with NULL, and a long one widens
        the table: no cell is lost.

        ``header`` says whether the first row names the columns; None decides it: different texts above what is unlike them do.
        ``merged``, ``hidden``, ``origin`` and ``boxes`` (a row of boxes for each row, None where a cell has none) count the rows as
        given, with that of the header; a cell that is merged over several columns of the header names them all. Rows may be an
        iterator: memory does not grow with them. The same rows give the same bytes. ``connection`` brings settings of its own, such
        as a ``memory_limit``, and saves 20 ms a table where there are many.

        Raises ``ValueError`` for rows without a cell, or a cell that is no value; `LimitExceeded` for more than 16,384 columns or
        too much memory. Example::

            Table.from_rows([["Item", "Price"], ["Door", "1,204.50"]], context.scratch / "table-0.parquet", name="repairs")
        """
        path = Path(path)
        spanning = sorted(Spanning(*cell) for cell in merged)
        unseen = sorted(Spanning(*part) for part in hidden)
        with nullcontext(connection) if connection else database(path.parent) as own:
            has_header = write_rows(rows, path, header=header, merged=spanning, parse=parse, connection=own)
            table = cls._from_parquet(own, path, name=name, page=page, rejected=0)
        packed = packed_boxes(boxes, len(table.columns), skip=int(has_header)) if boxes is not None else b""
        if packed and len(packed) != 16 * table.rows * len(table.columns):
            raise ValueError(f"there are boxes for {len(packed) // 16 // len(table.columns)} rows, and the table {name!r} has {table.rows}")
        head = int(has_header)
        places = [tuple((row - head, column, down, across) for row, column, down, across in parts) for parts in (spanning, unseen)]
        origin = (origin[0] + head, origin[1])
        return msgspec.structs.replace(table, box=box, boxes=packed, merged=places[0], hidden=places[1], origin=origin)

    def profiled(self, connection: duckdb.DuckDBPyConnection | None = None) -> Table:
        """This table with the profile of each column (see `Column`), counted over all rows of its file; the same file gives the same.

        Raises `StoreError` if the bytes are not at hand. Example::

            table.profiled().columns[0].nulls
        """
        import duckdb

        location = Path(self._at_hand())
        with nullcontext(connection) if connection else duckdb.connect() as own:
            found = profiles(own, location, [(column.name, column.type) for column in self.columns])
            columns = tuple(Column(column.name, column.type, *profile) for column, profile in zip(self.columns, found, strict=True))
        return msgspec.structs.replace(self, columns=columns)

    def relation(self, connection: duckdb.DuckDBPyConnection | None = None) -> duckdb.DuckDBPyRelation:
        """The rows as a DuckDB relation, on ``connection`` or on one of its own. Raises `StoreError` if the bytes are not at hand."""
        import duckdb

        rows = (connection or duckdb.connect()).from_parquet(self._at_hand())
        return rows.limit(self.rows, offset=self.first_row)

    def iterate(self) -> Iterator[tuple[Any, ...]]:
        """The rows one after the other, as Python has their values; memory does not grow with them. Raises `StoreError` as `relation`."""
        import duckdb

        with duckdb.connect() as connection:
            asked = "SELECT * FROM read_parquet($1) LIMIT $2 OFFSET $3"
            found = connection.execute(asked, [self._at_hand(), self.rows, self.first_row])
            while rows := found.fetchmany(_AT_ONCE):
                yield from rows

    def _at_hand(self) -> str:
        if not self.location:
            raise StoreError(
                f"The rows of table {self.name!r} are not at hand",
                cause="The record was read from JSON, which holds its schema and not its rows",
                fix="Take the document from the store",
            )
        return self.location

    def cell(self, row: int, column: int) -> Any:
        """The value at ``row`` and ``column`` (from 0), as Python has it. Raises ``IndexError`` outside the table."""
        if not (self.first_row <= row < self.first_row + self.rows and 0 <= column < len(self.columns)):
            raise IndexError(f"table {self.name!r} has {self.rows} rows and {len(self.columns)} columns; asked for {row}, {column}")
        name = self.columns[column].name.replace('"', '""')
        found = self.relation().select(f'"{name}"').limit(1, offset=row - self.first_row).fetchall()
        return found[0][0] if found else None

    def cell_box(self, row: int, column: int) -> Box | None:
        """Where the cell at ``row`` and ``column`` (from 0) is on the page; None where the original does not show it. Raises ``IndexError``
        outside the table."""
        if not (self.first_row <= row < self.first_row + self.rows and 0 <= column < len(self.columns)):
            raise IndexError(f"table {self.name!r} has {self.rows} rows and {len(self.columns)} columns; asked for {row}, {column}")
        return unpacked_box(self.boxes, row * len(self.columns) + column)
