"""The schema: numbers that never change, and descriptions that are those of the database and of the reference page."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from aios_sdk.store import MACROS, TABLES, VIEWS, MacroSpec, TableSpec, ViewSpec, create_statements
from aios_sdk.store._reference import reference

RELATIONS: list[TableSpec | ViewSpec] = [*TABLES.values(), *VIEWS.values()]
DESCRIBED: list[TableSpec | ViewSpec | MacroSpec] = [*RELATIONS, *MACROS.values()]
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for statement in create_statements():
        connection.execute(statement)
    return connection


def test_the_numbers_of_tables_never_change() -> None:
    assert {table.number: name for name, table in TABLES.items()} == {
        0: "applied_segments",
        1: "runs",
        2: "pipelines",
        3: "plugins",
        4: "model_uses",
        5: "documents",
        6: "members",
        7: "attempts",
        8: "artifacts",
        9: "pages",
        10: "tables",
        11: "fields",
        12: "labels",
        13: "summaries",
        14: "checks",
        15: "redactions",
        16: "routes",
        17: "failures",
        18: "edges",
        19: "outcomes",
        20: "recalls",
        21: "forgotten",
        22: "regions",
        23: "models",
        24: "model_files",
        25: "model_aliases",
        26: "model_evaluations",
    }


def test_every_table_that_grows_with_documents_names_document_and_run() -> None:
    per_run = {"applied_segments", "runs", "pipelines", "plugins", "model_uses", "forgotten"}
    of_models = {"models", "model_files", "model_aliases", "model_evaluations"}
    for name in TABLES.keys() - per_run - of_models:
        assert {"document_id", "run_id"} <= {column.name for column in TABLES[name].columns}, name


def test_no_table_has_a_key_an_index_or_a_constraint(database: duckdb.DuckDBPyConnection) -> None:
    found = database.execute(
        "SELECT table_name FROM duckdb_tables() WHERE has_primary_key OR index_count > 0 OR check_constraint_count > 0"
    ).fetchall()
    assert found == []


def test_columns_of_tables_and_views_in_the_database_are_those_described(database: duckdb.DuckDBPyConnection) -> None:
    for spec in RELATIONS:
        described = database.execute(f"DESCRIBE FROM {spec.name}").fetchall()
        found = [(name, kind.replace(" WITH TIME ZONE", "TZ")) for name, kind, *_ in described]
        assert found == [(column.name, column.type) for column in spec.columns], spec.name


def test_columns_of_macros_in_the_database_are_those_described(database: duckdb.DuckDBPyConnection) -> None:
    for macro in MACROS.values():
        given = ", ".join("'x'" for parameter in macro.parameters if ":=" not in parameter)
        described = database.execute(f"SELECT * FROM {macro.name}({given})").description
        assert [name for name, *_ in described] == [column.name for column in macro.columns]


def test_every_description_is_a_comment_in_the_database(database: duckdb.DuckDBPyConnection) -> None:
    comments = {
        (table, column): comment
        for table, column, comment in database.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    }
    for spec in RELATIONS:
        assert {(spec.name, column.name): column.description for column in spec.columns}.items() <= comments.items()
    whole = dict(
        database.execute(
            "SELECT table_name, comment FROM duckdb_tables() UNION ALL SELECT view_name, comment FROM duckdb_views() WHERE NOT internal "
            "UNION ALL SELECT function_name, comment FROM duckdb_functions() WHERE function_type = 'table_macro'"
        ).fetchall()
    )
    assert {spec.name: spec.description for spec in DESCRIBED}.items() <= whole.items()


def test_the_reference_page_is_the_one_made_from_the_schema() -> None:
    page = (REPOSITORY / "docs" / "reference" / "store.md").read_text(encoding="utf-8")
    assert page == reference(), "run: python -m aios_sdk.store._reference > docs/reference/store.md"
