"""Fills a store with whole documents, by the recorder that the engine itself uses; prints one line of JSON.

Each has a page, ten fields with their places, a label and a route; journaled by one process for each core, then folded and indexed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import multiprocessing
import time
from hashlib import sha256
from pathlib import Path

from _programs import cores

from aios_sdk import Document, Outcome, Store
from aios_sdk.records import Classification, Extraction, Field, Label, PageInfo, PageText, Reason, Route, Span, document_id
from aios_sdk.store import Attempt, Blobs, ComponentUse, JournalWriter, Run, RunInfo

#: Rows that a document has in all tables, and documents that a process records in one run.
ROWS = 25
_RUN = 20_000

NAMES = ("number", "date", "seller", "buyer", "net", "tax", "total", "currency", "iban", "due")
STEPS = {"ingest": "ingest", "fields": "extract", "kind": "classify", "route": "route"}


def main() -> None:
    """Record so many documents that the tables have the rows asked for, fold and index."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True)
    options = parser.parse_args()
    documents = -(-options.rows // ROWS)
    shares = [(options.store, first, min(first + _RUN, documents)) for first in range(0, documents, _RUN)]
    Store(options.store).close()
    began = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(cores()) as pool:
        pool.map(record, shares, chunksize=1)
    recorded = time.perf_counter()
    with Store(options.store) as store:
        rows = store.fold(timeout=600).rows
        folded = time.perf_counter()
        store.memo().close()
    answer = {"rows": rows, "documents": documents, "recording": recorded - began, "folding": folded - recorded}
    print(json.dumps({**answer, "indexing": time.perf_counter() - folded}), flush=True)


def record(share: tuple[Path, int, int]) -> None:
    """One run over the documents of a share."""
    place, first, end = share
    uses = [ComponentUse(step=step, stage=stage, component=f"bench.{step}", version="1", config="{}") for step, stage in STEPS.items()]
    with JournalWriter(place / "journal") as writer:
        run = Run(writer, Blobs(place / "blobs"), RunInfo(pipeline="invoices"), uses)
        for number in range(first, end):
            _document(run, number)
        run.finish()


def _document(run: Run, number: int) -> None:
    now = dt.datetime.now(dt.UTC)
    values = {name: f"{name}-{number:08d}" for name in NAMES}
    text = PageText(page=0, content="\n".join(values.values()))
    content = sha256(text.content.encode()).hexdigest()
    key = f"inbox/{number:08d}.txt"
    document = Document(
        id=document_id(key, 0, content), name=key, key=key, media_type="text/plain", content_id=content, size=len(text.content)
    )
    run.found(document, path=key)

    def step(document: Document, name: str, result: object) -> Document:
        merged = document.add(name, result)
        keyed = "" if name == "ingest" else sha256(f"{name} {number}".encode()).hexdigest()[:32]
        attempt = Attempt(
            step=name,
            stage=STEPS[name],
            component=f"bench.{name}",
            started_at=now,
            wall=0.001 * (number % 997),
            memo_key=keyed,
            cache="miss" if keyed else "none",
        )
        run.attempt(merged, attempt, document.stamp(name, result))
        return merged

    document = step(document, "ingest", Document.of(pages=(PageInfo(index=0, width=595, height=842),), text=(text,)).layers)
    fields = []
    place = 0
    for name, value in values.items():
        span = Span(artifact=text.artifact, page=0, start=place, end=place + len(value), quote=value)
        fields.append(Field(path=name, value=value, confidence=0.9, spans=(span,)))
        place += len(value) + 1
    document = step(document, "fields", Extraction(fields=tuple(fields)))
    document = step(document, "kind", Classification(labels=(Label(taxonomy="kind", value="invoice", confidence=0.8),)))
    reason = Reason("it has a total", (document.reference(document.layers.fields[6]),))
    document = step(document, "route", Route(destination="pay", reasons=(reason,)))
    run.outcome(Outcome(document=document, status="completed"))


if __name__ == "__main__":
    main()
