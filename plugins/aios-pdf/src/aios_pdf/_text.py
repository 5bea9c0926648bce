"""The text of one PDF page and the boxes of its words, made of PDFium's characters."""

from __future__ import annotations

import ctypes
import math
import re
import sys
import unicodedata
from collections.abc import Iterator
from itertools import repeat
from typing import Any, Final, NamedTuple

import pypdfium2.raw as pdfium

from aios_sdk import Box, PageText, Words

#: PDFium's mark for a hyphen at the end of a line, after which it leaves the line break out.
_HYPHEN: Final = "\x02"
_WORD: Final = re.compile(r"[^\s\x02]+\x02?|\x02")
_BREAKS: Final = str.maketrans({**dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n"), **dict.fromkeys("\x1c\x1d\x1e\x1f", " ")})
#: Inside words: hyphens are as printed (a soft hyphen in a PDF is drawn); control characters and non-characters are no text.
_REPLACED: Final = str.maketrans({
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0xFEFF, 0xFFFE, 0xFFFF], None), 0x02: "-", 0xAD: "-",
})  # fmt: skip


class Frame(NamedTuple):
    """The part of a page that is displayed, in PDF user space (points, y upwards), and the clockwise rotation of the display in degrees."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int

    def box(self, rect: _Rect) -> Box | None:
        """The part of ``rect`` that is displayed; None where nothing of it is, or its numbers are no place."""
        x0, y0, x1, y1 = rect
        left, bottom, right, top, rotation = self
        if not (x0 < right and x1 > left and y0 < top and y1 > bottom):
            return None
        # Clipped by comparisons and not rounded: this is done for every word, and Words.build rounds.
        x0, x1 = ((x0 if x0 > left else left) - left) / (right - left), ((x1 if x1 < right else right) - left) / (right - left)
        y0, y1 = (top - (y1 if y1 < top else top)) / (top - bottom), (top - (y0 if y0 > bottom else bottom)) / (top - bottom)
        if rotation == 0:
            return Box(x0, y0, x1, y1)
        if rotation == 90:
            return Box(1 - y1, x0, 1 - y0, x1)
        if rotation == 180:
            return Box(1 - x1, 1 - y1, 1 - x0, 1 - y0)
        return Box(y0, 1 - x1, y1, 1 - x0)


class _Rect(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float


class _Piece(NamedTuple):
    """A word as PDFium has it: characters ``first`` to ``last`` (exclusive), and whether a line ends behind it or begins with it."""

    first: int
    last: int
    box: Box | None
    breaks: bool
    begins: bool = False


def read_text(handle: Any, frame: Frame, page: int) -> tuple[PageText, Words] | None:
    """Text and words of the PDFium text page ``handle``; None for a page that displays no text.

    The words are exactly those of ``text.content.split()``. Text outside of the displayed part of the page is left out. The caller holds
    the lock.
    """
    if not (frame.right > frame.left and frame.top > frame.bottom):
        return None
    raw = _characters(handle)
    content, ranges = _assemble(raw, _Glyphs(handle, frame).pieces(raw))
    if not content:
        return None
    text = PageText(page=page, content=content)
    return text, Words.build(text, ranges)


def _characters(handle: Any) -> str:
    """One character for each of PDFium's, so that both count alike; its call for a whole text truncates what lies beyond U+FFFF."""
    codes = list(map(pdfium.FPDFText_GetUnicode, repeat(handle), range(pdfium.FPDFText_CountChars(handle))))
    if codes and max(codes) > sys.maxunicode:
        codes = [code if code <= sys.maxunicode else 0xFFFD for code in codes]
    raw = "".join(map(chr, codes))
    if _HYPHEN not in raw:
        return raw
    # Code 2 may also be a control character out of a broken font.
    return "".join("\0" if char == _HYPHEN and pdfium.FPDFText_IsHyphen(handle, index) != 1 else char for index, char in enumerate(raw))


def _assemble(raw: str, pieces: Iterator[_Piece]) -> tuple[str, list[tuple[int, int, Box, None]]]:
    parts: list[str] = []
    ranges: list[tuple[int, int, Box, None]] = []
    length = end = 0
    breaks = False
    for piece in pieces:
        gap, end = raw[end : piece.first], piece.last
        word = _clean(raw[piece.first : piece.last])
        if piece.box is None or not word:
            continue
        if parts:
            gap = gap.replace("\r\n", "\n").translate(_BREAKS)
            gap = f"\n{gap}" if (breaks or piece.begins) and "\n" not in gap else gap or " "
            parts.append(gap)
            length += len(gap)
        parts.append(word)
        ranges.append((length, length + len(word), piece.box, None))
        length += len(word)
        breaks = piece.breaks
    return "".join(parts), ranges


def _clean(word: str) -> str:
    if word.isprintable():
        return word
    # PDFium gives characters beyond the Basic Multilingual Plane as two surrogates.
    joined = word.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.translate(_REPLACED)


class _Glyphs:
    """Asks PDFium where characters stand; keeps the variables that its answers are written to, for they cost more than the calls."""

    def __init__(self, handle: Any, frame: Frame) -> None:
        self._handle: Final = handle
        self._frame: Final = frame
        self._values: Final = (ctypes.c_double(), ctypes.c_double(), ctypes.c_double(), ctypes.c_double())
        self._places: Final = tuple(ctypes.byref(value) for value in self._values)

    def pieces(self, raw: str) -> Iterator[_Piece]:
        """The words of ``raw``, in which each character is one of PDFium's. Words that span two lines are parted."""
        end = 0
        for match in _WORD.finditer(raw):
            first, last = match.span()
            hyphen = raw[last - 1] == _HYPHEN
            # One rectangle for each run of characters: two calls for most words, where a box for each character takes six.
            count = pdfium.FPDFText_CountRects(self._handle, first, last - first)
            # PDFium also puts a single letter or number that stands below a line into that line.
            begins = (count > 1 or last - first == 1) and end > 0 and "\n" not in raw[end:first] and self._parted(raw, end - 1, first)
            end = last
            if count == 1:
                yield _Piece(first, last, self._frame.box(self._rect(0)), hyphen, begins)
                continue
            start = first
            for index in self._breaks(raw, first, last):
                yield self._piece(start, index, True, begins)
                start, begins = index, False
            yield self._piece(start, last, hyphen, begins)

    def _parted(self, raw: str, first: int, second: int) -> bool:
        return next(self._breaks_at(raw, first, second), None) is not None

    def _piece(self, first: int, last: int, breaks: bool, begins: bool) -> _Piece:
        rects = [self._character(index) for index in range(first, last)]
        left, bottom, right, top = zip(*rects, strict=True)
        return _Piece(first, last, self._frame.box(_Rect(min(left), min(bottom), max(right), max(top))), breaks, begins)

    def _rect(self, index: int) -> _Rect:
        left, bottom, right, top = self._places
        pdfium.FPDFText_GetRect(self._handle, index, left, top, right, bottom)
        return self._answer()

    def _character(self, index: int) -> _Rect:
        left, bottom, right, top = self._places
        pdfium.FPDFText_GetCharBox(self._handle, index, left, right, bottom, top)
        return self._answer()

    def _answer(self) -> _Rect:
        left, bottom, right, top = self._values
        return _Rect(left.value, bottom.value, right.value, top.value)

    def _breaks(self, raw: str, first: int, last: int) -> Iterator[int]:
        """Where inside a word the pen goes to another line; PDFium sees none in single letters or numbers below each other."""
        return self._breaks_at(raw, *range(first, last))

    def _breaks_at(self, raw: str, first: int, *others: int) -> Iterator[int]:
        """Those of the characters ``others`` that stand on another line than the one before them in the row ``first, *others``."""
        sideways = abs(math.sin(pdfium.FPDFText_GetCharAngle(self._handle, first))) > 0.7
        low, high, base = self._level(first, sideways)
        before = first
        for index in others:
            next_low, next_high, next_base = self._level(index, sideways)
            # Asian characters below each other are a word in vertical writing.
            if (next_low > high or next_high < low) and next_base != base and not (_is_wide(raw[before]) and _is_wide(raw[index])):
                yield index
            before = index
            low, high, base = next_low, next_high, next_base

    def _level(self, index: int, sideways: bool) -> tuple[float, float, float]:
        """How high a character reaches by its font, and its base line, across the direction of writing."""
        rect = pdfium.FS_RECTF()
        pdfium.FPDFText_GetLooseCharBox(self._handle, index, ctypes.byref(rect))
        x, y, *_ = self._values
        pdfium.FPDFText_GetCharOrigin(self._handle, index, *self._places[:2])
        low, high = (rect.left, rect.right) if sideways else (rect.bottom, rect.top)
        return min(low, high), max(low, high), x.value if sideways else y.value


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
