"""Samples that show their text as a picture: pages as a scanner or a camera gives them."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from aios_sdk.records import Box, PageInfo

from ._paper import A4, Paper
from ._sample import Sample
from ._texts import LETTER, TERMS

if TYPE_CHECKING:
    from PIL.Image import Image

_NOISE_SEED: Final = 471102
_SPECK: Final = 180  # grey: OCR programs read the default sample without a mistake, and stumble over much darker specks


@lru_cache(maxsize=16)
def page_image(content: str = LETTER, *, dpi: int = 150, size: tuple[float, float] = A4) -> Sample:
    """A clean page as a PNG: ASCII text in black on white, every word at a known box.

    Example::

        sample = samples.page_image("Total: 471.30 EUR")
        [(word.text, word.box) for word in sample.words[0]]
    """
    paper = Paper.of(content, size=size)
    return Sample(
        name="page.png", media_type="image/png", data=_encoded(paper.draw(dpi), "PNG", dpi=(dpi, dpi)), papers=(paper,), readable=False
    )


@lru_cache(maxsize=16)
def scan(content: str = LETTER, *, skew: float = 0.4, noise: float = 0.01, dpi: int = 150) -> Sample:
    """A page as a scanner gives it, a grey PNG: turned by ``skew`` degrees clockwise, ink and paper not quite black and white, with specks.

    ``noise`` is the share of the pixels that are grey specks, in steps of 1/256; they lie the same in every call. The boxes
    are those of the words as they lie on the turned page.
    """
    from PIL import Image

    paper = Paper.of(content)
    clean = paper.draw(dpi).convert("L")
    turned = clean.rotate(-skew, Image.Resampling.BICUBIC, fillcolor=255)
    picture = turned.point(lambda value: 30 + value * 215 // 255)
    chance = Image.frombytes("L", clean.size, random.Random(_NOISE_SEED).randbytes(clean.width * clean.height))
    picture.paste(_SPECK, mask=chance.point(lambda value: 255 * (value < noise * 256)))
    paper = paper._replace(words=tuple(word._replace(box=_turned(word.box, skew, clean.size)) for word in paper.words))
    return Sample(name="scan.png", media_type="image/png", data=_encoded(picture, "PNG", dpi=(dpi, dpi)), papers=(paper,), readable=False)


@lru_cache(maxsize=16)
def photo(content: str = LETTER, *, dpi: int = 150) -> Sample:
    """A page as a camera gives it: a JPEG stored on its side, which EXIF says to turn. The boxes are those of the page as displayed."""
    from PIL import Image

    paper = Paper.of(content)
    picture = paper.draw(dpi)
    exif = Image.Exif()
    exif[274] = 6  # turn clockwise by 90 degrees to display
    stored = picture.transpose(Image.Transpose.ROTATE_90)
    data = _encoded(stored, "JPEG", quality=90, exif=exif.tobytes(), dpi=(dpi, dpi))
    paper = paper._replace(info=PageInfo(index=0, width=paper.info.width, height=paper.info.height, rotation=90))
    return Sample(name="photo.jpg", media_type="image/jpeg", data=data, papers=(paper,), readable=False)


@lru_cache(maxsize=16)
def fax(*contents: str, dpi: int = 100) -> Sample:
    """A TIFF of several pages in black and white, one for each of ``contents`` (by default a letter and its terms)."""
    papers = _papers(contents)
    first, *others = [paper.draw(dpi).convert("1") for paper in papers]
    data = _encoded(first, "TIFF", save_all=True, append_images=others, compression="group4", dpi=(dpi, dpi))
    return Sample(name="fax.tif", media_type="image/tiff", data=data, papers=papers, readable=False)


@lru_cache(maxsize=16)
def scanned_pdf(*contents: str, dpi: int = 100) -> Sample:
    """A PDF whose pages are pictures, without a text layer, one for each of ``contents``."""
    papers = _papers(contents)
    first, *others = [paper.draw(dpi).convert("L") for paper in papers]
    data = _encoded(first, "PDF", save_all=True, append_images=others, resolution=dpi, creationDate=None, modDate=None)
    return Sample(name="scan.pdf", media_type="application/pdf", data=data, papers=papers, readable=False)


def _papers(contents: Sequence[str]) -> tuple[Paper, ...]:
    return tuple(Paper.of(content, index=index) for index, content in enumerate(contents or (LETTER, TERMS)))


def _encoded(picture: Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _turned(box: Box, degrees: float, size: tuple[int, int]) -> Box:
    """The upright box round ``box`` turned clockwise about the middle of a picture of ``size``."""
    width, height = size
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    corners = []
    for x, y in ((box.x0, box.y0), (box.x1, box.y0), (box.x0, box.y1), (box.x1, box.y1)):
        right, down = (x - 0.5) * width, (y - 0.5) * height
        corners.append(((right * cosine - down * sine) / width + 0.5, (right * sine + down * cosine) / height + 0.5))
    xs, ys = zip(*corners, strict=True)
    return Box.of(min(xs), min(ys), max(xs), max(ys))
