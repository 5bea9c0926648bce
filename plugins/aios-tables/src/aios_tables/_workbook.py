"""Opening workbooks with python-calamine, whose failures come out as the SDK's errors."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aios_sdk import AiosError, Encrypted, LimitExceeded, Malformed

from ._cells import Cells, Part, Unknown, no_rows
from ._formulas import check_extent, formulas_without_value
from ._hidden import hidden_parts
from ._padded import padded_numbers

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_OLE: Final = b"\xd0\xcf\x11\xe0"
_ZIP: Final = b"PK"
_SUFFIXES: Final = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.ms-excel.sheet.macroenabled.12": ".xlsx",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": ".xlsb",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
}
_VISIBILITY: Final = {"Hidden": "hidden", "VeryHidden": "very hidden"}


@contextmanager
def workbook_errors(name: str) -> Iterator[None]:
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


def calamine_sheets(path: Path, media_type: str, scratch: Path, max_size: int, name: str) -> Iterator[Cells]:
    """The sheets of a workbook of any format that python-calamine reads, one after the other.

    Raises its errors, and `LimitExceeded` for a workbook that unpacks to more than ``max_size`` bytes, or whose cells are far apart.
    """
    workbook = _opened(path, media_type, scratch, max_size, name)
    sheets = workbook.sheets_metadata
    check_extent(path, [sheet.name for sheet in sheets])
    hidden, codes = dict(enumerate(hidden_parts(path))), dict(enumerate(padded_numbers(path)))
    unknown = dict(enumerate(formulas_without_value(path)))
    for index, sheet in enumerate(sheets):
        cells = Cells(sheet.name, _VISIBILITY.get(str(sheet.visible).rpartition(".")[2], ""), unknown=unknown.get(index, Unknown()))
        if str(sheet.typ).endswith("WorkSheet"):
            found = workbook.get_sheet_by_index(index)
            start = found.start or (0, 0)
            rows = partial(_rows, found, start, codes.get(index, {})) if found.height and found.width else no_rows
            cells = cells._replace(start=start, rows=rows, merged=_merged(found), hidden=hidden.get(index, ()))
        yield cells


def _rows(sheet: CalamineSheet, start: tuple[int, int], codes: Mapping[tuple[int, int], str]) -> Iterator[Sequence[Any]]:
    """The rows of the used area, with the numbers that are shown as codes as these; the iterator of python-calamine leaves out empty
    columns before it, and not empty rows."""
    coded = {row for row, _ in codes}
    top, left = start
    for number, row in enumerate(islice(sheet.iter_rows(), top, None), top):
        yield [codes.get((number, column), cell) for column, cell in enumerate(row, left)] if number in coded else row


def _merged(sheet: CalamineSheet) -> list[Part]:
    return [(top, left, bottom - top + 1, right - left + 1) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()]


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
