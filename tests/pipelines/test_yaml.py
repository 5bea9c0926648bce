"""The written form: YAML that comes back as an equal pipeline, errors that say where, and a print for readers."""

from __future__ import annotations

import copy
import datetime as dt
import os
import pickle
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aios_sdk import Classification, Document, Extraction, Fallback, Pipeline, PipelineError, Registry, field, implements, label
from aios_sdk.pipelines import Step
from aios_sdk.plugins import import_object
from aios_sdk.testing.strategies import texts

from ._shapes import ALL, Kinds, Ocr, Text, Totals, decide

names = st.text("abcdefghijklmnopqrstuvwxyz-_äß0", min_size=1, max_size=8).filter(lambda name: name.strip("-_") != "")
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts() | st.dates().map(dt.date.isoformat),
    lambda each: st.lists(each, max_size=2) | st.dictionaries(texts(), each, max_size=2),
    max_leaves=4,
)
configs = st.dictionaries(texts(), plain, max_size=3)
conditions = st.sampled_from(
    [
        None,
        "pages > 1",
        'label("kind") == "invoice"',
        field("total") > Decimal("10.50"),
        ~(label("kind") == 'a"b\\c'),
        'name == "ü\\n" or name == "b"',
    ]
)
components = st.sampled_from(["tesseract", "acme.ocr", "aios.fields", "true", "a.1"]) | st.just(Totals) | st.just(Ocr)
fallbacks = st.none() | st.builds(
    Fallback, st.sampled_from(["rapidocr", Ocr]), on=st.sampled_from(["failed", "failed or confidence < 0.6"]), config=configs
)
options = st.fixed_dictionaries(
    {},
    optional={
        "config": configs,
        "when": conditions,
        "fallback": fallbacks,
        "required": st.booleans(),
        "memo": st.booleans(),
        "timeout": st.none() | st.integers(1, 999) | st.floats(0.1, 1e6),
    },
)


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """Any pipeline that can be written."""
    pipeline = Pipeline(draw(names), resolve=draw(st.lists(texts(), max_size=2))).ingest(
        **draw(st.fixed_dictionaries({}, optional={"config": configs}))
    )
    collect = draw(st.none() | st.integers(0, 3))
    for number in range(draw(st.integers(0, 3))):
        if collect == number:
            pipeline = pipeline.collect(by=draw(st.sampled_from(["parent", "thread", 'field("claim")', "media_type"])))
        stage = draw(st.sampled_from(["extract", "classify", "summarize", "check", "redact", "route"]))
        pipeline = getattr(pipeline, stage)(draw(components), name=f"{draw(texts())}{number}", **draw(options))
    return pipeline.collect() if collect == 3 else pipeline


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(pipelines())
def test_a_pipeline_comes_back_from_yaml_as_it_was(pipeline: Pipeline) -> None:
    written = pipeline.to_yaml()
    back = Pipeline.from_yaml(written)
    assert back == pipeline
    assert (back.version, hash(back), str(back), back.to_yaml()) == (pipeline.version, hash(pipeline), str(pipeline), written)
    for one, other in zip(back.steps, pipeline.steps, strict=True):
        assert (one.id, str(one.when), one.required, one.memo, one.timeout) == (
            other.id,
            str(other.when),
            other.required,
            other.memo,
            other.timeout,
        )


@settings(max_examples=40, deadline=None)
@given(pipelines(), pipelines())
def test_equal_pipelines_have_equal_versions_and_others_have_others(one: Pipeline, other: Pipeline) -> None:
    assert (one == other) == (one.to_yaml() == other.to_yaml())
    assert one != "pipeline"


def test_every_option_changes_the_version_and_defaults_written_out_do_not() -> None:
    base = Pipeline("p").ingest().extract("a", config={"x": 1})
    others = [
        Pipeline("q").ingest().extract("a", config={"x": 1}),
        Pipeline("p", resolve=["ingest"]).ingest().extract("a", config={"x": 1}),
        *(
            Pipeline("p").ingest().extract("a", **{"config": {"x": 1}, **more})
            for more in (
                {"config": {"x": 2}},
                {"when": "pages > 1"},
                {"name": "n"},
                {"required": False},
                {"timeout": 3},
                {"memo": False},
                {"fallback": Fallback("b")},
            )
        ),
        base.collect(),
        base.route("a"),
    ]
    assert len({each.version for each in (base, *others)}) == len(others) + 1
    assert Pipeline("p").ingest().extract("a", config={"x": 1}, required=True, memo=True, timeout=None, when=None, name="") == base


def test_the_order_of_settings_is_no_difference() -> None:
    assert Pipeline("p").ingest(config={"a": 1, "b": {"c": 1, "d": 2}}) == Pipeline("p").ingest(config={"b": {"d": 2, "c": 1}, "a": 1})


def test_a_pipeline_is_immutable_and_can_be_a_key() -> None:
    given_config = {"x": [1], "deep": {"y": 1}}
    pipeline = Pipeline("p").ingest().extract("a", config=given_config)
    version, key = pipeline.version, {pipeline: 1}
    given_config["x"].append(2)  # type: ignore[attr-defined]
    given_config["deep"]["y"] = 2  # type: ignore[index]
    given_config["z"] = 3  # type: ignore[assignment]
    assert (pipeline.version, key[pipeline]) == (version, 1)
    pipeline.extract("b")
    pipeline.collect()
    assert len(pipeline.steps) == 2
    assert pipeline.collected is None
    for name, value in (("name", "q"), ("steps", ()), ("resolve", ("a",)), ("base", Path()), ("new", 1)):
        with pytest.raises(AttributeError):
            setattr(pipeline, name, value)
    assert pickle.loads(pickle.dumps(pipeline)) == copy.deepcopy(pipeline) == pipeline
    with pytest.raises(AttributeError):
        pipeline.steps[0].required = False  # type: ignore[misc]


# -- what cannot be written ---------------------------------------------------------------------------------------------


class Local:
    """Only as an instance."""

    @implements
    def classify(self, document: Document) -> Classification:
        return Classification()


def test_code_without_an_import_path_is_refused() -> None:
    def inner(document: Document) -> Extraction:
        return Extraction()

    for component in (inner, Local()):
        pipeline = Pipeline("p").ingest()
        pipeline = pipeline.classify(component) if isinstance(component, Local) else pipeline.extract(component)
        with pytest.raises(PipelineError, match="no import path"):
            pipeline.to_yaml()
        assert len(pipeline.version) == 64
    with pytest.raises(PipelineError, match="no import path"):
        Pipeline("p").ingest().extract("a", config={"output": inner}).to_yaml()
    with pytest.raises(PipelineError, match="no import path"):
        Pipeline("p").ingest().extract("a", fallback=Fallback(inner)).to_yaml()


def test_code_at_the_top_of_a_module_is_written_as_its_import_path_and_read_back() -> None:
    pipeline = Pipeline("p").ingest(Text).extract(Totals).route(decide)
    written = pipeline.to_yaml()
    assert f"{Totals.__module__}:Totals" in written
    back = Pipeline.from_yaml(written)
    assert [step.component for step in back.steps] == [Text, Totals, decide]
    registry = Registry()
    for each in ALL:
        registry.add(each)
    back.compile(registry)


def test_what_cannot_be_imported_is_told() -> None:
    assert import_object("pathlib:Path.cwd") == Path.cwd
    for wrong in ("no.such.module:X", "pathlib:Nothing", "pathlib:Path.nothing", "pathlib"):
        with pytest.raises(PipelineError, match="Cannot import"):
            import_object(wrong)


# -- reading ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no key 'pipeline'|no pipeline"),
        ("[]", "no pipeline"),
        ("steps: [ingest]", "pipeline"),
        ("pipeline: p", "no steps"),
        ("pipeline: p\nsteps: 3", "no steps"),
        ("pipeline: p\nsteps: []", "no steps"),
        ("pipeline: p\nstep: []\nsteps: [ingest]", "no key 'step'"),
        ("pipeline: p\nresolve: a\nsteps: [ingest]", "resolve is 'a'"),
        ("pipeline: p\nresolve: [1]\nsteps: [ingest]", "resolve"),
        ("pipeline: p\nsteps:\n- ingest\n- 3", "step 2 is no step"),
        ("pipeline: p\nsteps:\n- ingest\n- extrct: a", "step 2 has the keys extrct"),
        ("pipeline: p\nsteps:\n- ingest\n- extract: a\n  route: b", "step 2 has the keys extract, route"),
        ("pipeline: p\nsteps:\n- ingest\n- extract: a\n  wen: x", "step 2: there is no key 'wen'"),
        ("pipeline: p\nsteps:\n- ingest\n- extract: a\n  when: 'pages >'", "step 2"),
        ("pipeline: p\nsteps:\n- ingest\n- extract: a\n  when: true", "when is True"),
        ("pipeline: p\nsteps:\n- ingest\n- extract: a\n  config: 3", "config is 3"),
        ("pipeline: p\nsteps:\n- ingest\n- extract: a\n  required: 1", "required is 1"),
        ("pipeline: p\nsteps:\n- ingest\n- extract: a\n  timeout: true", "timeout is True"),
        ("pipeline: p\nsteps:\n- ingest\n- extract: a\n  fallback: {on: failed}", "names no component"),
        (
            "pipeline: p\nsteps:\n- ingest\n- extract: {tesseract: {languages: [deu]}}",
            "step 2: a component is named by its id, not by {'tess",
        ),
        ("pipeline: p\nsteps:\n- ingest\n- extract: a\n  fallback: [b]", "names no component"),
        ("pipeline: p\nsteps:\n- ingest\n- extract: a\n  fallback: {component: b, if: failed}", "no key 'if'"),
        ("pipeline: p\nsteps:\n- extract: a", "step 1"),
        ("pipeline: p\nsteps:\n- ingest\n- extract: no.such:Thing", "step 2: Cannot import"),
        ("pipeline: p\nsteps:\n- ingest\n- collect: {by: parent, x: 1}", "no key 'x'"),
        ("pipeline: p\nsteps:\n- ingest\n- collect: 'field('", "step 2"),
        ("pipeline: p\nsteps:\n- ingest: &a x\n- extract: *a", "line 4: aliases"),
        ("a: &a [*a]", "line 1: aliases"),
        ("pipeline: p\nsteps:\n- ingest\npipeline: q", "line 4: the key 'pipeline' stands twice"),
        ("pipeline: p\nsteps:\n- ingest:\n  config:\n    a: 1\n    a: 2", "line 6: the key 'a' stands twice"),
        ("pipeline: p\nsteps:\n\t- ingest", "line 3"),
        ("pipeline: [", "line 1|line 2"),
        ("pipeline: p\n---\npipeline: q", "line 2|line 3"),
        ("pipeline: !!python/object/apply:os.system ['true']\nsteps: [ingest]", "line 1"),
        ("[" * 1200, "pipeline"),
        ("pipeline: 'a b'\nsteps: [ingest]", "no name"),
        ("? [a, b]\n: 1\npipeline: p", "line 1"),
        ("pipeline: p\nsteps: [ingest]\nwhen: 2026-99-99", "pipeline"),
        ("x" * 1_000_001, "1 MB"),
    ],
)
def test_what_is_wrong_in_yaml_is_told_with_its_place(text: str, says: str) -> None:
    with pytest.raises(PipelineError, match=says):
        Pipeline.from_yaml(text)


def test_the_short_forms_are_read() -> None:
    pipeline = Pipeline.from_yaml(
        "pipeline: p\nsteps:\n- ingest\n- extract: tesseract\n  fallback: rapidocr\n- collect:\n- route: rules\n  when: 'pages > 1'\n"
    )
    assert pipeline == Pipeline("p").ingest().extract("tesseract", fallback=Fallback("rapidocr")).collect().route("rules", when="pages > 1")
    assert pipeline == Pipeline("p").ingest().extract("tesseract", fallback="rapidocr").collect().route("rules", when="pages > 1")


def test_files_named_in_settings_are_found_beside_the_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "rules.txt").write_text("x")
    (folder / "p.yaml").write_text(Pipeline("p").ingest(Text).extract(Totals, config={"rules": "rules.txt"}).to_yaml())
    monkeypatch.chdir(tmp_path)
    registry = Registry()
    for each in ALL:
        registry.add(each)
    for source in (folder / "p.yaml", "project/p.yaml"):
        plan = Pipeline.from_yaml(source).compile(registry)
        assert plan.steps[0].component is not None
        assert os.fspath(plan.steps[0].component.config.rules) == os.fspath(folder / "rules.txt")
    with pytest.raises(PipelineError, match="Cannot read the pipeline"):
        Pipeline.from_yaml(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"pipeline: \xff")
    with pytest.raises(PipelineError, match="Cannot read the pipeline"):
        Pipeline.from_yaml(tmp_path / "latin.yaml")


def test_a_pipeline_prints_a_line_a_step() -> None:
    pipeline = (
        Pipeline("claims", resolve=["a", "b"])
        .ingest()
        .extract(Ocr, name="read", fallback=Fallback("rapidocr", on="failed"), timeout=2.5)
        .classify(Kinds, required=False)
        .collect(by=field("claim"))
        .route("rules", when=label("kind") == "invoice")
    )
    assert str(pipeline).splitlines()[1:] == [
        "  ingest     by media type",
        "  extract    test.ocr  as read  else rapidocr on failed  within 2.5 s",
        "  classify   test.kinds  optional",
        '  collect    by field("claim")',
        '  route      rules  when label("kind") == "invoice"',
        "  resolve    a > b",
    ]
    assert str(pipeline).startswith(f"claims ({pipeline.version[:12]})")
    assert repr(pipeline) == f"<Pipeline 'claims', 4 steps, version {pipeline.version[:12]}>"


def test_a_step_is_called_by_its_name_else_by_stage_and_component() -> None:
    pipeline = (
        Pipeline("p").ingest().extract("tesseract").extract("acme.ocr").extract("aios.fields").route(decide).classify(Local, name="mine")
    )
    assert [step.id for step in pipeline.steps] == [
        "ingest",
        "extract.tesseract",
        "extract.acme.ocr",
        "extract.fields",
        "route.decide",
        "mine",
    ]
    assert Step(stage="ingest").id == "ingest"
