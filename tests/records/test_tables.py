"""Tables of rows: their types, headers, places and bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aios_sdk import Box, LimitExceeded, Table, from_json, to_json

Made = Callable[..., Table]


@pytest.fixture
def table(tmp_path: Path) -> Made:
    def make(rows: Any, **options: Any) -> Table:
        return Table.from_rows(rows, tmp_path / "table.parquet", name="t", **options)

    return make


def types(table: Table) -> list[str]:
    return [column.type for column in table.columns]


def names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def rows(table: Table) -> list[Any]:
    return table.relation().fetchall()


def test_rows_of_texts_become_a_typed_table(table: Made) -> None:
    found = table(
        [["code", "amount", "day", "ok", "name"], ["007", "1,204.50", "2026-01-31", "TRUE", "Änne"], ["010", "3", "", "false", ""]]
    )
    assert names(found) == ["code", "amount", "day", "ok", "name"]
    assert types(found) == ["VARCHAR", "DECIMAL(18,2)", "DATE", "BOOLEAN", "VARCHAR"]
    assert rows(found) == [("007", Decimal("1204.50"), dt.date(2026, 1, 31), True, "Änne"), ("010", Decimal("3.00"), None, False, None)]
    assert (found.name, found.rows, found.page, found.merged, found.box, found.cell_box(0, 0)) == ("t", 2, 0, (), None, None)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "", "2"], "BIGINT"),
        (["1E5", "2E7"], "VARCHAR"),  # codes of parts
        (["12", "3E4"], "VARCHAR"),
        (["1.5E5", "2E7"], "DOUBLE"),
        (["1e-5", "2E+7"], "DOUBLE"),
        (["9223372036854775808", ""], "DECIMAL(38,0)"),
        (["1.5", " "], "DECIMAL(18,1)"),
        (["1e5", ""], "DOUBLE"),
        (["2026-01-01", ""], "DATE"),
        (["31.12.2026", ""], "DATE"),
        (["2026/01/31", ""], "DATE"),
        (["31/12/2026", "01/02/2026", ""], "DATE"),
        (["1/2/26", ""], "VARCHAR"),
        (["2026-01-01 10:00", ""], "TIMESTAMP"),
        (["2026-01-01T10:00:00Z", ""], "TIMESTAMP WITH TIME ZONE"),
        (["true", ""], "BOOLEAN"),
        (["", ""], "VARCHAR"),
    ],
)
def test_an_empty_cell_changes_no_type(table: Made, cells: list[str], kind: str) -> None:
    assert types(table([["x", "y"], *([cell, "text"] for cell in cells)], header=True)) == [kind, "VARCHAR"]


@pytest.mark.parametrize(
    ("cells", "kind", "read"),
    [
        ([1, None, 2], "BIGINT", [1, None, 2]),
        ([1, 2.5], "DECIMAL(18,1)", [Decimal("1.0"), Decimal("2.5")]),
        ([0.1 + 0.2], "DECIMAL(18,1)", [Decimal("0.3")]),
        ([1 / 3, 2], "DOUBLE", [1 / 3, 2.0]),
        ([1e300, 0.5], "DOUBLE", [1e300, 0.5]),
        ([1e20], "DECIMAL(38,0)", [Decimal(10**20)]),
        ([1e-7], "DECIMAL(18,7)", [Decimal("0.0000001")]),
        ([2**63 - 1], "BIGINT", [2**63 - 1]),
        ([2**63], "DECIMAL(38,0)", [Decimal(2**63)]),
        ([10**40 + 1, 1], "VARCHAR", [str(10**40 + 1), "1"]),
        ([2**60 + 1, 1 / 3], "VARCHAR", [str(2**60 + 1), "0.3333333333333333"]),
        ([Decimal("12.3456789012345"), Decimal("-1")], "DECIMAL(18,13)", [Decimal("12.3456789012345"), Decimal("-1.0000000000000")]),
        ([Decimal("NaN")], "DOUBLE", None),
        ([True, None, False], "BOOLEAN", [True, None, False]),
        ([True, 1], "VARCHAR", ["true", "1"]),
        ([dt.datetime(2026, 1, 1), dt.date(2026, 1, 2)], "DATE", [dt.date(2026, 1, 1), dt.date(2026, 1, 2)]),
        ([dt.datetime(2026, 1, 1, 8), dt.date(2026, 1, 2), " "], "TIMESTAMP", [dt.datetime(2026, 1, 1, 8), dt.datetime(2026, 1, 2), None]),
        ([dt.datetime(2026, 1, 1, tzinfo=dt.UTC)], "TIMESTAMP WITH TIME ZONE", None),
        ([dt.time(8, 30, 15)], "TIME", [dt.time(8, 30, 15)]),
        ([dt.timedelta(days=10, seconds=3661), dt.timedelta(seconds=-90)], "VARCHAR", ["241:01:01", "-00:01:30"]),
        ([1, "x"], "VARCHAR", ["1", "x"]),
        (["1", 2], "VARCHAR", ["1", "2"]),
    ],
)
def test_a_column_of_values_has_the_narrowest_type_that_holds_them_all(table: Made, cells: list[Any], kind: str, read: list[Any]) -> None:
    found = table([[cell] for cell in cells], header=False)
    assert types(found) == [kind]
    assert read is None or [row[0] for row in rows(found)] == read


def test_texts_stay_as_they_are_when_they_are_not_to_be_read(table: Made) -> None:
    found = table([["n", "v"], ["12.50", 1], ["1", 2]], parse=False)
    assert (types(found), rows(found)) == (["VARCHAR", "BIGINT"], [("12.50", 1), ("1", 2)])


def test_short_rows_are_filled_and_a_long_one_widens_the_table_wherever_it_stands(table: Made) -> None:
    found = table([["a", "b"], ["x"], [], *([str(number), "y"] for number in range(2000)), ["1", "2", "3"]])
    assert (names(found), found.rows, found.rejected) == (["a", "b", "C"], 2003, 0)
    assert [rows(found)[place] for place in (0, 1, 2, -1)] == [("x", None, None), (None, None, None), ("0", "y", None), ("1", "2", 3)]


def test_a_single_column_keeps_its_empty_cells(table: Made) -> None:
    assert rows(table([["a"], [""], [None], ["b"], [""]], header=False)) == [("a",), (None,), (None,), ("b",), (None,)]


@pytest.mark.parametrize(
    ("given_rows", "header", "found"),
    [
        ([["a", "b"], ["1", "2"]], None, ["a", "b"]),
        ([["1", "2"], ["3", "4"]], None, ["A", "B"]),
        ([["1", "2"], ["3", "4"]], True, ["1", "2"]),
        ([["a", "b"], ["1", "2"]], False, ["A", "B"]),
        ([["a", "A", ""]], True, ["a", "A_1", "C"]),
        ([["two\nlines", None, 2026, dt.date(2026, 1, 1)]], True, ["two lines", "B", "2026", "2026-01-01"]),
    ],
)
def test_the_first_row_names_the_columns_when_it_is_said_or_seen(
    table: Made, given_rows: Any, header: bool | None, found: list[str]
) -> None:
    assert names(table(given_rows, header=header)) == found


def test_merged_cells_and_boxes_count_the_rows_of_data(table: Made) -> None:
    box = Box.of(0.1, 0.2, 0.5, 0.25)
    found = table(
        [["Quarter", None, "Sum"], ["a", "b", 1], ["c", None, 2]],
        box=Box.of(0, 0, 1, 0.5),
        merged=[(2, 0, 1, 2), (0, 0, 1, 2)],
        boxes=[[None, None, None], [box], [None, None, box]],
        page=3,
    )
    assert names(found) == ["Quarter", "Quarter_1", "Sum"]
    assert (found.merged, found.box, found.page) == (((-1, 0, 1, 2), (1, 0, 1, 2)), Box(0, 0, 1, 0.5), 3)
    assert [[found.cell_box(row, column) for column in range(3)] for row in range(2)] == [[box, None, None], [None, None, box]]
    assert from_json(to_json(found), Table) == found
    view = msgspec.structs.replace(found, first_row=1, rows=1)
    assert view.cell_box(1, 2) == box
    for row, column in ((0, 0), (2, 0), (1, 3)):
        with pytest.raises(IndexError):
            view.cell_box(row, column)


def test_what_is_no_table_is_refused(table: Made) -> None:
    nothing: Any
    for nothing in ([], [[]], [[], []]):
        with pytest.raises(ValueError, match="needs a row with cells"):
            table(nothing)
    with pytest.raises(ValueError, match="a cell is a list"):
        table([["a"], [[1]]])
    with pytest.raises(ValueError, match="boxes for 1 rows"):
        table([["a"], ["b"]], header=False, boxes=[[Box(0, 0, 1, 1)]])
    with pytest.raises(ValueError, match="merged cell"):
        table([["a"], ["b"]], merged=[(0, 0, 0, 1)])
    with pytest.raises(ValueError, match="16 bytes"):
        msgspec.structs.replace(table([["a"]]), boxes=b"1")
    with pytest.raises(LimitExceeded, match="17,000 columns"):
        table([["x"] * 17_000])


def test_rows_of_an_iterator_are_taken_once_and_need_no_more_memory_than_is_given(table: Made, tmp_path: Path) -> None:
    def many() -> Iterator[Sequence[str]]:
        yield "number", "text"
        for number in range(20_000):
            yield str(number), "x" * 2000

    with duckdb.connect(config={"threads": 1, "memory_limit": "96MB", "temp_directory": str(tmp_path / "spill")}) as connection:
        found = table(many(), connection=connection)
    assert (found.rows, types(found)) == (20_000, ["BIGINT", "VARCHAR"])
    assert sorted(path.name for path in tmp_path.glob("table*")) == ["table.parquet"]


def test_more_memory_than_is_allowed_is_a_typed_refusal_and_leaves_nothing_behind(table: Made, tmp_path: Path) -> None:
    with duckdb.connect(config={"threads": 1, "memory_limit": "8MB", "temp_directory": ""}) as connection, pytest.raises(LimitExceeded):
        table(([str(number), str(number) * 500] for number in range(20_000)), connection=connection)
    assert list(tmp_path.glob("table.parquet.*")) == []


CELLS = (
    st.none() | st.integers() | st.floats() | st.booleans() | st.dates() | st.times() | st.text(st.characters(codec="utf-8"), max_size=9)
)


@settings(deadline=None, max_examples=60)
@example([[], [None, 0], [None, "\r"]], True)
@given(st.lists(st.lists(CELLS, max_size=3), min_size=1, max_size=6).filter(any), st.sampled_from([True, False, None]))
def test_any_rows_keep_every_cell_and_give_the_same_bytes_again(
    tmp_path_factory: pytest.TempPathFactory, given_rows: Any, header: Any
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    found = Table.from_rows(given_rows, folder / "a.parquet", name="t", header=header)
    again = Table.from_rows(iter(given_rows), folder / "b.parquet", name="t", header=header)
    assert found.artifact == again.artifact
    assert len(given_rows) - found.rows in ((0, 1) if header is None else (int(header),))
    assert len(found.columns) == max(map(len, given_rows))
    data = given_rows[len(given_rows) - found.rows :]
    for taken, read in zip(data, rows(found), strict=True):
        assert all(value is None for value in read[len(taken) :])
        for cell, value in zip(taken, read, strict=False):
            is_empty = cell is None or (isinstance(cell, str) and not cell.strip())
            assert value is not None or is_empty
            assert value == cell or not isinstance(value, str) or not isinstance(cell, str)
