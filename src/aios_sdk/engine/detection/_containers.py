"""A look into ZIP and OLE files: what their directories say they are."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from ._names import promised
from ._types import DOC, DOCX, IN_OLE, IN_ZIP, OLE, OUTLOOK, PPT, PPTX, XLS, XLSB, XLSX, ZIP

_OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: The content types that main parts have, with and without macros; embedded objects have others.
_PARTS: Final = (
    (re.compile(rb"wordprocessingml\.(document|template)\.main|ms-word\.(document|template)\.macro"), DOCX),
    (re.compile(rb"presentationml\.(presentation|slideshow|template)\.main|ms-powerpoint\.\w+\.macro"), PPTX),
    (re.compile(rb"ms-excel\.sheet\.binary"), XLSB),
    (re.compile(rb"spreadsheetml\.(sheet|template)\.main|ms-excel\.(sheet|template|addin)\.macro"), XLSX),
    (re.compile(rb"ms-package\.xps-fixeddocument"), "application/vnd.ms-xpsdocument"),
    (re.compile(rb"ms-visio\.(drawing|template|stencil)"), "application/vnd.ms-visio.drawing"),
)
#: Where main parts usually lie, for packages whose list of content types is gone.
_MAIN_PARTS: Final = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "xl/workbook.bin": XLSB, "ppt/presentation.xml": PPTX}
_IWORK: Final = {
    ".pages": "application/vnd.apple.pages",
    ".numbers": "application/vnd.apple.numbers",
    ".key": "application/vnd.apple.keynote",
}
#: Streams in the root of an OLE file, in lower case; the first that is there tells the kind.
_STREAMS: Final = (
    ("__properties_version1.0", OUTLOOK),
    ("worddocument", DOC),
    ("workbook", XLS),
    ("book", XLS),
    ("wbook", XLS),
    ("powerpoint document", PPT),
    ("pp97_dualstorage", PPT),
    ("visiodocument", "application/vnd.visio"),
    ("quill", "application/x-mspublisher"),
    ("fileheader", "application/x-hwp"),
)
_LONGEST_TYPE: Final = 200
_LARGEST_DIRECTORY: Final = 1 << 20
_LARGEST_PARTS: Final = 1 << 20
#: A ZIP's end record is 22 bytes and a comment of at most 65,535.
_TAIL: Final = 22 + 0xFFFF
_MOST_SECTORS: Final = 1024


def by_container(head: bytes, file: BinaryIO, name: str) -> str | None:
    """The type of a ZIP or OLE file; None for anything else. A damaged one is what its name promises, if that fits."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        kind = promised(name)
        return _zip(file, name) or (kind if kind in IN_ZIP else ZIP)
    if head.startswith(_OLE_MAGIC):
        return _ole(file, name)
    return None


def _zip(file: BinaryIO, name: str) -> str | None:
    """The type by the directory of a ZIP: ZIP itself when that holds just files, None when it cannot be read."""
    if _directory_size(file) > _LARGEST_DIRECTORY:
        return ZIP  # no office file lists so many members; reading the list would be work made by the sender
    try:
        with zipfile.ZipFile(file) as archive:
            # Some writers put backslashes, a leading slash or capitals into names.
            original = {member.filename.replace("\\", "/").lstrip("/").lower(): member for member in archive.infolist()}
            own = _member(archive, original.get("mimetype"), _LONGEST_TYPE).strip()
            if b"/" in own and len(own) < _LONGEST_TYPE:
                return own.decode("ascii", "replace").lower()
            parts = _member(archive, original.get("[content_types].xml"), _LARGEST_PARTS).replace(b"\0", b"").lower()
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError, EOFError, IndexError, struct.error):
        return None  # whoever ingests it says what is wrong
    if "index/document.iwa" in original:
        return next((kind for suffix, kind in _IWORK.items() if name.lower().endswith(suffix)), ZIP)
    by_type = next((kind for part, kind in _PARTS if part.search(parts)), None)
    return by_type or next((kind for part, kind in _MAIN_PARTS.items() if part in original), ZIP)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo | None, most: int) -> bytes:
    """The first bytes of a member that is packed as office files are; empty where there is none."""
    if member is None or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return b""
    with archive.open(member) as part:
        return part.read(most)


def _directory_size(file: BinaryIO) -> int:
    """Bytes that the central directory of a ZIP takes by its own word (APPNOTE 4.3.16), 0 where that is not to be found."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - _TAIL))
    tail = file.read(_TAIL)
    place = tail.rfind(b"PK\x05\x06")
    file.seek(0)
    return int.from_bytes(tail[place + 12 : place + 16], "little") if place >= 0 else 0


def _ole(file: BinaryIO, name: str) -> str:
    """The type of an OLE file (MS-CFB) by the streams in its root; what is embedded in it lies deeper and does not count."""
    said = promised(name)
    try:
        streams = set(_root_names(_directory(file)))
    except (struct.error, IndexError, OSError, OverflowError):
        streams = set()
    if "encryptedpackage" in streams:  # MS-OFFCRYPTO: an OOXML package, whose kind nobody can see
        return said if said in (DOCX, PPTX, XLSB) else XLSX
    found = next((kind for stream, kind in _STREAMS if stream in streams), None)
    return found or (said if said in IN_OLE else OLE)


def _directory(file: BinaryIO) -> bytes:
    """The directory of an OLE file, as far as its chain of sectors can be followed: at most 1,024 of them."""
    file.seek(0)
    header = file.read(512)
    shift = struct.unpack_from("<H", header, 30)[0]
    if shift not in (9, 12):
        return b""
    size = 1 << shift
    fats = [sector for sector in struct.unpack_from("<109I", header, 76) if sector < 0xFFFFFFF0]
    sector = struct.unpack_from("<I", header, 48)[0]
    found, seen = list[bytes](), set[int]()
    while sector < 0xFFFFFFF0 and sector not in seen and len(seen) < _MOST_SECTORS:
        seen.add(sector)
        file.seek((sector + 1) << shift)
        found.append(file.read(size))
        place, index = divmod(sector, size // 4)
        if place >= len(fats):
            break  # listed beyond the header, in files above 7 MB; what was read holds the root and its first streams
        file.seek(((fats[place] + 1) << shift) + index * 4)
        sector = struct.unpack("<I", file.read(4))[0]
    return b"".join(found)


def _root_names(directory: bytes) -> Iterator[str]:
    """The names of what lies in the root, in lower case: the tree of siblings below the first entry (MS-CFB 2.6)."""
    waiting, seen = [struct.unpack_from("<I", directory, 76)[0]], set[int]()
    while waiting:
        entry = waiting.pop()
        if entry in seen or (entry + 1) * 128 > len(directory):
            continue
        seen.add(entry)
        raw, length = struct.unpack_from("<64sH", directory, entry * 128)
        yield raw[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").lower()
        waiting += struct.unpack_from("<II", directory, entry * 128 + 68)
