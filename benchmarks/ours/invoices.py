"""The values of e-invoices: from their XML, and from pictures of their pages alone; prints one line of JSON."""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pypdfium2
from pydantic import BaseModel

from aios_sdk import Pipeline, Source, Store
from aios_sdk.records import value_text


class Invoice(BaseModel):
    """What is looked for on the pages."""

    number: str
    date: dt.date
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    seller: str


def main() -> None:
    """Read each file as it is, and each PDF once more as a picture of its pages."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, help="JSON: the files")
    files = json.loads(parser.parse_args().files.read_text())
    pictured = Pipeline("pages").ingest().extract("tesseract").extract("fields", config={"output": Invoice})
    answer: dict[str, dict[str, dict[str, str]]] = {"xml": {}, "pages": {}}
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder, "bench.aios")) as store:
        for way, pipeline, inputs in (("xml", Pipeline("xml").ingest(), given(files)), ("pages", pictured, pictures(files))):
            for outcome in pipeline.run(inputs, store=store, progress=False):
                if not outcome.document.parent:
                    values = {path: outcome.document.fields[path].value for path in outcome.document.fields}
                    answer[way][outcome.document.key] = {path: value_text(value) for path, value in values.items() if value is not None}
    print(json.dumps(answer), flush=True)


def given(files: list[str]) -> Iterator[Source]:
    """The files as they are."""
    return (Source(name=Path(file).name, key=file, path=file) for file in files)


def pictures(files: list[str]) -> Iterator[Source]:
    """The pages of each PDF at 200 dpi, as one TIFF: nothing is left of its text and its XML."""
    for file in files:
        if file.endswith(".pdf"):
            with pypdfium2.PdfDocument(file) as document:
                pages = [page.render(scale=200 / 72).to_pil().convert("L") for page in document]
            written = io.BytesIO()
            pages[0].save(written, "TIFF", save_all=True, append_images=pages[1:], dpi=(200, 200), compression="tiff_deflate")
            yield Source(name=Path(file).stem + ".tiff", key=file, data=written.getvalue())


if __name__ == "__main__":
    main()
