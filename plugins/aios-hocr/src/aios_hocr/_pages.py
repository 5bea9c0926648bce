"""What both formats say of a page: paragraphs of lines of words, with places in some unit; made into records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from aios_sdk import Box, Document, Malformed, PageInfo, PageText, Region, Words

#: Pixels per inch where a file does not say it; both formats write at it.
DPI = 300
_POINTS = 72


class Place(NamedTuple):
    """A rectangle in the unit of its file."""

    left: float
    top: float
    right: float
    bottom: float


class FoundWord(NamedTuple):
    """A word as a file tells it; without a place it is text, and no word with a box."""

    text: str
    place: Place | None = None
    confidence: float | None = None


@dataclass
class FoundPage:
    """A page as a file tells it: its size in the file's unit and ``per_point``, the units in a point; 0 where no size is told."""

    width: float = 0.0
    height: float = 0.0
    per_point: float = DPI / _POINTS
    label: str = ""
    paragraphs: list[list[list[FoundWord]]] = field(default_factory=list)


def document(pages: list[FoundPage], reason: str, what: str) -> Document:
    """The document of ``pages``; ``reason`` says who read them. Raises `Malformed` when there is none."""
    if not pages:
        raise Malformed(f"The {what} file has no page", cause="It was cut off, or never finished", fix="Make it again")
    built = [_built(index, page, reason) for index, page in enumerate(pages)]
    return Document.of(
        pages=tuple(info for info, *_ in built),
        text=tuple(text for _, text, _, _ in built),
        words=tuple(words for *_, words, _ in built if len(words)),
        regions=tuple(region for *_, regions in built for region in regions),
    )


def _built(index: int, page: FoundPage, reason: str) -> tuple[PageInfo, PageText, Words, list[Region]]:
    width, height = _size(page)
    pieces: list[str] = []
    places: list[tuple[int, int, Box, float | None]] = []
    ranges: list[tuple[int, int, Box | None]] = []
    position, gap = 0, ""
    for paragraph in page.paragraphs:
        first, start = len(places), position + len(gap)
        for line in paragraph:
            for word in line:
                pieces += [gap, word.text]
                begin = position + len(gap)
                position, gap = begin + len(word.text), " "
                if word.place is not None and width and height:
                    places.append((begin, position, _box(word.place, width, height), word.confidence))
            gap = "\n"
        ranges.append((start, position, _round([place[2] for place in places[first:]])))
        gap = "\n\n"
    known = [confidence for *_, confidence in places if confidence is not None]
    text = PageText(
        page=index, content="".join(pieces), method="ocr", confidence=round(sum(known) / len(known), 6) if known else None, reason=reason
    )
    info = PageInfo(index=index, width=round(width / page.per_point, 3), height=round(height / page.per_point, 3), label=page.label)
    return info, text, Words.build(text, places), [Region.of(text, "paragraph", start, end, box=box) for start, end, box in ranges]


def _size(page: FoundPage) -> tuple[float, float]:
    """The size that is told, or one that holds all words."""
    if page.width > 0 and page.height > 0:
        return page.width, page.height
    places = [word.place for paragraph in page.paragraphs for line in paragraph for word in line if word.place is not None]
    return max((place.right for place in places), default=0.0), max((place.bottom for place in places), default=0.0)


def _box(place: Place, width: float, height: float) -> Box:
    return Box.of(place.left / width, place.top / height, place.right / width, place.bottom / height)


def _round(boxes: list[Box]) -> Box | None:
    found = None
    for box in boxes:
        found = box if found is None else found.union(box)
    return found


def tidy(paragraphs: list[list[list[FoundWord]]]) -> list[list[list[FoundWord]]]:
    """Without empty lines and paragraphs."""
    lines = ([line for line in paragraph if line] for paragraph in paragraphs)
    return [paragraph for paragraph in lines if paragraph]


class Written(NamedTuple):
    """A piece of a line to be written: the text between white space, with its place in pixels where it is a word."""

    text: str
    place: tuple[int, int, int, int] | None
    confidence: float | None


class WrittenPage(NamedTuple):
    """A page to be written: its number from 0, its size in pixels at `DPI`, and its paragraphs as lines of pieces."""

    number: int
    label: str
    width: int
    height: int
    paragraphs: list[list[list[Written]]]


#: The size that a page without one is written with, so that its boxes are not lost.
_UNKNOWN = 10_000


def pages_to_write(document: Document) -> Iterator[WrittenPage]:
    """The pages of a document with the reading that counts: paragraphs are its regions, or what empty lines part."""
    for page in document.pages:
        width = round(page.info.width * DPI / _POINTS) or _UNKNOWN
        height = round(page.info.height * DPI / _POINTS) or _UNKNOWN
        words = {}
        if page.words is not None and page.reading is not None:
            for word in page.words.iterate(page.reading):
                x0, y0, x1, y1 = word.box
                place = (round(x0 * width), round(y0 * height), round(x1 * width), round(y1 * height))
                words[word.start] = (word.end, place, word.confidence)
        starts = {region.start for region in page.regions if region.kind != "link"}
        yield WrittenPage(page.index, page.info.label, width, height, _paragraphs(page.text, words, starts))


_Words = dict[int, tuple[int, tuple[int, int, int, int], float | None]]


def _paragraphs(text: str, words: _Words, starts: set[int]) -> list[list[list[Written]]]:
    paragraphs: list[list[list[Written]]] = [[]]
    position = 0
    for line in text.split("\n"):
        if position in starts or not line.strip():
            paragraphs.append([])
        if line.strip():
            paragraphs[-1].append(list(_pieces(text, position, position + len(line), words)))
        position += len(line) + 1
    return [paragraph for paragraph in paragraphs if paragraph]


def _pieces(text: str, start: int, end: int, words: _Words) -> Iterator[Written]:
    position = start
    while position < end:
        if text[position].isspace():
            position += 1
        elif position in words and words[position][0] <= end:
            stop, place, confidence = words[position]
            yield Written(text[position:stop], place, confidence)
            position = stop
        else:
            stop = position + 1
            while stop < end and not text[stop].isspace() and stop not in words:
                stop += 1
            yield Written(text[position:stop], None, None)
            position = stop
