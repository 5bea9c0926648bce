"""Begins a run on a store, as the engine does, and ends it at once; prints one line of JSON."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import _components
from _work import peak_megabytes

from aios_sdk import Source, Store


def main() -> None:
    """Run a pipeline over nothing; the time is that until the engine asks for its first input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", type=Path, required=True)
    options = parser.parse_args()
    pipeline, registry = _components.pipeline(), _components.registry()
    imported = time.time()
    asked: list[float] = []

    def nothing() -> Iterator[Source]:
        asked.extend((time.perf_counter(), time.process_time()))
        yield from ()

    began, processor = time.perf_counter(), time.process_time()

    with Store(options.store) as store:
        for _ in pipeline.run(nothing(), store=store, registry=registry, progress=False):
            pass
    answer = {"opening": asked[0] - began, "processor": asked[1] - processor, "megabytes": peak_megabytes()}
    print(json.dumps({**answer, "importing": imported - float(os.environ["BENCH_BEGAN"])}), flush=True)


if __name__ == "__main__":
    main()
