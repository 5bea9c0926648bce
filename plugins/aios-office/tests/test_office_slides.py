"""PowerPoint files: slides are pages, with what stands on them in its order and place."""

from __future__ import annotations

import io

import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from .conftest import PPTX


def saved(presentation) -> bytes:
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


@pytest.fixture
def deck():
    return pptx.Presentation()


def test_a_slide_is_a_page_with_its_title_first_and_its_notes_last(read, deck):
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    box = slide.shapes.add_textbox(Inches(1), Inches(2), Inches(4), Inches(1))
    box.text_frame.text = "Beside"
    slide.shapes.title.text = "Claims\nin 2026"
    slide.notes_slide.notes_text_frame.text = "Say hello"
    deck.slides.add_slide(deck.slide_layouts[6])
    found = read(saved(deck), PPTX)
    assert found.outline == [("heading 1", "Claims in 2026"), ("paragraph", "Beside"), ("comment", "Say hello")]
    assert [(page.info.width, page.info.height) for page in found.document.pages] == [(720.0, 540.0)] * 2
    boxes = [region.box for region in found.document.layers.regions]
    assert boxes[1] == pytest.approx((0.1, 2 / 7.5, 0.5, 3 / 7.5), abs=1e-6)
    assert boxes[0] is not None, "a title has the frame of its layout"


def test_bodies_are_lists_with_levels_and_text_boxes_are_not(read, deck):
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    frame = slide.placeholders[1].text_frame
    frame.text = "first"
    second = frame.add_paragraph()
    second.text, second.level = "second", 1
    assert read(saved(deck), PPTX).outline == [("list_item 1", "first"), ("list_item 2", "second")]


def test_groups_move_and_scale_what_is_in_them(read, deck):
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1)).text_frame.text = "inner"
    group.left, group.top, group.width, group.height = Inches(5), Inches(3), Inches(4), Inches(3)
    (region,) = read(saved(deck), PPTX).document.layers.regions
    assert region.box == pytest.approx((0.5, 3 / 7.5, 0.9, 6 / 7.5), abs=1e-6)


def test_tables_of_slides_keep_merged_cells(read, deck):
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    table = slide.shapes.add_table(3, 2, Inches(1), Inches(1), Inches(4), Inches(2)).table
    for row, texts in enumerate((("Item", "Price"), ("Door", "12.50"), ("Total", ""))):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(2, 0).merge(table.cell(2, 1))
    found = read(saved(deck), PPTX)
    assert found.text == "Item\tPrice\nDoor\t12.50\nTotal\t\n"
    assert found.document.tables[0].merged == ((1, 0, 1, 2),)
    assert found.document.tables[0].box == found.document.layers.regions[0].box is not None


def test_a_chart_gives_its_values_as_a_table_and_its_workbook_as_a_part(read, deck):
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["Q1", "Q2"]
    data.add_series("Claims", (12, 17.5))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(1), Inches(4), Inches(3), data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "By quarter"
    found = read(saved(deck), PPTX)
    assert found.outline == [("caption", "By quarter"), ("table", "\tClaims\nQ1\t12.0\nQ2\t17.5")] or found.outline == [
        ("caption", "By quarter"), ("table", "\tClaims\nQ1\t12\nQ2\t17.5"),
    ]  # fmt: skip
    assert [column.name for column in found.document.tables[0].columns][1:] == ["Claims"]


def test_links_of_runs_lead_where_they_say(read, deck):
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    paragraph = slide.shapes.add_textbox(0, 0, Inches(4), Inches(1)).text_frame.paragraphs[0]
    paragraph.add_run().text = "see "
    run = paragraph.add_run()
    run.text, run.hyperlink.address = "here", "https://example.org/"
    assert read(saved(deck), PPTX).links == [("here", "https://example.org/")]


def test_slides_come_in_the_order_of_the_show(read, deck):
    for text in ("one", "two", "three"):
        deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = text
    entries = deck.slides._sldIdLst
    entries.insert(0, entries[2])
    assert [page.text.strip() for page in read(saved(deck), PPTX).document.pages] == ["three", "one", "two"]
