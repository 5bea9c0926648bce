"""Counts the rows of a store every 50 ms through `aios_sdk.connect` until it is interrupted; prints one line of JSON.

Ends with an error when it ever sees half a group, fewer rows than before, or an error.
"""

from __future__ import annotations

import argparse
import json
import signal
import threading
import time
from pathlib import Path

from aios_sdk import connect

_COUNT = "select (select count(*) from attempts), (select count(*) from artifacts), (select count(*) from fields)"


def main() -> None:
    """Poll, and tell how long each answer took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--group", type=int, required=True)
    options = parser.parse_args()
    stopping = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stopping.set())
    print("polling", flush=True)
    waits: list[float] = []
    seen = 0
    while not stopping.wait(0.05):
        began = time.perf_counter()
        with connect(options.store, timeout=60) as connection:
            attempts, artifacts, fields = connection.execute(_COUNT).fetchall()[0]
        waits.append(time.perf_counter() - began)
        total = attempts + artifacts + fields
        if total % options.group or total < seen:
            raise SystemExit(f"{attempts} attempts, {artifacts} artifacts and {fields} fields after {seen} rows")
        seen = total
    print(json.dumps({"answers": len(waits), "waits": waits, "rows": seen}), flush=True)


if __name__ == "__main__":
    main()
