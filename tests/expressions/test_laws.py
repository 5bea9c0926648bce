"""Laws that hold for every expression and every subject."""

from __future__ import annotations

import dataclasses
import pickle
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from aios_sdk.errors import ExpressionError
from aios_sdk.expressions import BOOLEAN, NUMBER, Known, Result, Scope, Subject, compile, field, parse, sum_of
from aios_sdk.expressions._types import type_of

from ._strategies import SCOPE, TYPES, Paper, expressions, literals, papers, values

few = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
any_type = st.sampled_from(sorted(TYPES))
VALUES = {"true": True, "false": False, "unknown": None}
truths = st.sampled_from([True, False, None])


@few
@given(st.data())
def test_an_expression_prints_as_the_text_that_parses_back_to_it(data: st.DataObject) -> None:
    expression = data.draw(expressions(data.draw(any_type)))
    again = parse(str(expression))
    assert again.same_as(expression)
    assert hash(again) == hash(expression)
    assert pickle.loads(pickle.dumps(expression)).same_as(expression)
    assert again.reads() == expression.reads()


@few
@given(st.data())
def test_evaluation_never_raises_and_gives_a_value_of_the_compiled_type(data: st.DataObject) -> None:
    name = data.draw(any_type)
    compiled = compile(data.draw(expressions(name)), SCOPE, TYPES[name])
    result = compiled.evaluate(data.draw(papers()))
    assert result.unknown == (result.value is None) == bool(result.reason)
    if result.value is not None:
        assert type_of(result.value).fits(compiled.type)
    assert result.explain()


@few
@given(st.data())
def test_a_known_value_rests_on_its_references_alone(data: st.DataObject) -> None:
    """Replace every reading that is not among the references by any other value: the result stays."""
    compiled = compile(data.draw(expressions()), SCOPE)
    paper = data.draw(papers())
    papers_ = [dataclasses.replace(each, id=f"m{place}") for place, each in enumerate(paper.papers)]
    paper = dataclasses.replace(paper, id="case", papers=papers_)
    result = compiled.evaluate(paper)
    assume(result.value is not None)
    kept = {(each.document_id, each.kind, each.name) for each in result.references}

    def shaken(one: Paper) -> Paper:
        def change(kind: str, known: Any) -> dict[str, Any]:
            return {
                name: old if (one.id, kind, name) in kept else Known(data.draw(values), conflict=data.draw(st.booleans()))
                for name, old in known.items()
            }

        return dataclasses.replace(
            one,
            fields=change("field", one.fields),
            labels=change("label", one.labels),
            checks=change("check", one.checks),
            attributes={name: old if (one.id, "attribute", name) in kept else data.draw(values) for name, old in one.attributes.items()},
            papers=[shaken(each) for each in one.papers],
        )

    assert compiled.evaluate(shaken(paper)).value == result.value


@few
@given(st.data())
def test_what_is_read_is_what_the_analysis_says_is_read(data: st.DataObject) -> None:
    expression = data.draw(expressions())
    asked: set[tuple[str, str, str]] = set()

    class Watched(Paper):
        def attribute(self, name: str) -> object:
            asked.add((self.id, "attribute", name))
            return super().attribute(name)

        def field(self, path: str) -> Known | None:
            asked.add((self.id, "field", path))
            return super().field(path)

        def label(self, taxonomy: str) -> Known | None:
            asked.add((self.id, "label", taxonomy))
            return super().label(taxonomy)

    paper = data.draw(papers())
    fields = {each.name: getattr(paper, each.name) for each in dataclasses.fields(Paper)}
    members = [Watched(**{**vars(each), "id": "members"}) for each in paper.papers]
    compile(expression, SCOPE).evaluate(Watched(**{**fields, "id": "own", "papers": members}))
    declared = {("own" if each.of == "case" else each.of, each.kind, each.name) for each in expression.reads()}
    assert asked <= declared


def boolean(text: str, **truth: bool | None) -> bool | None:
    """Evaluate with fields that are true, false or missing."""
    scope = Scope(fields=dict.fromkeys(truth, BOOLEAN))
    value = compile(text, scope).evaluate(Paper(fields={name: Known(each) for name, each in truth.items()})).value
    assert value is None or isinstance(value, bool)
    return value


A, B, C = 'field("a")', 'field("b")', 'field("c")'


@given(truths, truths, truths)
def test_and_or_and_not_are_kleenes(a: bool | None, b: bool | None, c: bool | None) -> None:
    rank = {False: 0, None: 1, True: 2}
    back = {place: truth for truth, place in rank.items()}
    assert boolean(f"{A} and {B}", a=a, b=b) is back[min(rank[a], rank[b])]
    assert boolean(f"{A} or {B}", a=a, b=b) is back[max(rank[a], rank[b])]
    assert boolean(f"not {A}", a=a) is back[2 - rank[a]]
    assert boolean(f"not ({A} and {B})", a=a, b=b) is boolean(f"not {A} or not {B}", a=a, b=b)
    assert boolean(f"{A} and ({B} or {C})", a=a, b=b, c=c) is boolean(f"{A} and {B} or {A} and {C}", a=a, b=b, c=c)


@given(st.lists(st.tuples(truths, truths), max_size=4))
def test_any_and_all_over_members_are_kleenes_or_and_and(members: list[tuple[bool | None, bool | None]]) -> None:
    scope = Scope(members=Scope(fields={"a": BOOLEAN, "b": BOOLEAN}))
    case = Paper(papers=[Paper(fields={"a": Known(a), "b": Known(b)}) for a, b in members])
    names = {f"{kind}{place}": each[kind == "b"] for place, each in enumerate(members) for kind in "ab"}
    pairs = range(len(members))
    some = " or ".join(["false", *(f'field("a{at}") and field("b{at}")' for at in pairs)])
    every = " and ".join(["true", *(f'(field("a{at}") or not field("b{at}"))' for at in pairs)])
    assert compile(f"any({A} for members if {B})", scope).evaluate(case).value is boolean(some, **names)
    assert compile(f"all({A} for members if {B})", scope).evaluate(case).value is boolean(every, **names)


@given(st.lists(st.decimals(-(10**20), 10**20, places=6), max_size=6))
def test_sums_are_exact(amounts: list[Decimal]) -> None:
    case = Paper(papers=[Paper(fields={"x": Known(each)}) for each in amounts])
    result = compile(sum_of(field("x")), Scope(members=Scope(fields={"x": NUMBER})), NUMBER).evaluate(case)
    units = sum(int(each.scaleb(6)) for each in amounts)
    assert result.value == Decimal(units).scaleb(-6)


@given(literals["number"], literals["number"], literals["number"])
def test_arithmetic_is_exact(a: Decimal | int, b: Decimal | int, c: Decimal | int) -> None:
    fields = {name: Known(value) for name, value in zip("abc", (a, b, c), strict=True)}
    result = compile(f"({A} + {B}) * {C} - {A}", Scope(), NUMBER).evaluate(Paper(fields=fields))
    cents = [int(each * 100) for each in (a, b, c)]
    assert result.value == Decimal((cents[0] + cents[1]) * cents[2] - cents[0] * 100).scaleb(-4)


@given(st.text("ab", max_size=12), st.text("ab*?", max_size=8))
def test_patterns_match_as_the_definition_says(text: str, pattern: str) -> None:
    def fits(text: str, pattern: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(fits(text[at:], pattern[1:]) for at in range(len(text) + 1))
        return bool(text) and pattern[0] in ("?", text[0]) and fits(text[1:], pattern[1:])

    found = compile(field("t").like(pattern), Scope()).evaluate(Paper(fields={"t": Known(text)}))
    assert found.value is fits(text, pattern)


words = st.sampled_from(
    ["and", "or", "not", "in", "is", "missing", "(", ")", "[", "]", ",", "==", "<", "-", "1", "2.50", '"a"', "field", "sum",
     "for", "members", "if", "case", ".", "count", "date", "days", '"2026-01-31"', "min", "pages", "lookup", " ", "\\", "'"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30) | st.lists(words, max_size=12).map(" ".join) | st.lists(words, max_size=12).map("".join))
def test_any_text_is_an_expression_or_an_expression_error(text: str) -> None:
    try:
        expression = parse(text)
    except ExpressionError:
        return
    assert parse(str(expression)).same_as(expression)
    try:
        compiled = compile(expression, SCOPE)
    except ExpressionError:
        return
    compiled.evaluate(Paper())


@given(papers(members=False))
def test_a_subject_is_recognized_by_its_shape(paper: Paper) -> None:
    assert isinstance(paper, Subject)


def test_a_result_has_no_truth_of_its_own() -> None:
    result = compile("1 == 1", Scope()).evaluate(Paper())
    assert isinstance(result, Result)
    with pytest.raises(TypeError, match="ask result"):
        bool(result)
