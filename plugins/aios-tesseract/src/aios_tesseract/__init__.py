"""OCR of scanned pages with tesseract; and its parts, for components that do more with what it reads."""

from ._component import Tesseract, pages_to_read, why
from ._reader import Reader, Settings, confidence
from ._reading import Reading, ScanWord, blank, extraction, reading
from ._scan import Scan, is_blank, scan

__all__ = [
    "Reader",
    "Reading",
    "Scan",
    "ScanWord",
    "Settings",
    "Tesseract",
    "blank",
    "confidence",
    "extraction",
    "is_blank",
    "pages_to_read",
    "reading",
    "scan",
    "why",
]
