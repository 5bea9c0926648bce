"""The components keep the laws of the conformance kit."""

from __future__ import annotations

from aios_hocr import to_alto, to_hocr

from aios_sdk import Box, Document, PageInfo, PageText, Source, Words
from aios_sdk.testing import conformance


def page() -> Document:
    text = PageText(page=0, content="Invoice 471102\n\nTotal: 471.30 EUR")
    places = [(0, 7, Box.of(0.1, 0.1, 0.2, 0.12), 0.9), (8, 14, Box.of(0.21, 0.1, 0.3, 0.12), 0.8)]
    return Document.of(pages=(PageInfo(index=0, width=595, height=842),), text=(text,), words=(Words.build(text, places),))


HOCR = Source(name="page.hocr", data=to_hocr(page()).encode(), media_type="text/html")
ALTO = Source(name="page.xml", data=to_alto(page()).encode(), media_type="application/xml")

test_hocr = conformance("aios.hocr", sources=[HOCR], examples=5)
test_alto = conformance("aios.alto", sources=[ALTO], examples=5)
