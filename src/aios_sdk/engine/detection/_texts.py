"""What a text is: mail, markup, JSON, or just text."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO, Final

from ._types import HTML, JSON, JSON_LINES, MAIL, MBOX, SPREADSHEETML, SVG, XML

_CONTROL: Final = bytes(byte for byte in range(32) if byte not in b"\t\n\f\r\x1b")
_WIDE_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)

_HEADER: Final = re.compile(rb"[!-9;-~]{1,76}:[ \t]?")
_MAIL_HEADERS: Final = frozenset(
    b"from to cc bcc subject date sender reply-to message-id received return-path mime-version delivered-to in-reply-to references "
    b"content-type content-transfer-encoding x-mailer envelope-to importance thread-topic".split()
)
#: The line between the messages of an mbox (RFC 4155): who, and when; and the first header.
_SEPARATOR: Final = re.compile(rb"\n\r?\n(From [^\r\n]{1,200})\r?\n[!-9;-~]{1,76}:")
_TIME: Final = re.compile(rb"\d\d:\d\d")
_LARGEST_MESSAGE: Final = 4 << 20

_PROLOG: Final = re.compile(rb"\s*(?:<!--.*?-->|<\?.*?\?>|<!doctype\b[^>\[]*(?:\[.*?\]\s*)?>)", re.DOTALL | re.IGNORECASE)
_ROOT: Final = re.compile(rb"\s*<(?:[a-z_][\w.-]*:)?([a-z_][\w.-]*)(?=[\s/>])([^>]*)", re.IGNORECASE)
_HTML_DOCTYPE: Final = re.compile(rb"<!doctype\s+html", re.IGNORECASE)
#: Tags that a text without other marks is taken for HTML by (WHATWG, MIME sniffing, 7.1).
_HTML_TAGS: Final = frozenset(b"script iframe h1 div font table a style title b br p meta span center ul ol h2 h3".split())

_MEMBER: Final = rb'\{\s*(?:"(?:[^"\\]|\\.){0,200}"\s*:|\})'
_JSON: Final = re.compile(rb"\s*(?:" + _MEMBER + rb"|\[\s*(?:" + _MEMBER + rb"|\]|\[|\"))")
_JSON_LINES: Final = re.compile(rb"\s*\{[^\n]*\}[ \t\r]*\n\{")


def is_text(head: bytes) -> bool:
    """Whether the first bytes are text in some encoding: hardly any control characters, or the look of UTF-16 or UTF-32."""
    if head.startswith(_WIDE_MARKS):
        return True
    if head.count(0) > len(head) // 200:
        return _is_wide(head)  # a stray zero byte makes no binary of a text; whoever reads it says what is wrong
    control = len(head) - len(head.translate(None, _CONTROL))
    return control <= len(head) // 50


def _is_wide(head: bytes) -> bool:
    """UTF-16 without a mark: mostly western letters, so that every other byte is zero and the others are not."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    return len(head) >= 4 and max(even, odd) > len(head) * 0.35 and not min(even, odd)


def mail(head: bytes, file: BinaryIO) -> str | None:
    """RFC 5322: the first lines are headers, and at least two are ones that mails have. An mbox is several, each behind a ``From`` line."""
    start = head.lstrip(b"\xef\xbb\xbf\r\n")
    if not (_HEADER.match(start) or start.startswith((b"From ", b">From "))):
        return None
    lines = start.splitlines()
    is_separated = start.startswith(b"From ") and len(lines) > 1
    known = 0
    for number, line in enumerate(lines[is_separated:]):
        if not line.strip():
            break
        if (line[:1] in b" \t" and number) or line.startswith(b">From "):
            continue
        if not _HEADER.match(line):
            return None
        known += line.partition(b":")[0].lower() in _MAIL_HEADERS
    if known < 2:
        return None
    return MBOX if is_separated and _has_separator(file) else MAIL


def _has_separator(file: BinaryIO) -> bool:
    """Whether a second message begins within the first 4 MiB."""
    file.seek(0)
    return any(_TIME.search(found[1]) for found in _SEPARATOR.finditer(file.read(_LARGEST_MESSAGE)))


def markup(head: bytes) -> str | None:
    """HTML, XML or a workbook in XML by its declaration, doctype, root or name space, whatever comments stand before."""
    start = _narrow(head)
    if not start.startswith(b"<"):
        return None
    is_xml = start.startswith(b"<?xml")
    while prolog := _PROLOG.match(start):
        if _HTML_DOCTYPE.match(prolog[0].lstrip()):
            return HTML
        start = start[prolog.end() :]
    root = _ROOT.match(start)
    tag, attributes = (root[1].lower(), root[2]) if root else (b"", b"")
    if tag in (b"html", b"head", b"body"):
        return HTML
    if tag == b"svg":
        return SVG
    if tag == b"workbook" and b"urn:schemas-microsoft-com:office:spreadsheet" in attributes:
        return SPREADSHEETML
    return XML if is_xml or b"xmlns" in attributes else None


def by_form(head: bytes) -> str | None:
    """What a text looks like for which neither its name nor its sender says a kind: JSON, JSON lines, a piece of HTML or of XML."""
    start = _narrow(head)
    if _JSON.match(start):
        return JSON_LINES if _JSON_LINES.match(start) else JSON
    root = _ROOT.match(start)
    if root is None:
        return HTML if start.startswith(b"<!--") else None
    if root[1].lower() in _HTML_TAGS:
        return HTML
    return XML if b"</" in start else None


def _narrow(head: bytes) -> bytes:
    """The beginning as UTF-8, without mark and leading space."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or (b"\x00" in head[:64] and _is_wide(head)):
        wide = "utf-16" if not _is_wide(head) or head[:2] in _WIDE_MARKS else "utf-16-le" if head[1:2] == b"\x00" else "utf-16-be"
        head = head.decode(wide, "replace").lstrip("\ufeff").encode("utf-8", "replace")
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")
