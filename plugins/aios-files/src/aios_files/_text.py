"""Plain text: decoding without guessing beyond what the bytes show."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final, NamedTuple

from pydantic import field_validator

from aios_sdk import ComponentConfig, Context, Document, LimitExceeded, Malformed, PageInfo, PageText, Source, component, implements

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS: Final = frozenset(map(chr, [*range(9), *range(14, 27), *range(28, 32), 127]))
_ASCII: Final = bytes(range(0x80))


class Decoded(NamedTuple):
    """A text, and how it was decoded in words (empty for clean UTF-8)."""

    text: str
    reason: str


@component(
    "aios.plain-text",
    media_types=["text/plain", "text/markdown", "text/*", "application/json", "application/xml"],
    priority=-10,
    isolation="process",
    provides=["pages", "text"],
)
class PlainText:
    """Plain text as one page, decoded by byte order mark, UTF-8, UTF-16, or a legacy encoding.

    Line ends become ``\\n``. How a text that is no clean UTF-8 was decoded stands in the page text's ``reason``. With its low priority
    it also takes other kinds of text that no other component wants.
    """

    class Config(ComponentConfig):
        """``encoding``: the legacy encoding of texts that are no Unicode, such as ``cp1250`` or ``shift_jis``; Windows-1252 where empty.
        ``max_size``: in bytes."""

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
        with source.open() as file:
            data = file.read(self.config.max_size + 1)
        if len(data) > self.config.max_size:
            raise LimitExceeded(
                f"{source.name!r} has more than {self.config.max_size:,} bytes of text",
                fix="Raise max_size of aios.plain-text, or split the file",
            )
        text, reason = decode(data, self.config.encoding)
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if not text.strip():
            raise Malformed(f"{source.name!r} is an empty file" if not data else f"{source.name!r} holds nothing but white space")
        yield Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text, reason=reason),))


def decode(data: bytes, fallback: str = "") -> Decoded:
    """The text in ``data``; ``fallback`` is its encoding where it is no Unicode. Raises `Malformed` when it is no text.

    Example::

        decode("Größe".encode("cp1252")).text == "Größe"
    """
    found = _unicode(data) or _legacy(data, fallback)
    controls = sum(found.text.count(control) for control in _CONTROLS)
    if "\0" in found.text or controls > len(found.text) / 50:
        raise Malformed("The file is binary, not text", cause="It holds control characters", fix="Check what kind of file it is")
    return found


def _unicode(data: bytes) -> Decoded | None:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _replacing(data[len(mark) :], encoding, "byte order mark")
    if encoding := _wide(data[:4096]):
        return _replacing(data, encoding, "pattern of zero bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _damaged_utf8(data)
    if "\x1b$" in text or "\x1b(" in text:
        try:
            return Decoded(data.decode("iso2022_jp_2"), "decoded as ISO-2022-JP by its escapes")
        except UnicodeDecodeError:
            return Decoded(text, "")
    return Decoded(text, "")


def _replacing(data: bytes, encoding: str, why: str) -> Decoded:
    return Decoded(data.decode(encoding, "replace"), "" if encoding == "utf-8" else f"decoded as {encoding.upper()} by its {why}")


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: mostly ASCII, so every other byte is zero."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    enough = len(head) // 2 * 0.7
    if len(head) < 4 or len(head) % 2:
        return ""
    return "utf-16-le" if odd > enough and not even else "utf-16-be" if even > enough and not odd else ""


def _damaged_utf8(data: bytes) -> Decoded | None:
    """UTF-8 with a few bad bytes: far more good sequences of several bytes than replacements."""
    text = data.decode("utf-8", "replace")
    replaced = text.count("\ufffd")
    good = sum(character > "\x7f" for character in text) - replaced
    if good < 10 * replaced:
        return None
    return Decoded(text, f"UTF-8 with {replaced} damaged place{'s' * (replaced > 1)} replaced by U+FFFD")


def _legacy(data: bytes, fallback: str) -> Decoded:
    if fallback:
        return Decoded(_whole(data.decode(fallback, "replace")), f"decoded as {fallback}, the encoding that was configured")
    high = len(data.translate(None, delete=_ASCII))
    if high > 0.4 * max(1, len(data) - data.count(b" ")):
        raise Malformed(
            "The file is no text in Unicode or a western encoding",
            cause="It is binary, or in an encoding such as Shift-JIS or Windows-1251, which cannot be told from the bytes with certainty",
            fix="Name it in `encoding` of aios.plain-text",
        )
    return Decoded(data.decode("cp1252", "replace"), "decoded as Windows-1252, as it is no UTF-8")


def _whole(text: str) -> str:
    """``text`` without lone surrogates, which some codecs let through."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
