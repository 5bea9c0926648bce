"""OCR of scanned pages with tesseract; and its parts, for components that do more with what it reads."""

from ._component import Tesseract
from ._pages import read_pages
from ._reader import Reader, Settings, confidence
from ._reading import Reading, ScanWord, Seen, reading
from ._scan import Scan

__all__ = ["Reader", "Reading", "Scan", "ScanWord", "Seen", "Settings", "Tesseract", "confidence", "read_pages", "reading"]
