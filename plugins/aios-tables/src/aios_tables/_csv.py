"""Separated values as one typed table."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from aios_sdk import LimitExceeded, Malformed, Table

from ._dialect import Dialect, sniff
from ._encoding import encoding_of

if TYPE_CHECKING:
    import duckdb

_SAMPLE_SIZE: Final = 128 << 10
_SAMPLE_ROWS: Final = 500
_MAX_COLUMNS: Final = 16_384
_MAX_CELL: Final = 8 << 20  # code points


def read_separated(path: Path, name: str, scratch: Path, connection: duckdb.DuckDBPyConnection, fallback: str) -> Table:
    """The table in ``path``, with every row that fits; ``fallback`` is the encoding of what is no Unicode.

    Rows that are too short are filled with NULL; those that are too long, and titles above the table, count as rejected.
    Raises `Malformed` for an empty or binary file, `LimitExceeded` for too many columns.
    """
    encoding = encoding_of(path, fallback)
    if not encoding:
        raise Malformed(f"{name!r} is binary, not a text file of separated values", fix="Check what kind of file it is")
    sample = _sample(path, encoding)
    if not sample.strip():
        raise Malformed(f"{name!r} is empty")
    dialect = sniff(sample)
    rows = _Rows(path, encoding, dialect, name)
    head = list(islice(rows, _SAMPLE_ROWS))
    if not head:
        raise Malformed(f"{name!r} has no rows", cause="It holds nothing but delimiters and titles")
    fitting = _Fitting(rows, _width(head, name))
    table = Table.from_rows(fitting, scratch / "table-0.parquet", name="table", connection=connection)
    return msgspec.structs.replace(table, rejected=fitting.rejected + dialect.titles)


class _Rows:
    """The rows of a file that have a cell, read anew each time."""

    def __init__(self, path: Path, encoding: str, dialect: Dialect, name: str) -> None:
        self._path: Final = path
        self._encoding: Final = encoding
        self._dialect: Final = dialect
        self._name: Final = name

    def __iter__(self) -> Iterator[list[str]]:
        csv.field_size_limit(max(csv.field_size_limit(), _MAX_CELL))  # of the whole process, hence never lowered
        try:
            with self._path.open(encoding=self._encoding, errors="replace", newline="") as file:
                for _ in range(self._dialect.skip):
                    file.readline()
                yield from filter(None, self._dialect.rows(file))
        except csv.Error as error:
            raise Malformed(
                f"{self._name!r} cannot be split into cells: {error}", cause="A quote is opened and never closed, or it is no table"
            ) from error


class _Fitting:
    """Rows with at most ``width`` cells; those that are too long are counted as ``rejected``."""

    def __init__(self, rows: _Rows, width: int) -> None:
        self._rows: Final = rows
        self._width: Final = width
        self.rejected = 0

    def __iter__(self) -> Iterator[Sequence[str]]:
        self.rejected = 0
        for row in self._rows:
            if len(row) > self._width and any(row[self._width :]):
                self.rejected += 1
            else:
                yield row[: self._width]


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
