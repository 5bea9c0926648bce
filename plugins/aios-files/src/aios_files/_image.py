"""Pictures: their pages as displayed, and rendering in the resolution they have."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from pydantic import Field

from aios_sdk import (
    AiosError,
    ComponentConfig,
    Context,
    Document,
    LimitExceeded,
    Malformed,
    PageInfo,
    Source,
    UsageError,
    component,
    implements,
)

if TYPE_CHECKING:
    import PIL.Image

_FORMATS: Final = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")
_POINTS: Final = 72.0
_PLAUSIBLE_DPI: Final = (20.0, 5000.0)
_PLAUSIBLE_ASPECT: Final = 4.0
_LONG_SIDE: Final = 2000
_NEW_SUBFILE_TYPE: Final = 254
_ORIENTATION: Final = 274
_SUBORDINATE: Final = 0b101  # a smaller version of another page, or a mask (TIFF 6.0, page 36)
_CLOCKWISE: Final = {3: 180, 4: 180, 5: 90, 6: 90, 7: 270, 8: 270}
_BAD_EXIF: Final = (OSError, ValueError, SyntaxError, TypeError, LookupError, struct.error, zlib.error, ZeroDivisionError)


class _Geometry(NamedTuple):
    """A frame as displayed: pixels per inch across and down (None where unknown or absurd), size in pixels, EXIF orientation."""

    dpi: tuple[float, float] | None
    width: int
    height: int
    orientation: int

    def page(self, index: int) -> PageInfo:
        across, down = self.dpi or (_POINTS, _POINTS)
        return PageInfo(
            index=index,
            width=round(self.width * _POINTS / across, 3),
            height=round(self.height * _POINTS / down, 3),
            rotation=_CLOCKWISE.get(self.orientation, 0),
        )


@component(
    "aios.image",
    media_types=["image/png", "image/jpeg", "image/tiff", "image/webp", "image/bmp", "image/gif"],
    isolation="process",
    provides=["pages"],
    renders=True,
)
class Image:
    """A picture as a document: every frame of a TIFF is a page, of animations the first frame.

    Pages are as displayed, after the rotation that EXIF or TIFF tags ask for. The first page is decoded at ingest, so that a broken picture
    fails there; a later TIFF page that is broken fails when it is rendered, and only that page.
    """

    class Config(ComponentConfig):
        """``max_pixels`` of a page, refused before it is decoded (Pillow decodes no more than the default); ``max_pages`` of a TIFF."""

        max_pixels: int = Field(178_956_970, ge=1, le=178_956_970)
        max_pages: int = Field(10_000, ge=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A document with pages and without text. Raises `Malformed`, or `LimitExceeded` for too many pixels or pages."""
        with source.open() as file, _opened(file, self.config.max_pixels, source.name) as image:
            frames = self._frames(image)
            first = self._load(image, frames[0])
            pages = [first.page(0), *(_later_page(image, frame, index) for index, frame in enumerate(frames[1:], 1))]
        yield Document.of(pages=tuple(pages))

    @implements
    def render(self, document: Document, page: int, dpi: int) -> PIL.Image.Image:
        """The page in RGB, transparency on white, with square pixels.

        It is never enlarged: OCR wants what the picture has. One that says its own resolution is reduced to ``dpi``, yet not below 2,000
        pixels on the longer side, because many pictures say a resolution that is not theirs.
        """
        with document.open() as file, _opened(file, self.config.max_pixels, document.name) as image:
            frames = self._frames(image)
            if not 0 <= page < len(frames):
                raise UsageError(f"{document.name!r} has {len(frames)} pages; asked for page {page}, counted from 0")
            geometry = self._load(image, frames[page])
            picture = _upright(_rgb(image), 1 if image.format == "TIFF" else geometry.orientation)
            size = _rendered_size(geometry, dpi)
            return _resized(picture, size)

    def _frames(self, image: PIL.Image.Image) -> list[int]:
        """Numbers of the frames that are pages."""
        if image.format != "TIFF":
            return [0]
        count = getattr(image, "n_frames", 1)
        if count > self.config.max_pages:
            raise LimitExceeded(f"The TIFF has {count:,} pages; {self.config.max_pages:,} are allowed", fix="Raise max_pages of aios.image")
        pages = [frame for frame in range(count) if not _is_subordinate(image, frame)]
        return pages or [0]

    def _load(self, image: PIL.Image.Image, frame: int) -> _Geometry:
        """Decode a frame; its geometry."""
        orientation = 0
        if image.format == "TIFF":
            image.seek(frame)
            _check_size(image, self.config.max_pixels)
            orientation = _tiff_tag(image, _ORIENTATION)  # decoding takes the tag away
        image.load()
        return _geometry(image, orientation or _exif_orientation(image))


@contextmanager
def _opened(file: BinaryIO, max_pixels: int, name: str) -> Iterator[PIL.Image.Image]:
    """A picture, not decoded yet; whatever its decoder raises comes out as `Malformed` or `LimitExceeded`."""
    import PIL.Image

    try:
        with PIL.Image.open(file, formats=_FORMATS) as image:
            _check_size(image, max_pixels)
            yield image
    except AiosError:
        raise
    except (PIL.Image.DecompressionBombError, MemoryError) as error:
        raise _too_large("too many pixels", max_pixels) from error
    except PIL.UnidentifiedImageError as error:
        raise Malformed(
            f"{name!r} is no picture in PNG, JPEG, TIFF, WebP, BMP or GIF",
            cause="It is damaged at its beginning, or of another kind",
            fix="Check what kind of file it is",
        ) from error
    except Exception as error:
        raise Malformed(
            f"{name!r} cannot be decoded: {error or type(error).__name__}", cause="It was cut off or damaged", fix="Get the file again"
        ) from error


def _check_size(image: PIL.Image.Image, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise _too_large(f"{width:,} x {height:,} pixels", max_pixels)


def _too_large(what: str, max_pixels: int) -> LimitExceeded:
    return LimitExceeded(
        f"The picture has {what}; {max_pixels:,} pixels are allowed", cause="It may be a bomb", fix="Raise max_pixels of aios.image"
    )


def _geometry(image: PIL.Image.Image, orientation: int) -> _Geometry:
    width, height = image.size
    dpi = _dpi(image)
    if orientation >= 5:
        dpi = dpi and (dpi[1], dpi[0])
        if image.format != "TIFF":  # Pillow gives the size of a TIFF as displayed
            width, height = height, width
    return _Geometry(dpi, width, height, orientation)


def _later_page(image: PIL.Image.Image, frame: int, index: int) -> PageInfo:
    """The page's geometry without decoding it; without a size where its header is broken."""
    try:
        image.seek(frame)
        return _geometry(image, _tiff_tag(image, _ORIENTATION)).page(index)
    except _BAD_EXIF:
        return PageInfo(index=index)


def _is_subordinate(image: PIL.Image.Image, frame: int) -> bool:
    try:
        image.seek(frame)
    except _BAD_EXIF:
        return False
    return bool(_tiff_tag(image, _NEW_SUBFILE_TYPE) & _SUBORDINATE)


def _tiff_tag(image: PIL.Image.Image, tag: int) -> int:
    try:
        value = getattr(image, "tag_v2", {}).get(tag, 0)
    except _BAD_EXIF:
        return 0
    return value if isinstance(value, int) else 0


def _exif_orientation(image: PIL.Image.Image) -> int:
    """1 to 8 (EXIF 3.0, tag 274); 1 where the EXIF data are broken, which does not spoil the picture."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _BAD_EXIF:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _dpi(image: PIL.Image.Image) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in image.info.get("dpi", ()))
    except (*_BAD_EXIF, OverflowError):
        return None
    low, high = _PLAUSIBLE_DPI
    if not (math.isfinite(across) and math.isfinite(down) and low <= min(across, down) and max(across, down) <= high):
        return None
    return (across, down) if max(across, down) <= _PLAUSIBLE_ASPECT * min(across, down) else None


def _rendered_size(geometry: _Geometry, dpi: int) -> tuple[int, int]:
    if geometry.dpi is None:
        return geometry.width, geometry.height
    across, down = geometry.dpi
    native = max(across, down)
    width, height = geometry.width * native / across, geometry.height * native / down
    scale = min(1.0, max(dpi / native, _LONG_SIDE / max(width, height)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _rgb(image: PIL.Image.Image) -> PIL.Image.Image:
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


def _upright(image: PIL.Image.Image, orientation: int) -> PIL.Image.Image:
    import PIL.Image

    turns = PIL.Image.Transpose
    method = {
        2: turns.FLIP_LEFT_RIGHT, 3: turns.ROTATE_180, 4: turns.FLIP_TOP_BOTTOM, 5: turns.TRANSPOSE,
        6: turns.ROTATE_270, 7: turns.TRANSVERSE, 8: turns.ROTATE_90,
    }.get(orientation)  # fmt: skip
    return image if method is None else image.transpose(method)


def _resized(picture: PIL.Image.Image, size: tuple[int, int]) -> PIL.Image.Image:
    import PIL.Image

    if picture.size == size:
        return picture
    return picture.resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=3.0)
