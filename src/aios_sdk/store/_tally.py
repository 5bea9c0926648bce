"""Counting rows so that two sets of them can be compared in little memory: a count and a sum of hashes for each of many small parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ._schema import BY_NUMBER, TABLES

if TYPE_CHECKING:
    import duckdb

#: Of each table, by the part that rows fall into: how many there are, and the sum of their hashes. The order of rows makes no difference.
Tally: TypeAlias = dict[str, dict[int, tuple[int, int]]]

# Parts of a table. Where two tables differ, only the rows of the parts that do are looked at one by one.
_PARTS: Final = 4096

# A row's hash covers every value in its exact text, nulls apart from texts.
_HASHED: Final = "SELECT *, md5_number_lower(CAST(_row AS VARCHAR)) AS _hash FROM {table} AS _row"
_TALLY: Final = f"SELECT _hash % {_PARTS}, count(*), sum(_hash) FROM ({_HASHED}) GROUP BY ALL"
_ROWS: Final = f"SELECT * FROM ({_HASHED}) WHERE list_contains($1, _hash % {_PARTS})"

# Rows that are hashed together, and the bytes that they may have.
_MOST_ROWS: Final = 100_000
_MOST_BYTES: Final = 32 * 1024 * 1024


class Row(NamedTuple):
    """A row of a table with its hash."""

    hash: int
    values: tuple[Any, ...]


def tally(connection: duckdb.DuckDBPyConnection) -> Tally:
    """The tally of every journaled table of a database."""
    return {table.name: parts_of(connection, table.name) for table in BY_NUMBER.values()}


def parts_of(connection: duckdb.DuckDBPyConnection, table: str) -> dict[int, tuple[int, int]]:
    """The tally of one table."""
    return {part: (count, int(total)) for part, count, total in connection.execute(_TALLY.format(table=table)).fetchall()}


def rows_in(connection: duckdb.DuckDBPyConnection, table: str, parts: Collection[int]) -> list[Row]:
    """The rows of a table that fall into ``parts``."""
    found = connection.execute(_ROWS.format(table=table), [list(parts)]).fetchall()
    return [Row(row[-1], row[:-1]) for row in found]


def parts_that_differ(ours: Tally, theirs: Tally) -> dict[str, list[int]]:
    """The parts in which two tallies differ, by table; tables that are equal are left out."""
    found = {}
    for table in ours.keys() | theirs.keys():
        mine, other = ours.get(table, {}), theirs.get(table, {})
        if differing := sorted(part for part in mine.keys() | other.keys() if mine.get(part) != other.get(part)):
            found[table] = differing
    return {name: found[name] for name in TABLES if name in found}


def row_count(tally: Tally) -> int:
    """How many rows were counted."""
    return sum(count for parts in tally.values() for count, _ in parts.values())


class Hasher:
    """Hashes rows that lie in no database, many at a time; close it after use.

    Rows of a table are given with `add` under any key. ``take`` is called with each key and table when there are enough of them, and finds
    them as a table of that name in the connection that it is given.
    """

    def __init__(self, take: Callable[[duckdb.DuckDBPyConnection, Any, str], object]) -> None:
        import duckdb

        self._take = take
        self._memory = duckdb.connect()
        self._memory.execute("SET TimeZone = 'UTC'")  # as in the database: times are hashed as text
        self._waiting: defaultdict[tuple[Any, int], list[tuple[Any, ...]]] = defaultdict(list)
        self._count = self._size = 0

    def add(self, key: Any, tables: Sequence[tuple[int, list[tuple[Any, ...]]]], size: int) -> None:
        """Take rows by the number of their table; ``size`` is about how many bytes they have."""
        for number, rows in tables:
            self._waiting[key, number] += rows
            self._count += len(rows)
        self._size += size
        if self._count >= _MOST_ROWS or self._size >= _MOST_BYTES:
            self._hash()

    def close(self) -> None:
        """Hash what waits, and let go."""
        self._hash()
        self._memory.close()

    def _hash(self) -> None:
        for (key, number), rows in self._waiting.items():
            table = BY_NUMBER[number]
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            self._memory.execute(f"CREATE OR REPLACE TABLE {table.name} ({columns})")
            appender = self._memory.appender(table.name)
            appender.append_rows(rows)
            appender.flush()
            self._take(self._memory, key, table.name)
        self._waiting.clear()
        self._count = self._size = 0


def add_to(tally: Tally, table: str, more: dict[int, tuple[int, int]]) -> None:
    """Count ``more`` rows of a table."""
    parts = tally.setdefault(table, {})
    for part, (count, total) in more.items():
        known = parts.get(part, (0, 0))
        parts[part] = known[0] + count, known[1] + total
