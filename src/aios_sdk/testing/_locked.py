"""Files with a password, which say so in the way of their format; what is locked in them is noise."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cache
from typing import Final

_END, _FREE, _TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_SECTOR: Final = 512
#: Shorter streams lie in a stream of their own for short ones.
_LEAST: Final = 4096

_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DOCUMENT: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SLIDES: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


@cache
def locked() -> Mapping[str, bytes]:
    """A file with a password for each media type that there is one of."""
    from .strategies import HOSTILE

    office = _office()
    return {
        "application/zip": HOSTILE["zip with a password"][1],
        "application/pdf": HOSTILE["pdf with a password"][1],
        _WORKBOOK: office,
        _DOCUMENT: office,
        _SLIDES: office,
    }


def _office() -> bytes:
    """An office file with a password (MS-OFFCRYPTO 2.3.4.10): a compound file of how it is locked, and of the locked package."""
    key = b'<keyData saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC"/>'
    described = b'<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption">' + key + b"</encryption>"
    info = struct.pack("<HHI", 4, 4, 0x40) + b'<?xml version="1.0" encoding="UTF-8"?>' + described
    package = struct.pack("<Q", _LEAST - 8) + bytes(number * 73 % 251 for number in range(_LEAST - 8))
    return _compound({"EncryptionInfo": info.ljust(_LEAST), "EncryptedPackage": package})


def _compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file (MS-CFB, version 3) of a few streams of at least 4096 bytes, given in the order of the lengths of their names."""
    table = [_TABLE, _END]  # itself, and the directory
    entries = [_entry("Root Entry", kind=5, child=1, start=_END, size=0)]
    content = b""
    for number, (name, data) in enumerate(streams.items(), 1):
        first, count = len(table), -(-len(data) // _SECTOR)
        table += [*range(first + 1, first + count), _END]
        content += data.ljust(count * _SECTOR, b"\0")
        entries.append(_entry(name, kind=2, right=number + 1 if number < len(streams) else _FREE, start=first, size=len(data)))
    header = struct.pack("<8s16x5H6x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, 1, 1, 0, _LEAST, _END, 0, _END, 0) + struct.pack("<109I", 0, *[_FREE] * 108)
    sectors = struct.pack("<128I", *table, *[_FREE] * (128 - len(table)))
    return header + sectors + b"".join(entries).ljust(_SECTOR, b"\0") + content


def _entry(name: str, *, kind: int, start: int, size: int, right: int = _FREE, child: int = _FREE) -> bytes:
    raw = f"{name}\0".encode("utf-16-le")
    return raw.ljust(64, b"\0") + struct.pack("<HBB3I36xIQ", len(raw), kind, 1, _FREE, right, child, start, size)
