"""Laws of writing and reading back, and what other programs make of it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from aios_hocr import Alto, Hocr, to_alto, to_hocr
from hypothesis import given
from hypothesis import strategies as st

from aios_sdk import Box, Document, PageInfo, PageText, Region, Source, Words

BOTH = pytest.mark.parametrize(("write", "component"), [(to_hocr, Hocr), (to_alto, Alto)])

_texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Z"]), min_size=1, max_size=8)
_boxes = st.tuples(*[st.floats(0, 1)] * 4).map(lambda corners: Box.of(*corners))
_word = st.tuples(_texts, _boxes, st.none() | st.integers(0, 100).map(lambda percent: percent / 100))
_paragraphs = st.lists(st.lists(st.lists(_word, min_size=1, max_size=4), min_size=1, max_size=3), max_size=3)


def page_of(index: int, paragraphs: list[list[list[tuple[str, Box, float | None]]]]) -> tuple[PageText, Words, list[Region]]:
    content, places, ranges = "", [], []
    for paragraph in paragraphs:
        content += "\n\n" if content else ""
        start = len(content)
        for number, line in enumerate(paragraph):
            content += "\n" if number else ""
            for position, (text, box, confidence) in enumerate(line):
                content += " " if position else ""
                places.append((len(content), len(content) + len(text), box, confidence))
                content += text
        ranges.append((start, len(content)))
    text = PageText(page=index, content=content, method="ocr")
    return text, Words.build(text, places), [Region.of(text, "paragraph", *each) for each in ranges]


def document_of(pages: list[list[list[list[tuple[str, Box, float | None]]]]]) -> Document:
    built = [page_of(index, paragraphs) for index, paragraphs in enumerate(pages)]
    return Document.of(
        pages=tuple(PageInfo(index=index, width=595, height=842) for index in range(len(pages))),
        text=tuple(text for text, _, _ in built),
        words=tuple(words for _, words, _ in built if len(words)),
        regions=tuple(region for *_, regions in built for region in regions),
    )


def read_back(component: type, written: str) -> Document:
    (found,) = component(component.Config()).ingest(Source(name="a", data=written.encode()))
    return found


@BOTH
@given(pages=st.lists(_paragraphs, min_size=1, max_size=3))
def test_what_is_written_is_read_back_to_the_pixel(write, component, pages):
    document = document_of(pages)
    again = read_back(component, write(document))
    assert [page.text for page in again.pages] == [page.text for page in document.pages]
    for page, other in zip(document.pages, again.pages, strict=True):
        assert (other.info.width, other.info.height) == pytest.approx((page.info.width, page.info.height), abs=0.2)
        assert [(region.start, region.end) for region in other.regions] == [(region.start, region.end) for region in page.regions]
        if page.words is None:
            continue
        for one, two in zip(page.words.iterate(page.reading), other.words.iterate(other.reading), strict=True):
            assert (one.start, one.end) == (two.start, two.end)
            assert two.box == pytest.approx(one.box, abs=1 / 2000)
            assert (one.confidence is None) == (two.confidence is None)
            assert two.confidence == pytest.approx(one.confidence, abs=0.005) or one.confidence is None


@BOTH
@given(content=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_text_is_lost_and_the_file_is_xml_whatever_it_is(write, component, content):
    document = Document.of(pages=(PageInfo(index=0, label="i & 'ii'"),), text=(PageText(page=0, content=content),))
    written = write(document)
    ElementTree.fromstring(written)
    kept = ["".join(char if " " <= char not in "\ufffe\uffff" else "\ufffd" for char in word) for word in content.split()]
    assert read_back(component, written).pages[0].text.split() == kept


@BOTH
def test_what_tesseract_wrote_goes_through_unchanged(written, write, component):
    first = read_back(Hocr, written["hocr"].decode())
    assert read_back(component, write(first)).pages[0].text == first.pages[0].text
    assert write(read_back(component, write(first))) == write(first), "and a second time nothing changes"


def test_paragraphs_without_regions_are_what_empty_lines_part():
    document = Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content="one\ntwo\n\nthree"),))
    assert read_back(Alto, to_alto(document)).pages[0].text == "one\ntwo\n\nthree"
