"""Pictures on pages of real PDF files, from the file to the text of the page; aios.pdf says where they lie."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from aios_pdf import Pdf
from aios_tesseract import Tesseract
from PIL import Image

from aios_sdk import Context, Document, Resources, Source, Unsupported

LETTER = (
    "Dear claims team, on Friday a pipe burst in our kitchen and the floor was flooded. The plumber",
    "came on the same day, and we had to replace the floor and two cupboards. Please find his bill",
    "below, and transfer the amount to the account that you know. The policy has the number 4471.",
)
BILL = ("PLUMBER MILLER", "Repair 471.30", "Total 529.87")
Place = tuple[float, float, float, float]


class Written:
    """A PDF with one A4 page: the letter at its top, and pictures at places (left, bottom, width, height in points)."""

    def __init__(self, *pictures: tuple[Image.Image, Place], rotate: int = 0, over: bytes = b"") -> None:
        bodies = [b"", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
        content, names = b"", b""
        for picture, (left, bottom, width, height) in pictures:
            data = picture.convert("L").tobytes()
            size = b"/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Length %d" % (*picture.size, len(data))
            bodies.append(b"<</Type/XObject/Subtype/Image%s>>\nstream\n%s\nendstream" % (size, data))
            names += b"/I%d %d 0 R" % (len(bodies), len(bodies))
            content += b"q %g 0 0 %g %g %g cm /I%d Do Q\n" % (width, height, left, bottom, len(bodies))
        content += b"".join(b"BT /F 11 Tf 50 %d Td (%s) Tj ET\n" % (790 - 15 * n, line.encode()) for n, line in enumerate(LETTER)) + over
        bodies.append(b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content))
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Rotate %d/Contents %d 0 R/Resources<</Font<</F 3 0 R>>/XObject<<%s>>>>>>"
        bodies.append(page % (rotate, len(bodies), names))
        bodies[0], bodies[1] = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % len(bodies)
        self.data = b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % each for each in enumerate(bodies, 1))
        self.data += b"trailer<</Size %d/Root 1 0 R>>\n%%%%EOF" % (len(bodies) + 1)  # PDFium finds the objects itself

    def open(self, document: Document) -> BinaryIO:
        return io.BytesIO(self.data)

    def render(self, document: Document, page: int, dpi: int) -> Image.Image:
        return Pdf(Pdf.Config()).render(document, page, dpi)

    def read(self, folder: Path) -> tuple[Document, Document]:
        """The document as it was ingested, and as it was read after that."""
        context = Context(run="r", step="s", scratch=folder)
        document = next(iter(Pdf(Pdf.Config()).ingest(Source(name="letter.pdf", data=self.data), context)))
        assert isinstance(document, Document)
        document = document.bind(self)
        component = Tesseract(Tesseract.Config())
        component.open(Resources(scratch=folder))
        try:
            return document, document.add("ocr", component.extract(document, context))
        finally:
            component.close()


@pytest.fixture
def bill(draw: Callable[..., Image.Image]) -> Image.Image:
    return draw(*BILL, size=(600, 400))


def added(before: Document, after: Document) -> str:
    """What OCR added to the text of the page; the words of the text layer are as they were."""
    old, new, layer = before.pages[0], after.pages[0], before.pages[0].words
    count = len(layer)
    assert new.text.startswith(f"{old.text}\n\n")
    assert new.words.boxes[: 16 * count] == layer.boxes
    assert (new.words.starts[: 4 * count], new.words.ends[: 4 * count]) == (layer.starts, layer.ends)
    return new.text[len(old.text) + 2 :]


@pytest.mark.parametrize("place", [(60, 300, 450, 300), (60, 300, 240, 160)], ids=["as large as the letter", "scaled down"])
def test_a_bill_pasted_into_a_letter_is_read_behind_it(tmp_path, bill, place):
    before, after = Written((bill, place)).read(tmp_path)
    assert added(before, after) == "\n".join(BILL)
    page = after.pages[0]
    last = page.words.box(len(page.words) - 1)
    left, bottom, width, height = place
    assert left / 595 < last.x0 < last.x1 < (left + width) / 595
    assert 1 - (bottom + height) / 842 < last.y0 < last.y1 < 1 - bottom / 842


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_on_a_rotated_page_the_words_of_a_picture_lie_where_they_are_displayed(tmp_path, bill, rotate):
    upright = Written((bill, (60, 300, 450, 300))).read(tmp_path)[1].pages[0]
    page = Written((bill, (60, 300, 450, 300)), rotate=rotate).read(tmp_path)[1].pages[0]
    assert page.text.endswith("529.87")
    x0, y0, x1, y1 = upright.words.box(len(upright.words) - 1)
    turned = {90: (1 - y1, x0, 1 - y0, x1), 180: (1 - x1, 1 - y1, 1 - x0, 1 - y0), 270: (y0, 1 - x1, y1, 1 - x0)}[rotate]
    assert tuple(page.words.box(len(page.words) - 1)) == pytest.approx(turned, abs=0.01)


def test_two_pictures_and_a_logo_give_the_text_of_the_two(tmp_path, bill, draw):
    ticket = draw("Ticket to the station", "Fare 12.40 paid", size=(600, 300))
    logo = draw("MILLER AND SONS", size=(500, 160))
    pictures = (ticket, (60, 100, 450, 225)), (bill, (60, 400, 450, 300)), (logo, (450, 730, 100, 32))
    assert added(*Written(*pictures).read(tmp_path)) == "\n\n".join(["\n".join(BILL), "Ticket to the station\nFare 12.40 paid"])


def test_a_bill_whose_text_was_recognised_is_not_read_again(tmp_path, bill):
    hidden = b"".join(b"BT 3 Tr /F 24 Tf 100 %d Td (%s) Tj ET\n" % (530 - 40 * n, line.encode()) for n, line in enumerate(BILL))
    with pytest.raises(Unsupported, match="page 1 has a text layer"):
        Written((bill, (60, 300, 450, 300)), over=hidden).read(tmp_path)


def test_a_pale_background_under_the_text_and_a_logo_are_nothing_to_read(tmp_path, bill, draw):
    background, logo = Image.linear_gradient("L"), draw("MILLER AND SONS", size=(500, 160))
    with pytest.raises(Unsupported, match="page 1 has a text layer"):
        Written((background.point(lambda shade: 200 + shade // 5), (40, 740, 520, 70)), (logo, (450, 20, 100, 32))).read(tmp_path)
