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
    StepError,
    Unavailable,
    UsageError,
    component,
    implements,
)

from ._cut import mended
from ._measures import LONG_SIDE, Measures, measured
from ._pixels import grey, resized, rgb, upright

if TYPE_CHECKING:
    import PIL.Image

_FORMATS: Final = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "JPEG2000", "AVIF")
#: How files of HEIC begin behind their length (ISO/IEC 23008-12): telephones take pictures in it, which Pillow does not read by itself.
_HEIC: Final = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1")
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

    def square(self, long_side: float) -> tuple[int, int]:
        """Its size in square pixels, of which the longer side has so many."""
        across, down = self.dpi or (1.0, 1.0)
        width, height = self.width / across, self.height / down
        scale = long_side / max(width, height)
        return max(1, round(width * scale)), max(1, round(height * scale))

    def page(self, index: int, measures: Measures | None = None) -> PageInfo:
        """The page, with what was measured in its picture."""
        across, down = self.dpi or (_POINTS, _POINTS)
        return PageInfo(
            index=index,
            width=round(self.width * _POINTS / across, 3),
            height=round(self.height * _POINTS / down, 3),
            rotation=_CLOCKWISE.get(self.orientation, 0),
            **(measures._asdict() if measures else {}),
        )


@component(
    "aios.image",
    media_types=["image/png", "image/jpeg", "image/tiff", "image/webp", "image/bmp", "image/gif", "image/jp2", "image/avif", "image/heic"],
    isolation="process",
    provides=["pages"],
    renders=True,
)
class Image:
    """A picture as a document: every frame of a TIFF is a page, of animations and bursts the first frame.

    Pages are as displayed, after the rotation that EXIF or TIFF tags ask for. Each is decoded at ingest, and measured: how much ink there
    is, how sharp it is, by how much lines lean, and which way it is turned where that is sure. A page that cannot be decoded stays a page,
    without measures; the others are kept, and the failure is told.
    """

    class Config(ComponentConfig):
        """``max_pixels`` of a page, refused before it is decoded (Pillow decodes no more than the default); ``max_pages`` of a TIFF;
        ``measure``: whether pages are measured, which takes some 0.05 s each."""

        max_pixels: int = Field(178_956_970, ge=1, le=178_956_970)
        max_pages: int = Field(10_000, ge=1)
        measure: bool = True

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A document with pages and without text.

        Raises `Malformed`, or `LimitExceeded` for too many pixels or pages; after the document where some pages can be decoded, or no more
        than a tenth of a JPEG is missing at its bottom. For HEIC without the package that decodes it, `Unavailable` with the command that
        installs it.
        """
        pages: list[PageInfo] = []
        broken: dict[int, StepError] = {}
        with source.open() as given, _opened(given, self.config.max_pixels, source.name) as (image, missing):
            frames = self._frames(image)
            for index, frame in enumerate(frames):
                context.remaining()
                what = f"Page {index + 1} of {source.name!r}" if len(frames) > 1 else repr(source.name)
                try:
                    with _decoding(self.config.max_pixels, what):
                        pages.append(self._page(image, frame, index))
                except StepError as error:
                    pages.append(_bare_page(image, frame, index))
                    broken[index] = error
        if len(broken) < len(pages):
            yield Document.of(pages=tuple(pages))
        if missing:
            raise Malformed(
                f"The last {missing:.1%} of {source.name!r} are missing; what is above them was read",
                cause="It was cut off",
                fix="Get the file again",
            )
        if broken:
            first, others = next(iter(broken.values())), len(broken) - 1
            more = f" (and {others:,} other page{'s' * (others > 1)} of {len(pages):,})" if others else ""
            raise type(first)(first.what + more, cause=first.cause, fix=first.fix) from first

    @implements
    def render(self, document: Document, page: int, dpi: int) -> PIL.Image.Image:
        """The page in RGB, transparency on white, with square pixels.

        It is never enlarged: OCR wants what the picture has. One that says its own resolution is reduced to ``dpi``, yet not below 2,000
        pixels on the longer side, because many pictures say a resolution that is not theirs.
        """
        with document.open() as given, _opened(given, self.config.max_pixels, document.name) as (image, _):
            frames = self._frames(image)
            if not 0 <= page < len(frames):
                raise UsageError(f"{document.name!r} has {len(frames)} pages; asked for page {page}, counted from 0")
            geometry = self._load(image, frames[page])
            picture = upright(rgb(image), 1 if image.format == "TIFF" else geometry.orientation)
            size = _rendered_size(geometry, dpi)
            return resized(picture, size)

    def _frames(self, image: PIL.Image.Image) -> list[int]:
        """Numbers of the frames that are pages."""
        if image.format != "TIFF":
            return [0]
        count = getattr(image, "n_frames", 1)
        if count > self.config.max_pages:
            raise LimitExceeded(f"The TIFF has {count:,} pages; {self.config.max_pages:,} are allowed", fix="Raise max_pages of aios.image")
        pages = [frame for frame in range(count) if not _is_subordinate(image, frame)]
        return pages or [0]

    def _page(self, image: PIL.Image.Image, frame: int, index: int) -> PageInfo:
        geometry = self._load(image, frame)
        if not self.config.measure:
            return geometry.page(index)
        picture = upright(grey(image, LONG_SIDE), 1 if image.format == "TIFF" else geometry.orientation)
        return geometry.page(index, measured(resized(picture, geometry.square(max(picture.size)))))

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
def _opened(given: BinaryIO, max_pixels: int, name: str) -> Iterator[tuple[PIL.Image.Image, float]]:
    """A picture, not decoded yet, of which decoding may fail as `_decoding` says, and the share that is missing at its bottom."""
    import PIL.Image

    with _decoding(max_pixels, repr(name)):
        file, missing = mended(given, max_pixels)
        head = file.read(12)
        file.seek(0)
        with PIL.Image.open(file, formats=_with_heic() if head.endswith(_HEIC) else _FORMATS) as image:
            _check_size(image, max_pixels)
            yield image, missing


def _with_heic() -> tuple[str, ...]:
    """The formats of pictures with that of HEIC, which Pillow knows from now on."""
    try:
        import pi_heif
    except ImportError as error:
        raise Unavailable(
            "There is no package 'pi-heif', which decodes pictures in HEIC",
            cause="It is not installed, or not for this system" if isinstance(error, ModuleNotFoundError) else str(error),
            fix="Install it: pip install 'aios-files[heic]'",
        ) from error
    pi_heif.register_heif_opener()
    return (*_FORMATS, "HEIF")  # what says no more than mif1 may be AVIF


@contextmanager
def _decoding(max_pixels: int, what: str) -> Iterator[None]:
    """Whatever a decoder raises, as `Malformed` or `LimitExceeded`."""
    import PIL.Image

    try:
        yield
    except AiosError:
        raise
    except (PIL.Image.DecompressionBombError, MemoryError) as error:
        raise _too_large("too many pixels", max_pixels) from error
    except PIL.UnidentifiedImageError as error:
        raise Malformed(
            f"{what} is no picture in PNG, JPEG, TIFF, WebP, BMP, GIF, JPEG 2000, AVIF or HEIC",
            cause="It is damaged at its beginning, or of another kind",
            fix="Check what kind of file it is",
        ) from error
    except Exception as error:
        raise Malformed(
            f"{what} cannot be decoded: {error or type(error).__name__}", cause="It was cut off or damaged", fix="Get the file again"
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


def _bare_page(image: PIL.Image.Image, frame: int, index: int) -> PageInfo:
    """A page that cannot be decoded: its geometry, without a size where even its header is broken."""
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
    longer = max(geometry.width * native / across, geometry.height * native / down)
    return geometry.square(longer * min(1.0, max(dpi / native, _LONG_SIDE / longer)))
