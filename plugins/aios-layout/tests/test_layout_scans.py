"""Tables on pages that OCR read, by their ruling lines or by columns that can be nothing else."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aios_sdk import Document, PageInfo, PageText, Table, Unsupported, Words
from aios_sdk.formats import to_html, to_markdown

ROWS = [("Item", "Count", "Price"), ("Window pane", "2", "120.50"), ("Putty", "1", "8.75"), ("Work of two men", "6", "390.00")]
XS = (40, 200, 280, 380)
BELOW = [("Window pane", 2, Decimal("120.50")), ("Putty", 1, Decimal("8.75")), ("Work of two men", 6, Decimal("390.00"))]


def letter(page):
    for number, line in enumerate(
        ["The storm of Friday broke the front window, and the rain", "came in until the evening. We ask you to settle the costs:"]
    ):
        page.write(40, 40 + 14 * number, line)
    page.write(40, 300, "Please pay within thirty days. Thank you.")
    return page


def ruled(sheet, dpi=150, **look):
    page = letter(sheet(dpi, **look))
    page.table(ROWS, XS, 100)
    return page


def rows(document):
    (table,) = document.tables
    return table.relation().fetchall()


def test_a_ruled_table_becomes_typed_rows_with_the_boxes_of_its_cells(sheet, lay_out):
    document = lay_out(ruled(sheet).document())
    (table,) = document.tables
    assert {column.name: column.type for column in table.columns} == {"Item": "VARCHAR", "Count": "BIGINT", "Price": "DECIMAL(18,2)"}
    assert rows(document) == BELOW
    assert (table.name, table.page, table.merged) == ("page 1, table 1", 0, ())
    for found, true in ((table.box, (40, 100, 380, 180)), (table.cell_box(0, 1), (200, 120, 280, 140))):
        assert found == pytest.approx((true[0] / 420, true[1] / 595, true[2] / 420, true[3] / 595), abs=0.01)


def test_the_page_gets_another_reading_with_a_row_a_line_under_one_region(sheet, lay_out):
    document = lay_out(ruled(sheet).document())
    (page,) = document.pages
    assert [region.kind for region in page.regions] == ["paragraph", "table", "paragraph"]
    region = page.regions[1]
    assert region.target == document.tables[0].artifact
    assert page.text[region.start : region.end] == "\n".join("\t".join(row) for row in ROWS)
    assert (page.reading.method, page.reading.confidence) == ("ocr", 0.9)
    assert page.reading.reason == "no text layer; read in a test; laid out again with 1 table"
    assert [word.text for word in page.words.iterate(page.reading)] == page.text.split()
    assert {word.confidence for word in page.words.iterate(page.reading)} == {0.9}
    assert "| Window pane | 2 | 120.50 |" in to_markdown(document)
    assert "<td" in to_html(document)


@pytest.mark.parametrize("dpi", [100, 150, 200, 300])
@pytest.mark.parametrize("lean", [-2, 0, 1])
def test_resolution_and_a_lean_of_a_degree_or_two_change_nothing(sheet, lay_out, dpi, lean):
    document = lay_out(ruled(sheet, dpi).turned(lean).document())
    assert rows(document) == BELOW
    box = document.tables[0].cell_box(1, 0)
    putty = next(word for word in document.pages[0].words.iterate(document.pages[0].reading) if word.text == "Putty")
    assert box.union(putty.box) == pytest.approx(box, abs=0.01)


@pytest.mark.parametrize("turned", [90, 180, 270, 91])
def test_a_page_on_its_side_or_its_head_is_read_as_who_turns_it_does(sheet, lay_out, turned):
    page = ruled(sheet).turned(turned - turned % 90)
    before = page.document()
    document = lay_out((page.turned(turned % 90) if turned % 90 else page).document())
    assert rows(document) == BELOW
    if turned % 90 == 0:
        known = {word.text: word.box for word in before.pages[0].words.iterate(before.pages[0].reading)}
        for word in document.pages[0].words.iterate(document.pages[0].reading):
            assert word.box == pytest.approx(known[word.text], abs=0.01) or word.text in ("the", "of")


def test_cells_without_a_line_between_them_are_one(sheet, lay_out):
    page = sheet()
    page.table([("Storm damage", "", ""), *ROWS[1:]], XS, 100, ruled=False)
    for number in range(5):
        page.line(XS[0], 100 + 20 * number, XS[-1], 100 + 20 * number)
    for x in XS:
        page.line(x, 100 if x in (XS[0], XS[-1]) else 120, x, 180)
    (table,) = lay_out(page.document()).tables
    assert table.merged == ((-1 if table.rows == 3 else 0, 0, 1, 3),)


def test_a_table_open_at_its_sides_keeps_its_outer_columns(sheet, lay_out):
    page = sheet()
    page.table(ROWS, XS, 100, ruled=False)
    for number in range(5):
        page.line(XS[0], 100 + 20 * number, XS[-1], 100 + 20 * number)
    for x in XS[1:-1]:
        page.line(x, 100, x, 180)
    assert rows(lay_out(page.document())) == BELOW


def test_rows_that_only_their_text_parts_are_rows(sheet, lay_out):
    page = sheet()
    page.table(ROWS, XS, 100, ruled=False)
    for y in (100, 120, 180):
        page.line(XS[0], y, XS[-1], y)
    for x in XS:
        page.line(x, 100, x, 180)
    assert rows(lay_out(page.document())) == BELOW


def _holes(picture):
    pixels, chance = np.array(picture), np.random.default_rng(1)
    for y, x in chance.integers((pixels.shape), size=(400, 2)):
        pixels[y : y + 4, x : x + 4] = 255
    return Image.fromarray(pixels)


def _grain(picture):
    chance = np.random.default_rng(1)
    return Image.fromarray(np.clip(np.array(picture) + chance.normal(0, 10, np.array(picture).shape), 0, 255).astype(np.uint8))


def _shadow(picture):
    pixels = np.array(picture) * np.linspace(1, 0.6, picture.width)
    return Image.fromarray(pixels.astype(np.uint8))


@pytest.mark.parametrize("spoil", [_holes, _grain, _shadow, lambda picture: picture.point(lambda grey: 255 if grey > 128 else 0)])
def test_broken_lines_grain_shadows_and_black_and_white_are_seen_through(sheet, lay_out, spoil):
    page = ruled(sheet, ground=235, ink=90)
    page.picture = spoil(page.picture)
    assert rows(lay_out(page.document())) == BELOW


def test_bars_that_ocr_made_of_ruling_lines_are_no_text(sheet, lay_out):
    page = ruled(sheet)
    for number, line in enumerate(page.read):
        if line[0][0] == "Putty":
            word, (_, y0, x1, y1), confidence = line[0]
            bar = XS[0] * page.scale
            page.read[number] = [
                (f"|{word}", (bar - 1, y0, x1, y1), confidence),
                ("|", (XS[1] * page.scale - 2, y0, XS[1] * page.scale + 2, y1), 0.4),
            ]
    document = lay_out(page.document())
    assert rows(document) == BELOW
    assert "|" not in document.pages[0].text


def test_a_table_without_lines_is_found_under_the_names_of_its_columns(sheet, lay_out):
    page = letter(sheet())
    page.table(ROWS[:3], XS, 100, 14, ruled=False)
    document = lay_out(page.turned(1).document())
    assert rows(document) == BELOW[:2]
    assert document.tables[0].cell_box(0, 0) is not None


def test_without_names_full_columns_of_values_are_a_table(sheet, lay_out):
    page = letter(sheet())
    page.table([*ROWS[1:], ("Door handle", "1", "12.90")], XS, 100, 14, ruled=False)
    assert rows(lay_out(page.document())) == [*BELOW, ("Door handle", 1, Decimal("12.90"))]


@pytest.mark.parametrize("table", [
    [("Name:", "", "Max Miller"), ("Street:", "", "Garden Street 5"), ("Town:", "", "Springfield"), ("Telephone:", "", "0123 456")],
    [("Total", "EUR", "21.00"), ("Discount", "EUR", "0.00"), ("Net total", "EUR", "21.00"), ("Cash", "EUR", "50.00")],
    [("2 coffee", "large", "4.80"), ("1 cake", "small", "3.20")],
    [("one", "two", "three"), ("four", "five", "six"), ("seven", "eight", "nine"), ("ten", "eleven", "twelve")],
])  # fmt: skip
def test_what_may_be_something_else_is_no_table(sheet, lay_out, table):
    page = letter(sheet())
    page.table(table, XS, 100, 14, ruled=False)
    document = page.document()
    assert lay_out(document).layers == document.layers


def test_columns_of_words_that_ocr_is_not_sure_of_are_none(sheet, lay_out):
    page = sheet()
    page.table(ROWS, XS, 100, 14, ruled=False)
    page.read = [[(word, box, 0.5) for word, box, _ in line] for line in page.read]
    assert lay_out(page.document()).tables == ()


def test_a_frame_round_text_a_drawing_and_lines_under_words_are_no_tables(sheet, lay_out):
    page = letter(sheet())
    for y in (30, 70, 330):
        page.line(30, y, 400, y)
    for x in (30, 400):
        page.line(x, 30, x, 330)
    for number in range(12):
        page.line(40 + 20 * number, 400, 40 + 20 * number, 560)
        page.line(40, 400 + 14 * number, 260, 400 + 14 * number)
    page.write(300, 450, "A")
    page.write(300, 500, "B")
    assert lay_out(page.document()).tables == ()


def test_pages_without_tables_and_with_those_of_an_earlier_step_stay_as_they_are(sheet, lay_out, tmp_path):
    document = letter(sheet()).document()
    assert lay_out(document).layers == document.layers
    known = Table.from_rows([["Item"], ["Putty"]], tmp_path / "known.parquet", name="known", page=0)
    document = ruled(sheet).document(tables=(known,))
    assert lay_out(document).layers == document.layers


def test_a_page_with_text_that_has_no_place_keeps_all_of_it(sheet, lay_out):
    document = ruled(sheet).document()
    (words,), text = document.layers.words, document.layers.text[0]
    without = Words.build(text, [(word.start, word.end, word.box, word.confidence) for word in list(words.iterate(text))[1:]])
    document = Document.of(pages=document.layers.pages, text=(text,), words=(without,)).bind(document._host())
    assert lay_out(document).layers == document.layers


def test_what_ocr_did_not_read_is_left_to_who_did(sheet, lay_out):
    with pytest.raises(Unsupported, match="no page was read by OCR"):
        lay_out(Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content="Dear Sirs"),)))


@settings(max_examples=20, deadline=None)
@given(
    table=st.lists(st.tuples(*[st.sampled_from(["", "Putty", "2", "120.50", "two men"])] * 3), min_size=3, max_size=8),
    lean=st.floats(-2, 2),
)
def test_no_word_is_lost_or_made_up(table, lean):
    from aios_layout._scans import laid_out

    from .conftest import Sheet

    page = Sheet(100)
    page.table(table, XS, 100)
    document = page.turned(lean).document()
    read = document.pages[0]
    found = laid_out(read.reading, read.words, read.image()) if read.reading.content else None
    if found is not None:
        assert sorted(found.text.content.split()) == sorted(read.text.split())
        assert sorted(map(len, found.text.content.splitlines())) != []


@settings(max_examples=50, deadline=None)
@given(turned=st.sampled_from([0, 90, 180, 270]), lean=st.floats(-3, 3), x=st.floats(0.2, 0.7), y=st.floats(0.2, 0.7))
def test_boxes_find_the_way_to_the_upright_page_and_back(turned, lean, x, y):
    from aios_layout._upright import Upright

    from aios_sdk import Box

    page = Upright((1000, 1400), turned, lean)
    box = Box.of(x, y, x + 0.06, y + 0.05)
    assert page.displayed(page.box(box)) == pytest.approx(box, abs=2e-5)
