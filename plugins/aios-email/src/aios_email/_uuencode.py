"""Files that are written into the text of a mail (uuencode, as old mailers attached them)."""

from __future__ import annotations

import binascii
import re
from typing import Final, NamedTuple

_BLOCK: Final = re.compile(r"^begin [0-7]{3,4} ([^\n]{1,255})\n((?:[ -`][ -~]{0,85}\n)+?)[` ]?\n?end[ \t]*(?:\n|\Z)", re.MULTILINE)


class Encoded(NamedTuple):
    """A file and its name."""

    name: str
    data: bytes


def taken_out(text: str) -> tuple[str, list[Encoded]]:
    """``text`` (lines end with ``\\n``) without the files in it, and these."""
    files: list[Encoded] = []

    def take(block: re.Match[str]) -> str:
        data = _decoded(block[2])
        if data is None:
            return block[0]
        files.append(Encoded(block[1].strip(), data))
        return ""

    return (_BLOCK.sub(take, text), files) if "\nend" in text and "begin " in text else (text, files)


def _decoded(lines: str) -> bytes | None:
    """The bytes of all lines; None where one is not of this form."""
    found = bytearray()
    for line in lines.splitlines():
        size = (ord(line[0]) - 32) & 63
        wanted = 1 + -(-size // 3) * 4
        if len(line) < wanted - 4 or len(line) > wanted + 2:  # some mailers drop trailing spaces, others add a check character
            return None
        try:
            found += binascii.a2b_uu(line[:wanted].ljust(wanted))
        except binascii.Error:
            return None
    return bytes(found)
