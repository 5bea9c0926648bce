"""The component for HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from aios_files import decode
from pydantic import Field as Setting

from aios_sdk import ComponentConfig, Context, Document, Field, Malformed, PageText, Source, Span, component, implements

from ._layers import document_of
from ._render import Rendered, render

_DECLARED: Final = re.compile(rb"<(?:meta\b[^>]{0,300}?charset|\?xml\b[^>]{0,100}?encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_PRESCAN: Final = 4096


@component(
    "aios.html",
    media_types=["text/html", "application/xhtml+xml"],
    isolation="process",
    provides=["pages", "text", "regions", "tables", "fields"],
    fields={"title": "text", "description": "text"},
)
class Html:
    """A page of HTML as the text that a reader sees, with headings, lists, tables, links and code as regions.

    The text begins with the title, unless a heading says the same. Navigation, banners and footers are regions of kind ``header`` and
    ``footer``; with ``main_only`` they are left out. Scripts, styles and hidden elements are no part of the text. Pictures within the file
    (``data:``) are parts. Tables that hold data are tables; those that lay out the page are text.
    """

    class Config(ComponentConfig):
        """``main_only``: leave out navigation, banners and footers. ``encoding``: of pages that are no Unicode and do not say theirs;
        told by their letters where empty. ``max_size``: in bytes."""

        main_only: bool = False
        encoding: str = ""
        max_size: int = Setting(50_000_000, ge=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A document of one page, then its pictures. Raises `Malformed` where a reader would see nothing, `LimitExceeded` if too large."""
        data = source.read(self.config.max_size)
        decoded = decode(data, declared=declared_charset(data), fallback=self.config.encoding)
        shown = render(decoded.text, main_only=self.config.main_only)
        if not shown.text and not shown.pictures:
            raise Malformed(f"{source.name!r} shows no text", cause="It is empty, or drawn by scripts, which are not run")
        text = PageText(
            page=0, content=shown.text, reason=decoded.reason, confidence=decoded.confidence, language=shown.language
        )  # fmt: skip
        yield document_of(text, shown, context, fields=tuple(_fields(shown, text)))
        for picture in shown.pictures:
            yield Source(name=picture.name, data=picture.data)


def declared_charset(data: bytes) -> str:
    """What a page says of its encoding in ``<meta>`` or its XML declaration; empty where it says nothing."""
    found = _DECLARED.search(data[:_PRESCAN])
    return found[1].decode("ascii", "replace") if found else ""


def _fields(shown: Rendered, text: PageText) -> Iterator[Field]:
    """The title, where it is shown, and the description: with its place if a reader sees it, ungrounded if only the head says it."""
    title = next((part for part in shown.parts if part.kind == "title"), None)
    if title is not None:
        quote = shown.text[title.start : title.end]
        span = Span(artifact=text.artifact, page=0, start=title.start, end=title.end, quote=quote)
        yield Field(path="title", value=" ".join(quote.split()), spans=(span,), confidence=1.0)
    if shown.description:
        start = shown.text.find(shown.description)
        if start < 0:
            yield Field(path="description", value=shown.description, status="ungrounded")
        else:
            end = start + len(shown.description)
            span = Span(artifact=text.artifact, page=0, start=start, end=end, quote=shown.description)
            yield Field(path="description", value=shown.description, spans=(span,), confidence=1.0)
