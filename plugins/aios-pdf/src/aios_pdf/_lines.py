"""The lines of a page out of PDFium's words: as they come, with their place, size and direction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from aios_sdk import Box

from ._glyphs import Glyphs, Piece

_BREAKS: Final = str.maketrans({**dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n"), **dict.fromkeys("\x1c\x1d\x1e\x1f", " ")})
#: Inside words: hyphens are as printed (a soft hyphen in a PDF is drawn); control characters and non-characters are no text.
_REPLACED: Final = str.maketrans({
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0xFEFF, 0xFFFE, 0xFFFF], None), 0x02: "-", 0xAD: "-",
})  # fmt: skip


class Word(NamedTuple):
    """A word: its text, its box, the number of its first character in PDFium, and the white space that PDFium has before it."""

    text: str
    box: Box
    first: int
    gap: str


class Line:
    """Words beside each other. The place is in points from the top left of the page as displayed.

    ``size`` is that of the font in points, ``turned`` the direction of writing (0 for upright; -1 for aslant), ``number`` the position
    among the lines that PDFium gives.
    """

    __slots__ = ("_scale", "number", "size", "turned", "words", "x0", "x1", "y0", "y1")

    def __init__(self, words: Sequence[Word], width: float, height: float, size: float, turned: int, number: int) -> None:
        self.words: Final = words
        self._scale: Final = (width, height)
        x0, y0, x1, y1 = zip(*[word.box for word in words], strict=True)
        self.x0: Final = min(x0) * width
        self.y0: Final = min(y0) * height
        self.x1: Final = max(x1) * width
        self.y1: Final = max(y1) * height
        self.size: Final = size or self.y1 - self.y0
        self.turned: Final = turned
        self.number: Final = number

    def part(self, words: Sequence[Word]) -> Line:
        """A part of it."""
        return Line(words, self._scale[0], self._scale[1], self.size, self.turned, self.number)

    @property
    def letters(self) -> int:
        """How many characters its words have."""
        return sum(len(word.text) for word in self.words)

    @property
    def count(self) -> int:
        """How many words it has."""
        return len(self.words)

    @property
    def text(self) -> str:
        """Its words, joined by spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """The smallest box round its words."""
        found = self.words[0].box
        for word in self.words[1:]:
            found = found.union(word.box)
        return found


def words_by_line(raw: str, pieces: Iterable[Piece]) -> Iterator[list[Word]]:
    """The displayed words of a page whose characters are ``raw``, line by line as PDFium has them."""
    line: list[Word] = []
    end, breaks = 0, False
    for piece in pieces:
        gap, end = raw[end : piece.first], piece.last
        text = _clean(raw[piece.first : piece.last])
        if piece.box is None or not text:
            continue
        if gap != " ":
            gap = gap.replace("\r\n", "\n").translate(_BREAKS)
        if line and (breaks or piece.begins or "\n" in gap):
            yield line
            line = []
        line.append(Word(text, piece.box, piece.first, gap or " "))
        breaks = piece.breaks
    if line:
        yield line


def lines_of(raw: str, glyphs: Glyphs, width: float, height: float) -> list[Line]:
    """The lines of a page of ``width`` and ``height`` points, in the order of the file."""
    return [
        # A bullet may be of another font and size than its text.
        Line(words, width, height, *glyphs.style(words[len(words) > 1 and len(words[0].text) == 1].first), number)
        for number, words in enumerate(words_by_line(raw, glyphs.pieces(raw)))
    ]


def _clean(word: str) -> str:
    if word.isprintable():
        return word
    # PDFium gives characters beyond the Basic Multilingual Plane as two surrogates.
    joined = word.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.translate(_REPLACED)
