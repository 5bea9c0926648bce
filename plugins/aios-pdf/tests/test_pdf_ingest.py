"""Pages, text and words of PDF files."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aios_pdf import Pdf, _file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ImageChops
from pypdfium2.internal import ObjectTracker

from aios_sdk import Context, DeadlineExceeded, Document, Encrypted, LimitExceeded, Malformed, Resources, Source, Unavailable, UsageError
from aios_sdk.testing import check_manifest

#: A font in which A is a smiling face, B a b, C a mathematical bold A, D the two letters fi, E a lone surrogate, F a soft hyphen.
ODD_CHARACTERS = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def
1 begincodespacerange <00> <ff> endcodespacerange
6 beginbfchar <41> <D83DDE00> <42> <0062> <43> <D835DC00> <44> <00660069> <45> <D83D> <46> <00AD> endbfchar
endcmap end end"""


def words_of(document: Document, page: int = 0) -> list[Any]:
    text, words = document.layers.text[page], document.layers.words[page]
    assert words.artifact == text.artifact
    return list(words.iterate(text))


def test_lines_stay_lines_and_break_with_a_newline(bench):
    assert bench.page_text(bench.lines("Invoice 471102", "Total 529.87 EUR")) == "Invoice 471102\nTotal 529.87 EUR"


def test_words_are_the_text_split_at_white_space_with_exact_offsets(bench):
    document, _ = bench.ingest(bench.write([bench.page(bench.lines("one  two", "three (four)"))]))
    words = words_of(document)
    assert [word.text for word in words] == document.text.split() == ["one", "two", "three", "(four)"]
    assert all(document.text[word.start : word.end] == word.text for word in words)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text("abcdefghijkABCDE0123456789", min_size=1, max_size=8), min_size=1, max_size=5), min_size=1, max_size=6))
def test_whatever_words_are_printed_come_back_in_their_lines(bench, rows):
    printed = [" ".join(row) for row in rows]
    document, _ = bench.ingest(bench.write([bench.page(bench.lines(*printed), media=(0, 0, 600, 200))]))
    assert [line.split() for line in document.text.split("\n")] == rows
    assert [word.text for word in words_of(document)] == document.text.split()


def test_a_hyphen_at_the_end_of_a_line_stays_as_printed_and_so_does_the_line(bench):
    text = bench.page_text(bench.lines("The damage to the win-", "dow was re-", "ported."))
    assert text == "The damage to the win-\ndow was re-\nported."


def test_characters_beyond_the_basic_plane_count_once_and_boxes_follow_them(bench):
    document, _ = bench.ingest(bench.write([bench.page(bench.lines("BAB CB BDB"))], to_unicode=ODD_CHARACTERS))
    assert document.text == "b\U0001f600b \U0001d400b bfib"
    words = words_of(document)
    assert [(word.text, word.start, word.end) for word in words] == [("b\U0001f600b", 0, 3), ("\U0001d400b", 4, 6), ("bfib", 7, 11)]
    # The same glyphs under their own names stand in the same places.
    plain = words_of(bench.ingest(bench.write([bench.page(bench.lines("BAB CB BDB"))]))[0])
    assert [word.box for word in words] == [word.box for word in plain]


def test_a_lone_surrogate_is_replaced_and_a_soft_hyphen_is_the_hyphen_it_is_drawn_as(bench):
    assert bench.page_text(bench.lines("BEB BFB"), to_unicode=ODD_CHARACTERS) == "b\ufffdb b-b"


def test_words_glued_across_lines_by_pdfium_are_parted(bench):
    # Two numbers of a form: the second begins where the first ends, far below.
    content = b"BT /F 9 Tf 20 160 Td (271.79) Tj ET BT /F 9 Tf 46 60 Td (32) Tj ET"
    document, _ = bench.ingest(bench.write([bench.page(content)]))
    assert [word.text for word in words_of(document)] == ["271.79", "32"]
    assert words_of(document)[0].box.y1 < words_of(document)[1].box.y0


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (30, 20, 280, 190)], ids=["whole", "cropped"])
def test_boxes_are_where_the_ink_is_on_the_page_as_displayed(bench, rotate, crop):
    media = (10, 5, 310, 205)
    content = bench.lines("HILL", "MILE EHM", left=60, top=150, size=20, leading=60)
    document, _ = bench.ingest(bench.write([bench.page(content, media=media, crop=crop, rotate=rotate)]))
    left, bottom, right, top = crop or media
    upright = (right - left, top - bottom)
    page = document.pages[0]
    assert (page.info.width, page.info.height) == (upright if rotate in (0, 180) else upright[::-1])
    assert page.info.rotation == rotate
    image = page.image(dpi=144)
    assert image.mode == "RGB"
    assert image.size == (round(page.info.width * 2), round(page.info.height * 2))
    ink = ImageChops.invert(image.convert("L")).point(lambda value: 255 if value > 100 else 0)
    for word in words_of(document):
        expected = [corner * size for corner, size in zip(word.box, image.size * 2, strict=True)]
        around = (expected[0] - 5, expected[1] - 5, expected[2] + 5, expected[3] + 5)
        found = ink.crop(tuple(map(round, around))).getbbox()
        assert found is not None, f"nothing is printed at {word}"
        there = [edge + round(around[index % 2]) for index, edge in enumerate(found)]
        assert all(abs(edge - wanted) <= 2 for edge, wanted in zip(there, expected, strict=True)), (word, there, expected)


def test_text_outside_of_the_displayed_part_is_not_text_of_the_page(bench):
    content = bench.lines("left", left=20) + b"\n" + bench.lines("right", left=220)
    halves = [bench.page(content, crop=(0, 0, 150, 200)), bench.page(content, crop=(150, 0, 300, 200))]
    document, _ = bench.ingest(bench.write(halves))
    assert [page.text for page in document.pages] == ["left", "right"]


def test_a_page_without_text_says_so_and_its_document_still_completes(bench):
    document, _ = bench.ingest(bench.write([bench.page(b"10 10 50 50 re f"), bench.page()]))
    assert [(page.text, page.readings[0].reason) for page in document.pages] == [("", "no text")] * 2
    assert [len(words) for words in document.layers.words] == [0, 0]
    assert document.layers.regions == ()


def test_pages_carry_their_printed_labels(bench):
    labels = b"/PageLabels<</Nums[0<</S/r>>2<</S/D>>]>>"
    document, _ = bench.ingest(bench.write([bench.page()] * 3, catalog=labels))
    assert [page.info.label for page in document.pages] == ["i", "ii", "1"]


def test_a_damaged_page_does_not_cost_the_others_and_is_told_at_last(bench):
    document, _ = bench.ingest(
        bench.write([bench.page(bench.lines("first")), bench.page(missing=True), bench.page(bench.lines("last"))]), damaged="1 of 3 pages"
    )
    assert [page.text for page in document.pages] == ["first", "", "last"]
    assert document.pages[1].info.width == 0
    assert document.pages[1].readings == ()
    with pytest.raises(Malformed, match="Page 2"):
        document.pages[1].image()


@pytest.mark.parametrize("data", [b"", b"no PDF", b"%PDF-1.7\n%%EOF"])
def test_bytes_that_are_no_pdf_are_malformed_and_the_sender_is_to_be_asked(bench, data):
    with pytest.raises(Malformed, match="Ask the sender for it again"):
        bench.ingest(data)


def test_a_document_without_pages_is_malformed_never_empty(bench):
    with pytest.raises(Malformed, match="Ask the sender"):
        bench.ingest(bench.write([]))


def test_a_document_of_nothing_but_damaged_pages_is_malformed(bench):
    with pytest.raises(Malformed, match="Page 1"):
        bench.ingest(bench.write([bench.page(missing=True)]))


def test_a_document_that_needs_a_password_is_encrypted(bench):
    locked = b"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (b"ab" * 32, b"cd" * 32)
    with pytest.raises(Encrypted):
        bench.ingest(bench.write([bench.page()], trailer=locked))


def unlocked(password: str, monkeypatch, tmp_path) -> Pdf:
    monkeypatch.setenv("CLAIMS_PASSWORD", password)
    component = Pdf(Pdf.Config(password_variables=("CLAIMS_PASSWORD",)))
    component.open(Resources(scratch=tmp_path))
    return component


def test_a_password_out_of_the_environment_opens_an_encrypted_file_for_reading_and_drawing(bench, context, monkeypatch, tmp_path):
    component = unlocked("open sesame", monkeypatch, tmp_path)
    bench.data = bench.encrypted("open sesame", "Claim 4711")
    document = next(iter(component.ingest(Source(name="a.pdf", data=bench.data), context)))
    assert document.text == "Claim 4711"
    assert component.render(document.bind(bench), 0, 72).size == (300, 200)
    plain = next(iter(component.ingest(Source(name="b.pdf", data=bench.write([bench.page(bench.lines("not encrypted"))])), context)))
    assert plain.text == "not encrypted"


def test_a_wrong_password_is_told_without_saying_it(bench, context, monkeypatch, tmp_path):
    component = unlocked("guess-77", monkeypatch, tmp_path)
    with pytest.raises(Encrypted, match="none of the 1 that were given") as caught:
        list(component.ingest(Source(name="a.pdf", data=bench.encrypted("open sesame", "Claim 4711")), context))
    assert "guess-77" not in str(caught.value)
    assert "password_variables" in caught.value.fix


def test_a_variable_that_is_not_set_makes_the_component_unavailable(tmp_path):
    with pytest.raises(Unavailable, match="NO_SUCH_VARIABLE"):
        Pdf(Pdf.Config(password_variables=("NO_SUCH_VARIABLE",))).open(Resources(scratch=tmp_path))


def test_too_many_pages_are_refused_before_any_is_read(bench):
    with pytest.raises(LimitExceeded, match="3 pages"):
        bench.ingest(bench.write([bench.page()] * 3), max_pages=2)


def test_rendering_stops_at_the_limit_of_pixels(bench):
    document, _ = bench.ingest(bench.write([bench.page(media=(0, 0, 720, 720))]))
    with pytest.raises(LimitExceeded, match="1,000,000 pixels"):
        Pdf(Pdf.Config(max_pixels=999_999)).render(document, 0, 100)
    assert Pdf(Pdf.Config(max_pixels=1_000_000)).render(document, 0, 100).size == (1000, 1000)


def test_a_page_that_is_not_there_cannot_be_rendered(bench):
    document, _ = bench.ingest(bench.write([bench.page()]))
    with pytest.raises(UsageError, match="no page 1"):
        Pdf(Pdf.Config()).render(document, 1, 72)


def test_form_fields_are_drawn(bench):
    widget = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(x)/Rect[100 50 200 150]/F 4/AP<</N 5 0 R>>>>"
    square = b"<</Type/XObject/Subtype/Form/BBox[0 0 100 100]/Length 16>>\nstream\n0 0 100 100 re f\nendstream"
    data = bench.write([bench.page(more=b"/Annots[4 0 R]")], objects=[widget, square], catalog=b"/AcroForm<</Fields[4 0 R]>>")
    document, _ = bench.ingest(data)
    ink = ImageChops.invert(document.pages[0].image(72).convert("L")).getbbox()
    assert ink is not None
    assert all(abs(edge - wanted) <= 1 for edge, wanted in zip(ink, (100, 50, 200, 150), strict=True))


def test_the_deadline_is_kept_between_pages(bench, tmp_path):
    late = Context(run="run", step="ingest", scratch=tmp_path, deadline=time.monotonic() - 1)
    with pytest.raises(DeadlineExceeded):
        list(Pdf(Pdf.Config()).ingest(Source(name="a.pdf", data=bench.write([bench.page()])), late))


def test_two_threads_are_never_inside_pdfium_at_once_and_get_the_same_texts(bench, context, monkeypatch):
    files = [bench.write([bench.page(bench.lines(f"document {number}", f"page {page}")) for page in range(3)]) for number in range(4)]

    def text(data: bytes) -> str:
        document = next(iter(Pdf(Pdf.Config()).ingest(Source(name="a.pdf", data=data), context)))
        return document.text

    expected = [text(data) for data in files]
    inside: set[int] = set()
    overlaps: list[set[int]] = []

    def slowly(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            inside.add(threading.get_ident())
            time.sleep(0.001)
            if len(inside) > 1:
                overlaps.append(set(inside))
            try:
                return function(*arguments)
            finally:
                inside.discard(threading.get_ident())

        return call

    monkeypatch.setattr(_file, "_load", slowly(_file._load))
    monkeypatch.setattr(_file, "lines_of", slowly(_file.lines_of))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(text, files * 2)) == expected * 2
    assert overlaps == []


def test_nothing_stays_open_whether_ingest_ends_fails_or_is_abandoned(bench, context):
    good = bench.write([bench.page(bench.lines("text"))], embedded={"a.txt": b"a", "b.txt": b"b"})
    abandoned = Pdf(Pdf.Config()).ingest(Source(name="a.pdf", data=good), context)
    next(abandoned)
    assert any(ObjectTracker.values())
    abandoned.close()
    bench.ingest(good)
    with pytest.raises(LimitExceeded):
        bench.ingest(good, max_pages=0)
    assert not any(ObjectTracker.values())


def test_the_manifest_says_what_the_code_says():
    check_manifest("aios_pdf")
