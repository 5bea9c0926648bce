"""What a picture of a page is like: how much ink, how sharp, how straight, and which way up; by Pillow alone, in some 0.05 s."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image

#: Pictures are looked at with at most so many pixels on the longer side.
LONG_SIDE: Final = 2000

_MARGIN: Final = 0.015
_DARKER: Final = 40  # than the ground about it, of 255 shades: noise of scanners and JPEG lies below, pencil above
_GROUND: Final = 8
_SAMPLES: Final = 200
_CONTRAST: Final = 48
_FEWEST_EDGES: Final = 20
_COARSE, _FINE = 400, 800  # pixels on the longer side
_WIDEST: Final = 15.0
_CLEAR: Final = 1.5
_LEAST_INK: Final = 0.0005
_LINES: Final = 4


class Measures(NamedTuple):
    """The measures of `aios_sdk.PageInfo`; None for what cannot be told."""

    ink: float
    sharpness: float
    skew: float | None
    turned: int | None


def measured(grey: Image) -> Measures:
    """The measures of a picture in shades of grey, as displayed, with at most `LONG_SIDE` pixels on a side."""
    grey = _dark_on_light(grey)
    dark = _dark(grey)
    width, height = dark.size
    across, down = round(width * _MARGIN), round(height * _MARGIN)
    ink = _share(dark.crop((across, down, max(across + 1, width - across), max(down + 1, height - down))))
    if ink < _LEAST_INK:
        return Measures(round(ink, 6), _sharpness(grey, dark), None, None)
    skew, turned = _direction(dark)
    return Measures(round(ink, 6), _sharpness(grey, dark), skew, turned)


# -- ink ---------------------------------------------------------------------------------------------------------------


def _dark_on_light(grey: Image) -> Image:
    """The picture, turned into its negative where it is light on dark."""
    from PIL import ImageOps

    return ImageOps.invert(grey) if _share(grey) < 0.4 else grey


def _dark(grey: Image) -> Image:
    """White where the picture is darker than the ground about it, which may be grey, yellowed or in a shadow."""
    from PIL import ImageChops, ImageFilter
    from PIL.Image import Resampling

    ground = _spread(grey.reduce(_GROUND), 3).filter(ImageFilter.BoxBlur(2)).resize(grey.size, Resampling.BILINEAR)
    return ImageChops.subtract(ground, grey).point([0] * _DARKER + [255] * (256 - _DARKER))


def _spread(grey: Image, doublings: int, *, lightest: bool = True) -> Image:
    """The lightest (or darkest) shade within a square of 2 to the power of ``doublings`` pixels about each."""
    from PIL import ImageChops, ImageOps

    pick, half = (ImageChops.lighter if lightest else ImageChops.darker), (1 << doublings) // 2
    size = grey.size
    grey = ImageOps.expand(grey, 2 * half, 0 if lightest else 255)  # what is shifted out of a picture comes in at its other side
    for doubling in range(doublings):
        for step in ((1 << doubling, 0), (0, 1 << doubling)):
            grey = pick(grey, ImageChops.offset(grey, *step))
    return grey.crop((3 * half, 3 * half, 3 * half + size[0], 3 * half + size[1]))


def _share(grey: Image) -> float:
    """The mean shade, 0..1."""
    return sum(shade * count for shade, count in enumerate(grey.histogram())) / (255 * grey.width * grey.height)


# -- sharpness ---------------------------------------------------------------------------------------------------------


def _sharpness(grey: Image, dark: Image) -> float:
    """The steepest step between neighbours as a share of the contrast within 16 pixels: the median of what lies about ink."""
    from PIL import ImageChops
    from PIL.Image import Resampling

    steps = ImageChops.lighter(*(ImageChops.difference(grey, ImageChops.offset(grey, *one)) for one in ((1, 0), (0, 1))))
    for edge in ((0, 0, 1, steps.height), (0, 0, steps.width, 1)):
        steps.paste(0, edge)  # the step to the other side of the picture
    contrast = ImageChops.subtract(_spread(grey, 4), _spread(grey, 4, lightest=False))
    size = min(_SAMPLES, steps.width), min(_SAMPLES, steps.height)
    looks = (picture.resize(size, Resampling.NEAREST).tobytes() for picture in (_spread(steps, 4), contrast, _spread(dark, 4)))
    found = sorted(step / whole for step, whole, ink in zip(*looks, strict=True) if ink and whole >= _CONTRAST)
    return round(min(1.0, found[len(found) // 2]), 3) if len(found) >= _FEWEST_EDGES else 0.0


# -- direction ---------------------------------------------------------------------------------------------------------


def _direction(dark: Image) -> tuple[float | None, int | None]:
    """By how much lines lean and the page is turned, by projection profiles (W. Postl, US patent 4,723,297): ink that is summed up along
    lines of text changes most from row to row where the lines are met exactly."""
    from PIL.Image import Transpose

    on_side = dark.transpose(Transpose.ROTATE_90)
    along, across = (_lean(picture, _COARSE, -_WIDEST, _WIDEST, 1.0) for picture in (dark, on_side))
    if along.score < _CLEAR * across.score and across.score < _CLEAR * along.score:
        return None, None
    picture = dark if along.score > across.score else on_side
    coarse = along if along.score > across.score else across
    if not coarse.is_clear:
        return None, None
    lean = _lean(picture, _FINE, coarse.angle - 1.0, coarse.angle + 1.0, 0.1).angle
    which = _upright(_sheared(picture, lean))
    if picture is dark:
        return lean, {1: 0, -1: 180}.get(which)
    return (lean, 90 if which > 0 else 270) if which else (None, None)


class _Lean(NamedTuple):
    angle: float
    score: float
    is_clear: bool


def _lean(dark: Image, long_side: int, start: float, end: float, step: float) -> _Lean:
    """The angle, clockwise in degrees, along which the profile is sharpest; clear where the others are much less so."""
    small = _reduced(dark, long_side)
    angles = [round(start + step * number, 3) for number in range(round((end - start) / step) + 1)]
    scores = [_steepness(_profile(_sheared(small, angle))) for angle in angles]
    best = max(scores)
    # Of equals, as of a picture without any lines, the one that is nearest to straight.
    angle = min((angle for angle, score in zip(angles, scores, strict=True) if score == best), key=abs)
    return _Lean(angle + 0.0, best, best > _CLEAR * sorted(scores)[len(scores) // 2] > 0)


def _reduced(picture: Image, long_side: int) -> Image:
    return picture.reduce(max(1, -(-max(picture.size) // long_side)))


def _sheared(picture: Image, angle: float) -> Image:
    """Columns moved so that lines which lean by ``angle`` lie along rows."""
    from PIL.Image import Resampling, Transform

    slope = math.tan(math.radians(angle))
    return picture.transform(picture.size, Transform.AFFINE, (1, 0, 0, slope, 1, -slope * picture.width / 2), Resampling.NEAREST)


def _profile(picture: Image) -> list[int]:
    """How much ink each row has; summed up over eight parts, each of which is rounded to 255 steps."""
    from PIL.Image import Resampling

    parts = picture.resize((8, picture.height), Resampling.BOX).tobytes()
    return [sum(parts[start : start + 8]) for start in range(0, len(parts), 8)]


def _steepness(profile: list[int]) -> float:
    return sum((one - other) ** 2 for one, other in pairwise(profile)) / max(1, len(profile))


def _upright(picture: Image) -> int:
    """1 where lines of text stand upright, -1 where they stand on their head, 0 where one cannot be sure.

    More letters of western scripts have a part above the others (b, d, f, capitals, digits) than one below (g, p, q, y): of each line the
    ink above its dense middle is held against the ink below. A line without small letters has no such middle and no say.
    """
    profile = _profile(picture)
    floor = max(profile) / 50
    votes, start = [], None
    for row, ink in enumerate([*profile, 0]):
        if ink > floor and start is None:
            start = row
        elif ink <= floor and start is not None:
            votes.append(_vote(profile[start:row]))
            start = None
    up, down = votes.count(1), votes.count(-1)
    if max(up, down) < _LINES or max(up, down) < 4 * min(up, down):
        return 0
    return 1 if up > down else -1


def _vote(line: list[int]) -> int:
    if not 8 <= len(line) <= 80:
        return 0
    dense = [row for row, ink in enumerate(line) if ink > max(line) / 2]
    body = sorted(line[dense[0] : dense[-1] + 1])
    if max(line) > 1.5 * body[len(body) // 2]:
        return 0  # a stroke that letters hang from, as in Devanagari, or a rule
    above, below = sum(line[: dense[0]]), sum(line[dense[-1] + 1 :])
    tails = above + below
    if not 0.03 * sum(line) < tails < 0.45 * sum(line):
        return 0
    return 1 if above > 1.6 * below else -1 if below > 1.6 * above else 0
