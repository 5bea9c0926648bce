"""The parts of a mail: which are its body, and which are attachments."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from email.errors import InvalidBase64LengthDefect
from email.message import Message
from email.parser import BytesParser
from typing import Final, NamedTuple, cast

from aios_html import Rendered, declared_charset

from aios_sdk import Encrypted

from . import _cms
from ._body import NOTHING, better, joined, of_html, of_text
from ._charsets import decoded
from ._headers import RawHeaders, words
from ._uuencode import taken_out

_BODIES: Final = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/x-amp-html", "text/watch-html"})
_NESTED: Final = frozenset({"message/rfc822", "message/global"})
_TEXTS: Final = frozenset({"text/plain"})
_CMS: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ARMOUR: Final = "-----BEGIN PGP MESSAGE-----"
_MOST_SIGNED: Final = 8  # how often what was signed may itself be signed
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

    content: bytes | None = None

    @property
    def data(self) -> bytes:
        """The content without its transfer encoding, as far as it can be decoded."""
        if self.content is not None:
            return self.content
        found = self.get_payload(decode=True)
        if any(isinstance(defect, InvalidBase64LengthDefect) for defect in self.defects):
            return _cut_off_base64(_raw(self))
        return found if isinstance(found, bytes) else b""

    @property
    def text(self) -> str:
        """The content as text, in the declared charset, or the one that HTML says of itself."""
        data = self.data
        charset = self.get_content_charset("") or ("" if self.declared in _TEXTS else declared_charset(data))
        return _lines(decoded(data, charset))

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


def opened(mail: MailPart) -> MailPart:
    """``mail``, where what is signed in one piece with its signature (S/MIME) stands as parts: the content, then the signature.

    Raises `Encrypted` where the whole of it is encrypted.
    """
    part = mail
    for _ in range(_MOST_SIGNED):
        if part.declared == "multipart/encrypted":
            raise _encrypted("OpenPGP")
        found = _cms.read(part.data) if part.declared in _CMS else None
        if found is not None and found.is_encrypted:
            raise _encrypted("S/MIME")
        if found is None or not found.content:
            break
        signature = parsed(b"Content-Type: application/pkcs7-mime; name=smime.p7m\n\n")
        signature.content = part.data
        inner = parsed(found.content)
        part.set_payload([inner, signature])
        part.replace_header("Content-Type", "multipart/signed")
        part = inner
    return mail


def _encrypted(how: str) -> Encrypted:
    return Encrypted(f"The mail is encrypted ({how})", fix="Decrypt it in a mail program that has the key, and give what comes out")


def body(part: MailPart) -> Rendered:
    """The best text of ``part``: of alternatives the plain one unless another says more, of several inline texts all."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return _leaf(part)
    children = [child for child in payload if isinstance(child, MailPart)]
    if part.declared == "multipart/related":
        return body(_root(part, children)) if children else NOTHING
    if part.declared != "multipart/alternative":
        return joined([body(child) for child in children])
    forms = [(child.declared in _TEXTS, found) for child in children if (found := body(child)).text.strip()]
    plain = next((found for is_plain, found in forms if is_plain), NOTHING)
    return better(plain, next((found for is_plain, found in reversed(forms) if not is_plain), NOTHING))


def attachments(mail: MailPart) -> Iterator[Attachment]:
    """Every part that is no body, in the order of the mail; parts without a name get one by their number and type.

    Files that are written into the text, and pictures within HTML, come last.
    """
    number = 0
    for number, part in enumerate(_leaves(mail), 1):
        data = part.data
        name = part.filename or f"part-{number}{_SUFFIXES.get(part.declared, '.bin')}"
        defects = tuple(type(defect).__name__ for defect in part.defects)
        yield Attachment(name, data, part.declared in _NESTED, defects)
    for part in mail.walk():
        if isinstance(part, MailPart) and part.declared in _TEXTS and part.is_body and not part.is_multipart():
            yield from (Attachment(file.name, file.data, False, ()) for file in taken_out(part.text)[1])


def _root(related: MailPart, children: list[MailPart]) -> MailPart:
    """The part that the others belong to: the one that ``start`` names, else the first (RFC 2387)."""
    start = related.get_param("start", "")
    return next((child for child in children if start and child.get("Content-ID", "").strip() == start), children[0])


def _leaves(part: MailPart, aside: bool = False) -> Iterator[MailPart]:
    payload = part.get_payload()
    if isinstance(payload, list):
        children = [child for child in payload if isinstance(child, MailPart)]
        root = _root(part, children) if part.declared == "multipart/related" and children else None
        for child in children:
            yield from _leaves(child, aside or (root is not None and child is not root))
    elif not part.declared.startswith("multipart/") and (aside or not part.is_body):
        yield part


def _leaf(part: MailPart) -> Rendered:
    if part.declared.startswith("multipart/"):  # a container whose boundary never comes: all that is there is text
        return of_text(decoded(part.data or _raw(part)))
    if not part.is_body:
        return NOTHING
    if part.declared not in _TEXTS:
        return of_html(part.text)
    text = taken_out(part.text)[0]
    if text.strip().startswith(_ARMOUR):
        raise _encrypted("OpenPGP")
    flowed = str(part.get_param("format", "")).lower() == "flowed"
    return of_text(text, flowed=flowed, delete_space=str(part.get_param("delsp", "")).lower() == "yes")


def _raw(part: MailPart) -> bytes:
    payload = part.get_payload()
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""


def _cut_off_base64(data: bytes) -> bytes:
    """What whole bytes there are in base64 that ends in the middle of one, which the standard library leaves as it is."""
    characters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    return base64.b64decode(characters[: len(characters) // 4 * 4])


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
