"""Separated values as one typed table."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from aios_sdk import LimitExceeded, Malformed, Table

from ._dialect import Dialect, is_mark, sniff
from ._encoding import encoding_of
from ._footer import Line, Tail, is_narrower
from ._rejected import Rejected

if TYPE_CHECKING:
    import duckdb

_SAMPLE_SIZE: Final = 128 << 10
_SAMPLE_ROWS: Final = 500
_MAX_COLUMNS: Final = 16_384
_MAX_CELL: Final = 8 << 20  # code points


def read_separated(path: Path, name: str, scratch: Path, connection: duckdb.DuckDBPyConnection, fallback: str) -> tuple[Table, ...]:
    """The table in ``path``, with every row that fits, and that of rejected rows if there are any.

    ``fallback`` is the encoding of what is no Unicode. Rows that are too short are filled with NULL; those that are too long, titles
    above the table, and what is sure to be no row below it, are rejected. Raises `Malformed` for an empty or binary file, `LimitExceeded`
    for too many columns.
    """
    encoding = encoding_of(path, fallback)
    if not encoding:
        raise Malformed(f"{name!r} is binary, not a text file of separated values", fix="Check what kind of file it is")
    sample = _sample(path, encoding)
    if not sample.strip():
        raise Malformed(f"{name!r} is empty")
    dialect = sniff(sample)
    rows = _Rows(path, encoding, dialect, name)
    head = [line.cells for line in islice(rows, _SAMPLE_ROWS)]
    if not head:
        raise Malformed(f"{name!r} has no rows", cause="It holds nothing but delimiters and titles")
    width = _width(head, name)
    with Rejected(scratch) as rejected:
        for line, text in _titles(path, encoding, dialect):
            rejected.add(line, "a title above the table", text)
        table = _table(rows, width, scratch, connection, rejected)
        return (msgspec.structs.replace(table, rejected=rejected.count), *rejected.tables(connection))


def _table(rows: _Rows, width: int, scratch: Path, connection: duckdb.DuckDBPyConnection, rejected: Rejected) -> Table:
    """The table of all rows that fit; without the last lines where these are sure to be a footer, or are all that keeps a column from its
    type and look like one."""
    tail = Tail(width)
    table = Table.from_rows(tail.watched(_fitting(rows, width, rejected)), scratch / "table-0.parquet", name="table", connection=connection)
    if (footer := tail.footer()) is None:
        return table
    fitting = islice(_fitting(rows, width), tail.count - len(footer.lines))
    rest = Table.from_rows((line.cells for line in fitting), scratch / "table-1.parquet", name="table", connection=connection)
    if not footer.is_certain and not is_narrower(rest, table):
        return table
    for line in footer.lines:
        if any(line.cells):
            rejected.add(line.number, "a line below the table", rows.text(line.cells))
    return rest


class _Rows:
    """The rows of a file that have a cell, read anew each time."""

    def __init__(self, path: Path, encoding: str, dialect: Dialect, name: str) -> None:
        self._path: Final = path
        self._encoding: Final = encoding
        self._dialect: Final = dialect
        self._name: Final = name

    def text(self, cells: list[str]) -> str:
        """A row as it is written, but for its quotes."""
        return self._dialect.delimiter.join(cells)

    def __iter__(self) -> Iterator[Line]:
        csv.field_size_limit(max(csv.field_size_limit(), _MAX_CELL))  # of the whole process, hence never lowered
        try:
            with self._path.open(encoding=self._encoding, errors="replace", newline="") as file:
                for _ in range(self._dialect.skip):
                    file.readline()
                reader = self._dialect.rows(file)
                before, is_parted = 0, False
                for row in reader:
                    if row:
                        yield Line(self._dialect.skip + before + 1, row, is_parted)
                    before, is_parted = reader.line_num, not any(row)
        except csv.Error as error:
            raise Malformed(
                f"{self._name!r} cannot be split into cells: {error}", cause="A quote is opened and never closed, or it is no table"
            ) from error


def _fitting(rows: _Rows, width: int, rejected: Rejected | None = None) -> Iterator[Line]:
    """Rows with at most ``width`` cells that are not empty; the others are rejected, if that is to be recorded."""
    is_parted = False
    for number, row, is_next_parted in rows:
        is_parted = is_parted or is_next_parted
        if len(row) <= width or not any(row[width:]):
            yield Line(number, row[:width], is_parted)
            is_parted = False
        elif rejected is not None:
            rejected.add(number, f"{len(row)} cells where the table has {width}", rows.text(row))


def _titles(path: Path, encoding: str, dialect: Dialect) -> Iterator[tuple[int, str]]:
    """The lines with something in them that stand above the table, with their numbers (from 1)."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = [file.readline(_MAX_CELL).strip() for _ in range(dialect.skip if dialect.titles else 0)]
    return ((number, line) for number, line in enumerate(lines, 1) if line and not is_mark(line))


def _sample(path: Path, encoding: str) -> str:
    """Whole lines from the beginning of the file."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = list(islice(_up_to(file, _SAMPLE_SIZE), 2 * _SAMPLE_ROWS))
    return "".join(lines)


def _up_to(lines: Iterator[str], size: int) -> Iterator[str]:
    for line in lines:
        yield line[:size]
        size -= len(line)
        if size <= 0:
            return


def _width(head: list[list[str]], name: str) -> int:
    """The number of columns: of the first row, or of most rows where that is more."""
    usual = Counter(len(row) for row in head[1:]).most_common(1)
    width = max(len(head[0]), usual[0][0] if usual else 0)
    if width > _MAX_COLUMNS:
        raise LimitExceeded(f"{name!r} has {width:,} columns; {_MAX_COLUMNS:,} are allowed")
    return width
