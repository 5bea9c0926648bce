"""Profiles of columns: what their values are like, counted by DuckDB over every row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import duckdb

_COMMON: Final = 5
_SHOWN: Final = 100
_NUMBERS: Final = ("BOOLEAN", "DECIMAL", "DOUBLE", "FLOAT", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
                   "UINTEGER", "UBIGINT", "UHUGEINT")  # fmt: skip
_FLAT: Final = (*_NUMBERS, "DATE", "TIME", "ENUM", "VARCHAR", "UUID", "INTERVAL")
_ZONED: Final = "TIMESTAMP WITH TIME ZONE"


class Profile(NamedTuple):
    """What a column holds: `Column` says what each of these is."""

    nulls: int
    distinct: int | None = None
    least: str = ""
    greatest: str = ""
    common: tuple[tuple[str, int], ...] = ()


def profiles(connection: duckdb.DuckDBPyConnection, path: Path, columns: list[tuple[str, str]]) -> Iterator[Profile]:
    """The profile of each of the ``columns`` (name, type) of the Parquet file ``path``, one query each: that is DuckDB's fastest way.

    Lists, structures and bytes have only their NULLs counted.
    """
    source = f"read_parquet('{str(path).replace(chr(39), chr(39) * 2)}')"
    for name, kind in columns:
        column = '"' + name.replace('"', '""') + '"'
        if kind.endswith("]") or not kind.startswith(_FLAT):
            yield Profile(*(connection.execute(f"SELECT count(*) - count({column}) FROM {source}").fetchone() or (0,)))
            continue
        shown = "({0} AT TIME ZONE 'UTC')::VARCHAR || '+00'" if kind == _ZONED else "{0}::VARCHAR"  # whatever the zone of the session
        found = connection.execute(
            f"""WITH counted AS MATERIALIZED (SELECT {column} AS value, count(*) AS number FROM {source} GROUP BY 1)
            SELECT coalesce(sum(number) FILTER (WHERE value IS NULL), 0), count(value),
              left({shown.format("min(value)")}, {_SHOWN}), left({shown.format("max(value)")}, {_SHOWN}),
              (SELECT list([shown, number::VARCHAR]) FROM (SELECT left({shown.format("value")}, {_SHOWN}) AS shown, number FROM counted
                WHERE value IS NOT NULL AND number > 1 ORDER BY number DESC, value LIMIT {_COMMON}))
            FROM counted"""
        ).fetchone()
        nulls, distinct, least, greatest, common = found or (0, 0, None, None, None)
        pairs = tuple((value, int(number)) for value, number in common or ())
        yield Profile(int(nulls), distinct, least or "", greatest or "", pairs)
