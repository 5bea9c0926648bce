"""Fixtures for the tests of aios-hocr: files as tesseract itself writes them, and ways into the components."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from aios_sdk import Document, Source


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What tesseract writes of a page with two paragraphs, by format: ``hocr``, ``alto`` and its plain text ``txt``."""
    folder = tmp_path_factory.mktemp("written")
    page = Image.new("L", (1200, 600), 255)
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(["Invoice 471102 & more", "of Friday", "", "", "Total 529.87 EUR"]):
        pen.text((60, 60 + 50 * number), line, fill=0, font=ImageFont.load_default(size=40))
    page.save(folder / "page.png", dpi=(200, 200))
    command = ["tesseract", "page.png", "page", "--psm", "3", "hocr", "alto", "txt"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    names = {"hocr": "page.hocr", "alto": "page.xml", "txt": "page.txt"}
    return {form: (folder / name).read_bytes() for form, name in names.items()}


@pytest.fixture
def read() -> Callable[..., Document]:
    """The document that a component makes of some bytes."""

    def make(component: type, data: bytes | str, **config: Any) -> Document:
        content = data.encode() if isinstance(data, str) else data
        (document,) = component(component.Config(**config)).ingest(Source(name="page.xml", data=content))
        return document

    return make
