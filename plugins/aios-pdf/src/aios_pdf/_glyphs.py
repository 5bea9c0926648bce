"""What PDFium knows of a page's characters: their text, where words stand, and how a line is set."""

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
from aios_layout import turned

from aios_sdk import Box

#: PDFium's mark for a hyphen at the end of a line, after which it leaves the line break out.
_HYPHEN: Final = "\x02"
_BOLD: Final = re.compile(rb"bold|black|heavy|demi", re.IGNORECASE)
_LONGEST_NAME: Final = 1000
#: Degrees by which text may lean and still counts as upright.
_LEANING: Final = 5
#: The direction of text that is written neither along nor across the page.
ASLANT: Final = -1
_WORD: Final = re.compile(r"[^\s\x02]+\x02?|\x02")


class Frame(NamedTuple):
    """The part of a page that is displayed, in PDF user space (points, y upwards), and the clockwise rotation of the display in degrees."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int

    def box(self, rect: Rect) -> Box | None:
        """The part of ``rect`` that is displayed; None where nothing of it is, or its numbers are no place."""
        x0, y0, x1, y1 = rect
        left, bottom, right, top, rotation = self
        if not (x0 < right and x1 > left and y0 < top and y1 > bottom):
            return None
        # Clipped by comparisons and not rounded: this is done for every word, and Words.build rounds.
        x0, x1 = ((x0 if x0 > left else left) - left) / (right - left), ((x1 if x1 < right else right) - left) / (right - left)
        y0, y1 = (top - (y1 if y1 < top else top)) / (top - bottom), (top - (y0 if y0 > bottom else bottom)) / (top - bottom)
        return Box(x0, y0, x1, y1) if rotation == 0 else turned(Box(x0, y0, x1, y1), rotation)


class Rect(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float


class Piece(NamedTuple):
    """A word as PDFium has it: characters ``first`` to ``last`` (exclusive), and whether a line ends behind it or begins with it."""

    first: int
    last: int
    box: Box | None
    breaks: bool
    begins: bool = False


class Glyphs:
    """Asks PDFium where characters stand; keeps the variables that its answers are written to, for they cost more than the calls."""

    def __init__(self, handle: Any, frame: Frame) -> None:
        self._handle: Final = handle
        self._frame: Final = frame
        self._values: Final = (ctypes.c_double(), ctypes.c_double(), ctypes.c_double(), ctypes.c_double())
        self._places: Final = tuple(ctypes.byref(value) for value in self._values)
        self._matrix: Final = pdfium.FS_MATRIX()
        self._matrix_place: Final = ctypes.byref(self._matrix)

    def pieces(self, raw: str) -> Iterator[Piece]:
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
                yield Piece(first, last, self._frame.box(self._rect(0)), hyphen, begins)
                continue
            start = first
            for index in self._breaks(raw, first, last):
                yield self._piece(start, index, True, begins)
                start, begins = index, False
            yield self._piece(start, last, hyphen, begins)

    def style(self, index: int) -> tuple[float, int]:
        """The size in points of the character ``index``, and the direction in which it is written as displayed: 0 for upright, then
        90, 180, 270 degrees clockwise; `ASLANT` for any other."""
        matrix = self._matrix
        if not pdfium.FPDFText_GetMatrix(self._handle, index, self._matrix_place):
            return 0.0, 0
        size = pdfium.FPDFText_GetFontSize(self._handle, index) * math.hypot(matrix.c, matrix.d)
        if matrix.b == 0 and matrix.a > 0:
            return size, self._frame.rotation
        clockwise = -math.degrees(math.atan2(matrix.b, matrix.a))
        quarters = round(clockwise / 90)
        return size, (quarters * 90 + self._frame.rotation) % 360 if abs(clockwise - quarters * 90) < _LEANING else ASLANT

    def bold(self, index: int) -> bool:
        """Whether the font of the character ``index`` calls itself bold."""
        length = pdfium.FPDFText_GetFontInfo(self._handle, index, None, 0, None)
        if not 0 < length < _LONGEST_NAME:
            return False
        name = ctypes.create_string_buffer(length)
        pdfium.FPDFText_GetFontInfo(self._handle, index, name, length, None)
        return _BOLD.search(name.value) is not None

    def _parted(self, raw: str, first: int, second: int) -> bool:
        return next(self._breaks_at(raw, first, second), None) is not None

    def _piece(self, first: int, last: int, breaks: bool, begins: bool) -> Piece:
        rects = [self._character(index) for index in range(first, last)]
        left, bottom, right, top = zip(*rects, strict=True)
        return Piece(first, last, self._frame.box(Rect(min(left), min(bottom), max(right), max(top))), breaks, begins)

    def _rect(self, index: int) -> Rect:
        left, bottom, right, top = self._places
        pdfium.FPDFText_GetRect(self._handle, index, left, top, right, bottom)
        return self._answer()

    def _character(self, index: int) -> Rect:
        left, bottom, right, top = self._places
        pdfium.FPDFText_GetCharBox(self._handle, index, left, right, bottom, top)
        return self._answer()

    def _answer(self) -> Rect:
        left, bottom, right, top = self._values
        return Rect(left.value, bottom.value, right.value, top.value)

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


def characters(handle: Any) -> str:
    """One character for each of PDFium's, so that both count alike; its call for a whole text truncates what lies beyond U+FFFF."""
    codes = list(map(pdfium.FPDFText_GetUnicode, repeat(handle), range(pdfium.FPDFText_CountChars(handle))))
    if codes and max(codes) > sys.maxunicode:
        codes = [code if code <= sys.maxunicode else 0xFFFD for code in codes]
    raw = "".join(map(chr, codes))
    if _HYPHEN not in raw:
        return raw
    # Code 2 may also be a control character out of a broken font.
    return "".join("\0" if char == _HYPHEN and pdfium.FPDFText_IsHyphen(handle, index) != 1 else char for index, char in enumerate(raw))
