"""Pages, their text and their words; the words of a page are columns, because there may be a quarter of a million."""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import msgspec
from msgspec.structs import force_setattr

from ._span import Box

#: How the text of a page came about.
TextMethod: TypeAlias = Literal["embedded", "ocr", "derived"]
_METHODS: Final = get_args(TextMethod)

_MICRO = 1_000_000


class PageInfo(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One page as it is displayed: ``width`` and ``height`` in points (1/72 inch) after ``rotation`` degrees clockwise.

    A format without pages has one page; a page without a size has width and height 0. ``label`` is the printed number.

    Of a page that is a picture, what was measured in it (else None), so that a step that reads it knows what awaits it:

    - ink: the share of its area that is dark on light ground, 0..1; 0 for a blank page.
    - sharpness: how steep its edges are, 0 (blurred, or nothing to be seen) to 1.
    - skew: by how many degrees its lines lean clockwise; the picture turned back by as many stands straight.
    - turned: by how many degrees (0, 90, 180, 270) its content is turned clockwise from how it is read.
    """

    index: int
    width: float = 0.0
    height: float = 0.0
    rotation: int = 0
    label: str = ""
    ink: float | None = None
    sharpness: float | None = None
    skew: float | None = None
    turned: int | None = None

    def __post_init__(self) -> None:
        if self.index < 0 or self.width < 0 or self.height < 0:
            raise ValueError("a page counts from 0 and has no negative size")
        ink, sharpness = self.ink, self.sharpness
        if (ink is not None and not 0 <= ink <= 1) or (sharpness is not None and not 0 <= sharpness <= 1):
            raise ValueError(f"ink {ink} and sharpness {sharpness} of page {self.index} must lie in 0..1")
        if self.skew is not None and not -45 <= self.skew <= 45:
            raise ValueError(f"page {self.index} leans by {self.skew} degrees; beyond 45 it is turned")
        if self.turned not in (None, 0, 90, 180, 270):
            raise ValueError(f"page {self.index} is turned by {self.turned} degrees; it must be 0, 90, 180 or 270")


class PageText(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The text of one page as one step read it. Spans count its Unicode code points.

    ``artifact`` is the id of this text, computed from page and content unless given. ``confidence`` (0..1) is that of the reading,
    ``reason`` says why this method was taken. An ``embedded`` text may go on with what OCR read in pictures beside it: there the words have
    confidences, and the mean of these is that of the text. Example::

        PageText(page=0, content="Invoice 471102", method="embedded")
    """

    page: int
    content: str
    method: TextMethod = "embedded"
    confidence: float | None = None
    reason: str = ""
    language: str = ""
    step: str = ""
    artifact: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.content, str) or self.page < 0 or self.method not in _METHODS:
            raise ValueError(f"the text of page {self.page!r} needs a page from 0, a str, and a method out of {', '.join(_METHODS)}")
        if self.confidence is not None and not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"the confidence of the text of page {self.page} is {self.confidence}; it must lie in 0..1")
        if not self.artifact:
            try:
                data = self.content.encode()
            except UnicodeEncodeError as error:
                raise ValueError(
                    f"the text of page {self.page} has a lone surrogate at code point {error.start}, which is no character; "
                    "decode the bytes with errors='replace'"
                ) from None
            force_setattr(self, "artifact", hashlib.sha256(b"text\x1f%d\x1f" % self.page + data).hexdigest())


class Word(NamedTuple):
    """One word of a page: its text, its range in the page's text (code points), its box and its confidence (0..1)."""

    text: str
    start: int
    end: int
    box: Box
    confidence: float | None


class Words(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The words of one page as columns, in reading order; `iterate` makes objects of them, given the page's text.

    ``artifact`` is that of the `PageText` which ``starts`` and ``ends`` (code points) count in. All columns are little-endian
    unsigned 32-bit integers: boxes are four numbers a word, in millionths of the page; confidences are in millionths, with
    4294967295 for none. 28 bytes a word: 250,000 words take 7 MB. Example::

        words = Words.build(text, [(0, 7, Box.of(0.1, 0.1, 0.2, 0.12), None)])
        [word.text for word in words.iterate(text)]
    """

    page: int
    artifact: str
    starts: bytes
    ends: bytes
    boxes: bytes
    confidences: bytes
    step: str = ""

    @classmethod
    def build(cls, text: PageText, words: Iterable[tuple[int, int, Box, float | None]]) -> Words:
        """Columns of (start, end, box, confidence). Raises ``ValueError`` for what lies outside of the text, the page or 0..1."""
        starts, ends, boxes, confidences = array("I"), array("I"), array("I"), array("I")
        length = len(text.content)
        for start, end, box, confidence in words:
            if not 0 <= start < end <= length:
                raise ValueError(f"a word at {start}..{end} lies outside the {length} code points of page {text.page}")
            x0, y0, x1, y1 = box
            if not (0 <= x0 <= x1 <= 1 and 0 <= y0 <= y1 <= 1):
                raise ValueError(f"the box {tuple(box)} of a word lies outside page {text.page}; make it with Box.of")
            if confidence is not None and not 0 <= confidence <= 1:
                raise ValueError(f"the confidence of a word on page {text.page} is {confidence}; it must lie in 0..1")
            starts.append(start)
            ends.append(end)
            boxes.extend([round(x0 * _MICRO), round(y0 * _MICRO), round(x1 * _MICRO), round(y1 * _MICRO)])
            confidences.append(_NONE if confidence is None else round(confidence * _MICRO))
        return cls(
            page=text.page,
            artifact=text.artifact,
            starts=_pack(starts),
            ends=_pack(ends),
            boxes=_pack(boxes),
            confidences=_pack(confidences),
        )

    def __post_init__(self) -> None:
        count = len(self.starts) // 4
        if not (len(self.starts) == len(self.ends) == len(self.confidences) == 4 * count and len(self.boxes) == 16 * count):
            raise ValueError("the columns of words differ in length; build them with Words.build")

    def __len__(self) -> int:
        return len(self.starts) // 4

    def ranges(self) -> tuple[Sequence[int], Sequence[int]]:
        """Starts and ends as sequences of integers, without a copy on little-endian machines."""
        return _unpack(self.starts), _unpack(self.ends)

    def box(self, index: int) -> Box:
        """The box of word ``index``."""
        boxes = _unpack(self.boxes[16 * index : 16 * index + 16])
        return Box(boxes[0] / _MICRO, boxes[1] / _MICRO, boxes[2] / _MICRO, boxes[3] / _MICRO)

    def confidence(self, index: int) -> float | None:
        """The confidence (0..1) of word ``index``, or None where the step gave none."""
        value = _unpack(self.confidences[4 * index : 4 * index + 4])[0]
        return None if value == _NONE else value / _MICRO

    def iterate(self, text: PageText) -> Iterator[Word]:
        """The words as objects, made on the way. Raises ``ValueError`` for the text of another reading."""
        if text.artifact != self.artifact:
            raise ValueError("these words count in another page text; take the text with the same artifact")
        starts, ends = self.ranges()
        for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
            yield Word(text.content[start:end], start, end, self.box(index), self.confidence(index))

    def covering(self, start: int, end: int) -> Box | None:
        """The smallest box round all words that touch code points ``start`` to ``end``; None if no word does."""
        found: Box | None = None
        starts, ends = self.ranges()
        for index, (first, last) in enumerate(zip(starts, ends, strict=True)):
            if first < end and start < last:
                box = self.box(index)
                found = box if found is None else found.union(box)
        return found

    def mean_confidence(self) -> float | None:
        """Mean confidence (0..1) of the words that have one; None if none has."""
        known = [value for value in _unpack(self.confidences) if value != _NONE]
        return sum(known) / len(known) / _MICRO if known else None


_NONE = 2**32 - 1


def _pack(column: array[int]) -> bytes:
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def _unpack(column: bytes) -> Sequence[int]:
    if sys.byteorder == "little":
        return memoryview(column).cast("I")
    values = array("I", column)
    values.byteswap()
    return values
