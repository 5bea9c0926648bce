"""Bytes as text: by byte order mark, by what was declared, as Unicode, or as the legacy encoding whose letters fit."""

from __future__ import annotations

import codecs
from typing import Final, NamedTuple

from ._alphabets import guess

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Charsets that are declared, and the larger ones that are meant (the WHATWG encoding standard's labels).
_LARGER: Final = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932", "big5": "big5hkscs", "iso2022_jp": "iso2022_jp_2",
}  # fmt: skip
#: Names that Python does not know.
_ALIASES: Final = {
    "x-sjis": "cp932", "x-gbk": "gb18030", "x-euc-jp": "euc_jp", "x-big5": "big5hkscs", "x-mac-roman": "mac_roman", "unicode": "utf-16",
    "x-mac-cyrillic": "mac_cyrillic", "x-user-defined": "cp1252", "iso-8859-8-i": "iso8859-8", "windows-949": "cp949",
    "x-windows-949": "cp949", "windows-874": "cp874", "dos-874": "cp874",
}  # fmt: skip
_ASCII: Final = bytes(range(0x80))


class Decoded(NamedTuple):
    """A text; how it was decoded in words, empty where nothing was in doubt; and how sure that is.

    ``confidence`` is None where the bytes or a declaration say it, between 0 and 1 where it was guessed, and 0 where nothing told.
    """

    text: str
    reason: str = ""
    confidence: float | None = None


def decode(data: bytes, *, declared: str = "", fallback: str = "") -> Decoded:
    """``data`` as text. Never raises: what does not fit becomes U+FFFD.

    A byte order mark goes first, then ``declared`` (what a header or the file says of itself) if all of it fits, then Unicode, then
    ``fallback``, then the legacy encoding whose letters make words, then Windows-1252. UTF-8 that is declared as something of one byte a
    character is UTF-8. Example::

        decode("Größe".encode("cp1252")).text == "Größe"
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _replacing(data[len(mark) :], encoding, "byte order mark")
    named = _codec(declared)
    if named and (found := _declared(data, named)):
        return found
    if found := _unicode(data):
        return found
    if named and (damaged := _damaged(data, named, f"decoded as {declared}, as declared,")):
        return damaged
    if codec := _codec(fallback):
        return Decoded(_whole(data.decode(codec, "replace")), f"decoded as {fallback}, the encoding that was configured")
    if guessed := guess(data):
        reason = f"decoded as {guessed.name}, whose letters fit"
        return Decoded(_whole(data.decode(guessed.codec, "replace")), reason, round(min(1.0, guessed.score), 2))
    return Decoded(data.decode("cp1252", "replace"), "decoded as Windows-1252, as nothing tells the encoding", 0.0)


def share_beyond_ascii(data: bytes) -> float:
    """The share of bytes above 127 among those that are no spaces."""
    return len(data.translate(None, delete=_ASCII)) / max(1, len(data) - data.count(b" "))


def _codec(name: str) -> str:
    """Python's name of a charset, of the larger one where there is one; empty when it is unknown or no charset of text."""
    name = name.strip().strip("\"'").lower()
    try:
        found = codecs.lookup(_ALIASES.get(name, name))
        b"x".decode(found.name, "replace")
    except (LookupError, ValueError, UnicodeError):
        return ""
    return _LARGER.get(found.name, found.name)


def _declared(data: bytes, codec: str) -> Decoded | None:
    try:
        if len("ÄÖÜ".encode(codec, "ignore")) <= 3 and (text := _utf8(data)) is not None and not text.isascii():
            return Decoded(text)  # by chance no other text is valid UTF-8
        return Decoded(_whole(data.decode(codec)))
    except UnicodeError:
        return None


def _unicode(data: bytes) -> Decoded | None:
    if encoding := _wide(data[:4096]):
        return _replacing(data, encoding, "pattern of zero bytes")
    text = _utf8(data)
    if text is None:
        return _damaged(data, "utf-8", "UTF-8")
    if "\x1b$" in text or "\x1b(" in text:
        try:
            return Decoded(data.decode("iso2022_jp_2"), "decoded as ISO-2022-JP by its escapes")
        except UnicodeDecodeError:
            return Decoded(text)
    return Decoded(text)


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _replacing(data: bytes, encoding: str, why: str) -> Decoded:
    return Decoded(data.decode(encoding, "replace"), "" if encoding == "utf-8" else f"decoded as {encoding.upper()} by its {why}")


def _wide(head: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: mostly ASCII, so every other byte is zero, or three of four."""
    if len(head) < 4 or len(head) % 2:
        return ""
    zeros = [head[offset::4].count(0) * 4 / len(head) for offset in range(4)]
    for encoding, pattern in (
        ("utf-32-le", (0, 1, 1, 1)),
        ("utf-32-be", (1, 1, 1, 0)),
        ("utf-16-le", (0, 1, 0, 1)),
        ("utf-16-be", (1, 0, 1, 0)),
    ):
        if all(share > 0.7 if is_zero else not share for share, is_zero in zip(zeros, pattern, strict=True)):
            return encoding
    return ""


def _damaged(data: bytes, codec: str, how: str) -> Decoded | None:
    """Text with a few bad bytes: far more good characters beyond ASCII than replacements."""
    text = _whole(data.decode(codec, "replace"))
    replaced = text.count("\ufffd")
    good = sum(character > "\x7f" for character in text) - replaced
    if good < 10 * replaced:
        return None
    return Decoded(text, f"{how} with {replaced} damaged place{'s' * (replaced > 1)} replaced by U+FFFD")


def _whole(text: str) -> str:
    """``text`` without lone surrogates, which some codecs let through."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
