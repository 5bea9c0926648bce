"""The component keeps the laws of the conformance kit.

Every call starts the program, which takes a good part of a second, so there are few examples; what it reads is tested elsewhere.
"""

from __future__ import annotations

from aios_sdk import Box, Document, Layers, PageText, Region, Words
from aios_sdk.testing import conformance, samples


def scans() -> list[Document]:
    return [samples.scan("Invoice 471102\n\nTotal: 471.30 EUR\n").document(), letter()]


def letter() -> Document:
    """A page of which only the upper half is text, and the lower a picture."""
    bare = samples.scan("Dear claims team\n\n\n\n\n\n\n\nPlumber Miller\n\nTotal: 471.30 EUR\n").document()
    text = PageText(page=0, content="Dear claims team")
    words = Words.build(text, [(0, 16, Box.of(0.1, 0.05, 0.4, 0.1), None)])
    regions = (Region.of(text, "paragraph", 0, 16), Region.of(text, "picture", 16, 16, box=Box.of(0.0, 0.12, 1.0, 0.6)))
    return bare.add("ingest.letter", Layers(text=(text,), words=(words,), regions=regions))


test_tesseract = conformance("aios.tesseract", config={"psm": 11, "dpi": 100}, documents=scans, examples=1)
