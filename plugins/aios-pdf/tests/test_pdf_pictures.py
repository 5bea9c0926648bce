"""Where a page says that it has pictures, in which there may be more text."""

import pytest

from aios_sdk import Box

IMAGE = b"<</Type/XObject/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8/Length 4>>\nstream\n"
IMAGE += b"\xff\0\0\xff\nendstream"
TEXT = ("We have paid the plumber, and ask you to pay us back what he took.", "His receipt is below.")
A4 = (0, 0, 595, 842)


def pictures(bench, *places: bytes, over: bytes = b"", rotate: int = 0, text=TEXT, form: bytes = b"", **config):
    """The boxes of the picture regions of a page with ``text`` at its top and pictures at ``places`` (matrices); with ``form`` they are
    drawn in a form, which is drawn by that matrix."""
    shown = b"".join(b"q %s cm /I Do Q\n" % place for place in places)
    objects = [IMAGE]
    if form:
        stream = b"<</Type/XObject/Subtype/Form/BBox[0 0 2000 2000]/Resources<</XObject<</I 4 0 R>>>>/Length %d>>\nstream\n%s\nendstream"
        objects.append(stream % (len(shown), shown))
        shown = b"q %s cm /M Do Q\n" % form
    page = bench.page(shown + bench.lines(*text, left=40, top=800, size=10) + b"\n" + over, media=A4, rotate=rotate)
    data = bench.write([page], objects=objects).replace(b"/Font<</F 3 0 R>>", b"/Font<</F 3 0 R>>/XObject<</I 4 0 R/M 5 0 R>>")
    document, _ = bench.ingest(data, **config)
    (found,) = document.layers.text
    regions = [region for region in document.layers.regions if region.kind == "picture"]
    assert all(region.start == region.end == len(found.content) and region.artifact == found.artifact for region in regions)
    return [region.box for region in regions]


def is_at(box, left, bottom, right, top):
    """Whether ``box`` is that of these points on an A4 page."""
    return tuple(box) == pytest.approx((left / 595, 1 - top / 842, right / 595, 1 - bottom / 842), abs=1e-4)


def test_a_pasted_picture_is_a_region_without_text_behind_the_others(bench):
    (box,) = pictures(bench, b"300 0 0 400 60 100")
    assert is_at(box, 60, 100, 360, 500)


def test_several_pictures_come_from_top_to_bottom(bench):
    first, second = pictures(bench, b"200 0 0 200 60 100", b"200 0 0 200 300 400")
    assert is_at(first, 300, 400, 500, 600)
    assert is_at(second, 60, 100, 260, 300)


def test_a_picture_on_a_rotated_page_lies_where_it_is_displayed(bench):
    (box,) = pictures(bench, b"300 0 0 400 60 100", rotate=90)
    assert tuple(box) == pytest.approx((100 / 842, 60 / 595, 500 / 842, 360 / 595), abs=1e-4)


def test_a_picture_that_is_itself_turned_lies_where_it_is_displayed(bench):
    (box,) = pictures(bench, b"0 400 -300 0 360 100")
    assert is_at(box, 60, 100, 360, 500)


def test_a_picture_in_a_form_lies_where_the_form_draws_it(bench):
    (box,) = pictures(bench, b"600 0 0 800 20 100", form=b".5 0 0 .5 50 50")
    assert is_at(box, 60, 100, 360, 500)


def test_stripes_of_one_picture_are_one(bench):
    (box,) = pictures(bench, *(b"300 0 0 40 60 %d" % (100 + 40 * number) for number in range(10)))
    assert is_at(box, 60, 100, 360, 500)


def test_the_part_of_a_picture_beyond_the_page_is_not_there(bench):
    (box,) = pictures(bench, b"300 0 0 400 400 -100")
    assert is_at(box, 400, 0, 595, 300)


@pytest.mark.parametrize("place", [b"50 0 0 60 60 100", b"0 0 0 0 60 100", b"300 0 0 400 1000 100"], ids=["icon", "flat", "outside"])
def test_what_is_too_small_to_be_seen_is_no_picture(bench, place):
    assert pictures(bench, place) == []


def test_the_background_of_text_is_no_picture_to_be_read(bench):
    assert pictures(bench, b"595 0 0 842 0 0", text=TEXT * 10) == []


def test_a_picture_whose_text_was_recognised_is_not_told_again(bench):
    recognised = bench.lines(*["paid in cash at the counter of the shop"] * 8, left=70, top=480, size=12, leading=20)
    assert pictures(bench, b"300 0 0 400 60 100", over=b"3 Tr\n" + recognised, text=TEXT * 10) == []


def test_a_date_printed_into_a_photograph_does_not_hide_it(bench):
    assert pictures(bench, b"300 0 0 400 60 100", over=bench.lines("2024-03-05", left=280, top=110, size=10), text=TEXT * 3) != []


def test_pages_that_are_read_by_ocr_as_a_whole_tell_no_pictures(bench):
    assert pictures(bench, b"300 0 0 400 60 100", text=("",)) == []
    hidden = bench.lines(*TEXT, left=40, top=700)
    assert pictures(bench, b"300 0 0 400 60 100", over=b"3 Tr\n" + hidden, text=("a",)) == []


def test_without_layout_there_are_no_regions_of_pictures(bench):
    assert pictures(bench, b"300 0 0 400 60 100", layout=False) == []


def test_a_page_of_very_many_pictures_is_a_drawing(bench):
    assert pictures(bench, *[b"100 0 0 100 60 100"] * 201) == []


def test_the_box_is_rounded_as_all_boxes_are(bench):
    (box,) = pictures(bench, b"300 0 0 400 60 100")
    assert box == Box.of(*box)
