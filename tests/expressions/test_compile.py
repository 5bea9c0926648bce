"""Checking an expression against what the pipeline provides."""

from __future__ import annotations

import pickle

import pytest

from aios_sdk.errors import ExpressionError
from aios_sdk.expressions import ANY, BOOLEAN, DATE, DURATION, NUMBER, TEXT, Scope, TableType, Type, compile, list_of, parse

MEMBER = Scope(attributes={"failed": BOOLEAN}, fields={"total": NUMBER, "tags": list_of(TEXT)}, labels={"kind": None})
SCOPE = Scope(
    attributes={"pages": NUMBER, "name": TEXT, "received": DATE},
    fields={"total": NUMBER, "number": TEXT, "due": DATE, "open": ANY, "tags": list_of(TEXT)},
    labels={"kind": frozenset({"invoice", "letter"}), "free": None},
    checks=frozenset({"sums-agree"}),
    tables={"policies": TableType(key=TEXT, columns={"limit": NUMBER})},
    members=MEMBER,
)


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("pages + 1 > 2", BOOLEAN),
        ('field("due") - received', DURATION),
        ('field("due") + days(3)', DATE),
        ('field("open") * 2', NUMBER),
        ('field("open") - received', DURATION),
        ('field("open") + days(3)', ANY),
        ('coalesce(field("open"), 1)', ANY),
        ('coalesce(field("total"), 1)', NUMBER),
        ('values(field("total") for members)', list_of(NUMBER)),
        ('distinct(label("kind") for members)', list_of(TEXT)),
        ('count(field("tags"))', NUMBER),
        ('"a" in field("tags")', BOOLEAN),
        ('"a" in field("number")', BOOLEAN),
        ('max(field("total") for members if not failed)', NUMBER),
        ('any(field("total") > case.field("total") for members)', BOOLEAN),
        ('lookup("policies", field("number"), "limit")', NUMBER),
        ('any(exists("policies", label("kind")) for members)', BOOLEAN),
        ('confidence(label("kind"))', NUMBER),
        ('currency(field("total"))', TEXT),
        ("missing", ANY),
        ("pages in []", BOOLEAN),
        ('min(received, field("due"))', DATE),
    ],
)
def test_every_expression_has_a_type(text: str, type: Type) -> None:
    assert compile(text, SCOPE, ANY).type == type


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("pages", ["pages is number, not boolean", "A boolean is wanted here"]),
        ("page > 1", ['"page" is no attribute', "Did you mean pages?"]),
        ("total > 1", ['Did you mean field("total")?']),
        ("kind == 1", ['Did you mean label("kind")?']),
        ("label == 1", ['Write label("...")']),
        ("True", ["Write true"]),
        ("name == null", ["Write is missing"]),
        ('field("totl") > 1', ['field("totl") is provided by no step', '"due", "number"', 'Did you mean "total"?']),
        ('label("knd") == "x"', ["is provided by no step", 'Did you mean "kind"?']),
        ('check("sums-agre")', ["is provided by no step", 'Did you mean "sums-agree"?']),
        ('label("kind") == "invoce"', ['is never "invoce"', '"invoice", "letter"', 'Did you mean "invoice"?']),
        ('"lettr" != label("kind")', ['is never "lettr"']),
        ('label("kind") in ["invoice", "spam"]', ['is never "spam"']),
        ('any(case.label("kind") == "spam" for members)', ['is never "spam"']),
        ('field("total") == "1"', ['field("total") is number and "1" is text', "texts stand in quotes"]),
        ('field("number") < "2"', ["Texts have no order"]),
        ('field("due") + field("due") == 1', ["does not fit", "date + duration"]),
        ("not pages", ["pages is number, not boolean"]),
        ("true and name", ["name is text, not boolean", "'and' takes conditions"]),
        ("name == missing", ["is never known", "is missing"]),
        ("lower(pages) == name", ["lower(pages) does not fit", "lower(text)"]),
        ("-name == name", ["-number"]),
        ("like(name, name)", ["does not say its pattern"]),
        (f'like(name, "{"a" * 300}")', ["At most 256"]),
        ("round(pages, 21) > 1", ["does not say its places"]),
        ("round(pages, pages) > 1", ["does not say its places"]),
        ("coalesce(pages, name) == 1", ["name is text, not number"]),
        ("min(pages, name) == 1", ["does not fit"]),
        ('confidence(field("total") + 1) > 1', ["does not apply"]),
        ('currency(label("kind")) == "EUR"', ['Write currency(field("..."))']),
        ('lookup("policy", name, "limit") > 1', ['There is no table "policy"', 'Did you mean "policies"?']),
        ('lookup("policies", name, "limt") > 1', ['no column "limt"', 'Did you mean "limit"?']),
        ('exists("policies", pages)', ["pages is number, not text", "The key of table"]),
        ("exists(name, name)", ["does not say its table"]),
        ('case.field("total") > 1', ["outside of an aggregate", 'Write field("total")']),
        ("any(any(failed for members) for members)", ["inside of another aggregate"]),
        ('sum(label("kind") for members) > 1', ["not number", "sum adds numbers"]),
        ('max(label("kind") for members) > 1', ["orders numbers, dates and durations"]),
        ("count(failed for members) > 1", ["count(members if failed)"]),
        ('any(field("total") for members)', ["asks a condition of each member"]),
        ('count(members if field("total")) > 1', ["What follows 'if' is a condition"]),
        ('count(values(field("tags") for members)) > 1', ["takes single values"]),
        ("count(members if pages > 1) > 1", ['"pages" is no attribute']),
        ("count(pages) > 1", ["count(list of any)"]),
        ("pages in name", ["does not fit"]),
    ],
)
def test_what_does_not_fit_is_named_with_what_would(text: str, messages: list[str]) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile(text, SCOPE)
    for message in messages:
        assert message in str(caught.value)


def test_members_need_a_case() -> None:
    with pytest.raises(ExpressionError, match="no members"):
        compile("count(members) > 1", Scope())


def test_an_open_scope_takes_any_field_label_and_check() -> None:
    compile('field("x") == 1 and label("y") == "z" and check("w")', Scope())
    with pytest.raises(ExpressionError, match="There are none"):
        compile("pages > 1", Scope())


def test_a_long_list_of_names_is_cut() -> None:
    with pytest.raises(ExpressionError, match="and 88 more"):
        compile('field("x") == 1', Scope(fields={f"field{number}": TEXT for number in range(100)}))


def test_what_is_compiled_travels_and_does_not_change_with_its_scope() -> None:
    fields = {"a": NUMBER}
    compiled = compile(parse('field("a") > 1'), Scope(fields=fields))
    fields["a"] = TEXT
    assert compiled.scope.fields == {"a": NUMBER}
    again = pickle.loads(pickle.dumps(compiled))
    assert (str(again), again.type, again.scope) == (str(compiled), BOOLEAN, compiled.scope)
    assert repr(again) == repr(compiled)


def test_lists_of_lists_do_not_exist() -> None:
    assert str(list_of(NUMBER)) == "list of number"
    with pytest.raises(TypeError):
        list_of(list_of(NUMBER))


def test_a_path_with_a_number_has_the_type_of_every_item_of_the_list() -> None:
    scope = Scope(fields={"lines[*].total": NUMBER})
    assert compile('field("lines[12].total")', scope, NUMBER).type == NUMBER
    with pytest.raises(ExpressionError, match="provided by no step"):
        compile('field("lines[0].name")', scope, NUMBER)
