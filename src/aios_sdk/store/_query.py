"""Answers that stand on their own: the database is held only while the question is answered."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from aios_sdk.errors import UsageError

from ._connect import BOUNDED, connect, time_limit

if TYPE_CHECKING:
    import duckdb

#: Values for ``$1`` or ``$name`` in a query.
Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any] | None


class _Stream:
    """A relation as an Arrow stream. DuckDB refuses a relation of another connection, but takes any stream, and needs no pyarrow for it."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self._relation = relation

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._relation.__arrow_c_stream__(requested_schema)


def answer(
    store: str | os.PathLike[str], query: str, parameters: Parameters = None, *, timeout: float | None = None
) -> duckdb.DuckDBPyRelation:
    """The rows of ``query`` as a relation in memory, which holds nothing of the store.

    Raises `UsageError` for a query that DuckDB refuses, or that has no answer after ``timeout`` seconds, and `StoreBusy` when the database
    stays locked.
    """
    import duckdb

    memory = duckdb.connect(config=BOUNDED)
    memory.execute("SET TimeZone = 'UTC'")
    memory.execute("SET temp_directory = $1", [tempfile.gettempdir()])
    with connect(store) as connection:
        try:
            with time_limit(timeout, connection, memory):
                found = connection.sql(query, params=parameters)
                if found is None:
                    raise UsageError("The query gives no rows", fix="Ask with SELECT, FROM, DESCRIBE, SUMMARIZE or EXPLAIN")
                columns = zip(_distinct(found.columns), map(str, found.types), strict=True)
                memory.execute(f"CREATE TABLE answer ({', '.join(f'{name} {_storable(kind)}' for name, kind in columns)})")
                memory.register("stream", _Stream(found))
                memory.execute("INSERT INTO answer FROM stream")
                memory.unregister("stream")
        except duckdb.Error as error:
            if "Out of Memory" in str(error):
                raise UsageError(
                    f"The query needs more memory than queries have, {BOUNDED['memory_limit']}",
                    cause="It gathers, joins or sorts too much at a time; what is too large for the disk's share ends here too",
                    fix="Ask about some documents (every table has document_id), or for fewer columns",
                ) from error
            raise UsageError(
                f"The query cannot be answered: {error}", fix='"SHOW TABLES" lists tables and views, "DESCRIBE FROM NAME" their columns'
            ) from error
    return memory.table("answer")


def _distinct(names: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        free, number = name, 0
        while free.casefold() in seen:
            number += 1
            free = f"{name}_{number}"
        seen.add(free.casefold())
        yield '"' + free.replace('"', '""') + '"'


def _storable(kind: str) -> str:
    # A column of nothing but NULL has a type that no table may have.
    return "INTEGER" if kind == '"NULL"' else kind
