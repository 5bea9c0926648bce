"""OCR with the PP-OCR models of rapidocr: of whole pages, or of the lines that tesseract is not sure of."""

from ._ocr import Ocr
from ._rapidocr import RapidOcr

__all__ = ["Ocr", "RapidOcr"]
