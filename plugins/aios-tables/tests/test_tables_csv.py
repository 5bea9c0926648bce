"""What separated values give."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aios_tables import Tables
from aios_tables._dialect import sniff
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from aios_sdk import Context, LimitExceeded, Malformed, Source, StepError, Table
from aios_sdk.testing import check_manifest


@pytest.fixture
def table(ingest) -> Callable[..., Table]:
    def read(data: bytes | str, media_type: str = "text/csv", **config: Any) -> Table:
        source = Source(name="a.csv", data=data.encode() if isinstance(data, str) else data, media_type=media_type)
        (document,) = ingest(Tables, source, **config)
        assert [page.index for page in document.layers.pages] == [0]
        found, *others = document.layers.tables
        assert [(other.name, other.rows) for other in others] == ([("rejected", found.rejected)] if found.rejected else [])
        return found

    return read


def types(table):
    return {column.name: column.type for column in table.columns}


def rows(table):
    return table.relation().fetchall()


def test_the_manifest_says_what_the_code_says():
    check_manifest("aios_tables")


def test_columns_have_the_types_of_all_their_values(table):
    found = table(
        "id,code,amount,rate,day,at,ok,name\n"
        "1,007,12.50,1e-3,2026-01-31,2026-01-31 10:00,true,Änne\n"
        "2,010,-3.25,0.123456789012,2026-02-01,2026-02-01T11:30:15.5,FALSE,\n"
    )
    assert types(found) == {
        "id": "BIGINT", "code": "VARCHAR", "amount": "DECIMAL(18,2)", "rate": "DOUBLE", "day": "DATE", "at": "TIMESTAMP",
        "ok": "BOOLEAN", "name": "VARCHAR",
    }  # fmt: skip
    assert rows(found)[0] == (1, "007", Decimal("12.50"), 0.001, dt.date(2026, 1, 31), dt.datetime(2026, 1, 31, 10), True, "Änne")
    assert rows(found)[1][-1] is None


@pytest.mark.parametrize(
    ("values", "kind", "first"),
    [
        (["1", "x"], "VARCHAR", "1"),
        (["+49 30 1", "+4930"], "VARCHAR", "+49 30 1"),
        (["9223372036854775807", "1"], "BIGINT", 2**63 - 1),
        (["9223372036854775808", "1"], "DECIMAL(38,0)", Decimal(2**63)),
        (["1" * 40, "1"], "VARCHAR", "1" * 40),
        ([".5", "12"], "DECIMAL(18,1)", Decimal("0.5")),
        (["123456789012.1234567", "1"], "DECIMAL(38,7)", Decimal("123456789012.1234567")),
        (["NaN", "1.5"], "DOUBLE", None),
        (["nan", "nan"], "VARCHAR", "nan"),
        (["43,774.58", "1,200.00"], "DECIMAL(18,2)", Decimal("43774.58")),
        (["1,234", "5,678"], "VARCHAR", "1,234"),
        (["1.234,56", "7,5"], "DECIMAL(18,2)", Decimal("1234.56")),
        (["31/12/2026", "01/02/2026"], "DATE", dt.date(2026, 12, 31)),
        (["12/31/2026", "01/02/2026"], "DATE", dt.date(2026, 12, 31)),
        (["01/02/2026", "02/03/2026"], "VARCHAR", "01/02/2026"),
        (["01.02.2026", "31.12.2026"], "DATE", dt.date(2026, 2, 1)),
        (["2026-02-30", "2026-01-01"], "VARCHAR", "2026-02-30"),
        (["2026-01-01T10:00:00Z", "2026-01-01T10:00:00+02:00"], "TIMESTAMP WITH TIME ZONE", None),
        ([" 12 ", "3"], "BIGINT", 12),
        (["", "true"], "BOOLEAN", None),
    ],
)
def test_a_type_is_taken_only_when_it_is_certain(table, values, kind, first):
    found = table("\n".join(["value;other", *(f"{value};x" for value in values)]))
    assert found.columns[0].type == kind
    if first is not None:
        assert rows(found)[0][0] == first


def test_a_value_that_does_not_fit_in_the_last_of_many_rows_decides_the_type(table):
    found = table("n\n" + "1\n" * 5000 + "x\n")
    assert (found.rows, types(found)) == (5001, {"n": "VARCHAR"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~", "\x01"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_found(table, delimiter, end):
    found = table(end.join(delimiter.join(row) for row in (["id", "name", "day"], ["1", "a b", "2026-01-01"], ["2", "c, d", "2026-01-02"])))
    assert rows(found) == [(1, "a b", dt.date(2026, 1, 1)), (2, "c, d", dt.date(2026, 1, 2))] or delimiter == ","


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('a,b\n1,"x, ""y""\nz"\n2,w\n', [(1, 'x, "y"\nz'), (2, "w")]),
        ("a,b\n1,'x, y'\n2,'z, w'\n", [(1, "x, y"), (2, "z, w")]),
        ("a,b\n1,x\\, y\n2,z\n", [(1, "x, y"), (2, "z")]),
        ('a,b\n1,"x \\"y\\", z"\n2,w\n', [(1, 'x "y", z'), (2, "w")]),
        ('a,b\n1,5" screen\n2,"C:\\new"\n', [(1, '5" screen'), (2, "C:\\new")]),
        ("sep=;\na;b\n1;x\n", [(1, "x")]),
    ],
)
def test_quotes_and_escapes_are_found(table, data, expected):
    assert rows(table(data)) == expected


def test_rows_that_are_short_are_filled_and_those_that_are_long_are_counted(table):
    found = table("a,b,c\n1,2,3\n4,5\n6,7,8,9\n1,2,3,,\n")
    assert rows(found) == [(1, 2, 3), (4, 5, None), (1, 2, 3)]
    assert found.rejected == 1


def test_a_header_shorter_than_the_rows_is_lengthened(table):
    found = table("x,y\na,b,c\nd,e,f\n")
    assert (list(types(found)), found.rows) == (["x", "y", "C"], 2)


def test_titles_above_the_table_are_left_out_and_counted(table):
    found = table("Report of January\n\nid,name,amount\n1,a,2.50\n2,b,3.50\n")
    assert (list(types(found)), found.rows, found.rejected) == (["id", "name", "amount"], 2, 1)


BODY = "id;day;amount\n1;2026-01-31;2.50\n2;2026-02-01;3.50\n3;2026-02-02;4.00\n"


@pytest.mark.parametrize(
    "footer",
    [
        "Total;;10.00\n",
        ";Summe;10.00\n",
        "Grand total:;;10.00",
        "Insgesamt;3 Tage;10.00\n",
        "-- 3 rows exported --\n",
        "-- 3 rows exported --;;\n",
        "\nNotes\nAmounts in euros; without tax\n",
        "\n\nSource: ledger\n\nPrinted by Änne\n",
        ";;\nTotal;;10.00\n;;\nend of file;;\n",
        "\nTotal;;10.00\nCreated by a program\n",
        "4;2026-0",
    ],
)
def test_what_stands_below_the_rows_takes_no_column_its_type(table, ingest, footer):
    found = table(BODY + footer)
    assert types(found) == {"id": "BIGINT", "day": "DATE", "amount": "DECIMAL(18,2)"}
    assert rows(found)[-1] == (3, dt.date(2026, 2, 2), Decimal("4.00"))
    (document,) = ingest(Tables, Source(name="a.csv", data=(BODY + footer).encode(), media_type="text/csv"))
    lines = (BODY + footer).splitlines()
    below = [(number, line) for number, line in enumerate(lines, 1) if number > 4 and line.strip(";")]
    assert [(number, text) for number, _, text in rows(document.layers.tables[1])] == below
    assert {reason for _, reason, _ in rows(document.layers.tables[1])} == {"a line below the table"}


def test_notes_behind_a_blank_line_are_no_rows_of_texts_either(table):
    found = table("name,place\nAnna,Ulm\nBert,Bonn\nCarl,Celle\n\nTwo of them moved\n")
    assert (found.rows, found.rejected) == (3, 1)


def test_long_lines_below_the_table_hide_no_blank_line_before_the_notes(table):
    found = table("name;place\nAnna;Ulm\nBert;Bonn\nCarl;Celle\n\na;b;c;d\nTwo of them moved\n")
    assert (found.rows, found.rejected) == (3, 2)


@pytest.mark.parametrize(
    "end",
    [
        "4;2026-02-03;n/a\n",  # a value of its own kind
        "4;;\n",
        "4\n",  # short, and of the type of its column
        "4;2026-02-03\n",
        "\n4;2026-02-03;1.00\n",
        "\n4\n",
        "x;;\n4;2026-02-03;1.00\n",  # not the last one
        ";;\n;;\n",
    ],
)
def test_rows_at_the_end_that_may_be_rows_stay(table, end):
    found = table(BODY + end)
    assert (found.rows, found.rejected) == (3 + end.strip("\n").count("\n") + 1, 0)


@pytest.mark.parametrize(
    "data",
    [
        "n\n1\n2\n3\n\nx\n",  # of one column
        "id;amount\n1;2.50\nTotal;2.50\n",  # hardly any rows
        "item;amount\ndoor;2.50\nwall;1.50\nroof;1.00\nTotal;5.00\n",  # its column is of texts anyway
        "a;b\n1;2\nx\n3;4\n5;6\n\nnote\n",  # not the only line of its form
        "a;b\n1;2\n\n3;4\n\n5;6\n\n7;8\n\n9;x\n",  # blank lines everywhere
    ],
)
def test_a_footer_is_one_only_where_it_stands_out(table, data):
    found = table(data)
    lines = [line for line in data.splitlines() if line]
    assert (found.rows, found.rejected) == (len(lines) - 1, 0)


@pytest.mark.parametrize(
    ("data", "names", "count"),
    [
        ("a,b\n", ["a", "b"], 0),
        ("a,b", ["a", "b"], 0),
        ("1,2\n3,4\n", ["A", "B"], 2),
        ("a,1\nb,2\n", ["A", "B"], 2),
        ("name,2025,2026\nx,5,6\n", ["name", "2025", "2026"], 1),
        ("1,2,3\nx,y,z\n", ["1", "2", "3"], 1),
        ("v,v\n1,2\n", ["v", "v_1"], 1),
        ("v,v\nw,w\n", ["A", "B"], 2),
        (",a,b,c\n0,1,2,3\n", ["A_1", "a", "b", "c"], 1),
        ("name\nx\ny\n", ["name"], 2),
        ("lonely", ["A"], 1),
        ("n\n1\n\n2\n", ["n"], 2),
    ],
)
def test_a_header_is_told_from_data(table, data, names, count):
    found = table(data)
    assert ([column.name for column in found.columns], found.rows) == (names, count)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings_are_found(table, encoding):
    found = table("id;ort\n1;Köln\n2;Zürich\n".encode(encoding))
    assert rows(found) == [(1, "Köln"), (2, "Zürich")]


@pytest.mark.parametrize(("encoding", "name", "place"), [
    ("cp1250", "Świątek Żółć", "Łódź"), ("cp1251", "Иванов Сергей", "Москва"), ("cp1253", "Παπαδόπουλος", "Αθήνα"),
    ("shift_jis", "保険金を請求します", "東京の事故は昨日"), ("cp1252", "Müller, José", "Köln"),
])  # fmt: skip
def test_a_legacy_encoding_is_told_by_its_letters(table, encoding, name, place):
    assert rows(table(f"id;name;place\n1;{name};{place}\n2;Smith;Leeds\n".encode(encoding))) == [(1, name, place), (2, "Smith", "Leeds")]


def test_another_encoding_is_read_when_it_is_named(table):
    assert rows(table("id;miasto\n1;Łódź\n".encode("cp1250"), encoding="cp1250")) == [(1, "Łódź")]
    with pytest.raises(ValidationError, match="klingon"):
        Tables.Config(encoding="klingon")


@pytest.mark.parametrize("data", [b"", b"\n\r\n  \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_malformed(table, data):
    with pytest.raises(Malformed, match="empty"):
        table(data)


def test_a_binary_file_is_malformed(table):
    with pytest.raises(Malformed, match="binary"):
        table(b"PK\x03\x04\0\0\0\0 \xff\0\0")


def test_a_quote_that_never_closes_ends_in_an_outcome(table):
    assert table('a,b\n1,"x\n2,y\n3,z\n').rows == 3
    with pytest.raises(Malformed, match="never closed"):
        table('a,b\n1,"2"\n' * 50_000 + '1,"2\n' + "1,2\n" * 2_500_000)


def test_too_many_columns_are_refused(table):
    with pytest.raises(LimitExceeded, match="20,000 columns"):
        table(",".join("abc" for _ in range(20_000)))


def test_the_name_of_a_file_is_no_pattern(tmp_path, ingest):
    path = tmp_path / "claims[1]*.csv"
    path.write_text("a,b\n1,2\n")
    (document,) = ingest(Tables, Source(name=path.name, path=str(path), media_type="text/csv"))
    assert document.layers.tables[0].rows == 1


def test_the_same_file_gives_the_same_bytes(table):
    data = "id,amount\n" + "".join(f"{number},{number}.50\n" for number in range(10_000))
    assert table(data).artifact == table(data).artifact


def test_csv_spectrum_is_read_exactly(corpora, table):
    import json

    folder = next(corpora.glob("tabular/*csv-spectrum"))
    for path in sorted(folder.glob("csvs/*.csv")):
        truth = json.loads((folder / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        found = table(path.read_bytes())
        names = [column.name for column in found.columns]
        read = [{name: "" if cell is None else str(cell) for name, cell in zip(names, row, strict=True)} for row in rows(found)]
        assert read == [{key: value.replace("\r\n", "\n") for key, value in row.items()} for row in truth] or "crlf" in path.stem
        assert len(read) == len(truth)


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(-(10**20), 10**20), CELLS, st.decimals(-1000, 1000, places=2)), min_size=1, max_size=12))
def test_what_the_csv_module_wrote_has_exactly_its_rows_and_texts(written):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC).writerows([("number", "text", "amount"), *written])
    with tempfile.TemporaryDirectory() as scratch:
        source = Source(name="a.csv", data=buffer.getvalue().encode(), media_type="text/csv")
        (document,) = Tables(Tables.Config()).ingest(source, Context(run="r", step="s", scratch=Path(scratch)))
        found = document.layers.tables[0]
        assert (found.rows, found.rejected) == (len(written), 0)
        if found.columns[1].type == "VARCHAR":
            assert [row[1] or "" for row in rows(found)] == [text for _, text, _ in written]
        assert [row[2] for row in rows(found)] == [amount for _, _, amount in written]


FOOTERS = st.sampled_from(["Total;;1", "-- end --", "\nnote", "\nnote\nmore, of it\n\nand more;;"])
FULL = st.text("ab1.- /T", min_size=1, max_size=6).filter(str.strip)


@settings(deadline=None, max_examples=100)
@given(st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(FULL, min_size=width, max_size=width), min_size=1, max_size=30)))
def test_a_table_whose_rows_are_all_whole_has_no_footer_whatever_its_values(body):
    data = "\n".join(";".join(row) for row in [["name", "other", "third", "last"][: len(body[0])], *body])
    with tempfile.TemporaryDirectory() as scratch:
        source = Source(name="a.csv", data=data.encode(), media_type="text/csv")
        (document,) = Tables(Tables.Config()).ingest(source, Context(run="r", step="s", scratch=Path(scratch)))
        assert [found.name for found in document.layers.tables] == ["table"]


@settings(deadline=None, max_examples=60)
@given(st.integers(3, 60), FOOTERS, st.sampled_from(["\n", "\r\n"]))
def test_a_footer_below_any_number_of_rows_changes_nothing_of_them(count, footer, end):
    body = "id;day;amount\n" + "".join(f"{row};2026-01-{row % 28 + 1:02};{row}.50\n" for row in range(count))
    both = []
    for data in (body, body + footer):
        with tempfile.TemporaryDirectory() as scratch:
            source = Source(name="a.csv", data=data.replace("\n", end).encode(), media_type="text/csv")
            (document,) = Tables(Tables.Config()).ingest(source, Context(run="r", step="s", scratch=Path(scratch)))
            both.append((document.layers.tables[0].artifact, document.layers.tables[0].columns))
    assert both[0] == both[1]


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200) | st.text("ab1,;\t\"'\\\n\r .-:/", max_size=120).map(str.encode))
def test_any_bytes_give_a_table_or_a_typed_refusal(data):
    with tempfile.TemporaryDirectory() as scratch, suppress(StepError):
        source = Source(name="a.csv", data=data, media_type="text/csv")
        (document,) = Tables(Tables.Config()).ingest(source, Context(run="r", step="s", scratch=Path(scratch)))
        for found in document.layers.tables:
            assert len(rows(found)) == found.rows


@given(st.text(max_size=300))
def test_any_text_has_some_dialect(text):
    assert sniff(text).delimiter
