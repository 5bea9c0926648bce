"""Workbooks as XML, as Excel 2002 and 2003 wrote them and many programs still do (SpreadsheetML): read by expat as a stream."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, Final, NamedTuple
from xml.parsers import expat

from aios_sdk import LimitExceeded, Malformed

from ._cells import Cells, Part, Unknown
from ._formulas import check_cells
from ._hidden import MAX_COLUMNS, MAX_PARTS, MAX_ROWS
from ._padded import code_pieces, shown_as_code
from ._xlsx import column_letters

#: What Apache Tika calls it; nobody has registered a name.
SPREADSHEETML: Final = "application/vnd.ms-spreadsheetml"
_SPACE: Final = "urn:schemas-microsoft-com:office:spreadsheet"
_EXCEL: Final = "urn:schemas-microsoft-com:office:excel"
#: The elements that are read, by where they stand; `_NAMES` are theirs as expat has them.
_PATHS: Final = frozenset(
    f"Workbook/{path}"
    for path in (
        "Styles/Style", "Styles/Style/NumberFormat", "Worksheet", "Worksheet/Table", "Worksheet/Table/Column", "Worksheet/Table/Row",
        "Worksheet/Table/Row/Cell", "Worksheet/Table/Row/Cell/Data", "Worksheet/WorksheetOptions/Visible",
    )
)  # fmt: skip
_TAGS: Final = frozenset(tag for path in _PATHS for tag in path.split("/"))
_NAMES: Final = {
    **{f"{_SPACE} {tag}": tag for tag in _TAGS},
    **{tag: tag for tag in _TAGS},  # of writers that name the space and do not use it
    **{f"{_EXCEL} {tag}": tag for tag in ("WorksheetOptions", "Visible")},
}
_VISIBILITY: Final = {"SheetHidden": "hidden", "SheetVeryHidden": "very hidden"}
_DEEPEST: Final = 200
_INDEX: Final = re.compile(r"\d{1,9}")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,6})?)?")
_LARGEST_CODE: Final = 1e15
#: Hours, minutes or seconds beyond a day: ``[h]:mm``.
_ELAPSED: Final = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
#: The day 0 of Excel, on which times stand that have none; other programs put them a day earlier.
_DAY_0: Final = dt.datetime(1899, 12, 31)
_TIMES: Final = (_DAY_0.date(), dt.date(1899, 12, 30))
#: Excel counts a day that was not: 29 February 1900.
_AFTER_NO_DAY: Final = dt.datetime(1900, 3, 1)
_BOOLEANS: Final = {"1": True, "0": False, "true": True, "false": False}


class _Style(NamedTuple):
    """What a format of numbers makes of a value: the digits and separators of a code, or a span of time."""

    code: Sequence[str] = ()
    is_elapsed: bool = False


class _Row(NamedTuple):
    number: int
    first: int
    values: list[Any]


class _Sheet:
    """A sheet while it is read."""

    def __init__(self, name: str) -> None:
        self.name: Final = name
        self.visibility = ""
        self.rows: Final[list[_Row]] = []
        self.merged: Final[list[Part]] = []
        self.hidden: Final[list[Part]] = []
        self.unknown = Unknown()
        self.styles: Final[dict[int, str]] = {}  # of columns
        self.style = self.row_style = ""
        self.has_table = False
        self.left = self.next_row = self.next_column = self.next_in_row = 0
        self._extent: tuple[int, int, int, int] | None = None

    def add(self, column: int, value: Any) -> None:
        """Put ``value`` into the row that is open. Raises `LimitExceeded` where the cells lie too far apart."""
        number = self.next_row
        top, left, bottom, right = self._extent or (number, column, number, column)
        self._extent = top, min(left, column), number, max(right, column)
        if self._extent != (top, left, bottom, right):
            check_cells(self.name, *self._extent)
        if not self.rows or self.rows[-1].number != number:
            self.rows.append(_Row(number, column, []))
        row = self.rows[-1]
        row.values.extend(repeat("", column - row.first - len(row.values)))
        row.values.append(value)

    def hide(self, part: Part) -> None:
        """Part of it is not shown; whole rows that follow on others are one part with them."""
        row, column, rows, columns = self.hidden[-1] if self.hidden else (0, 0, 0, 0)
        if part[0] and (column, row + rows, columns) == (0, part[0], MAX_COLUMNS):
            self.hidden[-1] = (row, 0, rows + part[2], MAX_COLUMNS)
        elif len(self.hidden) < MAX_PARTS:
            self.hidden.append(part)

    def cells(self) -> Cells:
        start = self._extent[:2] if self._extent else (0, 0)
        return Cells(self.name, self.visibility, start, self._full, self.merged, self.hidden, self.unknown)

    def _full(self) -> Iterator[list[Any]]:
        """The rows from the first that is used to the last, all of the same length."""
        if self._extent is None:
            return
        number, left, _, right = self._extent
        width = right + 1 - left
        for row in self.rows:
            yield from ([""] * width for _ in range(number, row.number))
            cells = [""] * (row.first - left) + row.values
            yield cells + [""] * (width - len(cells))
            number = row.number + 1


def xml_sheets(path: Path, name: str, max_size: int) -> tuple[list[Cells], Malformed | None]:
    """The sheets of a SpreadsheetML file, and what is wrong with it: of one that is cut off or damaged what stands before is kept.

    Cells have the types they say: numbers, texts, truth values, days and times; what is none of its type is text, and errors are empty.
    ``ss:Index`` leaves cells and rows out, ``ss:Span`` of a row stands for empty rows below (M. Stowe, XML Spreadsheet Reference,
    Microsoft 2001). Raises `Malformed` for anything else, and for entities of its own; `LimitExceeded` for a file of more than
    ``max_size`` bytes, cells too far apart, or elements too deep.
    """
    if (size := path.stat().st_size) > max_size:
        raise LimitExceeded(f"{name!r} has {size:,} bytes; {max_size:,} are allowed", fix="Raise max_size of aios.tables")
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = reader.start, reader.end, reader.text
    parser.EntityDeclHandler = reader.entity
    doubt: Malformed | None = None
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        doubt = Malformed(
            f"{name!r} is not well formed: {error}", cause="It was cut off, or written by hand", fix="Ask the sender for it again"
        )
    except _WrongPlace as error:
        doubt = Malformed(
            f"{name!r} has a row, column or cell out of its order: {error} at line {parser.CurrentLineNumber}",
            cause="It was written by hand, or by a program that counts wrongly",
            fix="Open it in a spreadsheet program and save it again",
        )
    if doubt is not None and not reader.sheets:
        raise doubt
    return [sheet.cells() for sheet in reader.sheets], doubt


class _WrongPlace(Exception):
    """An index that is no number, or that lies before what was read."""


class _Reader:
    """Takes the elements as they come, each known by its path; what stands elsewhere, or has another name, is passed over."""

    def __init__(self) -> None:
        self.sheets: Final[list[_Sheet]] = []
        self._open: Final[list[str]] = []
        self._styles: Final[dict[str, _Style]] = {}
        self._named = ""
        self._text: list[str] | None = None
        self._cell = self._after_row = 0
        self._kind = self._style = ""
        self._has_formula = self._has_value = False

    def entity(self, *_: object) -> None:
        raise Malformed("The workbook declares entities of its own", cause="It may be a bomb", fix="Write it without a DOCTYPE")

    def text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def start(self, name: str, given: dict[str, str]) -> None:
        if not self._open and _NAMES.get(name) != "Workbook":
            raise Malformed("The file is no workbook in XML", fix="Check what kind of file it is")
        if len(self._open) >= _DEEPEST:
            raise LimitExceeded(
                f"Elements lie more than {_DEEPEST} levels deep",
                cause="It may be an attack",
                fix="Open it in a spreadsheet program and save it again",
            )
        path = f"{self._open[-1]}/{_NAMES.get(name, '?')}" if self._open else "Workbook"
        self._open.append(path)
        if path not in _PATHS:
            return
        own = {key.removeprefix(f"{_SPACE} "): value for key, value in given.items()}
        match path:
            case "Workbook/Styles/Style":
                self._named = own.get("ID", "")
                self._styles[self._named] = self._styles.get(own.get("Parent", "Default"), _Style())
            case "Workbook/Styles/Style/NumberFormat":
                shown = own.get("Format", "")
                self._styles[self._named] = _Style(code_pieces(shown), bool(_ELAPSED.search(shown)))
            case "Workbook/Worksheet":
                self.sheets.append(_Sheet(own.get("Name", "")))
            case "Workbook/Worksheet/Table":
                self._begin_table(self.sheets[-1], own)
            case "Workbook/Worksheet/Table/Column":
                self._column(self.sheets[-1], own)
            case "Workbook/Worksheet/Table/Row":
                self._begin_row(self.sheets[-1], own)
            case "Workbook/Worksheet/Table/Row/Cell":
                self._begin_cell(self.sheets[-1], own)
            case "Workbook/Worksheet/Table/Row/Cell/Data":
                self._text, self._kind = None if self._has_value else [], own.get("Type", "String")
            case "Workbook/Worksheet/WorksheetOptions/Visible":
                self._text = []

    def end(self, name: str) -> None:
        match self._open.pop():
            case "Workbook/Worksheet/Table/Row":
                self.sheets[-1].next_row = self._after_row
            case "Workbook/Worksheet/Table/Row/Cell" if self._has_formula and not self._has_value:
                sheet, (number, first) = self.sheets[-1], self.sheets[-1].unknown
                sheet.unknown = Unknown(number + 1, first or f"{column_letters(self._cell)}{sheet.next_row + 1}")
            case "Workbook/Worksheet/Table/Row/Cell/Data" if self._text is not None:
                self._value(self.sheets[-1], "".join(self._text))
                self._text = None
            case "Workbook/Worksheet/WorksheetOptions/Visible" if self._text is not None:
                self.sheets[-1].visibility = _VISIBILITY.get("".join(self._text).strip(), "")
                self._text = None

    def _begin_table(self, sheet: _Sheet, own: Mapping[str, str]) -> None:
        if sheet.has_table:
            raise _WrongPlace("A second table")
        sheet.has_table = True
        sheet.next_row, sheet.left = _index(own, "TopCell", 0), _index(own, "LeftCell", 0)
        sheet.next_column, sheet.style = sheet.left, own.get("StyleID", "")

    def _column(self, sheet: _Sheet, own: Mapping[str, str]) -> None:
        first = _index(own, "Index", sheet.next_column, sheet.left)
        count = 1 + _count(own, "Span")
        sheet.next_column = first + count
        if style := own.get("StyleID", ""):
            sheet.styles.update(dict.fromkeys(range(first, min(first + count, MAX_COLUMNS)), style))
        if own.get("Hidden") == "1":
            sheet.hide((0, first, MAX_ROWS, count))

    def _begin_row(self, sheet: _Sheet, own: Mapping[str, str]) -> None:
        sheet.next_row = _index(own, "Index", sheet.next_row)
        count = 1 + _count(own, "Span")
        self._after_row = sheet.next_row + count
        sheet.next_in_row, sheet.row_style = sheet.left, own.get("StyleID", "")
        if own.get("Hidden") == "1":
            sheet.hide((sheet.next_row, 0, count, MAX_COLUMNS))

    def _begin_cell(self, sheet: _Sheet, own: Mapping[str, str]) -> None:
        self._cell = _index(own, "Index", sheet.next_in_row, sheet.left)
        across, down = _count(own, "MergeAcross"), _count(own, "MergeDown")
        sheet.next_in_row = self._cell + 1 + across
        self._style = own.get("StyleID") or sheet.row_style or sheet.styles.get(self._cell, "") or sheet.style
        self._has_formula, self._has_value = "Formula" in own, False
        if across or down:
            sheet.merged.append((sheet.next_row, self._cell, 1 + down, 1 + across))

    def _value(self, sheet: _Sheet, text: str) -> None:
        self._has_value = self._kind in ("String", "Error") or bool(text.strip())
        value = _typed(self._kind, text, self._styles.get(self._style, _Style()))
        if value != "":
            sheet.add(self._cell, value)


def _typed(kind: str, text: str, style: _Style) -> Any:
    """The value of a cell; its text where it is none of its kind, and an empty one for an error."""
    plain = text.strip()
    if kind == "Error" or (kind != "String" and not plain):
        return ""
    if kind == "Number" and _NUMBER.fullmatch(plain):
        number = float(plain)
        is_code = style.code and 0 <= number < _LARGEST_CODE and number.is_integer()
        return shown_as_code(int(number), style.code) if is_code else number
    if kind == "Boolean":
        return _BOOLEANS.get(plain.lower(), text)
    if kind == "DateTime" and _MOMENT.fullmatch(plain):
        try:
            return _moment(dt.datetime.fromisoformat(plain), style)
        except ValueError:
            return text
    return text


def _moment(moment: dt.datetime, style: _Style) -> dt.datetime | dt.date | dt.time | dt.timedelta:
    if style.is_elapsed:
        return moment - _DAY_0 + dt.timedelta(days=int(moment >= _AFTER_NO_DAY))
    if moment.date() in _TIMES:
        return moment.time()
    return moment if moment.time() != dt.time() else moment.date()


def _index(own: Mapping[str, str], key: str, following: int, offset: int = 0) -> int:
    """The place (from 0) that an attribute counts from 1, or the ``following`` one; before that nothing may lie."""
    text = own.get(key)
    if text is None:
        return following
    place = int(text) - 1 + offset if _INDEX.fullmatch(text) else -1
    if place < following:
        raise _WrongPlace(f"{key} {text[:20]!r} where {following + 1 - offset} was the next")
    return place


def _count(own: Mapping[str, str], key: str) -> int:
    text = own.get(key, "0")
    if not _INDEX.fullmatch(text):
        raise _WrongPlace(f"{key} {text[:20]!r}")
    return int(text)
