"""Files read by a pipeline that ingests and reads scans; prints one line of JSON for each document, and one about the process."""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from aios_sdk import Document, Limits, Pipeline, Registry, Span, Store
from aios_sdk.records import Outcome

#: Seconds and MiB that a file may take.
DEADLINE = 60
MEMORY = 2048


def main() -> None:
    """Read the files, each as a delivery of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, help="JSON: the files")
    options = parser.parse_args()
    files = json.loads(options.files.read_text())
    pipeline = Pipeline("everything").ingest(timeout=DEADLINE)
    if "aios.tesseract" in Registry.default().components:
        pipeline = pipeline.extract("tesseract", required=False, timeout=DEADLINE)
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder, "bench.aios")) as store:
        began = time.perf_counter()
        for outcome in pipeline.run(files, store=store, progress=False, limits=Limits(timeout=DEADLINE, memory_mb=MEMORY)):
            print(json.dumps(told(outcome)), flush=True)
        seconds = time.perf_counter() - began
        held = "select document_id, path, name from documents where kind = 'container' and path <> ''"
        for container, path, name in store.sql(held).fetchall():
            print(json.dumps(nothing_but_others(container, path, name)), flush=True)
        took = store.sql(
            "select d.path, sum(a.wall_seconds) from attempts a join documents d using (run_id, document_id) group by 1"
        ).fetchall()
        kept = store.sql("select holds from conservation").fetchall()
        print(
            json.dumps(
                {
                    "seconds": seconds,
                    "took": {path: wall for path, wall in took if path},
                    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                    "conserved": all(holds for (holds,) in kept),
                }
            ),
            flush=True,
        )


def told(outcome: Outcome) -> dict[str, Any]:
    """How a document ended, what it holds, and what is wrong with its places."""
    document = outcome.document
    layers = document.layers
    rows = sum(table.rows for table in layers.tables)
    return {
        "path": document.key if not document.parent else "",
        "part": bool(document.parent),
        "parent": document.parent,
        "id": document.id,
        "name": document.name,
        "status": outcome.status,
        "category": outcome.failures[0].category if outcome.failures else "",
        "message": outcome.failures[0].message.splitlines()[0][:200] if outcome.failures else "",
        "letters": len("".join(document.text.split())) + rows,
        "fields": {field.path: field.text for field in layers.fields},
        "spans": sum(len(field.spans) for field in layers.fields),
        "boxes": sum(map(len, layers.words)) + sum(region.box is not None for region in layers.regions),
        "misplaced": dict(Counter(misplaced(document))),
    }


def nothing_but_others(container: str, path: str, name: str) -> dict[str, Any]:
    """A file that is no document itself, such as an archive: it counts by what is in it."""
    told = {"path": path, "part": False, "parent": "", "id": container, "name": name, "status": "completed", "category": ""}
    return {**told, "message": "", "letters": 0, "fields": {}, "spans": 0, "boxes": 0, "misplaced": {}}


def misplaced(document: Document) -> list[str]:
    """What does not stand where it is said to stand: read again here, whatever the engine made sure of."""
    texts = {text.artifact: text.content for text in document.layers.text}
    pages = {page.index for page in document.pages}
    wrong = []
    for field in document.layers.fields:
        wrong += [f"field {field.path}" for span in field.spans if not holds(span, texts, pages)]
    for words in document.layers.words:
        content, columns = texts.get(words.artifact), words.ranges()
        for number, (start, end) in enumerate(zip(*columns, strict=True)):
            box = words.box(number)
            if content is None or not content[start:end].strip() or not (0 <= box.x0 <= box.x1 <= 1 and 0 <= box.y0 <= box.y1 <= 1):
                wrong.append("word")
    for region in document.layers.regions:
        content = texts.get(region.artifact)
        if content is None or not 0 <= region.start <= region.end <= len(content) or region.page not in pages:
            wrong.append(f"region {region.kind}")
    return wrong


def holds(span: Span, texts: dict[str, str], pages: set[int]) -> bool:
    """Whether the quote stands there; of a place in another document or a table only that it is on a page."""
    if span.start is None or span.end is None or span.artifact not in texts:
        return span.page is None or span.page in pages or span.artifact not in texts
    return texts[span.artifact][span.start : span.end] == span.quote


if __name__ == "__main__":
    main()
