"""The component keeps the laws of the conformance kit.

Every call starts the program, which takes a good part of a second, so there are few examples; what it reads is tested elsewhere.
"""

from __future__ import annotations

from aios_sdk import Document
from aios_sdk.testing import conformance, samples


def scans() -> list[Document]:
    return [samples.scan("Invoice 471102\n\nTotal: 471.30 EUR\n").document()]


test_tesseract = conformance("aios.tesseract", config={"psm": 11, "dpi": 100}, documents=scans, examples=1)
