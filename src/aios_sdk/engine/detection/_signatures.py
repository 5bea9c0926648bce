"""Bytes that settle the type."""

from __future__ import annotations

import re
from typing import Final

from ._types import GZIP, PDF, RTF, TAR

#: Bytes at the start.
_MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x00\x00\x00\x0cjP  ", "image/jp2"),
    (b"\xffO\xffQ", "image/jp2"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"PARE", "application/vnd.apache.parquet"),
    (b"\x1f\x8b", GZIP),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"{\\rtf", RTF),
    (b"x\x9f>\x22", "application/vnd.ms-tnef"),
    (b"%!PS", "application/postscript"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
    (b"BEGIN:VCARD", "text/vcard"),
)
_MAGIC_OF: Final = {first: tuple(pair for pair in _MAGIC if pair[0][:1] == first) for first in {magic[:1] for magic, _ in _MAGIC}}
_BZIP2: Final = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_BMP_HEADERS: Final = (12, 40, 52, 56, 64, 108, 124)
#: Pictures in the container that MP4 has as well (ISO/IEC 23008-12).
_BRANDS: Final = dict.fromkeys((b"heic", b"heix", b"mif1", b"msf1"), "image/heic") | dict.fromkeys((b"avif", b"avis"), "image/avif")
_OBJECT: Final = re.compile(rb"\b\d+ \d+ obj\b")
_TAR_BLOCK: Final = 512
_OF_PUREMAGIC: Final = {"application/x-rar-compressed": "application/vnd.rar", "application/x-sqlite3": "application/vnd.sqlite3"}

#: What the looks in this module tell; nothing else is taken for one of these.
SETTLED: Final = frozenset((*(kind for _, kind in _MAGIC), "image/webp", "image/bmp", *_BRANDS.values(), "application/x-bzip2", PDF, TAR))


def by_signature(head: bytes) -> str | None:
    """The type that the first bytes have, of those that components read."""
    for magic, media_type in _MAGIC_OF.get(head[:1], ()):
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and (brand := _BRANDS.get(head[8:12])):
        return brand
    if head[:2] == b"BM" and len(head) >= 18 and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "image/bmp"
    if _BZIP2.match(head):
        return "application/x-bzip2"
    if _is_pdf(head):
        return PDF
    return TAR if _is_tar(head) else None


def by_puremagic(head: bytes) -> str | None:
    """The type that puremagic knows the first bytes by, of the thousand that no component here reads.

    Its table has 1,400 signatures, many of them of a byte or two, or of nothing but zeros, and takes every office file for another; so only
    those of at least four bytes, three of them different, count, and none for a type that `by_signature` settles.
    """
    import puremagic  # 0.03 s, for bytes that are not of this trade

    try:
        candidates = puremagic.magic_string(head)
    except puremagic.PureError:
        return None
    for found in candidates:
        kind: str = _OF_PUREMAGIC.get(found.mime_type, found.mime_type)
        is_sure = found.offset >= 0 and len(found.byte_match) >= 4 and len(set(found.byte_match)) >= 3
        if is_sure and "/" in kind and not kind.startswith("text/") and kind not in SETTLED:
            return kind
    return None


def _is_pdf(head: bytes) -> bool:
    """The header, which viewers accept anywhere in the first KiB; or, where it is broken, an object behind a comment."""
    start = head[:1024]
    if b"%PDF" in start:
        if start.lstrip(b"\xef\xbb\xbf\x00\t\n\f\r ").startswith(b"%PDF"):
            return True
        if b"%PDF-" in start:
            return bool(_OBJECT.search(head))
    return start.startswith(b"%") and bool(_OBJECT.search(start))


def _is_tar(head: bytes) -> bool:
    """The checksum of the first header is right (POSIX.1-1988, ustar; also of the tars before it, which have no magic)."""
    header = head[:_TAR_BLOCK]
    if len(header) < _TAR_BLOCK or not header[0]:
        return False
    written = header[148:156].strip(b" \x00")
    if not written or len(written) > 7 or written.strip(b"01234567"):
        return False
    return int(written, 8) == sum(header[:148]) + 8 * 0x20 + sum(header[156:])
