"""How a page lies on its picture, told by the words that were read on it, and the way between both."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from statistics import median
from typing import Final, NamedTuple

from aios_sdk import Box

from ._lines import turned

#: Sizes of letters without tails, of those that stand out above, and of tails, in sizes of their font; most fonts have about these.
_MIDDLE: Final = 0.5
_ABOVE: Final = 0.72
_BELOW: Final = 0.21
_HIGH: Final = re.compile(r"[A-ZÀ-Þ0-9bdfhijklt$€£%&()/?!ß]")
_LOW: Final = re.compile(r"[gjpqyçQ]")
_LETTERS: Final = re.compile(r"[^\W_]")


class Upright(NamedTuple):
    """A page as it is read: the picture of the page as displayed, ``size`` (width, height) in pixels, shows it turned by ``turned``
    degrees (0, 90, 180 or 270) and then leaning by ``skew`` degrees, both clockwise. Upright it has the same area, turned back."""

    size: tuple[int, int]
    turned: int
    skew: float

    @property
    def width(self) -> int:
        """Its width in pixels."""
        return self.size[self.turned % 180 != 0]

    @property
    def height(self) -> int:
        """Its height in pixels."""
        return self.size[self.turned % 180 == 0]

    def straight(self, x: float, y: float) -> tuple[float, float]:
        """A place on the page turned back, in pixels, once its lines are level too."""
        sine, cosine = math.sin(math.radians(self.skew)), math.cos(math.radians(self.skew))
        x, y = x - self.width / 2, y - self.height / 2
        return x * cosine + y * sine + self.width / 2, y * cosine - x * sine + self.height / 2

    def box(self, displayed: Box) -> Box:
        """Where a word lies: its box on the page as displayed is that round a word that leans."""
        x0, y0, x1, y1 = turned(displayed, -self.turned % 360)
        across, down = (x1 - x0) * self.width, (y1 - y0) * self.height
        sine, cosine = abs(math.sin(math.radians(self.skew))), math.cos(math.radians(self.skew))
        stretch = cosine * cosine - sine * sine
        wide = max((across * cosine - down * sine) / stretch, across / 2)
        high = max((down * cosine - across * sine) / stretch, down / 2)
        x, y = self.straight((x0 + x1) / 2 * self.width, (y0 + y1) / 2 * self.height)
        return Box.of((x - wide / 2) / self.width, (y - high / 2) / self.height, (x + wide / 2) / self.width, (y + high / 2) / self.height)

    def displayed(self, box: Box) -> Box:
        """The box on the page as displayed round one of this page."""
        sine, cosine = math.sin(math.radians(self.skew)), math.cos(math.radians(self.skew))
        places = [((x - 0.5) * self.width, (y - 0.5) * self.height) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
        across = [(x * cosine - y * sine) / self.width + 0.5 for x, y in places]
        down = [(y * cosine + x * sine) / self.height + 0.5 for x, y in places]
        return turned(Box.of(min(across), min(down), max(across), max(down)), self.turned)


def upright(lines: Sequence[Sequence[Box]], size: tuple[int, int]) -> Upright:
    """How the page lies whose ``lines`` are boxes of words in the order in which they are read, on a picture of ``size`` pixels."""
    across = down = 0.0
    for line in lines:
        first, last = line[0], line[-1]
        across += (last.x0 + last.x1 - first.x0 - first.x1) * size[0]
        down += (last.y0 + last.y1 - first.y0 - first.y1) * size[1]
    angle = math.degrees(math.atan2(down, across)) if across or down else 0.0
    quarters = round(angle / 90)
    return Upright(size, quarters * 90 % 360, angle - quarters * 90)


def font_size(words: Sequence[tuple[str, float]]) -> float:
    """The size of the font of ``words``, each a text and its height, in the unit of these heights; 0 where none has letters."""
    sizes = [
        height / ((_ABOVE if _HIGH.search(text) else _MIDDLE) + (_BELOW if _LOW.search(text) else 0.0))
        for text, height in words
        if _LETTERS.search(text)
    ]
    return median(sizes) if sizes else 0.0
