"""Fixtures for the tests of aios-rapidocr: drawn pages, and components that stay open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aios_rapidocr import Ocr, RapidOcr
from PIL import Image, ImageDraw, ImageFont

from aios_sdk import Context, Document, Extraction, PageInfo, PageText, Resources

LETTER = ("Dear claims team, the kitchen was flooded", "on Friday because a pipe burst.", "We ask for the invoice to be paid.")


class Pictures:
    """A host whose documents are pictures, one a page."""

    def __init__(self, pictures: list[Image.Image]) -> None:
        self.pictures = pictures

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
    """Draw lines of text."""

    def make(*lines: str, size: tuple[int, int] = (1000, 300), height: int = 40) -> Image.Image:
        picture = Image.new("L", size, 255)
        pen = ImageDraw.Draw(picture)
        for number, line in enumerate(lines):
            pen.text((40, 40 + 60 * number), line, fill=0, font=ImageFont.load_default(size=height))
        return picture

    return make


@pytest.fixture(scope="session")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Extraction]]:
    """What a component extracts; each is opened once under each configuration."""
    opened: dict[str, Any] = {}
    scratch = tmp_path_factory.mktemp("scratch")

    def extract(kind: type[Ocr] | type[RapidOcr], document: Document, **config: Any) -> Extraction:
        name = f"{kind.__name__} {config}"
        if name not in opened:
            opened[name] = kind(kind.Config.model_validate(config))
            opened[name].open(Resources(scratch=scratch))
        return opened[name].extract(document, Context(run="r", step="s", scratch=scratch))

    yield extract
    for component in opened.values():
        component.close()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real documents; tests that need it skip where it is absent."""
    import os

    folder = Path(os.environ.get("AIOS_CORPORA", Path(__file__).resolve().parents[4] / "shared" / "corpora"))
    if not folder.is_dir():
        pytest.skip("no corpora: set AIOS_CORPORA to the folder of real documents")
    return folder
