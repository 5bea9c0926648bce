"""What aios.vote makes of several labels."""

from __future__ import annotations

import pytest
from aios_text import Vote
from hypothesis import given
from hypothesis import strategies as st

from aios_sdk import Alternative, Classification, Document, Label, Pipeline, Store, Unsupported, component


def said(value: str, confidence: float | None, **others: float) -> Label:
    alternatives = tuple(Alternative(name, score) for name, score in others.items())
    return Label(taxonomy="kind", value=value, confidence=confidence, abstained=not value, alternatives=alternatives)


def voted(*labels: Label, **config: object) -> Label:
    document = Document.of()
    for number, label in enumerate(labels):
        document = document.add(f"step-{number}", Classification(labels=(label,)))
    return Vote(Vote.Config.model_validate({"taxonomy": "kind", **config})).classify(document).labels[0]


def test_the_mean_of_the_probabilities_decides():
    label = voted(said("a", 0.6, b=0.4), said("b", 0.9, a=0.1))
    assert (label.taxonomy, label.value, label.confidence) == ("kind", "b", pytest.approx(0.65))
    assert label.alternatives == (Alternative("a", 0.35),)


def test_a_step_that_weighs_more_counts_more():
    assert voted(said("a", 0.6, b=0.4), said("b", 0.9, a=0.1), weights={"step-0": 5, "step-1": 1}).value == "a"


def test_only_the_steps_named_count():
    assert voted(said("a", 0.6), said("b", 0.9), weights={"step-0": 1}).value == "a"


def test_what_a_step_hesitated_between_counts_though_it_abstained():
    assert voted(said("", None, a=0.45, b=0.4), said("b", 0.7, a=0.3)).value == "b"


def test_a_label_of_a_rule_counts_in_full():
    assert voted(said("a", None), said("b", 0.9, a=0.1)).value == "a"


def test_it_abstains_where_no_mean_reaches_the_threshold():
    label = voted(said("a", 0.9), said("b", 0.8), threshold=0.5)
    assert label.abstained
    assert [other.value for other in label.alternatives] == ["a", "b"]


def test_without_labels_there_is_nothing_to_vote_on():
    with pytest.raises(Unsupported, match="no label of 'kind'"):
        voted()
    with pytest.raises(Unsupported, match="of the steps other"):
        voted(said("a", 0.9), weights={"other": 1})


_shares = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), min_size=1, max_size=5)


@given(_shares)
def test_whoever_agrees_stays_within_what_the_steps_said(shares):
    """The mean of probabilities lies between the least and the greatest of them."""
    label = voted(*(said(value, score, **{v: 0.0 for v in "abc" if v != value}) for value, score in shares), threshold=0)
    scores = {value: [score if value == own else 0.0 for own, score in shares] for value in "abc"}
    assert min(scores[label.value]) - 1e-6 <= label.confidence <= max(scores[label.value]) + 1e-6


@component("acme.one", version="1")
def one(document: Document) -> Classification:
    return Classification(labels=(said("a", 0.6, b=0.4),))


@component("acme.other", version="1")
def other(document: Document) -> Classification:
    return Classification(labels=(said("b", 0.9, a=0.1),))


def test_in_a_pipeline_the_vote_settles_what_two_steps_disagree_on(tmp_path):
    (tmp_path / "a.txt").write_text("anything")
    pipeline = Pipeline("p", resolve=["vote"]).ingest().classify(one).classify(other)
    pipeline = pipeline.classify("vote", name="vote", config={"taxonomy": "kind"})
    with Store(tmp_path / "s.aios") as store:
        (outcome,) = pipeline.run(tmp_path / "a.txt", store=store, progress=False)
    assert outcome.document.labels["kind"].value == "b"
    assert outcome.document.labels["kind"].status == "resolved"
