"""Headers as text: RFC 2047 words, raw 8-bit bytes and folding, without ever raising."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import email.utils
import quopri
import re
from email.policy import Compat32
from typing import Final

from ._charsets import decoded

_WORD: Final = re.compile(r"=\?([!->@-~]+)\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*)*)\?=")
_FOLD: Final = re.compile(r"[\r\n]+[ \t]*")
_SPACE: Final = re.compile(r"\s+")
_OFFSET: Final = re.compile(r"\b(?:GMT|UTC)([+-])(\d{1,2}):?(\d{2})?\b")
_ID: Final = re.compile(r"<([^<>\s]+)>")


class RawHeaders(Compat32):
    """The policy under which mails are parsed: headers come back unfolded, their 8-bit bytes as text, their RFC 2047 words untouched.

    The standard library's ``policy.default`` parses each header it is asked for, also while it parses the mail, and raises on some that are
    malformed; this one has nothing that can fail.
    """

    def header_fetch_parse(self, name: str, value: str) -> str:
        """The value of a header as text in one line."""
        return _FOLD.sub(" ", decoded(value.encode("utf-8", "surrogateescape")))


def words(value: str) -> str:
    """``value`` with its encoded words decoded (RFC 2047) and white space made single.

    Neighbouring words of one charset are joined before decoding, because many mailers cut characters in two. Example::

        words("=?utf-8?q?Gr=C3?= =?utf-8?q?=B6=C3=9Fe?=") == "Größe"
    """
    pieces: list[str] = []
    charset, pending, place = "", b"", 0
    for match in _WORD.finditer(value):
        between = value[place : match.start()]
        if pending and (between.strip() or match[1].lower() != charset):
            pieces.append(decoded(pending, charset))
            pending = b""
        if between.strip() or not place:
            pieces.append(between)
        charset = match[1].lower().partition("*")[0]
        pending += _word(match[2], match[3])
        place = match.end()
    if pending:
        pieces.append(decoded(pending, charset))
    pieces.append(value[place:])
    return _SPACE.sub(" ", "".join(pieces)).strip()


def _word(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return quopri.decodestring(raw.replace(b"_", b" "), header=True)
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return raw


def identifiers(value: str) -> list[str]:
    """The message ids in a header, without their angle brackets, which are no part of them (RFC 5322, 3.6.4)."""
    return _ID.findall(value) or value.replace("<", " ").replace(">", " ").split()


def moment(value: str) -> dt.datetime | None:
    """The date of a mail in UTC: as RFC 5322 has it, with what programs add to it, or as ISO 8601; None when it cannot be read.

    A date without a zone counts as UTC.
    """
    value = _OFFSET.sub(_zone, value.replace(" at ", " "))
    for read in (email.utils.parsedate_to_datetime, dt.datetime.fromisoformat):
        try:
            found = read(value.strip())
            return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
        except (TypeError, ValueError, OverflowError, IndexError):
            continue
    return None


def _zone(found: re.Match[str]) -> str:
    """A zone as RFC 5322 writes it: ``+0100`` for ``GMT+1``."""
    return f"{found[1]}{int(found[2]):02}{found[3] or '00'}"
