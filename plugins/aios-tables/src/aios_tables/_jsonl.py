"""JSON lines as a table: each line an object, each key of any of them a column."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from aios_sdk import LimitExceeded, Malformed, Table

from ._encoding import encoding_of
from ._rejected import Rejected

if TYPE_CHECKING:
    import duckdb

_MAX_COLUMNS: Final = 16_384
_MAX_LINE: Final = 64 << 20  # code points


def read_json_lines(path: Path, name: str, scratch: Path, connection: duckdb.DuckDBPyConnection) -> tuple[Table, ...]:
    """The table in ``path``, and that of rejected lines if there are any. Columns come in the order in which their keys first appear.

    Texts stay texts, numbers are exact, and objects and lists within are JSON text; a key that is missing, or null, is NULL.
    Raises `Malformed` where no line is an object, `LimitExceeded` for too many keys or too long a line.
    """
    encoding = encoding_of(path)
    if not encoding:
        raise Malformed(f"{name!r} is binary, not lines of JSON", fix="Check what kind of file it is")
    lines = _Lines(path, encoding, name)
    keys: dict[str, None] = {}
    with Rejected(scratch) as rejected:
        for number, text, found in lines:
            if isinstance(found, dict):
                keys.update(dict.fromkeys(found))
                if len(keys) > _MAX_COLUMNS:
                    raise LimitExceeded(f"{name!r} has more than {_MAX_COLUMNS:,} different keys", cause="Its keys may be data")
            else:
                rejected.add(number, str(found), text)
        if not keys:
            raise Malformed(f"{name!r} has no line with a JSON object that has keys", cause="It is empty, or of another kind")
        rows = _rows(lines, list(keys))
        table = Table.from_rows(rows, scratch / "table-0.parquet", name="table", header=True, parse=False, connection=connection)
        return (msgspec.structs.replace(table, rejected=rejected.count), *rejected.tables(connection))


class _Lines:
    """The lines that are not blank: number (from 1), text, and the object in it, or why there is none."""

    def __init__(self, path: Path, encoding: str, name: str) -> None:
        self._path: Final = path
        self._encoding: Final = encoding
        self._name: Final = name

    def __iter__(self) -> Iterator[tuple[int, str, object]]:
        with self._path.open(encoding=self._encoding, errors="replace", newline="\n") as file:
            number = 0
            while line := file.readline(_MAX_LINE):
                number += 1
                if len(line) >= _MAX_LINE:
                    raise LimitExceeded(f"Line {number} of {self._name!r} has more than {_MAX_LINE:,} code points")
                if line := line.strip():
                    yield number, line, _parsed(line)


def _parsed(line: str) -> object:
    try:
        found = json.loads(line, parse_float=_number)
    except (ValueError, RecursionError) as error:
        return str(error) if isinstance(error, ValueError) else "nested too deeply"
    return found if isinstance(found, dict) else "no object"


def _number(text: str) -> Decimal | float:
    """Money stays exact; what has an exponent was a float."""
    return float(text) if "e" in text or "E" in text else Decimal(text)


def _rows(lines: _Lines, keys: list[str]) -> Iterator[list[Any]]:
    yield [_cell(key) for key in keys]
    for _, _, found in lines:
        if isinstance(found, dict):
            yield [_cell(found.get(key)) for key in keys]


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
