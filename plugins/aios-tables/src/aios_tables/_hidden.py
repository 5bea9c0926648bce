"""Hidden rows and columns of .xlsx files, which python-calamine does not tell; read from the XML as a stream, without building it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from ._xlsx import BROKEN, sheet_members

_BLOCK: Final = 1 << 20
_TAG: Final = re.compile(rb"<(?:\w+:)?(?:row|col)\s[^<>]*>")
_HIDDEN: Final = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
_NUMBERS: Final = {name: re.compile(rb"""\s%s\s*=\s*["'](\d{1,7})["']""" % name) for name in (b"r", b"min", b"max")}
MAX_PARTS: Final = 10_000
MAX_ROWS: Final = 1 << 20
MAX_COLUMNS: Final = 1 << 14


def hidden_parts(path: Path) -> list[list[tuple[int, int, int, int]]]:
    """For each sheet of the workbook ``path`` the rectangles (row, column, rows, columns) that are not shown: whole rows and whole columns.

    Empty for what is no .xlsx. At most 10,000 a sheet.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [list(_parts(archive, name)) for name in sheet_members(archive)]
    except BROKEN:
        return []


def _parts(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[int, int, int, int]]:
    if name not in archive.NameToInfo:
        return
    top = count = given = 0
    with archive.open(name) as file:
        for tag in _tags(file):
            if not _HIDDEN.search(tag) or given >= MAX_PARTS:
                continue
            first, last = _number(tag, b"min"), _number(tag, b"max")
            if first and last:
                given += 1
                yield 0, first - 1, MAX_ROWS, min(last, MAX_COLUMNS) - first + 1
            elif row := _number(tag, b"r"):
                if count and row == top + count:
                    count += 1
                    continue
                if count:
                    given += 1
                    yield top - 1, 0, count, MAX_COLUMNS
                top, count = row, 1
    if count:
        yield top - 1, 0, count, MAX_COLUMNS


def _tags(file: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while block := file.read(_BLOCK):
        block = rest + block
        end = 0
        for found in _TAG.finditer(block):
            end = found.end()
            yield found[0]
        rest = block[max(end, block.rfind(b"<")) :][:_BLOCK]


def _number(tag: bytes, name: bytes) -> int:
    found = _NUMBERS[name].search(tag)
    return int(found[1]) if found else 0
