"""The components keep the laws of the conformance kit; the models take seconds to load, so there are few examples."""

from __future__ import annotations

from aios_sdk import Document
from aios_sdk.testing import conformance, samples


def scans() -> list[Document]:
    return [samples.scan("Invoice 471102\n\nTotal: 471.30 EUR\n").document()]


test_rapidocr = conformance("aios.rapidocr", config={"dpi": 100, "side": 640}, documents=scans, tier="behaviour", examples=1)
test_ocr = conformance("aios.ocr", config={"dpi": 100}, documents=scans, tier="contract", examples=1)
