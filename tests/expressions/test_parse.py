"""Reading and printing the text form."""

from __future__ import annotations

import pytest

from aios_sdk.errors import ExpressionError
from aios_sdk.expressions import parse


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("field('total')<=500", 'field("total") <= 500'),
        ("not(a)and((b))or c", "not a and b or c"),
        ("a and (b and c)", "a and b and c"),
        ("a and (b or c)", "a and (b or c)"),
        ("not (a and b)", "not (a and b)"),
        ("not a in ['x']", 'a not in ["x"]'),
        ("not a is missing", "a is not missing"),
        ("not (a == b)", "not a == b"),
        ("(a == b) == c", "(a == b) == c"),
        ("a - (b - c) - d", "a - (b - c) - d"),
        ("(a * b) / c * -d", "a * b / c * -d"),
        ("-(a + b)", "-(a + b)"),
        ("a - -5", "a - -5"),
        ("- - 5", "5"),
        ("007", "7"),
        ("1.50", "1.50"),
        ("-0.0", "0.0"),
        ("-days(30)", "days(-30)"),
        ('date( "2026-01-31" )', 'date("2026-01-31")'),
        (r"'it\'s \"\u202e\"\n'", r'"it' + "'" + r's \"\u202e\"\n"'),
        ("sum(a for members if b)", "sum(a for members if b)"),
        ("count( members )", "count(members)"),
        ("min(a for members) < min(a, b)", "min(a for members) < min(a, b)"),
        ("case.field('x') and case.name", 'case.field("x") and case.name'),
        ("count(distinct(a for members))", "count(distinct(a for members))"),
        ("date", "date"),
        ("a\n  and b", "a and b"),
    ],
)
def test_the_canonical_text_has_one_form(written: str, printed: str) -> None:
    assert str(parse(written)) == printed
    assert str(parse(printed)) == printed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a value, found the end"),
        ("a b", "expected an operator or the end, found 'b'"),
        ("a < b < c", "a < b and b < c"),
        ("a in b is missing", "comparisons do not chain"),
        ("a = 1", "Compare with =="),
        ("a && b", "Write and"),
        ("a || b", "Write or"),
        ("!a", "Write not"),
        ("1e5", "without an exponent"),
        (".5", "expected a value"),
        ("“a”", "Quote texts with"),
        ('"abc', "the text does not end"),
        ('"a\nb"', "line break"),
        (r'"\x41"', "an escape that does not exist"),
        (r'"\ud8"', "an escape that does not exist"),
        (r'"\U00110000"', "an escape that does not exist"),
        ("feild('x')", "Did you mean field?"),
        ("low(x)", "Did you mean lower?"),
        ("xyzzy(1)", "There are abs, all, any"),
        ("today()", "when it is replayed"),
        ("lower()", "lower takes 1 argument, not 0"),
        ("min(a)", "min takes at least 2 arguments, not 1"),
        ("sum(a)", "sum(... for members)"),
        ("lower(a for members)", "expected ',' or ')' after an argument"),
        ("sum(a for pages)", "expected 'members' after for"),
        ("members > 1", "count(members)"),
        ("case", "expected '.' after case"),
        ("case.and", "expected a value, found 'and'"),
        ("field(x)", "the name of the field in quotes"),
        ("[a]", "only written values"),
        ("[1, 2", "expected ',' or ']' in the list"),
        ("1 + not a", "Write (not ...)"),
        ("a is 3", "only before missing"),
        ('date("2026-02-30")', "outside of the calendar"),
        ('date("20260131")', "outside of the calendar"),
        ("days(99999999999)", "outside of the calendar"),
        ("days(a)", "takes a written value"),
        ("(a", "to close the parenthesis"),
    ],
)
def test_an_error_says_what_was_found_and_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert message in str(caught.value)


def test_an_error_shows_the_place_with_a_caret() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse('field("total") > ) 1')
    lines = str(caught.value).splitlines()
    assert lines[1] == '    field("total") > ) 1'
    assert lines[2] == "    " + " " * 17 + "^"


def test_the_caret_stays_under_the_place_in_a_long_expression() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("aaaa and " * 40 + ")" + " and bbbb" * 40)
    _, line, caret = str(caught.value).splitlines()
    assert line[caret.index("^")] == ")"
    assert len(line) < 120
