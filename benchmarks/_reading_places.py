"""The section `places` of `reading.py`: every quote is read again where it is said to stand, and every box lies on its page."""

from __future__ import annotations

import argparse
from collections import Counter

from _corpora import folder
from _reading_files import ours
from _table import Row

KINDS = ("ingest", "invoices", "forms", "tabular", "images_ok")


def places(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section."""
    found = [file for kind in KINDS for file in sorted(folder(kind).rglob("*")) if file.is_file()]
    _, about = ours(found[::10] if quick else found)
    lines = about["lines"]
    wrong: Counter[str] = Counter()
    for line in lines:
        wrong.update(line["misplaced"])
    spans, boxes = (sum(line[what] for line in lines) for what in ("spans", "boxes"))
    counted = f"{spans:,} spans of fields and {boxes:,} boxes in {len(lines):,} documents"
    beside = "; ".join([counted, *(f"{count} {what}" for what, count in wrong.most_common(5))])
    what = "quotes that are not there, words and regions that lie nowhere"
    return [
        Row(case=what, figure=wrong.total(), unit="of them", bar=0, beside=beside),
        Row(case="runs whose documents are not conserved", figure=int(not about["conserved"]), unit="runs", bar=0),
    ]
