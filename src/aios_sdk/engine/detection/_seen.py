"""What there is to say of bytes that nobody reads."""

from __future__ import annotations

from ...records import Source

_FIRST = 16


def seen(source: Source) -> str:
    """A few words on the bytes of a source: how many, and the first of them. Raises `InputError`.

    Example: ``1,858 bytes that begin with 44 44 53 20 7c 00 00 00 ('DDS |')``.
    """
    first = source.head(_FIRST)
    letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in first)
    return f"{source.size:,} bytes that begin with {first.hex(' ')} ({letters!r})"
