"""The schema of a store's database: its version, its tables and the statements that create them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ._changed import CHANGED
from ._lineage import LINEAGE_MACROS
from ._tables import TABLES, ColumnSpec, MacroSpec, TableSpec, ViewSpec
from ._views import VIEWS

#: The version of the schema; whatever older code cannot read raises it, with a line in ``_versions.py``. Before 3 none was released.
SCHEMA_VERSION: Final = 4

#: All table macros by name.
MACROS: Final = {macro.name: macro for macro in (*LINEAGE_MACROS, CHANGED)}

#: Tables by the kind of their journal records.
BY_NUMBER: Final = {table.number: table for table in TABLES.values() if table.number}

#: The columns that name blobs, by table.
BLOB_COLUMNS: Final = {"documents": "content_id", "artifacts": "artifact_id", "tables": "artifact_id", "model_files": "blob_id"}

#: The same by the kind of journal records, and their places in rows.
BLOB_PLACES: Final = {
    TABLES[name].number: [column.name for column in TABLES[name].columns].index(blob) for name, blob in BLOB_COLUMNS.items()
}


def create_statements() -> Iterator[str]:
    """The statements that make an empty database: tables, views and macros, each with its description."""
    for table in TABLES.values():
        yield f"CREATE TABLE {table.name} ({', '.join(f'{column.name} {column.type}' for column in table.columns)})"
        yield from _comments("TABLE", table.name, table.description, table.columns)
    for view in VIEWS.values():
        yield f"CREATE VIEW {view.name} AS {view.sql}"
        yield from _comments("VIEW", view.name, view.description, view.columns)
    for macro in MACROS.values():
        yield f"CREATE MACRO {macro.name}({', '.join(macro.parameters)}) AS TABLE {macro.sql}"
        yield f"COMMENT ON MACRO TABLE {macro.name} IS {_quoted(macro.description)}"


def _comments(kind: str, name: str, description: str, columns: tuple[ColumnSpec, ...]) -> Iterator[str]:
    yield f"COMMENT ON {kind} {name} IS {_quoted(description)}"
    for column in columns:
        yield f"COMMENT ON COLUMN {name}.{column.name} IS {_quoted(column.description)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


__all__ = [
    "BLOB_COLUMNS",
    "BLOB_PLACES",
    "BY_NUMBER",
    "MACROS",
    "SCHEMA_VERSION",
    "TABLES",
    "VIEWS",
    "ColumnSpec",
    "MacroSpec",
    "TableSpec",
    "ViewSpec",
    "create_statements",
]
