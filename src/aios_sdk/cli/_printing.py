"""Printing what came out of documents, which may hold anything, also commands to the terminal."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


def printable(text: str) -> str:
    """``text`` with control characters shown as escapes, so that a document cannot steer the terminal; line ends stay."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == "\n" else letter.encode("unicode_escape").decode() for letter in text)


def as_json(value: Any) -> str:
    """JSON to read: indented, decimals as exact numbers, times in ISO 8601."""
    text = msgspec.json.format(_encoder.encode(value), indent=2).decode()
    return re.sub("[\x7f-\x9f]", lambda found: f"\\u{ord(found[0]):04x}", text)


def size(count: int) -> str:
    """A number of bytes to read: ``62 kB``."""
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 999.5 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"
