"""The tables on a page that OCR read: its words laid out again where there are any, with the ruling lines of its picture."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from aios_sdk import Box, PageText, Words

from ._certain import is_certain, is_readable
from ._grids import Rule, ruled_grids
from ._lines import Line, Word
from ._strokes import ruling_lines
from ._text import Content, as_read
from ._upright import Upright, font_size, upright

if TYPE_CHECKING:
    from PIL.Image import Image

#: Fewer words than this make no table.
_FEWEST: Final = 6
#: Letters are taken to be of so many points, whatever resolution a picture says it has.
_POINTS: Final = 10.0
#: Letters of so many pixels are large enough to see ruling lines between them; pictures of so many pixels are reduced anyway.
_FINE: Final = 32
_MOST_PIXELS: Final = 16_000_000
#: What OCR makes of ruling lines: of a vertical one as a word, or at the ends of words; and of a horizontal one.
_BARS: Final = "|¦[]{}"
_BAR: Final = re.compile(r"[|¦\[\](){}!lI1/\\]{1,2}")
_DASH: Final = re.compile(r"[_=~—–\-.·]+")
#: How far, in sizes of the font, a word may be from a line that was read as a part of it.
_NEAR: Final = 0.25


class _Read(NamedTuple):
    """A word of the reading, and how the white space before it reads."""

    text: str
    box: Box
    gap: str
    confidence: float | None


def laid_out(reading: PageText, words: Words, picture: Image) -> Content | None:
    """The page laid out again, with its tables as blocks; None where it has none. Boxes are those of the page as displayed, the text is
    an OCR reading like ``reading``, whose words with their confidences it has, less those that are ruling lines."""
    lines = list(_lines(reading, words))
    placed_text = "".join(word.text for line in lines for word in line)
    if sum(map(len, lines)) < _FEWEST or len("".join(placed_text.split())) < len("".join(reading.content.split())):
        return None  # text without a place would be lost
    page = upright([[word.box for word in line] for line in lines], picture.size)
    size = font_size(
        [(word.text, page.box(word.box).y1 * page.height - page.box(word.box).y0 * page.height) for line in lines for word in line]
    )
    if size <= 0:
        return None
    solid = [word.box for line in lines for word in line if any(map(str.isalnum, word.text))]
    grey, factor = picture.convert("L"), max(int(size / _FINE), math.isqrt(picture.width * picture.height // _MOST_PIXELS))
    if factor > 1:
        grey, size = grey.reduce(factor), size / factor
        page = page._replace(size=grey.size)
    pixels = np.rot90(np.asarray(grey), page.turned // 90)
    across, down, page = ruling_lines(np.ascontiguousarray(pixels), page, solid, size)
    point = size / _POINTS
    width, height = page.width / point, page.height / point
    straight = [[word._replace(box=page.box(word.box)) for word in line] for line in lines]
    cleaned = [line for line in (list(_without_rules(line, across, down, page, size)) for line in straight) if line]
    placed = _as_lines(cleaned, width, height)
    rows, columns = ([Rule(rule.at / point, rule.start / point, rule.end / point) for rule in rules] for rules in (across, down))
    grids = [grid for grid in ruled_grids(rows, columns, placed, width, height) if is_readable(grid)]
    content = as_read(reading.page, placed, grids, width, height, lambda _: False, lambda grid: is_certain(grid, _POINTS / width))
    tables = sum(block.grid is not None for block in content.blocks)
    if not tables:
        return None
    found = content.placed(page.displayed)
    text = PageText(
        page=reading.page,
        content=found.text.content,
        method=reading.method,
        confidence=reading.confidence,
        reason=f"{reading.reason}; laid out again with {tables} table{'s' if tables > 1 else ''}".removeprefix("; "),
        language=reading.language,
        artifact=found.text.artifact,
    )
    return found._replace(text=text)


def _lines(reading: PageText, words: Words) -> Iterator[list[_Read]]:
    """The words as they were read, line by line."""
    line: list[_Read] = []
    last = 0
    for word in words.iterate(reading):
        gap = reading.content[last : word.start]
        last = word.end
        if line and "\n" in gap:
            yield line
            line = []
        line.append(_Read(word.text, word.box, gap, word.confidence))
    if line:
        yield line


def _as_lines(lines: Sequence[Sequence[_Read]], width: float, height: float) -> list[Line]:
    """``lines`` numbered from the top, for the order in which OCR has them says nothing of columns that it tore apart."""
    found = []
    level = sorted(lines, key=lambda line: (min(word.box.y0 for word in line) + max(word.box.y1 for word in line), line[0].box.x0))
    first = 0
    for number, line in enumerate(level):
        size = font_size([(word.text, (word.box.y1 - word.box.y0) * height) for word in line])
        found.append(
            Line(
                [Word(word.text, word.box, first + place, word.gap, word.confidence) for place, word in enumerate(line)],
                width,
                height,
                size,
                0,
                number,
            )
        )
        first += len(line)
    return found


def _without_rules(line: Sequence[_Read], across: Sequence[Rule], down: Sequence[Rule], page: Upright, size: float) -> Iterator[_Read]:
    """The words of ``line`` without what are ruling lines."""
    for word in line:
        x0, x1 = word.box.x0 * page.width, word.box.x1 * page.width
        y0, y1 = word.box.y0 * page.height, word.box.y1 * page.height
        middle, near = (y0 + y1) / 2, _NEAR * size
        crossing = [rule.at for rule in down if x0 - near < rule.at < x1 + near and rule.start - near < middle < rule.end + near]
        if crossing and _BAR.fullmatch(word.text) and x1 - x0 < 0.6 * size:
            continue
        under = any(y0 - near < rule.at < y1 + near and rule.start - near < x0 and x1 < rule.end + near for rule in across)
        if under and _DASH.fullmatch(word.text) and y1 - y0 < 0.4 * size:
            continue
        yield from _parted(word, crossing, page.width, near) if crossing else [word]


def _parted(word: _Read, crossing: Sequence[float], width: float, near: float) -> Iterator[_Read]:
    """``word`` without the bars in it that stand where lines cross it, and in parts where these do."""
    (x0, y0, x1, y1), count = word.box, len(word.text)
    step = (x1 - x0) / count
    bars = [
        place
        for place, letter in enumerate(word.text)
        if letter in _BARS and any(abs((x0 + (place + 0.5) * step) * width - at) < near + step * width for at in crossing)
    ]
    gap = word.gap
    for start, end in pairwise((-1, *bars, count)):
        if end - start > 1:
            yield _Read(word.text[start + 1 : end], Box.of(x0 + (start + 1) * step, y0, x0 + end * step, y1), gap, word.confidence)
            gap = " "
