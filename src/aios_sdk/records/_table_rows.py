"""Writing rows of texts and values as typed Parquet, in bounded memory and always the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from ..errors import LimitExceeded
from ._column_names import column_names, is_header
from ._text_types import typed_columns
from ._value_types import ValueColumn, cell_text, kind_of

if TYPE_CHECKING:
    import duckdb

_HEAD: Final = 500
_MAX_COLUMNS: Final = 16_384
_MEMORY: Final = "1GB"
_BUFFER: Final = 1 << 20
_ROW_GROUP: Final = 122_880
_GROUP_CELLS: Final = 8_000_000
_TEXTS: Final = frozenset({str})


class Spanning(NamedTuple):
    """A cell that reaches over ``rows`` rows and ``columns`` columns from ``row`` and ``column`` on."""

    row: int
    column: int
    rows: int
    columns: int


def write_rows(
    rows: Iterable[Sequence[Any]],
    path: Path,
    *,
    header: bool | None,
    merged: Sequence[Spanning],
    parse: bool,
    connection: duckdb.DuckDBPyConnection,
) -> bool:
    """Write ``rows`` to the Parquet file ``path`` and say whether the first of them named the columns.

    Raises ``ValueError`` for rows without cells and for values that are none, and `LimitExceeded` for too many columns or bytes.
    """
    remaining = iter(rows)
    head = list(islice(remaining, _HEAD))
    width = max(map(len, head), default=0)
    if not width:
        raise ValueError("a table needs a row with cells")
    first = list(head[0]) + [None] * (width - len(head[0]))
    for cell in merged:
        if cell.row == 0 and cell.column < width:
            first[cell.column : cell.column + cell.columns] = [first[cell.column]] * min(cell.columns, width - cell.column)
    if header is None:
        covered = {place for cell in merged if cell.row == 0 for place in range(cell.column + 1, cell.column + cell.columns)}
        named = [(cell_text(cell), kind_of(cell, parse)) if place not in covered else ("", None) for place, cell in enumerate(first)]
        header = is_header(named, ([kind_of(cell, parse) for cell in row] for row in head[1:]))
    text, staged = path.with_name(f"{path.name}.rows"), path.with_name(f"{path.name}.staged")
    try:
        with text.open("wb") as file, _too_large():
            spill = _Spill(file, width)
            for row in islice(chain(head, remaining), int(header), None):
                spill.add(row)
        names = column_names([cell_text(cell) for cell in first] if header else [], spill.width)
        with _too_large():
            _copy(connection, spill, text, staged, names, path, head[header:] if parse else None)
    finally:
        text.unlink(missing_ok=True)
        staged.unlink(missing_ok=True)
    return header


class _Spill:
    """Rows on their way into a file in the one dialect that `_read` reads; NULL stays apart from the empty text."""

    def __init__(self, file: BinaryIO, width: int) -> None:
        self._file: Final = file
        self.width = 0
        self.columns: Final[list[ValueColumn]] = []
        self.is_ragged = False
        self.longest = 0
        self._without_text: list[int] = []
        self._widen(width)

    def add(self, row: Sequence[Any]) -> None:
        """Write one more row, filled with NULL where it is short; a longer one widens the table."""
        if len(row) > self.width:
            self.is_ragged = self.is_ragged or self.longest > 0
            self._widen(len(row))
        cells = list(row) if _TEXTS.issuperset(map(type, row)) else [self.columns[place].see(cell) for place, cell in enumerate(row)]
        if self._without_text:
            self._see_texts(row)
        cells.extend([""] * (self.width - len(cells)))
        line = (",".join(['"' + cell.replace('"', '""') + '"' if cell else "" for cell in cells]) + "\n").encode()
        self.longest = max(self.longest, len(line))
        self._file.write(line)

    def _see_texts(self, row: Sequence[Any]) -> None:
        """Most columns show in the first rows that they hold text, and are not asked again."""
        found = [place for place in self._without_text if place < len(row) and isinstance(row[place], str) and row[place].strip()]
        for place in found:
            self.columns[place].seen.add("text")
            self._without_text.remove(place)

    def _widen(self, width: int) -> None:
        if width > _MAX_COLUMNS:
            raise LimitExceeded(f"A row has {width:,} columns; {_MAX_COLUMNS:,} are allowed", cause="It may be no table")
        self._without_text.extend(range(self.width, width))
        self.columns.extend(ValueColumn() for _ in range(self.width, width))
        self.width = width


def _copy(
    connection: duckdb.DuckDBPyConnection,
    spill: _Spill,
    text: Path,
    staged: Path,
    names: list[str],
    path: Path,
    sample: list[Sequence[Any]] | None,
) -> None:
    """Write the rows with the types of all of them; texts are not read without ``sample``, some of the rows."""
    source = _read(text, spill)
    group = max(2048, min(_ROW_GROUP, _GROUP_CELLS // spill.width))
    options = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {group})"
    found = {place: column.expression(f"c{place}") for place, column in enumerate(spill.columns)}
    if sample is not None:
        texts = [place for place, column in enumerate(spill.columns) if column.seen == {"text"}]
        if texts and text.stat().st_size > _BUFFER:
            connection.execute(f"COPY (FROM {source}) TO {_quoted(staged)} {options}")
            source = f"read_parquet({_quoted(staged)})"
        found |= typed_columns(connection, source, {place: _texts(sample, place) for place in texts})
    selected = ", ".join(f"{found[place]} AS {_identifier(name)}" for place, name in enumerate(names))
    connection.execute(f"COPY (SELECT {selected} FROM {source}) TO {_quoted(path)} {options}")


def _texts(rows: Iterable[Sequence[Any]], place: int) -> Iterator[str]:
    return (row[place] for row in rows if place < len(row) and isinstance(row[place], str))


def _read(path: Path, spill: _Spill) -> str:
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(spill.width))
    line = max(_BUFFER, spill.longest + 16)
    return (
        f"read_csv({_quoted(path)}, columns = {{{columns}}}, auto_detect = false, header = false, delim = ',', quote = '\"', "
        f"escape = '\"', new_line = '\\n', nullstr = '', allow_quoted_nulls = false, null_padding = {str(spill.is_ragged).lower()}, "
        f"strict_mode = true, parallel = false, compression = 'none', encoding = 'utf-8', comment = '', "
        f"max_line_size = {line}, buffer_size = {2 * line})"
    )


@contextmanager
def database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with one thread and bounded memory, spilling to ``folder``; it fetches nothing from anywhere."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1, "memory_limit": _MEMORY, "temp_directory": str(folder / "spill"), "preserve_insertion_order": True,
        "autoinstall_known_extensions": False, "autoload_known_extensions": False,
    }  # fmt: skip
    with duckdb.connect(config=config) as connection:
        yield connection


@contextmanager
def _too_large() -> Iterator[None]:
    import duckdb

    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        what = str(error).partition("\n")[0]
        raise LimitExceeded(
            f"The table needs more memory than is allowed: {what}", fix="Give a connection with a larger memory_limit"
        ) from error


def _quoted(path: Path) -> str:
    """``path`` as an SQL string."""
    return "'" + str(path).replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
