"""What is read in the pictures beside a text layer, and that the text layer stays what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from aios_tesseract import Tesseract
from PIL import Image, ImageDraw, ImageFont

from aios_sdk import Box, Context, Document, Extraction, PageInfo, PageText, Region, Resources, Unsupported, Words

BINDINGS = ["pytesseract", "tesserocr"]
LETTER = "Dear claims team, the receipt of the plumber is below."
RECEIPT = ("PLUMBER MILLER", "Repair 471.30", "Total 529.87")
#: An A4 page at 150 dots per inch.
PAGE = (1240, 1754)
BELOW = (200, 600)


@pytest.fixture
def letter(scan: Callable[..., Document]) -> Callable[..., Document]:
    """Make a page with a text layer and pictures pasted at places, in pixels; it says where they lie."""

    def make(*pictures: tuple[Image.Image, tuple[int, int]], text: str = LETTER, over: Sequence[Box] = (), told: bool = True) -> Document:
        page = Image.new("L", PAGE, 255)
        ImageDraw.Draw(page).text((100, 100), text, fill=0, font=ImageFont.load_default(size=30))
        boxes = []
        for picture, (left, top) in pictures:
            page.paste(picture, (left, top))
            edges = (left / PAGE[0], top / PAGE[1], (left + picture.width) / PAGE[0], (top + picture.height) / PAGE[1])
            boxes.append(Box.of(*(edge + 0.0001 for edge in edges)))  # a PDF's pictures do not end where pixels do
        layer = PageText(page=0, content=text)
        places = [*(Box.of(0.08 + 0.05 * number, 0.05, 0.12 + 0.05 * number, 0.07) for number in range(len(text.split()))), *over]
        starts, position = [], 0
        for word in text.split():
            starts.append((position, position + len(word)))
            position += len(word) + 1
        ranges = [*starts, *[starts[-1]] * len(over)]
        words = Words.build(layer, [(*place, box, None) for place, box in zip(ranges, places, strict=True)])
        regions = [Region.of(layer, "paragraph", 0, len(text)), Region.of(layer, "link", 0, 4, target="https://example.org")]
        regions += [Region.of(layer, "picture", len(text), len(text), box=box) for box in boxes if told]
        return scan(page, texts=(layer,)).add("ingest", Extraction(words=(words,), regions=tuple(regions)))

    return make


@pytest.fixture
def receipt(draw: Callable[..., Image.Image]) -> Image.Image:
    """A receipt as a picture: 600 x 400 pixels, with three lines."""
    return draw(*RECEIPT, size=(600, 400))


def read(document: Document, tmp_path, **config: object) -> Document:
    component = Tesseract(Tesseract.Config.model_validate(config))
    component.open(Resources(scratch=tmp_path))
    try:
        return document.add("ocr", component.extract(document, Context(run="r", step="s", scratch=tmp_path)))
    finally:
        component.close()


def told(document: Document) -> list[tuple[str, str]]:
    page = document.pages[0]
    return [(region.kind, page.text[region.start : region.end]) for region in page.regions]


@pytest.mark.parametrize("binding", BINDINGS)
def test_the_text_of_a_page_stays_and_that_of_a_pasted_picture_comes_behind_it(tmp_path, letter, receipt, binding):
    before = letter((receipt, BELOW))
    after = read(before, tmp_path, binding=binding)
    page, known = after.pages[0], before.pages[0].words
    assert page.text == "\n\n".join([LETTER, "\n".join(RECEIPT)])
    old, count = page.words, len(known)
    assert (old.starts[: 4 * count], old.ends[: 4 * count], old.boxes[: 16 * count]) == (known.starts, known.ends, known.boxes)
    assert [old.confidence(number) for number in range(count)] == [None] * count
    new = list(old.iterate(page.reading))[count:]
    assert [word.text for word in new] == " ".join(RECEIPT).split()
    assert all(word.confidence > 0.6 and word.text == page.text[word.start : word.end] for word in new)


def test_the_boxes_of_what_a_picture_holds_lie_where_it_is_on_the_page(tmp_path, letter, receipt):
    page = read(letter((receipt, BELOW)), tmp_path).pages[0]
    total = next(word for word in page.words.iterate(page.reading) if word.text == "529.87")
    # Drawn at 60, 60 with lines of 50 pixels and letters of 40; the third line, behind a word.
    assert (BELOW[0] + 140) / PAGE[0] < total.box.x0 < total.box.x1 < (BELOW[0] + 340) / PAGE[0]
    assert (BELOW[1] + 160) / PAGE[1] < total.box.y0 < total.box.y1 < (BELOW[1] + 210) / PAGE[1]


def test_the_reading_says_what_it_is_made_of_and_how_sure_it_is(tmp_path, letter, receipt):
    page = read(letter((receipt, BELOW)), tmp_path).pages[0]
    assert page.reading.method == "embedded"
    assert page.reading.reason.startswith("text layer, and a picture beside it; ")
    assert "tesseract" in page.reading.reason
    assert page.reading.confidence == pytest.approx(page.words.mean_confidence(), abs=1e-5)


def test_the_regions_of_the_page_stay_and_a_picture_that_was_read_has_its_text(tmp_path, letter, receipt):
    assert told(read(letter((receipt, BELOW)), tmp_path)) == [
        ("paragraph", LETTER), ("link", "Dear"), ("picture", "\n".join(RECEIPT)),
    ]  # fmt: skip


def test_two_pictures_are_read_in_their_order_and_one_without_text_stays_empty(tmp_path, letter, receipt, draw):
    photo = Image.radial_gradient("L").resize((600, 300))
    ticket = draw("Ticket to the station", "Fare 12.40 paid", size=(600, 300))
    after = read(letter((receipt, (100, 300)), (photo, (100, 750)), (ticket, (100, 1200))), tmp_path)
    kinds = [kind for kind, _ in told(after)]
    assert kinds == ["paragraph", "link", "picture", "picture", "picture"]
    assert after.pages[0].text == "\n\n".join([LETTER, "\n".join(RECEIPT), "Ticket to the station\nFare 12.40 paid"])
    assert after.pages[0].reading.reason.startswith("text layer, and 2 pictures beside it; ")
    assert [text for kind, text in told(after) if kind == "picture"] == ["", "\n".join(RECEIPT), "Ticket to the station\nFare 12.40 paid"]


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270])
def test_a_picture_that_was_pasted_on_its_side_or_head_is_read(tmp_path, letter, draw, turn):
    lines = ("PLUMBER MILLER AND SONS", "We repaired the kitchen pipe", "and the total is 529.87")
    picture = draw(*lines, size=(700, 400)).transpose(turn)
    page = read(letter((picture, BELOW)), tmp_path).pages[0]
    assert page.text.endswith("\n".join(lines))
    assert "turned by" in page.reading.reason
    box = page.words.box(len(page.words) - 1)
    ink = page.image().convert("L").point(lambda shade: 255 * (shade < 128))
    corners = (int(box.x0 * PAGE[0]), int(box.y0 * PAGE[1]), int(box.x1 * PAGE[0]) + 1, int(box.y1 * PAGE[1]) + 1)
    assert ink.crop(corners).getbbox() is not None, "there are letters in the box"


def test_a_logo_is_not_even_drawn(tmp_path, draw):
    logo = draw("MILLER", size=(220, 120))
    text = PageText(page=0, content=LETTER)
    box = Box.of(0.1, 0.5, 0.1 + logo.width / PAGE[0], 0.5 + logo.height / PAGE[1])
    words = Words.build(text, [(0, 4, Box.of(0.1, 0.1, 0.2, 0.12), None)])
    region = Region.of(text, "picture", len(text.content), len(text.content), box=box)
    document = Document.of(pages=(PageInfo(index=0),), text=(text,), words=(words,), regions=(region,))  # nobody there who could draw it
    with pytest.raises(Unsupported, match="page 1 has a text layer; OCR has nothing to do"):
        read(document, tmp_path)


@pytest.mark.parametrize("picture", ["photograph", "white", "one word"])
def test_where_the_pictures_hold_no_text_there_is_nothing_to_do(tmp_path, letter, draw, picture):
    pictures = {
        "photograph": Image.effect_noise((600, 400), 80).resize((700, 500)),
        "white": Image.new("L", (600, 400), 255),
        "one word": draw("Miller", size=(600, 400)),
    }
    with pytest.raises(Unsupported, match="no text in the pictures beside it"):
        read(letter((pictures[picture], BELOW)), tmp_path)


def test_what_the_text_layer_prints_into_a_picture_is_not_read_twice(tmp_path, letter, receipt):
    whole = Box.of(BELOW[0] / PAGE[0], (BELOW[1] + 60) / PAGE[1], (BELOW[0] + 600) / PAGE[0], (BELOW[1] + 110) / PAGE[1])
    page = read(letter((receipt, BELOW), over=[whole]), tmp_path).pages[0]
    assert page.text == "\n\n".join([LETTER, "\n".join(RECEIPT[1:])]), "the first line of the picture has a word of the text layer"


def test_pictures_that_were_read_are_not_read_again(tmp_path, letter, receipt):
    once = read(letter((receipt, BELOW)), tmp_path)
    with pytest.raises(Unsupported, match="OCR has nothing to do"):
        read(once, tmp_path)


def test_pictures_may_be_left_unread(tmp_path, letter, receipt):
    with pytest.raises(Unsupported, match="page 1 has a text layer"):
        read(letter((receipt, BELOW)), tmp_path, pictures=False)


def test_all_pages_are_read_whole_where_that_is_asked_for(tmp_path, letter, receipt):
    page = read(letter((receipt, BELOW)), tmp_path, pages="all").pages[0]
    assert (page.reading.method, page.reading.reason.split(";")[0]) == ("ocr", "asked for every page")


def test_without_regions_nothing_is_known_of_pictures(tmp_path, letter, receipt):
    with pytest.raises(Unsupported, match="page 1 has a text layer"):
        read(letter((receipt, BELOW), told=False), tmp_path)
