"""What aios.hocr and aios.alto make of files, most of them written by tesseract itself."""

from __future__ import annotations

import re

import pytest
from aios_hocr import Alto, Hocr

from aios_sdk import Box, LimitExceeded, Malformed, Pipeline, Source, Store, Unsupported
from aios_sdk.testing import check_manifest

BOTH = pytest.mark.parametrize(("component", "form"), [(Hocr, "hocr"), (Alto, "alto")])


def test_the_manifest_says_what_the_code_says():
    check_manifest("aios_hocr")


@BOTH
def test_what_tesseract_wrote_is_read_as_it_printed_it(written, read, component, form):
    document = read(component, written[form])
    (page,) = document.pages
    assert page.text == written["txt"].decode().replace("\f", "").strip()
    assert page.text == "Invoice 471102 & more\nof Friday\n\nTotal 529.87 EUR"
    assert page.reading.method == "ocr"
    assert re.fullmatch(rf"{form.replace('hocr', 'hOCR').replace('alto', 'ALTO')} by tesseract [\d.]+", page.reading.reason)
    words = list(page.words.iterate(page.reading))
    assert [word.text for word in words] == page.text.split()
    assert all(0.5 < word.confidence <= 1 for word in words)
    assert words[0].box == pytest.approx(Box(0.05, 0.1, 0.18, 0.18), abs=0.03)
    assert page.reading.confidence == pytest.approx(page.words.mean_confidence(), abs=1e-5)


@BOTH
def test_paragraphs_are_regions_with_boxes(written, read, component, form):
    (page,) = read(component, written[form]).pages
    told = [(region.kind, page.text[region.start : region.end]) for region in page.regions]
    assert told == [("paragraph", "Invoice 471102 & more\nof Friday"), ("paragraph", "Total 529.87 EUR")]
    assert page.regions[0].box.y1 < page.regions[1].box.y0


def test_hocr_says_how_large_the_page_is(written, read):
    info = read(Hocr, written["hocr"]).pages[0].info
    assert (info.width, info.height) == (1200 * 72 / 200, 600 * 72 / 200)


@BOTH
def test_a_pipeline_takes_them_by_what_they_hold_whatever_their_names_are(written, tmp_path, component, form):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"page.{form}").write_bytes(written[form])
    with Store(tmp_path / "s.aios") as store:
        (outcome,) = Pipeline("p").ingest().run(tmp_path / "in", store=store)
    assert (outcome.status, outcome.steps[-1].component) == ("completed", f"aios.{form}")


PLAIN = "<!DOCTYPE html><html><head><title>a</title></head><body><p class='ocr'>not ocr_page</p></body></html>"


@BOTH
@pytest.mark.parametrize("data", [PLAIN, "<?xml version='1.0'?><invoice><alto2/></invoice>"])
def test_other_html_and_xml_are_left_to_others(component, form, data):
    with pytest.raises(Unsupported):
        list(component(component.Config()).ingest(Source(name="a.html", data=data.encode())))


@BOTH
def test_a_file_over_the_limit_is_refused(written, component, form):
    with pytest.raises(LimitExceeded, match="more than 2,000 bytes"):
        list(component(component.Config(max_size=2000)).ingest(Source(name="a", data=written[form] + b" " * 2000)))


def test_an_empty_file_is_malformed():
    with pytest.raises(Malformed, match="empty"):
        list(Alto(Alto.Config()).ingest(Source(name="a.xml", data=b" \n")))


def page_of(inside: str, size: str = 'WIDTH="1000" HEIGHT="500"', unit: str = "") -> str:
    unit = f"<Description><MeasurementUnit>{unit}</MeasurementUnit></Description>" if unit else ""
    layout = f"<Layout><Page {size}><PrintSpace>{inside}</PrintSpace></Page></Layout>"
    return f"<alto xmlns='http://www.loc.gov/standards/alto/ns-v2#'>{unit}{layout}</alto>"


def block(*lines: str) -> str:
    return f"<TextBlock>{''.join(f'<TextLine>{line}</TextLine>' for line in lines)}</TextBlock>"


@pytest.mark.parametrize(("unit", "points"), [("mm10", 72 / 254), ("inch1200", 72 / 1200), ("pixel", 72 / 300), ("", 72 / 300)])
def test_places_may_be_in_any_unit(read, unit, points):
    data = page_of(block('<String CONTENT="word" HPOS="100" VPOS="50" WIDTH="200" HEIGHT="25" WC="0.5"/>'), unit=unit)
    (page,) = read(Alto, data).pages
    (word,) = page.words.iterate(page.reading)
    assert (word.box, word.confidence) == (Box(0.1, 0.1, 0.3, 0.15), 0.5)
    assert page.info.width == pytest.approx(1000 * points, abs=1e-3)


def test_a_word_parted_by_a_hyphen_stays_as_it_is_printed(read):
    first = (
        '<String CONTENT="insur" SUBS_TYPE="HypPart1" SUBS_CONTENT="insurance" HPOS="1" VPOS="1" WIDTH="9" HEIGHT="9"/><HYP CONTENT="-"/>'
    )
    second = '<String CONTENT="ance" SUBS_TYPE="HypPart2" SUBS_CONTENT="insurance"/>'
    assert read(Alto, page_of(block(first, second))).pages[0].text == "insur-\nance"


def test_words_without_a_place_are_text_all_the_same(read):
    (page,) = read(Alto, page_of(block('<String CONTENT="a"/><SP/><String CONTENT="b"/>'))).pages
    assert (page.text, page.words) == ("a b", None)


def test_a_page_without_a_size_takes_that_of_its_words(read):
    (page,) = read(Alto, page_of(block('<String CONTENT="a" HPOS="50" VPOS="50" WIDTH="50" HEIGHT="50"/>'), size="")).pages
    assert page.words.box(0) == Box(0.5, 0.5, 1, 1)


def test_an_alto_file_that_breaks_off_gives_the_pages_that_are_whole():
    whole = page_of(block('<String CONTENT="kept"/>'))
    found = Alto(Alto.Config()).ingest(Source(name="a.xml", data=whole.replace("</Layout></alto>", "<Page><Print").encode()))
    assert next(found).pages[0].text == "kept"
    with pytest.raises(Malformed, match="broken"):
        next(found)


@pytest.mark.parametrize(
    "data",
    [
        page_of("")[:60],
        page_of(block('<String CONTENT="a" HPOS="x" VPOS="1" WIDTH="1" HEIGHT="1"/>')),
        page_of(block('<String CONTENT="a" HPOS="nan" VPOS="1" WIDTH="1" HEIGHT="1"/>')),
        "<!DOCTYPE alto [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>" + page_of(block('<String CONTENT="&b;"/>')),
        "<alto><Layout/></alto>",
    ],
)
def test_what_is_broken_or_a_bomb_is_malformed(data):
    with pytest.raises(Malformed):
        list(Alto(Alto.Config()).ingest(Source(name="a.xml", data=data.encode())))


HOCR = "<html><body><div class='ocr_page' title='bbox 100 100 1100 600; ppageno 0'>{}</div></body></html>"


def test_the_corner_of_a_page_need_not_be_at_zero(read):
    (page,) = read(Hocr, HOCR.format("<span class='ocr_line'><span class='ocrx_word' title='bbox 200 150 400 200'>a</span></span>")).pages
    assert page.words.box(0) == Box(0.1, 0.1, 0.3, 0.2)
    assert page.words.confidence(0) is None


def test_lines_without_words_and_text_outside_of_lines_are_kept(read):
    inside = "<p class='ocr_par'><span class='ocr_line' title='bbox 1 1 9 9'>a <b>bold</b> line</span></p>stray<script>no()</script>"
    (page,) = read(Hocr, HOCR.format(inside)).pages
    assert page.text == "a bold line stray"
    assert page.words is None


def test_a_tree_as_deep_as_somebody_likes_is_read(read):
    inside = "<div>" * 50_000 + "<span class='ocrx_word' title='bbox 200 150 400 200'>deep</span>"
    assert "deep" in read(Hocr, HOCR.format(inside)).pages[0].text
