"""What aios.vote makes of several labels, and what it learns from examples."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from aios_text import Vote
from aios_text._pool import Pool
from hypothesis import given
from hypothesis import strategies as st

from aios_sdk import Alternative, Classification, ConfigurationError, Document, Example, Label, Pipeline, Store, Unsupported, component
from aios_sdk.calibration import Curve
from aios_sdk.cli import Exit, main
from aios_sdk.testing import fakes


def said(value: str, confidence: float | None, **others: float) -> Label:
    alternatives = tuple(Alternative(name, score) for name, score in others.items())
    return Label(taxonomy="kind", value=value, confidence=confidence, abstained=not value, alternatives=alternatives)


def spoken(labels: Sequence[Label]) -> Document:
    document = Document.of()
    for number, label in enumerate(labels):
        document = document.add(f"step-{number}", Classification(labels=(label,)))
    return document


def voted(*labels: Label, **config: object) -> Label:
    return Vote(Vote.Config.model_validate({"taxonomy": "kind", **config})).classify(spoken(labels)).labels[0]


def test_the_product_of_the_probabilities_decides():
    label = voted(said("a", 0.6, b=0.4), said("b", 0.9, a=0.1))
    together = (0.4 * 0.9) ** 0.5 / ((0.4 * 0.9) ** 0.5 + (0.6 * 0.1) ** 0.5)
    assert (label.taxonomy, label.value, label.confidence) == ("kind", "b", pytest.approx(together, abs=1e-6))
    assert label.alternatives == (Alternative("a", pytest.approx(1 - together, abs=1e-6)),)


def test_a_step_that_weighs_more_counts_more():
    assert voted(said("a", 0.6, b=0.4), said("b", 0.9, a=0.1), weights={"step-0": 9, "step-1": 1}).value == "a"


def test_only_the_steps_named_count():
    assert voted(said("a", 0.6), said("b", 0.9), weights={"step-0": 1}).value == "a"


def test_what_a_step_hesitated_between_counts_though_it_abstained():
    assert voted(said("", None, a=0.45, b=0.4), said("b", 0.7, a=0.3)).value == "b"


def test_a_label_of_a_rule_counts_in_full():
    assert voted(said("a", None), said("b", 0.9, a=0.1)).value == "a"


def test_a_value_that_a_step_does_not_name_is_at_most_as_likely_to_it_as_the_last_one_that_it_names():
    unsure, sure = said("a", 0.4, b=0.1), said("c", 0.5, a=0.1)
    shares = {"a": (0.4 * 0.1) ** 0.5, "b": (0.1 * 0.1) ** 0.5, "c": (0.1 * 0.5) ** 0.5}
    label = voted(unsure, sure, threshold=0)
    assert (label.value, label.confidence) == ("c", pytest.approx(shares["c"] / sum(shares.values()), abs=1e-6))


def test_it_abstains_where_nothing_reaches_the_threshold():
    label = voted(said("a", 0.6, b=0.3), said("b", 0.6, a=0.3), threshold=0.6)
    assert label.abstained
    assert [other.value for other in label.alternatives] == ["a", "b"]


def test_without_labels_there_is_nothing_to_vote_on():
    with pytest.raises(Unsupported, match="no label of 'kind'"):
        voted()
    with pytest.raises(Unsupported, match="of the steps other"):
        voted(said("a", 0.9), weights={"other": 1})


_voice = st.lists(st.floats(0.001, 1), min_size=3, max_size=3).map(
    lambda raw: said("a", raw[0] / sum(raw), b=raw[1] / sum(raw), c=raw[2] / sum(raw))
)


@given(_voice, st.integers(1, 5))
def test_steps_that_say_the_same_say_it_together(voice, count):
    """Unanimity: a pool of equal opinions is that opinion."""
    label = voted(*[voice] * count, threshold=0)
    known = {other.value: other.score for other in voice.alternatives} | {"a": voice.confidence}
    assert label.confidence == pytest.approx(max(known.values()), abs=2e-6)
    assert known[label.value] == pytest.approx(max(known.values()), abs=2e-6)


@given(st.lists(_voice, min_size=1, max_size=4), st.randoms())
def test_the_order_of_the_steps_does_not_matter(voices, order):
    shuffled = list(voices)
    order.shuffle(shuffled)
    assert voted(*voices, threshold=0).confidence == pytest.approx(voted(*shuffled, threshold=0).confidence, abs=2e-6)


@given(st.lists(_voice, min_size=1, max_size=4))
def test_what_is_named_sums_to_one(voices):
    label = voted(*voices, threshold=0)
    assert label.confidence + sum(other.score for other in label.alternatives) == pytest.approx(1, abs=5e-6)


# -- learnt from examples ---------------------------------------------------------------------------------------------


def examples(count: int, *, seed: int = 1) -> list[Example]:
    """A step that is right as often as it says, one that is too sure, and one that guesses."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        truth = chance.choice("abcd")
        voices = []
        for right, stated in ((0.9, 0.9), (0.6, 0.95), (0.25, 0.9)):
            value = truth if chance.random() < right else chance.choice([each for each in "abcd" if each != truth])
            rest = {each: (1 - stated) / 3 for each in "abcd" if each != value}
            voices.append(said(value, stated, **rest))
        found.append(Example(document=spoken(voices), labels=(truth,), source=f"sender {number}"))
    return found


def learnt(given: Sequence[Example], folder: Path, **config: object) -> Vote:
    folder.mkdir(exist_ok=True)
    Vote(Vote.Config.model_validate({"taxonomy": "kind", **config})).train(given, folder)
    settings = Vote.Config.model_validate({"taxonomy": "kind", "model": folder, "threshold": 0})
    vote = Vote(settings)
    vote.open(fakes.resources(models={settings.model: folder}))
    return vote


def test_from_examples_it_learns_whom_to_believe_and_how_sure_that_is(tmp_path):
    vote = learnt(examples(600), tmp_path / "model")
    said_of = [(vote.classify(one.document).labels[0], one.labels[0]) for one in examples(600, seed=2)]
    right = sum(label.value == truth for label, truth in said_of) / len(said_of)
    assert right > 0.88
    assert sum(label.confidence for label, _ in said_of) / len(said_of) == pytest.approx(right, abs=0.03)
    alike = sum(voted(*one.document.labels.all("kind"), threshold=0).value == one.labels[0] for one in examples(600, seed=2)) / 600
    assert right > alike + 0.05


def test_nothing_named_beside_the_value_is_likelier_than_it(tmp_path):
    vote = learnt(examples(200), tmp_path / "model")
    for one in examples(50, seed=3):
        (label,) = vote.classify(one.document).labels
        assert all(other.score <= label.confidence for other in label.alternatives)
        assert label.confidence + sum(other.score for other in label.alternatives) <= 1 + 1e-5


def test_the_value_that_won_is_given_also_where_the_curve_leaves_it_no_likelier_than_the_next():
    doubtful = Pool(weights={"step-0": 1.0}, curve=Curve(slope=0.0, shift=-0.8))
    value, shares, raw = doubtful.vote({"step-0": {"b": 0.7, "a": 0.3}})
    assert (value, raw) == ("b", pytest.approx(0.7))
    assert shares["a"] == shares["b"] < 0.32


def test_the_same_examples_teach_the_same_in_any_order(tmp_path):
    one, other = examples(60), examples(60)
    random.Random(4).shuffle(other)
    learnt(one, tmp_path / "one")
    learnt(other, tmp_path / "other")
    assert (tmp_path / "one" / "vote.json").read_bytes() == (tmp_path / "other" / "vote.json").read_bytes()


def test_it_says_how_it_did_on_examples_left_out_and_counts_only_the_steps_named(tmp_path):
    settings = Vote.Config(taxonomy="kind", weights={"step-0": 1, "step-2": 1})
    done = Vote(settings).train(examples(300), tmp_path)
    assert done.classes == ("a", "b", "c", "d")
    assert 0.8 < done.metrics["accuracy"] < 1
    assert done.metrics["calibration_error"] < 0.1
    assert '"step-1"' not in (tmp_path / "vote.json").read_text()


def test_a_step_that_it_did_not_meet_does_not_count(tmp_path):
    vote = learnt(examples(60), tmp_path / "model")
    stranger = Document.of().add("stranger", Classification(labels=(said("a", 0.9),)))
    with pytest.raises(Unsupported, match="of the steps step-0, step-1, step-2"):
        vote.classify(stranger)


def test_examples_that_no_step_spoke_of_teach_nothing_and_the_way_is_told(tmp_path):
    silent = [Example.of_text(f"text {number}", "ab"[number % 2]) for number in range(40)]
    with pytest.raises(ConfigurationError, match="Of 0 examples") as told:
        Vote(Vote.Config(taxonomy="kind")).train(silent, tmp_path)
    assert "--after STEP=MODEL" in told.value.fix


def test_what_is_no_model_is_told(tmp_path):
    (tmp_path / "vote.json").write_text('{"form": 7}')
    settings = Vote.Config(taxonomy="kind", model=tmp_path)
    with pytest.raises(ConfigurationError, match=r"holds no model of aios\.vote"):
        Vote(settings).open(fakes.resources(models={settings.model: tmp_path}))
    with pytest.raises(ValueError, match="not both"):
        Vote.Config(taxonomy="kind", model=tmp_path, weights={"a": 1})


def test_from_two_models_in_a_store_to_a_trained_vote_on_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        f"{word} {number} {'please' if number % 2 else 'now'},{label}"
        for number, (word, label) in enumerate(
            [("pay the invoice", "bill"), ("our car was hit", "claim"), ("amount due", "bill"), ("water damage", "claim")] * 15
        )
    ]
    for name, part in {"taught": rows[:30], "kept-back": rows[30:]}.items():
        Path(f"{name}.csv").write_text("\n".join(["text,label", *part]) + "\n")
    kind = ["--config", "taxonomy=kind"]
    for name in ("words", "others"):
        assert main(["model", "train", "s.aios", name, "--component", "lexical", "--examples", "taught.csv", *kind]) == 0
    after = ["--examples", "kept-back.csv", "--after", "one=words", "--after", "other=others"]
    assert main(["model", "train", "s.aios", "vote", "--component", "vote", *after, *kind]) == 0
    assert main(["model", "evaluate", "s.aios", "vote", "--examples", "taught.csv", "--after", "one=words"]) == Exit.USAGE
    Path("note.txt").write_text("the car was hit again, please")
    models = {"one": "words", "other": "others"}
    pipeline = Pipeline("mail", resolve=["vote"]).ingest()
    for name, model in models.items():
        pipeline = pipeline.classify("lexical", name=name, config={"taxonomy": "kind", "model": model})
    pipeline = pipeline.classify("vote", name="vote", config={"taxonomy": "kind", "model": "vote"})
    with Store("s.aios") as store:
        (outcome,) = pipeline.run("note.txt", store=store, progress=False)
    assert outcome.document.labels["kind"].value == "claim"


# -- in a pipeline ----------------------------------------------------------------------------------------------------


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
