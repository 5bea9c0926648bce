"""``python -m aios_sentence_transformers ENCODER FOLDER``: write an encoder as ONNX, once, to be served without PyTorch."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

from aios_sdk import AiosError

from ._export import export


def main() -> int:
    """Export as told on the command line; 1 and the reason on standard error where that does not go."""
    parser = argparse.ArgumentParser(prog="python -m aios_sentence_transformers", description=__doc__)
    parser.add_argument("encoder", help="the folder of an encoder that sentence-transformers saved; with --download, a name on the hub")
    parser.add_argument("folder", type=Path, help="a new or empty folder")
    parser.add_argument("--precision", choices=("float32", "int8"), default="float32", help="of the weights; int8 wants --examples")
    parser.add_argument("--examples", type=Path, metavar="FILE", help="a CSV file with columns text and label, which int8 is judged by")
    parser.add_argument("--download", action="store_true", help="fetch the encoder from the model hub; else nothing is fetched")
    given = parser.parse_args()
    try:
        examples: list[tuple[str, str]] = []
        if given.examples is not None:
            with given.examples.open(encoding="utf-8-sig", newline="") as file:
                examples = [(row["text"], row["label"]) for row in csv.DictReader(file)]
        export(given.encoder, given.folder, precision=given.precision, examples=examples, download=given.download)
    except (AiosError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyError as error:
        sys.stderr.write(f"{given.examples} has no column {error}; its first line must name text and label\n")
        return 1
    sys.stdout.write((given.folder / "README.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
