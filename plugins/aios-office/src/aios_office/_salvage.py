"""Parts of a ZIP whose directory is lost, which stands at its end: found by the headers before each of them (APPNOTE.TXT 6.3.10, 4.3.7)."""

from __future__ import annotations

import struct
import zlib
from typing import Final

_LOCAL: Final = b"PK\x03\x04"
_HEADER: Final = struct.Struct("<4s5H3L2H")
_STORED, _DEFLATED = 0, 8
_ENCRYPTED: Final = 0x1
_MOST_MEMBERS: Final = 20_000
#: What is unpacked at once; a part whose end is unknown is held in memory.
_LARGEST: Final = 128 << 20
_RATIO_FROM: Final = 1 << 20


def salvaged(data: bytes, *, max_size: int, max_ratio: int) -> dict[str, bytes]:
    """The parts that can still be unpacked, by name; the last one as far as it goes.

    Parts that pass a limit, or are encrypted, are left out: nobody can tell whether their sizes are true.
    """
    found: dict[str, bytes] = {}
    left = min(max_size, _LARGEST)
    place = data.find(_LOCAL)
    for _ in range(_MOST_MEMBERS):
        if place < 0 or place + _HEADER.size > len(data):
            break
        _, _, flags, method, _, _, _, packed, _, name_length, extra_length = _HEADER.unpack_from(data, place)
        start = place + _HEADER.size + name_length + extra_length
        raw = data[place + _HEADER.size : place + _HEADER.size + name_length]
        content, end = _unpacked(data, start, method, packed, min(left, max(_RATIO_FROM, max_ratio * (len(data) - start))))
        if content is not None and not flags & _ENCRYPTED:
            found.setdefault(raw.decode("utf-8", "replace"), content)
            left -= len(content)
        place = data.find(_LOCAL, max(end, start))
    return found


def _unpacked(data: bytes, start: int, method: int, packed: int, most: int) -> tuple[bytes | None, int]:
    """The content at ``start`` and where it ends; None for what is packed otherwise, or unpacks to more than ``most`` bytes."""
    if method == _STORED:
        end = start + packed
        return (data[start:end] if packed <= most else None), end
    if method != _DEFLATED:
        return None, start + packed
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    parts: list[bytes] = []
    rest = memoryview(data)[start:]
    size = 0
    try:
        for at in range(0, len(rest), 1 << 16):
            block = rest[at : at + (1 << 16)]
            parts.append(stream.decompress(block, most - size + 1))
            size += len(parts[-1])
            if size > most:
                return None, start
            if stream.eof:
                return b"".join(parts), start + at + len(block) - len(stream.unused_data)
    except zlib.error:
        pass  # what came before the damage counts
    return b"".join(parts) or None, start
