"""What is measured in the picture of a page."""

from __future__ import annotations

import io
import random

import PIL.Image
import pytest
from aios_files import Image
from PIL import ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

from aios_sdk import Source

TEXT = "the quick brown dog jumps over a lazy fox but nobody told him that half the bill had been paid already by Thursday"
TURNS = {90: PIL.Image.Transpose.ROTATE_270, 180: PIL.Image.Transpose.ROTATE_180, 270: PIL.Image.Transpose.ROTATE_90}


def page(lines=30, size=(1240, 1754), font=26, change=str):
    """A page of running text, as a scanner at 150 dots an inch sees it."""
    picture = PIL.Image.new("L", size, 255)
    draw, letters, chance = ImageDraw.Draw(picture), ImageFont.load_default(font), random.Random(7)
    for number in range(lines):
        draw.text((120, 130 + 2 * font * number), change(" ".join(chance.choices(TEXT.split(), k=12))), 0, letters)
    return picture


def measured(ingest, picture, form="PNG", config=None, **options):
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    (document,) = ingest(Image, Source(name="a", data=buffer.getvalue()), **(config or {}))
    return document.layers.pages[0]


def noisy(picture, strength):
    noise = PIL.Image.effect_noise(picture.size, strength)
    return ImageChops.add(picture, noise, offset=-128)


def shaded(picture):
    """As under a lamp: light on one side, at a third of that on the other."""
    light = ImageOps.invert(PIL.Image.linear_gradient("L").resize(picture.size)).point(lambda shade: 85 + shade * 2 // 3)
    return ImageChops.multiply(picture, light)


@pytest.mark.parametrize(
    "blank",
    [
        PIL.Image.new("L", (1240, 1754), 255),
        PIL.Image.new("L", (1240, 1754), 0),
        noisy(PIL.Image.new("L", (1240, 1754), 225), 5),
        shaded(PIL.Image.new("L", (1240, 1754), 240)),
    ],
    ids=["white", "black", "noisy", "shaded"],
)
def test_a_blank_page_has_no_ink_and_no_direction(ingest, blank):
    found = measured(ingest, blank, "JPEG", quality=80)
    assert found.ink < 0.00001
    assert (found.sharpness, found.skew, found.turned) == (0.0, None, None)


def test_a_page_with_no_more_than_its_number_is_not_blank(ingest):
    picture = PIL.Image.new("L", (1240, 1754), 255)
    ImageDraw.Draw(picture).text((620, 1650), "7", 0, ImageFont.load_default(21))
    assert 0.00002 < measured(ingest, picture).ink < 0.0003


@pytest.mark.parametrize(
    "change",
    [shaded, ImageOps.invert, lambda picture: noisy(picture, 12), lambda picture: picture.point(lambda shade: 150 + shade // 3)],
    ids=["shaded", "light on dark", "noisy", "faint"],
)
def test_ink_is_what_is_darker_than_its_ground_whatever_the_light(ingest, change):
    clean = measured(ingest, page())
    changed = measured(ingest, change(page()))
    assert 0.02 < clean.ink < 0.1
    assert changed.ink == pytest.approx(clean.ink, rel=0.35)
    assert changed.skew == clean.skew == 0.0
    assert changed.turned in (0, None)


def test_the_more_a_page_is_blurred_the_less_sharp_it_is(ingest):
    found = [measured(ingest, page().filter(ImageFilter.GaussianBlur(radius))).sharpness for radius in (0, 1, 2, 4)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.6
    assert found[2] < 0.3


@pytest.mark.parametrize("angle", [-12.0, -5.3, -1.0, 0.6, 3.3, 8.0])
def test_lines_lean_by_as_much_as_the_page_does_clockwise(ingest, angle):
    leaning = page().rotate(-angle, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    found = measured(ingest, leaning)
    assert found.skew == pytest.approx(angle, abs=0.2)
    assert found.turned == 0


@pytest.mark.parametrize("turned", [90, 180, 270])
@pytest.mark.parametrize("angle", [0.0, 2.0])
def test_a_page_that_is_turned_is_known_by_its_letters(ingest, turned, angle):
    leaning = page().rotate(-angle, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=255).transpose(TURNS[turned])
    found = measured(ingest, leaning)
    assert found.turned == turned
    assert found.skew == pytest.approx(angle, abs=0.2)


def test_what_has_no_lines_has_no_direction(ingest):
    found = measured(ingest, PIL.Image.effect_noise((800, 600), 90))
    assert (found.skew, found.turned) == (None, None)


def test_capitals_alone_do_not_tell_which_way_up(ingest):
    found = measured(ingest, page(change=str.upper))
    assert (found.skew, found.turned) == (0.0, None)


def test_the_orientation_of_the_file_comes_first(ingest):
    exif = PIL.Image.Exif()
    exif[274] = 6
    found = measured(ingest, page().transpose(TURNS[270]), "JPEG", exif=exif)
    assert (found.rotation, found.turned) == (90, 0)


def test_pixels_that_are_not_square_do_not_change_the_angle(ingest):
    leaning = page().rotate(-5, PIL.Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    fax = leaning.resize((leaning.width, leaning.height // 2))
    assert measured(ingest, fax.convert("1"), "TIFF", dpi=(204, 102)).skew == pytest.approx(5, abs=0.3)


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "F"])
def test_every_kind_of_pixels_is_measured_alike(ingest, mode):
    clean = page().point([0] * 128 + [255] * 128)
    picture = {"I;16": lambda: clean.convert("I").point(lambda shade: shade * 257).convert("I;16")}.get(mode, lambda: clean.convert(mode))()
    found, wanted = measured(ingest, picture, "TIFF"), measured(ingest, clean)
    assert found.ink == pytest.approx(wanted.ink, abs=0.002)
    assert (found.skew, found.turned) == (wanted.skew, wanted.turned)


def test_measuring_may_be_left_out(ingest):
    found = measured(ingest, page(), config={"measure": False})
    assert (found.ink, found.sharpness, found.skew, found.turned) == (None, None, None, None)


def test_the_rotated_pages_of_the_corpora_are_turned_as_their_names_say_or_not_told(ingest, corpora):
    wanted = {"phototest.tif": 0, "phototest-rotated-R.png": 90, "phototest-rotated-180.png": 180, "phototest-rotated-L.png": 270}
    wanted |= {"devatest.png": 0, "devatest-rotated-270.png": 270, "eurotext.tif": 0}
    for name, turned in wanted.items():
        (path,) = corpora.glob(f"ocr/**/{name}")
        (document,) = ingest(Image, Source(name=name, path=str(path)))
        assert document.layers.pages[0].turned in (turned, None)
