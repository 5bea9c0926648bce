"""What bytes are: the media type by content first, by name second."""

from __future__ import annotations

import io
import re
import zipfile
from posixpath import splitext
from typing import BinaryIO, Final

from ..records import Source

#: Bytes at the start that settle the type.
_MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"PARE", "application/vnd.apache.parquet"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"{\\rtf", "application/rtf"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"\x7fELF", "application/x-elf"),
    (b"OggS", "application/ogg"),
    (b"ID3", "audio/mpeg"),
)

_MAGIC_OF: Final = {first: tuple(pair for pair in _MAGIC if pair[0][:1] == first) for first in {magic[:1] for magic, _ in _MAGIC}}

#: Types of names, for bytes that do not settle it.
_BY_NAME: Final = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".tab": "text/tab-separated-values",
    ".txt": "text/plain",
    ".text": "text/plain",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".yaml": "application/yaml",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".eml": "message/rfc822",
    ".mbox": "application/mbox",
    ".tex": "application/x-tex",
    ".vtt": "text/vtt",
    ".asciidoc": "text/asciidoc",
    ".adoc": "text/asciidoc",
    ".py": "text/x-python",
}
_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SLIDES: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: The content types that main parts have, with and without macros; embedded objects have others.
_OOXML: Final = (
    (re.compile(rb"wordprocessingml\.(document|template)\.main|ms-word\.(document|template)\.macro"), _WORD),
    (re.compile(rb"presentationml\.(presentation|slideshow|template)\.main|ms-powerpoint\.\w+\.macro"), _SLIDES),
    (re.compile(rb"spreadsheetml\.(sheet|template)\.main|ms-excel\.(sheet|template|addin)\.macro"), _SHEET),
)
_XLSB: Final = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER: Final = re.compile(rb"[!-9;-~]{1,76}:[ \t]?")
_MAIL_HEADERS: Final = frozenset(
    b"from to cc bcc subject date sender reply-to message-id received return-path mime-version delivered-to in-reply-to references "
    b"content-type content-transfer-encoding x-mailer envelope-to importance thread-topic".split()
)
_HEAD: Final = 8192
_LONGEST_TYPE: Final = 200
_LARGEST_DIRECTORY: Final = 16 << 20
#: A ZIP's end record is 22 bytes and a comment of at most 65,535.
_TAIL: Final = 22 + 0xFFFF


def detect(source: Source) -> str:
    """The media type of ``source``, lower case, without parameters; ``application/octet-stream`` for what it cannot tell.

    Signatures come first, then a look into containers (ZIP, OLE), then the form of the text, then the name, then what was declared.
    Reads at most 8 KiB, and the directory of a ZIP. Raises `InputError` when the bytes cannot be read.
    """
    if source.media_type == "inode/directory":
        return source.media_type
    with source.open() as file:
        head = file.read(_HEAD)
        known = _by_content(head, file, source.name)
    if known:
        return known
    extension = splitext(source.name.lower())[1]
    if source.media_type and source.media_type not in ("application/octet-stream", "text/plain"):
        return source.media_type
    if _is_text(head):
        return _BY_NAME.get(extension, "text/plain")
    return source.media_type or "application/octet-stream"


def _by_content(head: bytes, file: BinaryIO, name: str) -> str | None:
    for magic, media_type in _MAGIC_OF.get(head[:1], ()):
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:2] == b"BM" and len(head) >= 18 and int.from_bytes(head[14:18], "little") in (12, 40, 52, 56, 64, 108, 124):
        return "image/bmp"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip(file)
    if head.startswith(_OLE):
        return _ole(file, name)
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    if _is_mail(head):
        return "message/rfc822"
    return _markup(head)


def _zip(file: BinaryIO) -> str:
    if _directory_size(file) > _LARGEST_DIRECTORY:
        return "application/zip"  # no office file lists so many members; reading the list would be work made by the sender
    try:
        with zipfile.ZipFile(file) as archive:
            # Some writers put backslashes, a leading slash or capitals into names.
            original = {name.replace("\\", "/").lstrip("/").lower(): name for name in archive.namelist()}
            names = set(original)
            if "mimetype" in names and archive.getinfo(original["mimetype"]).file_size < _LONGEST_TYPE:
                declared = archive.read(original["mimetype"]).decode("ascii", "replace").strip()
                if "/" in declared:
                    return declared.lower()
            if "[content_types].xml" in names:
                with archive.open(original["[content_types].xml"]) as parts:
                    return _office(parts.read(_HEAD * 8).lower()) or "application/zip"
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError, IndexError):
        pass  # a damaged archive is still an archive: whoever ingests it says what is wrong
    return "application/zip"


def _office(types: bytes) -> str | None:
    """The kind of an Office Open XML package (ECMA-376, part 2) by the content type of its main part."""
    if b"ms-excel.sheet.binary" in types:
        return _XLSB
    return next((media_type for main, media_type in _OOXML if main.search(types)), None)


def _directory_size(file: BinaryIO) -> int:
    """Bytes that the central directory of a ZIP takes by its own word (APPNOTE 4.3.16), 0 where that is not to be found."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - _TAIL))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    file.seek(0)
    return int.from_bytes(tail[place + 12 : place + 16], "little") if place >= 0 else 0


def _ole(file: BinaryIO, name: str) -> str:
    # The directory of an OLE file holds the names of its streams as UTF-16; they tell the kind without a parser.
    file.seek(0)
    head = file.read(4 << 20)

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in head

    if has("EncryptedPackage"):
        extension = splitext(name.lower())[1]
        kinds = {".docx": _WORD, ".pptx": _SLIDES, ".xlsb": _XLSB}
        return kinds.get(extension, _SHEET)
    if has("__properties_version1.0"):
        return "application/vnd.ms-outlook"
    if has("Workbook") or has("Book") or has("WORKBOOK"):
        return "application/vnd.ms-excel"
    if has("WordDocument"):
        return "application/msword"
    if has("PowerPoint Document"):
        return "application/vnd.ms-powerpoint"
    return "application/x-ole-storage"


def _is_mail(head: bytes) -> bool:
    """RFC 5322: the first lines are headers, and at least two are ones that mails have."""
    start = head.lstrip(b"\xef\xbb\xbf\r\n")
    if not (_HEADER.match(start) or start.startswith((b"From ", b">From "))):
        return False
    lines = start.splitlines()
    if lines and lines[0].startswith(b"From ") and len(lines) > 1:
        lines = lines[1:]  # the separator line of an mbox
    known = 0
    for number, line in enumerate(lines):
        if not line.strip():
            break
        if line[:1] in b" \t" and number:
            continue
        if line.startswith(b">From "):
            continue
        if not _HEADER.match(line):
            return False
        known += line.partition(b":")[0].lower() in _MAIL_HEADERS
    return known >= 2


def _markup(head: bytes) -> str | None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = head[:1024].decode("utf-16", "replace").lstrip("\ufeff \t\r\n").lower().encode()
    if not start.startswith(b"<"):
        return None
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "text/html"
    if start.startswith(b"<?xml"):
        return "text/html" if b"<html" in start else "application/xml"
    if start.startswith(b"<svg"):
        return "image/svg+xml"
    if re.match(rb"<([a-z_][\w.-]*:)?[a-z_][\w.-]*[\s>/]", start) and b"xmlns" in start:
        return "application/xml"
    return None


_CONTROL: Final = bytes(byte for byte in range(32) if byte not in b"\t\n\f\r\x1b")


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if b"\x00" in head:
        return False
    control = len(head) - len(head.translate(None, _CONTROL))
    return control <= len(head) // 50
