"""Lookup tables: exact types, one row a key, and nothing automatic on a row that is not there."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from aios_rules._file import parse_rules
from aios_rules._tables import LookupTable, read_table

from aios_sdk import ConfigurationError, ExpressionError, InputFile
from aios_sdk.expressions import ANY, BOOLEAN, DATE, NUMBER, TEXT

POLICIES = "policy,limit,since,active,note\n0012,1500.50,2026-01-31,true,\n0013,200,2025-06-01,FALSE,n/a\n"
RULES = """\
tables:
  policies: {file: policies.csv}
checks:
  - rule: within-limit
    expect: field("claimed") <= lookup("policies", field("policy"), "limit")
routes:
  - to: pay
    when: check("within-limit")
  - to: desk
    review: true
"""


def table(folder: Path, content: str | bytes, more: str = "", name: str = "t.csv") -> LookupTable:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    rules = parse_rules(f"tables:\n  t: {{file: {name}{more}}}\nroutes:\n  - to: desk\n", "r.yaml")
    return read_table(rules.tables[0], InputFile(folder / name))


def test_types_are_inferred_exactly_and_ids_with_leading_zeros_stay_text(tmp_path: Path) -> None:
    found = table(tmp_path, POLICIES)
    assert found.type.columns == {"policy": TEXT, "limit": NUMBER, "since": DATE, "active": BOOLEAN, "note": TEXT}
    assert found.type.key == TEXT
    assert found["0012"] == {"policy": "0012", "limit": Decimal("1500.50"), "since": dt.date(2026, 1, 31), "active": True, "note": None}
    assert found["0013"] == {"policy": "0013", "limit": 200, "since": dt.date(2025, 6, 1), "active": False, "note": "n/a"}


@pytest.mark.parametrize("cell", ["007", "1e3", "+5", "1.", ".5", "1,5", "2026-02-30", "9" * 39, "NaN", "１２"])
def test_what_may_be_something_else_than_a_number_or_date_is_text(tmp_path: Path, cell: str) -> None:
    assert table(tmp_path, f"k;v\na;{cell}\n").type.columns["v"] == TEXT


def test_one_cell_that_is_no_number_makes_the_column_text(tmp_path: Path) -> None:
    assert table(tmp_path, "k,v\na,1\nb,2\nc,two\n")["a"]["v"] == "1"


def test_stated_types_overrule_and_a_cell_that_does_not_fit_is_named_with_its_line(tmp_path: Path) -> None:
    assert table(tmp_path, "k,v\n100,1\n", ", types: {k: text}").type.key == TEXT
    assert table(tmp_path, "k,v\n100,01\n", ", types: {v: number}")[100]["v"] == 1
    with pytest.raises(ConfigurationError, match=r"t.csv, line 3\) has 'x' in the column 'v', which is no number"):
        table(tmp_path, "k,v\n100,1\n200,x\n", ", types: {v: number}")
    with pytest.raises(ConfigurationError, match="no column 'w' to be typed"):
        table(tmp_path, "k,v\n100,1\n", ", types: {w: number}")


def test_a_key_given_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"line 4\) has the key 'a' a second time; it stands in line 2 already"):
        table(tmp_path, "k,v\na,1\nb,2\na,3\n")
    with pytest.raises(ConfigurationError, match=r"line 3\) has the key '1.0' a second time"):
        table(tmp_path, "k,v\n1,1\n1.0,2\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("k,v\n,1\n", "line 2) has no value in its key column 'k'"),
        ("k,v\na,1,2\n", "line 2) has 3 cells in a row; there are 2 columns"),
        ("k,v\n\n\na\n", "line 4) has 1 cells in a row"),
        ('k,v\na,"1\n', "is no CSV"),
        ('k,v\n"a\nb",1\nc\n', "line 4) has 1 cells"),
        ("k,k\na,b\n", "has two columns 'k'"),
        ("k,\na,b\n", "has a column without a name"),
        ("", "is empty"),
        (b"k,v\na,gr\xfc\n", "line 2) is not in UTF-8"),
    ],
)
def test_whatever_leaves_a_row_in_doubt_is_refused_with_its_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        table(tmp_path, content)
    assert said in str(caught.value)
    assert "r.yaml, line 2" in str(caught.value)


def test_bom_semicolons_tabs_spaces_and_blank_lines_are_read(tmp_path: Path) -> None:
    assert table(tmp_path, b"\xef\xbb\xbfk;v\n\n a ; 1 \n")["a"] == {"k": "a", "v": 1}
    assert table(tmp_path, "k\tv\na\t1\n", name="t.tsv")["a"]["v"] == 1


def test_another_column_may_be_the_key_and_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert table(tmp_path, "k,v\na,1\n", ", key: v")[1]["k"] == "a"
    with pytest.raises(ConfigurationError, match=r"no column 'vv' to be its key\. Did you mean 'v'\?"):
        table(tmp_path, "k,v\na,1\n", ", key: vv")


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"""
            COPY (SELECT '0012' k, 1500.50::DECIMAL(12,2) d, 0.1::FLOAT f, 7::BIGINT i, true b, DATE '2026-01-31' "day",
                         TIMESTAMPTZ '2026-01-31 23:30:00+00' t, [1, 2] l, NULL::VARCHAR n)
            TO '{tmp_path}/t.parquet'""")
    data = (tmp_path / "t.parquet").read_bytes()
    found = table(tmp_path, data, name="t.parquet")
    assert found.type.columns == {
        "k": TEXT,
        "d": NUMBER,
        "f": NUMBER,
        "i": NUMBER,
        "b": BOOLEAN,
        "day": DATE,
        "t": DATE,
        "l": ANY,
        "n": TEXT,
    }
    day = dt.date(2026, 1, 31)
    assert found["0012"] == {
        "k": "0012",
        "d": Decimal("1500.50"),
        "f": Decimal("0.1"),
        "i": 7,
        "b": True,
        "day": day,
        "t": day,
        "l": [1, 2],
        "n": None,
    }
    with pytest.raises(ConfigurationError, match="types of its own"):
        table(tmp_path, data, ", types: {k: text}", name="t.parquet")


def test_a_damaged_parquet_and_another_kind_of_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is no Parquet"):
        table(tmp_path, b"PAR1 nonsense", name="t.parquet")
    with pytest.raises(ConfigurationError, match=r"is a .xlsx. Give a file that ends in .csv, .tsv, .parquet"):
        table(tmp_path, b"PK", name="t.xlsx")


def test_steps_that_read_one_table_share_it_in_memory(tmp_path: Path) -> None:
    first = table(tmp_path, POLICIES)
    assert table(tmp_path, POLICIES) is first
    assert table(tmp_path, POLICIES + "0014,1,2026-01-01,true,\n") is not first


def test_a_key_of_another_type_and_a_column_that_is_not_there_fail_at_compile_time(desk: Any, make: Any) -> None:
    desk.write("policies.csv", POLICIES)
    for wrong, said in (
        ('field("claimed"), "limit"', 'The key of table "policies" is text'),
        ('field("policy"), "limits"', 'Did you mean "limit"?'),
    ):
        with pytest.raises(ExpressionError) as caught:
            desk.bind(RULES.replace('field("policy"), "limit"', wrong))
        assert "claims.rules.yaml, line 5: check 'within-limit', expect" in str(caught.value)
        assert said in str(caught.value)


def test_a_row_decides_and_is_referred_to_by_the_digest_of_its_table(desk: Any, make: Any) -> None:
    digest = InputFile(desk.write("policies.csv", POLICIES)).digest
    document = make.document(fields={"policy": "0012", "claimed": Decimal("1500.51")})
    found = desk.check(RULES, document)["within-limit"]
    assert found.passed is False
    assert [(reference.kind, reference.name) for reference in found.inputs] == [
        ("field", "claimed"),
        ("table", 'policies.limit["0012"]'),
        ("field", "policy"),
    ]
    assert found.inputs[1].id == digest


def test_a_key_that_the_table_lacks_is_unknown_and_never_automatic(desk: Any, make: Any) -> None:
    desk.write("policies.csv", POLICIES)
    document = make.document(fields={"policy": "9999", "claimed": 1})
    assert desk.check(RULES, document)["within-limit"].passed is None
    assert 'has no row "9999"' in desk.check(RULES, document)["within-limit"].message
    route = desk.both(RULES, document)
    assert (route.destination, route.review) == ("desk", True)


def test_a_table_file_that_is_missing_is_named_with_the_line(desk: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"claims.rules.yaml, line 2: table 'policies': there is no file 'policies.csv'"):
        desk.create(RULES)


def test_the_tables_contents_enter_the_digest_of_the_configuration(desk: Any) -> None:
    desk.write("policies.csv", POLICIES)
    before = desk.create(RULES).config_digest
    assert desk.create(RULES).config_digest == before
    desk.write("policies.csv", POLICIES.replace("200", "201"))
    assert desk.create(RULES).config_digest != before


def test_another_file_may_stand_in_for_a_table(desk: Any, make: Any) -> None:
    other = desk.write("other.csv", "policy,limit\n0012,2000\n")
    instance = desk.create(RULES, {"policies": str(other)})
    instance.bind(make.scope)
    assert desk.check(instance, make.document(fields={"policy": "0012", "claimed": 1600}))["within-limit"].passed is True
    with pytest.raises(ConfigurationError, match=r"no table 'policy'\. Did you mean 'policies'\?"):
        desk.create(RULES, {"policy": str(other)})


def test_a_table_that_is_changed_after_it_was_digested_is_refused(desk: Any, make: Any) -> None:
    desk.write("policies.csv", POLICIES + "0015,5,2026-01-01,true,read by no other test\n")
    instance = desk.create(RULES)
    assert instance.config_digest
    desk.write("policies.csv", POLICIES.replace("200", "201"))
    with pytest.raises(ConfigurationError, match="was changed after the pipeline was made"):
        instance.bind(make.scope)
