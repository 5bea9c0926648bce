"""Tables on pages: found by their ruling lines, or by columns that can be nothing else."""

from decimal import Decimal
from itertools import pairwise

import pytest

from aios_sdk import Box

ROWS = [("Item", "Count", "Price"), ("Window pane", "2", "120.50"), ("Putty", "1", "8.75"), ("Work of two men", "6", "390.00")]
XS, TOP, HEIGHT = (40, 240, 320, 420), 700, 20


def cells(bench, rows=ROWS, *, leading: int = HEIGHT) -> bytes:
    return b"\n".join(
        bench.lines(text, left=XS[column] + 5, top=TOP - leading * (row + 1) + 6, size=10)
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
        if text
    )


def line(x0: float, y0: float, x1: float, y1: float) -> bytes:
    return b"%g %g m %g %g l S" % (x0, y0, x1, y1)


def grid(rows: int = 4, *, without: tuple[bytes, ...] = ()) -> bytes:
    bottom = TOP - HEIGHT * rows
    drawn = [line(XS[0], TOP - HEIGHT * row, XS[-1], TOP - HEIGHT * row) for row in range(rows + 1)]
    drawn += [line(x, TOP, x, bottom) for x in XS]
    return b"\n".join(stroke for stroke in drawn if stroke not in without)


def read(bench, content: bytes, **config):
    return bench.ingest(bench.write([bench.page(content, media=(0, 0, 595, 842))]), **config)[0]


def test_a_ruled_table_becomes_typed_rows_with_the_boxes_of_its_cells(bench):
    document = read(bench, b"\n".join((bench.lines("What it costs", left=40, top=740), grid(), cells(bench))))
    (table,) = document.tables
    assert {column.name: column.type for column in table.columns} == {"Item": "VARCHAR", "Count": "BIGINT", "Price": "DECIMAL(18,2)"}
    assert table.relation().fetchall() == [
        ("Window pane", 2, Decimal("120.50")), ("Putty", 1, Decimal("8.75")), ("Work of two men", 6, Decimal("390.00")),
    ]  # fmt: skip
    assert table.name == "page 1, table 1"
    assert table.box == Box.of(40 / 595, (842 - 700) / 842, 420 / 595, (842 - 620) / 842)
    assert table.cell_box(0, 1) == Box.of(240 / 595, (842 - 680) / 842, 320 / 595, (842 - 660) / 842)


def test_its_text_has_a_row_a_line_and_tabs_between_cells_under_one_region(bench):
    document = read(bench, b"\n".join((cells(bench), grid(), bench.lines("Thank you.", left=40, top=500))))
    region, after = document.layers.regions
    assert (region.kind, region.target) == ("table", document.tables[0].artifact)
    assert document.text[region.start : region.end] == "\n".join("\t".join(row) for row in ROWS)
    assert (after.kind, document.text[after.start : after.end]) == ("paragraph", "Thank you.")
    assert [word.text for word in document.layers.words[0].iterate(document.layers.text[0])] == document.text.split()


def test_cells_without_a_line_between_them_are_one(bench):
    rows = [("Storm damage", "", ""), *ROWS[1:]]
    drawn = [line(XS[0], TOP - HEIGHT * row, XS[-1], TOP - HEIGHT * row) for row in range(5)]
    drawn += [line(x, TOP if x in (XS[0], XS[-1]) else TOP - HEIGHT, x, TOP - 4 * HEIGHT) for x in XS]
    (table,) = read(bench, b"\n".join((*drawn, cells(bench, rows)))).tables
    header = 1 if table.rows == 3 else 0
    assert table.merged == ((-header, 0, 1, 3),)


def test_borders_drawn_as_thin_or_as_whole_rectangles_rule_as_well(bench):
    thin = b"\n".join(b"%g %g %g 0.7 re f" % (XS[0], TOP - HEIGHT * row, XS[-1] - XS[0]) for row in range(5))
    thin += b"\n" + b"\n".join(b"%g %g 0.7 %g re f" % (x, TOP - 4 * HEIGHT, 4 * HEIGHT) for x in XS)
    whole = b"\n".join(b"%g %g %g %g re S" % (x0, TOP - HEIGHT * (row + 1), x1 - x0, HEIGHT) for row in range(4) for x0, x1 in pairwise(XS))
    expected = read(bench, grid() + b"\n" + cells(bench)).tables[0].relation().fetchall()
    for drawn in (thin, whole):
        assert read(bench, drawn + b"\n" + cells(bench)).tables[0].relation().fetchall() == expected


def test_a_table_open_at_its_sides_keeps_its_outer_columns(bench):
    open_sides = grid(without=(line(XS[0], TOP, XS[0], TOP - 80), line(XS[-1], TOP, XS[-1], TOP - 80)))
    (table,) = read(bench, open_sides + b"\n" + cells(bench)).tables
    assert [column.name for column in table.columns] == ["Item", "Count", "Price"]


def test_rows_that_only_their_text_parts_are_rows(bench):
    frame = [line(XS[0], y, XS[-1], y) for y in (TOP, TOP - HEIGHT, TOP - 4 * HEIGHT)] + [line(x, TOP, x, TOP - 4 * HEIGHT) for x in XS]
    (table,) = read(bench, b"\n".join((*frame, cells(bench)))).tables
    assert table.rows == 3


def test_a_table_without_lines_is_found_when_its_columns_hold_values(bench):
    (table,) = read(bench, bench.lines("An offer of today", left=40, top=760) + b"\n" + cells(bench, leading=14)).tables
    assert table.relation().fetchall()[0] == ("Window pane", 2, Decimal("120.50"))
    assert table.cell_box(0, 0) is not None


@pytest.mark.parametrize("rows", [
    [("Name:", "Max Miller"), ("Street:", "Garden Street 5"), ("Town:", "Springfield")],
    [("one", "two", "three"), ("four", "five", "six"), ("seven", "eight", "nine")],
    [("The storm broke the", "rain came in until the", "joiner"), ("front window and the", "evening of the day", "fifth"), ("a", "b", "c")],
])  # fmt: skip
def test_what_may_be_something_else_is_no_table(bench, rows):
    assert read(bench, cells(bench, rows, leading=14)).tables == ()


def test_a_frame_round_the_text_of_a_page_is_no_table(bench):
    text = bench.lines(*[f"Line {number} of a long letter that is set within a frame" for number in range(20)], left=60, top=680, size=10)
    frame = b"40 300 500 400 re S 40 660 500 40 re S"
    document = read(bench, frame + b"\n" + text)
    assert document.tables == ()
    assert document.text.startswith("Line 0 of a long letter")


def test_a_drawing_of_thousands_of_lines_is_read_past(bench):
    drawing = b"\n".join(line(40, 100 + number / 10, 500, 100 + number / 10) for number in range(4000))
    assert read(bench, drawing + b"\n" + cells(bench)).text


def test_without_tables_they_are_still_read_row_by_row(bench):
    document = read(bench, grid() + b"\n" + cells(bench), tables=False)
    assert document.tables == ()
    assert [(region.kind, region.target) for region in document.layers.regions] == [("table", "")]
