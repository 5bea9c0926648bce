"""The invariants over random trees of sources and components that do anything: nothing disappears, every value resolves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aios_sdk import Document, Layers, Outcome, Pipeline, Store
from aios_sdk.records import check_spans

from ..engine._parts import conservation, latest, registry_of
from ._trouble import RAISES, Box, Flaky, FlakyAsync, Tree, source_of

ends = st.sampled_from(["ok", "ok", "ok", *RAISES])
behaviours = st.sampled_from(["ok", "ok", "ok", "wrong", "untyped", "off", *RAISES])
steps = st.fixed_dictionaries({"extract": behaviours, "classify": behaviours})
leaves = st.sampled_from(["hollow", "refused", "unknown"]).map(lambda kind: {"is": kind})
gives = st.sampled_from(["text", "text", "field", "nothing", "empty", "off", "surrogate", "twice", "odd"])


def _grown(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(parts, max_size=3)
    return st.fixed_dictionaries(
        {"is": st.just("tree"), "gives": gives, "first": st.booleans(), "parts": several, "ends": ends, "steps": steps}
    ) | st.fixed_dictionaries({"is": st.just("box"), "parts": several, "ends": ends})


forests = st.lists(st.recursive(leaves, _grown, max_leaves=6), min_size=1, max_size=4)


def documents_in(node: dict[str, Any]) -> int:
    """How many documents are to be found: every source, but no container that could be unfolded.

    What no record can hold ends the ingest of its source, so that parts after it are never yielded.
    """
    cut_off = node.get("gives") == "surrogate" and node["first"]
    inside = 0 if cut_off else sum(map(documents_in, node.get("parts", ())))
    return inside + (0 if node["is"] == "box" and node["ends"] == "ok" else 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all examples."""
    with Store(tmp_path_factory.mktemp("laws") / "laws.aios") as store:
        yield store


REGISTRY = registry_of(Tree, Box, Flaky, FlakyAsync)
PIPELINE = Pipeline("laws").ingest().extract(Flaky).classify(FlakyAsync, required=False)


def _run(pipeline: Pipeline, forest: list[Any], store: Store) -> list[Outcome]:
    sources = [source_of(node, f"top{number}") for number, node in enumerate(forest)]
    return list(pipeline.run(sources, store=store, registry=REGISTRY, progress=False, workers=2))


@settings(max_examples=9, deadline=None, suppress_health_check=list(HealthCheck))
@given(forest=forests)
def test_nothing_disappears_and_every_value_resolves_whatever_components_do(store: Store, forest: list[Any]) -> None:
    outcomes = _run(PIPELINE, forest, store)
    expected = sum(map(documents_in, forest))
    assert len(outcomes) == len({outcome.document.id for outcome in outcomes}) == expected
    counted = Counter(outcome.status for outcome in outcomes)
    row = conservation(store)
    assert row["run_status"] == "completed"
    assert (row["found"], row["holds"], row["unfinished"]) == (expected, True, 0)
    assert {status: row[status] for status in ("completed", "partial", "failed", "refused")} == {
        status: counted[status] for status in ("completed", "partial", "failed", "refused")
    }
    for outcome in outcomes:
        _holds(outcome)
    kept = {(outcome.document.id, field.id) for outcome in outcomes for field in outcome.document.layers.fields}
    assert set(latest(store, "select document_id, field_id from fields where run_id = $1")) == kept
    unresolved = (
        "select count(*) from fields f left join pages p on p.run_id = f.run_id and p.text_artifact = f.artifact_id "
        "where f.run_id = $1 and f.status = 'extracted' and p.run_id is null"
    )
    assert latest(store, unresolved) == [(0,)]


def _holds(outcome: Outcome) -> None:
    layers = outcome.document.layers
    assert list(check_spans(Document(), layers)) == []
    if outcome.status == "completed":
        assert layers != Layers()
        assert outcome.failures == ()
    if outcome.status in ("failed", "refused", "partial"):
        assert outcome.failures
    for step in outcome.steps:
        gave = [item for name in ("fields", "labels") for item in getattr(layers, name) if item.step == step.step]
        assert step.status in ("ok", "partial") or not gave, f"{step.step} was {step.status} and gave something"


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(forest=forests)
def test_every_document_is_a_member_of_exactly_one_case(store: Store, forest: list[Any]) -> None:
    cases = _run(PIPELINE.collect(), forest, store)
    members = [member.document.id for case in cases for member in case.document.members]
    assert len(members) == len(set(members)) == sum(map(documents_in, forest))
    row = conservation(store)
    assert (row["found"], row["cases"], row["holds"]) == (len(members), len(cases), True)
    assert latest(store, "select count(*), count(distinct member_id) from members where run_id = $1") == [(len(members), len(members))]


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(forest=forests)
def test_a_second_run_finds_the_same_documents_and_ends_them_alike(store: Store, forest: list[Any]) -> None:
    first, second = (
        sorted((outcome.document.id, outcome.status, outcome.document.layers) for outcome in _run(PIPELINE, forest, store))
        for _ in range(2)
    )
    assert first == second
