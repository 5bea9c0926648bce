from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.store._arrow import Batches, Column, Form
from aios_sdk.store._inserting import Inserting, Laying
from aios_sdk.store._payloads import _fits
from aios_sdk.store._tables import TABLES, ColumnSpec, TableSpec
from aios_sdk.store._vectors import vectors

from ._journals import VALUES, row_of

_MEMBERS = TABLES["members"]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE members ({', '.join(f'{column.name} {column.type}' for column in _MEMBERS.columns)})")
        yield connection


def by_columns(connection: duckdb.DuckDBPyConnection, kind: str, values: Sequence[Any]) -> list[tuple[Any, str | None]]:
    """The values, and as exact text, that a column of that type has when DuckDB is given a column of ``values``."""
    table = vectors(TableSpec(99, "kept", (ColumnSpec("n", kind, ""),), ""))
    batches = table.batches()
    batches.add(table.columns([(value,) for value in values]))
    connection.execute(f"CREATE OR REPLACE TABLE kept (n {kind})")
    connection.register("given", batches)
    connection.execute("INSERT INTO kept FROM given").fetchall()
    return connection.execute("SELECT n, CAST(n AS VARCHAR) FROM kept").fetchall()


def by_rows(connection: duckdb.DuckDBPyConnection, kind: str, values: Sequence[Any]) -> list[tuple[Any, str | None]]:
    """The same, when DuckDB's appender is given one value after the other."""
    connection.execute(f"CREATE OR REPLACE TABLE kept (n {kind})")
    appender = connection.appender("kept")
    appender.append_rows([(value,) for value in values])
    appender.flush()
    return connection.execute("SELECT n, CAST(n AS VARCHAR) FROM kept").fetchall()


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_a_column_of_any_values_is_what_the_appender_makes_of_them_one_by_one(connection: duckdb.DuckDBPyConnection, kind: str) -> None:
    @settings(max_examples=15, deadline=None)
    @given(values=st.lists(st.none() | VALUES[kind], min_size=1, max_size=20))
    def law(values: list[Any]) -> None:
        found = by_columns(connection, kind, values)
        assert found == by_rows(connection, kind, values)
        assert [value for value, _ in found] == values

    law()


@pytest.mark.parametrize("values", [[-0.0, None], [0.0, -0.0], [float("inf"), None, float("-inf")], [5e-324, None]])
def test_every_double_stays_as_it_is_beside_nulls_too(connection: duckdb.DuckDBPyConnection, values: list[float | None]) -> None:
    assert [text for _, text in by_columns(connection, "DOUBLE", values)] == [None if value is None else str(value) for value in values]


_SCALED = st.builds(lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(-(10**20), 10**20), st.integers(-30, 9))
_LONG = st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**20), max_value=10**20)
_DECIMALS = (_SCALED | _LONG).filter(lambda value: _fits(value, 38, 10))


@settings(max_examples=40, deadline=None)
@given(values=st.lists(_DECIMALS, min_size=1, max_size=20))
def test_a_decimal_of_more_digits_than_its_column_is_rounded_as_the_appender_rounds_it(
    connection: duckdb.DuckDBPyConnection, values: list[Decimal]
) -> None:
    assert by_columns(connection, "DECIMAL(38,10)", values) == by_rows(connection, "DECIMAL(38,10)", values)


@pytest.mark.parametrize("kind", ["USMALLINT", "INTEGER", "UINTEGER", "UBIGINT"])
def test_types_that_no_table_has_now_are_laid_out_too(connection: duckdb.DuckDBPyConnection, kind: str) -> None:
    values = [0, None, 65_535]
    assert by_columns(connection, kind, values) == by_rows(connection, kind, values)


_TEXTS = [[""], ["", None], ["a", "bc", "a"], ["ab", "cd"], ["ü", "x", "ü"], ["üö"] * 9, [None, "", "ü"], ["\0", ""]]


@pytest.mark.parametrize("values", _TEXTS)
def test_texts_of_one_width_of_many_and_of_none_are_told_apart(connection: duckdb.DuckDBPyConnection, values: list[str | None]) -> None:
    assert [value for value, _ in by_columns(connection, "VARCHAR", values)] == values


@pytest.mark.parametrize("kind", sorted(VALUES))
@pytest.mark.parametrize("count", [1, 8, 9])
def test_a_column_of_nothing_but_nulls_is_one(connection: duckdb.DuckDBPyConnection, kind: str, count: int) -> None:
    assert by_columns(connection, kind, [None] * count) == by_rows(connection, kind, [None] * count)
    assert {text for _, text in by_columns(connection, kind, [None] * count)} == {None}


def test_times_are_exact_to_the_microsecond_at_both_ends_of_the_calendar(connection: duckdb.DuckDBPyConnection) -> None:
    moments = [dt.datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=dt.UTC), dt.datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC)]
    assert [value for value, _ in by_columns(connection, "TIMESTAMPTZ", moments)] == moments


def test_many_rows_are_taken_in_batches_and_each_is_inserted_once(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [row_of("members", document_id="ü" * (number % 3), ordinal=number, status="ok")[1] for number in range(10_000)]
    inserting = Inserting(connection)
    for some in (rows[:6_030], rows[6_030:]):
        laying = Laying()
        for place in range(0, len(some), 30):
            laying.add(_MEMBERS.number, some[place : place + 30])
        inserting.insert(laying.columns())
    inserting.insert(Laying().columns())
    assert connection.execute("FROM members ORDER BY ordinal").fetchall() == rows


def test_batches_are_read_as_often_as_asked_and_may_be_none(connection: duckdb.DuckDBPyConnection) -> None:
    batches = Batches([Form("n", "l")])
    connection.register("given", batches)
    assert connection.execute("SELECT sum(n) FROM given").fetchall() == [(None,)]
    for number in (1, 2):
        batches.add([Column(2, [None, array("q", [number, number])])])
        total = connection.execute("SELECT (SELECT sum(n) FROM given), (SELECT count(*) FROM given)").fetchall()
        assert total == [(number * (number + 1), 2 * number)]
    batches.clear()
    assert connection.execute("SELECT count(*) FROM given").fetchall() == [(0,)]
