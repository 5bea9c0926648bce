"""The ruling lines of a page, out of the paths that it draws."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pypdfium2.raw as pdfium
from aios_layout import Rule

from ._glyphs import Frame, Rect

#: A rectangle thinner than this many points is a line.
_THIN: Final = 3.0
#: A shorter line than this rules nothing.
_SHORTEST: Final = 5.0
#: More paths than this are a drawing, and not looked at.
_MOST_PATHS: Final = 3_000
#: Fills with all colours above this (of 255) show no edge on paper.
_WHITE: Final = 250
#: Segments of one path that are looked at.
_MOST_SEGMENTS: Final = 400


def ruling_lines(paths: Sequence[Any], frame: Frame, width: float, height: float) -> tuple[list[Rule], list[Rule]]:
    """The horizontal and the vertical lines among the ``paths`` of a page, in points from the top left as displayed."""
    across: list[Rule] = []
    down: list[Rule] = []
    pen = _Pen()
    for path in paths if len(paths) <= _MOST_PATHS else ():
        for rect in pen.strokes(path):
            box = frame.box(rect)
            if box is None:
                continue
            x0, y0, x1, y1 = box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height
            if y1 - y0 <= _THIN and x1 - x0 >= _SHORTEST:
                across.append(Rule((y0 + y1) / 2, x0, x1))
            elif x1 - x0 <= _THIN and y1 - y0 >= _SHORTEST:
                down.append(Rule((x0 + x1) / 2, y0, y1))
    return across, down


class _Pen:
    """Asks PDFium where paths go; keeps the variables that its answers are written to, for they cost more than the calls."""

    def __init__(self) -> None:
        self._floats: Final = (ctypes.c_float(), ctypes.c_float(), ctypes.c_float(), ctypes.c_float())
        self._places: Final = tuple(ctypes.byref(value) for value in self._floats)
        self._modes: Final = (ctypes.c_int(), ctypes.c_int())
        self._mode_places: Final = tuple(ctypes.byref(value) for value in self._modes)

    def strokes(self, path: Any) -> Iterator[Rect]:
        """The lines of a path as thin rectangles, in the coordinates of the page."""
        if not pdfium.FPDFPageObj_GetBounds(path, *self._places):
            return
        left, bottom, right, top = (value.value for value in self._floats)
        if max(right - left, top - bottom) < _SHORTEST:
            return
        if not pdfium.FPDFPath_GetDrawMode(path, *self._mode_places):
            return
        fill, stroke = (mode.value for mode in self._modes)
        if not (fill or stroke):
            return  # it only clips
        if min(right - left, top - bottom) <= _THIN:
            yield Rect(left, bottom, right, top)
            return
        count = pdfium.FPDFPath_CountSegments(path)
        if 2 <= count <= _MOST_SEGMENTS and (stroke or not _is_white(path)):
            yield from self._legs(path, count)

    def _legs(self, path: Any, count: int) -> Iterator[Rect]:
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFPageObj_GetMatrix(path, ctypes.byref(matrix))
        at_x, at_y, *_ = self._floats
        start = last = (0.0, 0.0)
        for index in range(count):
            segment = pdfium.FPDFPath_GetPathSegment(path, index)
            kind = pdfium.FPDFPathSegment_GetType(segment)
            pdfium.FPDFPathSegment_GetPoint(segment, *self._places[:2])
            x, y = at_x.value, at_y.value
            point = (matrix.a * x + matrix.c * y + matrix.e, matrix.b * x + matrix.d * y + matrix.f)
            if kind == pdfium.FPDF_SEGMENT_MOVETO:
                start = point
            elif kind == pdfium.FPDF_SEGMENT_LINETO:
                yield _between(last, point)
            last = point
            if pdfium.FPDFPathSegment_GetClose(segment):
                yield _between(point, start)
                last = start


def _is_white(path: Any) -> bool:
    colours = [ctypes.c_uint() for _ in range(4)]
    return bool(pdfium.FPDFPageObj_GetFillColor(path, *map(ctypes.byref, colours))) and min(c.value for c in colours[:3]) > _WHITE


def _between(first: tuple[float, float], second: tuple[float, float]) -> Rect:
    return Rect(min(first[0], second[0]), min(first[1], second[1]), max(first[0], second[0]), max(first[1], second[1]))
