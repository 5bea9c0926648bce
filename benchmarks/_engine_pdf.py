"""The section `pdf` of `engine.py`: text and boxes of PDFs, beside the same calls without the engine, and other readers."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from pathlib import Path

import pypdfium2
from _corpora import corpora
from _peers import Peers
from _programs import Absent, ours
from _table import Row, fail, number

UNIT = "pages/s"
#: How often the corpus is read: it is small, and a second is too short to tell.
TIMES = 20

PEERS = (
    ("kreuzberg", "kreuzberg, text, a batch on its own threads"),
    ("docling_parse", "docling-parse, lines with boxes, one process"),
    ("markitdown", "markitdown, one process"),
    ("unstructured", "unstructured, fast, one process"),
)


def pdf(quick: bool, peers: Peers) -> list[Row]:
    """The same PDFs in the same run: with the engine, with its component in bare processes, and with others, who read them once."""
    found = readable(corpora())
    if quick:
        found = dict([*found.items()][:10])
    files, pages = [*found], sum(found.values())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as place:
        often, once = Path(place, "often.json"), Path(place, "once.json")
        often.write_text(json.dumps(files * (2 if quick else TIMES)))
        once.write_text(json.dumps(files))
        bare, engine, text = [], [], []
        for _ in range(1 if quick else 3):
            for runs, way in ((bare, "component"), (engine, "engine"), (text, "text")):
                runs.append(ours("pdf", way, often, "--processes", cores))
        if {(run["hash"], run["pages"], run["boxes"]) for run in engine} != {(run["hash"], run["pages"], run["boxes"]) for run in bare}:
            fail(f"the engine and the bare processes read different texts or boxes: {engine} {bare}")
        ours_rate, bare_rate, text_rate = (
            statistics.median(run["pages"] / run["seconds"] for run in runs) for runs in (engine, bare, text)
        )
        what = f"text and boxes of {engine[0]['pages']:,} PDF pages on {cores} cores"
        beside = f"0.9 x {number(bare_rate)} of the same component in {cores} bare processes; {engine[0]['boxes']:,} words"
        rows = [
            Row(case=what, figure=ours_rate, unit=UNIT, bar=0.9 * bare_rate, at_least=True, beside=beside),
            Row(case=f"beside: pypdfium2, text without boxes, {cores} bare processes", figure=text_rate, unit=UNIT),
        ]
        for peer, case in PEERS if peers else ():
            try:
                read = peers.run(peer, "pdf", once)
            except Absent as reason:
                rows.append(Row(case=f"peer: {case}", figure=None, unit=UNIT, beside=f"not measured: {reason}"))
                continue
            letters = sum(len("".join(text.split())) for text in read["texts"].values())
            told = f"{read['version']}; {pages} pages, {letters:,} letters"
            rows.append(Row(case=f"peer: {case}", figure=pages / read["seconds"], unit=UNIT, beside=told))
    return rows


def readable(folder: Path) -> dict[str, int]:
    """The PDFs that pypdfium2 opens, with the number of their pages; broken ones are kept apart in the corpus and not of this section."""
    found = {}
    for file in sorted(folder.rglob("*.pdf")):
        if "hostile" in file.relative_to(folder).parts:
            continue
        try:
            with pypdfium2.PdfDocument(file) as document:
                found[str(file)] = len(document)
        except pypdfium2.PdfiumError:
            continue
    return found
