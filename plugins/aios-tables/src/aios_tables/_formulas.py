"""What python-calamine does not say of the cells of .xlsx files: how far they are spread, before it makes room, and formulas without a
value; read from the XML as a stream."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from aios_sdk import LimitExceeded

from ._cells import Unknown
from ._xlsx import BROKEN, column_letters, column_number, sheet_blocks

_HEAD: Final = 1 << 16
#: Cells between the first and the last one that is used; python-calamine takes 32 bytes for each, empty or not.
_MOST_CELLS: Final = 50_000_000
_DIMENSION: Final = re.compile(rb"""<(?:\w+:)?dimension\s+ref\s*=\s*["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']""")
_PLACE: Final = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br\s*=\s*["']([A-Z]{1,3})(\d{1,7})["']""")
#: A cell with a formula and no value. An empty text is one: ``t="str"``.
_UNKNOWN: Final = re.compile(
    rb"""<(?:\w+:)?c\b(?![^<>]*\bt\s*=\s*["']str["'])[^<>]*?\br\s*=\s*["']([A-Z]{1,3}\d{1,7})["'][^<>]*>\s*"""
    rb"""<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<>]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*(?:/>|>\s*</(?:\w+:)?v>))?\s*</(?:\w+:)?c>"""
)


def check_extent(path: Path, names: list[str]) -> None:
    """Raise `LimitExceeded` where the cells of a sheet of the workbook ``path`` are too far apart to be read as a table.

    ``names`` are those of its sheets.
    """
    with suppress(*BROKEN), zipfile.ZipFile(path) as archive:
        for name, blocks in zip(names, sheet_blocks(archive), strict=False):
            head = next(blocks, b"")
            stated = _DIMENSION.search(head[:_HEAD])
            if stated is None:
                continue
            left, top, right, bottom = stated.groups()
            if _count(int(top), column_number(left), int(bottom), column_number(right)) > _MOST_CELLS:
                _check(name, (head, *blocks))


def _check(name: str, blocks: Iterable[bytes]) -> None:
    rows, columns = set[int](), set[bytes]()
    for block in blocks:
        found = _PLACE.findall(block)
        rows.update(int(row) for _, row in found)
        columns.update(column for column, _ in found)
    if not rows:
        return
    left, right, top, bottom = min(columns, key=column_number), max(columns, key=column_number), min(rows), max(rows)
    check_cells(name, top - 1, column_number(left) - 1, bottom - 1, column_number(right) - 1)


def check_cells(name: str, top: int, left: int, bottom: int, right: int) -> None:
    """Raise `LimitExceeded` where the used area of the sheet ``name``, its rows and columns counted from 0, is too large."""
    count = _count(top, left, bottom, right)
    if count > _MOST_CELLS:
        raise LimitExceeded(
            f"Sheet {name!r} spans {count:,} cells, from {column_letters(left)}{top + 1} to {column_letters(right)}{bottom + 1}; "
            f"{_MOST_CELLS:,} can be read",
            cause="Something stands in a cell far off from the others",
            fix="Delete the rows and columns beyond the table in a spreadsheet program, and save it again",
        )


def formulas_without_value(path: Path) -> list[Unknown]:
    """For each sheet of the workbook ``path`` the formulas whose value nobody has calculated; empty for what is no .xlsx."""
    found: list[Unknown] = []
    with suppress(*BROKEN), zipfile.ZipFile(path) as archive:
        for blocks in sheet_blocks(archive):
            formulas = (block for block in blocks if b"<f" in block or b":f" in block)
            places = [place[1].decode() for block in formulas for place in _UNKNOWN.finditer(block)]
            found.append(Unknown(len(places), places[0] if places else ""))
    return found


def _count(top: int, left: int, bottom: int, right: int) -> int:
    return (bottom - top + 1) * (right - left + 1)
