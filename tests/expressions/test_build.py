"""Building expressions in Python."""

from __future__ import annotations

import copy
import datetime as dt
import operator
import pickle
from dataclasses import FrozenInstanceError
from decimal import Decimal
from enum import StrEnum

import pytest

import aios_sdk.expressions as x
from aios_sdk.errors import ExpressionError
from aios_sdk.expressions import Expression, attribute, case, check, field, label, parse


class Kind(StrEnum):
    INVOICE = "invoice"


BUILT: list[tuple[Expression, str]] = [
    (label("document-kind") == "invoice", 'label("document-kind") == "invoice"'),
    (label("kind") == Kind.INVOICE, 'label("kind") == "invoice"'),
    (label("kind") != "invoice", 'label("kind") != "invoice"'),
    (operator.ge(500, field("total")), 'field("total") <= 500'),
    (attribute("confidence") < 0.6, "confidence < 0.6"),
    (field("total") == Decimal("1E+3"), 'field("total") == 1000'),
    ((field("a") > 1) & ~(field("b") < 2) | check("c"), 'field("a") > 1 and not field("b") < 2 or check("c")'),
    (True & (check("a") | False), 'true and (check("a") or false)'),
    (True | check("a"), 'true or check("a")'),
    (1 + field("a") * 2 - 3, '1 + field("a") * 2 - 3'),
    (1 - 2 * field("a") / 3, '1 - 2 * field("a") / 3'),
    (1 / -field("a"), '1 / -field("a")'),
    (field("a") - dt.timedelta(30), 'field("a") - days(30)'),
    (x.date("2026-01-31") - x.days(30), 'date("2026-01-31") - days(30)'),
    (dt.date(2026, 1, 31) < field("d"), 'field("d") > date("2026-01-31")'),
    (round(abs(field("a")), 2), 'round(abs(field("a")), 2)'),
    (field("a").is_missing(), 'field("a") is missing'),
    (~field("a").is_missing(), 'field("a") is not missing'),
    (field("a").isin(["x", "y"]), 'field("a") in ["x", "y"]'),
    (field("a").isin({1: 0}), 'field("a") in [1]'),
    (~field("a").isin(x.values_of(field("b"))), 'field("a") not in values(field("b") for members)'),
    (field("a").contains("x"), 'contains(field("a"), "x")'),
    (field("a").starts_with("x") | field("a").ends_with("y"), 'starts_with(field("a"), "x") or ends_with(field("a"), "y")'),
    (field("a").like("INV-*"), 'like(field("a"), "INV-*")'),
    (field("a").lower() == field("a").upper(), 'lower(field("a")) == upper(field("a"))'),
    (field("a").length() > 3, 'length(field("a")) > 3'),
    (field("d").year() + field("d").month() + field("d").day(), 'year(field("d")) + month(field("d")) + day(field("d"))'),
    (field("a").confidence() < 1, 'confidence(field("a")) < 1'),
    (field("a").currency() == "EUR", 'currency(field("a")) == "EUR"'),
    (field("a").conflict(), 'conflict(field("a"))'),
    (x.coalesce(field("a"), 0), 'coalesce(field("a"), 0)'),
    (x.lookup("t", field("k"), "c") > 1, 'lookup("t", field("k"), "c") > 1'),
    (x.exists("t", field("k")), 'exists("t", field("k"))'),
    (x.count_of() > 1, "count(members) > 1"),
    (x.count_of(where=attribute("failed")), "count(members if failed)"),
    (x.count_of(x.distinct_of(field("a"))), 'count(distinct(field("a") for members))'),
    (x.sum_of(field("a"), where=check("b")), 'sum(field("a") for members if check("b"))'),
    (x.min_of(field("a")), 'min(field("a") for members)'),
    (x.max_of(field("a"), 3, where=None), 'max(field("a"), 3)'),
    (x.any_of(attribute("failed")), "any(failed for members)"),
    (x.all_of(field("a") == case.field("a")), 'all(field("a") == case.field("a") for members)'),
    (x.any_of(case.label("a") == case.attribute("name")), 'any(case.label("a") == case.name for members)'),
    (field("a") == '"\\\n\u202e', r'field("a") == "\"\\\n\u202e"'),
]


@pytest.mark.parametrize(("built", "text"), BUILT, ids=[text for _, text in BUILT])
def test_what_is_built_is_what_is_written(built: Expression, text: str) -> None:
    assert str(built) == text
    assert built.same_as(parse(text))


def test_an_expression_has_no_truth_of_its_own() -> None:
    with pytest.raises(TypeError, match="same_as"):
        bool(1 < field("a") < 3)
    with pytest.raises(TypeError, match="isin"):
        _ = "a" in field("b")


def test_expressions_are_compared_by_same_as_and_can_be_keys() -> None:
    one, other = field("a") > 1, field("a") > 2
    assert one.same_as(parse('field("a") > 1'))
    assert not one.same_as(other)
    assert not one.same_as('field("a") > 1')
    assert {one: 1}[one] == 1
    assert hash(one) == hash(parse(str(one)))


def test_an_expression_is_frozen_and_travels() -> None:
    one = field("a") > 1
    with pytest.raises(FrozenInstanceError):
        one.node = None  # type: ignore[misc, assignment]
    for again in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one), eval_free(repr(one))):
        assert again.same_as(one)


def eval_free(shown: str) -> Expression:
    return parse(shown.removeprefix("parse('").removesuffix("')"))


@pytest.mark.parametrize(
    "value",
    [float("nan"), object(), b"x", dt.datetime(2026, 1, 1), dt.timedelta(seconds=1), 10**60, Decimal("1e-50"), 10**10000, [[1]]],
    ids=range(9),
)
def test_a_value_that_cannot_be_written_down_is_refused(value: object) -> None:
    with pytest.raises(ExpressionError):
        _ = field("a") == value  # type: ignore[operator]


def test_builders_refuse_what_the_text_form_refuses() -> None:
    for wrong in ("members", "a b", "é", ""):
        with pytest.raises(ExpressionError, match="cannot name an attribute"):
            attribute(wrong)
    for day in ("2026-02-30", "31.1.2026"):
        with pytest.raises(ExpressionError, match="is no date"):
            x.date(day)
    with pytest.raises(ExpressionError, match="outside of the calendar"):
        x.days(10**12)
    with pytest.raises(ExpressionError, match="not both"):
        x.count_of(field("a"), where=check("b"))


def test_an_expression_says_what_it_reads_and_whose() -> None:
    text = (
        'pages > 1 and exists("policies", field("number")) and '
        'any(field("total") > case.field("limit") for members if label("kind") == "x" and check("ok") and not failed)'
    )
    assert {str(tuple(each)) for each in parse(text).reads()} == {
        "('attribute', 'pages', 'own')",
        "('table', 'policies', 'own')",
        "('field', 'number', 'own')",
        "('field', 'total', 'members')",
        "('field', 'limit', 'case')",
        "('label', 'kind', 'members')",
        "('check', 'ok', 'members')",
        "('attribute', 'failed', 'members')",
    }


def test_the_public_names_are_sorted_and_exist() -> None:
    assert set(x.__all__) <= set(dir(x))
    assert len(x.__all__) == len(set(x.__all__))
