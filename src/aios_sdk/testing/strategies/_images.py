"""Pictures of every form that Pillow writes: one pixel, palettes, transparency, 16 bits, CMYK, turned by EXIF, several pages."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from ..samples._paper import Paper
from ._texts import page_contents


class _Form(NamedTuple):
    kind: str
    mode: str
    options: Mapping[str, Any] = MappingProxyType({})


_FORMS: Final[dict[str, tuple[_Form, ...]]] = {
    "image/png": tuple(_Form("PNG", mode) for mode in ("RGB", "L", "1", "P", "LA", "RGBA", "I;16")),
    "image/jpeg": (_Form("JPEG", "RGB"), _Form("JPEG", "L"), _Form("JPEG", "CMYK"), _Form("JPEG", "RGB", {"progressive": True})),
    "image/tiff": (
        *(_Form("TIFF", mode) for mode in ("RGB", "L", "CMYK", "RGBA", "I;16", "LAB")),
        _Form("TIFF", "1", {"compression": "group4"}),
        _Form("TIFF", "RGB", {"save_all": True, "compression": "tiff_lzw"}),
    ),
    "image/webp": (_Form("WEBP", "RGB", {"lossless": True}), _Form("WEBP", "RGBA", {"lossless": True})),
    "image/bmp": tuple(_Form("BMP", mode) for mode in ("RGB", "L", "1", "P")),
    "image/gif": (_Form("GIF", "P"), _Form("GIF", "L"), _Form("GIF", "P", {"save_all": True})),
}
_TURNABLE: Final = ("JPEG", "PNG", "TIFF", "WEBP")


@cache
def images(media_type: str | None = None) -> st.SearchStrategy[bytes]:
    """Sound pictures as files, by default of any media type: from 1 x 1 pixel, in grey, black and white, palette, CMYK, 16 bits, with
    transparency, turned by EXIF, with odd resolutions, of several pages. Some show a line of text. Raises ``KeyError`` for another media
    type. Example::

        @given(strategies.images("image/png"))
        def test_every_picture_has_a_size(data):
            assert measure(data) > (0, 0)
    """
    forms = [form for kind in ([media_type] if media_type else list(_FORMS)) for form in _FORMS[kind]]
    sizes = st.tuples(st.sampled_from([1, 8, 64, 33]), st.sampled_from([1, 8, 64, 33]))
    picture = st.builds(_blank, sizes, st.sampled_from(["white", "black", "red", "#808080"])) | page_contents().map(
        lambda content: Paper.of(content, size=(200.0, 60.0)).draw(72)
    )
    return st.builds(
        _encoded,
        picture,
        st.sampled_from(forms),
        orientation=st.sampled_from([1, *range(1, 9), 0, 99]),
        dpi=st.sampled_from([None, (72, 72), (300, 300), (204, 98), (1, 1)]),
    )


def picture_types() -> tuple[str, ...]:
    """The media types that `images` writes."""
    return tuple(_FORMS)


def _blank(size: tuple[int, int], colour: str) -> Any:
    from PIL import Image

    return Image.new("RGB", size, colour)


def _encoded(picture: Any, form: _Form, *, orientation: int, dpi: tuple[int, int] | None) -> bytes:
    from PIL import Image

    options = dict(form.options)
    image = _in_mode(picture, form.mode)
    if orientation != 1 and form.kind in _TURNABLE and "compression" not in options:
        exif = Image.Exif()
        exif[274] = orientation
        options["exif"] = exif.tobytes() if form.kind != "TIFF" else exif
    if dpi is not None and form.kind in ("PNG", "JPEG", "TIFF", "BMP"):
        options["dpi"] = dpi
    if options.get("save_all"):
        options["append_images"] = [image.rotate(180)]
    file = io.BytesIO()
    image.save(file, form.kind, **options)
    return file.getvalue()


def _in_mode(picture: Any, mode: str) -> Any:
    from PIL import Image, ImageCms

    if mode == "I;16":
        grey = picture.convert("L")
        return Image.frombytes("I;16", grey.size, b"".join(bytes((0, value)) for value in grey.tobytes()))
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        return ImageCms.applyTransform(picture, ImageCms.buildTransform(srgb, lab, "RGB", "LAB"))
    if mode in ("LA", "RGBA"):
        other = picture.convert(mode)
        other.putalpha(Image.linear_gradient("L").resize(picture.size))
        return other
    return picture.convert(mode)
