"""What aios.rapidocr reads, from real runs of the models."""

from __future__ import annotations

import socket

import pytest
from aios_rapidocr import Ocr, RapidOcr
from PIL import Image

from aios_sdk import Box, Document, Extraction, PageInfo, PageText, Region, Unavailable, Unsupported, Words
from aios_sdk.testing import check_manifest

from .conftest import LETTER


def test_the_manifest_says_what_the_code_says():
    check_manifest("aios_rapidocr")


def test_drawn_words_are_read_with_their_places(read, scan, draw):
    found = read(RapidOcr, scan(draw("Invoice 471102", "Total 529.87")))
    (text,), (words,) = found.text, found.words
    assert text.content == "Invoice 471102\nTotal 529.87"
    assert text.method == "ocr"
    assert text.reason.startswith("no text layer; rapidocr 3.")
    each = list(words.iterate(text))
    assert [word.text for word in each] == ["Invoice", "471102", "Total", "529.87"]
    assert all(0.8 < word.confidence <= 1 for word in each)
    assert each[0].box.x0 == pytest.approx(0.04, abs=0.02)
    assert each[0].box.x1 < each[1].box.x0 + 0.02
    assert [(region.kind, text.content[region.start : region.end]) for region in found.regions] == [("paragraph", text.content)]


@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270])
def test_a_page_on_its_side_or_head_is_read_with_boxes_of_the_page_as_displayed(read, scan, draw, turn):
    found = read(RapidOcr, scan(draw(*LETTER).transpose(turn)))
    assert found.text[0].content == "\n".join(LETTER)
    degrees = {Image.Transpose.ROTATE_90: 270, Image.Transpose.ROTATE_180: 180, Image.Transpose.ROTATE_270: 90}[turn]
    assert f"turned by {degrees} degrees" in found.text[0].reason
    box = found.words[0].box(0)
    middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
    assert middle == pytest.approx({270: (0.2, 0.92), 180: (0.92, 0.8), 90: (0.8, 0.08)}[degrees], abs=0.06)


def test_a_line_for_each_row_with_what_stands_far_to_the_side(read, scan):
    from PIL import ImageDraw, ImageFont

    page = Image.new("L", (500, 900), 255)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=30)
    for number, (goods, price) in enumerate([("Bread", "2.50"), ("Butter", "3.20"), ("Total", "5.70")]):
        pen.text((30, 60 + 60 * number), goods, fill=0, font=font)
        pen.text((400, 63 + 60 * number), price, fill=0, font=font)
    assert read(RapidOcr, scan(page), side=640).text[0].content == "Bread 2.50\nButter 3.20\nTotal 5.70"


@pytest.mark.parametrize("component", [RapidOcr, Ocr])
def test_a_picture_beside_a_text_layer_is_read_behind_it(read, scan, draw, component):
    page = Image.new("L", (1400, 1400), 255)
    page.paste(draw("Invoice 471102", "Total 529.87", size=(700, 400)), (140, 700))
    layer = PageText(page=0, content="Dear Sirs")
    words = Words.build(layer, [(0, 4, Box.of(0.1, 0.1, 0.2, 0.12), None), (5, 9, Box.of(0.2, 0.1, 0.3, 0.12), None)])
    paragraph, picture = Region.of(layer, "paragraph", 0, 9), Region.of(layer, "picture", 9, 9, box=Box.of(0.1, 0.5, 0.6, 0.785))
    document = scan(page, texts=(layer,)).add("ingest", Extraction(words=(words,), regions=(paragraph, picture)))
    found = read(component, document)
    assert found.text[0].content == "Dear Sirs\n\nInvoice 471102\nTotal 529.87"
    assert found.text[0].reason.startswith("text layer, and a picture beside it; ")
    box = found.words[0].box(len(found.words[0]) - 1)
    assert 0.17 < box.x0 < box.x1 < 0.35
    assert 0.55 < box.y0 < box.y1 < 0.62
    with pytest.raises(Unsupported, match="has a text layer"):
        read(component, document, pictures=False)


def test_a_blank_page_gives_an_empty_text_and_says_so(read, scan):
    found = read(RapidOcr, scan(Image.new("L", (600, 800), 255)))
    assert (found.text[0].content, found.text[0].reason, len(found.words[0])) == ("", "blank page", 0)
    measured = Document.of(pages=(PageInfo(index=0, ink=0.0),))  # nobody there who could draw it
    assert read(RapidOcr, measured).text[0].reason == "blank page, not read"


@pytest.mark.parametrize("size", [(1, 1), (30_000, 2), (2, 500)])
@pytest.mark.parametrize("component", [RapidOcr, Ocr])
def test_a_picture_of_any_shape_is_looked_at(read, scan, component, size):
    assert read(component, scan(Image.new("L", size, 255))).text[0].content == ""


def test_a_page_with_text_is_left_alone(read, scan, draw):
    with pytest.raises(Unsupported, match="page 1 has a text layer"):
        read(RapidOcr, scan(draw("printed"), texts=(PageText(page=0, content="embedded"),)))


def test_nothing_is_fetched(scan, draw, monkeypatch, tmp_path):
    from aios_sdk import Context, Resources

    def refused(*arguments: object) -> None:
        raise AssertionError(f"it wanted to reach {arguments}")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    component = RapidOcr(RapidOcr.Config())
    component.open(Resources(scratch=tmp_path))
    found = component.extract(scan(draw("word")), Context(run="r", step="s", scratch=tmp_path))
    assert found.text[0].content == "word"


def test_a_wheel_without_the_models_is_told_with_the_command(monkeypatch, tmp_path):
    import rapidocr

    from aios_sdk import Resources

    monkeypatch.setattr(rapidocr, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(Unavailable, match=r"has no PP-OCRv6_det_small.onnx.*pip install 'rapidocr>="):
        RapidOcr(RapidOcr.Config()).open(Resources(scratch=tmp_path))
