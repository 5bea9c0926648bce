"""Lookup tables: CSV and Parquet files with exact types, one row a key."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple, final
from weakref import WeakValueDictionary

from aios_sdk import ConfigurationError, InputFile
from aios_sdk.expressions import ANY, BOOLEAN, DATE, NUMBER, TEXT, TableType, Type

from ._file import TableRule
from ._yaml import near

#: A number that is certainly one: no leading zeros, as ids have them, and no more characters than numbers in expressions have digits.
_SURELY: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST: Final = 38
_BOOLEANS: Final = {"true": True, "false": False}


class Row(NamedTuple):
    """A row as it was read, and the line or row of the file where it stands."""

    place: str
    cells: Sequence[Any]


@final
class LookupTable(Mapping[Any, Mapping[str, object]]):
    """A table in memory: by key, the row as a mapping of columns to values (None where a cell is empty).

    Attributes:
        name: as rules call it; digest: SHA-256 of its file; type: of its key and columns.
    """

    def __init__(self, rule: TableRule, digest: str, columns: Mapping[str, Type], rows: Iterator[Row]) -> None:
        self.name: Final = rule.name
        self.digest: Final = digest
        self._columns: Final = tuple(columns)
        key = rule.key or self._columns[0]
        if key not in columns:
            fix = f"{near(key, columns)} Columns are {', '.join(columns)}".strip()
            raise ConfigurationError(f"{rule.place}: table {rule.name!r} ({rule.file}) has no column {key!r} to be its key", fix=fix)
        self.type: Final = TableType(key=columns[key], columns=columns)
        self._rows: Final = _by_key(rule, key, self._columns.index(key), rows)

    def __getitem__(self, key: Any) -> Mapping[str, object]:
        return dict(zip(self._columns, self._rows[key], strict=True))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


#: Tables in use: the steps of a process that read the same one share it.
_SHARED: Final[WeakValueDictionary[object, LookupTable]] = WeakValueDictionary()


def read_table(rule: TableRule, file: InputFile) -> LookupTable:
    """The table in ``file``. Raises `ConfigurationError`, naming the line, for whatever leaves a row or its key in doubt."""
    suffix = file.path.suffix.lower()
    read = _READERS.get(suffix)
    if read is None:
        raise _wrong(rule, f"is a {suffix or 'file without an ending'}", f"Give a file that ends in {', '.join(_READERS)}")
    identity = (file.digest, suffix, rule.name, rule.key, tuple(sorted(rule.types.items())))
    table = _SHARED.get(identity)
    if table is None:
        table = read(rule, file)
    if table.digest != file.digest:
        raise _wrong(rule, "was changed after the pipeline was made", "Make the pipeline anew")
    _SHARED[identity] = table
    return table


def _wrong(rule: TableRule, problem: str, fix: str = "", place: str = "") -> ConfigurationError:
    return ConfigurationError(f"{rule.place}: table {rule.name!r} ({rule.file}{f', {place}' if place else ''}) {problem}", fix=fix)


def _by_key(rule: TableRule, column: str, index: int, rows: Iterator[Row]) -> Mapping[Any, Sequence[Any]]:
    found: dict[Any, Sequence[Any]] = {}
    places: dict[Any, str] = {}
    for place, cells in rows:
        key = cells[index]
        if key is None:
            raise _wrong(rule, f"has no value in its key column {column!r}", "Give every row a key, or say key: another column", place)
        if key in found:
            raise _wrong(rule, f"has the key {str(key)!r} a second time; it stands in {places[key]} already", "Leave one row a key", place)
        found[key], places[key] = cells, place
    return found


# -- CSV ------------------------------------------------------------------------------------------------------------------


def _read_csv(rule: TableRule, file: InputFile) -> LookupTable:
    data = file.path.read_bytes()
    header, rows = _split(rule, data)
    unknown = [name for name in rule.types if name not in header]
    if unknown:
        fix = f"{near(unknown[0], header)} Columns are {', '.join(header)}".strip()
        raise _wrong(rule, f"has no column {unknown[0]!r} to be typed", fix)
    kinds = [rule.types.get(name) or _inferred(row.cells[index] for row in rows) for index, name in enumerate(header)]
    columns = {name: _CSV[kind][0] for name, kind in zip(header, kinds, strict=True)}
    values = [_values(rule, name, kind, rows, index) for index, (name, kind) in enumerate(zip(header, kinds, strict=True))]
    typed = (Row(row.place, cells) for row, cells in zip(rows, zip(*values, strict=True), strict=True))
    return LookupTable(rule, hashlib.sha256(data).hexdigest(), columns, typed)


def _split(rule: TableRule, data: bytes) -> tuple[list[str], list[Row]]:
    """The header and the rows that are not blank, with the spaces around cells removed."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _wrong(rule, "is not in UTF-8", "Save it as UTF-8 (CSV UTF-8 in spreadsheet programs)", f"line {line}") from None
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    found, line = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append(Row(f"line {line}", [cell.strip() for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise _wrong(rule, f"is no CSV: {error}", "Close the quotes", f"line {line}") from None
    if not found:
        raise _wrong(rule, "is empty", "Begin it with a line of column names")
    (_, header), rows = found[0], found[1:]
    for name in header:
        if not name or header.count(name) > 1:
            problem = f"has two columns {name!r}" if name else "has a column without a name"
            raise _wrong(rule, problem, "Name each column once", found[0].place)
    for row in rows:
        if len(row.cells) != len(header):
            problem = f"has {len(row.cells)} cells in a row; there are {len(header)} columns"
            raise _wrong(rule, problem, "Quote cells that hold the separator", row.place)
    return list(header), rows


def _inferred(cells: Iterator[str]) -> str:
    """The one type that every cell has beyond doubt, else text."""
    found = ""
    for cell in cells:
        if cell and (kind := _kind(cell)) != found:
            if found or kind == "text":
                return "text"
            found = kind
    return found or "text"


def _kind(cell: str) -> str:
    if _SURELY.fullmatch(cell):
        return "number" if len(cell) <= _LONGEST else "text"
    if cell.lower() in _BOOLEANS:
        return "boolean"
    return "date" if _DATE.fullmatch(cell) and _is_day(cell) else "text"


def _is_day(cell: str) -> bool:
    try:
        dt.date.fromisoformat(cell)
    except ValueError:
        return False
    return True


def _values(rule: TableRule, name: str, kind: str, rows: Sequence[Row], index: int) -> Sequence[object]:
    """The cells of a column, None for empty ones."""
    read, found = _CSV[kind][1], []
    for place, cells in rows:
        cell = cells[index]
        try:
            found.append(read(cell) if cell else None)
        except (ValueError, KeyError):
            fix = "Correct the cell, or the column's type"
            raise _wrong(rule, f"has {cell!r} in the column {name!r}, which is no {kind}", fix, place) from None
    return found


def _number(cell: str) -> int | Decimal:
    if not _NUMBER.fullmatch(cell):
        raise ValueError(cell)
    return Decimal(cell) if "." in cell else int(cell)


def _day(cell: str) -> dt.date:
    if not _DATE.fullmatch(cell):
        raise ValueError(cell)
    return dt.date.fromisoformat(cell)


_CSV: Final[Mapping[str, tuple[Type, Callable[[str], object]]]] = {
    "text": (TEXT, str),
    "number": (NUMBER, _number),
    "boolean": (BOOLEAN, lambda cell: _BOOLEANS[cell.lower()]),
    "date": (DATE, _day),
}


# -- Parquet --------------------------------------------------------------------------------------------------------------


def _read_parquet(rule: TableRule, file: InputFile) -> LookupTable:
    import duckdb

    if rule.types:
        raise _wrong(rule, "has types of its own", "Leave 'types' out; it is for CSV")
    with duckdb.connect(":memory:") as connection, file.path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
        connection.execute("SET TimeZone = 'UTC'")
        try:
            described = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(file.path)]).fetchall()
            columns = {name: _parquet_type(kind) for name, kind, *_ in described}
            chosen = ", ".join(_column(name, kind) for name, kind, *_ in described)
            cells = connection.execute(f"SELECT {chosen} FROM read_parquet(?)", [str(file.path)]).fetchall()
        except duckdb.Error as error:
            raise _wrong(rule, f"is no Parquet: {str(error).splitlines()[0]}", "Write the file anew") from None
    floats = [index for index, (_, kind, *_) in enumerate(described) if kind in _FLOATS]
    return LookupTable(rule, digest, columns, (Row(f"row {number}", _exact(row, floats)) for number, row in enumerate(cells)))


_FLOATS: Final = frozenset({"FLOAT", "DOUBLE"})


def _parquet_type(kind: str) -> Type:
    if kind.startswith("DECIMAL") or kind.endswith(("INT", "INTEGER")) or kind in _FLOATS:
        return NUMBER
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return DATE
    if kind in ("VARCHAR", "UUID") or kind.startswith("ENUM"):
        return TEXT
    return BOOLEAN if kind == "BOOLEAN" else ANY


def _column(name: str, kind: str) -> str:
    """A float by its shortest text, a time by its day in UTC: what expressions make of them, so that keys are found."""
    quoted = '"' + name.replace('"', '""') + '"'
    if kind in _FLOATS or kind == "UUID" or kind.startswith("ENUM"):
        return f"CAST({quoted} AS VARCHAR)"
    return f"CAST({quoted} AS DATE)" if kind.startswith("TIMESTAMP") else quoted


def _exact(row: Sequence[Any], floats: Sequence[int]) -> Sequence[Any]:
    if not floats:
        return row
    cells = list(row)
    for index in floats:
        cells[index] = None if cells[index] is None else Decimal(cells[index])
    return cells


_READERS: Final[Mapping[str, Callable[[TableRule, InputFile], LookupTable]]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".parquet": _read_parquet,
}
