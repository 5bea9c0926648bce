"""What sheets give, written by the libraries of their formats: types, dates, merged cells, what is hidden, several tables."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import xlwt
from aios_tables import Tables
from aios_tables._blocks import Block, tables_of
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, TableCell, TableRow
from odf.table import Table as Sheet
from odf.text import P
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from aios_sdk import Context, Document, LimitExceeded, Malformed, Source

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
DAY, MOMENT = dt.date(2026, 1, 31), dt.datetime(2026, 1, 31, 8, 30)


@pytest.fixture
def read(ingest) -> Callable[..., Document]:
    def run(data: bytes, media_type: str = XLSX, **config: Any) -> Document:
        (document,) = ingest(Tables, Source(name="a", data=data, media_type=media_type), **config)
        return document

    return run


@pytest.fixture
def sheet(read) -> Callable[..., Document]:
    """Reads a workbook of one sheet with ``rows``, after ``change`` was made to it."""

    def run(rows: list[list[Any]], change: Callable[[Worksheet], None] = lambda _: None, **config: Any) -> Document:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        change(book.active)
        return read(saved(book), **config)

    return run


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def replaced(data: bytes, member: str, old: bytes, new: bytes) -> bytes:
    """The workbook with ``old`` in a member replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(file, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            assert name != member or old in content
            after.writestr(name, content.replace(old, new) if name == member else content)
    return file.getvalue()


def types(table):
    return {column.name: column.type for column in table.columns}


def rows(table):
    return table.relation().fetchall()


VALUES = [
    ["whole", "money", "third", "share", "price", "day", "at", "time", "span", "ok", "code", "mixed"],
    [1, 12.25, 1 / 3, 0.25, 1234.5, DAY, MOMENT, dt.time(8, 30, 15), dt.timedelta(hours=30), True, "007", 1],
    [-2, 0.1 + 0.2, 2, 1, 0.99, dt.date(1999, 12, 31), dt.datetime(2026, 2, 1), None, None, False, "12", "x"],
]


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_cells_have_their_types_and_values_in_both_systems_of_dates(read, epoch):
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    for row in VALUES:
        book.active.append(row)
    book.active["D2"].number_format = book.active["D3"].number_format = "0.0%"
    book.active["E2"].number_format = '#,##0.00 "€"'
    (table,) = read(saved(book)).tables
    assert types(table) == {
        "whole": "BIGINT", "money": "DECIMAL(18,2)", "third": "DOUBLE", "share": "DECIMAL(18,2)", "price": "DECIMAL(18,2)", "day": "DATE",
        "at": "TIMESTAMP", "time": "TIME", "span": "VARCHAR", "ok": "BOOLEAN", "code": "VARCHAR", "mixed": "VARCHAR",
    }  # fmt: skip
    assert rows(table) == [
        (1, Decimal("12.25"), 1 / 3, Decimal("0.25"), Decimal("1234.50"), DAY, MOMENT, dt.time(8, 30, 15), "30:00:00", True, "007", "1"),
        (
            -2,
            Decimal("0.30"),
            2.0,
            Decimal("1.00"),
            Decimal("0.99"),
            dt.date(1999, 12, 31),
            dt.datetime(2026, 2, 1),
            None,
            None,
            False,
            "12",
            "x",
        ),
    ]


def test_a_formula_gives_the_value_it_had_and_an_error_is_no_value(sheet):
    def change(page: Worksheet) -> None:
        page["B2"] = "#DIV/0!"
        page["B2"].data_type = "e"

    (table,) = sheet([["a", "b"], [1, None], [None, 2.5]], change).tables
    assert rows(table) == [(1, None), (None, Decimal("2.5"))]


def test_formulas_that_nobody_calculated_are_told_and_the_other_cells_kept(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Costs"
    for row in (["a", "b"], [1, 2.5], [3, "=B2*2"], ["=A2+A3", 1.5]):
        book.active.append(row)
    source = Source(name="costs.xlsx", data=saved(book), media_type=XLSX)
    given = Tables(Tables.Config()).ingest(source, Context(run="run", step="ingest", scratch=tmp_path))
    document = next(given)
    assert isinstance(document, Document)
    assert rows(document.tables[0]) == [(1, Decimal("2.5")), (3, None), (None, Decimal("1.5"))]
    with pytest.raises(Malformed, match="2 formulas without a value, the first in Costs!B3"):
        next(given)


def test_what_formulas_gave_is_read_also_where_it_is_no_text(read):
    data = saved(openpyxl.Workbook())
    cells = b'<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'
    cells += b'<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>""</f><v></v></c></row>'
    document = read(replaced(data, "xl/worksheets/sheet1.xml", b"<sheetData></sheetData>", b"<sheetData>" + cells + b"</sheetData>"))
    assert rows(document.tables[0]) == [(2, None)]


def test_cells_too_far_apart_are_a_limit_and_a_wrong_statement_of_that_is_not(read):
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A2"], book.active["XFD1048576"] = "a", 1, "far"
    with pytest.raises(LimitExceeded, match="spans 17,179,869,184 cells, from A1 to XFD1048576"):
        read(saved(book))
    del book.active._cells[1048576, 16384]
    stated = replaced(saved(book), "xl/worksheets/sheet1.xml", b'ref="A1:A2"', b'ref="A1:XFD1048576"')
    assert rows(read(stated).tables[0]) == [(1,)]


def test_merged_cells_count_from_the_first_row_of_data_and_name_every_column_under_them(sheet):
    def change(page: Worksheet) -> None:
        page.merge_cells("B1:C1")
        page.merge_cells("A2:A3")

    (table,) = sheet([["city", "sales", None], ["Köln", 1, 2], [None, 3, 4]], change).tables
    assert list(types(table)) == ["city", "sales", "sales_1"]
    assert table.merged == ((-1, 1, 1, 2), (0, 0, 2, 1))
    assert rows(table) == [("Köln", 1, 2), (None, 3, 4)]


def test_what_is_hidden_is_read_and_marked(read):
    book = openpyxl.Workbook()
    for row in [["a", "b", "c"], [1, 2, 3], [4, 5, 6], [7, 8, 9]]:
        book.active.append(row)
    for number in (3, 4):
        book.active.row_dimensions[number].hidden = True
    book.active.column_dimensions["B"].hidden = True
    for name, state in (("Second", "hidden"), ("Third", "veryHidden")):
        book.create_sheet(name).append(["x"])
        book[name].sheet_state = state
    document = read(saved(book))
    assert [table.rows for table in document.tables] == [3, 1, 1]
    assert document.tables[0].hidden == ((-1, 1, 4, 1), (1, 0, 2, 3))
    assert [(label.page, label.taxonomy, label.value) for label in document.layers.labels] == [
        (1, "visibility", "hidden"),
        (2, "visibility", "very hidden"),
    ]


def test_the_place_of_a_table_on_its_sheet_is_where_its_data_begin(sheet):
    def change(page: Worksheet) -> None:
        for cell, value in {"C4": "a", "D4": "b", "C5": 1, "D5": 2}.items():
            page[cell] = value

    (table,) = sheet([], change).tables
    assert (table.origin, rows(table)) == ((4, 2), [(1, 2)])


ORDERS = [["order", "total"], ["A1", 5], ["A2", 6]]
PEOPLE = [["name", "age", "city"], ["Anna", 40, "Köln"], ["Ben", 50, None]]


def test_tables_that_blank_rows_part_are_several_when_each_has_a_header(sheet):
    document = sheet([["Report 2026"], [], *ORDERS, [], ["People"], *PEOPLE, [], ["as of", "May"]])
    assert len(document.tables) == 1
    document = sheet([["Report 2026"], [], *ORDERS, [], ["People"], *PEOPLE, [], ["as of May"]])
    assert [(table.name, table.origin, rows(table)) for table in document.tables] == [
        ("Sheet", (3, 0), [("A1", 5), ("A2", 6)]),
        ("Sheet 2", (8, 0), [("Anna", 40, "Köln"), ("Ben", 50, None)]),
    ]
    page = document.pages[0]
    assert page.text.splitlines() == [
        "Report 2026", "order\ttotal", "A1\t5", "A2\t6", "People", "name\tage\tcity", "Anna\t40\tKöln", "Ben\t50\t", "as of May",
    ]  # fmt: skip
    assert [region.kind for region in page.regions] == ["paragraph", "table", "paragraph", "table", "paragraph"]


def test_tables_that_a_blank_column_parts_are_several_when_each_has_a_header(sheet):
    side = [[*left, None, *right] for left, right in zip([*ORDERS, [None, None]], [*PEOPLE, ["Cleo", 30, "Bonn"]], strict=True)]
    assert [rows(table) for table in sheet(side).tables] == [
        [("A1", 5), ("A2", 6)],
        [("Anna", 40, "Köln"), ("Ben", 50, None), ("Cleo", 30, "Bonn")],
    ]


@pytest.mark.parametrize(
    "body",
    [
        [*ORDERS, [], ["A3", 7], ["A4", 8]],
        [*ORDERS, [], ["sum", 11]],
        [["name", "city"], ["Anna", "Köln"], [], ["Ben", "Bonn"], ["Cleo", "Trier"]],
        [["a", None, "c"], [1, None, 2], [3, None, 4]],
        [*ORDERS, [], ["x", 1], *PEOPLE],
    ],
)
def test_a_sheet_stays_one_table_where_it_is_not_sure(sheet, body):
    (table,) = sheet(body).tables
    assert table.rows in (len(body), len(body) - 1)


def test_titles_above_a_table_are_text_and_no_part_of_it(sheet):
    for above in ([["Report"]], [["Report"], []], [["Report"], ["of May"], [], []]):
        document = sheet([*above, *ORDERS])
        assert [rows(table) for table in document.tables] == [[("A1", 5), ("A2", 6)]]
        assert document.pages[0].text.startswith("Report\n")


def test_xls_has_types_dates_merged_cells_and_hidden_sheets(read):
    for is_1904 in (False, True):
        book = xlwt.Workbook()
        book.dates_1904 = is_1904
        page = book.add_sheet("Costs")
        day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
        cells = [("what", "cost", "day", "ok"), ("door", 12.5, DAY, True), ("window", 3, dt.date(1999, 12, 31), False)]
        for row, values in enumerate(cells):
            for column, value in enumerate(values):
                page.write(row, column, value, *([day] if isinstance(value, dt.date) else []))
        page.write_merge(3, 3, 0, 1, "both")
        book.add_sheet("Secret").visibility = 1
        document = read(saved(book), XLS)
        (table,) = document.tables
        assert rows(table)[0] == ("door", Decimal("12.5"), DAY, True)
        assert types(table) == {"what": "VARCHAR", "cost": "DECIMAL(18,1)", "day": "DATE", "ok": "BOOLEAN"}
        assert rows(table)[1:] == [("window", Decimal("3.0"), dt.date(1999, 12, 31), False), ("both", None, None, None)]
        assert table.merged == ((2, 0, 1, 2),)
        assert [(label.page, label.value) for label in document.layers.labels] == [(1, "hidden")]


def test_ods_has_types_dates_percentages_and_currencies(read):
    book = OpenDocumentSpreadsheet()
    page = Sheet(name="Kosten")
    book.spreadsheet.addElement(page)
    cells: list[tuple[str, dict[str, str], str]] = [
        ("float", {"value": "1.5"}, "1,5"), ("percentage", {"value": "0.25"}, "25 %"),
        ("currency", {"value": "1204.5", "currency": "EUR"}, "x"),
        ("date", {"datevalue": "2026-01-31"}, "31.1."), ("boolean", {"booleanvalue": "true"}, "WAHR"), ("string", {}, "007"),
        ("time", {"timevalue": "PT08H30M15S"}, "8:30"),
    ]  # fmt: skip
    head, data, spanning = TableRow(), TableRow(), TableRow()
    for number, (kind, values, shown) in enumerate(cells):
        for row, cell, text in ((head, TableCell(valuetype="string"), f"c{number}"), (data, TableCell(valuetype=kind, **values), shown)):
            cell.addElement(P(text=text))
            row.addElement(cell)
    wide = TableCell(valuetype="float", value="2", numbercolumnsspanned=2)
    wide.addElement(P(text="2"))
    spanning.addElement(wide)
    spanning.addElement(CoveredTableCell())
    for row in (head, data, spanning):
        page.addElement(row)
    (table,) = read(saved(book), ODS).tables
    first = (Decimal("1.5"), Decimal("0.25"), Decimal("1204.5"), DAY, True, "007", dt.time(8, 30, 15))
    assert rows(table) == [first, (Decimal("2.0"), None, None, None, None, None, None)]


CELL = st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.decimals(-1000, 1000, places=2).map(float) | st.dates(
    dt.date(1901, 1, 1)
) | st.text("abÄ<&\"', 01", min_size=1, max_size=6).filter(str.strip)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_every_cell_that_openpyxl_wrote_is_in_a_table_or_beside_one(tmp_path_factory, written):
    from aios_sdk import Context

    book = openpyxl.Workbook()
    for row in written:
        book.active.append(row)
    scratch = tmp_path_factory.mktemp("scratch")
    source = Source(name="a", data=saved(book), media_type=XLSX)
    (document,) = Tables(Tables.Config()).ingest(source, Context(run="r", step="s", scratch=scratch))
    for number, row in enumerate(written):
        for column, value in enumerate(row):
            if value is not None:
                assert any(_holds(table, number, column, value) for table in document.tables) or str(value) in document.text


def _holds(table, row: int, column: int, value: Any) -> bool:
    row, column = row - table.origin[0], column - table.origin[1]
    if row == -1 and 0 <= column < len(table.columns):
        return True  # it is a name of a column, in one line and unlike the others
    if not (0 <= row < table.rows and 0 <= column < len(table.columns)):
        return False
    found = table.cell(row, column)
    if isinstance(found, str):
        return found == (str(value).lower() if isinstance(value, bool) else f"{value:.15g}" if isinstance(value, float) else str(value))
    return found == (Decimal(str(value)) if isinstance(value, float) and isinstance(found, Decimal) else value)


@given(st.lists(st.lists(st.sampled_from(["", "a", "b", 1, 2.5]), min_size=4, max_size=4), max_size=9))
def test_blocks_never_overlap_and_lie_on_the_sheet(grid):
    blocks = tables_of(grid)
    assert bool(blocks) == any(cell != "" for row in grid for cell in row)
    taken: set[tuple[int, int]] = set()
    for block in blocks:
        assert 0 <= block.top < block.bottom <= len(grid)
        assert 0 <= block.left < block.right <= 4
        cells = {(row, column) for row in range(block.top, block.bottom) for column in range(block.left, block.right)}
        assert not cells & taken
        taken |= cells


def test_a_sheet_of_many_blank_rows_is_one_table():
    grid = [row for _ in range(2000) for row in (["a", 1], ["", ""])]
    assert tables_of(grid) == [Block(0, 3999, 0, 2)]


@pytest.mark.parametrize(("code", "value", "shown"), [
    ("00000", 1234, "01234"), ("000", 12345, "12345"), ('000\\-00\\-0000', 12345678, "012-34-5678"), ('"HH-"0000', 77, "HH-0077"),
    ("0.00", 5, None), ("#,##0", 1234, None), ("0", 7, None), ("0%", 1, None), ("00000", 1.5, None), ("yyyy", 7, None),
])  # fmt: skip
def test_numbers_shown_with_leading_zeros_or_separators_are_codes(sheet, code, value, shown):
    def change(page: Worksheet) -> None:
        page["B2"].number_format = page["B3"].number_format = code

    (table,) = sheet([["a", "b"], ["x", value], ["y", value]], change).tables
    found = rows(table)[0][1]
    if shown is None:
        assert not isinstance(found, str)
    else:
        assert found == shown
