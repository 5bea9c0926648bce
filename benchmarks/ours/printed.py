"""The values of invoices from their pages alone, by the words of the PDF and by OCR of pictures of them; prints one line of JSON."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from _pages import Invoice, given, pictures
from pydantic import BaseModel

from aios_sdk import Pipeline, Source, Store


class Line(BaseModel):
    """What is looked for on each line."""

    description: str
    quantity: Decimal | None = None
    total: Decimal


class WithLines(Invoice):
    """What is looked for."""

    lines: list[Line]


def main() -> None:
    """Read each PDF by its words, and once more as a picture of its pages."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, help="JSON: the PDFs")
    files = json.loads(parser.parse_args().files.read_text())
    fields = {"output": WithLines}
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder, "bench.aios")) as store:
        words = read(Pipeline("words").ingest().extract("fields", config=fields, name="read"), given(files), store)
        ocr = read(Pipeline("ocr").ingest().extract("tesseract").extract("fields", config=fields, name="read"), pictures(files), store)
    print(json.dumps({"words": words, "pictures": ocr}), flush=True)


def read(pipeline: Pipeline, inputs: Iterable[Source], store: Store) -> dict[str, dict[str, list[object]]]:
    """By file and path: the value that stands on the pages, and how sure it is. What ingest took from XML in the PDF does not count."""
    found: dict[str, dict[str, list[object]]] = {}
    for outcome in pipeline.run(inputs, store=store, progress=False):
        if not outcome.document.parent:
            printed = [field for field in outcome.document.layers.fields if field.step == "read"]
            found[outcome.document.key] = {field.path: [field.text, field.confidence] for field in printed}
    return found


if __name__ == "__main__":
    main()
