"""Ruling lines in the pixels of a page: long runs that are darker than the paper on both of their sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from aios_sdk import Box

from ._grids import Rule

if TYPE_CHECKING:
    from ._upright import Upright

Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
Places: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

#: In sizes of the font: a line is looked at in pieces so long, is at most so thick, and rules nothing where it is shorter than this.
_PIECE: Final = 0.2
_THICK: Final = 0.35
_SHORTEST: Final = 1.8
#: So many pieces in a row may be missing in a line, and this share of all.
_GAP: Final = 2
_WHOLE: Final = 0.75
#: A line is darker than the paper by this much (of 255).
_DARKER: Final = 16
#: At least this share of a line lies beside the words, or it is the feet of letters in a row.
_FREE: Final = 0.5
#: More runs of pieces than this, of which each row of pixels in a line has one, are a drawing, or the grain of a photo.
_MOST: Final = 8_000
#: How far the lean of ruling lines may be from that of the words, in degrees, and in which steps it is looked for, first coarsely and then
#: about what was found; and with how many pieces of lines.
_LEANS: Final = ((1.6, 0.2), (0.2, 0.05))
_ENOUGH: Final = 60


def ruling_lines(pixels: Pixels, page: Upright, words: Sequence[Box], size: float) -> tuple[list[Rule], list[Rule], Upright]:
    """The horizontal and the vertical lines on the page turned back (``pixels``, in shades of grey), in pixels of the upright page, whose
    lean is found out more exactly by them; ``words`` are boxes on the page as displayed, ``size`` is that of the font in pixels."""
    across = _pieces(pixels, size)
    page = _refined(page, across)
    boxes = np.array([page.box(word) for word in words]).reshape(-1, 4) * (page.width, page.height, page.width, page.height)
    rows = _beside(_lines(across, page, _piece(size), size, False), boxes)
    if len(rows) < 2:  # no table is ruled by these, whatever stands upright
        return rows, [], page
    down = _pieces(np.ascontiguousarray(pixels.T), size)[:, ::-1]
    return rows, _beside(_lines(down, page, _piece(size), size, True), boxes[:, (1, 0, 3, 2)]), page


def _beside(rules: Sequence[Rule], words: Places) -> list[Rule]:
    """Those of ``rules`` that are no parts of words; of these the columns are where they begin and end, along the rules and across."""
    found = []
    for rule in rules:
        met = words[(words[:, 1] < rule.at) & (words[:, 3] > rule.at)]
        within = np.minimum(met[:, 2], rule.end) - np.maximum(met[:, 0], rule.start)
        if within[within > 0].sum() <= (1 - _FREE) * (rule.end - rule.start):
            found.append(rule)
    return found


def _piece(size: float) -> int:
    return max(4, round(_PIECE * size))


def _pieces(pixels: Pixels, size: float) -> Places:
    """The middles (x, y) of pieces of horizontal lines: all of their pixels are darker than the paper above and below."""
    piece, reach = _piece(size), max(3, round(_THICK * size))
    height, width = pixels.shape[0], pixels.shape[1] // piece * piece
    if height < 4 * reach or width < piece:
        return np.zeros((0, 2))
    pixels = pixels[:, :width]
    # A line that leans goes from one row of pixels to the next within a piece.
    thick = pixels.copy()
    np.minimum(thick[1:], pixels[:-1], out=thick[1:])
    np.minimum(thick[:-1], pixels[1:], out=thick[:-1])
    lightest = thick[:, ::piece].copy()
    paper = pixels[:, ::piece].astype(np.uint16)
    for step in range(1, piece):
        np.maximum(lightest, thick[:, step::piece], out=lightest)
        paper += pixels[:, step::piece]
    paper //= piece
    above, below = np.zeros_like(paper), np.zeros_like(paper)
    for step in range(2, reach + 2):
        np.maximum(above[step:], paper[:-step], out=above[step:])
        np.maximum(below[:-step], paper[step:], out=below[:-step])
    found_y, found_x = np.nonzero(np.minimum(above, below) > lightest + np.uint16(_DARKER))
    return np.column_stack(((found_x + 0.5) * piece, found_y + 0.5))


def _refined(page: Upright, across: Places) -> Upright:
    """``page`` with the lean under which the pieces of horizontal lines lie in the fewest rows."""
    if len(across) < _ENOUGH:
        return page
    for reach, step in _LEANS:
        leans = page.skew + np.arange(-reach, reach + step / 2, step)
        # Of equals the one nearest to what is known.
        scores = [(_sharpness(page._replace(skew=float(lean)), across), -abs(float(lean) - page.skew), float(lean)) for lean in leans]
        page = page._replace(skew=max(scores)[2])
    return page


def _sharpness(page: Upright, across: Places) -> int:
    levels = np.round(page.straight(across[:, 0], across[:, 1])[1]).astype(np.int64)  # type: ignore[arg-type]  # of arrays as of numbers
    return int((np.bincount(levels - levels.min()) ** 2).sum())


def _straight(places: Places, page: Upright) -> Places:
    x, y = page.straight(places[:, 0], places[:, 1])  # type: ignore[arg-type]  # of arrays as of numbers
    return np.column_stack((x, y))


def _lines(places: Places, page: Upright, piece: int, size: float, down: bool) -> list[Rule]:
    """The lines that pieces lying in a row make."""
    if not len(places):
        return []
    straight = _straight(places, page)
    along, level = (straight[:, 1], straight[:, 0]) if down else (straight[:, 0], straight[:, 1])
    first, top = float(along.min()), float(level.min())
    columns, rows = ((along - first) / piece).astype(np.int64), np.round(level - top).astype(np.int64)
    found = np.zeros((rows.max() + 3, columns.max() + 1), np.bool_)
    found[rows + 1, columns] = True
    near = found.copy()  # what leans a little still, or is bent
    near[1:] |= found[:-1]
    near[:-1] |= found[1:]
    runs = _runs(near, max(3, round(_SHORTEST * size / piece)))
    if len(runs) > _MOST:
        return []
    return [
        Rule(
            float(np.average([row for row, _, _ in group], weights=[end - start for _, start, end in group])) - 1 + top,
            min(start for _, start, _ in group) * piece + first - piece / 2,
            max(end for _, _, end in group) * piece + first - piece / 2,
        )
        for group in _joined(runs)
    ]


def _runs(found: np.ndarray[Any, np.dtype[np.bool_]], shortest: int) -> list[tuple[int, int, int]]:
    """The runs in each row as row, start and end, which small gaps do not part."""
    rows, columns = np.nonzero(found)
    if not len(rows):
        return []
    breaks = np.flatnonzero((np.diff(rows) != 0) | (np.diff(columns) > _GAP + 1)) + 1
    starts, ends = np.concatenate(([0], breaks)), np.concatenate((breaks, [len(rows)])) - 1
    lengths = columns[ends] - columns[starts] + 1
    kept = (lengths >= shortest) & (ends - starts + 1 >= _WHOLE * lengths)
    return [
        (int(row), int(start), int(end) + 1)
        for row, start, end in zip(rows[starts[kept]], columns[starts[kept]], columns[ends[kept]], strict=True)
    ]


def _joined(runs: list[tuple[int, int, int]]) -> list[list[tuple[int, int, int]]]:
    """Runs that lie beside each other in neighbouring rows, together."""
    groups: list[list[tuple[int, int, int]]] = []
    for run in runs:
        row, start, end = run
        near = [
            group
            for group in groups[-200:]
            if any(other[0] >= row - 2 and other[1] <= end + _GAP and other[2] >= start - _GAP for other in group[-4:])
        ]
        if not near:
            groups.append([run])
            continue
        near[0].append(run)
        for group in near[1:]:
            near[0] += group
            groups.remove(group)
    return groups
