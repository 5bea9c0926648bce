"""What expressions evaluate to, and how they explain it."""

from __future__ import annotations

import datetime as dt
import pickle
from decimal import Decimal
from typing import Any

import pytest

from aios_sdk.expressions import ANY, NUMBER, Known, Result, Scope, compile

from ._strategies import SCOPE, Paper


def ask(text: str, paper: Paper | None = None, scope: Scope | None = None) -> Result:
    return compile(text, scope or Scope(members=Scope()), ANY).evaluate(paper or Paper())


def paper(id: str = "d1", **fields: object) -> Paper:
    return Paper(id=id, fields={name: Known(value, id=f"{id}-{name}") for name, value in fields.items()})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1 + 0.2 == 0.3", True),
        ("1 / 4", Decimal("0.25")),
        ("7 - 2 * 3", 1),
        ("-(2 + 3) * 2", -10),
        ("abs(-2.5)", Decimal("2.5")),
        ("round(2.5, 0)", 2),
        ("round(1.005, 2)", Decimal("1.00")),
        ("min(3, 1.5, 2)", Decimal("1.5")),
        ("max(days(3), days(4))", dt.timedelta(4)),
        ('date("2026-03-01") - date("2026-01-31") == days(29)', True),
        ('date("2026-01-31") + days(1)', dt.date(2026, 2, 1)),
        ('year(date("2026-01-31")) * 100 + month(date("2026-01-31"))', 202601),
        ('day(date("2026-01-31"))', 31),
        ('lower("ÄB")', "äb"),
        ('"no. " + text(7)', "no. 7"),
        ('text(12.50) + "/" + text(date("2026-01-31")) + text(true)', "12.50/2026-01-31true"),
        ('upper("ß")', "SS"),
        ('length("héé")', 3),
        ('contains("invoice", "voi")', True),
        ('starts_with("invoice", "in") and ends_with("invoice", "ice")', True),
        ('like("INV-2026", "INV-????")', True),
        ('like("INV-2026", "INV-???")', False),
        ('"voi" in "invoice" and "x" not in "invoice"', True),
        ('2 in [1, 2.0] and "a" not in []', True),
        ("coalesce(missing, 1, 2)", 1),
        ("missing is missing and 1 is not missing", True),
        ("1 == 1.00 and (1 == 1) == true", True),
        ('count(members) == 0 and sum(field("x") for members) == 0', True),
        ('max(field("x") for members) is missing', True),
        ('any(check("x") for members) or all(check("x") for members)', True),
        ('count(values(field("x") for members))', 0),
    ],
)
def test_values_are_what_the_language_says(text: str, value: object) -> None:
    assert ask(text).value == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('field("x") == 1', 'field("x") of d1.pdf is missing'),
        ('field("odd") + 1', "holds a Python bytes, which expressions do not know"),
        ('field("split") + 1', "has candidates that disagree"),
        ('field("text") + 1', "does not fit text and number"),
        ('field("text") == 1', "does not fit text and number"),
        ('field("text") in [1]', "a text is looked for in a list of number"),
        ("1 / 0 == 1", "1 / 0 is a division by zero"),
        ("0 / 0 == 1", "a division by zero"),
        ('date("9999-12-31") + days(1) == date("2026-01-01")', "outside of the calendar"),
        ('field("big") * field("big") == 1', "a number that is too large"),
        ('field("tiny") * field("tiny") == 1', "a number that is too small"),
        ('round(field("big"), 20) == 1', "not a number within 50 digits"),
        ('field("long") == "x"', "expressions read at most"),
        ('field("text") and true', 'field("text") is text, not boolean'),
        ('lookup("policies", "P9", "limit") == 1', 'table "policies" has no row "P9"'),
        ('min(field("x") for members) == 1', "no members to choose from"),
    ],
)
def test_what_has_no_value_says_why(text: str, reason: str) -> None:
    subject = paper(odd=b"x", text="abc", big=Decimal("9e60"), tiny=Decimal("1e-90"), long="x" * 1_000_001)
    fields = {**subject.fields, "split": Known(None, conflict=True)}
    tables = SCOPE.tables
    result = ask(text, Paper(fields=fields), Scope(tables=tables, members=Scope()))
    assert result.value is None
    assert result.unknown
    assert reason in result.reason
    assert reason in result.explain()


def test_a_value_of_another_type_than_the_pipeline_said_is_unknown() -> None:
    result = ask('field("a") is missing', paper(a="12"), Scope(fields={"a": NUMBER}))
    assert result.value is True
    assert result.because[0].reason == 'field("a") of d1.pdf is text, not number as the pipeline says'


def test_a_condition_that_turns_out_to_be_no_condition_is_unknown() -> None:
    result = compile('field("a")', Scope()).evaluate(paper(a=1))
    assert result.reason == 'field("a") is number, not boolean'


def test_confidence_currency_and_conflict_are_asked_of_the_reading() -> None:
    subject = Paper(
        fields={"a": Known(1, confidence=0.6, currency="EUR"), "b": Known(None, conflict=True), "c": Known(1)},
        labels={"k": Known("x", confidence=Decimal("0.9"))},
    )
    assert ask('confidence(field("a"))', subject).value == Decimal("0.6")
    assert ask('confidence(label("k")) >= 0.9', subject).value is True
    assert ask('currency(field("a"))', subject).value == "EUR"
    assert ask('currency(field("c")) is missing and confidence(field("c")) is missing', subject).value is True
    assert [ask(f'conflict(field("{name}"))', subject).value for name in "abz"] == [False, True, False]


def test_what_comes_from_outside_is_taken_into_the_language() -> None:
    zone = dt.timezone(dt.timedelta(hours=-5))
    subject = paper(f=0.1, t=dt.datetime(2026, 1, 31, 23, tzinfo=zone), l=["a", "b"])
    assert ask('field("f") * 3 == 0.3', subject).value is True
    assert ask('field("t") == date("2026-02-01")', subject).value is True
    assert ask('field("l")', subject).value == ("a", "b")


def case(*totals: object, **fields: object) -> Paper:
    members = [paper(f"m{place}", total=total) for place, total in enumerate(totals)]
    return Paper(id="case", fields={name: Known(value) for name, value in fields.items()}, papers=members)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('sum(field("total") for members)', Decimal("529.87")),
        ('sum(field("total") for members if field("total") > 100)', Decimal("400")),
        ('min(field("total") for members)', Decimal("129.87")),
        ('max(field("total") for members if field("total") < case.field("limit"))', 400),
        ('count(members if field("total") < 200 or field("total") > 100)', 2),
        ('any(field("total") == 400 for members)', True),
        ('all(field("total") < case.field("limit") for members)', True),
        ('count(distinct(field("currency") for members))', None),
        ('count(distinct(field("total") > 0 for members))', 1),
        ('400 in values(field("total") for members)', True),
    ],
)
def test_aggregates_go_over_the_members(text: str, value: object) -> None:
    subject = case(Decimal("129.87"), 400, limit=500)
    if "> 100)" in text and text.startswith("sum"):
        subject = case(Decimal("99.87"), 400, limit=500)
    assert ask(text, subject).value == value


def test_an_unknown_member_makes_the_sum_unknown_and_is_named() -> None:
    result = ask('sum(field("total") for members) <= 500', case(1, None, 2))
    assert result.value is None
    assert result.reason == 'field("total") of m1.pdf is missing'
    assert [each.document_id for each in result.references] == ["m1"]
    assert ask('sum(field("total") for members if field("total") is not missing)', case(1, None, 2)).value == 3


def test_an_unknown_filter_matters_only_where_the_result_depends_on_it() -> None:
    unknown = case(None, 2)
    assert ask('any(field("total") > 1 for members if field("total") < 5)', unknown).value is True
    assert ask('any(field("total") > 1 for members if field("total") > 5)', unknown).value is None
    assert ask('all(field("total") > 2 for members if field("total") < 5)', unknown).value is False
    assert ask('count(members if field("total") > 1)', unknown).value is None
    both = ask('any(true for members if field("total") == 2)', unknown)
    assert both.value is True
    assert [each.document_id for each in both.references] == ["m1"]
    assert ask('any(true for members if field("total") == 3)', unknown).reason.startswith('field("total") of m0.pdf')


def test_mixed_values_cannot_be_aggregated() -> None:
    for text in ("sum", "max", "values", "distinct"):
        assert "does not fit number and text" in ask(f'{text}(field("total") for members)', case(1, "a")).reason
    assert "does not fit list" in ask('values(field("total") for members)', case(["a"])).reason


def test_lookups_give_the_column_of_the_row() -> None:
    subject = Paper(
        fields={"number": Known("P1")}, tables={"policies": {"P1": {"limit": 500}}}, papers=[Paper(id="m1", fields={"f_text": Known("P1")})]
    )
    scope = Scope(tables=SCOPE.tables, members=SCOPE.members)
    result = ask('lookup("policies", field("number"), "limit") > 400', subject, scope)
    assert result.value is True
    found = {(each.kind, each.name, each.id, each.value) for each in result.references}
    assert found == {("lookup", "policies.limit", '"P1"', 500), ("field", "number", "", "P1")}
    assert ask('exists("policies", field("number"))', subject, scope).value is True
    assert ask('exists("policies", "P2")', subject, scope).value is False
    assert ask('exists("policies", field("none"))', subject, scope).value is None
    assert ask('lookup("policies", field("number"), "note") is missing', subject, scope).value is True
    assert ask('all(exists("policies", field("f_text")) for members)', subject, scope).value is True


def test_only_what_decided_is_referred_to() -> None:
    subject = paper(a=1, b=2, c=None)
    assert names(ask('field("a") == 1 and field("b") == 3', subject)) == ["b"]
    assert names(ask('field("a") == 1 or field("b") == 3', subject)) == ["a"]
    assert names(ask('field("a") == 1 and field("b") == 2', subject)) == ["a", "b"]
    assert names(ask('field("c") == 1 and field("a") == 1', subject)) == ["c"]
    assert names(ask('coalesce(field("c"), field("a"), field("b"))', subject)) == ["c", "a"]
    (reference,) = ask('field("a") == field("a")', subject).references
    assert reference == ("field", "a", "d1", 1, "d1-a", "d1.pdf")


def names(result: Result) -> list[str]:
    return [each.name for each in result.references]


def test_the_explanation_shows_the_values_that_decided() -> None:
    result = ask('field("x") is missing or sum(field("total") for members) <= 500', case(Decimal("129.87"), 400, x=1))
    assert result.explain().splitlines() == [
        'field("x") is missing or sum(field("total") for members) <= 500  is false',
        '  field("x") is missing  is false',
        '    field("x") of case.pdf  is 1',
        '  sum(field("total") for members) <= 500  is false: 529.87 <= 500',
        '    sum(field("total") for members)  is 529.87',
        '      field("total") of m0.pdf  is 129.87',
        '      field("total") of m1.pdf  is 400',
    ]


def test_the_explanation_of_a_large_case_stays_short() -> None:
    lines = ask('sum(field("total") for members)', case(*range(100))).explain(limit=5).splitlines()
    assert len(lines) == 6
    assert lines[-1] == "... and 96 more lines"


def test_a_result_travels() -> None:
    result = ask('field("a") == 1', paper(a=1))
    assert pickle.loads(pickle.dumps(result)) == result


def test_what_a_subject_raises_is_not_hidden() -> None:
    class Broken(Paper):
        def field(self, path: str) -> Any:
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        ask('field("a") == 1', Broken())
