"""The five steps in our engine: timed in this process, checked after the clock has stopped; prints one line of JSON."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import _components
from _work import peak_megabytes, result_hash, texts

from aios_sdk import Outcome, Source, Store


def main() -> None:
    """Run, wait until everything is in DuckDB, and tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True)
    options = parser.parse_args()
    loaded = time.time() - float(os.environ["BENCH_BEGAN"])
    given = [_components.source(number, text) for number, text in enumerate(texts(options.documents))]
    pipeline, registry = _components.pipeline(), _components.registry()
    asked: list[float] = []

    def sources() -> Iterator[Source]:
        asked.append(time.perf_counter())  # the engine has opened the store and knows what it holds
        yield from given

    began = time.perf_counter()
    with Store(options.store) as store:
        outcomes: list[Outcome] = []
        for outcome in pipeline.run(sources(), store=store, registry=registry, progress=False):
            outcomes.append(outcome)
            last = time.perf_counter()
        store.fold(timeout=600)
        folded = time.perf_counter()
        lag = store.lag()
        query = "select cache, count(*) from attempts where run_id = (select max(run_id) from runs) and stage <> 'ingest' group by all"
        caches = dict(store.sql(query).fetchall())
        attempts = store.sql("select count(*) from attempts").fetchall()[0][0]
    answer = {
        "loading": loaded,
        "opening": asked[0] - began,
        "acknowledged": last - asked[0],
        "folded": folded - asked[0],
        "lag": lag.rows,
        "documents": sum(outcome.status == "completed" for outcome in outcomes),
        "caches": caches,
        "attempts": attempts,
        "hash": result_hash(_components.found(outcome) for outcome in outcomes),
        "megabytes": peak_megabytes(),
    }
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
