"""Fields, spans, boxes, words and tables: what they accept, and what they make of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import (
    Box,
    Check,
    Document,
    Field,
    InputError,
    Label,
    PageInfo,
    PageText,
    Reference,
    Region,
    Route,
    Sentence,
    Source,
    Span,
    StoreError,
    Table,
    Words,
    from_json,
    to_json,
)
from aios_sdk.testing.strategies import boxes, texts

SPAN = Span(artifact="a", page=0, start=0, end=1, quote="x")
FIELD = Reference("field", "id", "doc", "a")


# -- fields -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (0.1, TypeError),
        (None, TypeError),
        ([1], TypeError),
        ({"a": 1}, TypeError),
        (b"x", TypeError),
        (dt.time(1), TypeError),
        (1j, TypeError),
        (Decimal("NaN"), ValueError),
        (Decimal("Infinity"), ValueError),
        (Decimal("sNaN"), ValueError),
        (dt.datetime(2026, 1, 1), ValueError),
        (Decimal("1E+999999999"), ValueError),
        (Decimal("1E-999999999"), ValueError),
        pytest.param(10**5000, ValueError, id="a very long integer"),
    ],
)
def test_a_field_refuses_what_is_no_exact_value(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="total"):
        Field(path="total", value=value, spans=(SPAN,))


def test_a_refused_float_says_how_to_give_money() -> None:
    with pytest.raises(TypeError, match=r"Decimal\(str\(value\)\)"):
        Field(path="total", value=0.1, spans=(SPAN,))


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("a", "text", "a"),
        (7, "integer", "7"),
        (Decimal("7.10"), "decimal", "7.10"),
        (Decimal("1E+3"), "decimal", "1000"),
        (True, "boolean", "true"),
        (dt.date(2026, 1, 2), "date", "2026-01-02"),
        (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "datetime", "2026-01-02T00:00:00+00:00"),
    ],
)
def test_the_type_and_the_text_of_a_field_follow_from_its_value(value: Any, kind: str, text: str) -> None:
    field = Field(path="x", value=value, spans=(SPAN,))
    assert (field.type, field.text, field.quote) == (kind, text, "x")
    with pytest.raises(TypeError, match="leave type out"):
        Field(path="x", value=value, spans=(SPAN,), type="date" if kind == "integer" else "integer")


def test_a_time_is_kept_in_utc() -> None:
    field = Field(path="x", value=dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=2))), spans=(SPAN,))
    assert (field.value, field.value.tzinfo) == (dt.datetime(2026, 1, 1, 10, tzinfo=dt.UTC), dt.UTC)


def test_a_field_has_a_span_or_inputs_or_says_that_it_is_ungrounded() -> None:
    with pytest.raises(ValueError, match="no span"):
        Field(path="x", value=1)
    with pytest.raises(ValueError, match="list the inputs"):
        Field(path="x", value=1, status="derived")
    assert Field(path="x", value=1, status="derived", inputs=(FIELD,)).quote == ""
    assert Field(path="x", value=1, status="ungrounded").spans == ()
    with pytest.raises(ValueError, match="path"):
        Field(path="", value=1, spans=(SPAN,))


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_lies_between_0_and_1(confidence: float) -> None:
    with pytest.raises(ValueError, match=r"0\.\.1"):
        Field(path="x", value=1, spans=(SPAN,), confidence=confidence)
    with pytest.raises(ValueError, match=r"0\.\.1"):
        Label(taxonomy="t", value="v", confidence=confidence)


def test_labels_sentences_and_routes_refuse_what_says_nothing() -> None:
    for wrong in ({"taxonomy": "t"}, {"taxonomy": "", "value": "v"}, {"taxonomy": "t", "value": "v", "abstained": True}):
        with pytest.raises(ValueError, match="label"):
            Label(**wrong)
    with pytest.raises(ValueError, match="cites"):
        Sentence(text="x", spans=())
    with pytest.raises(ValueError, match="destination"):
        Route(destination="")


# -- spans and boxes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"page": -1, "start": 0, "end": 1},
        {"page": 0},
        {"page": 0, "start": 0},
        {"page": 0, "end": 1},
        {"page": 0, "start": 1, "end": 1},
        {"page": 0, "start": -1, "end": 1},
        {"page": 0, "start": 2, "end": 1},
        {"start": 0, "end": 1},
        {"row": 0},
        {"column": 0},
        {"row": -1, "column": 0},
        {"page": 0, "box": Box(0, 0, 1.1, 1)},
        {"page": 0, "box": Box(0.5, 0, 0.4, 1)},
        {"page": 0, "box": Box(float("nan"), 0, 1, 1)},
        {"row": 0, "column": 0, "page": 0, "start": 0, "end": 1},
        {"row": 0, "column": 0, "page": 0},
    ],
)
def test_a_span_that_is_incomplete_or_impossible_is_refused(place: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"span|box"):
        Span(artifact="a", **place)


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ({"page": 0, "start": 0, "end": 1}, "text"),
        ({"page": 0, "start": 0, "end": 1, "box": Box(0, 0, 1, 1)}, "text"),
        ({"page": 0, "box": Box(0, 0, 0, 0)}, "box"),
        ({"row": 0, "column": 0}, "cell"),
    ],
)
def test_a_span_knows_its_kind(place: dict[str, Any], kind: str) -> None:
    assert Span(artifact="a", **place).kind == kind


@given(st.tuples(*[st.floats(allow_nan=False)] * 4))
def test_a_box_is_in_order_on_the_page_and_rounded(corners: tuple[float, ...]) -> None:
    box = Box.of(*corners)
    assert 0 <= box.x0 <= box.x1 <= 1
    assert 0 <= box.y0 <= box.y1 <= 1
    assert box == Box.of(*box), "making it again changes nothing"
    assert all(round(corner, 6) == corner for corner in box)


def test_a_box_with_a_corner_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        Box.of(0, float("nan"), 1, 1)


@given(boxes(), boxes())
def test_the_union_of_boxes_holds_both_and_no_more(one: Box, other: Box) -> None:
    union = one.union(other)
    assert union == other.union(one)
    assert union.union(one) == union.union(other) == union
    assert {union.x0, union.x1} <= {one.x0, one.x1, other.x0, other.x1}


# -- pages and words ----------------------------------------------------------------------------------------------------


def test_the_artifact_of_a_text_is_of_its_page_and_content_alone() -> None:
    text = PageText(page=0, content="a", method="ocr", confidence=0.5, step="x")
    assert text.artifact == PageText(page=0, content="a").artifact
    assert len({text.artifact, PageText(page=1, content="a").artifact, PageText(page=0, content="b").artifact}) == 3
    with pytest.raises(ValueError, match="surrogate at code point 1"):
        PageText(page=0, content="a\ud800")
    with pytest.raises(ValueError, match="page"):
        PageInfo(index=-1)


@settings(max_examples=50)
@given(texts(), st.data())
def test_words_come_back_as_they_were_given_also_beyond_the_bmp(content: str, data: st.DataObject) -> None:
    content = "\U0001f600" + content + "\U00020000"
    text = PageText(page=3, content=content)
    given_words = data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), boxes(), st.none() | st.floats(0, 1)), max_size=4))
    whole = [(start, data.draw(st.integers(start + 1, len(content))), box, confidence) for start, box, confidence in given_words]
    words = Words.build(text, whole)
    words = from_json(to_json(words), Words)
    assert len(words) == len(whole)
    for word, (start, end, box, confidence) in zip(words.iterate(text), whole, strict=True):
        assert (word.text, word.start, word.end, word.box) == (content[start:end], start, end, box)
        assert (word.confidence is None) == (confidence is None)
        assert confidence is None or abs((word.confidence or 0.0) - confidence) <= 5e-7
        assert text.content[word.start : word.end] == word.text


def test_a_quarter_of_a_million_words_are_seven_megabytes() -> None:
    text = PageText(page=0, content="word " * 250_000)
    box = Box.of(0.1, 0.2, 0.3, 0.4)
    words = Words.build(text, ((5 * number, 5 * number + 4, box, 0.5) for number in range(250_000)))
    assert sum(len(column) for column in (words.starts, words.ends, words.boxes, words.confidences)) == 28 * 250_000
    assert words.box(249_999) == box
    assert words.mean_confidence() == 0.5
    assert words.ranges()[1][249_999] == 1_249_999
    assert words.covering(1_249_995, 1_249_996) == box
    assert words.covering(1_249_999, 1_250_000) is None, "the space after the last word"


def test_large_offsets_are_exact() -> None:
    content = "x" * 5_000_000
    words = Words.build(PageText(page=0, content=content), [(4_999_998, 5_000_000, Box(0, 0, 1, 1), 1.0)])
    assert [list(column) for column in words.ranges()] == [[4_999_998], [5_000_000]]
    assert words.confidence(0) == 1.0


@pytest.mark.parametrize(
    "word",
    [
        (0, 9, Box(0, 0, 1, 1), None),
        (2, 2, Box(0, 0, 1, 1), None),
        (-1, 2, Box(0, 0, 1, 1), None),
        (0, 1, Box(0, 0, 2, 1), None),
        (0, 1, Box(-1, 0, 1, 1), None),
        (0, 1, Box(0, 0, 1, 1), 1.5),
        (0, 1, Box(0, 0, 1, 1), -0.5),
        (0, 1, Box(0, 0, 1, 1), float("nan")),
    ],
)
def test_a_word_outside_of_its_text_page_or_confidence_is_refused(word: Any) -> None:
    with pytest.raises(ValueError, match=r"outside|0\.\.1"):
        Words.build(PageText(page=0, content="text"), [word])


def test_words_refuse_another_text_and_columns_of_different_length() -> None:
    text = PageText(page=0, content="text")
    words = Words.build(text, [(0, 4, Box(0, 0, 1, 1), None)])
    with pytest.raises(ValueError, match="another page text"):
        list(words.iterate(PageText(page=0, content="next")))
    for column in ("starts", "ends", "boxes", "confidences"):
        with pytest.raises(ValueError, match="differ in length"):
            msgspec.structs.replace(words, **{column: getattr(words, column)[:-1]})
    assert words.mean_confidence() is None
    assert Words.build(text, []).covering(0, 4) is None


# -- regions ------------------------------------------------------------------------------------------------------------


def test_a_region_is_a_range_of_its_text() -> None:
    text = PageText(page=2, content="Report\nAll is well.")
    region = Region.of(text, "heading", 0, 6, level=1)
    assert (region.page, region.artifact, text.content[region.start : region.end]) == (2, text.artifact, "Report")
    assert from_json(to_json(region), Region) == region
    assert Region.of(text, "picture", 19, 19, target="photo.png").end == 19


def test_a_region_that_cannot_be_is_refused() -> None:
    text = PageText(page=0, content="text")
    with pytest.raises(ValueError, match=r"outside the 4 code points"):
        Region.of(text, "paragraph", 0, 5)
    for start, end, level in ((3, 2, 0), (-1, 2, 0), (0, 1, -1)):
        with pytest.raises(ValueError, match="cannot be"):
            Region.of(text, "paragraph", start, end, level=level)
    with pytest.raises(ValueError, match="no kind of region 'headline'"):
        Region.of(text, "headline", 0, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("measure", [{"ink": 1.5}, {"sharpness": -0.1}, {"skew": 50.0}, {"turned": 45}, {"ink": float("nan")}])
def test_a_measure_of_a_page_that_cannot_be_is_refused(measure: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must lie|must be|beyond 45"):
        PageInfo(index=0, **measure)


# -- tables and sources -------------------------------------------------------------------------------------------------


def _table(folder: Path) -> Table:
    path = folder / "t.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"""copy (select range as n, 'r' || range as "a ""quoted"" name", range::decimal(18,2) / 4 as amount
                               from range(5))
                               to '{path}' (format parquet)""")
    return Table.from_parquet(path, name="t", page=2, rejected=1)


def test_a_table_knows_its_columns_and_gives_its_cells(tmp_path: Path) -> None:
    table = _table(tmp_path)
    assert ([column.name for column in table.columns], table.rows, table.page, table.rejected) == (
        ["n", 'a "quoted" name', "amount"],
        5,
        2,
        1,
    )
    assert (table.cell(0, 0), table.cell(4, 1)) == (0, "r4")
    for row, column in ((5, 0), (-1, 0), (0, 3), (0, -1)):
        with pytest.raises(IndexError, match="5 rows"):
            table.cell(row, column)


def test_a_view_of_some_rows_keeps_their_numbers(tmp_path: Path) -> None:
    view = msgspec.structs.replace(_table(tmp_path), first_row=2, rows=2)
    assert [row[0] for row in view.relation().fetchall()] == [2, 3]
    assert (view.cell(2, 0), view.cell(3, 0)) == (2, 3)
    for row in (1, 4):
        with pytest.raises(IndexError):
            view.cell(row, 0)


def test_a_table_read_from_json_says_where_its_rows_are(tmp_path: Path) -> None:
    table = msgspec.structs.replace(_table(tmp_path), location="")
    with pytest.raises(StoreError, match="not at hand"):
        table.relation()


def test_a_source_gives_its_bytes_from_memory_and_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    for source in (Source(name="a", data=b"12345"), Source(name="a", path=str(path))):
        assert (source.read(), source.head(2)) == (b"12345", b"12")
    with pytest.raises(InputError, match="Cannot read"):
        Source(name="a", path=str(tmp_path / "none")).read()


def test_records_are_immutable_and_can_be_keys() -> None:
    for record in (
        SPAN,
        FIELD,
        Field(path="x", value=1, spans=(SPAN,)),
        PageText(page=0, content="x"),
        Document(id="x"),
        Check(rule="r", passed=None),
    ):
        name = record.__struct_fields__[0]
        with pytest.raises(AttributeError):
            setattr(record, name, "other")
        assert {record: 1}[record] == 1
        assert not dataclasses.is_dataclass(record)


def test_long_numbers_are_compared_digit_by_digit_whatever_the_context_of_the_thread() -> None:
    from aios_sdk.records import normalised

    def of(value: Any) -> str:
        return normalised(Field(path="x", value=value, spans=(SPAN,)))

    with localcontext() as context:
        context.prec = 3
        assert of(Decimal("1234567890123456789012345678901")) != of(Decimal("1234567890123456789012345678902"))
        assert of(10**35) != of(10**35 + 1)
        assert of(Decimal("1234.50")) == of(Decimal("1234.5")) == "number:1234.5"
        assert of(100) == of(Decimal("1E+2")) == of(Decimal("100.00")) == "number:100"
        assert of(0) == of(Decimal("-0.00")) == "number:0"
        assert of(Decimal("-7.10")) == "number:-7.1"
        assert of("  A  b ") == of("a B")
        assert of("ß") == of("SS")
        assert of(True) != of(1)
