"""Plain text as a document of one page."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

from pydantic import field_validator

from aios_sdk import ComponentConfig, Context, Document, Malformed, PageInfo, PageText, Region, Source, component, implements

from ._decode import Decoded, decode, share_beyond_ascii

_CONTROLS: Final = frozenset(map(chr, [*range(9), *range(14, 27), *range(28, 32), 127]))
_MOST: Final = 0.4
_PARAGRAPH: Final = re.compile(r"\S(?:[^\n]*\S)?(?:\n[^\S\n]*\S(?:[^\n]*\S)?)*")


@component(
    "aios.plain-text",
    media_types=["text/plain", "text/*", "application/json", "application/xml", "application/yaml"],
    priority=-10,
    isolation="process",
    provides=["pages", "text", "regions"],
)
class PlainText:
    """Plain text as one page, decoded in Unicode or the legacy encoding whose letters fit.

    Line ends become ``\\n``. How a text that is no clean UTF-8 was decoded stands in the page text's ``reason``. With its low priority
    it also takes other kinds of text that no other component wants.
    """

    class Config(ComponentConfig):
        """``encoding``: the legacy encoding of texts that are no Unicode, such as ``cp1250`` or ``shift_jis``; told by their letters where
        empty. ``max_size``: in bytes."""

        encoding: str = ""
        max_size: int = 50_000_000

        @field_validator("encoding")
        @classmethod
        def _known(cls, value: str) -> str:
            try:
                return codecs.lookup(value).name if value else ""
            except LookupError:
                raise ValueError(f"there is no encoding {value!r}; take one of Python's, such as cp1250 or shift_jis") from None

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A document of one page. Raises `Malformed` for an empty or binary file, `LimitExceeded` for one that is too large."""
        data = source.read(self.config.max_size)
        text, reason, confidence = text_of(data, source.name, self.config.encoding, setting="encoding of aios.plain-text")
        page = PageText(page=0, content=text, reason=reason, confidence=confidence)
        regions = tuple(Region.of(page, "paragraph", start, end) for start, end in paragraphs(text))
        yield Document.of(pages=(PageInfo(index=0),), text=(page,), regions=regions)


def text_of(data: bytes, name: str, fallback: str, *, setting: str) -> Decoded:
    """The text in ``data`` with ``\\n`` at the end of lines. Raises `Malformed` where there is none, or nothing tells its encoding."""
    found = decode(data, fallback=fallback)
    if found.confidence == 0 and share_beyond_ascii(data) > _MOST:
        raise Malformed(
            f"{name!r} is no text in Unicode or an encoding that can be told",
            cause="It is binary, or too short to tell one legacy encoding from another",
            fix=f"Name it in {setting}",
        )
    controls = sum(found.text.count(control) for control in _CONTROLS)
    if "\0" in found.text or controls > len(found.text) / 50:
        raise Malformed(f"{name!r} is binary, not text", cause="It holds control characters", fix="Check what kind of file it is")
    if not found.text.strip():
        raise Malformed(f"{name!r} is an empty file" if not data else f"{name!r} holds nothing but white space")
    return found._replace(text=found.text.replace("\r\n", "\n").replace("\r", "\n"))


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Where the paragraphs of ``text`` stand: runs of lines between blank ones, without white space at their ends.

    Example::

        paragraphs("one\\ntwo\\n\\nthree") == [(0, 7), (9, 14)]
    """
    return [found.span() for found in _PARAGRAPH.finditer(text)]
