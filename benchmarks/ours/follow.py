"""Folds what a store has journaled, as `aios store apply --watch` does, until nothing is left; prints one line of JSON."""

from __future__ import annotations

import argparse
import json
import threading
import time
from pathlib import Path

import duckdb  # noqa: F401 - a process that follows has it

from aios_sdk.store import Folded, follow


def main() -> None:
    """Follow until the rows asked for are applied."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--rows", type=int, required=True)
    options = parser.parse_args()
    stopping = threading.Event()
    rows = 0

    def told(folded: Folded) -> None:
        nonlocal rows
        rows += folded.rows
        if rows >= options.rows:
            stopping.set()

    processor, began = time.process_time(), time.perf_counter()
    follow(options.store, stopping, told=told)
    seconds, used = time.perf_counter() - began, time.process_time() - processor
    print(json.dumps({"rows": rows, "seconds": seconds, "processor": used}), flush=True)


if __name__ == "__main__":
    main()
