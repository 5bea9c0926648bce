"""Giving rows to DuckDB as columns: a statement for each table and many rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from ._arrow import Batches
from ._tables import TABLES
from ._vectors import vectors

if TYPE_CHECKING:
    import duckdb

_BY_NUMBER: Final = {table.number: table for table in TABLES.values()}

# Rows of a batch: as many as DuckDB works on at once. As columns they take a fraction of the memory.
_BATCH_ROWS: Final = 2048


class Inserting:
    """Collects rows as columns, and puts them into the tables of ``connection`` when told to.

    Example::

        tables = Inserting(connection)
        tables.add(3, rows)
        tables.insert()
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._rows: defaultdict[int, list[Sequence[Any]]] = defaultdict(list)
        self._batches: dict[int, Batches] = {}

    def add(self, number: int, rows: Sequence[Sequence[Any]]) -> None:
        """Take rows of the table of that number; their values are such as its codec gives."""
        waiting = self._rows[number]
        waiting += rows
        if len(waiting) >= _BATCH_ROWS:
            self._columns(number, waiting)

    def insert(self) -> None:
        """Put all that was taken into the tables. Raises what DuckDB raises."""
        for number, rows in self._rows.items():
            if rows:
                self._columns(number, rows)
        for number, batches in self._batches.items():
            if batches:
                name = _BY_NUMBER[number].name
                self._connection.execute(f"INSERT INTO {name} FROM new_{name}").fetchall()
                batches.clear()

    def _columns(self, number: int, rows: list[Sequence[Any]]) -> None:
        table = _BY_NUMBER[number]
        batches = self._batches.get(number)
        if batches is None:
            batches = self._batches[number] = vectors(table).batches()
            self._connection.register(f"new_{table.name}", batches)
        batches.add(vectors(table).columns(rows))
        rows.clear()
