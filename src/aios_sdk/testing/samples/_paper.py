"""Pages with words at known places: laid out by the widths of a real font, and drawn."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from aios_sdk.errors import Unsupported, UsageError
from aios_sdk.records import Box, Document, PageInfo, PageText, Words

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

#: A4 in points, for pages that say no size.
A4: Final = (595.0, 842.0)

_EM: Final = 12.0  # points
_LEADING: Final = 1.5  # ems from one line to the next
_MARGIN: Final = 0.06  # of the page's shorter side
_ASCENT, _DESCENT = 0.975, 0.25  # ems, of Pillow's built-in font
_SPACE: Final = 0.4  # ems between two words
_OTHER: Final = 0.6  # ems, of what the font lacks: it knows ASCII only
_WORD: Final = re.compile(r"\S+")


class PlacedWord(NamedTuple):
    """A word, its range in the page's text (code points, end exclusive) and its box (0..1 from the top left)."""

    text: str
    start: int
    end: int
    box: Box


class Paper(NamedTuple):
    """A page that can be drawn: its geometry, its text, and where each word of the text stands."""

    info: PageInfo
    content: str
    words: tuple[PlacedWord, ...]

    @classmethod
    def of(cls, content: str, *, index: int = 0, size: tuple[float, float] = A4, rotation: int = 0) -> Paper:
        """``content`` set on a page of ``size`` (width and height in points, (0, 0) for none); small when there is much of it."""
        info = PageInfo(index=index, width=size[0], height=size[1], rotation=rotation)
        return cls(info, content, tuple(_set(content, *(size if all(size) else A4))))

    def text(self, **about: object) -> PageText:
        """The text of the page as a record; ``about`` are its other attributes, such as ``method``."""
        return PageText(page=self.info.index, content=self.content, **about)  # type: ignore[arg-type]

    def word_columns(self, text: PageText, confidence: float | None = None) -> Words:
        """The words as a record that counts in ``text``."""
        return Words.build(text, [(word.start, word.end, word.box, confidence) for word in self.words])

    def draw(self, dpi: int) -> Image:
        """The page in black on white, as RGB. What the font lacks is drawn as an empty rectangle."""
        from PIL import Image, ImageDraw

        width, height = (max(1, round(side * dpi / 72)) for side in (self.info.width or A4[0], self.info.height or A4[1]))
        picture = Image.new("RGB", (width, height), "white")
        pen = ImageDraw.Draw(picture)
        for word in self.words:
            box = word.box
            em, wide = (box.y1 - box.y0) * height / (_ASCENT + _DESCENT), (box.x1 - box.x0) * width
            if em >= 1:
                baseline = (box.x0 * width, box.y0 * height + em * _ASCENT)
                printable = "".join(character if character.isprintable() else "\ufffd" for character in word.text)
                shown = printable[: 4 + int(wide / em * 8)]  # more than fits would be drawn in vain
                # Small letters are drawn on whole pixels, and so a little wider than they are.
                fitting = min(1.0, wide / max(1.0, _font(round(em, 1)).getlength(shown)))
                pen.text(baseline, shown, fill="black", font=_font(round(em * fitting, 1)), anchor="ls")
        return picture


class PaperHost(NamedTuple):
    """Lends a document its bytes, and pictures of its pages: as `Paper` draws them, or from the bytes where these are a picture."""

    data: bytes
    papers: tuple[Paper, ...]
    is_picture: bool = False

    def open(self, document: Document) -> BinaryIO:
        """The document's bytes."""
        return io.BytesIO(self.data)

    def render(self, document: Document, page: int, dpi: int) -> Image:
        """A picture of ``page`` as displayed, RGB; one that is a file keeps its own resolution.

        Raises `UsageError` when there is none, and `Unsupported` for a document that cannot be drawn.
        """
        paper = next((paper for paper in self.papers if paper.info.index == page), None)
        if not self.papers:
            raise Unsupported(f"{document.name!r} cannot be drawn")  # as in a run, whose reader of tables draws none
        if paper is None:
            raise UsageError(f"{document.name!r} has {len(self.papers)} pages; asked for page {page}, counted from 0")
        if not self.is_picture:
            return paper.draw(dpi)
        from PIL import Image, ImageOps

        with Image.open(io.BytesIO(self.data)) as image:
            image.seek(page)
            return ImageOps.exif_transpose(image).convert("RGB")


def _set(content: str, width: float, height: float) -> Iterator[PlacedWord]:
    """Left-aligned lines, broken where they are too long; smaller letters when the page would overflow."""
    lines, place = [], 0
    for line in content.splitlines(keepends=True):
        lines.append([(found[0], place + found.start(), place + found.end(), _width(found[0])) for found in _WORD.finditer(line)])
        place += len(line)
    margin = _MARGIN * min(width, height)
    across, down = width - 2 * margin, height - 2 * margin
    em = min(_EM, across / 4, down / _LEADING)
    while em > 0.5 and _rows(lines, across / em) * _LEADING * em > down:
        em *= 0.8
    for word, row, left in _flow(lines, across / em):
        text, start, end, wide = word
        x, y = margin + left * em, margin + row * _LEADING * em
        right = min(x + wide * em, width - margin)
        yield PlacedWord(text, start, end, Box.of(x / width, y / height, right / width, (y + (_ASCENT + _DESCENT) * em) / height))


_Line = list[tuple[str, int, int, float]]


def _flow(lines: list[_Line], across: float) -> Iterator[tuple[tuple[str, int, int, float], int, float]]:
    row = 0
    for line in lines:
        left = 0.0
        for word in line:
            if left and left + word[3] > across:
                row, left = row + 1, 0.0
            yield word, row, left
            left += word[3] + _SPACE
        row += 1


def _rows(lines: list[_Line], across: float) -> int:
    return 1 + max((row for _, row, _ in _flow(lines, across)), default=0)


def _width(word: str) -> float:
    advances = _advances()
    return sum(advances.get(character, _OTHER) for character in word)


@cache
def _advances() -> dict[str, float]:
    """Ems that each ASCII character takes."""
    font = _font(100.0)
    return {character: font.getlength(character) / 100 for character in map(chr, range(0x21, 0x7F))}


@lru_cache(maxsize=64)
def _font(size: float) -> FreeTypeFont:
    """Pillow's built-in TrueType font. Raises `UsageError` when Pillow was built without FreeType."""
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise UsageError("Pages cannot be drawn", cause="Pillow was built without FreeType", fix="pip install --force-reinstall pillow")
    return font
