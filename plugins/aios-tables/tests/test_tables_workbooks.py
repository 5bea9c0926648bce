"""What spreadsheets and Parquet files give."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
import zipfile
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import duckdb
import pytest
from aios_tables import Tables
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import Context, Encrypted, LimitExceeded, Malformed, Source, StepError

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {
    ".xlsx": XLSX,
    ".xls": "application/vnd.ms-excel",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".xlsb": "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    ".parquet": "application/vnd.apache.parquet",
    ".xml": "application/vnd.ms-spreadsheetml",
}
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    """A small .xlsx: texts, numbers, booleans and days (as numbers with a date format)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r" Type="{LINKS}/officeDocument" '
                         'Target="xl/workbook.xml"/></Relationships>')  # fmt: skip
        listed = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{listed}</sheets></workbook>')
        targets = "".join(f'<Relationship Id="r{n}" Type="{LINKS}/worksheet" Target="s{n}.xml"/>' for n, _ in enumerate(sheets, 1))
        targets += f'<Relationship Id="rs" Type="{LINKS}/styles" Target="styles.xml"/>'
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}">{targets}</Relationships>')
        formats = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
        archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{MAIN}">{formats}</styleSheet>')
        for number, rows in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/s{number}.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{_rows(rows)}</sheetData></worksheet>')
    return buffer.getvalue()


def _rows(rows: list[list[object]]) -> str:
    return "".join(
        f'<row r="{r}">' + "".join(_cell(f"{chr(65 + c)}{r}", cell) for c, cell in enumerate(row) if cell is not None) + "</row>"
        for r, row in enumerate(rows, 1)
    )


def _cell(place: str, cell: object) -> str:
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, dt.date):
        return f'<c r="{place}" s="1"><v>{(cell - dt.date(1899, 12, 30)).days}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{place}"><v>{cell!r}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is></c>'


@pytest.fixture
def read(ingest):
    def run(data: bytes, media_type: str = XLSX, **config):
        (document,) = ingest(Tables, Source(name="a", data=data, media_type=media_type), **config)
        return document

    return run


def types(table):
    return {column.name: column.type for column in table.columns}


def rows(table):
    return table.relation().fetchall()


def test_every_sheet_with_cells_is_a_table_on_its_page(read):
    document = read(workbook({"First": [["a", "b"], [1, 2]], "Blank": [], "Third": [[1.5, "x"], [2, "y"]]}))
    assert [(page.index, page.label) for page in document.layers.pages] == [(0, "First"), (1, "Blank"), (2, "Third")]
    first, third = document.layers.tables
    assert (first.name, first.page, types(first), rows(first)) == ("First", 0, {"a": "BIGINT", "b": "BIGINT"}, [(1, 2)])
    assert (third.name, third.page, types(third)) == ("Third", 2, {"A": "DECIMAL(18,1)", "B": "VARCHAR"})
    assert rows(third) == [(Decimal("1.5"), "x"), (Decimal("2.0"), "y")]


def test_types_are_those_of_the_cells(read):
    day = dt.date(2026, 1, 31)
    (table,) = read(workbook({"S": [
        ["whole", "money", "share", "day", "ok", "code", "mixed", "none"],
        [1, 12.5, 1 / 3, day, True, "007", 1, None],
        [2.0, 0.30000000000000004, 2, day, False, "08", "x", None],
        [None, 1000000.01, None, None, None, None, 2.5, None],
    ]})).layers.tables  # fmt: skip
    assert types(table) == {
        "whole": "BIGINT", "money": "DECIMAL(18,2)", "share": "DOUBLE", "day": "DATE", "ok": "BOOLEAN", "code": "VARCHAR",
        "mixed": "VARCHAR", "none": "VARCHAR",
    }  # fmt: skip
    assert rows(table) == [
        (1, Decimal("12.50"), 1 / 3, day, True, "007", "1", None),
        (2, Decimal("0.30"), 2.0, day, False, "08", "x", None),
        (None, Decimal("1000000.01"), None, None, None, None, "2.5", None),
    ]


def test_a_workbook_without_any_cell_has_pages_and_no_table(read):
    document = read(workbook({"Empty": []}))
    assert len(document.layers.pages) == 1
    assert document.layers.tables == ()


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_does(read):
    with pytest.raises(LimitExceeded, match="unpacks to"):
        read(workbook({"S": [["x" * 10_000]]}), max_size=5_000)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0 broken", b"just text", workbook({"S": [[1]]})[:-40]])
def test_what_is_no_workbook_is_malformed(read, data):
    for media_type in TYPES.values():
        with pytest.raises(Malformed):
            read(data, media_type)


def test_a_workbook_whose_list_of_sheets_is_lost_is_malformed(read):
    with pytest.raises(Malformed, match="no sheets"):
        read(WORKBOOK.replace(b"xl/workbook.xml", b"xl/workbook.xm_"))


def parquet(query: str, options: str = "") -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet{options})")
        return path.read_bytes()


def test_parquet_is_copied_as_it_is_with_nested_types(read):
    data = parquet("SELECT 1 AS id, [1, 2] AS several, {'a': DATE '2026-01-01'} AS inside")
    (table,) = read(data, TYPES[".parquet"]).layers.tables
    assert Path(table.location).read_bytes() == data
    assert types(table) == {"id": "INTEGER", "several": "INTEGER[]", "inside": "STRUCT(a DATE)"}


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data[:200] + b"\xff" * 400 + data[600:], lambda _: b"PAR1PAR1"])
def test_damage_inside_a_parquet_file_shows_at_ingest(read, damage):
    data = parquet("SELECT range AS id, hash(range)::VARCHAR AS text FROM range(5000)")
    with pytest.raises(Malformed):
        read(damage(data), TYPES[".parquet"])


def test_bytes_of_values_that_the_footer_leaves_out_make_a_document_partial(corpora, tmp_path):
    (path,) = corpora.glob("tabular/**/nation.dict-malformed.parquet")
    source = Source(name=path.name, path=str(path), media_type=TYPES[".parquet"])
    context = Context(run="r", step="s", scratch=tmp_path)
    found = Tables(Tables.Config()).ingest(source, context)
    assert next(found).tables[0].rows == 25
    with pytest.raises(Malformed, match="footer does not name, after 'name'"):
        next(found)


@pytest.mark.parametrize("name", ["delta_binary_packed", "delta_encoding_optional_column"])
def test_parquet_and_csv_of_the_same_rows_give_the_same_values(corpora, ingest, name):
    (first,) = corpora.glob(f"tabular/**/{name}.parquet")
    (second,) = corpora.glob(f"tabular/**/{name}_expect.csv")
    both = []
    for path, media_type in ((first, TYPES[".parquet"]), (second, "text/csv")):
        (document,) = ingest(Tables, Source(name=path.name, path=str(path), media_type=media_type))
        (table,) = document.tables
        both.append(([column.name for column in table.columns], rows(table)))
    (names, values), (other_names, other_values) = both
    assert [name.strip() for name in other_names] == names
    assert [list(map(_plain, row)) for row in other_values] == [list(map(_plain, row)) for row in values]


def _plain(cell):
    """A value as text; the CSV files have blanks for NULL, and spaces before some values."""
    return "" if cell is None else str(cell).strip()


def test_encrypted_files_are_told_from_damaged_ones(corpora, ingest):
    names = {
        "pass_protected.xlsx": ".xlsx", "pass_protected.ods": ".ods", "issue_385.xls": ".xls",
        "uniform_encryption.parquet.encrypted": ".parquet",
    }  # fmt: skip
    for name, suffix in names.items():
        (path,) = corpora.glob(f"tabular/**/{name}")
        with pytest.raises(Encrypted):
            ingest(Tables, Source(name=name, path=str(path), media_type=TYPES[suffix]))


def test_a_panic_of_the_reader_is_a_typed_refusal(corpora, ingest):
    (path,) = corpora.glob("ingest/**/testEXCEL.xlsb")
    with pytest.raises(Malformed, match="no entry found"):
        ingest(Tables, Source(name=path.name, path=str(path), media_type=TYPES[".xlsb"]))


def test_a_workbook_that_claims_billions_of_cells_is_refused(corpora, ingest):
    (path,) = corpora.glob("tabular/**/issue_594_dos.ods")
    with pytest.raises(LimitExceeded, match="bomb"):
        ingest(Tables, Source(name=path.name, path=str(path), media_type=TYPES[".ods"]))


def test_the_row_counts_of_the_corpora_are_those_of_the_readers(corpora, ingest):
    from python_calamine import CalamineWorkbook

    paths = [path for suffix in (".xlsx", ".xls", ".ods") for path in sorted(corpora.glob(f"tabular/**/*{suffix}"))][::3]
    counted = 0
    for path in paths:
        with suppress(StepError):
            (document,) = ingest(Tables, Source(name=path.name, path=str(path), media_type=TYPES[path.suffix]))
            book = CalamineWorkbook.from_path(str(path))
            for table in document.layers.tables:
                counted += 1
                there = len(book.get_sheet_by_index(table.page).to_python())
                assert table.rows in (there, there - 1), path.name
    assert counted > 10


NUMBERS = st.integers(-(10**12), 10**12) | st.decimals(-1000, 1000, places=2).map(float)
CELL = st.none() | st.booleans() | NUMBERS | st.text("aä<&\n\r\"',;01 ", max_size=8)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_a_workbook_comes_back_with_every_row(body):
    data = workbook({"S": [["one", "two", "three"], *body, [1, 1, 1]]})
    with tempfile.TemporaryDirectory() as scratch:
        source = Source(name="a", data=data, media_type=XLSX)
        (document,) = Tables(Tables.Config()).ingest(source, Context(run="r", step="s", scratch=Path(scratch)))
        (table,) = document.layers.tables
        assert [column.name for column in table.columns] == ["one", "two", "three"]
        assert table.rows == len(body) + 1 == len(rows(table))
        assert rows(table)[-1] in [tuple(kind(1) for kind in kinds) for kinds in _kinds()]


def _kinds():
    kinds = (int, str, Decimal)
    return [(a, b, c) for a in kinds for b in kinds for c in kinds]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_bytes_give_tables_or_a_typed_refusal(data):
    changed = bytearray(data.draw(st.sampled_from([WORKBOOK, PARQUET])))
    for _ in range(data.draw(st.integers(0, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    media_type = data.draw(st.sampled_from(sorted(TYPES.values())))
    with tempfile.TemporaryDirectory() as scratch, suppress(StepError):
        source = Source(name="a", data=bytes(changed), media_type=media_type)
        (document,) = Tables(Tables.Config()).ingest(source, Context(run="r", step="s", scratch=Path(scratch)))
        assert document.layers.pages


WORKBOOK = workbook({"S": [["a", "b"], [1, "x"]]})
PARQUET = parquet("SELECT range AS id, range::VARCHAR AS text FROM range(100)")
