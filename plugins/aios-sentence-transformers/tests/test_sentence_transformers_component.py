"""What aios.sentence-transformers says, and what it learns, with an encoder of random weights that `make_tiny` wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from aios_sentence_transformers import SentenceTransformers, export
from aios_sentence_transformers._encoder import Encoder
from aios_sentence_transformers._learning import kept_back, learn
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import ConfigurationError, Example, Registry, Unavailable, Unsupported, UsageError
from aios_sdk.testing import check_manifest, fakes

TINY = Path(__file__).parent / "tiny"
KINDS = {
    "claim": ["our car was hit", "the cellar was hit and damage done", "we claim the damage of the car", "water in the cellar: we claim"],
    "order": ["please send ten boxes", "we order boxes", "send us the boxes please", "order of ten boxes to you"],
    "thanks": ["dear you, thank you", "thank you dear letter", "we thank you", "a letter to thank you"],
}


def opened(**config: object) -> SentenceTransformers:
    component = SentenceTransformers(SentenceTransformers.Config.model_validate(config))
    component.open(fakes.resources())
    return component


def document(text: str):
    return Example.of_text(text).document


def examples(**options: str) -> list[Example]:
    return [
        Example.of_text(beginning + text, label, **options)
        for label, texts in KINDS.items()
        for text in texts
        for beginning in ("", "please, ", "dear you, ")
    ]


def trained(folder: Path, taught: list[Example] | None = None, **config: object):
    folder.mkdir()
    return opened(encoder=TINY, **config).train(examples() if taught is None else taught, folder)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(TINY)


@pytest.fixture(scope="module")
def kinds() -> SentenceTransformers:
    return opened(encoder=TINY, examples=KINDS)


def test_the_manifest_says_what_the_code_says():
    check_manifest("aios_sentence_transformers")


def test_a_text_gets_the_label_whose_examples_or_description_it_is_nearest_to(kinds):
    label = kinds.classify(document("we order boxes")).labels[0]
    assert (label.taxonomy, label.value, label.confidence) == ("document-kind", "order", None)
    assert label.raw_confidence + sum(other.score for other in label.alternatives) == pytest.approx(1, abs=1e-5)
    described = opened(encoder=TINY, descriptions={label: texts[0] for label, texts in KINDS.items()}, taxonomy="kind", top=1)
    (label,) = described.classify(document("our car was hit")).labels
    assert (label.taxonomy, label.value, len(label.alternatives)) == ("kind", "claim", 1)


def test_below_the_threshold_it_abstains_and_names_the_likeliest():
    (label,) = opened(encoder=TINY, examples=KINDS, threshold=1.0).classify(document("water")).labels
    assert label.abstained
    assert {other.value for other in label.alternatives} == set(KINDS)


@settings(max_examples=25)
@given(st.lists(st.one_of(st.sampled_from([text for texts in KINDS.values() for text in texts]), st.text(max_size=80)), max_size=6))
def test_a_batch_gives_what_single_calls_give(kinds, texts):
    for text, result in zip(texts, kinds.classify_batch([document(text) for text in texts]), strict=True):
        if text.strip():
            assert result == kinds.classify(document(text))
        else:
            assert isinstance(result, Unsupported)


def test_vectors_are_of_length_one_and_the_same_bit_for_bit_in_any_batch(encoder):
    texts = ["a", "we pay the invoice", "we hit the invoice", "pay " * 300, "", "pay the car now " * 3]
    together = encoder.encode(texts, passages=3)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-6)
    for text, vector in zip(texts, together, strict=True):
        assert np.array_equal(encoder.encode([text], passages=3)[0], vector)


def test_of_a_long_text_as_many_passages_count_as_asked_for(encoder):
    first, second = "pay " * 62, "boxes " * 62
    assert np.array_equal(encoder.encode([first + second]), encoder.encode([first]))
    mean = encoder.encode([first])[0] + encoder.encode([second])[0]
    assert encoder.encode([first + second], passages=2)[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


@pytest.mark.parametrize("head", ["kernel", "linear", "prototypes"])
def test_what_was_trained_is_served_with_calibrated_confidence(tmp_path, head):
    training = trained(tmp_path / "model", head=head)
    assert (training.task, training.format, training.classes) == ("classification", "onnx", ("claim", "order", "thanks"))
    assert 0.5 <= training.metrics["accuracy"] <= 1
    assert 0 <= training.metrics["calibration_error"] <= 0.5
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "README.md", "encoder.json", "head.json", "head.npz", "model.onnx", "tokenizer.json"
    ]  # fmt: skip
    (label,) = opened(model=tmp_path / "model").classify(document("we order boxes")).labels
    assert label.value == "order"
    assert label.confidence is not None
    assert label.confidence != label.raw_confidence


def test_the_order_of_examples_makes_no_difference_to_what_is_learnt(tmp_path):
    one, other = (trained(tmp_path / name, taught) for name, taught in (("a", examples()), ("b", examples()[::-1])))
    assert one.classes == other.classes
    heads = [opened(model=tmp_path / name).classify(document("send the letter")).labels[0] for name in "ab"]
    assert heads[0].value == heads[1].value


def test_several_labels_are_given_where_several_are_true(tmp_path):
    both = [Example.of_text(f"{one} and {other}", "claim", "order") for one in KINDS["claim"] for other in KINDS["order"]]
    trained(tmp_path / "model", examples() + both, multilabel=True)
    component = opened(model=tmp_path / "model")
    assert {label.value for label in component.classify(both[0].document).labels} == {"claim", "order"}
    assert [label.value for label in component.classify(document("we thank you")).labels] == ["thanks"]


def test_a_trained_head_that_is_damaged_or_of_another_format_is_told(tmp_path):
    trained(tmp_path / "model")
    settings = tmp_path / "model" / "head.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"format": 99}))
    with pytest.raises(Unavailable, match="another format"):
        opened(model=tmp_path / "model")
    settings.unlink()
    with pytest.raises(Unavailable, match="no trained head"):
        opened(model=tmp_path / "model")


@pytest.mark.parametrize(
    ("taught", "told"),
    [
        ([Example.of_text("a", "x")], "1 examples of 1 label"),
        (examples(source="one company"), "of 1 source"),
        ([Example.of_text("a", "x", "y")], "several labels"),
    ],
)
def test_examples_that_teach_nothing_are_refused(tmp_path, taught, told):
    with pytest.raises((ConfigurationError, UsageError), match=told):
        trained(tmp_path / "model", taught)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({}, "either model"),
        ({"encoder": str(TINY), "descriptions": {"a": "b"}}, "at least two"),
        ({"encoder": str(TINY), "descriptions": {"a": "b", "c": " "}}, "'c' has no text"),
        ({"model": str(TINY), "descriptions": {"a": "b", "c": "d"}}, "knows its labels"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(config, told):
    registry = Registry()
    registry.add(SentenceTransformers)
    with pytest.raises(ConfigurationError, match=told):
        registry.create("aios.sentence-transformers", config)


def test_an_exported_encoder_cannot_be_fine_tuned(tmp_path):
    with pytest.raises(ConfigurationError, match="is not trained any more"):
        trained(tmp_path / "model", training="fine-tune")


def test_without_pytorch_fine_tuning_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in ("saved", "model"):
        (tmp_path / name).mkdir()
    (tmp_path / "saved" / "config.json").write_text("{}")
    with pytest.raises(Unavailable, match=r"pip install 'aios-sentence-transformers\[export\]'"):
        opened(encoder=tmp_path / "saved", training="fine-tune").train(examples(), tmp_path / "model")


@given(st.lists(st.sampled_from(["", "a", "b", "c", "d"]), min_size=2).filter(lambda sources: "" in sources[1:] or len(set(sources)) > 1))
def test_what_is_kept_from_an_encoder_that_is_tuned_is_a_tenth_at_most_where_sources_allow_it_and_no_source_in_part(sources):
    kept = kept_back(sources)
    assert 0 < kept.sum() < len(sources)
    assert kept.sum() <= max(1, len(sources) // min(10, len(set(sources) - {""}) + sources.count("")))
    shares = {source: {bool(kept[number]) for number, other in enumerate(sources) if other == source} for source in set(sources) - {""}}
    assert all(len(each) == 1 for each in shares.values())


@pytest.mark.parametrize("kind", ["kernel", "linear", "prototypes"])
def test_confidence_is_learnt_only_from_examples_that_a_tuned_encoder_has_not_seen(kind):
    labels, unseen = [(str(number % 2),) for number in range(200)], np.arange(200) >= 150
    vectors = np.eye(8, dtype=np.float32)[np.arange(200) % 2]  # as of an encoder that knows its examples by heart
    vectors[unseen] = np.random.default_rng(0).normal(size=(50, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = learn(vectors, labels, [""] * 200, kind=kind, multilabel=False, unseen=unseen)
    assert found.accuracy < 0.75
    assert found.head.calibrated(found.head.raw(found.head.scores(vectors[:2]))).max() < 0.9


def test_an_encoder_alone_classifies_nothing_and_says_what_is_missing():
    with pytest.raises(Unavailable, match="descriptions="):
        opened(encoder=TINY).classify(document("a"))


def test_an_encoder_that_was_not_exported_is_refused_with_the_command(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(Unavailable, match="python -m aios_sentence_transformers"):
        opened(encoder=tmp_path, examples=KINDS)


def test_nothing_is_downloaded_unless_asked_for(tmp_path):
    with pytest.raises(Unavailable, match="Nothing is downloaded unless you ask"):
        export("sentence-transformers/all-MiniLM-L6-v2", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_nothing_is_written_over_and_small_weights_want_examples(tmp_path):
    with pytest.raises(ConfigurationError, match="something in"):
        export("encoder", TINY)
    with pytest.raises(ConfigurationError, match="none are given"):
        export("encoder", tmp_path / "new", precision="int8")


def test_the_command_tells_what_is_wrong(tmp_path):
    command = [sys.executable, "-m", "aios_sentence_transformers", str(tmp_path / "none"), str(tmp_path / "new")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "There is no folder" in done.stderr


def test_serving_imports_no_torch(tmp_path):
    trained(tmp_path / "model")
    code = (
        "import sys; from aios_sentence_transformers import SentenceTransformers as S; from aios_sdk import Example;"
        "from aios_sdk.testing import fakes; print('onnxruntime' in sys.modules);"
        f"s = S(S.Config(model={str(tmp_path / 'model')!r})); s.open(fakes.resources()); s.classify(Example.of_text('pay').document);"
        "print({'torch', 'sentence_transformers', 'transformers', 'sklearn', 'scipy', 'onnx'} & set(sys.modules))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "False\nset()\n"
