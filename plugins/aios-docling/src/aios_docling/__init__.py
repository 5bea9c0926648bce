"""DoclingDocument JSON for aios-sdk."""

from ._component import Docling

__all__ = ["Docling"]
