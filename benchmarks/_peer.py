"""The program of a peer in the section `steps`: the work in batches, timed, and what came out, as one line of JSON."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _work import batches, peak_megabytes, result_hash

#: Passes one batch of documents through the five steps.
Batch = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
#: Makes what passes batches, keeping its records in a folder, and what closes it.
Prepare = Callable[[Path], tuple[Batch, Callable[[], object]]]


def steps(distribution: str, prepare: Prepare) -> None:
    """Measure ``distribution``; the texts are there and its modules are imported before the clock starts."""
    parser = argparse.ArgumentParser(description=f"The steps in {distribution}")
    parser.add_argument("--documents", type=int, required=True)
    parser.add_argument("--size", type=int, required=True, help="documents in a batch")
    parser.add_argument("--folder", type=Path, required=True, help="where its records are; those of an earlier run are used")
    options = parser.parse_args()
    documents = list(batches(options.documents, options.size))
    began = time.perf_counter()
    batch, close = prepare(options.folder)
    opened = time.perf_counter()
    found = [document["found"] for each in documents for document in batch(each)]
    ended = time.perf_counter()
    close()
    answer = {
        "version": importlib.metadata.version(distribution),
        "opening": opened - began,
        "seconds": ended - opened,
        "documents": len(found),
        "hash": result_hash(found),
        "megabytes": peak_megabytes(),
    }
    print(json.dumps(answer), flush=True)


def each(read: Callable[[str], str]) -> None:
    """Read the files that are named on standard input, one a line, and say of each whether it gives text."""
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            found = "text" if read(line.rstrip("\n")).strip() else "empty"
        except Exception:  # noqa: BLE001 - whatever a reader raises, it has not read the file
            found = "error"
        print(found, flush=True)


def reading(distribution: str, any_file: Callable[[str], str] | None = None, **ways: Callable[[list[str]], dict[str, str]]) -> None:
    """Measure how ``distribution`` reads files, in one of the ``ways`` (``ocr``, ``pdf``): the text of each, in this one process.

    The way ``each`` reads files of any kind with ``any_file`` as they come.
    """
    if any_file is not None and sys.argv[1:] == ["each"]:
        each(any_file)
        return
    parser = argparse.ArgumentParser(description=f"Reading with {distribution}")
    parser.add_argument("way", choices=[*ways])
    parser.add_argument("files", type=Path, help="JSON: the files")
    options = parser.parse_args()
    files = json.loads(options.files.read_text())
    ways[options.way](files[:1])  # what is loaded at first use is no part of it
    began = time.perf_counter()
    texts = ways[options.way](files)
    answer = {"version": importlib.metadata.version(distribution), "seconds": time.perf_counter() - began, "texts": texts}
    print(json.dumps(answer), flush=True)
