"""Fixtures for the tests of aios-layout: pages drawn with pillow whose words and their places are known, as OCR gives them."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from aios_layout import Layout
from PIL import Image, ImageDraw, ImageFont

from aios_sdk import Box, Context, Document, Extraction, PageInfo, PageText, Words

#: A page of A5 in points, on which letters are of ten.
SIZE = (420, 595)


class Sheet:
    """A page to draw on, in points from the top left; ``read`` is what OCR would give of it, line by line."""

    def __init__(self, dpi: int = 150, *, ground: int = 255, ink: int = 20) -> None:
        self.scale = dpi / 72
        self.dpi = dpi
        self.ground = ground
        self.ink = ink
        self.picture = Image.new("L", (round(SIZE[0] * self.scale), round(SIZE[1] * self.scale)), ground)
        self.pen = ImageDraw.Draw(self.picture)
        self.read: list[list[tuple[str, tuple[float, float, float, float], float]]] = []

    def write(self, x: float, y: float, text: str, *, size: float = 10, right: bool = False, confidence: float = 0.9) -> None:
        """``text`` with its top at ``y``, from ``x`` on, or up to it."""
        font = ImageFont.load_default(size=size * self.scale)
        across = x * self.scale - (self.pen.textlength(text, font=font) if right else 0)
        line = []
        for word in text.split():
            box = self.pen.textbbox((across, y * self.scale), word, font=font)
            self.pen.text((across, y * self.scale), word, fill=self.ink, font=font)
            line.append((word, box, confidence))
            across += self.pen.textlength(f"{word} ", font=font)
        self.read.append(line)

    def line(self, x0: float, y0: float, x1: float, y1: float, *, width: float = 0.75) -> None:
        """A ruling line."""
        places = [place * self.scale for place in (x0, y0, x1, y1)]
        self.pen.line(places, fill=self.ink, width=max(1, round(width * self.scale)))

    def table(self, rows: Sequence[Sequence[str]], xs: Sequence[float], top: float, height: float = 20, *, ruled: bool = True) -> None:
        """A table with columns from each of ``xs`` to the next; the last column is set to the right."""
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                if text:
                    last = column == len(row) - 1
                    self.write(xs[column + 1] - 5 if last else xs[column] + 5, top + number * height + height / 2 - 6, text, right=last)
        if ruled:
            bottom = top + len(rows) * height
            for number in range(len(rows) + 1):
                self.line(xs[0], top + number * height, xs[-1], top + number * height)
            for x in xs:
                self.line(x, top, x, bottom)

    def turned(self, clockwise: float) -> Sheet:
        """The same, lying otherwise."""
        other = Sheet(self.dpi, ground=self.ground)
        (width, height), angle = self.picture.size, math.radians(clockwise)
        quarter = clockwise % 90 == 0
        other.picture = self.picture.rotate(-clockwise, Image.Resampling.BICUBIC, expand=quarter, fillcolor=self.ground)
        across, down = other.picture.size

        def place(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
            corners = [(x - width / 2, y - height / 2) for x in (box[0], box[2]) for y in (box[1], box[3])]
            xs = [x * math.cos(angle) - y * math.sin(angle) + across / 2 for x, y in corners]
            ys = [x * math.sin(angle) + y * math.cos(angle) + down / 2 for x, y in corners]
            return min(xs), min(ys), max(xs), max(ys)

        other.read = [[(word, place(box), confidence) for word, box, confidence in line] for line in self.read]
        return other

    def document(self, **layers: Any) -> Document:
        """The page as it comes from OCR."""
        (width, height), position = self.picture.size, 0
        pieces, places = [], []
        for number, line in enumerate(self.read):
            for place, (word, box, confidence) in enumerate(line):
                gap = " " if place else "\n" if number else ""
                start = position + len(gap)
                position = start + len(word)
                pieces += [gap, word]
                places.append((start, position, Box.of(box[0] / width, box[1] / height, box[2] / width, box[3] / height), confidence))
        text = PageText(page=0, content="".join(pieces), method="ocr", confidence=0.9, reason="no text layer; read in a test")
        page = PageInfo(index=0, width=width / self.scale, height=height / self.scale)
        return Document.of(pages=(page,), text=(text,), words=(Words.build(text, places),), **layers).bind(_Pictures(self.picture))


class _Pictures:
    def __init__(self, picture: Image.Image) -> None:
        self.picture = picture

    def open(self, document: Document) -> BinaryIO:
        return io.BytesIO()

    def render(self, document: Document, page: int, dpi: int) -> Image.Image:
        return self.picture.convert("RGB")


@pytest.fixture
def sheet() -> type[Sheet]:
    """Pages to draw on."""
    return Sheet


@pytest.fixture
def lay_out(tmp_path: Path) -> Callable[[Document], Document]:
    """The document after `aios.layout`; Unsupported is raised as it comes."""

    def run(document: Document) -> Document:
        component = Layout(Layout.Config())
        try:
            found = component.extract(document, Context(run="test", step="extract.layout", scratch=tmp_path))
            assert isinstance(found, Extraction)
            return document.add("extract.layout", found)
        finally:
            component.close()

    return run
