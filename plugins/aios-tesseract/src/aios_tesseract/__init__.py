"""OCR of scanned pages with the tesseract program."""

from ._component import Tesseract

__all__ = ["Tesseract"]
