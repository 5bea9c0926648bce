"""hOCR and ALTO, the two formats in which OCR programs tell what they read and where: in and out."""

from ._alto_in import Alto
from ._alto_out import to_alto
from ._hocr_in import Hocr
from ._hocr_out import to_hocr

__all__ = ["Alto", "Hocr", "to_alto", "to_hocr"]
