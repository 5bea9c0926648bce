"""A text layer and what was read in the pictures beside it, as one text of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from aios_sdk import Box, Page, PageText, Region, Words

from ._reading import Reading, ScanWord, reading
from ._scan import Scan

#: In a picture without text tesseract sees letters too, and is not sure of them: there is text where the mean of all words is that of
#: pages that can be read, and where so many letters and digits stand in words that are as sure.
_SURE: Final = 0.6
_LETTERS: Final = 12
#: What is less sure than this is an edge, a stain or a fold more often than a word: of 25 receipts pasted into a letter, leaving it out
#: costs 2% of the words and takes away a quarter of what is none.
_NOTHING: Final = 0.3


class Picture(NamedTuple):
    """What was read in a picture: where that lies on the page, and its text, words and paragraphs."""

    box: Box
    read: Reading


def picture(page: Page, box: Box, scan: Scan, words: Sequence[ScanWord]) -> Picture | None:
    """What the words in the picture at ``box`` come to, without those that the text layer prints there; None where it holds no text."""
    if not words or sum(word.confidence for word in words) < _SURE * len(words):
        return None
    printed = _boxes(page.words, box)
    new = [word for word in words if word.confidence >= _NOTHING and not _lies_in(scan.box(*word[2:6]), printed)]
    if sum(letter.isalnum() for word in new if word.confidence >= _SURE for letter in word.text) < _LETTERS:
        return None
    return Picture(box, reading(page.index, scan, new, ""))


def beside(page: Page, pictures: Sequence[Picture], reason: str) -> Reading:
    """The text of ``page`` as it is, and behind it that of its ``pictures``, each after an empty line.

    The words of the text layer keep their places and boxes, and have no confidence; the mean of the others is that of the text. The regions
    of the page stay, and each picture that was read is a region with its text.
    """
    before, known = page.reading, page.words
    assert before is not None
    assert known is not None
    content, begins = before.content, []
    for each in pictures:
        content += "\n\n"
        begins.append(len(content))
        content += each.read.text.content
    mean = _mean([each.read for each in pictures])
    text = PageText(page=page.index, content=content, confidence=round(mean, 6), reason=reason, language=before.language)
    new = [
        (begin + word.start, begin + word.end, word.box, word.confidence)
        for begin, each in zip(begins, pictures, strict=True)
        for word in each.read.words.iterate(each.read.text)
    ]
    boxes = {each.box for each in pictures}
    kept = [region for region in page.regions if region.kind != "picture" or region.start < region.end or region.box not in boxes]
    regions = [
        *(Region.of(text, each.kind, each.start, each.end, box=each.box, level=each.level, target=each.target) for each in kept),
        *(
            Region.of(text, "picture", begin, begin + len(each.read.text.content), box=each.box)
            for begin, each in zip(begins, pictures, strict=True)
        ),
    ]
    return Reading(text, _joined(known, Words.build(text, new)), tuple(regions))


def _joined(known: Words, new: Words) -> Words:
    """The words of both, which count in the text of ``new``; the columns are not unpacked, so that nothing is rounded."""
    return Words(
        page=new.page,
        artifact=new.artifact,
        starts=known.starts + new.starts,
        ends=known.ends + new.ends,
        boxes=known.boxes + new.boxes,
        confidences=known.confidences + new.confidences,
    )


def _mean(read: Sequence[Reading]) -> float:
    sure = [each.words.confidence(number) or 0.0 for each in read for number in range(len(each.words))]
    return sum(sure) / len(sure)


def _boxes(words: Words | None, place: Box) -> list[Box]:
    """The boxes of the words in ``place``."""
    boxes = (words.box(number) for number in range(len(words))) if words is not None else ()
    return [box for box in boxes if box.x0 < place.x1 and box.x1 > place.x0 and box.y0 < place.y1 and box.y1 > place.y0]


def _lies_in(box: Box, others: Sequence[Box]) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return any(other.x0 <= x <= other.x1 and other.y0 <= y <= other.y1 for other in others)
