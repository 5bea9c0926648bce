"""RTF bodies of Outlook: decompressed ([MS-OXRTFCP]) and turned back into the HTML they were made of ([MS-OXRTFEX]), else into text."""

from __future__ import annotations

import re
import struct
from typing import Final, NamedTuple

from ._charsets import code_page, decoded

_COMPRESSED: Final = 0x75465A4C
_UNCOMPRESSED: Final = 0x414C454D
_WINDOW: Final = 4096
#: What the window holds at the beginning ([MS-OXRTFCP] 2.1.2.1).
_PRESET: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes "
    b"New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_TOKEN: Final = re.compile(rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)")
_LEFT_OUT: Final = frozenset(
    {b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer", b"generator", b"themedata"}
)
_WRITTEN: Final = {
    b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n", b"tab": "\t", b"cell": "\t", b"lquote": "‘", b"rquote": "’",
    b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•", b"endash": "–", b"emdash": "—", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
#: Character sets of fonts (\fcharset) and their code pages.
_CHARSETS: Final = {0: 1252, 77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
                    186: 1257, 204: 1251, 222: 874, 238: 1250}  # fmt: skip
_DEEPEST: Final = 1000


class _Group(NamedTuple):
    """What holds within a group."""

    hidden: bool = False
    tag: bool = False  # within {\*\htmltag}
    fonts: bool = False  # within the table of fonts
    rtf_only: bool = False  # \htmlrtf: what HTML had no need of
    page: int = 0
    skip: int = 1  # characters that follow a \u for readers without Unicode


def decompress(data: bytes, limit: int = 50_000_000) -> bytes:
    """RTF out of PidTagRtfCompressed, at most ``limit`` bytes; what there is where it ends too early, else nothing."""
    if len(data) < 16:
        return b""
    size, kind = struct.unpack_from("<4xLL", data)
    if kind == _UNCOMPRESSED:
        return data[16 : 16 + size]
    if kind != _COMPRESSED:
        return b""
    window = bytearray(_PRESET.ljust(_WINDOW, b"\0"))
    write, place, out = len(_PRESET), 16, bytearray()
    while place < len(data) and len(out) < limit:
        control = data[place]
        place += 1
        for bit in range(8):
            if control >> bit & 1:
                token = data[place : place + 2]
                place += 2
                if len(token) < 2:
                    return bytes(out)
                offset, length = divmod(int.from_bytes(token, "big"), 16)
                if offset == write:
                    return bytes(out)
                for step in range(length + 2):
                    byte = window[(offset + step) % _WINDOW]
                    out.append(byte)
                    window[write] = byte
                    write = (write + 1) % _WINDOW
            elif place < len(data):
                out.append(data[place])
                window[write] = data[place]
                write = (write + 1) % _WINDOW
                place += 1
    return bytes(out)


def converted(rtf: bytes) -> tuple[str, bool]:
    """The HTML that was made into ``rtf``, and True; else its text, and False. Never raises."""
    is_html = b"\\fromhtml" in rtf[:1000]
    return _Reader(rtf, is_html).text, is_html


class _Reader:
    """One pass over the tokens."""

    def __init__(self, rtf: bytes, is_html: bool) -> None:
        self._is_html = is_html
        self._out: list[str] = []
        self._bytes = bytearray()
        self._fonts: dict[int, int] = {}
        self._font = 0
        self._skip = 0
        self._group = _Group()
        self._stack: list[_Group] = []
        star = False
        for token in _TOKEN.finditer(rtf):
            hexadecimal, word, number, symbol, brace, text = token.groups()
            if brace:
                self._flush()
                self._brace(brace)
            elif word:
                self._word(word, int(number) if number else None, star)
            elif hexadecimal:
                self._raw(bytes.fromhex(hexadecimal.decode("ascii")))
            elif symbol:
                self._symbol(symbol)
            elif text:
                self._raw(text)
            star = symbol == b"*"
        self._flush()
        self.text = "".join(self._out)

    def _brace(self, brace: bytes) -> None:
        if brace == b"{" and len(self._stack) < _DEEPEST:
            self._stack.append(self._group)
        elif brace == b"}" and self._stack:
            self._group = self._stack.pop()

    def _word(self, word: bytes, number: int | None, star: bool) -> None:
        group = self._group
        if word == b"bin":
            return
        if word == b"u" and number is not None:
            self._flush()
            self._write(chr(number % 65536))
            self._skip = group.skip
            return
        self._flush()
        if word == b"htmltag":
            self._group = group._replace(tag=True, hidden=False)
        elif word == b"htmlrtf":
            self._group = group._replace(rtf_only=number != 0)
        elif word == b"fonttbl":
            self._group = group._replace(fonts=True, hidden=True)
        elif star or word in _LEFT_OUT:
            self._group = group._replace(hidden=True)
        elif word == b"ansicpg":
            self._group = group._replace(page=number or 0)
        elif word == b"uc":
            self._group = group._replace(skip=max(0, number or 0))
        elif word == b"f" and group.fonts:
            self._font = number or 0
        elif word == b"fcharset" and group.fonts:
            self._fonts[self._font] = _CHARSETS.get(number or 0, 0)
        elif word in (b"f", b"plain") and not group.fonts and not group.tag:
            self._group = group._replace(page=self._fonts.get(number or 0, 0) or group.page) if word == b"f" else group
        elif word in _WRITTEN:
            self._write(_WRITTEN[word])

    def _symbol(self, symbol: bytes) -> None:
        if symbol in b"{}\\":
            self._raw(symbol)
            return
        self._flush()
        written = {b"~": "\u00a0", b"_": "-", b"\n": "\n", b"\r": "\n"}.get(symbol)
        if written:
            self._write(written)

    def _raw(self, data: bytes) -> None:
        dropped = min(self._skip, len(data))
        self._skip -= dropped
        self._bytes += data[dropped:]

    def _flush(self) -> None:
        if self._bytes:
            text = bytes(self._bytes)
            self._bytes.clear()
            self._write(decoded(text, code_page(self._group.page or 1252)))

    def _write(self, text: str) -> None:
        group = self._group
        if not group.hidden and not (self._is_html and group.rtf_only and not group.tag):
            self._out.append(text)
