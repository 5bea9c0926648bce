"""Identity: hashes of bytes and of canonical forms, and the ids made of them."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

import msgspec

T = TypeVar("T")

#: Length in hexadecimal digits of the ids of documents and items; content and artifacts keep the whole SHA-256.
ID_LENGTH: Final = 32

_encoder: Final = msgspec.json.Encoder(order="deterministic", decimal_format="string")


def canonical(value: Any) -> bytes:
    """The canonical bytes of a record: JSON in UTF-8, mappings sorted by key, decimals and dates as strings.

    Equal records give equal bytes in every process. Raises ``TypeError`` for what is no record.
    """
    return _encoder.encode(value)


def to_json(record: Any) -> bytes:
    """A record as JSON, such that ``from_json(to_json(r), type(r)) == r`` exactly.

    Example::

        from_json(to_json(span), Span) == span
    """
    return canonical(record)


def from_json(data: bytes | str, kind: type[T]) -> T:
    """A record of type ``kind`` from its JSON. Raises ``msgspec.ValidationError`` naming the key that is wrong."""
    return msgspec.json.decode(data, type=kind)


def digest(data: bytes | memoryview) -> str:
    """SHA-256 of ``data`` as 64 hexadecimal digits (FIPS 180-4)."""
    return hashlib.sha256(data).hexdigest()


def digest_file(file: BinaryIO) -> tuple[str, int]:
    """SHA-256 and size in bytes of what remains in ``file``, read in blocks of 1 MiB."""
    hasher, size = hashlib.sha256(), 0
    while block := file.read(1 << 20):
        hasher.update(block)
        size += len(block)
    return hasher.hexdigest(), size


def digest_folder(folder: Path) -> str:
    """SHA-256 over the files below ``folder``: their relative paths, sizes and contents, in the order of the paths.

    Raises ``ValueError`` when there is no file in it.
    """
    found: list[tuple[str, int, str]] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            content, size = digest_file(file)
        found.append((path.relative_to(folder).as_posix(), size, content))
    if not found:
        raise ValueError(f"there are no files in {str(folder)!r}")
    return digest(canonical(sorted(found)))


def identify(*parts: str | int) -> str:
    """An id of 32 hexadecimal digits made of ``parts``; other parts, or the same split otherwise, give another id."""
    texts = map(str, parts)
    return hashlib.sha256("\x1f".join([f"{len(text)}:{text}" for text in texts]).encode()).hexdigest()[:ID_LENGTH]


def document_id(origin: str, position: int, content_id: str) -> str:
    """The id of one delivery: ``origin`` is the source's key, or the parent's document id for a child."""
    return identify("document", origin, position, content_id)


def new_run_id() -> str:
    """An id for a run: 32 hexadecimal digits that sort by the time they were made (UUIDv7's layout, RFC 9562)."""
    millis = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (millis << 80) | (0x7 << 76) | ((random >> 4) & (((1 << 12) - 1) << 64)) | (0b10 << 62) | (random & ((1 << 62) - 1))
    return f"{value:032x}"
