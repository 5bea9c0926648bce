"""The section `pdf` of `engine.py`: text and boxes of PDFs, beside the same calls without the engine, and other readers."""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from _corpora import pdfs
from _peers import Options, reader_rows
from _programs import cores, ours
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


def pdf(options: Options) -> list[Row]:
    """The same PDFs in the same run: with the engine, with its component in bare processes, and with others, who read them once."""
    found = pdfs(quick=options.quick)
    if options.quick:
        found = dict([*found.items()][:10])
    files, pages = [*found], sum(found.values())
    count = cores()
    with tempfile.TemporaryDirectory() as place:
        often, once = Path(place, "often.json"), Path(place, "once.json")
        often.write_text(json.dumps(files * (2 if options.quick else TIMES)))
        once.write_text(json.dumps(files))
        runs: dict[str, list[dict[str, Any]]] = {"component": [], "engine": [], "text": []}
        for _ in range(1 if options.quick else 3):
            for way, ran in runs.items():
                ran.append(ours("pdf", way, often, "--processes", count))
        engine = runs["engine"]
        if len({(run["hash"], run["pages"], run["boxes"]) for run in (*engine, *runs["component"])}) != 1:
            fail(f"the engine and the bare processes read different texts or boxes: {runs}")
        bare_rate, ours_rate, text_rate = (statistics.median(run["pages"] / run["seconds"] for run in ran) for ran in runs.values())
        what = f"text and boxes of {engine[0]['pages']:,} PDF pages on {count} cores"
        beside = f"0.9 x {number(bare_rate)} of the same component in {count} bare processes; {engine[0]['boxes']:,} words"
        rows = [
            Row(case=what, figure=ours_rate, unit=UNIT, bar=0.9 * bare_rate, at_least=True, beside=beside),
            Row(case=f"beside: pypdfium2, text without boxes, {count} bare processes", figure=text_rate, unit=UNIT),
        ]
        cases = [(peer, what, once) for peer, what in PEERS]
        rows += reader_rows(options, "pdf", cases, lambda read: pages / read["seconds"], lambda read: f"{pages} pages, {letters(read)}")
    return rows


def letters(read: Mapping[str, Any]) -> str:
    """How much was read, white space left out: some drop repeated or hidden text, and Markdown adds marks."""
    return f"{sum(len(''.join(text.split())) for text in read['texts'].values()):,} letters"
