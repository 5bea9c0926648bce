"""Whether the text layer of a page says what the page shows, or an OCR step had better read it, and why."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import pypdfium2.raw as pdfium
from aios_layout import Line

#: Of a page with this share of characters without a meaning the text is garbled.
_MEANINGLESS: Final = 0.25
#: The eight letters that are frequent in all languages written in Latin letters (e a i n r t s o) make up 55 to 68% of them; where
#: different words have so many letters, less than this share is improbable.
_LETTERS: Final = 120
_FREQUENT: Final = 0.42
#: Of a page with this share of letters that nobody sees the text is hidden.
_HIDDEN: Final = 0.5
#: No more characters than these are what was laid over a scan, or says what it is.
_LAID_OVER: Final = 200
#: So many characters are asked whether their font tells what they mean.
_SAMPLE: Final = 64
#: All colours above this (of 255) are white on paper.
_WHITE: Final = 245
_INVISIBLE: Final = (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)

_STRANGE: Final = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f\ufffd\ue000-\uf8ff\U000f0000-\U0010fffd]")
_WORD: Final = re.compile(r"\S{4,}")
#: What is no word: numbers, addresses of mails and of the web.
_CODE: Final = re.compile(r"\d|@|://|www\.")


class Doubt(NamedTuple):
    """Why a text layer is not to be trusted, in words that begin with ``no text``, ``garbled text`` or ``hidden text``; and how far it is
    (0..1)."""

    reason: str
    confidence: float


def doubt_of(
    handle: Any, raw: str, content: str, lines: Sequence[Line], seen: Callable[[Sequence[Line]], int], scanned: Callable[[], float]
) -> Doubt | None:
    """What is wrong with the text of the PDFium text page ``handle``, whose characters are ``raw`` and whose text is ``content``.

    ``seen`` tells how many letters of lines the page shows when it is drawn; it is asked only for what is white or transparent. ``scanned``
    tells what share of the page scans fill; it is asked only of pages with little text.
    """
    letters = sum(line.letters for line in lines)
    if not letters:
        return None
    share = max(len(_STRANGE.findall(raw)) / letters if not raw.isascii() or not raw.isprintable() else 0.0, _unmapped(handle, lines))
    if share >= _MEANINGLESS:
        return Doubt(f"garbled text: {share:.0%} of the characters have no known meaning", round(max(0.0, 0.5 - share / 2), 6))
    if is_improbable(content):
        return Doubt("garbled text: its letters are distributed as in no language", 0.1)
    invisible, pale = _unseen(handle, lines)
    hidden = sum(line.letters for line in invisible)
    if pale and hidden + sum(line.letters for line in pale) >= _HIDDEN * letters:
        hidden += sum(line.letters for line in pale) - seen(pale)
    if hidden >= _HIDDEN * letters:
        return Doubt(f"hidden text: {hidden / letters:.0%} of the letters are not shown", 0.4)
    if letters <= _LAID_OVER and (share := scanned()):
        return Doubt(f"no text but {letters} letters on a page of which scans fill {share:.0%}", 0.4)
    return None


def _unmapped(handle: Any, lines: Sequence[Line]) -> float:
    """The share of characters whose font does not say what they mean."""
    words = [word.first for line in lines for word in line.words]
    sample = words[:: len(words) // _SAMPLE + 1]
    return sum(bool(pdfium.FPDFText_HasUnicodeMapError(handle, index) == 1) for index in sample) / len(sample)


def is_improbable(content: str) -> bool:
    """Whether the Latin letters of ``content`` are distributed as in no language: what a font with a wrong table of characters gives."""
    words = {word for word in _WORD.findall(content) if not _CODE.search(word)}
    letters = unicodedata.normalize("NFD", "".join(words)).lower()
    latin = [letter for letter in letters if "a" <= letter <= "z"]
    if len(latin) < _LETTERS or 2 * len(latin) < len(letters):
        return False
    return sum(letter in "eainrtso" for letter in latin) < _FREQUENT * len(latin)


def _unseen(handle: Any, lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """The lines that are drawn invisibly, and those in white or transparent letters."""
    colours = [ctypes.c_uint() for _ in range(4)]
    places = [ctypes.byref(colour) for colour in colours]
    invisible: list[Line] = []
    pale: list[Line] = []
    for line in lines:
        first = line.words[0].first
        drawn = pdfium.FPDFText_GetTextObject(handle, first)
        if drawn and pdfium.FPDFTextObj_GetTextRenderMode(drawn) in _INVISIBLE:
            invisible.append(line)
        elif pdfium.FPDFText_GetFillColor(handle, first, *places):
            red, green, blue, alpha = (colour.value for colour in colours)
            if min(red, green, blue) >= _WHITE or alpha < 255 - _WHITE:
                pale.append(line)
    return invisible, pale
