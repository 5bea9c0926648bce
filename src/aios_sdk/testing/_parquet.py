"""Tables with real Parquet files behind them, made of Python values in about two milliseconds."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aios_sdk.records import Column, Table

from ._scratch import process_folder

if TYPE_CHECKING:
    import duckdb

_lock: Final = threading.Lock()
_connections: dict[int, duckdb.DuckDBPyConnection] = {}


def make_table(name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], *, page: int = 0) -> Table:
    """A table of ``columns`` (name, DuckDB type) and ``rows``; equal content gives the same file, which stays until the process ends.

    Raises ``ValueError`` without columns or for two names that DuckDB takes for one, and ``duckdb.Error`` for a value that does not
    fit its type.
    """
    if not columns or len({column.casefold() for column, _ in columns}) < len(columns):
        raise ValueError("a table needs columns whose names differ by more than their case")
    with _lock:
        path = process_folder() / f"{hashlib.sha256(repr((columns, rows)).encode()).hexdigest()}.parquet"
        if not path.exists():
            _write(path, columns, rows)
    artifact = hashlib.sha256(path.read_bytes()).hexdigest()
    return Table(
        name=name,
        columns=tuple(Column(column, kind) for column, kind in columns),
        rows=len(rows),
        artifact=artifact,
        page=page,
        location=str(path),
    )


@lru_cache(maxsize=256)
def cells(location: str) -> list[tuple[Any, ...]]:
    """The rows in the Parquet file ``location``, as Python has them."""
    with _lock:
        return _connection().from_parquet(location).fetchall()


def _write(path: Path, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> None:
    selected = ", ".join(f"unnest(${number}::{kind}[]) AS {_quoted(name)}" for number, (name, kind) in enumerate(columns, 1))
    values = [[row[number] for row in rows] for number in range(len(columns))]
    other = path.with_suffix(".part")
    _connection().execute(f"COPY (SELECT {selected}) TO '{str(other).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)", values)
    other.rename(path)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _connection() -> duckdb.DuckDBPyConnection:
    import duckdb

    own = os.getpid()
    if own not in _connections:
        _connections[own] = duckdb.connect(config={"threads": 1})
    return _connections[own]
