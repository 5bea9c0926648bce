"""Receipts read with the engine, with its components in a bare loop, or as people call pytesseract; prints one line of JSON."""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from aios_sdk import Context, Document, Pipeline, Registry, Resources, Source, Store


def main() -> None:
    """Read in one of the three ways."""
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=("engine", "bare", "people"))
    parser.add_argument("files", type=Path, help="JSON: the pictures")
    options = parser.parse_args()
    files = json.loads(options.files.read_text())
    with tempfile.TemporaryDirectory() as folder:
        seconds, texts = {"engine": engine, "bare": bare, "people": people}[options.way](files, Path(folder))
    digest = hashlib.sha256(json.dumps(sorted(texts.items())).encode()).hexdigest()[:12]
    print(json.dumps({"seconds": seconds, "texts": texts, "hash": digest}), flush=True)


def engine(files: list[str], folder: Path) -> tuple[float, dict[str, str]]:
    """A pipeline on all cores, from the first file it asks for until the last outcome: workers are started meanwhile."""
    asked: list[float] = []

    def sources() -> Iterator[Source]:
        asked.append(time.perf_counter())
        for file in files:
            yield Source(name=Path(file).name, key=file, path=file)

    pipeline = Pipeline("receipts").ingest("image").extract("tesseract")
    with Store(folder / "bench.aios") as store:
        outcomes = list(pipeline.run(sources(), store=store, progress=False))
        seconds = time.perf_counter() - asked[0]
    return seconds, {outcome.document.key: outcome.document.text for outcome in outcomes if outcome.status == "completed"}


def bare(files: list[str], folder: Path) -> tuple[float, dict[str, str]]:
    """The same two components, called one after the other without an engine; the first file is read once before, to warm up."""
    registry = Registry.default()
    image, tesseract = registry.create("aios.image"), registry.create("aios.tesseract")
    for each in (image, tesseract):
        each.open(Resources(scratch=folder))
    context = Context(run="bench", step="bench", scratch=folder)
    ingest, render, extract = image.implementation("ingest"), image.implementation("render"), tesseract.implementation("extract")

    class Host:
        def __init__(self, file: str) -> None:
            self.file = Path(file)

        def open(self, document: Document) -> BinaryIO:
            return self.file.open("rb")

        def render(self, document: Document, page: int, dpi: int) -> Any:
            return render.call(document=document, page=page, dpi=dpi)

    def read(file: str) -> str:
        (document,) = ingest.call(source=Source(name=Path(file).name, path=file), context=context)
        found = extract.call(document=document.bind(Host(file)), context=context)
        return "\f".join(text.content for text in found.text)

    read(files[0])
    began = time.perf_counter()
    texts = {file: read(file) for file in files}
    return time.perf_counter() - began, texts


def people(files: list[str], folder: Path) -> tuple[float, dict[str, str]]:
    """As most programs call it: with its defaults, which let tesseract take all cores for one page."""
    import pytesseract
    from PIL import Image

    began = time.perf_counter()
    texts = {file: pytesseract.image_to_string(Image.open(file)) for file in files}
    return time.perf_counter() - began, texts


if __name__ == "__main__":
    main()
