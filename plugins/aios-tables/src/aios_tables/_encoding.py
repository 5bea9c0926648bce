"""The encoding of a text file, found without holding the file."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from aios_files import legacy_encoding

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLOCK: Final = 1 << 20
#: So many bytes of lines beyond ASCII tell a legacy encoding.
_SAMPLE: Final = 1 << 16


def encoding_of(path: Path, fallback: str = "") -> str:
    """By byte order mark, zero bytes or being UTF-8; else ``fallback``, or the legacy encoding whose letters make words, or Windows-1252.
    Empty when the file is binary."""
    with path.open("rb") as file:
        head = file.read(_BLOCK)
        for mark, encoding in _BOMS:
            if head.startswith(mark):
                return encoding
        if b"\0" in head:
            return _wide(head[:4096])
        decoder, block, is_utf8 = codecs.getincrementaldecoder("utf-8")(), head, True
        foreign = bytearray()
        while block:
            if b"\0" in block:
                return ""
            if len(foreign) < _SAMPLE and not block.isascii():
                foreign += b"\n".join(line for line in block.splitlines() if not line.isascii())
            try:
                if is_utf8:
                    decoder.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False
            block = file.read(_BLOCK)
    return "utf-8" if is_utf8 else fallback or legacy_encoding(bytes(foreign[:_SAMPLE])) or "cp1252"


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: mostly ASCII, so every other byte is zero."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > len(head) * 0.3 and not even:
        return "utf-16-le"
    return "utf-16-be" if even > len(head) * 0.3 and not odd else ""
