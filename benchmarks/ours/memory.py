"""The five steps in our engine over documents that a generator makes and nobody keeps; prints one line of JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import _components
from _work import peak_megabytes, result_hash, texts

from aios_sdk import Store


def main() -> None:
    """Run and tell, with the peak that the system knows of; the children are watched from outside."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True)
    options = parser.parse_args()
    given = (_components.source(number, text) for number, text in enumerate(texts(options.documents)))
    with Store(options.store) as store:
        outcomes = _components.pipeline().run(given, store=store, registry=_components.registry(), progress=False)
        digest = result_hash(map(_components.found, outcomes))
    answer = {"hash": digest, "megabytes": peak_megabytes()}
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
