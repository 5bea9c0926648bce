"""The section `splitting` of `reading.py`: packets made of documents whose sources the weights never saw, and real scanned packets."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from _corpora import folder
from _packets import Packet, alone, documents, packets
from _table import Row
from aios_text import PageRoles

from aios_sdk import Document, Pipeline, Resources, Store

#: Scanned packets of single pages; 6 and 5 documents.
_SCANNED = ("aws-solutions-library-samples", "GoogleCloudPlatform")


def splitting(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section."""
    roles = PageRoles(PageRoles.Config())
    roles.open(Resources(scratch=Path()))

    def found(document: Document) -> frozenset[int]:
        return frozenset(label.page or 0 for label in roles.classify(document).labels if label.value == "first")

    made = documents("judge")
    count = 60 if quick else 400
    drawn = list(packets(made, count, 4))
    real = list(packets([each for each in made if each.is_real], count, 5))
    sets = {
        "merged PDFs": [packet for packet, scanned in drawn if not scanned],
        "scans, with misread letters and blank backs": [packet for packet, scanned in drawn if scanned],
        "of real pages alone (PDFs, receipts)": [packet for packet, _ in real],
    }
    rows: list[Row] = []
    for name, given_packets in sets.items():
        rows += _rows(name, given_packets, found)
    whole = [next(alone([each])) for each in made if len(each.pages) > 1]
    kept = sum(found(packet.document) == {0} for packet in whole)
    case = f"splitting, documents of several pages that come alone and are left whole, of {len(whole)}"
    return [*rows, Row(case=case, figure=kept, unit="documents"), _scanned(found)]


def _rows(name: str, among: Sequence[Packet], found: Callable[[Document], frozenset[int]]) -> list[Row]:
    score, exact = judged(among, [found(packet.document) for packet in among])
    alone, alone_exact = judged(among, [frozenset(range(len(packet.document.pages))) for packet in among])
    whole = sum(packet.beginnings == {0} for packet in among) / len(among)
    pages = sum(len(packet.document.pages) for packet in among)
    about = f"{len(among)} packets, {pages} pages, {sum(len(packet.beginnings) for packet in among)} documents"
    return [
        Row(case=f"splitting, {name}: F1 of boundaries", figure=score, unit="", beside=f"{about}; each page alone {alone:.3f}"),
        Row(
            case=f"splitting, {name}: packets that come out exactly",
            figure=exact,
            unit="of 1",
            beside=f"each page alone {alone_exact:.3f}, never {whole:.3f}",
        ),
    ]


def judged(among: Sequence[Packet], found: Sequence[frozenset[int]]) -> tuple[float, float]:
    """F1 of the boundaries within packets, over all of them together; and the share of packets that are right as a whole."""
    hit = sum(len(mine & packet.beginnings) - 1 for packet, mine in zip(among, found, strict=True))
    told = sum(len(mine) - 1 for mine in found)
    true = sum(len(packet.beginnings) - 1 for packet in among)
    exact = sum(mine == packet.beginnings for packet, mine in zip(among, found, strict=True))
    return (2 * hit / (told + true) if told + true else 1.0), exact / len(among)


def _scanned(found: Callable[[Document], frozenset[int]]) -> Row:
    files = [file for file in sorted(folder("doc_class").rglob("*.pdf")) if any(owner in str(file) for owner in _SCANNED)]
    with tempfile.TemporaryDirectory() as place, Store(Path(place) / "read.aios") as store:
        pipeline = Pipeline("read").ingest().extract("tesseract")
        read = [each.document for each in pipeline.run(files, store=store, progress=False, workers=min(4, os.cpu_count() or 1))]
    true = sum(len(document.pages) - 1 for document in read)
    right = sum(len(found(document)) - 1 for document in read)
    case = f"splitting, {len(read)} real scanned packets of single pages: boundaries found, of {true}"
    return Row(case=case, figure=right, unit="boundaries")
