"""Giving rows to DuckDB as columns: a statement for each table and many rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ._arrow import Batches, Column
from ._tables import TABLES
from ._vectors import vectors

if TYPE_CHECKING:
    import duckdb

_BY_NUMBER: Final = {table.number: table for table in TABLES.values()}

# Rows of a batch: as many as DuckDB works on at once. As columns they take a fraction of the memory.
_BATCH_ROWS: Final = 2048

#: Batches of rows as columns, by the number of their table.
Columns: TypeAlias = Mapping[int, Sequence[Sequence[Column]]]


class Laying:
    """Collects rows, and lays them out as columns meanwhile.

    Example::

        laying = Laying()
        laying.add(3, rows)
        Inserting(connection).insert(laying.columns())
    """

    def __init__(self) -> None:
        self._rows: defaultdict[int, list[Sequence[Any]]] = defaultdict(list)
        self._batches: defaultdict[int, list[Sequence[Column]]] = defaultdict(list)

    def add(self, number: int, rows: Sequence[Sequence[Any]]) -> None:
        """Take rows of the table of that number; their values are such as its codec gives."""
        waiting = self._rows[number]
        waiting += rows
        if len(waiting) >= _BATCH_ROWS:
            self._lay(number, waiting)

    def columns(self) -> Columns:
        """All that was taken."""
        for number, rows in self._rows.items():
            if rows:
                self._lay(number, rows)
        return self._batches

    def _lay(self, number: int, rows: list[Sequence[Any]]) -> None:
        self._batches[number].append(vectors(_BY_NUMBER[number]).columns(rows))
        rows.clear()


class Inserting:
    """Puts columns into the tables of ``connection``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._batches: dict[int, Batches] = {}

    def insert(self, columns: Columns) -> None:
        """Put rows into their tables. Raises what DuckDB raises."""
        for number, batches in columns.items():
            name, given = _BY_NUMBER[number].name, self._given(number)
            for batch in batches:
                given.add(batch)
            self._connection.execute(f"INSERT INTO {name} FROM new_{name}").fetchall()
            given.clear()

    def _given(self, number: int) -> Batches:
        batches = self._batches.get(number)
        if batches is None:
            table = _BY_NUMBER[number]
            batches = self._batches[number] = vectors(table).batches()
            self._connection.register(f"new_{table.name}", batches)
        return batches
