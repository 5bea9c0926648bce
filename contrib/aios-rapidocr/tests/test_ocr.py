"""How aios.ocr chooses between two readings: what it trusts, what it has read again, and how both become one text."""

from __future__ import annotations

import numpy as np
import pytest
from aios_rapidocr import Ocr
from aios_rapidocr._engine import Line
from aios_rapidocr._judging import Doubt, agreed, doubt, odd_amounts
from aios_rapidocr._merging import Part, by_line, merged, ranges
from aios_tesseract import ScanWord
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from aios_sdk import Document, PageInfo


def word(text: str, left: float, top: float, line: tuple[int, ...] = (1, 1, 1), confidence: float = 0.95) -> ScanWord:
    return ScanWord(text, confidence, left, top, left + 10 * len(text), top + 20, line)


def line(left: float, top: float, right: float, height: float = 20) -> Line:
    corners = np.array([[left, top], [right, top], [right, top + height], [left, top + height]], dtype=np.float32)
    return Line(corners, left, top, right, top + height)


def part(words: tuple[ScanWord, ...], key: tuple[int, ...] = (), why: Doubt | None = None) -> Part:
    lefts, tops = [each.left for each in words], [each.top for each in words]
    return Part(min(lefts), min(tops), max(each.right for each in words), max(tops) + 20, words, key, why)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], Doubt.UNSEEN),
        ([word("word", 60, 0)], Doubt.CUT),
        ([word("words", 0, 0), word("word", 60, 0, confidence=0.6)], Doubt.UNSURE),
        ([word("wor|ds", 0, 0), word("word", 60, 0)], Doubt.ODD),
        ([word("words", 0, 0), word("2,50", 60, 0)], Doubt.ODD),
        ([word("words", 0, 0), word("2.50", 60, 0)], None),
    ],
)
def test_a_line_is_read_again_for_a_reason(words, why):
    odd = odd_amounts([word("1.00", 0, 0), word("2.00", 0, 0), word("2,50", 0, 0)])
    assert doubt(line(0, 0, 100), words, 0.85, odd) == why


def test_where_amounts_are_written_in_no_one_way_none_is_odd():
    assert odd_amounts([word("1.00", 0, 0), word("2,00", 0, 0)]) is None


def test_agreement_raises_confidence_and_disagreement_lowers_it():
    first = [word("Total", 0, 0, confidence=0.7), word("5.99", 60, 0, confidence=0.7)]
    same, other = agreed(first, [word("TOTAL", 0, 0, confidence=0.9), word("5.90", 60, 0, confidence=0.9)])
    assert same.confidence == pytest.approx(1 - 0.3 * 0.1)
    assert other.text == "5.90"
    assert other.confidence == pytest.approx(0.9 * 0.3 / (0.9 * 0.3 + 0.7 * 0.1))


def test_where_the_second_reads_nothing_or_guesses_the_first_stays():
    first = [word("Total", 0, 0, confidence=0.6)]
    assert agreed(first, []) == tuple(first)
    assert agreed(first, [word("T", 0, 0, confidence=0.3)]) == tuple(first)
    assert agreed([], [word("T", 0, 0, confidence=0.3)])[0].confidence == pytest.approx(0.3)


_confidences = st.floats(0, 1)


@given(_confidences, _confidences)
def test_a_confidence_stays_one_and_agreement_is_worth_no_less_than_disagreement(first, second):
    (same,) = agreed([word("a", 0, 0, confidence=first)], [word("a", 0, 0, confidence=second)])
    (other,) = agreed([word("b", 0, 0, confidence=first)], [word("a", 0, 0, confidence=second)])
    assert 0 <= other.confidence <= 1
    assert 0 <= same.confidence <= 1
    if other.text == "a":
        assert other.confidence <= second
        assert same.confidence >= max(first, second) - 1e-9


def test_what_was_not_seen_goes_beside_its_line_or_after_the_one_above():
    known = [part((word("Bread", 0, 0, (1, 1, 1)),), (1, 1, 1)), part((word("Total", 0, 60, (1, 1, 2)),), (1, 1, 2))]
    price, between = part((word("2.50", 300, 3, ()),), why=Doubt.UNSEEN), part((word("Honey", 0, 30, ()),), why=Doubt.UNSEEN)
    words, doubts = merged([(1, 1, 1), (1, 1, 2)], [*known, price, between], one_block=True)
    assert [each.text for each in words] == ["Bread", "2.50", "Honey", "Total"]
    assert len({each.line for each in words}) == 3
    assert len({each.paragraph for each in words}) == 1
    assert doubts == {Doubt.UNSEEN: [1, 2]}


def test_in_columns_what_stands_far_to_the_side_is_no_part_of_a_line():
    known = [part((word("left", 0, 0, (1, 1, 1)),), (1, 1, 1)), part((word("below", 0, 30, (1, 1, 2)),), (1, 1, 2))]
    words, _ = merged([(1, 1, 1), (1, 1, 2)], [*known, part((word("right", 500, 30, ()),))], one_block=False)
    lines = [[each.text for each in words if each.line == key] for key in dict.fromkeys(each.line for each in words)]
    assert ["right"] in lines


_parts = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400), st.booleans()), max_size=12)


@given(_parts, st.booleans())
def test_no_word_is_lost_or_doubled_and_every_line_is_one_run(places, one_block):
    words = [word(f"w{number}", x, y, (1, y // 40, y // 20)) for number, (x, y, _) in enumerate(places)]
    parts = [part((each,), each.line if seen else ()) for each, (_, _, seen) in zip(words, places, strict=True)]
    found, _ = merged(dict.fromkeys(each.line for each in words), parts, one_block=one_block)
    assert sorted(each.text for each in found) == sorted(each.text for each in words)
    runs = [each.line for number, each in enumerate(found) if not number or found[number - 1].line != each.line]
    assert len(runs) == len(set(runs))


@given(_parts)
def test_every_word_is_in_one_line_or_beside_all(places):
    words = [word(f"w{number}", x, y) for number, (x, y, _) in enumerate(places)]
    inside, beside = by_line(words, [line(0, 0, 200, 100), line(50, 60, 300, 60)])
    assert sorted(each.text for each in [*inside[0], *inside[1], *beside]) == sorted(each.text for each in words)


def test_numbers_are_told_as_ranges():
    assert ranges([2, 5, 6, 7, 9]) == "2 5-7 9"


@pytest.fixture(scope="module")
def receipt() -> Image.Image:
    """A receipt with a line that is too coarse for tesseract."""
    page = Image.new("L", (600, 1100), 255)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=30)
    for number, (goods, price) in enumerate([("Bread", "2.50"), ("Butter", "3.20"), ("Honey", "4.75"), ("Total", "10.45")]):
        pen.text((30, 60 + 70 * number), goods, fill=0, font=font)
        pen.text((450, 60 + 70 * number), price, fill=0, font=font)
    hard = Image.new("L", (600, 60), 255)
    ImageDraw.Draw(hard).text((30, 10), "Thank you for shopping here", fill=60, font=font)
    page.paste(hard.resize((130, 13)).resize((600, 60)), (0, 400))
    return page


def test_only_what_is_doubtful_is_read_again_and_the_reason_says_which_lines(read, scan, receipt):
    found = read(Ocr, scan(receipt))
    (text,), (words,) = found.text, found.words
    assert text.content.split("\n")[:4] == ["Bread 2.50", "Butter 3.20", "Honey 4.75", "Total 10.45"]
    assert text.content.split("\n")[-1].replace(" ", "") == "Thankyouforshoppinghere"
    assert "tesserocr" in text.reason
    assert "read again line 5 (not seen)" in text.reason
    assert [each.text for each in words.iterate(text)] == text.content.split()
    assert all(each.box.y0 < each.box.y1 for each in words.iterate(text))


def test_a_page_that_tesseract_is_sure_of_is_read_once(read, scan, draw):
    text = read(Ocr, scan(draw("Invoice 471102", "Total 529.87"))).text[0]
    assert text.content == "Invoice 471102\nTotal 529.87"
    assert "read no line again" in text.reason


def test_with_no_trust_every_line_is_read_again(read, scan, draw):
    text = read(Ocr, scan(draw("Invoice 471102", "Total 529.87")), trust=1.0).text[0]
    assert text.content == "Invoice 471102\nTotal 529.87"
    assert "read again lines 1-2 (not sure)" in text.reason
    assert text.confidence > 0.95


def test_a_blank_page_gives_an_empty_text(read, scan):
    assert read(Ocr, scan(Image.new("L", (600, 800), 255))).text[0].content == ""
    assert read(Ocr, Document.of(pages=(PageInfo(index=0, ink=0.0),))).text[0].reason == "blank page, not read"


def test_a_receipt_is_read_better_than_by_tesseract_alone(read, scan, corpora):
    folder = corpora / "receipts" / "zzzDavid+ICDAR-2019-SROIE" / "data"
    with Image.open(folder / "img" / "031.jpg") as picture:
        page = picture.convert("RGB")
    text = read(Ocr, scan(page)).text[0]
    for told in ("AEON CO. (M) BHD", "AMBROSIAL GREEK", "Total Sales Incl GST", "THANK YOU FOR YOUR PATRONAGE"):
        assert told in text.content
    assert "(not seen)" in text.reason
