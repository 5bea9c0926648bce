"""The rules file: what is written wrong is said with file, line and key, before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from aios_sdk import ConfigurationError, ExpressionError, Scope
from aios_sdk.expressions import NUMBER

CHECK = 'checks:\n  - rule: a\n    expect: field("total") > 0\n'
LAST = "  - to: desk\n    review: true\n"


def refused(desk: Any, text: str, *parts: str, error: type[Exception] = ConfigurationError) -> None:
    with pytest.raises(error) as caught:
        desk.bind(text)
    for part in parts:
        assert part in str(caught.value)


def test_an_unknown_key_is_named_with_its_line_and_the_near_one(desk: Any) -> None:
    refused(desk, CHECK.replace("expect", "expects"), "claims.rules.yaml, line 3", "no key 'expects'", "Did you mean 'expect'?")
    refused(desk, "check:\n  - rule: a\n", "line 1", "no key 'check'", "Did you mean 'checks'?")
    refused(desk, "routes:\n  - to: pay\n    if: true\n", "line 3", "Keys are to, review, when, because")


def test_a_missing_key_is_named(desk: Any) -> None:
    refused(desk, "checks:\n  - rule: a\n", "line 2", "lacks the key 'expect'")


def test_a_key_given_twice_is_refused_where_yaml_would_take_the_second(desk: Any) -> None:
    refused(desk, CHECK + '    expect: field("total") > 1\n', "line 4", "the key 'expect' twice", "line 3")


def test_a_condition_that_was_left_empty_is_not_taken_for_no_condition(desk: Any) -> None:
    refused(desk, "routes:\n  - to: pay\n    when:\n" + LAST, "line 3", "'when' of a route has no value")
    refused(desk, "routes:\n  - to: pay\n    when: ''\n" + LAST, "line 3", "has no value")


def test_what_is_no_yaml_is_said_with_its_line(desk: Any) -> None:
    refused(desk, CHECK + "   oops: [\n", "line 4", "no YAML")
    refused(desk, "\t- x", "line 1", "no YAML")
    refused(desk, "", "claims.rules.yaml is empty")
    refused(desk, "- rule: a\n", "line 1", "the file has no keys")
    refused(desk, "tables: {}\n", "neither checks nor routes")


def test_a_file_in_another_encoding_is_said_with_its_line(desk: Any) -> None:
    desk.write("latin.yaml", b"checks:\n  - rule: gr\xf6sse\n    expect: pages > 0\n")
    with pytest.raises(ConfigurationError, match=r"latin.yaml, line 2: this is not UTF-8"):
        desk.registry.create("aios.rules", {"rules": str(desk.folder / "latin.yaml")})


def test_lists_flags_and_choices_are_what_they_should_be(desk: Any) -> None:
    refused(desk, "checks: {rule: a, expect: pages > 0}\n", "line 1", "'checks' of the file is no list")
    refused(desk, "checks: []\n", "line 1", "is empty")
    refused(
        desk, CHECK + "    severity: eror\n", "line 4", "'severity' of a check is 'eror'", "Did you mean 'error'?", "error, warning, info"
    )
    refused(desk, "routes:\n  - to: desk\n    review: maybe\n", "line 3", "neither true nor false")
    refused(desk, "checks:\n  - rule: a\n    expect: [1, 2]\n", "line 3", "'expect' of a check is no text")


def test_names_are_what_is_written_and_not_what_yaml_makes_of_them(desk: Any, make: Any) -> None:
    assert desk.route("routes:\n  - to: no\n    review: true\n", make.document()).destination == "no"


def test_two_checks_of_one_name_are_refused(desk: Any) -> None:
    refused(desk, CHECK + "  - rule: a\n    expect: pages > 0\n", "line 4", "two checks 'a'", "line 2")


def test_routes_that_may_let_a_document_fall_through_are_refused(desk: Any) -> None:
    refused(desk, "routes:\n  - to: pay\n    when: pages > 0\n", "line 3", "the last route, route 'pay', has a condition", "fall through")


def test_a_route_that_can_never_be_reached_is_refused(desk: Any) -> None:
    refused(desk, "routes:\n  - to: pay\n  - to: desk\n", "line 3", "route 'desk' can never be reached", "route 'pay' in line 2")
    refused(desk, "routes:\n  - to: pay\n    when: true\n" + LAST, "line 3", "always holds")


def test_an_expression_that_does_not_parse_shows_line_rule_and_place(desk: Any) -> None:
    refused(desk, CHECK.replace("> 0", ">> 0"), "line 3: check 'a', expect: Cannot read", "^", error=ExpressionError)


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ('field("totl") > 0', 'Did you mean "total"?'),
        ('label("document-kind") == "invoic"', 'Did you mean "invoice"?'),
        ('label("kind") == "invoice"', 'label("kind") is provided by no step'),
        ('field("total") > "5"', 'field("total") is number'),
        ('field("total")', "is number, not boolean"),
        ('check("erlier")', 'Did you mean "earlier"?'),
        ("page > 0", "Did you mean pages?"),
        ('lookup("policies", field("policy"), "limit") > 0', 'There is no table "policies"'),
    ],
)
def test_an_expression_that_does_not_fit_the_pipeline_fails_when_it_is_compiled(desk: Any, expect: str, said: str) -> None:
    refused(desk, f"checks:\n  - rule: a\n    expect: {expect}\n", "line 3: check 'a', expect", said, error=ExpressionError)
    refused(desk, f"routes:\n  - to: pay\n    when: {expect}\n{LAST}", "line 3: route 'pay', when", said, error=ExpressionError)


def test_placeholders_are_typed_as_conditions_are(desk: Any) -> None:
    refused(desk, CHECK + '    message: it is {field("totl")}\n', "line 4: check 'a', message", '"total"', error=ExpressionError)
    refused(desk, "routes:\n  - to: desk\n    because: it is {lable}\n", "line 3: route 'desk', because", error=ExpressionError)
    refused(desk, CHECK + "    message: it is {pages\n", "line 4", "not closed", error=ExpressionError)
    refused(desk, CHECK + "    message: it is pages}\n", "line 4", "closes nothing", error=ExpressionError)


def test_a_check_may_read_one_above_but_neither_itself_nor_one_below(desk: Any) -> None:
    below = 'checks:\n  - rule: a\n    expect: check("b")\n  - rule: b\n    expect: pages > 0\n'
    refused(desk, below, "line 2: check 'a' reads check('b'), which is held further down", "Move that check up", error=ExpressionError)
    refused(desk, 'checks:\n  - rule: a\n    expect: check("a")\n', "which is itself", error=ExpressionError)
    desk.bind('checks:\n  - rule: a\n    expect: pages > 0\n  - rule: b\n    expect: check("a")\n')


def test_a_scope_that_lets_any_check_come_still_refuses_one_below(desk: Any) -> None:
    with pytest.raises(ExpressionError, match="further down"):
        desk.bind('checks:\n  - rule: a\n    expect: check("b")\n  - rule: b\n    expect: check("any")\n', Scope(fields={"total": NUMBER}))


def test_a_rules_file_that_is_changed_after_it_was_digested_is_refused(desk: Any, make: Any) -> None:
    instance = desk.create(CHECK)
    desk.write("claims.rules.yaml", CHECK.replace("> 0", "> 1"))
    with pytest.raises(ConfigurationError, match="was changed after the pipeline was made"):
        instance.bind(make.scope)


def test_a_line_of_a_folded_expression_is_the_line_of_its_key(desk: Any) -> None:
    refused(
        desk, 'checks:\n  - rule: a\n    expect: >\n      field("totl")\n      > 0\n', "line 3: check 'a', expect", error=ExpressionError
    )
