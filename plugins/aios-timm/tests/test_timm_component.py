"""What aios.timm says, and what it learns, with a backbone of random weights that `make_tiny` wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from aios_timm import Timm, export
from aios_timm._backbone import Backbone, fit
from aios_timm._words import counted, rarity, weighed
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aios_sdk import ConfigurationError, Context, Example, Registry, Unavailable, UsageError
from aios_sdk.testing import check_manifest, fakes, samples

TINY = Path(__file__).parent / "tiny"
TEXTS = {
    "list": "goods\n" * 50,
    "letter": "Dear Sirs,\n\nthank you.",
    "wide": ("one two three four five six seven eight nine ten " * 2 + "\n") * 9,
}


def context(folder: Path) -> Context:
    return Context(run="", step="test", scratch=folder)


def examples(**options: str) -> list[Example]:
    return [
        Example(document=samples.pdf(f"{text}\n{number}").document(), labels=(label,), **options)
        for label, text in TEXTS.items()
        for number in range(4)
    ]


def trained(folder: Path, taught: list[Example] | None = None, **config: object):
    folder.mkdir()
    component = Timm(Timm.Config.model_validate({"backbone": str(TINY)} | config))
    component.open(fakes.resources())
    return component.train(examples() if taught is None else taught, folder, context(folder))


def opened(**config: object) -> Timm:
    component = Timm(Timm.Config.model_validate(config))
    component.open(fakes.resources())
    return component


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "kinds"
    return trained(folder), folder


@pytest.fixture(scope="module")
def reading(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "reading"
    trained(folder, text=True)
    return folder


def test_the_manifest_says_what_the_code_says():
    check_manifest("aios_timm")


def test_what_was_trained_is_served_with_calibrated_confidence_and_alternatives(kinds, tmp_path):
    training, folder = kinds
    assert (training.task, training.format, training.classes) == ("classification", "onnx", ("letter", "list", "wide"))
    assert training.metrics["accuracy"] == 1
    assert 0 <= training.metrics["calibration_error"] <= 0.5
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "backbone.json", "head.json", "head.npz", "model.onnx"]
    (label,) = opened(model=folder, top=1, taxonomy="look").classify(samples.pdf("goods\n" * 49).document(), context(tmp_path)).labels
    assert (label.taxonomy, label.value, label.page, len(label.alternatives)) == ("look", "list", None, 1)
    assert 0 < label.confidence < 1
    assert label.confidence != label.raw_confidence


def test_few_examples_never_make_it_sure(kinds, tmp_path):
    component = opened(model=kinds[1])
    assert all(component.classify(each.document, context(tmp_path)).labels[0].confidence < 0.99 for each in examples())


def test_below_the_threshold_it_abstains_and_names_the_likeliest(kinds, tmp_path):
    (label,) = opened(model=kinds[1], threshold=1.0).classify(examples()[0].document, context(tmp_path)).labels
    assert label.abstained
    assert {other.value for other in label.alternatives} == set(TEXTS)


def test_each_page_has_its_label_and_the_document_that_of_their_mean(kinds, tmp_path):
    document = samples.pdf(TEXTS["list"], TEXTS["letter"], TEXTS["list"]).document()
    whole, *each = opened(model=kinds[1], each_page=True).classify(document, context(tmp_path)).labels
    assert [(label.page, label.value, label.confidence) for label in each] == [(0, "list", None), (1, "letter", None), (2, "list", None)]
    assert (whole.page, whole.value) == (None, "list")
    listed = [next((other.score for other in label.alternatives if other.value == "list"), label.raw_confidence) for label in each]
    assert whole.raw_confidence == pytest.approx(np.mean(listed), abs=1e-5)
    assert len(opened(model=kinds[1], each_page=True, pages=2).classify(document, context(tmp_path)).labels) == 3


def test_the_order_of_examples_makes_no_difference_to_what_is_learnt(tmp_path):
    trained(tmp_path / "a", text=True)
    trained(tmp_path / "b", examples()[::-1], text=True)
    for name in ("head.json", "head.npz", "model.onnx"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_text_tells_pages_apart_that_look_alike(tmp_path):
    words = {"bill": "invoice total due", "note": "dear yours thanks"}
    alike = [
        Example(document=samples.pdf(f"{text} {number}{number}").document(), labels=(label,))
        for label, text in words.items()
        for number in range(5)
    ]
    assert trained(tmp_path / "both", alike, text=True).metrics["accuracy"] == 1
    scan = samples.page_image("invoice total due 88").document(read=True)
    assert opened(model=tmp_path / "both").classify(scan, context(tmp_path)).labels[0].value == "bill"


def test_a_page_without_text_is_judged_by_its_picture_alone(reading, tmp_path):
    page = samples.page_image(TEXTS["list"]).document()
    assert page.text == ""
    assert opened(model=reading).classify(page, context(tmp_path)).labels[0].value == "list"


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=3))
def test_the_vector_of_a_text_has_length_one_or_says_nothing(texts):
    found = weighed(counted(texts), rarity(counted(texts)))
    lengths = np.linalg.norm(found, axis=1)
    assert all(length == pytest.approx(1, abs=1e-5) or length == 0 for length in lengths)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300))
def test_a_picture_keeps_its_shape_in_the_square(width, height):
    square = fit(Image.new("L", (width, height), 0), 64)
    dark = square[..., 0] < 128
    assert square.shape == (64, 64, 3)
    assert max(dark.any(axis=0).sum(), dark.any(axis=1).sum()) == 64
    assert abs(dark.any(axis=0).sum() - max(1, 64 * width / max(width, height))) <= 1


def test_a_picture_gives_the_same_vector_bit_for_bit_alone_and_among_others():
    pictures = [fit(Image.new("RGB", (50 + number, 70), (number * 40, 20, 90)), 64) for number in range(4)]
    backbone = Backbone(TINY)
    assert all(np.array_equal(backbone.encode([one])[0], row) for one, row in zip(pictures, backbone.encode(pictures), strict=True))


@pytest.mark.parametrize(
    ("taught", "config", "told"),
    [
        (examples()[:4], {}, "have 1 label"),
        (examples(source="one company"), {}, "of 1 source"),
        ([Example(document=samples.pdf("a").document(), labels=("x", "y"))], {}, "several labels"),
        (examples(), {"backbone": ""}, "a backbone is needed"),
        (examples(), {"training": "fine-tune"}, "cannot be fine-tuned"),
        (examples(), {"backbone": "resnet10t"}, "nothing is downloaded unless you ask"),
    ],
)
def test_what_teaches_nothing_is_refused(tmp_path, taught, config, told):
    with pytest.raises((ConfigurationError, UsageError), match=told):
        trained(tmp_path / "model", taught, **config)


def test_a_trained_model_is_not_trained_again_but_keeps_the_settings_it_was_trained_with(kinds, tmp_path):
    config = {"model": kinds[1], "backbone": "resnet10t", "weights": tmp_path / "gone.safetensors", "text": True}
    assert opened(**config).classify(examples()[0].document, context(tmp_path)).labels[0].value == "list"
    with pytest.raises(ConfigurationError, match="not trained again"):
        trained(tmp_path / "model", **config)


@pytest.mark.parametrize("name", ["resnet10t.pt", "resnet10t.pth", "pytorch_model.bin"])
def test_weights_that_are_pickles_are_refused_unread(tmp_path, name):
    with pytest.raises(ConfigurationError, match="is refused: weights are read from safetensors only"):
        export("resnet10t", tmp_path / "new", weights=tmp_path / name)
    assert not (tmp_path / "new").exists()


def test_a_head_that_is_damaged_a_pickle_or_of_another_format_is_told(tmp_path):
    trained(tmp_path / "model")
    head = tmp_path / "model" / "head.npz"
    whole = head.read_bytes()
    np.savez(head, weights=np.array([{"a": "pickle"}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        opened(model=tmp_path / "model")
    head.write_bytes(whole)
    told = tmp_path / "model" / "head.json"
    told.write_text(json.dumps(json.loads(told.read_text()) | {"format": 99}))
    with pytest.raises(Unavailable, match="another format"):
        opened(model=tmp_path / "model")
    told.unlink()
    with pytest.raises(Unavailable, match="no trained head"):
        opened(model=tmp_path / "model")


def test_without_a_model_nothing_is_classified(tmp_path):
    with pytest.raises(Unavailable, match="No model is configured"):
        opened().classify(examples()[0].document, context(tmp_path))
    with pytest.raises(Unavailable, match="no exported backbone"):
        Backbone(tmp_path)


def test_a_setting_that_there_is_none_of_is_refused():
    registry = Registry()
    registry.add(Timm)
    with pytest.raises(ConfigurationError, match="threshhold"):
        registry.create("aios.timm", {"threshhold": 1})


def test_nothing_is_written_over(tmp_path):
    with pytest.raises(ConfigurationError, match="something in"):
        export("resnet10t", TINY, download=True)


def test_the_command_tells_what_is_wrong(tmp_path):
    command = [sys.executable, "-m", "aios_timm", "resnet10t", str(tmp_path / "new"), "--weights", str(tmp_path / "w.pth")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "is refused" in done.stderr


def test_serving_imports_no_torch(kinds):
    code = (
        "import sys; from aios_timm import Timm; from aios_sdk import Context; from aios_sdk.testing import fakes, samples;"
        "print('onnxruntime' in sys.modules);"
        f"t = Timm(Timm.Config(model={str(kinds[1])!r})); t.open(fakes.resources());"
        "print(t.classify(samples.pdf('goods').document(), Context(run='', step='', scratch=None)).labels[0].taxonomy);"
        "print({'torch', 'timm', 'torchvision', 'sklearn', 'scipy', 'onnx', 'safetensors'} & set(sys.modules))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "False\ndocument-kind\nset()\n"
