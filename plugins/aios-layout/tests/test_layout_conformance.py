"""The component keeps the laws of the conformance kit."""

from __future__ import annotations

import io

from aios_sdk import Box, Document
from aios_sdk.testing import conformance, samples

CONTENT = "Item Count Price\nPutty 1 8.75\nPane 2 120.50\nWork 6 390.00"


def page() -> Document:
    """A picture of a table, as OCR read it."""
    paper = samples.Paper.of(CONTENT)
    words = []
    for number, word in enumerate(paper.words):
        wide, left = word.box.x1 - word.box.x0, 0.1 + 0.25 * (number % 3)
        words.append(word._replace(box=Box.of(left, word.box.y0, left + wide, word.box.y1)))
    paper, data = paper._replace(words=tuple(words)), io.BytesIO()
    paper.draw(150).save(data, "PNG", dpi=(150, 150))
    return samples.Sample(name="table.png", media_type="image/png", data=data.getvalue(), papers=(paper,), readable=False).document(
        read=True
    )


def pages() -> list[Document]:
    return [page(), samples.scan().document(read=True), samples.scanned_pdf().document(read=True)]


test_layout = conformance("aios.layout", documents=pages, examples=5)
