"""Invoices as inputs of a pipeline: as they are, and as pictures of their pages; and what is looked for on them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pypdfium2
from pydantic import BaseModel

from aios_sdk import Source


class Invoice(BaseModel):
    """What is looked for on the pages."""

    number: str
    date: dt.date
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    seller: str


def given(files: list[str]) -> Iterator[Source]:
    """The files as they are."""
    return (Source(name=Path(file).name, key=file, path=file) for file in files)


def pictures(files: list[str]) -> Iterator[Source]:
    """The pages of each PDF at 200 dpi, as one TIFF: nothing is left of its text and its XML."""
    for file in files:
        if file.endswith(".pdf"):
            with pypdfium2.PdfDocument(file) as document:
                pages = [page.render(scale=200 / 72).to_pil().convert("L") for page in document]
            written = io.BytesIO()
            pages[0].save(written, "TIFF", save_all=True, append_images=pages[1:], dpi=(200, 200), compression="tiff_deflate")
            yield Source(name=Path(file).stem + ".tiff", key=file, data=written.getvalue())
