"""Fills a store with attempts of other documents, by the recorder that the engine itself uses: journaled by one process for each core,
then folded into DuckDB and indexed for the memo. Prints one line of JSON."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import multiprocessing
import time
from hashlib import sha256
from pathlib import Path

from _programs import cores
from _work import STEPS

from aios_sdk import Document, Outcome, Store
from aios_sdk.store import Attempt, Blobs, JournalWriter, Run, RunInfo

#: Documents that a process records in one run.
_RUN = 50_000


def main() -> None:
    """Record, fold and index; a document has an ingest and the five steps."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--attempts", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True)
    options = parser.parse_args()
    documents = -(-options.attempts // (len(STEPS) + 1))
    shares = [(options.store, first, min(first + _RUN, documents)) for first in range(0, documents, _RUN)]
    Store(options.store).close()
    began = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(cores()) as pool:
        pool.map(record, shares, chunksize=1)
    recorded = time.perf_counter()
    with Store(options.store) as store:
        store.fold(timeout=600)
        folded = time.perf_counter()
        store.memo().close()
        indexed = time.perf_counter()
        attempts = store.sql("select count(*) from attempts").fetchall()[0][0]
    answer = {"attempts": attempts, "recording": recorded - began, "folding": folded - recorded, "indexing": indexed - folded}
    print(json.dumps(answer), flush=True)


def record(share: tuple[Path, int, int]) -> None:
    """One run over the documents of a share: each with its attempts and outcome, under keys that no real result has."""
    place, first, end = share
    now = dt.datetime.now(dt.UTC)
    with JournalWriter(place / "journal") as writer:
        run = Run(writer, Blobs(place / "blobs"), RunInfo(pipeline="filling"), ())
        for number in range(first, end):
            digest = sha256(f"filling {number}".encode()).hexdigest()
            document = Document(
                id=digest[:32], name=f"{number}.txt", key=f"filling/{number}", media_type="text/plain", content_id=digest, size=1000
            )
            run.found(document)
            run.attempt(document, Attempt(step="ingest", stage="ingest", component="bench.text", started_at=now, id=digest[:30] + "00"))
            for position, step in enumerate(STEPS, 1):
                key = sha256(f"{step} {number}".encode()).hexdigest()[:32]
                attempt = Attempt(
                    step=step,
                    stage="extract",
                    component=f"bench.{step}",
                    version="1",
                    cache="miss",
                    memo_key=key,
                    started_at=now,
                    id=f"{digest[:30]}0{position}",
                )
                run.attempt(document, attempt)
            run.outcome(Outcome(document=document, status="completed"))
        run.finish()


if __name__ == "__main__":
    main()
