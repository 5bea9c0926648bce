"""Pictures on a page: scans with little text, as of the stamp of a fax machine over them, and what is pasted beside text."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import pypdfium2.raw as pdfium
from aios_layout import Line

from aios_sdk import Box, PageInfo

from ._glyphs import Frame, Rect
from ._objects import Objects, objects_in

if TYPE_CHECKING:
    from PIL.Image import Image

#: A picture counts if it covers this share of the page or, for scans in stripes, is so wide or high; together they cover this share.
_LARGE: Final = 0.1
_SIDE: Final = 0.7
_AREA: Final = 0.2
#: A form of more objects than this is a drawing; forms within forms are looked into so deep.
_MOST_OBJECTS: Final = 5_000
_DEEPEST: Final = 3
#: A picture on less than this share of the page is an icon, and more pictures than this on one page are a drawing.
_SHOWN: Final = 0.01
_MOST_PICTURES: Final = 200
#: Pictures that are no further apart than so many points are parts of one.
_TOUCHING: Final = 1.0
#: Lines that cover more than this share of a picture are printed over it; a caption or a date in a photograph covers less.
_PRINTED_OVER: Final = 0.05
#: Of paper at least this share is bright, and this share is ink (of 255).
_PAPER: Final = (170, 0.6)
_INK: Final = (140, 0.001)


def scans(objects: Objects, frame: Frame) -> tuple[Box, float] | None:
    """Where the large pictures of a page lie, as one box, and what share of the page they cover (0..1); None where they are too small to be
    scans of something."""
    covered, around = 0.0, None
    for box in _places(objects, frame):
        width, height = box.x1 - box.x0, box.y1 - box.y0
        if width * height >= _LARGE or max(width, height) >= _SIDE:
            covered += width * height
            around = box if around is None else around.union(box)
    return None if around is None or covered < _AREA else (around, min(1.0, covered))


def pictures(objects: Objects, frame: Frame, lines: Sequence[Line], info: PageInfo) -> tuple[Box, ...]:
    """Where pictures lie on the page as displayed, from top to bottom: those that are no icons, and over which no text is printed.

    What lies under text is its background, or a scan whose text was recognised. Pictures that touch are one, cut into tiles or stripes.
    """
    if not (objects.images or objects.forms):
        return ()
    places = list(islice(_places(objects, frame), _MOST_PICTURES + 1))
    if len(places) > _MOST_PICTURES:
        return ()
    near = (_TOUCHING / max(info.width, 1.0), _TOUCHING / max(info.height, 1.0))
    whole = [box for box in _joined(places, near) if _area(box) >= _SHOWN]
    if not whole:
        return ()
    printed = [Box(line.x0 / info.width, line.y0 / info.height, line.x1 / info.width, line.y1 / info.height) for line in lines]
    return tuple(sorted((box for box in whole if not _under(box, printed)), key=lambda box: (box.y0, box.x0)))


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


def _places(objects: Objects, frame: Frame) -> Iterator[Box]:
    """Where pictures are displayed, also those in forms."""
    for rect in _rects(objects, 0):
        box = frame.box(rect)
        if box is not None:
            yield box


def _rects(objects: Objects, depth: int) -> Iterator[Rect]:
    """Where pictures lie, in the coordinates of what the objects are drawn on."""
    bounds = tuple(ctypes.c_float() for _ in range(4))
    for image in objects.images:
        if pdfium.FPDFPageObj_GetBounds(image, *bounds):
            yield Rect(*(value.value for value in bounds))
    for form in objects.forms if depth < _DEEPEST else ():
        matrix = pdfium.FS_MATRIX()
        if pdfium.FPDFPageObj_GetMatrix(form, ctypes.byref(matrix)):
            yield from (_moved(rect, matrix) for rect in _rects(objects_in(form, _MOST_OBJECTS), depth + 1))


def _moved(rect: Rect, matrix: Any) -> Rect:
    """The rectangle round ``rect`` in the coordinates that ``matrix`` leads to."""
    corners = [(x, y) for x in (rect.left, rect.right) for y in (rect.bottom, rect.top)]
    across = [matrix.a * x + matrix.c * y + matrix.e for x, y in corners]
    up = [matrix.b * x + matrix.d * y + matrix.f for x, y in corners]
    return Rect(min(across), min(up), max(across), max(up))


def _joined(places: Sequence[Box], near: tuple[float, float]) -> list[Box]:
    """``places``, those that overlap or are ``near`` (across and down) to each other as one."""
    whole: list[Box] = []
    for place in places:
        found = place
        while touching := [box for box in whole if _touch(box, found, near)]:
            whole = [box for box in whole if box not in touching]
            for box in touching:
                found = found.union(box)
        whole.append(found)
    return whole


def _touch(first: Box, second: Box, near: tuple[float, float]) -> bool:
    across = first.x0 - near[0] <= second.x1 and second.x0 - near[0] <= first.x1
    return across and first.y0 - near[1] <= second.y1 and second.y0 - near[1] <= first.y1


def _under(picture: Box, printed: Sequence[Box]) -> bool:
    """Whether text is printed over a picture."""
    covered = sum(
        max(0.0, min(picture.x1, line.x1) - max(picture.x0, line.x0)) * max(0.0, min(picture.y1, line.y1) - max(picture.y0, line.y0))
        for line in printed
    )
    return covered > _PRINTED_OVER * _area(picture)


def _area(box: Box) -> float:
    return (box.x1 - box.x0) * (box.y1 - box.y0)
