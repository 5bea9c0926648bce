"""The order in which pages are read, and what their parts are."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aios_sdk import Document

LEFT = (
    "The storm of the third of May broke",
    "two panes of the front window, and",
    "rain came in until the evening of",
    "that day, when it was covered.",
)
RIGHT = (
    "The joiner came on the fifth, took",
    "the measures of both panes and made",
    "an offer, which the insurer has now",
    "accepted without any reserve.",
)


def beside(bench, left, right, *, first: int = 40, second: int = 320, size: int = 10) -> bytes:
    """Two columns drawn line by line across the page, as a word processor without columns does."""
    rows = zip(left, right, strict=True)
    return b"\n".join(
        bench.lines(text, left=at, top=700 - 12 * number, size=size)
        for number, row in enumerate(rows)
        for at, text in zip((first, second), row, strict=True)
    )


def kinds(document: Document) -> list[tuple[str, str]]:
    texts = {text.artifact: text.content for text in document.layers.text}
    return [(region.kind, texts[region.artifact][region.start : region.end]) for region in document.layers.regions]


def a4(bench, content: bytes, **options):
    return bench.page(content, media=(0, 0, 595, 842), **options)


def test_columns_are_read_one_after_the_other_however_they_are_drawn(bench):
    document, _ = bench.ingest(bench.write([a4(bench, beside(bench, LEFT, RIGHT))]))
    assert document.text == "\n".join(LEFT) + "\n\n" + "\n".join(RIGHT)


def test_a_heading_over_two_columns_comes_first_and_a_line_below_them_last(bench):
    content = bench.lines("What happened at the house in Garden Street and what it will cost", left=40, top=740, size=14)
    below = "The insurer pays the whole sum within fourteen days of this letter, to the account below."
    content += b"\n" + beside(bench, LEFT, RIGHT) + b"\n" + bench.lines(below, left=40, top=630, size=10)
    text = bench.ingest(bench.write([a4(bench, content)]))[0].text
    places = [text.index(words) for words in ("What happened", LEFT[0], LEFT[-1], RIGHT[0], RIGHT[-1], below)]
    assert places == sorted(places)


def test_a_value_stays_beside_its_label_and_the_cells_of_a_row_together(bench):
    labels, values = ("Invoice number:", "Date:", "Customer:", "Order:"), ("RE-7", "05.03.2024", "10045", "B-12")
    text = bench.ingest(bench.write([a4(bench, beside(bench, labels, values, second=180))]))[0].text
    assert text.split("\n") == [f"{label} {value}" for label, value in zip(labels, values, strict=True)]


def test_a_label_level_with_the_second_line_of_its_value_comes_before_the_first(bench):
    content = (
        bench.lines("Mr", "Max Miller", left=180, top=700, size=10, leading=12) + b"\n" + bench.lines("Name:", left=40, top=688, size=10)
    )
    assert bench.ingest(bench.write([a4(bench, content)]))[0].text == "Name: Mr\nMax Miller"


def test_without_layout_the_order_is_that_of_the_file_and_there_are_no_regions(bench):
    document, _ = bench.ingest(bench.write([a4(bench, beside(bench, LEFT, RIGHT))]), layout=False)
    assert document.text.split("\n")[0].startswith(LEFT[0])
    assert sorted(document.text.split()) == sorted(" ".join(LEFT + RIGHT).split())
    assert document.layers.regions == document.layers.tables == ()


def test_text_on_its_side_comes_last(bench):
    aside = b"BT /F 10 Tf 0 1 -1 0 20 300 Tm (arXiv:2305.03393v1) Tj ET"
    document, _ = bench.ingest(bench.write([a4(bench, aside + b"\n" + bench.lines("First line", "Second line", left=60, top=700))]))
    assert document.text == "First line\nSecond line\n\narXiv:2305.03393v1"


def test_a_page_set_on_its_side_as_a_whole_is_read_as_it_is(bench):
    content = b"\n".join(
        b"BT /F 10 Tf 0 1 -1 0 %d 40 Tm (line %d of a broad page) Tj ET" % (50 + 14 * number, number) for number in range(5)
    )
    document, _ = bench.ingest(bench.write([a4(bench, content)]))
    assert [line for line in document.text.split("\n") if line] == [f"line {number} of a broad page" for number in range(5)]


def test_titles_headings_paragraphs_and_lists_are_told_by_size_and_marks(bench):
    parts = [
        ("Report on a damage by storm", 24, 760),
        ("What happened", 16, 700),
        ("On the third of May the front window broke in a storm.", 10, 680),
        ("- two panes of glass", 10, 650),
        ("- one frame", 10, 635),
        ("What it costs", 16, 600),
        ("The joiner has made an offer, which is enclosed.", 10, 580),
        ("1. Glass and putty", 10, 550),
        ("2. Work of two men", 10, 535),
    ]
    content = b"\n".join(bench.lines(text, left=40, top=top, size=size) for text, size, top in parts)
    document, _ = bench.ingest(bench.write([a4(bench, content)]))
    assert [kind for kind, _ in kinds(document)] == [
        "title", "heading", "paragraph", "list_item", "list_item", "heading", "paragraph", "list_item", "list_item",
    ]  # fmt: skip
    assert [text for _, text in kinds(document)] == [text for text, *_ in parts]
    assert {region.level for region in document.layers.regions if region.kind == "heading"} == {2}
    for region in document.layers.regions:
        assert region.box is not None


def test_a_list_inside_a_list_lies_deeper(bench):
    rows = [("- first of all", 40), ("- within it", 60), ("- and also", 60), ("- second of all", 40)]
    content = b"\n".join(bench.lines(text, left=left, top=700 - 14 * number, size=10) for number, (text, left) in enumerate(rows))
    document, _ = bench.ingest(bench.write([a4(bench, content)]))
    assert [(region.kind, region.level) for region in document.layers.regions] == [("list_item", level) for level in (1, 2, 2, 1)]


def test_what_repeats_in_the_margins_of_pages_is_header_and_footer(bench):
    def page(number: int):
        body = bench.lines(f"Text of the page with the number {number}.", left=40, top=500, size=10)
        margins = (
            bench.lines("Acme Insurance", left=40, top=810, size=10) + b"\n" + bench.lines(f"Page {number} of 3", left=500, top=30, size=10)
        )
        return a4(bench, margins + b"\n" + body)

    document, _ = bench.ingest(bench.write([page(1), page(2), page(3)]))
    assert [kind for kind, _ in kinds(document)] == ["header", "paragraph", "footer"] * 3


def test_links_lie_within_the_part_that_holds_their_words_and_say_where_they_lead(bench):
    content = bench.lines("See the terms for more, or page two.", left=40, top=700, size=10)
    annotations = [
        b"<</Type/Annot/Subtype/Link/Rect[58 696 106 712]/A<</S/URI/URI(https://example.com/terms)>>>>",
        b"<</Type/Annot/Subtype/Link/Rect[156 696 202 712]/Dest[7 0 R/Fit]>>",
    ]
    page = a4(bench, content, more=b"/Annots[4 0 R 5 0 R]")
    document, _ = bench.ingest(bench.write([page, a4(bench, b"")], objects=annotations).replace(b"/Dest[7 0 R", b"/Dest[9 0 R"))
    (paragraph, *links) = document.layers.regions
    assert [(link.kind, document.text[link.start : link.end], link.target) for link in links] == [
        ("link", "the terms", "https://example.com/terms"), ("link", "page two.", "#page=2"),
    ]  # fmt: skip
    assert all(paragraph.start <= link.start < link.end <= paragraph.end for link in links)


words = st.text("abcdefghij ABC.:-12", min_size=1, max_size=30).filter(str.strip)
placed = st.tuples(words, st.integers(20, 450), st.integers(40, 800), st.sampled_from([8, 10, 12, 20]))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(placed, min_size=1, max_size=25))
def test_wherever_text_stands_no_word_is_lost_and_the_regions_hold_it_all(bench, items):
    content = b"\n".join(bench.lines(text, left=left, top=top, size=size) for text, left, top, size in items)
    data = bench.write([a4(bench, content)])
    document, _ = bench.ingest(data)
    plain, _ = bench.ingest(data, layout=False)
    assert sorted(document.text.split()) == sorted(plain.text.split())
    assert [word.text for word in document.layers.words[0].iterate(document.layers.text[0])] == document.text.split()
    end = 0
    for region in document.layers.regions:
        assert not document.text[end : region.start].strip()
        assert region.start >= end
        end = region.end
    assert not document.text[end:].strip()


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_a_page_that_is_displayed_turned_is_read_as_displayed(bench, rotate):
    turn = {90: b"0 1 -1 0 842 0 cm", 180: b"-1 0 0 -1 595 842 cm", 270: b"0 -1 1 0 0 595 cm"}[rotate]
    media = (0, 0, 595, 842) if rotate == 180 else (0, 0, 842, 595)
    content = b"q " + turn + b"\n" + beside(bench, LEFT, RIGHT) + b"\nQ"
    document, _ = bench.ingest(bench.write([bench.page(content, media=media, rotate=rotate)]))
    assert document.text == "\n".join(LEFT) + "\n\n" + "\n".join(RIGHT)


@pytest.mark.parametrize("item", ["{}.", "\u2022", "{}.1"], ids=["numbers", "bullets", "sections"])
def test_columns_of_numbered_clauses_are_read_one_after_the_other(bench, item):
    rows = []
    for number, row in enumerate(zip(LEFT * 3, RIGHT * 3, strict=True)):
        for at, text in zip((40, 320), row, strict=True):
            if number % 2 == 0:
                rows.append(bench.lines(item.format(number // 2 + 1), left=at, top=700 - 12 * number, size=10))
            rows.append(bench.lines(text, left=at + 30, top=700 - 12 * number, size=10))
    text = bench.ingest(bench.write([a4(bench, b"\n".join(rows))]))[0].text
    assert max(text.rindex(line) for line in LEFT) < min(text.index(line) for line in RIGHT)


ROWS = (("Pos", "Text", "Sum"), ("1", "Window pane", "250.00"), ("2", "Frame", "80.00"), ("3", "Fitting", "120.00"))


def sideways(degrees: int) -> bytes:
    """A table and a sentence below it, written along an edge of the page."""
    cells = [(60 + 90 * column, 400 - 20 * row, text) for row, texts in enumerate(ROWS) for column, text in enumerate(texts)]
    cells += [(60, 300, "The insurer pays the whole sum"), (60, 288, "within fourteen days.")]
    matrix = {90: "0 -1 1 0 {y} {x}", 180: "-1 0 0 -1 {x} {y}", 270: "0 1 -1 0 {y} {x}"}[degrees]
    shown = []
    for x, y, text in cells:
        place = {90: (y, 800 - x), 180: (540 - x, 800 - y), 270: (560 - y, x)}[degrees]
        at = matrix.format(y=place[0], x=place[1]) if degrees != 180 else matrix.format(x=place[0], y=place[1])
        shown.append(f"BT /F 10 Tf {at} Tm ({text}) Tj ET".encode())
    return b"\n".join(shown)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_written_sideways_is_read_as_whoever_turns_it_does(bench, degrees):
    document, _ = bench.ingest(bench.write([a4(bench, sideways(degrees))]))
    table = "\n".join("\t".join(row) for row in ROWS)
    assert document.text == table + "\n\nThe insurer pays the whole sum\nwithin fourteen days."
    words = document.layers.words[0]
    first, last = words.box(0), words.box(len(words) - 1)
    assert {90: first.x0 > last.x1, 180: first.y0 > last.y1, 270: first.x1 < last.x0}[degrees]
    (table_record,) = document.layers.tables
    assert all(0 <= edge <= 1 for edge in table_record.box)
    assert table_record.box.union(first) == table_record.box


@pytest.mark.parametrize("below", [6, 10], ids=["between both lines", "nearly level with the second"])
def test_a_first_line_above_the_values_in_the_middle_of_a_row_belongs_to_that_row(bench, below):
    content = [bench.lines("Text", left=40, top=700, size=10)]
    content += [bench.lines(head, left=at, top=700, size=10) for head, at in (("Count", 300), ("Sum", 400))]
    for number, (upper, lower) in enumerate((("New pane of double", "glass, cut to size"), ("Frame of larch,", "painted white"),
                                             ("Fitting and the", "removal of the old"))):  # fmt: skip
        top = 680 - 32 * number
        content += [bench.lines(upper, lower, left=40, top=top, size=10, leading=12)]
        content += [
            bench.lines(value, left=at, top=top - below, size=10) for value, at in ((str(number + 1), 300), (f"{number}20.00", 400))
        ]
    text = bench.ingest(bench.write([a4(bench, b"\n".join(content))]))[0].text
    assert text.split("\n") == [
        "Text\tCount\tSum",
        "New pane of double glass, cut to size\t1\t020.00",
        "Frame of larch, painted white\t2\t120.00",
        "Fitting and the removal of the old\t3\t220.00",
    ]


def test_lines_below_a_row_with_values_belong_to_it_where_no_values_follow(bench):
    content = [bench.lines(text, left=at, top=700, size=10) for text, at in (("Text", 40), ("Count", 300), ("Sum", 400))]
    for number in range(3):
        top = 680 - 50 * number
        content += [bench.lines(f"Service {number}", left=40, top=top, size=10)]
        content += [bench.lines("Repair of a pane", "with new putty", left=40, top=top - 16, size=10, leading=12)]
        content += [bench.lines(value, left=at, top=top, size=10) for value, at in ((str(number + 1), 300), (f"{number}20.00", 400))]
    content += [bench.lines(text, left=at, top=530, size=10) for text, at in (("Total", 40), ("6", 300), ("360.00", 400))]
    text = bench.ingest(bench.write([a4(bench, b"\n".join(content))]))[0].text
    rows = [f"Service {number} Repair of a pane with new putty\t{number + 1}\t{number}20.00" for number in range(3)]
    assert text.split("\n")[1:-1] == rows
