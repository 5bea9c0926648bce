"""Spreadsheets: each sheet with cells as a table whose types are those of its cells."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aios_sdk import AiosError, Encrypted, LimitExceeded, Malformed, PageInfo, Table

from ._names import Kind, column_names, is_header
from ._parquet import copy_to_parquet, identifier, read_text, write_text
from ._types import decimal_type

if TYPE_CHECKING:
    import duckdb
    from python_calamine import CalamineSheet, CalamineWorkbook

_OLE: Final = b"\xd0\xcf\x11\xe0"
_ZIP: Final = b"PK"
_SUFFIXES: Final = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.ms-excel.sheet.macroenabled.12": ".xlsx",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": ".xlsb",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
}
_HEAD: Final = 200
_PLACES: Final = 10
_DIGITS: Final = 28
_SAFE_INTEGER: Final = 10**15


def read_sheets(
    path: Path, name: str, media_type: str, scratch: Path, connection: duckdb.DuckDBPyConnection, max_size: int
) -> tuple[tuple[PageInfo, ...], tuple[Table, ...]]:
    """A page for each sheet, labelled with its name, and a table for each that has cells, with the values formulas had when it was saved.

    Raises `Encrypted`, `Malformed`, and `LimitExceeded` where it would unpack to more than ``max_size`` bytes.
    """
    with _typed_errors(name):
        workbook = _opened(path, media_type, scratch, max_size, name)
        sheets = workbook.sheets_metadata
        pages = tuple(PageInfo(index=index, label=sheet.name) for index, sheet in enumerate(sheets))
        tables = []
        for index, sheet in enumerate(sheets):
            if not str(sheet.typ).endswith("WorkSheet"):
                continue
            cells = workbook.get_sheet_by_index(index)
            if cells.height and cells.width:
                tables.append(_table(cells, index, sheet.name, scratch, connection))
    return pages, tuple(tables)


@contextmanager
def _typed_errors(name: str) -> Iterator[None]:
    """What python-calamine raises, its panics too, as the SDK's errors."""
    import duckdb
    from python_calamine import PasswordError

    try:
        yield
    except (AiosError, duckdb.Error):
        raise
    except PasswordError as error:
        raise Encrypted(f"{name!r} is protected by a password", fix="Save it without the password") from error
    except BaseException as error:
        # A panic of Rust arrives as pyo3's PanicException, which is a BaseException and has no importable name.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        if isinstance(error, MemoryError) or "limit exceeded" in str(error).lower():
            raise LimitExceeded(f"{name!r} is too large: {error}", cause="It may be a bomb") from error
        raise Malformed(
            f"{name!r} cannot be read: {error}",
            cause="It is damaged, or written in a way that python-calamine does not know",
            fix="Open it in a spreadsheet program and save it again",
        ) from error


def _opened(path: Path, media_type: str, scratch: Path, max_size: int, name: str) -> CalamineWorkbook:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(_ZIP):
        return CalamineWorkbook.from_path(_linked(path, scratch, _suffix_of_zip(path, media_type, max_size, name)))
    try:
        return CalamineWorkbook.from_path(_linked(path, scratch, ".xls"))
    except CalamineError as error:
        if isinstance(error, PasswordError) or not head.startswith(_OLE):
            raise
        # A workbook with a password is an OLE container whatever it was; only the reader of xlsx says so.
        return CalamineWorkbook.from_path(_linked(path, scratch, ".xlsx"))


def _linked(path: Path, scratch: Path, suffix: str) -> str:
    """``path`` under a name by which python-calamine takes the right reader; only from paths does it tell passwords from damage."""
    link = scratch / f"workbook{suffix}"
    link.symlink_to(path)
    return str(link)


def _suffix_of_zip(path: Path, media_type: str, max_size: int, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile:
        return _SUFFIXES.get(media_type, ".xlsx")
    if (size := sum(member.file_size for member in members)) > max_size:
        raise LimitExceeded(f"{name!r} unpacks to {size:,} bytes; {max_size:,} are allowed", fix="Raise max_size of aios.tables")
    names = {member.filename.lower() for member in members}
    if "xl/workbook.bin" in names:
        return ".xlsb"
    return ".ods" if "content.xml" in names else ".xlsx"


def _table(sheet: CalamineSheet, index: int, name: str, scratch: Path, connection: duckdb.DuckDBPyConnection) -> Table:
    head = list(islice(_rows(sheet), _HEAD))
    first = [(_text(cell), _kind(cell)) for cell in head[0]]
    has_header = is_header(first, ([_kind(cell) for cell in row] for row in head[1:]))
    columns = [_Column() for _ in first]
    for row in islice(_rows(sheet), int(has_header), None):
        for column, cell in zip(columns, row, strict=True):
            column.see(cell)
    text, parquet = scratch / f"sheet-{index}.txt", scratch / f"table-{index}.parquet"
    rows = islice(_rows(sheet), int(has_header), None)
    write_text(([column.text(cell) for column, cell in zip(columns, row, strict=True)] for row in rows), text)
    names = column_names([cell for cell, _ in first] if has_header else [], len(first))
    select = ", ".join(f"c{number} AS {identifier(wanted)}" for number, wanted in enumerate(names))
    copy_to_parquet(connection, f"SELECT {select} FROM {read_text(text, [column.type for column in columns])}", parquet)
    text.unlink()
    return Table.from_parquet(parquet, name=name, page=index)


def _rows(sheet: CalamineSheet) -> Iterator[Sequence[Any]]:
    """The rows of the used area; the iterator of python-calamine leaves out empty columns before it, and not empty rows."""
    return islice(sheet.iter_rows(), sheet.start[0] if sheet.start else 0, None)


class _Column:
    """What type the cells of a column have in common."""

    def __init__(self) -> None:
        self._seen: Final[set[str]] = set()
        self._digits = 1
        self._places = 0
        self._has_time = False

    def see(self, cell: Any) -> None:
        """Take one more cell into account."""
        if isinstance(cell, bool):
            self._seen.add("boolean")
        elif isinstance(cell, int | float):
            self._see_number(cell)
        elif isinstance(cell, dt.datetime):
            self._seen.add("day")
            self._has_time = self._has_time or cell.time() != dt.time()
        elif isinstance(cell, dt.date):
            self._seen.add("day")
        elif isinstance(cell, dt.time):
            self._seen.add("time")
        elif _text(cell):
            self._seen.add("text")

    def _see_number(self, cell: float) -> None:
        if float(cell).is_integer() and abs(cell) < _SAFE_INTEGER:
            self._seen.add("integer")
            self._digits = max(self._digits, len(str(abs(int(cell)))))
            return
        number = _shown(cell)
        if not number.is_finite() or (places := -int(number.as_tuple().exponent)) > _PLACES or number.adjusted() >= _DIGITS:
            self._seen.add("float")
            return
        self._seen.add("decimal")
        self._places = max(self._places, places)
        self._digits = max(self._digits, number.adjusted() + 1)

    @property
    def type(self) -> str:
        """The DuckDB type that holds every cell as it is."""
        if not self._seen:
            return "VARCHAR"
        if self._seen <= {"integer", "decimal", "float"}:
            if "float" in self._seen:
                return "DOUBLE"
            return decimal_type(self._digits, self._places) if "decimal" in self._seen else "BIGINT"
        if len(self._seen) > 1:
            return "VARCHAR"
        (only,) = self._seen
        return {"boolean": "BOOLEAN", "time": "TIME", "day": "TIMESTAMP" if self._has_time else "DATE"}.get(only, "VARCHAR")

    def text(self, cell: Any) -> str | None:
        """The cell as DuckDB reads it in this column; None when it is empty."""
        if self.type == "DOUBLE" and isinstance(cell, int | float):
            return repr(float(cell))
        if self.type == "DATE" and isinstance(cell, dt.datetime):
            return cell.date().isoformat()
        return _text(cell) or None


def _kind(cell: Any) -> Kind:
    if isinstance(cell, bool):
        return "boolean"
    if isinstance(cell, int | float):
        return "number"
    if isinstance(cell, dt.date | dt.time | dt.timedelta):
        return "date"
    return "text" if _text(cell).strip() else "empty"


def _text(cell: Any) -> str:
    """A cell as text: numbers as they are shown, dates in ISO 8601, durations as hours, minutes and seconds."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return format(_shown(cell), "f") if not cell.is_integer() or abs(cell) >= _SAFE_INTEGER else str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def _shown(number: float) -> Decimal:
    """A number with the 15 significant digits that spreadsheets keep and show, which takes binary noise away: 0.1 + 0.2 is 0.3."""
    return Decimal(f"{number:.15g}")
