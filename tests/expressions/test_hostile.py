"""Input that was made to do harm ends in an ExpressionError or in an unknown value."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aios_sdk.errors import ExpressionError
from aios_sdk.expressions import NUMBER, Expression, Known, Scope, compile, field, parse

from ._strategies import Paper


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "(" * 4000 + "1" + ")" * 4000,
        "[" * 5000,
        "not " * 2400 + "true",
        "-" * 9000 + "a",
        "abs(" * 2000 + "1" + ")" * 2000,
        "a == (" * 1500 + "b" + ")" * 1500,
        "sum(" * 2000,
        "a" * 1_000_000,
        '"' + "a" * 1_000_000 + '"',
        " " * 1_000_000,
        "1" * 9000,
        "1." + "1" * 9000,
        "1e999999999",
        "10**10**10",
        "10 ** 10",
        "1+" * 4000 + "1",
        "2*" * 4000 + "2",
        "a.b.c",
        "__import__('os').system('true')",
        "field.__class__",
        "lambda: 1",
        "f'{a}'",
        "a\x00b",
        '"a\x00b"',
        '"\u202eabc"',
        "\u202e1",
        "pages\u200b",
        "ａ == 1",
        "١ == 1",
        "\ud800",
        '"\ud800"',
    ],
    ids=range(32),
)
def test_hostile_text_is_an_expression_error(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert len(str(caught.value)) < 700
    str(caught.value).encode()


def test_what_is_hidden_in_a_text_is_shown_by_its_code() -> None:
    assert str(parse(r'"\u0000\u202e\ud800"')) == r'"\u0000\u202e\ud800"'


def test_wide_expressions_are_no_deep_ones() -> None:
    wide = " or ".join(f"a{number}" for number in range(1000))
    assert str(parse(wide)) == wide


def test_the_deepest_tree_that_can_be_built_can_be_read_back_and_evaluated() -> None:
    deepest = field("a")
    built: list[Expression] = []
    for _ in range(49):
        deepest = 1 - deepest
        built.append(deepest)
    with pytest.raises(ExpressionError, match="nests more than 50 levels"):
        _ = 1 - deepest
    assert parse(str(built[-1])).same_as(built[-1])
    assert compile(built[-1], Scope(), NUMBER).evaluate(Paper(fields={"a": Known(1)})).value == 0


def test_a_tree_that_doubles_is_stopped_by_its_length() -> None:
    tree = field("a")
    for _ in range(9):
        tree = tree + tree
    with pytest.raises(ExpressionError, match="At most 10000"):
        _ = tree + tree


def test_a_chain_of_multiplications_stays_within_fifty_digits() -> None:
    square = " * ".join(['field("a")'] * 40)
    small = compile(square, Scope(), NUMBER).evaluate(Paper(fields={"a": Known(Decimal("1.23456789"))}))
    assert isinstance(small.value, Decimal)
    assert len(small.value.as_tuple().digits) == 50
    large = compile(square, Scope(), NUMBER).evaluate(Paper(fields={"a": Known(10**10)}))
    assert "too large" in large.reason


def test_patterns_that_would_trap_a_backtracking_matcher_are_matched() -> None:
    text = "a" * 100_000
    for pattern in ("*a" * 100 + "*b", "*" * 200 + "b", "*?a" * 80 + "*b", "?" * 100 + "*b*a"):
        found = compile(field("t").like(pattern), Scope()).evaluate(Paper(fields={"t": Known(text)}))
        assert found.value is False
