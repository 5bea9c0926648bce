"""From tesseract's table of words to the text of a page with exact offsets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from aios_sdk import Box, PageText, Words

_COLUMNS = 12
_WORD = "5"


class _Found(NamedTuple):
    text: str
    paragraph: tuple[str, str]
    line: str
    box: Box
    confidence: float


def reading(page: int, tsv: str, size: tuple[int, int], reason: str, *, turned: bool = False) -> tuple[PageText, Words]:
    """The text and words of ``page`` out of tesseract's TSV for a picture of ``size`` (width, height in pixels).

    Words are joined by spaces, lines by a newline, paragraphs by two. Boxes are fractions of the page, confidences 0..1; that of the page
    is the mean of its words. ``turned`` says that the picture was the page upside down. A page without words has the content ``""`` and
    the reason ``blank page``.
    """
    pieces: list[str] = []
    places: list[tuple[int, int, Box, float | None]] = []
    position, before = 0, None
    for word in _words(tsv, size, turned):
        if before is not None:
            gap = "\n\n" if word.paragraph != before.paragraph else "\n" if word.line != before.line else " "
            pieces.append(gap)
            position += len(gap)
        pieces.append(word.text)
        places.append((position, position + len(word.text), word.box, word.confidence))
        position += len(word.text)
        before = word
    if not places:
        text = PageText(page=page, content="", method="ocr", reason="blank page")
        return text, Words.build(text, [])
    mean = sum(place[3] or 0.0 for place in places) / len(places)
    text = PageText(page=page, content="".join(pieces), method="ocr", confidence=round(mean, 6), reason=reason)
    return text, Words.build(text, places)


def _words(tsv: str, size: tuple[int, int], turned: bool) -> Iterator[_Found]:
    width, height = size
    for row in tsv.split("\n")[1:]:
        cells = row.split("\t", _COLUMNS - 1)
        if len(cells) < _COLUMNS or cells[0] != _WORD or not cells[11].strip():
            continue
        left, top, across, down = map(int, cells[6:10])
        corners = (left / width, top / height, (left + across) / width, (top + down) / height)
        box = Box.of(*(1 - corner for corner in corners)) if turned else Box.of(*corners)
        confidence = min(1.0, max(0.0, float(cells[10]) / 100))
        yield _Found(cells[11].strip(), (cells[2], cells[3]), cells[4], box, confidence)
