"""The parts of a mail: which are its body, and which are attachments."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from email.errors import InvalidBase64LengthDefect
from email.message import Message
from email.parser import BytesParser
from typing import Final, NamedTuple, cast

from ._charsets import decoded
from ._headers import RawHeaders, words
from ._html import visible_text

_BODIES: Final = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/x-amp-html", "text/watch-html"})
_NESTED: Final = frozenset({"message/rfc822", "message/global"})
_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_SUFFIXES: Final = {
    "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/tiff": ".tif", "application/pdf": ".pdf",
    "application/zip": ".zip", "text/plain": ".txt", "text/html": ".html", "text/csv": ".csv", "text/calendar": ".ics",
    "message/rfc822": ".eml", "message/global": ".eml", "message/delivery-status": ".txt", "application/ms-tnef": ".dat",
    "application/pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m",
}  # fmt: skip
_END_OF_HEADERS: Final = re.compile(rb"\r?\n\r?\n|\r\r")
_HEADER_LINE: Final = re.compile(rb"[!-9;-~]+[ \t]*:|[ \t]|From ")
_TYPICAL_LINE: Final = re.compile(rb"(from|to|cc|date|subject|message-id|received|mime-version|content-type)[ \t]*:", re.IGNORECASE)


class MailPart(Message):
    """A part of a mail; the parser leaves attached messages alone, so that their bytes stay as they were sent."""

    def get_content_type(self) -> str:
        """The declared type, where ``message/...`` stands as ``application/...`` so that it is not parsed."""
        return re.sub("^message/", "application/", self.declared)

    @property
    def declared(self) -> str:
        """The declared media type, in lower case."""
        return super().get_content_type()

    @property
    def data(self) -> bytes:
        """The content without its transfer encoding, as far as it can be decoded."""
        found = self.get_payload(decode=True)
        if any(isinstance(defect, InvalidBase64LengthDefect) for defect in self.defects):
            return _cut_off_base64(_raw(self))
        return found if isinstance(found, bytes) else b""

    @property
    def filename(self) -> str:
        """The declared file name (RFC 2231, RFC 2047 or raw), else the last part of the location; empty without."""
        name = words(self.get_filename("") or "")
        if not name:
            name = words(self.get("Content-Location", "")).partition("?")[0].rstrip("/").rpartition("/")[2]
        return "".join(character for character in name if character.isprintable()).strip()

    @property
    def is_body(self) -> bool:
        """Whether it is text to be read with the mail, not a file."""
        return self.declared in _BODIES and self.get_content_disposition() != "attachment" and not self.get_filename("")


class Body(NamedTuple):
    """Text of a body, and whether it was written as plain text."""

    text: str
    plain: bool


class Attachment(NamedTuple):
    """A part that is a file: its name, its bytes, whether it is a mail, and what was wrong with it."""

    name: str
    data: bytes
    is_mail: bool
    defects: tuple[str, ...]


def parsed(data: bytes) -> MailPart:
    """The mail in ``data``. Raises ``RecursionError`` when its parts nest too deeply, else nothing."""
    return cast("MailPart", BytesParser(MailPart, policy=RawHeaders()).parsebytes(_with_whole_headers(data)))


def _with_whole_headers(data: bytes) -> bytes:
    """``data`` where a line amid the headers that is none counts as more of the one above; the parser would end the headers there."""
    end = _END_OF_HEADERS.search(data)
    lines = data[: end.start() if end else len(data)].splitlines(keepends=True)
    last = max((number for number, line in enumerate(lines) if _TYPICAL_LINE.match(line)), default=0)
    bad = [number for number in range(1, last) if not _HEADER_LINE.match(lines[number])]
    if not bad:
        return data
    size = sum(map(len, lines))
    for number in bad:
        lines[number] = b" " + lines[number]
    return b"".join(lines) + data[size:]


def body(part: MailPart) -> Body:
    """The best text of ``part``: of alternatives the plain one if it says anything, of several inline texts all."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return _leaf(part)
    children = [child for child in payload if isinstance(child, MailPart)]
    if part.declared == "multipart/related":
        children = children[:1]
    bodies = [found for child in children if (found := body(child)).text.strip()]
    if part.declared == "multipart/alternative":
        return next((found for found in bodies if found.plain), bodies[-1] if bodies else Body("", False))
    return Body("\n\n".join(found.text.strip("\n") for found in bodies), any(found.plain for found in bodies))


def attachments(mail: MailPart) -> Iterator[Attachment]:
    """Every part that is no body, in the order of the mail; parts without a name get one by their number and type."""
    for number, part in enumerate(_leaves(mail)):
        data = part.data
        name = part.filename or f"part-{number + 1}{_SUFFIXES.get(part.declared, '.bin')}"
        defects = tuple(type(defect).__name__ for defect in part.defects)
        yield Attachment(name, data, part.declared in _NESTED, defects)


def _leaves(part: MailPart, aside: bool = False) -> Iterator[MailPart]:
    payload = part.get_payload()
    if isinstance(payload, list):
        for number, child in enumerate(payload):
            if isinstance(child, MailPart):
                yield from _leaves(child, aside or (part.declared == "multipart/related" and number > 0))
    elif not part.declared.startswith("multipart/") and (aside or not part.is_body):
        yield part


def _leaf(part: MailPart) -> Body:
    if part.declared.startswith("multipart/"):  # a container whose boundary never comes: all that is there is text
        return Body(_lines(decoded(part.data or _raw(part))), True)
    if not part.is_body:
        return Body("", False)
    data = part.data
    charset = part.get_content_charset("") or ""
    if part.declared == "text/plain":
        return Body(_lines(decoded(data, charset)), True)
    if not charset and (found := _META_CHARSET.search(data[:4096])):
        charset = found[1].decode("ascii", "replace")
    return Body(visible_text(_lines(decoded(data, charset))), False)


def _raw(part: MailPart) -> bytes:
    payload = part.get_payload()
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""


def _cut_off_base64(data: bytes) -> bytes:
    """What whole bytes there are in base64 that ends in the middle of one, which the standard library leaves as it is."""
    characters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    return base64.b64decode(characters[: len(characters) // 4 * 4])


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
