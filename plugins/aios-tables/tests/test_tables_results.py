"""What a file of rows gives besides its table: rejected rows, the text of its page, profiles, and rows as documents."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from aios_tables import Tables

from aios_sdk import Document, Malformed, Pipeline, Source, Store

PAYMENTS = "name,amount,day\nAnna,1.50,2026-01-31\nBen,2.25,2026-02-01\nAnna,,2026-02-01\n"


@pytest.fixture
def read(ingest):
    def run(data: bytes | str, media_type: str = "text/csv", **config: Any) -> Document:
        found = ingest(Tables, Source(name="a", data=data.encode() if isinstance(data, str) else data, media_type=media_type), **config)
        return found[0] if len(found) == 1 else found

    return run


def rows(table):
    return table.relation().fetchall()


def test_rejected_rows_are_kept_with_line_reason_and_text(read):
    table, rejected = read('Report\n\na,b\n1,"x\ny"\n1,2,3\n4,5,,\n6,7,8,9\n10,11\n').tables
    assert (rows(table), table.rejected) == ([(1, "x\ny"), (4, "5"), (10, "11")], 3)
    assert [column.name for column in rejected.columns] == ["line", "reason", "text"]
    assert rows(rejected) == [
        (1, "a title above the table", "Report"),
        (6, "3 cells where the table has 2", "1,2,3"),
        (8, "4 cells where the table has 2", "6,7,8,9"),
    ]


def test_the_text_of_a_page_is_its_cells_and_a_region_says_which_table_it_is(read):
    document = read(PAYMENTS)
    (table,) = document.tables
    (page,) = document.pages
    assert page.text == "name\tamount\tday\nAnna\t1.50\t2026-01-31\nBen\t2.25\t2026-02-01\nAnna\t\t2026-02-01"
    (region,) = page.regions
    assert (region.kind, region.start, region.end, region.target) == ("table", 0, len(page.text), table.artifact)


def test_a_table_without_a_header_has_no_line_for_it_and_a_cell_never_breaks_one(read):
    assert read('1,"x\ty"\n2,"z\nw"\n3,\n').pages[0].text == "1\tx y\n2\tz w\n3\t"


def test_the_text_of_a_long_table_ends_and_says_so(read):
    document = read("n\n" + "1\n" * 50, text_rows=10)
    (text,) = document.layers.text
    assert (text.content, text.reason) == ("n" + "\n1" * 10, "The first 10 of the 50 rows of table")
    wide = read("a,b\n" + f"{'x' * 100_000},1\n" * 30).layers.text[0]
    assert len(wide.content) <= 1_000_000
    assert wide.reason.endswith("of the 30 rows of table")


def test_a_profile_says_what_each_column_holds(read):
    name, amount, day = read(PAYMENTS).tables[0].columns
    assert (name.nulls, name.distinct, name.least, name.greatest, name.common) == (0, 2, "Anna", "Ben", (("Anna", 2),))
    assert (amount.nulls, amount.distinct, amount.least, amount.greatest, amount.common) == (1, 2, "1.50", "2.25", ())
    assert (day.least, day.greatest, day.common) == ("2026-01-31", "2026-02-01", (("2026-02-01", 2),))


def test_an_analyst_finds_the_profile_with_sql_and_the_rejected_rows_among_the_tables(tmp_path):
    (tmp_path / "payments.csv").write_text(PAYMENTS + "Dora,1,2026-01-01,x\n")
    with Store(tmp_path / "s.aios") as store:
        for outcome in Pipeline("p").ingest("tables").run(tmp_path / "payments.csv", store=store):
            assert outcome.status == "completed"
        asked = "SELECT column_name, type, nulls, distinct_count, least, greatest, common FROM current_columns WHERE table_name = 'table'"
        assert [row[:6] for row in store.sql(asked + " ORDER BY ordinal").fetchall()] == [
            ("name", "VARCHAR", 0, 2, "Anna", "Ben"),
            ("amount", "DECIMAL(18,2)", 1, 2, "1.50", "2.25"),
            ("day", "DATE", 0, 2, "2026-01-31", "2026-02-01"),
        ]
        assert [json.loads(row[6] or "[]") for row in store.sql(asked + " ORDER BY ordinal").fetchall()] == [
            [["Anna", 2]],
            [],
            [["2026-02-01", 2]],
        ]
        assert store.sql("SELECT name, row_count, rejected FROM tables ORDER BY ordinal").fetchall() == [
            ("table", 3, 1),
            ("rejected", 1, 0),
        ]


# -- JSON lines ---------------------------------------------------------------------------------------------------------


def test_json_lines_become_a_typed_table(read):
    lines = [
        {"id": 1, "name": "007", "amount": 12.5, "ok": True, "tags": ["a", "b"]},
        {"id": 2, "amount": 0.30, "late": None, "more": {"b": 1, "a": "ä"}},
    ]
    data = "\n\n".join(json.dumps(line) for line in lines) + '\nnonsense\n[1]\n{"id": 3, "late": "x"}'
    table, rejected = read(data, "application/jsonl").tables
    assert {column.name: column.type for column in table.columns} == {
        "id": "BIGINT", "name": "VARCHAR", "amount": "DECIMAL(18,1)", "ok": "BOOLEAN", "tags": "VARCHAR", "late": "VARCHAR",
        "more": "VARCHAR",
    }  # fmt: skip
    assert rows(table) == [
        (1, "007", Decimal("12.5"), True, '["a", "b"]', None, None),
        (2, None, Decimal("0.3"), None, None, None, '{"a": "ä", "b": 1}'),
        (3, None, None, None, None, "x", None),
    ]
    assert table.rejected == 2
    assert rows(rejected) == [(4, "Expecting value: line 1 column 1 (char 0)", "nonsense"), (5, "no object", "[1]")]


def test_numbers_in_json_lines_are_exact(read):
    (table,) = read('{"n": 12345678901234567.89, "big": 123456789012345678901, "f": 1e-3}\n', "application/jsonl").tables
    assert rows(table) == [(Decimal("12345678901234567.89"), Decimal("123456789012345678901"), Decimal("0.001"))]


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"[1, 2]\n", b"{}\n", b"text\n", b"PK\x03\x04\0\0\xff", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"]
)
def test_what_holds_no_json_object_is_malformed(read, data):
    with pytest.raises(Malformed):
        read(data, "application/jsonl")


def test_odd_keys_and_texts_are_read(read):
    (table,) = read('{"a": "\\ud800", "A": 1, "": 2, "x\\ny": "\\u0000"}\n', "application/jsonl").tables
    assert [column.name for column in table.columns] == ["a", "A_1", "C", "x y"]
    assert rows(table)[0][:3] == ("?", 1, 2)


# -- rows as documents --------------------------------------------------------------------------------------------------


def test_each_row_is_a_document_whose_fields_stand_in_the_cells_of_the_table(tmp_path):
    (tmp_path / "payments.csv").write_text("no.,amount,day,at,rate\n1,1.50,2026-01-31,2026-01-31 10:00,1e-9\n2,,,,\n")
    with Store(tmp_path / "s.aios") as store:
        outcomes = list(Pipeline("p").ingest("tables", config={"rows_as_documents": True}).run(tmp_path / "payments.csv", store=store))
        by_name = {outcome.document.name: outcome for outcome in outcomes}
        assert {name: outcome.status for name, outcome in by_name.items()} == {
            "payments.csv": "completed", "table row 1": "completed", "table row 2": "completed",
        }  # fmt: skip
        (table,) = by_name["payments.csv"].document.tables
        first = by_name["table row 1"].document
        assert first.parent == by_name["payments.csv"].document.id
        assert {path: first.fields[path].value for path in ("no_", "amount", "day", "at", "rate")} == {
            "no_": 1, "amount": Decimal("1.50"), "day": dt.date(2026, 1, 31), "at": "2026-01-31T10:00:00", "rate": Decimal("1E-9"),
        }  # fmt: skip
        spans = [field.spans[0] for field in first.layers.fields]
        assert [(span.artifact, span.row, span.column) for span in spans] == [(table.artifact, 0, column) for column in range(5)]
        assert first.text.splitlines()[:2] == ["no_: 1", "amount: 1.50"]
        assert [field.path for field in by_name["table row 2"].document.layers.fields] == ["no_"]
        told = store.sql(f"SELECT value_text, quote FROM field_provenance WHERE document_id = '{first.id}' AND path = 'amount'").fetchall()
        assert told == [("1.50", "1.50")]


def test_bytes_that_are_no_row_are_malformed(read):
    for data in (b"x", b"aios row 1\n", b"aios row 1\n[{}]", b"aios row 1\n[1]"):
        with pytest.raises(Malformed, match="no row of a table"):
            read(data, "application/vnd.aios.row")
