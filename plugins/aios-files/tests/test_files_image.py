"""What a picture gives."""

from __future__ import annotations

import base64
import io
import re
import sys
from contextlib import suppress
from pathlib import Path

import PIL.Image
import pytest
from aios_files import Image
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import Context, Document, LimitExceeded, Malformed, Source, StepError, Unavailable

CONTEXT = Context(run="r", step="s", scratch=Path("unused"))
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "JPEG2000", "AVIF")
#: `corners` of 128 by 64 pixels in HEIC (by pillow-heif 1.8), lying on its side and to be turned by 90 degrees: its pixels are 64 by 128.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAaFtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB"
    "xQABAAAAAAAAAJcAAgAAAAACXAABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAA"
    "AAABAAAA4GlwcnAAAADAaXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAA"
    "AwAAAwAeoBAgQWW6kkprm4CGgwIAAAMAMgAAAwACEGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAACAAAAAQAAAABBwaXhpAAAAAAMI"
    "CAgAAAAJaXJvdAMAAAAYaXBtYQAAAAAAAAABAAEFgQIDBIUAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAMNtZGF0AAAAkygBrwngxxk2oj//+9F9//7cx6H+tbOQ"
    "aRf//x1vDv9SWD//kFMDNCKKxH3SopxOHvao6rQQwI+52qVipgs9qgaHZWFJTfe9W4f56XYwqfZCLzyt5e4QiUxzFiXWH8Rt8xp5HGHgPfPKj9f636f5NUp+ptP/85dH"
    "f9kat/+UdC1taXY/razx/6klp/4L4nZL/5l4/gAAAAZFeGlmAABNTQAqAAAACAABARIAAwAAAAEABgAAAAAAAA=="
)


def encoded(picture, form="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.fixture
def opened(ingest, host):
    def run(data, **config) -> Document:
        (document,) = ingest(Image, Source(name="a", data=data), **config)
        return document.bind(host(data))

    return run


def partly(data, host, **config):
    """The document that came, and the failure after it."""
    items = Image(Image.Config(**config)).ingest(Source(name="a", data=data), CONTEXT)
    document = next(items).bind(host(data))
    with pytest.raises(StepError) as caught:
        next(items)
    return document, caught.value


def render(document, page=0, dpi=300, **config):
    return Image(Image.Config(**config)).render(document, page, dpi)


def corners():
    """A picture of 60 by 30 pixels whose quarters are red, green (top), blue and white (bottom)."""
    picture = PIL.Image.new("RGB", (60, 30))
    for box, colour in (((0, 0), "red"), ((30, 0), "lime"), ((0, 15), "blue"), ((30, 15), "white")):
        picture.paste(colour, (*box, box[0] + 30, box[1] + 15))
    return picture


def quarters(picture):
    width, height = picture.size
    return [picture.getpixel((width * x // 4, height * y // 4)) for y in (1, 3) for x in (1, 3)]


RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_a_page_and_its_picture(opened, form):
    document = opened(encoded(corners(), form))
    (page,) = document.layers.pages
    assert page.width == 2 * page.height > 0
    picture = render(document)
    assert (picture.mode, picture.size) == ("RGB", (60, 30))
    assert all(abs(a - b) < 60 for found, wanted in zip(quarters(picture), [RED, GREEN, BLUE, WHITE], strict=True)
               for a, b in zip(found, wanted, strict=True))  # fmt: skip


def test_the_page_is_measured_in_points_by_its_own_resolution(opened):
    (page,) = opened(encoded(PIL.Image.new("L", (1240, 1754)), dpi=(150, 150))).layers.pages
    assert page.width == pytest.approx(595.2, abs=0.1)
    assert page.height == pytest.approx(841.9, abs=0.1)


def test_a_picture_of_a_telephone_in_heic_is_as_displayed(opened):
    document = opened(HEIC)
    (page,) = document.layers.pages
    picture = render(document)
    assert ((page.width, page.height), picture.size, picture.mode) == ((64, 128), (64, 128), "RGB")
    assert all(abs(a - b) < 60 for found, wanted in zip(quarters(picture), [BLUE, RED, WHITE, GREEN], strict=True)
               for a, b in zip(found, wanted, strict=True))  # fmt: skip


def test_heic_without_its_package_is_refused_with_the_command_that_installs_it(opened, monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(Unavailable, match=r"pip install 'aios-files\[heic\]'"):
        opened(HEIC)


@pytest.mark.parametrize("cut", [30, 300, 500, 600])
def test_a_heic_that_is_cut_off_is_malformed(opened, cut):
    with pytest.raises(Malformed):
        opened(HEIC[:cut])


@pytest.mark.parametrize("dpi", [(0, 0), (1, 1), (99999, 99999), (30, 3000)])
def test_an_absurd_resolution_counts_as_unknown(opened, dpi):
    (page,) = opened(encoded(PIL.Image.new("L", (100, 50)), dpi=dpi)).layers.pages
    assert (page.width, page.height) == (100, 50)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "wanted", "rotation"),
    [
        (1, [RED, GREEN, BLUE, WHITE], 0),
        (2, [GREEN, RED, WHITE, BLUE], 0),
        (3, [WHITE, BLUE, GREEN, RED], 180),
        (4, [BLUE, WHITE, RED, GREEN], 180),
        (5, [RED, BLUE, GREEN, WHITE], 90),
        (6, [BLUE, RED, WHITE, GREEN], 90),
        (7, [WHITE, GREEN, BLUE, RED], 270),
        (8, [GREEN, WHITE, RED, BLUE], 270),
    ],
)
def test_the_page_is_as_displayed_after_its_orientation(opened, form, orientation, wanted, rotation):
    exif = PIL.Image.Exif()
    exif[274] = orientation
    document = opened(encoded(corners(), form, exif=exif))
    (page,) = document.layers.pages
    picture = render(document)
    size = (30, 60) if orientation >= 5 else (60, 30)
    assert ((page.width, page.height), page.rotation, picture.size) == (size, rotation, size)
    assert all(abs(a - b) < 60 for found, right in zip(quarters(picture), wanted, strict=True)
               for a, b in zip(found, right, strict=True))  # fmt: skip


def test_frames_of_a_tiff_are_pages_and_its_thumbnails_are_not(opened):
    pages = [PIL.Image.new("L", (100 + 10 * number, 50), 40 * number) for number in range(3)]
    thumbnail = PIL.Image.new("L", (10, 5), 255)
    thumbnail.encoderinfo = {"tiffinfo": {254: 1}}
    document = opened(encoded(pages[0], "TIFF", save_all=True, append_images=[thumbnail, *pages[1:]]))
    assert [(page.index, page.width) for page in document.layers.pages] == [(0, 100), (1, 110), (2, 120)]
    assert [render(document, number).getpixel((0, 0))[0] for number in range(3)] == [0, 40, 80]


def test_a_tiff_with_a_broken_later_page_keeps_the_others(host):
    pages = [PIL.Image.effect_noise((64, 64), 90) for _ in range(3)]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    broken = bytearray(data)
    third = len(data) - 2000
    broken[third : third + 1500] = b"\xff" * 1500
    document, error = partly(bytes(broken), host)
    assert type(error) is Malformed
    assert "Page 3 of 'a' cannot be decoded" in str(error)
    assert [(page.width, page.ink is None) for page in document.layers.pages] == [(64, False), (64, False), (64, True)]
    assert render(document, 0).convert("L").tobytes() == pages[0].tobytes()
    with pytest.raises(Malformed):
        render(document, 2)


def test_a_tiff_whose_first_page_is_broken_keeps_the_others(host):
    pages = [PIL.Image.effect_noise((64, 64), 90) for _ in range(3)]
    broken = bytearray(encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw"))
    broken[300:1800] = b"\xff" * 1500
    document, error = partly(bytes(broken), host)
    assert "Page 1 of 'a' cannot be decoded" in str(error)
    assert [page.ink is None for page in document.layers.pages] == [True, False, False]
    assert render(document, 2).convert("L").tobytes() == pages[2].tobytes()


def test_only_the_first_frame_of_an_animation_is_a_page(opened):
    frames = [PIL.Image.new("P", (20, 10), colour) for colour in range(3)]
    assert len(opened(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])).layers.pages) == 1


@pytest.mark.parametrize(
    ("picture", "form", "wanted"),
    [
        (PIL.Image.new("RGBA", (8, 8), (255, 0, 0, 0)), "PNG", (255, 255, 255)),
        (PIL.Image.new("LA", (8, 8), (0, 128)), "PNG", (127, 127, 127)),
        (PIL.Image.new("CMYK", (8, 8), (0, 0, 0, 255)), "TIFF", (0, 0, 0)),
        (PIL.Image.new("1", (8, 8), 1), "PNG", (255, 255, 255)),
        (PIL.Image.new("I;16", (8, 8), 32896), "PNG", (128, 128, 128)),
        (PIL.Image.new("I;16", (8, 8), 32896), "TIFF", (128, 128, 128)),
        (PIL.Image.new("I", (8, 8), 65535), "TIFF", (255, 255, 255)),
        (PIL.Image.new("F", (8, 8), 0.5), "TIFF", (127, 127, 127)),
        (PIL.Image.new("LAB", (8, 8), (255, 128, 128)), "TIFF", (255, 255, 255)),
    ],
    ids=lambda value: getattr(value, "mode", None),
)
def test_every_mode_becomes_rgb_with_transparency_on_white(opened, picture, form, wanted):
    found = render(opened(encoded(picture, form)))
    assert found.mode == "RGB"
    assert all(abs(a - b) <= 1 for a, b in zip(found.getpixel((4, 4)), wanted, strict=True))


def test_a_palette_with_transparency_is_put_on_white(opened):
    picture = PIL.Image.new("P", (8, 8), 1)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    assert render(opened(encoded(picture, "PNG", transparency=1))).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("size", "own", "asked", "wanted"),
    [
        ((3000, 4000), None, 100, (3000, 4000)),  # resolution unknown: as it is
        ((4000, 6000), 600, 300, (2000, 3000)),  # reduced to what was asked
        ((2480, 3508), 300, 600, (2480, 3508)),  # never enlarged
        ((1200, 1600), 600, 150, (1200, 1600)),  # small pictures lose nothing
        ((4000, 5000), 600, 72, (1600, 2000)),  # not below 2,000 on the longer side
    ],
)
def test_rendering_reduces_but_never_enlarges(opened, size, own, asked, wanted):
    data = encoded(PIL.Image.new("1", size), **({"dpi": (own, own)} if own else {}))
    assert render(opened(data), dpi=asked).size == wanted


def test_pixels_that_are_not_square_are_made_square(opened):
    data = encoded(PIL.Image.new("1", (1728, 1100)), "TIFF", dpi=(204, 98))
    document = opened(data)
    picture, page = render(document, dpi=300), document.layers.pages[0]
    assert picture.size == (1728, 2290)
    assert picture.width / picture.height == pytest.approx(page.width / page.height, abs=0.001)


def test_a_bomb_is_refused_before_it_is_decoded(opened, monkeypatch):
    data = encoded(PIL.Image.new("1", (3000, 3000)))
    monkeypatch.setattr(PIL.Image.Image, "load", lambda _: pytest.fail("it was decoded"))
    with pytest.raises(LimitExceeded, match="1,000,000 pixels are allowed"):
        opened(data, max_pixels=1_000_000)


def test_the_limit_is_exact_for_every_page(opened, host):
    assert opened(encoded(PIL.Image.new("1", (100, 100))), max_pixels=10_000)
    with pytest.raises(LimitExceeded, match="100 x 101 pixels; 10,000 pixels are allowed"):
        opened(encoded(PIL.Image.new("1", (100, 101))), max_pixels=10_000)
    later = encoded(PIL.Image.new("1", (9, 9)), "TIFF", save_all=True, append_images=[PIL.Image.new("1", (100, 101))])
    document, error = partly(later, host, max_pixels=10_000)
    assert (len(document.layers.pages), type(error)) == (2, LimitExceeded)
    with pytest.raises(LimitExceeded):
        render(document, 1, max_pixels=10_000)


def test_a_tiff_of_too_many_pages_is_refused(opened):
    page = PIL.Image.new("1", (8, 8))
    with pytest.raises(LimitExceeded, match="3 pages; 2 are allowed"):
        opened(encoded(page, "TIFF", save_all=True, append_images=[page, page]), max_pages=2)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_a_picture_that_is_cut_off_is_malformed_at_ingest(opened, form):
    data = encoded(PIL.Image.effect_noise((64, 64), 90).convert("L"), form)
    with pytest.raises(Malformed):
        opened(data[: len(data) * 2 // 3])


@pytest.mark.parametrize("lost", [1, 2, 40, 200])
def test_a_jpeg_of_which_little_is_missing_is_read_and_says_so(host, lost):
    picture = PIL.Image.effect_noise((200, 800), 60).convert("L")
    data = encoded(picture, "JPEG", quality=40)
    if lost <= 2:  # only the mark of its end: all of the picture is there
        (document,) = Image(Image.Config()).ingest(Source(name="a", data=data[:-lost]), CONTEXT)
        document = document.bind(host(data[:-lost]))
    else:
        document, error = partly(data[:-lost], host)
        assert type(error) is Malformed
        assert re.fullmatch(r"The last \d\.\d% of 'a' are missing; what is above them was read", error.what)
    shown, whole = render(document).convert("L"), PIL.Image.open(io.BytesIO(data)).convert("L")
    above = (0, 0, 200, 700)
    assert shown.crop(above).tobytes() == whole.crop(above).tobytes()


def test_what_a_telephone_puts_behind_a_jpeg_makes_no_cut_one_of_it(opened, monkeypatch):
    exif = PIL.Image.Exif()
    exif[271] = "camera \xff\xd9"
    film = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40
    monkeypatch.setattr("PIL.ImageChops.difference", lambda *pictures: pytest.fail("it was looked at as one that is cut off"))
    document = opened(encoded(corners(), "JPEG", exif=exif) + film, measure=False)
    assert render(document).size == (60, 30)


@pytest.mark.parametrize("progressive", [True, False])
def test_a_jpeg_of_which_much_or_anything_everywhere_is_missing_is_not_read(opened, progressive):
    data = encoded(PIL.Image.effect_noise((200, 800), 60).convert("L"), "JPEG", progressive=progressive)
    with pytest.raises(Malformed, match="cannot be decoded"):
        opened(data[: len(data) * (97 if progressive else 80) // 100])


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_malformed(opened, data):
    with pytest.raises(Malformed):
        opened(data)


def test_the_pictures_of_the_corpora_open_and_render(corpora, opened):
    paths = [path for path in sorted(corpora.glob("images_ok/**/*")) if path.suffix != ".md" and path.is_file()]
    assert paths
    for path in paths:
        document = opened(path.read_bytes())
        assert [render(document, page.index).mode for page in document.layers.pages] == ["RGB"] * len(document.layers.pages)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_bytes_give_a_page_or_a_typed_refusal(data):
    picture = bytearray(encoded(corners(), data.draw(st.sampled_from(FORMATS))))
    for _ in range(data.draw(st.integers(0, 8))):
        picture[data.draw(st.integers(0, len(picture) - 1))] = data.draw(st.integers(0, 255))
    with suppress(StepError):
        (found,) = Image(Image.Config(max_pixels=1_000_000)).ingest(Source(name="a", data=bytes(picture)), CONTEXT)
        assert found.layers.pages[0].width > 0
