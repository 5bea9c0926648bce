"""A page as a reader is to see it, and the way back from the pixels of that picture to the page as displayed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from aios_sdk import Box, Page

if TYPE_CHECKING:
    from PIL.Image import Image

#: Lines that lean by less are read as well as straight ones, and turning a picture blurs it.
_STRAIGHT: Final = 0.4

#: A page with a smaller share of dark pixels holds specks of dust at most: a single digit at 10 points is 0.00004 of a letter page.
_BLANK: Final = 0.00002

_WHITE: Final = 255
_WHOLE: Final = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Scan:
    """The ``picture`` of a page, or of a ``place`` on it, in shades of grey, turned by ``angle`` degrees against the clock from the page as
    displayed, where it had the ``size`` (width, height)."""

    picture: Image
    angle: float
    size: tuple[int, int]
    place: Box = _WHOLE

    def turned(self, degrees: int) -> Scan:
        """The same turned further, by 0, 90, 180 or 270 ``degrees`` against the clock."""
        from PIL import Image

        turns = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
        return self if degrees % 360 == 0 else self._as(self.picture.transpose(turns[degrees % 360]), degrees)

    def straightened(self, degrees: float) -> Scan:
        """The same turned by ``degrees`` against the clock, on a white ground that has room for all of it."""
        from PIL import Image

        straight = self.picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=_WHITE)
        return self._as(straight, degrees)

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """The box on the page as displayed round a rectangle of the picture, in pixels."""
        (width, height), angle = self.size, math.radians(self.angle)
        middle_x, middle_y = self.picture.width / 2, self.picture.height / 2
        cosine, sine = math.cos(angle), math.sin(angle)
        corners = [(x - middle_x, y - middle_y) for x in (left, right) for y in (top, bottom)]
        across = [(x * cosine - y * sine) / width + 0.5 for x, y in corners]
        down = [(x * sine + y * cosine) / height + 0.5 for x, y in corners]
        x0, y0, x1, y1 = self.place
        wide, high = x1 - x0, y1 - y0
        return Box.of(x0 + wide * min(across), y0 + high * min(down), x0 + wide * max(across), y0 + high * max(down))

    def _as(self, picture: Image, degrees: float) -> Scan:
        return replace(self, picture=picture, angle=self.angle + degrees)


def scan(page: Page, dpi: int) -> tuple[Scan, list[str]]:
    """The page at ``dpi``, turned and straightened as its measures say; and what was done, in words. A page is not looked at twice."""
    picture = page.image(dpi).convert("L")
    found, done = Scan(picture, 0.0, picture.size), []
    turned, skew = page.info.turned or 0, page.info.skew or 0.0
    if turned:
        found = found.turned(turned)
        done.append(f"turned by {turned} degrees")
    if abs(skew) >= _STRAIGHT:
        found = found.straightened(skew)
        done.append(f"straightened by {skew:g} degrees")
    return found, done


def parts(page: Page, dpi: int, places: Sequence[Box]) -> Iterator[Scan]:
    """What lies at ``places`` on the page, drawn once at ``dpi``."""
    picture = page.image(dpi).convert("L")
    for place in places:
        left, right = (round(x * picture.width) for x in (place.x0, place.x1))
        top, bottom = (round(y * picture.height) for y in (place.y0, place.y1))
        corners = (left, top, max(right, left + 1), max(bottom, top + 1))
        cut = picture.crop(corners)
        yield Scan(cut, 0.0, cut.size, Box.of(*(edge / side for edge, side in zip(corners, picture.size * 2, strict=True))))


def is_blank(page: Page) -> bool:
    """Whether the page was measured and is blank."""
    return page.info.ink is not None and page.info.ink < _BLANK
