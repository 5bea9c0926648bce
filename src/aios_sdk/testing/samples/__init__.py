"""Small documents of every modality made by code, each with the truth about its text, words and tables.

Nothing is read from files or the network. Example::

    from aios_sdk.testing import samples

    scan = samples.scan()
    scan.source()                  # for an ingest component
    scan.document()                # for all others: ingested, with pages that can be drawn
    scan.words[0][0]               # PlacedWord(text='Hagen', start=0, end=5, box=Box(...))
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ._containers import BODY, mail, zip
from ._paper import A4, Paper, PlacedWord
from ._sample import Sample, SampleTable
from ._scans import fax, page_image, photo, scan, scanned_pdf
from ._tables import REPAIRS, table, workbook
from ._texts import LETTER, TERMS, WORLD, html, json, pdf, text, xml

if TYPE_CHECKING:
    #: Every sample as it is without arguments, and a text in many scripts; made when first asked for.
    ALL: tuple[Sample, ...]

__all__ = [
    "A4",
    "ALL",
    "BODY",
    "LETTER",
    "REPAIRS",
    "TERMS",
    "WORLD",
    "Paper",
    "PlacedWord",
    "Sample",
    "SampleTable",
    "fax",
    "for_media_type",
    "html",
    "json",
    "mail",
    "page_image",
    "pdf",
    "photo",
    "scan",
    "scanned_pdf",
    "table",
    "text",
    "workbook",
    "xml",
    "zip",
]


def for_media_type(media_type: str) -> list[Sample]:
    """The samples of a media type, ``image/*`` or ``*/*``; none for a type that there is no sample of.

    Example::

        [sample.name for sample in samples.for_media_type("image/*")]
    """
    kind, _, subtype = media_type.partition("/")
    return [
        sample
        for sample in _all()
        if media_type in ("*/*", sample.media_type) or (subtype == "*" and sample.media_type.startswith(f"{kind}/"))
    ]


@cache
def _all() -> tuple[Sample, ...]:
    made = (text, pdf, scan, page_image, photo, fax, scanned_pdf, table, workbook, mail, html, xml, json, zip)
    return (*(make() for make in made), text(WORLD, name="world.txt"))


def __getattr__(name: str) -> Any:
    if name == "ALL":
        return _all()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
