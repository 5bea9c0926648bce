"""PDFs read with the engine, with its component in bare processes, or text only with pypdfium2; prints one line of JSON."""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pypdfium2

from aios_sdk import Context, Document, Pipeline, Registry, Resources, Source, Store


def main() -> None:
    """Read in one of the ways; every file as many times as it is named, each time as a delivery of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=("engine", "component", "text"))
    parser.add_argument("files", type=Path, help="JSON: the PDFs, some of them several times")
    parser.add_argument("--processes", type=int, required=True)
    options = parser.parse_args()
    files = json.loads(options.files.read_text())
    if options.way == "engine":
        seconds, found = engine(files, options.processes)
    else:
        seconds, found = processes(options.way, files, options.processes)
    digest = hashlib.sha256("".join(sorted(each for _, _, each in found)).encode()).hexdigest()[:12]
    pages = sum(count for count, _, _ in found)
    print(json.dumps({"seconds": seconds, "pages": pages, "boxes": sum(boxes for _, boxes, _ in found), "hash": digest}), flush=True)


def engine(files: list[str], workers: int) -> tuple[float, list[tuple[int, int, str]]]:
    """A pipeline that ingests, from the first file it asks for until the last outcome; every page is durable by then."""
    asked: list[float] = []

    def sources() -> Iterator[Source]:
        asked.append(time.perf_counter())
        for number, file in enumerate(files):
            yield Source(name=Path(file).name, key=f"{number}", path=file)

    with tempfile.TemporaryDirectory() as folder, Store(Path(folder, "bench.aios")) as store:
        found = []
        outcomes = Pipeline("pdf").ingest("pdf").run(sources(), store=store, workers=workers, progress=False, fresh=True)
        for outcome in outcomes:
            if not outcome.document.parent:  # what is embedded is not of this section
                found.append(summary(outcome.document))
        return time.perf_counter() - asked[0], found


def processes(way: str, files: list[str], count: int) -> tuple[float, list[tuple[int, int, str]]]:
    """The same files in as many processes that share nothing, warm when the clock starts."""
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(count + 1), context.SimpleQueue()
    started = [context.Process(target=share, args=(way, files[number::count], files[0], ready, results)) for number in range(count)]
    for process in started:
        process.start()
    ready.wait()
    began = time.perf_counter()
    found = [each for _ in started for each in results.get()]
    seconds = time.perf_counter() - began
    for process in started:
        process.join()
    return seconds, found


def share(way: str, files: list[str], warm: str, ready: Barrier, results: multiprocessing.SimpleQueue[list[tuple[int, int, str]]]) -> None:
    """One process: read a file to warm up, wait for the others, read the share."""
    with tempfile.TemporaryDirectory() as folder:
        read = component(Path(folder)) if way == "component" else text
        read(warm)
        ready.wait()
        results.put([read(file) for file in files])


def component(folder: Path) -> Callable[[str], tuple[int, int, str]]:
    """The ingest of `aios.pdf`: the same calls of pypdfium2, and its own making of words."""
    instance = Registry.default().create("aios.pdf")
    instance.open(Resources(scratch=folder))
    ingest = instance.implementation("ingest")
    context = Context(run="bench", step="bench", scratch=folder)

    def read(file: str) -> tuple[int, int, str]:
        given = ingest.call(source=Source(name=Path(file).name, path=file), context=context)
        (document,) = [each for each in given if isinstance(each, Document)]
        return summary(document)

    return read


def text(file: str) -> tuple[int, int, str]:
    """Only the text, as pypdfium2 gives it: no words, no boxes."""
    with pypdfium2.PdfDocument(file) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return len(pages), 0, hashlib.sha256("\f".join(pages).encode()).hexdigest()


def summary(document: Document) -> tuple[int, int, str]:
    """Pages, words with boxes, and a hash over the texts."""
    return len(document.pages), sum(map(len, document.layers.words)), hashlib.sha256(document.text.encode()).hexdigest()


if __name__ == "__main__":
    main()
