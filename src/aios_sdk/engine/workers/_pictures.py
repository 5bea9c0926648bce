"""Pictures as they go between processes: no more than their pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...errors import ContractError, LimitExceeded
from ._wire import LARGEST, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

#: Modes of pictures that are no more than their pixels; one with a palette is turned into RGB.
_PLAIN: Final = frozenset({"1", "L", "LA", "RGB", "RGBA", "CMYK", "I", "I;16", "F"})


def packed(image: Image, page: int, dpi: int) -> Picture:
    """``image``, drawn of ``page``, as it is sent. Raises `LimitExceeded` when it is too large for that."""
    if image.mode not in _PLAIN:
        image = image.convert("RGB")
    pixels = image.tobytes()
    if len(pixels) > LARGEST >> 1:
        raise LimitExceeded(f"page {page} at {dpi} dpi takes {len(pixels):,} bytes", fix="Ask for fewer dots per inch")
    return Picture(image.mode, image.width, image.height, pixels)


def unpacked(picture: Picture, component: str) -> Image:
    """What was sent, as a picture. Raises `ContractError` when it is none."""
    from PIL import Image

    try:
        if not 0 < picture.width * picture.height <= 8 * len(picture.pixels):
            raise ValueError("its size is not that of its pixels")
        return Image.frombytes(picture.mode, (picture.width, picture.height), picture.pixels)
    except ValueError as error:
        raise ContractError(f"render gave no picture: {error}", component=component) from error
