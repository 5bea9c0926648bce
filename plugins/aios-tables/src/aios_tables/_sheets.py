"""Spreadsheets: each sheet a page, and on it the tables, whose types are those of the cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aios_sdk import Label, Malformed, PageInfo, StepError, Table

from ._blocks import Block, tables_of
from ._formulas import check_extent, formulas_without_value
from ._hidden import hidden_parts
from ._padded import padded_numbers
from ._text import Note
from ._workbook import opened, workbook_errors

if TYPE_CHECKING:
    import duckdb
    from python_calamine import CalamineSheet

#: A rectangle: row, column, rows, columns.
Part = tuple[int, int, int, int]

_NOTES: Final = 1000
_HIDDEN: Final = {"Hidden": "hidden", "VeryHidden": "very hidden"}


class Sheets(NamedTuple):
    """What a file gives: pages, tables, for each page the lines beside its tables, labels of hidden sheets, and what is wrong with it
    although it could be read."""

    pages: tuple[PageInfo, ...]
    tables: tuple[Table, ...]
    notes: Mapping[int, Sequence[Note]] = MappingProxyType({})
    labels: tuple[Label, ...] = ()
    doubt: StepError | None = None


def read_sheets(path: Path, name: str, media_type: str, scratch: Path, connection: duckdb.DuckDBPyConnection, max_size: int) -> Sheets:
    """A page for each sheet, labelled with its name, and the tables on it, with the values formulas had when it was saved.

    Raises `Encrypted`, `Malformed`, and `LimitExceeded` where it would unpack to more than ``max_size`` bytes.
    """
    with workbook_errors(name):
        workbook = opened(path, media_type, scratch, max_size, name)
        sheets = workbook.sheets_metadata
        pages = tuple(PageInfo(index=index, label=sheet.name) for index, sheet in enumerate(sheets))
        labels: list[Label] = []
        tables: list[Table] = []
        notes: dict[int, list[Note]] = {}
        check_extent(path, [sheet.name for sheet in sheets])
        hidden, padded = hidden_parts(path), padded_numbers(path)
        for index, sheet in enumerate(sheets):
            visible = str(sheet.visible).rpartition(".")[2]
            if visible in _HIDDEN:
                labels.append(Label(taxonomy="visibility", value=_HIDDEN[visible], page=index))
            if not str(sheet.typ).endswith("WorkSheet"):
                continue
            cells = workbook.get_sheet_by_index(index)
            if cells.height and cells.width:
                codes = padded[index] if index < len(padded) else {}
                found = _Sheet(cells, index, sheet.name, hidden[index] if index < len(hidden) else [], codes)
                tables += found.tables(scratch, connection)
                notes[index] = found.notes()
    return Sheets(pages, tuple(tables), notes, tuple(labels), _not_calculated(path, name, [sheet.name for sheet in sheets]))


def _not_calculated(path: Path, name: str, sheets: Sequence[str]) -> Malformed | None:
    unknown = [(sheet, found) for sheet, found in zip(sheets, formulas_without_value(path), strict=False) if found.number]
    if not unknown:
        return None
    count = sum(found.number for _, found in unknown)
    sheet, first = unknown[0]
    return Malformed(
        f"{name!r} has {count:,} formula{'s' * (count > 1)} without a value, the first in {sheet}!{first.first}; these cells are empty",
        cause="It was written by a program that does not calculate",
        fix="Open it in a spreadsheet program and save it again",
    )


class _Sheet:
    """The used area of a sheet, its blocks, and what is merged or hidden in it."""

    def __init__(
        self, cells: CalamineSheet, page: int, name: str, hidden: list[Part], codes: Mapping[tuple[int, int], str] = MappingProxyType({})
    ) -> None:
        self._cells: Final = cells
        self._page: Final = page
        self._name: Final = name
        self._hidden: Final = hidden
        self._codes: Final = codes
        self._coded: Final = frozenset(row for row, _ in codes)
        self._top, self._left = cells.start or (0, 0)
        self._blocks: Final = tables_of(self._rows())

    def _rows(self) -> Iterator[Sequence[Any]]:
        """The rows of the used area; the iterator of python-calamine leaves out empty columns before it, and not empty rows."""
        rows = islice(self._cells.iter_rows(), self._top, None)
        return self._with_codes(rows) if self._codes else rows

    def _with_codes(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        """``rows`` with the numbers that are shown as codes as these."""
        for number, row in enumerate(rows, self._top):
            if number in self._coded:
                yield [self._codes.get((number, column), cell) for column, cell in enumerate(row, self._left)]
            else:
                yield row

    def tables(self, scratch: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[Table]:
        """A table for each block, named after the sheet; the second and later ones have a number."""
        merged = [
            (top - self._top, left - self._left, bottom - top + 1, right - left + 1)
            for (top, left), (bottom, right) in self._cells.merged_cell_ranges or ()
        ]
        hidden = [(row - self._top, column - self._left, rows, columns) for row, column, rows, columns in self._hidden]
        for number, block in enumerate(self._blocks):
            rows = (row[block.left : block.right] for row in islice(self._rows(), block.top, block.bottom))
            yield Table.from_rows(
                rows,
                scratch / f"table-{self._page}-{number}.parquet",
                name=f"{self._name} {number + 1}" if number else self._name,
                page=self._page,
                merged=_within(block, merged),
                hidden=_within(block, hidden),
                origin=(self._top + block.top, self._left + block.left),
                parse=False,
                connection=connection,
            )

    def notes(self) -> list[Note]:
        """The lines that stand in no table: titles above it, or all between several."""
        if not self._blocks:
            return []
        several = len(self._blocks) > 1
        end = max(block.bottom for block in self._blocks) + _NOTES if several else self._blocks[0].top
        found = []
        for number, row in enumerate(islice(self._rows(), end)):
            inside = [block for block in self._blocks if block.top <= number < block.bottom]
            cells = [
                str(cell)
                for column, cell in enumerate(row)
                if cell != "" and not any(block.left <= column < block.right for block in inside)
            ]
            if cells:
                found.append(Note(self._top + number, " ".join("\t".join(cells).split("\n"))))
        return found


def _within(block: Block, parts: Iterable[Part]) -> Iterator[Part]:
    """What of ``parts`` lies in ``block``, counted from its corner."""
    for row, column, rows, columns in parts:
        top, left = max(row, block.top), max(column, block.left)
        bottom, right = min(row + rows, block.bottom), min(column + columns, block.right)
        if top < bottom and left < right:
            yield top - block.top, left - block.left, bottom - top, right - left
