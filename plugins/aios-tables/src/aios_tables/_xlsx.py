"""The sheets of .xlsx files as XML, read as a stream and never built: for what python-calamine does not tell of them."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

_BLOCK: Final = 1 << 20
_LONGEST_CELL: Final = 1 << 18
_SHEET: Final = re.compile(rb"<(?:\w+:)?sheet\s[^<>]*>")
_LINK: Final = re.compile(rb"<(?:\w+:)?Relationship\s[^<>]*>")
_ATTRIBUTE: Final = re.compile(rb"""([\w:]+)\s*=\s*["']([^"']*)["']""")
#: What a broken archive raises; of that python-calamine tells.
BROKEN: Final = (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error)


def sheet_members(archive: zipfile.ZipFile) -> Iterator[str]:
    """The names of the members that are the sheets of a workbook, in its order."""
    targets = {}
    for tag in _LINK.findall(archive.read("xl/_rels/workbook.xml.rels")):
        found = dict(_ATTRIBUTE.findall(tag))
        targets[found.get(b"Id")] = posixpath.normpath(posixpath.join("/xl", found.get(b"Target", b"").decode()))[1:]
    for tag in _SHEET.findall(archive.read("xl/workbook.xml")):
        found = dict(_ATTRIBUTE.findall(tag))
        yield targets.get(next((value for name, value in found.items() if name.endswith(b":id")), b""), "")


def sheet_blocks(archive: zipfile.ZipFile) -> Iterator[Iterator[bytes]]:
    """The XML of each sheet, in blocks that end behind a cell."""
    return (_blocks(archive, name) for name in sheet_members(archive))


def _blocks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    if name not in archive.NameToInfo:
        return
    rest = b""
    with archive.open(name) as file:
        while read := file.read(_BLOCK):
            block = rest + read
            end = block.rfind(b"c>") + 2 if b"c>" in block else 0  # "</c>", also with a prefix
            yield block[:end]
            rest = block[end:][-_LONGEST_CELL:]
    yield rest


def column_number(letters: bytes) -> int:
    """The number of a column, from 1: 27 for ``AA``."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def column_letters(column: int) -> str:
    """The letters of a column, counted from 0, which are also its name where it has none: A to Z, AA, AB ..."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
