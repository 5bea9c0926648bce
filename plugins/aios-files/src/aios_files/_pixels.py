"""Pixels: whatever form they are stored in as RGB or as shades of grey, upright and square."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import PIL.Image

_REDUCIBLE: Final = ("L", "RGB", "CMYK", "YCbCr", "RGBA", "LA", "I", "F")


def grey(image: PIL.Image.Image, long_side: int) -> PIL.Image.Image:
    """The picture in shades of grey, with at most ``long_side`` pixels on a side; transparency on white."""
    factor = max(1, -(-max(image.size) // long_side))
    if image.mode.startswith("I;16"):
        image = image.convert("I")
    if image.mode in _REDUCIBLE:
        return rgb(image.reduce(factor)).convert("L")
    return (image if image.mode == "1" else rgb(image)).convert("L").reduce(factor)


def rgb(image: PIL.Image.Image) -> PIL.Image.Image:
    """The picture in RGB: transparency on white, 16 bits as 8, CMYK and palettes as the colours that they stand for."""
    import PIL.Image

    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image).convert("RGB")
    if image.has_transparency_data:
        overlay = image.convert("RGBA")
        picture = PIL.Image.new("RGB", image.size, "white")
        picture.paste(overlay, mask=overlay.getchannel("A"))
        return picture
    if image.mode == "LAB":
        from PIL import ImageCms

        transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
        return ImageCms.applyTransform(image, transform) or image.convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: PIL.Image.Image) -> PIL.Image.Image:
    """16 bits, whole numbers or fractions as 8 bits; Pillow's own conversion would cut everything above 255 off."""
    if image.mode != "F":
        image = image.convert("I")
    low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type]  # one band: two numbers
    if image.mode == "I" and low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0
    elif image.mode == "F" and low >= 0 and high <= 255:
        low, high = 0.0, 1.0 if high <= 1 else 255.0
    scale = 255 / (high - low) if high > low and math.isfinite(high - low) else 0.0
    return image.point(lambda value: value * scale - low * scale).convert("L")


def upright(image: PIL.Image.Image, orientation: int) -> PIL.Image.Image:
    """The picture as displayed, by its EXIF orientation (1 to 8)."""
    import PIL.Image

    turns = PIL.Image.Transpose
    method = {
        2: turns.FLIP_LEFT_RIGHT, 3: turns.ROTATE_180, 4: turns.FLIP_TOP_BOTTOM, 5: turns.TRANSPOSE,
        6: turns.ROTATE_270, 7: turns.TRANSVERSE, 8: turns.ROTATE_90,
    }.get(orientation)  # fmt: skip
    return image if method is None else image.transpose(method)


def resized(picture: PIL.Image.Image, size: tuple[int, int]) -> PIL.Image.Image:
    """The picture with this many pixels across and down."""
    import PIL.Image

    if picture.size == size:
        return picture
    return picture.resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=3.0)
