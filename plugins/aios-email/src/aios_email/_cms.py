"""Signed and encrypted contents (CMS, RFC 5652), as far as a reader needs: what was signed, or that it is encrypted."""

from __future__ import annotations

from typing import Final, NamedTuple

_PKCS7: Final = bytes.fromhex("2a864886f70d0107")
_SIGNED: Final = _PKCS7 + b"\x02"
_ENCRYPTED: Final = frozenset({_PKCS7 + b"\x03", _PKCS7 + b"\x04", _PKCS7 + b"\x06", bytes.fromhex("2a864886f70d010910010117")})
_DEEPEST: Final = 32


class Cms(NamedTuple):
    """Whether it is encrypted; if not, what was signed (empty where the signature stands apart from it)."""

    is_encrypted: bool
    content: bytes


class _Value(NamedTuple):
    """A value in BER: its tag, its content, and the values within where it is constructed."""

    tag: int
    data: bytes
    parts: tuple[_Value, ...]


def read(data: bytes) -> Cms | None:
    """What ``data`` holds; None where it is no CMS, or cannot be read."""
    try:
        info = _value(data, 0, 0)[0]
        kind, wrapped = info.parts[0].data, info.parts[1].parts[0]
        if kind in _ENCRYPTED:
            return Cms(True, b"")
        if kind != _SIGNED:
            return None
        encapsulated = next(part for part in wrapped.parts if part.tag == 0x30 and part.parts and part.parts[0].tag == 0x06)
        return Cms(False, _octets(encapsulated.parts[1].parts[0]) if len(encapsulated.parts) > 1 else b"")
    except (IndexError, StopIteration, RecursionError):
        return None


def _octets(value: _Value) -> bytes:
    return b"".join(map(_octets, value.parts)) if value.parts else value.data


def _value(data: bytes, place: int, depth: int) -> tuple[_Value, int]:
    """The value at ``place`` and where it ends. Raises ``IndexError`` where there is none."""
    if depth > _DEEPEST:
        raise IndexError("values lie too deep")
    tag, length = data[place], data[place + 1]
    place += 2
    is_open = length == 0x80  # of indefinite length: up to two zero bytes
    if length > 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[place : place + size], "big")
        place += size
    end = len(data) if is_open else place + length
    if end > len(data) and depth:
        raise IndexError("it ends too early")
    if not tag & 0x20:
        return _Value(tag, data[place:end], ()), end
    parts: list[_Value] = []
    start = place
    while place < min(end, len(data)):
        if is_open and data[place : place + 2] == b"\0\0":
            return _Value(tag, data[start:place], tuple(parts)), place + 2
        part, place = _value(data, place, depth + 1)
        parts.append(part)
    return _Value(tag, data[start:end], tuple(parts)), end
