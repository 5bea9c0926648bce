"""Names: near ones for error texts, and the distributions of known first-party components."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

#: The components of each first-party distribution; for install hints only, never for choice.
_SHIPPED: Final[Mapping[str, str]] = {
    "aios-docling": "docling",
    "aios-email": "email mbox msg tnef",
    "aios-fields": "fields",
    "aios-files": "folder image json plain-text tar xml zip",
    "aios-hocr": "alto hocr",
    "aios-html": "html markdown",
    "aios-layout": "layout",
    "aios-office": "office soffice",
    "aios-openai": "openai",
    "aios-pdf": "einvoice pdf",
    "aios-pii": "pii",
    "aios-rapidocr": "ocr rapidocr",
    "aios-rules": "rules",
    "aios-sentence-transformers": "sentence-transformers",
    "aios-tables": "tables",
    "aios-tesseract": "tesseract",
    "aios-text": "extractive language lexical page-roles vote",
    "aios-timm": "timm",
}

#: The distribution of each first-party component, by id.
FIRST_PARTY: Final[Mapping[str, str]] = {f"aios.{name}": distribution for distribution, names in _SHIPPED.items() for name in names.split()}


def near(name: str, names: Iterable[str]) -> str:
    """A question that offers up to three of ``names`` that look like ``name``; empty when none does."""
    import difflib

    folded = {candidate.lower(): candidate for candidate in names}
    found = difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(repr(folded[match]) for match in found)}?" if found else ""


def listed(names: Iterable[str]) -> str:
    """Names for a sentence: ``'a', 'b'``, or ``none``."""
    return ", ".join(repr(name) for name in names) or "none"


def normalised_distribution(name: str) -> str:
    """A distribution's name in the form in which two spellings compare equal (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
