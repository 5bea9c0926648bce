"""Hidden rows and columns of .xlsx files, which python-calamine does not tell; read from the XML as a stream, without building it."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

_BLOCK: Final = 1 << 20
_TAG: Final = re.compile(rb"<(?:\w+:)?(?:row|col)\s[^<>]*>")
_HIDDEN: Final = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
_NUMBERS: Final = {name: re.compile(rb"""\s%s\s*=\s*["'](\d{1,7})["']""" % name) for name in (b"r", b"min", b"max")}
_SHEET: Final = re.compile(rb"<(?:\w+:)?sheet\s[^<>]*>")
_LINK: Final = re.compile(rb"<(?:\w+:)?Relationship\s[^<>]*>")
_ATTRIBUTE: Final = re.compile(rb"""([\w:]+)\s*=\s*["']([^"']*)["']""")
_MAX_PARTS: Final = 10_000
_MAX_ROWS: Final = 1 << 20
_MAX_COLUMNS: Final = 1 << 14


def hidden_parts(path: Path) -> list[list[tuple[int, int, int, int]]]:
    """For each sheet of the workbook ``path`` the rectangles (row, column, rows, columns) that are not shown: whole rows and whole columns.

    Empty for what is no .xlsx. At most 10,000 a sheet.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [list(_parts(archive, name)) for name in sheet_members(archive)]
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error):
        return []  # what is broken, python-calamine has told of


def sheet_members(archive: zipfile.ZipFile) -> Iterator[str]:
    """The names of the members that are the sheets of a workbook, in its order."""
    targets = {}
    for tag in _LINK.findall(archive.read("xl/_rels/workbook.xml.rels")):
        found = dict(_ATTRIBUTE.findall(tag))
        targets[found.get(b"Id")] = posixpath.normpath(posixpath.join("/xl", found.get(b"Target", b"").decode()))[1:]
    for tag in _SHEET.findall(archive.read("xl/workbook.xml")):
        found = dict(_ATTRIBUTE.findall(tag))
        yield targets.get(next((value for name, value in found.items() if name.endswith(b":id")), b""), "")


def _parts(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[int, int, int, int]]:
    if name not in archive.NameToInfo:
        return
    top = count = given = 0
    with archive.open(name) as file:
        for tag in _tags(file):
            if not _HIDDEN.search(tag) or given >= _MAX_PARTS:
                continue
            first, last = _number(tag, b"min"), _number(tag, b"max")
            if first and last:
                given += 1
                yield 0, first - 1, _MAX_ROWS, min(last, _MAX_COLUMNS) - first + 1
            elif row := _number(tag, b"r"):
                if count and row == top + count:
                    count += 1
                    continue
                if count:
                    given += 1
                    yield top - 1, 0, count, _MAX_COLUMNS
                top, count = row, 1
    if count:
        yield top - 1, 0, count, _MAX_COLUMNS


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
