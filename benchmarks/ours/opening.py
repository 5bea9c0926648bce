"""Begins a run on a store, as the engine does, and ends it at once; prints one line of JSON."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import _components
from _work import peak_megabytes

from aios_sdk import Store


def main() -> None:
    """Run a pipeline over nothing; the time is that until the engine asks for its first input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", type=Path, required=True)
    options = parser.parse_args()
    pipeline, registry = _components.pipeline(), _components.registry()
    imported = time.time()
    began = time.perf_counter()
    asked: list[float] = []

    def nothing():
        asked.append(time.perf_counter())
        yield from ()

    with Store(options.store) as store:
        for _ in pipeline.run(nothing(), store=store, registry=registry, progress=False):
            pass
    answer = {"opening": asked[0] - began, "importing": imported - float(os.environ["BENCH_BEGAN"]), "megabytes": peak_megabytes()}
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
