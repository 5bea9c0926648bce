"""The component for Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from aios_files import decode
from pydantic import Field as Setting

from aios_sdk import ComponentConfig, Context, Document, Malformed, PageText, Source, component, implements

from ._layers import document_of
from ._render import render

_FRONT: Final = re.compile(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_NESTING: Final = 100


@component(
    "aios.markdown", media_types=["text/markdown", "text/x-markdown"], isolation="process", provides=["pages", "text", "regions", "tables"]
)
class Markdown:
    """Markdown (CommonMark, with tables and strikethrough of GitHub) as the text that it shows, with its structure as regions.

    Marks are no part of the text: ``**bold**`` is ``bold``. Metadata between lines of ``---`` at the top is a region of kind ``code``.
    """

    class Config(ComponentConfig):
        """``encoding``: of texts that are no Unicode; told by their letters where empty. ``max_size``: in bytes."""

        encoding: str = ""
        max_size: int = Setting(10_000_000, ge=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A document of one page, then its pictures. Raises `Malformed` where there is nothing to read, `LimitExceeded` if too large."""
        data = source.read(self.config.max_size)
        decoded = decode(data, fallback=self.config.encoding)
        if "\0" in decoded.text:
            raise Malformed(f"{source.name!r} is binary, not text", fix="Check what kind of file it is")
        shown = render(as_html(decoded.text), page=False)
        if not shown.text and not shown.pictures:
            raise Malformed(f"{source.name!r} shows no text", cause="It is empty, or holds only comments")
        text = PageText(page=0, content=shown.text, reason=decoded.reason, confidence=decoded.confidence)
        yield document_of(text, shown, context)
        for picture in shown.pictures:
            yield Source(name=picture.name, data=picture.data)


def as_html(text: str) -> str:
    """Markdown as HTML."""
    from markdown_it import MarkdownIt

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT.match(text)
    before = f"<pre>{html.escape(front[1])}</pre>" if front else ""
    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable(["table", "strikethrough"])
    rendered: str = parser.render(text[front.end() :] if front else text)
    return before + rendered
