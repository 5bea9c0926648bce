"""The section `ocr` of `engine.py`: pages read on all cores, beside the same calls without the engine, and other readers."""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from _corpora import plain, receipts
from _peers import Options, reader_rows
from _programs import cores, ours
from _table import Row, fail, number

PAGES = 40
#: So many pages are enough of what takes several seconds each.
FEW = 5
UNIT = "pages/s"


def ocr(options: Options) -> list[Row]:
    """The same receipts in the same run: with the engine, with its component in one bare loop, and with others."""
    count = cores()
    with tempfile.TemporaryDirectory() as place:
        truth = receipts(6 if options.quick else PAGES, Path(place), quick=options.quick)
        every, few = Path(place, "every.json"), Path(place, "few.json")
        every.write_text(json.dumps([*truth]))
        few.write_text(json.dumps([*truth][: 2 if options.quick else FEW]))
        bare, engine = [], []
        for _ in range(1 if options.quick else 2):
            bare.append(ours("ocr", "bare", every))
            engine.append(ours("ocr", "engine", every))
        if len({run["hash"] for run in (*bare, *engine)}) != 1:
            fail("the engine and the bare loop read different texts")
        alone = statistics.median(map(rate, bare))
        people = ours("ocr", "people", few)
        rows = [
            Row(
                case=f"OCR of {len(truth)} receipts on {count} cores",
                figure=statistics.median(map(rate, engine)),
                unit=UNIT,
                bar=0.9 * count * alone,
                at_least=True,
                beside=f"0.9 x {count} x {number(alone)} of the same calls in a bare loop, warm, one by one; {error(engine[0], truth)}",
            ),
            Row(case="beside: pytesseract.image_to_string(Image.open(file))", figure=rate(people), unit=UNIT, beside=error(people, truth)),
        ]
        cases = (
            ("kreuzberg", "kreuzberg, a batch on its own threads", every),
            ("unstructured", "unstructured, ocr_only, spaCy model replaced", few),
        )
        rows += reader_rows(options, "ocr", cases, rate, lambda read: error(read, truth), {"OMP_THREAD_LIMIT": "1"})
    return rows


def rate(read: Mapping[str, Any]) -> float:
    """Pages a second."""
    return float(len(read["texts"]) / read["seconds"])


def error(read: Mapping[str, Any], truth: Mapping[str, str]) -> str:
    """The median character error rate over the pages read, letters in upper case and all white space alike."""
    rates = [distance(plain(text), truth[file]) / len(truth[file]) for file, text in read["texts"].items()]
    return f"character error rate {statistics.median(rates):.3f} (median of {len(rates)})"


def distance(a: str, b: str) -> int:
    """The edit distance, by the algorithm of Myers (1999): a column of the table is two whole numbers."""
    places: dict[str, int] = {}
    for index, char in enumerate(a):
        places[char] = places.get(char, 0) | 1 << index
    mask, last = (1 << len(a)) - 1, 1 << max(len(a) - 1, 0)
    up, down, score = mask, 0, len(a)
    for char in b:
        equal = places.get(char, 0)
        diagonal = (((equal & up) + up) ^ up) | equal | down
        right, left = down | ~(diagonal | up) & mask, up & diagonal
        score += bool(right & last) - bool(left & last)
        right = right << 1 | 1
        up, down = left << 1 & mask | ~(diagonal | right) & mask, right & diagonal & mask
    return score if a else len(b)
