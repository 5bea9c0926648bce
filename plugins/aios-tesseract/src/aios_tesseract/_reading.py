"""From the words that a reader found to the text of a page with exact offsets, its words and its paragraphs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from aios_sdk import Box, Extraction, PageText, Region, Words

from ._scan import Scan

_COLUMNS = 12
_WORD = "5"


class ScanWord(NamedTuple):
    """A word in the pixels of a picture. ``line`` names its paragraph (all but the last number) and its line in it."""

    text: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float
    line: tuple[int, ...]

    @property
    def paragraph(self) -> tuple[int, ...]:
        """What words of one paragraph have in common."""
        return self.line[:-1]


class Seen(NamedTuple):
    """What an engine saw: the picture as it was read at last, the words on it in the order of reading, and what was done, in words."""

    scan: Scan
    words: list[ScanWord]
    done: list[str]


class Reading(NamedTuple):
    """What was read on a page."""

    text: PageText
    words: Words
    regions: tuple[Region, ...]


def extraction(read: Sequence[Reading]) -> Extraction:
    """What was read on several pages, as an extract step gives it."""
    return Extraction(
        text=tuple(found.text for found in read),
        words=tuple(found.words for found in read),
        regions=tuple(region for found in read for region in found.regions),
    )


def words_of(tsv: str) -> list[ScanWord]:
    """The words in tesseract's TSV, in its order, which is that of reading; confidences 0..1."""
    return list(_words(tsv))


def reading(page: int, scan: Scan, words: Sequence[ScanWord], reason: str) -> Reading:
    """The text, words and paragraphs of ``page`` out of the words on its picture, in the order of reading.

    Words are joined by spaces, lines by a newline, paragraphs by two. Boxes are fractions of the page as displayed; the confidence of the
    page is the mean of its words. A page without words has the content ``""`` and the reason ``blank page``.
    """
    if not words:
        return blank(page, "blank page")
    pieces: list[str] = []
    places: list[tuple[int, int, Box, float | None]] = []
    position, before = 0, None
    for word in words:
        if before is not None:
            gap = "\n\n" if word.paragraph != before.paragraph else "\n" if word.line != before.line else " "
            pieces.append(gap)
            position += len(gap)
        pieces.append(word.text)
        places.append((position, position + len(word.text), scan.box(*word[2:6]), word.confidence))
        position += len(word.text)
        before = word
    mean = sum(word.confidence for word in words) / len(words)
    text = PageText(page=page, content="".join(pieces), method="ocr", confidence=round(mean, 6), reason=reason)
    return Reading(text, Words.build(text, places), tuple(_paragraphs(text, words, places)))


def blank(page: int, reason: str) -> Reading:
    """The reading of a page with nothing on it."""
    text = PageText(page=page, content="", method="ocr", reason=reason)
    return Reading(text, Words.build(text, []), ())


def _paragraphs(text: PageText, words: Sequence[ScanWord], places: Sequence[tuple[int, int, Box, float | None]]) -> Iterator[Region]:
    for _, members in groupby(range(len(words)), key=lambda number: words[number].paragraph):
        numbers = list(members)
        box = places[numbers[0]][2]
        for number in numbers[1:]:
            box = box.union(places[number][2])
        yield Region.of(text, "paragraph", places[numbers[0]][0], places[numbers[-1]][1], box=box)


def _words(tsv: str) -> Iterator[ScanWord]:
    for row in tsv.split("\n"):
        cells = row.split("\t", _COLUMNS - 1)
        if len(cells) < _COLUMNS or cells[0] != _WORD or not cells[11].strip():
            continue
        left, top, across, down = map(int, cells[6:10])
        confidence = min(1.0, max(0.0, float(cells[10]) / 100))
        line = (int(cells[2]), int(cells[3]), int(cells[4]))
        yield ScanWord(cells[11].strip(), confidence, left, top, left + across, top + down, line)
