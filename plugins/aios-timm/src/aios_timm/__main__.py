"""``python -m aios_timm BACKBONE FOLDER``: write a backbone as ONNX, once, to be served without PyTorch."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from aios_sdk import AiosError

from ._export import export


def main() -> int:
    """Export as told on the command line; 1 and the reason on standard error where that does not go."""
    parser = argparse.ArgumentParser(prog="python -m aios_timm", description=__doc__)
    parser.add_argument("backbone", help="its name in timm, such as resnet18")
    parser.add_argument("folder", type=Path, help="a new or empty folder")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a safetensors file with its weights")
    parser.add_argument("--download", action="store_true", help="fetch the weights from the model hub; else nothing is fetched")
    parser.add_argument("--size", type=int, metavar="PIXELS", help="the side of its pictures; without it the one that timm names")
    given = parser.parse_args()
    try:
        export(given.backbone, given.folder, weights=given.weights, download=given.download, size=given.size)
    except (AiosError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write((given.folder / "README.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
