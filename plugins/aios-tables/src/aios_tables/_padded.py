"""Numbers in .xlsx files that are shown with leading zeros or separators (``00042``, ``123-45-6789``): codes, which python-calamine gives
as bare numbers; read from the XML as a stream."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from html import unescape
from pathlib import Path
from typing import Final

from ._xlsx import BROKEN, column_number, sheet_blocks

_FORMAT: Final = re.compile(r"<(?:\w+:)?numFmt\s[^<>]*>")
_STYLES: Final = re.compile(r"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE: Final = re.compile(r"<(?:\w+:)?xf\b[^<>]*>")
_ATTRIBUTE: Final = re.compile(r"""(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
#: Of a format only digits that are always shown, and what stands between them as it is.
_PIECE: Final = re.compile(r"""0|\\(.)|"([^"]*)"|([-/ ().])""")
_CELL: Final = re.compile(
    rb"""<(?:\w+:)?c\b(?=[^<>]*\bs\s*=\s*["'](\d+)["'])(?![^<>]*\bt\s*=\s*["'][^n])[^<>]*?\br\s*=\s*["']([A-Z]{1,3})(\d{1,7})["'][^<>]*>"""
    rb"""(?:\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>))?\s*<(?:\w+:)?v\s*>(\d{1,15})(?:\.0*)?</"""
)


def padded_numbers(path: Path) -> list[Mapping[tuple[int, int], str]]:
    """For each sheet of the workbook ``path`` the cells (row, column) whose whole number is shown with zeros before it, or with
    separators, as they are shown; empty for what is no .xlsx."""
    found: list[Mapping[tuple[int, int], str]] = []
    with suppress(*BROKEN), zipfile.ZipFile(path) as archive:
        formats = _formats(archive.read("xl/styles.xml").decode("utf-8", "replace"))
        for blocks in sheet_blocks(archive) if formats else ():
            shown = {}
            for block in blocks:
                for style, column, row, value in _CELL.findall(block):
                    if pieces := formats.get(int(style)):
                        shown[int(row) - 1, column_number(column) - 1] = shown_as_code(int(value), pieces)
            found.append(shown)
    return found


def _formats(styles: str) -> dict[int, list[str]]:
    """The pieces of the formats of codes, by the number of their cell style: ``0`` for a digit, else what stands there."""
    pieces: dict[str, list[str]] = {}
    for tag in _FORMAT.findall(styles):
        attributes = _attributes(tag)
        if found := code_pieces(unescape(attributes.get("formatCode", ""))):
            pieces[attributes.get("numFmtId", "")] = found
    part = _STYLES.search(styles) if pieces else None
    used = (_attributes(tag).get("numFmtId", "") for tag in _STYLE.findall(part[0])) if part else ()
    return {number: pieces[name] for number, name in enumerate(used) if name in pieces}


def _attributes(tag: str) -> dict[str, str]:
    return {name: first or second for name, first, second in _ATTRIBUTE.findall(tag)}


def code_pieces(code: str) -> list[str]:
    """The pieces of a format; empty for one that is of no code: of quantities, dates, or with a decimal point."""
    found, end = [], 0
    for piece in _PIECE.finditer(code):
        if piece.start() != end or piece[0] == ".":
            return []
        end = piece.end()
        found += ["0"] if piece[0] == "0" else [f"'{piece[1] or piece[2] or piece[3] or ''}"]
    return found if end == len(code) and found.count("0") > 1 else []


def shown_as_code(value: int, pieces: Sequence[str]) -> str:
    """A whole number from 0 as the format of `code_pieces` shows it."""
    count = pieces.count("0")
    digits = f"{value:0{count}}"
    first, rest = digits[: len(digits) - count + 1], iter(digits[len(digits) - count + 1 :])
    written, begun = [], False
    for piece in pieces:
        if piece == "0":
            written.append(next(rest) if begun else first)
            begun = True
        else:
            written.append(piece[1:])
    return "".join(written)
