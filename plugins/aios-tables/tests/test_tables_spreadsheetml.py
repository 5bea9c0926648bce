"""What workbooks in XML give: the same as those of other formats."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import pytest
from aios_tables import Tables
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import Context, Document, LimitExceeded, Malformed, Pipeline, Source, StepError, Store

SPREADSHEETML = "application/vnd.ms-spreadsheetml"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = (
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
)
STYLES = (
    '<Styles><Style ss:ID="Default"/><Style ss:ID="zip"><NumberFormat ss:Format="00000"/></Style><Style ss:ID="child" ss:Parent="zip"/>'
    '<Style ss:ID="span"><NumberFormat ss:Format="[h]:mm:ss"/></Style></Styles>'
)


def workbook(*sheets: str) -> str:
    """Sheets of rows as XML, the first named S1."""
    named = "".join(f'<Worksheet ss:Name="S{number}">{sheet}</Worksheet>' for number, sheet in enumerate(sheets, 1))
    return f"{HEAD}{STYLES}{named}</Workbook>"


def table(rows: str) -> str:
    return workbook(f"<Table>{rows}</Table>")


def row(*cells: Any, given: str = "") -> str:
    return f"<Row{given}>{''.join(cell if str(cell).startswith('<') else written(cell) for cell in cells)}</Row>"


def written(value: Any) -> str:
    """A cell as Excel writes it."""
    if isinstance(value, bool):
        kind, text = "Boolean", str(int(value))
    elif isinstance(value, int | float):
        kind, text = "Number", repr(value)
    elif isinstance(value, dt.datetime | dt.date):
        kind, text = "DateTime", f"{value:%Y-%m-%dT%H:%M:%S}.000"
    else:
        kind, text = "String", "" if value is None else str(value)
    text = escape(text, {"\n": "&#10;", "\r": "&#13;"})
    return f'<Cell><Data ss:Type="{kind}">{text}</Data></Cell>' if text else "<Cell/>"


def data(kind: str, text: str, given: str = "") -> str:
    return f'<Cell {given}><Data ss:Type="{kind}">{text}</Data></Cell>'


@pytest.fixture
def read(ingest) -> Callable[..., Document]:
    def run(text: str | bytes, **config: Any) -> Document:
        content = text.encode() if isinstance(text, str) else text
        (document,) = ingest(Tables, Source(name="a.xml", data=content, media_type=SPREADSHEETML), **config)
        return document

    return run


def types(found):
    return {column.name: column.type for column in found.columns}


def rows(found):
    return found.relation().fetchall()


def names(found):
    return [column.name for column in found.columns]


def test_types_are_those_of_the_cells(read):
    day, at = dt.date(2026, 1, 31), dt.datetime(2026, 1, 31, 8, 30)
    (found,) = read(table(
        row("whole", "money", "day", "at", "ok", "code", "mixed", "error", "zip")
        + row(1, 12.5, day, at, True, "007", 1, data("Error", "#DIV/0!"), data("Number", "42", 'ss:StyleID="child"'))
        + row(2, 0.30000000000000004, day, day, False, "08", "x", 2.5, data("Number", "12345", 'ss:StyleID="zip"'))
    )).tables  # fmt: skip
    assert types(found) == {
        "whole": "BIGINT", "money": "DECIMAL(18,1)", "day": "DATE", "at": "TIMESTAMP", "ok": "BOOLEAN", "code": "VARCHAR",
        "mixed": "VARCHAR", "error": "DECIMAL(18,1)", "zip": "VARCHAR",
    }  # fmt: skip
    assert rows(found) == [
        (1, Decimal("12.5"), day, at, True, "007", "1", None, "00042"),
        (2, Decimal("0.3"), day, dt.datetime(2026, 1, 31), False, "08", "x", Decimal("2.5"), "12345"),
    ]


def test_times_stand_on_the_day_0_and_spans_are_counted_from_it(read):
    (found,) = read(table(
        row("time", "span")
        + row(data("DateTime", "1899-12-31T08:30:15.000"), data("DateTime", "1900-01-01T06:00:00.000", 'ss:StyleID="span"'))
        + row(data("DateTime", "1899-12-30T09:00:00"), data("DateTime", "1900-03-01T01:00:00.000", 'ss:StyleID="span"'))
    )).tables  # fmt: skip
    assert rows(found) == [(dt.time(8, 30, 15), "30:00:00"), (dt.time(9), "1465:00:00")]


@pytest.mark.parametrize(("kind", "text"), [("Number", "1,204.50"), ("DateTime", "31.01.2026"), ("DateTime", "1900-02-29T00:00:00.000"),
                                            ("Boolean", "yes"), ("Number", "1_0")])  # fmt: skip
def test_what_is_none_of_its_type_stays_as_text(read, kind, text):
    (found,) = read(table(row("a", "b") + row(1, data(kind, text)) + row(2, data(kind, text)))).tables
    assert [cells[1] for cells in rows(found)] == [text, text]


def test_an_index_leaves_cells_and_rows_out_and_a_span_stands_for_blank_rows(read):
    document = read(table(
        row("a", "b", "c", given=' ss:Index="3"')
        + row(1, data("Number", "3", 'ss:Index="3"'))
        + row(given=' ss:Index="5" ss:Span="1"')
        + row(data("Number", "4", 'ss:Index="2"'), 5)
    ))  # fmt: skip
    (found,) = document.tables
    assert (names(found), rows(found)) == (["a", "b", "c"], [(1, None, 3), (None, None, None), (None, None, None), (None, 4, 5)])
    assert found.origin == (3, 0)


def test_a_table_may_begin_elsewhere(read):
    moved = table(row("a", "b") + row(1, data("Number", "2", 'ss:Index="2"'))).replace("<Table>", '<Table ss:TopCell="4" ss:LeftCell="3">')
    (found,) = read(moved).tables
    assert (names(found), rows(found), found.origin) == (["a", "b"], [(1, 2)], (4, 2))


def test_merged_cells_count_and_the_next_cell_stands_behind_them(read):
    (found,) = read(table(
        row("a", "b", "c")
        + row(data("String", "x", 'ss:MergeAcross="1" ss:MergeDown="1"'), 1)
        + row(data("Number", "2", 'ss:Index="3"'))
    )).tables  # fmt: skip
    assert (rows(found), found.merged) == ([("x", None, 1), (None, None, 2)], ((0, 0, 2, 2),))


def test_hidden_rows_columns_and_sheets_are_told(read):
    sheet = "<Table>{}</Table><x:WorksheetOptions><x:Visible>{}</x:Visible></x:WorksheetOptions>"
    body = '<Column/><Column ss:Hidden="1" ss:Span="1"/>' + row("a", "b", "c", "d") + row(1, 2, 3, 4, given=' ss:Hidden="1"')
    body += row(5, 6, 7, 8, given=' ss:Hidden="1"') + row(1, 1, 1, 1)
    document = read(workbook(sheet.format(body, ""), sheet.format(row("x"), "SheetHidden"), sheet.format("", "SheetVeryHidden")))
    first, second = document.tables
    assert first.hidden == ((-1, 1, 4, 2), (0, 0, 2, 4))
    assert [(label.page, label.value) for label in document.layers.labels] == [(1, "hidden"), (2, "very hidden")]
    assert [page.label for page in document.layers.pages] == ["S1", "S2", "S3"]
    assert (second.name, second.page) == ("S2", 1)


def test_several_tables_and_titles_go_the_way_of_all_sheets(read):
    document = read(table(row("Report of January") + row("a", "b") + row(1, 2) + row() + row("c", "d") + row("x", 3)))
    assert [names(found) for found in document.tables] == [["a", "b"], ["c", "d"]]
    assert document.layers.text[0].content == "Report of January\na\tb\n1\t2\nc\td\nx\t3"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('xmlns="urn:schemas-microsoft-com:office:spreadsheet" ', ""),  # the space is named, and not used
        lambda text: text.replace(" ss:", " "),
        lambda text: text.replace("<", "<ss:").replace("<ss:/", "</ss:").replace("<ss:?", "<?"),
    ],
)
def test_names_may_be_written_with_and_without_their_space(read, change):
    (found,) = read(change(table(row("a", "b", "c") + row(1, data("Number", "2", 'ss:Index="3"'))))).tables
    assert (found.name, rows(found)) == ("S1", [(1, None, 2)])


def test_rich_text_is_its_text_and_comments_are_no_cells(read):
    rich = (
        '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><B>bold</B> and <Font>plain</Font></ss:Data>'
        '<Comment><ss:Data xmlns="http://www.w3.org/TR/REC-html40"><B>Author:</B> a note</ss:Data></Comment></Cell>'
    )
    (found,) = read(table(row("a", "b") + row(rich, 2))).tables
    assert rows(found) == [("bold and plain", 2)]


def test_formulas_have_their_values_and_those_without_are_told(tmp_path):
    text = table(
        row("a", "b")
        + row(data("Number", "3", 'ss:Formula="=1+2"'), data("String", "", 'ss:Formula="=&quot;&quot;"'))
        + row('<Cell ss:Formula="=R[-1]C"/>', data("Number", "", 'ss:Formula="=1"'))
        + row(5, 6)
    )
    given = Tables(Tables.Config()).ingest(
        Source(name="a.xml", data=text.encode(), media_type=SPREADSHEETML), Context(run="run", step="ingest", scratch=tmp_path)
    )
    document = next(given)
    assert isinstance(document, Document)
    assert rows(document.tables[0]) == [(3, None), (None, None), (5, 6)]
    with pytest.raises(Malformed, match="2 formulas without a value, the first in S1!A3"):
        next(given)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_the_one_it_says(read, encoding):
    said = table(row("a", "b") + row("Köln", 1)).replace('"1.0"', f'"1.0" encoding="{encoding.removesuffix("-sig")}"')
    (found,) = read(said.encode(encoding)).tables
    assert rows(found) == [("Köln", 1)]


def test_of_a_file_that_breaks_off_what_stands_before_is_kept(tmp_path):
    text = table(row("a", "b") + row(1, 2) + row(3, 4))
    data = text[: text.index(">4<") + 1].encode()
    given = Tables(Tables.Config()).ingest(
        Source(name="a.xml", data=data, media_type=SPREADSHEETML), Context(run="run", step="ingest", scratch=tmp_path)
    )
    document = next(given)
    assert isinstance(document, Document)
    assert rows(document.tables[0]) == [(1, 2), (3, None)]
    with pytest.raises(Malformed, match="not well formed"):
        next(given)


@pytest.mark.parametrize("wrong", ['ss:Index="1"', 'ss:Index="x"', 'ss:Index="99999999999999999999"'])
def test_a_cell_out_of_its_order_ends_the_reading_and_is_told(tmp_path, wrong):
    text = table(row("a", "b") + row(1, 2) + row(3, data("Number", "4", wrong)))
    given = Tables(Tables.Config()).ingest(
        Source(name="a.xml", data=text.encode(), media_type=SPREADSHEETML), Context(run="run", step="ingest", scratch=tmp_path)
    )
    document = next(given)
    assert isinstance(document, Document)
    assert rows(document.tables[0]) == [(1, 2), (3, None)]
    with pytest.raises(Malformed, match=r"out of its order: Index .* where 2 was the next at line 3"):
        next(given)


def test_hostile_xml_is_refused(read):
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = table(row("&a9;")).replace("<Workbook", f'<!DOCTYPE Workbook [<!ENTITY a0 "ha">{laughs}]><Workbook', 1)
    with pytest.raises(Malformed, match="entities of its own"):
        read(bomb)
    with pytest.raises(Malformed, match="entities of its own"):
        read(table(row("&x;")).replace("<Workbook", '<!DOCTYPE Workbook [<!ENTITY x SYSTEM "file:///etc/passwd">]><Workbook', 1))
    with pytest.raises(LimitExceeded, match="200 levels"):
        read(table(row("<Cell>" + "<b>" * 300 + "</b>" * 300 + "</Cell>")))
    with pytest.raises(LimitExceeded, match=r"spans .* cells, from A1 to B900000000"):
        read(table(row("a", "b") + row(1, 2, given=' ss:Index="900000000"')))
    with pytest.raises(LimitExceeded, match="max_size"):
        read(table(row("a" * 2000)), max_size=1000)
    with pytest.raises(Malformed, match="no workbook in XML"):
        read("<html><body/></html>")


def test_a_pipeline_reads_it_under_the_names_it_comes_by(tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in ("a.xls", "b.xml"):
        (inbox / name).write_text(table(row("a", "b") + row(1, 2)))
    with Store(tmp_path / "s.aios") as store:
        outcomes = list(Pipeline("p").ingest().run(inbox, store=store, workers=1))
        assert [(outcome.status, rows(outcome.document.tables[0])) for outcome in outcomes] == [("completed", [(1, 2)])] * 2


TEXT = st.text(st.characters(categories=["L", "N", "P", "Zs"], include_characters='\n&<>"'), min_size=1, max_size=6)
MOMENT = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1)).map(lambda moment: moment.replace(microsecond=0, fold=0))
CELL = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.decimals(-1000, 1000, places=2).map(float) | TEXT | MOMENT


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_the_same_cells_as_xlsx_give_the_same_tables(body):
    book = openpyxl.Workbook()
    book.active.title = "S1"
    for cells in body:
        book.active.append(cells)
        for cell in book.active[book.active.max_row]:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    file = io.BytesIO()
    book.save(file)
    read = [_read(file.getvalue(), XLSX), _read(table("".join(row(*cells) for cells in body)).encode(), SPREADSHEETML)]
    assert read[0] == read[1]


def _read(content: bytes, media_type: str) -> list[Any]:
    with tempfile.TemporaryDirectory() as scratch:
        source = Source(name="a", data=content, media_type=media_type)
        (document,) = Tables(Tables.Config()).ingest(source, Context(run="r", step="s", scratch=Path(scratch)))
        assert isinstance(document, Document)
        return [(found.name, found.origin, types(found), rows(found)) for found in document.tables]


PIECES = st.sampled_from(["<Row>", "</Row>", "<Cell>", "</Cell>", "<Data>", "</Data>", "<Table>", "</Table>", "x", "1", "<Column/>"])
INDEXED = st.builds(lambda tag, key, value: f"<{tag} ss:{key}={quoteattr(value)}>", st.sampled_from(["Row", "Cell", "Column"]),
                    st.sampled_from(["Index", "Span", "MergeAcross", "MergeDown"]),
                    st.integers(-1, 20).map(str) | st.text("0179²x", max_size=12))  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(PIECES | INDEXED, max_size=25).map("".join))
def test_any_elements_give_tables_or_a_typed_refusal(pieces):
    with suppress(StepError):
        assert _read(table(pieces).encode(), SPREADSHEETML) is not None
