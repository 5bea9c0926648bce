"""Make the backbone in ``tiny`` anew, with weights drawn at random (seed 0): run this file, with the extra ``train`` installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import timm
import torch
from aios_timm._export import Made, write


def main() -> None:
    """Write it anew."""
    torch.manual_seed(0)
    folder = Path(__file__).parent / "tiny"
    module = timm.create_model("resnet10t", num_classes=0, channels=(8, 8, 16, 32), stem_width=8)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    write(Made(module, "resnet10t of few channels", "drawn at random", 64, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)), folder)


if __name__ == "__main__":
    main()
