"""Backbones of timm itself, with weights made here, exported and fine-tuned; it needs the extra ``train``."""

from __future__ import annotations

from pathlib import Path

import pytest
from aios_timm import Timm, export
from aios_timm._backbone import Backbone, fit, scaled

from aios_sdk import ConfigurationError, Context, Example, Unavailable
from aios_sdk.testing import fakes, samples

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    import timm
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(1)
    module = timm.create_model("test_resnet", num_classes=7).eval()  # with a head, as weights of the hub have one
    path = tmp_path_factory.mktemp("weights") / "test_resnet.safetensors"
    save_file(module.state_dict(), path)
    return path, module


def test_an_exported_backbone_gives_the_vectors_of_the_original_and_its_card_says_how_near(weights, tmp_path):
    import torch

    path, module = weights
    found = export("test_resnet", tmp_path / "new", weights=path, size=96)
    assert found.cosine >= 0.9999
    assert found.difference < 1e-4
    card = (tmp_path / "new" / "README.md").read_text()
    assert f"{found.difference:.2e}" in card
    picture = fit(samples.page_image().document().pages[0].image(50), 96)
    with torch.no_grad():
        pixels = torch.from_numpy(scaled(picture[None], module.pretrained_cfg["mean"], module.pretrained_cfg["std"]))
        original = module.forward_head(module.forward_features(pixels), pre_logits=True).numpy()
    assert Backbone(tmp_path / "new").encode([picture]) == pytest.approx(original, abs=1e-4)


def test_weights_of_another_backbone_or_in_another_form_are_refused(weights, tmp_path):
    with pytest.raises(ConfigurationError, match="not those of test_efficientnet"):
        export("test_efficientnet", tmp_path / "new", weights=weights[0])
    (tmp_path / "pickle.safetensors").write_bytes(b"\x80\x04\x95" + b"x" * 100)
    with pytest.raises(ConfigurationError, match="is no safetensors file"):
        export("test_resnet", tmp_path / "new", weights=tmp_path / "pickle.safetensors")
    with pytest.raises(ConfigurationError, match="timm knows no backbone 'test_resnetz'"):
        export("test_resnetz", tmp_path / "new", weights=weights[0])
    with pytest.raises(Unavailable, match="There is no file"):
        export("test_resnet", tmp_path / "new", weights=tmp_path / "none.safetensors")


def test_where_the_hub_cannot_be_reached_it_is_told(monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(Unavailable, match="could not be fetched"):
        export("test_resnet", tmp_path / "new", download=True)


def examples() -> list[Example]:
    texts = {"list": "goods\n" * 50, "letter": "Dear Sirs,\n\nthank you."}
    return [
        Example(document=samples.pdf(f"{text}\n{number}").document(), labels=(label,))
        for label, text in texts.items()
        for number in range(6)
    ]


def fine_tuned(folder: Path, taught: list[Example], **config: object) -> Timm:
    folder.mkdir()
    settings = {"backbone": "test_resnet", "training": "fine-tune", "size": 64, "epochs": 6} | config
    component = Timm(Timm.Config.model_validate(settings))
    component.open(fakes.resources())
    assert component.train(taught, folder, Context(run="", step="", scratch=folder)).metrics["accuracy"] >= 0.75
    served = Timm(Timm.Config.model_validate({"model": folder}))
    served.open(fakes.resources())
    return served


def test_a_backbone_of_random_weights_is_trained_the_same_way_each_time_whatever_the_order(tmp_path):
    one, _ = fine_tuned(tmp_path / "one", examples()), fine_tuned(tmp_path / "other", examples()[::-1])
    for name in ("head.npz", "head.json", "model.onnx"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    label = one.classify(examples()[0].document, Context(run="", step="", scratch=tmp_path)).labels[0]
    assert label.value == "list"
    assert "fine-tuned on 12 pages" in (tmp_path / "one" / "README.md").read_text()


def test_weights_that_are_given_are_where_fine_tuning_starts(weights, tmp_path):
    fine_tuned(tmp_path / "model", examples(), weights=weights[0])
    assert "from the file test_resnet.safetensors, fine-tuned" in (tmp_path / "model" / "README.md").read_text()


def test_a_probe_leaves_the_backbone_as_it_was(weights, tmp_path):
    fine_tuned(tmp_path / "model", examples(), training="probe", weights=weights[0])
    export("test_resnet", tmp_path / "new", weights=weights[0], size=64)
    assert (tmp_path / "model" / "model.onnx").read_bytes() == (tmp_path / "new" / "model.onnx").read_bytes()
