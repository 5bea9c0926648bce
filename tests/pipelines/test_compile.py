"""Compiling: what is wrong with a pipeline is said before the first document, with the step, the gap and the remedy."""

from __future__ import annotations

from typing import Any

import pytest

from aios_sdk import (
    AiosError,
    Classification,
    ConfigurationError,
    Document,
    ExpressionError,
    Fallback,
    Pipeline,
    PipelineError,
    Registry,
    UnknownComponent,
    check,
    field,
    label,
)

from ._shapes import ALL, Kinds, Ocr, Picture, Rules, Text, Totals, decide


def registry(*components: Any) -> Registry:
    made = Registry()
    for each in components or ALL:
        made.add(each)
    return made


def refused(pipeline: Pipeline, *components: Any, kind: type[AiosError] = PipelineError) -> str:
    with pytest.raises(kind) as raised:
        pipeline.compile(registry(*components))
    return str(raised.value)


def test_a_need_that_no_earlier_step_meets_is_told_with_the_step_and_who_would_meet_it() -> None:
    said = refused(Pipeline("p").ingest(Picture).extract(Totals))
    assert "'extract.test.totals' requires text" in said
    assert "provide pages" in said
    assert "extract test.ocr" in said
    assert "ingest test.text" in said
    Pipeline("p").ingest(Picture).extract(Ocr).extract(Totals).compile(registry())


def test_a_need_that_nothing_installed_can_meet_says_so() -> None:
    assert "Install a plugin" in refused(Pipeline("p").ingest(Picture).extract(Totals), Picture, Totals)


def test_the_need_of_a_fallback_is_checked_too() -> None:
    def guess(document: Document) -> Classification:
        return Classification()

    assert "requires text" in refused(Pipeline("p").ingest(Picture).classify(guess, fallback=Fallback(Kinds)))


@pytest.mark.parametrize(
    ("pipeline", "says"),
    [
        (lambda: Pipeline("p"), "has no steps"),
        (lambda: Pipeline("p").ingest().extract(Ocr, typo=1), "no option typo"),
        (lambda: Pipeline("p").ingest().extract(Ocr, strict=True), "config="),
        (lambda: Pipeline("p").extract(Ocr), "Begin with .ingest()"),
        (lambda: Pipeline("p").ingest().ingest(), "Ingest comes first, and once"),
        (lambda: Pipeline("p").ingest().extract(Ocr).extract(Ocr), "two steps with the id 'extract.test.ocr'"),
        (lambda: Pipeline("p").ingest().extract(Ocr, name="a").classify(Kinds, name="a"), "two steps with the id 'a'"),
        (lambda: Pipeline("p").collect(), "collects before it ingests"),
        (lambda: Pipeline("p").ingest().collect().collect(), "collects twice"),
        (lambda: Pipeline("p", resolve=["extract.nothing"]).ingest(), "'extract.nothing', which is no step"),
        (lambda: Pipeline("no name"), "no name for a pipeline"),
        (lambda: Pipeline(""), "no name for a pipeline"),
        (lambda: Pipeline("p").ingest(when="kind == 'file'"), "ingest step has no when"),
        (lambda: Pipeline("p").ingest().extract(Ocr, when=3), "when is 3"),
        (lambda: Pipeline("p").ingest().extract(Ocr, fallback=3), "fallback"),
        (lambda: Pipeline("p").ingest().extract(Ocr, timeout="soon"), "timeout"),
        (lambda: Pipeline("p").ingest().extract(Ocr, timeout=0), "timeout"),
        (lambda: Pipeline("p").ingest().extract(Ocr, required="yes"), "required"),
        (lambda: Pipeline("p").ingest().extract(Ocr, config=3), "config"),
        (lambda: Pipeline("p").ingest().extract(Ocr, name=3), "name"),
    ],
)
def test_what_is_wrong_is_said(pipeline: Any, says: str) -> None:
    with pytest.raises(PipelineError) as raised:
        pipeline().compile(registry())
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (field("totl") > 1, '"total"'),
        (field("total") == "x", "total"),
        (label("kind") == "invoce", '"invoice"'),
        (label("knd") == "x", '"kind"'),
        (check("sums-agree"), "sums-agree"),
        ("colour == 'red'", "colour"),
    ],
)
def test_a_condition_that_does_not_fit_what_the_pipeline_provides_is_refused_and_names_its_step(condition: Any, says: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        Pipeline("p").ingest(Text).extract(Totals).classify(Kinds).route(decide, when=condition).compile(registry())
    assert says in str(raised.value)
    assert "In step 'route.decide'" in str(raised.value)


def test_a_condition_that_does_not_parse_is_refused_where_it_is_written() -> None:
    with pytest.raises(ExpressionError, match="character"):
        Pipeline("p").ingest(Text).route(decide, when="field('total' >")


def test_a_condition_sees_only_what_comes_before_it() -> None:
    after = Pipeline("p").ingest(Text).extract(Totals).classify(Kinds, when=field("total") > 1)
    before = Pipeline("p").ingest(Text).classify(Kinds, when=field("total") > 1).extract(Totals)
    after.compile(registry())
    assert "total" in refused(before, kind=ExpressionError)


def test_rules_of_a_case_are_its_own_and_its_conditions_may_look_at_members() -> None:
    own = Pipeline("p").ingest(Text).check(Rules).collect().route(decide, when=check("sums-agree"))
    assert "sums-agree" in refused(own, kind=ExpressionError)
    Pipeline("p").ingest(Text).collect().check(Rules).route(decide, when=check("sums-agree")).compile(registry())
    counted = 'count(members if label("kind") == "invoice") > 1'
    Pipeline("p").ingest(Text).classify(Kinds).collect().route(decide, when=counted).compile(registry())
    assert "members" in refused(Pipeline("p").ingest(Text).classify(Kinds).route(decide, when=counted), kind=ExpressionError)


def test_a_fallback_condition_knows_failure_and_confidence() -> None:
    Pipeline("p").ingest(Picture).extract(Ocr, fallback=Fallback(Ocr, on="failed or unsupported or confidence < 0.6")).compile(registry())
    wrong = Pipeline("p").ingest(Picture).extract(Ocr, fallback=Fallback(Ocr, on="confidence == 'high'"))
    assert "extract.test.ocr" in refused(wrong, kind=ExpressionError)


def test_settings_are_checked_and_the_wrong_key_is_named() -> None:
    assert "strct" in refused(Pipeline("p").ingest(Text).extract(Totals, config={"strct": True}), kind=ConfigurationError)
    assert "strict" in refused(Pipeline("p").ingest(Text).extract(Totals, config={"strict": "perhaps"}), kind=ConfigurationError)
    missing = Pipeline("p").ingest(Text).extract(Totals, config={"rules": "no-such-file.yaml"})
    assert "no-such-file.yaml" in refused(missing, kind=ConfigurationError)
    assert "test.kinds" in refused(Pipeline("p").ingest(config={"test.kinds": {}}), kind=UnknownComponent)


def test_components_that_are_not_there_are_told_with_near_names() -> None:
    said = refused(Pipeline("p").ingest().extract("test.totls"), kind=UnknownComponent)
    assert "test.totals" in said
    assert "no stage extract" in refused(Pipeline("p").ingest().extract("test.kinds"), kind=UnknownComponent)
    assert "pip install" in refused(Pipeline("p").ingest().extract("tesseract"), kind=UnknownComponent)
    assert "ingests" in refused(Pipeline("p").ingest(), Ocr)


def test_a_plan_says_who_does_what_under_which_condition() -> None:
    pipeline = (
        Pipeline("p", resolve=["extract.test.totals"])
        .ingest(Text)
        .extract(Totals, config={"strict": True}, when="pages > 1", timeout=3, required=False)
        .collect(by="thread")
        .route(decide)
    )
    plan = pipeline.compile(registry())
    assert (plan.name, plan.version, plan.resolve) == ("p", pipeline.version, ("extract.test.totals",))
    [step] = plan.steps
    assert step.component is not None
    assert (step.id, step.component.id, step.timeout, step.required) == ("extract.test.totals", "test.totals", 3, False)
    assert str(step.when) == "pages > 1"
    assert plan.collect is not None
    assert plan.collect.by == "thread"
    assert [case.id for case in plan.case_steps] == ["route.decide"]


def test_a_component_that_stands_in_one_pipeline_is_no_candidate_of_another() -> None:
    shared = Registry()
    Pipeline("one").ingest(Picture).compile(shared)
    assert not shared.components
    with pytest.raises(PipelineError, match="No installed plugin ingests anything"):
        Pipeline("two").ingest().compile(shared)


def test_a_component_without_settings_is_planned_without_any_so_that_workers_need_not_read_them() -> None:
    plan = Pipeline("p").ingest(Text).classify(Kinds).compile(registry())
    assert [step.component.config for step in plan.steps if step.component] == [{}]
