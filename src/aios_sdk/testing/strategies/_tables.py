"""Tables: as people type them, and as typed records with Parquet files."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from aios_sdk.records import Table

from .._parquet import make_table
from ._texts import TRICKY, texts


class TableData(NamedTuple):
    """A table as somebody typed it: a header and rows of text, not always as long as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def csv(self, delimiter: str = ",", end: str = "\r\n") -> str:
        """The table as a CSV (RFC 4180) with a header line."""
        file = io.StringIO()
        writer = csv.writer(file, delimiter=delimiter, lineterminator=end)
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return file.getvalue()


_NAMES: Final = ("number", "total", "date", "name", "total", "Total", "", " name ", "n\nn", "Größe", '"q"', "select", "\U0001f4b6")
_CELLS: Final = (
    "1", "", "471.30", "1.234,50", "2026-03-14", "NaN", "inf", "-Infinity", "1e400", "0001-01-01", "9999-12-31", "31.02.2026", "true",
    "NULL", "00123", "-0", "1_000", "12345678901234567890123456789", "=1+1", 'a "quote", and more', "two\nlines", "a;b\tc",
)  # fmt: skip
_TYPES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "DECIMAL(18,2)": st.integers(-(10**17), 10**17).map(lambda cents: Decimal(cents) / 100),
    "VARCHAR": st.sampled_from(["", "Maria Lindqvist", *TRICKY.values()]) | texts(),
    "DATE": st.dates(),
    "BOOLEAN": st.booleans(),
    "DOUBLE": st.floats(),
    "TIMESTAMP": st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)).map(lambda moment: moment.replace(fold=0)),
}


@cache
def tables_data() -> st.SearchStrategy[TableData]:
    """Tables as people type them: names that are doubled, empty or odd, rows that are too short or too long, NaN and infinities,
    dates out of range, numbers that are none, cells with quotes and line ends. Example::

        @given(strategies.tables_data())
        def test_any_table_is_read_or_refused(data):
            read_csv(data.csv())
    """
    header = st.lists(st.sampled_from(_NAMES) | texts(6), min_size=1, max_size=4).map(tuple)
    cell = st.sampled_from(_CELLS) | texts(8)
    return header.flatmap(
        lambda names: st.builds(
            TableData,
            st.just(names),
            st.lists(
                st.lists(cell, min_size=len(names), max_size=len(names)).map(tuple) | st.lists(cell, max_size=6).map(tuple), max_size=4
            ).map(tuple),
        )
    )


@cache
def tables(max_rows: int = 4) -> st.SearchStrategy[Table]:
    """Typed tables with a real Parquet file behind them, which stays until the process ends: NULLs, extreme numbers and dates, odd names.

    Example::

        @given(strategies.tables())
        def test_every_row_gets_a_label(table):
            assert len(label(table)) == table.rows
    """
    return _tables(max_rows)


@cache
def _rows(kinds: tuple[str, ...], most: int) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    return st.lists(st.tuples(*(st.none() | _TYPES[kind] for kind in kinds)), max_size=most)


@st.composite
def _tables(draw: st.DrawFn, max_rows: int) -> Table:
    names = draw(st.lists(st.sampled_from(_NAMES[:4]) | texts(6).filter(str.strip), min_size=1, max_size=3, unique_by=str.casefold))
    columns = [(name.replace("\0", "0"), draw(st.sampled_from(list(_TYPES)))) for name in names]
    if len({name.casefold() for name, _ in columns}) < len(columns):
        columns = columns[:1]
    rows = draw(_rows(tuple(kind for _, kind in columns), max_rows))
    name = draw(st.sampled_from(["repairs", "Sheet 1", "\U0001f4b6"]))
    return make_table(name, columns, rows)
