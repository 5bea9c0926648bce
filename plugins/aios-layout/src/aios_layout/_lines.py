"""The words and lines of a page as its reader gives them: with their place, size and direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from aios_sdk import Box


def turned(box: Box, clockwise: int) -> Box:
    """Where ``box`` lies once its page is turned by so many degrees, a multiple of 90."""
    x0, y0, x1, y1 = box
    if clockwise == 90:
        return Box(1 - y1, x0, 1 - y0, x1)
    if clockwise == 180:
        return Box(1 - x1, 1 - y1, 1 - x0, 1 - y0)
    return Box(y0, 1 - x1, y1, 1 - x0) if clockwise == 270 else box


class Word(NamedTuple):
    """A word: its text, its box, the number of its first character in what it was read from, the white space there is before it on its
    line, and how sure its reader is of it (0..1, None for not said)."""

    text: str
    box: Box
    first: int
    gap: str
    confidence: float | None = None


class Line:
    """Words beside each other. The place is in points from the top left of the page as displayed.

    ``size`` is that of the font in points, ``turned`` the direction of writing (0 for upright; -1 for aslant), ``number`` the position
    among the lines as they come.
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
