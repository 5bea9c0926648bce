"""The component keeps the laws of the conformance kit, with a model that is trained here on a backbone of random weights."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp

from aios_timm import Timm

from aios_sdk import Context, Example
from aios_sdk.testing import conformance, fakes, samples

TINY = Path(__file__).parent / "tiny"
MODEL = Path(mkdtemp())


def trained(folder: Path) -> Path:
    component = Timm(Timm.Config(backbone=str(TINY), text=True))
    component.open(fakes.resources())
    texts = {"list": "Invoice: one more line of goods\n" * 40, "letter": "Dear Sirs,\n\nthank you."}
    examples = [
        Example(document=samples.pdf(f"{number} {text}").document(), labels=(label,))
        for label, text in texts.items()
        for number in range(3)
    ]
    component.train(examples, folder, Context(run="", step="train", scratch=folder))
    return folder


test_timm = conformance(
    "aios.timm",
    config={"model": str(trained(MODEL)), "each_page": True},
    documents=lambda: [samples.pdf("one page", "and another").document(), samples.scan().document()],
    examples=3,
)
