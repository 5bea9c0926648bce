"""Spreadsheets: each sheet a page, and on it the tables, whose types are those of the cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from aios_sdk import Label, Malformed, PageInfo, StepError, Table

from ._blocks import Block, tables_of
from ._cells import Cells, Part
from ._spreadsheetml import SPREADSHEETML, xml_sheets
from ._text import Note
from ._workbook import calamine_sheets, workbook_errors

if TYPE_CHECKING:
    import duckdb

_NOTES: Final = 1000


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
        doubt: StepError | None = None
        sheets: Iterable[Cells]
        if media_type == SPREADSHEETML:
            sheets, doubt = xml_sheets(path, name, max_size)
        else:
            sheets = calamine_sheets(path, media_type, scratch, max_size, name)
        pages: list[PageInfo] = []
        labels: list[Label] = []
        tables: list[Table] = []
        notes: dict[int, list[Note]] = {}
        unknown: list[tuple[str, int, str]] = []
        for index, cells in enumerate(sheets):
            pages.append(PageInfo(index=index, label=cells.name))
            if cells.visibility:
                labels.append(Label(taxonomy="visibility", value=cells.visibility, page=index))
            if cells.unknown.number:
                unknown.append((cells.name, *cells.unknown))
            found = _Sheet(cells, index)
            tables += found.tables(scratch, connection)
            notes[index] = found.notes()
    if not pages:
        raise Malformed(
            f"{name!r} has no sheets",
            cause="It is damaged: every workbook has one",
            fix="Open it in a spreadsheet program and save it again",
        )
    return Sheets(tuple(pages), tuple(tables), notes, tuple(labels), doubt or _not_calculated(name, unknown))


def _not_calculated(name: str, unknown: Sequence[tuple[str, int, str]]) -> Malformed | None:
    if not unknown:
        return None
    count = sum(number for _, number, _ in unknown)
    sheet, _, first = unknown[0]
    return Malformed(
        f"{name!r} has {count:,} formula{'s' * (count > 1)} without a value, the first in {sheet}!{first}; these cells are empty",
        cause="It was written by a program that does not calculate",
        fix="Open it in a spreadsheet program and save it again",
    )


class _Sheet:
    """The used area of a sheet, its blocks, and what is merged or hidden in it."""

    def __init__(self, cells: Cells, page: int) -> None:
        self._cells: Final = cells
        self._page: Final = page
        self._top, self._left = cells.start
        self._blocks: Final = tables_of(cells.rows())

    def tables(self, scratch: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[Table]:
        """A table for each block, named after the sheet; the second and later ones have a number."""
        merged, hidden = (
            [(row - self._top, column - self._left, rows, columns) for row, column, rows, columns in parts]
            for parts in (self._cells.merged, self._cells.hidden)
        )
        for number, block in enumerate(self._blocks):
            rows = (row[block.left : block.right] for row in islice(self._cells.rows(), block.top, block.bottom))
            yield Table.from_rows(
                rows,
                scratch / f"table-{self._page}-{number}.parquet",
                name=f"{self._cells.name} {number + 1}" if number else self._cells.name,
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
        for number, row in enumerate(islice(self._cells.rows(), end)):
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
