"""Good texts with poisoned ones among them, in our engine; prints one line of JSON."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import _poison
from _components import source

from aios_sdk import Limits, Source, Store


def main() -> None:
    """Run, and tell how long it took from the first text asked for until the last outcome."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--good", type=int, required=True)
    parser.add_argument("--bad", nargs="*", default=[], help="kinds of poison")
    parser.add_argument("--workers", type=int, required=True)
    options = parser.parse_args()
    bad = [kind for kind in options.bad for _ in range(_poison.KINDS[kind])]
    asked: list[float] = []

    def sources() -> Iterator[Source]:
        asked.append(time.perf_counter())
        every = options.good // (len(bad) + 1) + 1
        for number in range(options.good):
            if bad and number and number % every == 0:
                place = number // every - 1
                yield source(options.good + place, f"{bad[place]} it")
            yield source(number, f"good-{number} text")

    statuses: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    right = 0
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder, "bench.aios")) as store:
        run = _poison.pipeline().run(
            sources(),
            store=store,
            registry=_poison.registry(),
            workers=options.workers,
            limits=Limits(memory_mb=_poison.MEMORY_MB),
            progress=False,
        )
        for outcome in run:
            statuses[outcome.status] += 1
            if outcome.status == "completed":
                right += outcome.document.fields["name"].value == f"good-{outcome.document.key}"
            failures.update(f"{outcome.document.text.split()[0]}: {failure.category}" for failure in outcome.failures)
        seconds = time.perf_counter() - asked[0]
    print(json.dumps({"seconds": seconds, "statuses": statuses, "right": right, "failures": failures}), flush=True)


if __name__ == "__main__":
    main()
