"""Fixtures for the tests of aios-tesseract: pictures with known words, and documents that render them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from PIL import Image, ImageDraw, ImageFont

from aios_sdk import Document, PageInfo, PageText

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real documents; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("AIOS_CORPORA", REPOSITORY.parent / "shared" / "corpora"))
    if not folder.is_dir():
        pytest.skip("no corpora: set AIOS_CORPORA to the folder of real documents")
    return folder


class Pictures:
    """A host whose documents are pictures, one a page."""

    def __init__(self, pictures: list[Image.Image]) -> None:
        self.pictures = pictures

    def open(self, document: Document) -> BinaryIO:
        return io.BytesIO()

    def render(self, document: Document, page: int, dpi: int) -> Image.Image:
        return self.pictures[page].convert("RGB")


@pytest.fixture
def scan() -> Callable[..., Document]:
    """Make a document out of pictures, texts that its pages already have, and what was measured of them."""

    def make(*pictures: Image.Image, texts: tuple[PageText, ...] = (), **measures: float) -> Document:
        pages = tuple(PageInfo(index=number, **measures) for number in range(len(pictures)))
        return Document.of(pages=pages, text=texts).bind(Pictures(list(pictures)))

    return make


@pytest.fixture
def draw() -> Callable[..., Image.Image]:
    """Draw lines of text; an empty line makes a new paragraph."""

    def make(*lines: str, size: tuple[int, int] = (1200, 700)) -> Image.Image:
        picture = Image.new("L", size, 255)
        pen = ImageDraw.Draw(picture)
        for number, line in enumerate(lines):
            pen.text((60, 60 + 50 * number), line, fill=0, font=ImageFont.load_default(size=40))
        return picture

    return make
