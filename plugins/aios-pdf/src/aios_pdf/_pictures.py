"""Scans on pages with little text: over them the stamp of a fax machine or the name of the scanning program, beside them a caption."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

import pypdfium2.raw as pdfium
from aios_layout import Line

from aios_sdk import Box

from ._glyphs import Frame, Rect

if TYPE_CHECKING:
    from PIL.Image import Image

#: A picture counts if it covers this share of the page or, for scans in stripes, is so wide or high; together they cover this share.
_LARGE: Final = 0.1
_SIDE: Final = 0.7
_AREA: Final = 0.2
#: More objects than this are a drawing; forms within forms are looked into so deep.
_MOST_OBJECTS: Final = 5_000
_DEEPEST: Final = 3
#: Of paper at least this share is bright, and this share is ink (of 255).
_PAPER: Final = (170, 0.6)
_INK: Final = (140, 0.001)


def scans(page: Any, frame: Frame) -> tuple[Box, float] | None:
    """Where the large pictures of the PDFium page handle ``page`` lie, as one box, and what share of the page they cover (0..1); None
    where they are too small to be scans of something."""
    covered, around = 0.0, None
    for rect in _pictures(pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject, page, 0):
        box = frame.box(rect)
        if box is None:
            continue
        width, height = box.x1 - box.x0, box.y1 - box.y0
        if width * height >= _LARGE or max(width, height) >= _SIDE:
            covered += width * height
            around = box if around is None else around.union(box)
    return None if around is None or covered < _AREA else (around, min(1.0, covered))


def is_written_paper(image: Image, place: Box, lines: Sequence[Line], scale: float) -> bool:
    """Whether ``place`` on the grey ``image`` of a page, ``scale`` pixels a point, is bright as paper and has ink beside the text of
    ``lines``."""
    rest = image.copy()
    for line in lines:
        rest.paste(255, (int(line.x0 * scale) - 1, int(line.y0 * scale) - 2, int(line.x1 * scale) + 2, int(line.y1 * scale) + 3))
    width, height = image.size
    corners = (int(place.x0 * width), int(place.y0 * height), math.ceil(place.x1 * width), math.ceil(place.y1 * height))
    counts = rest.crop(corners).histogram()
    total = sum(counts)
    return sum(counts[_PAPER[0] :]) >= _PAPER[1] * total and sum(counts[: _INK[0]]) >= _INK[1] * total


def _pictures(count: Any, item: Any, holder: Any, depth: int) -> Iterator[Rect]:
    """Where pictures lie, those in forms by the place of the form."""
    number = count(holder)
    if not 0 < number <= _MOST_OBJECTS:
        return
    for found in map(item, repeat(holder), range(number)):
        kind = pdfium.FPDFPageObj_GetType(found)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            yield from _place(found)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
            inner = _pictures(pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject, found, depth + 1)
            if next(inner, None) is not None:
                yield from _place(found)


def _place(found: Any) -> Iterator[Rect]:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if pdfium.FPDFPageObj_GetBounds(found, left, bottom, right, top):
        yield Rect(left.value, bottom.value, right.value, top.value)
