"""Encodings of RTF: code pages, and the character sets of fonts (Rich Text Format Specification 1.9.1, "Font Table")."""

from __future__ import annotations

import codecs
from typing import Final

DEFAULT: Final = "cp1252"
#: The character set of fonts whose characters are symbols.
SYMBOLS: Final = 2
_OF_FONT: Final = {
    0: "cp1252", 77: "mac-roman", 78: "cp932", 79: "cp949", 80: "gb2312", 81: "big5", 83: "mac-roman", 85: "mac-greek", 86: "mac-turkish",
    88: "mac-latin2", 89: "mac-cyrillic", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437",
    255: "cp850",
}  # fmt: skip
_OF_PAGE: Final = {
    936: "gb18030", 1361: "johab", 10000: "mac-roman", 10001: "cp932", 10006: "mac-greek", 10007: "mac-cyrillic", 54936: "gb18030",
    65001: "utf-8",
}  # fmt: skip


def of_font(charset: int) -> str:
    """The encoding of the ``\\fcharset`` of a font; empty where it is the document's."""
    return _OF_FONT.get(charset, "")


def of_page(page: int) -> str:
    """The encoding of a Windows code page; that of Western Europe for one that is not known."""
    name = _OF_PAGE.get(page, f"cp{page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return DEFAULT
