"""OLE compound files: what a file embedded in an office document really is, and whether a legacy document has a password (MS-CFB)."""

from __future__ import annotations

import io
import struct
from typing import Final

import olefile

from ._content import Part

MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DAMAGE: Final = (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error, EOFError, OverflowError)
_DOCUMENTS: Final = {
    "WordDocument": ".doc",
    "Workbook": ".xls",
    "Book": ".xls",
    "PowerPoint Document": ".ppt",
    "__properties_version1.0": ".msg",
}
_FILES: Final = {"Package": "", "CONTENTS": "", "EmbeddedOdf": ".odt"}
#: The FIB of a Word file starts with this (MS-DOC 2.5.1), and bit 8 of the flags at byte 10 says that it is encrypted.
_WORD: Final = b"\xec\xa5"
#: headerToken of an encrypted presentation (MS-PPT 2.3.2).
_PRESENTATION: Final = 0xF3D1C4DF
#: FormatID of an embedded OLE 1.0 object (MS-OLEDS 2.2.4).
_EMBEDDED: Final = 2


def unwrapped(part: Part) -> Part | None:
    """``part`` itself; of an OLE object the file in it; None for objects of other programs, which only these can show."""
    if not part.data.startswith(MAGIC):
        return part
    try:
        with olefile.OleFileIO(io.BytesIO(part.data)) as ole:
            streams = {"/".join(path) for path in ole.listdir()}
            for name, ending in _DOCUMENTS.items():
                if name in streams:
                    return part._replace(name=_renamed(part.name, ending))
            for name, ending in _FILES.items():
                if name in streams:
                    return Part(_renamed(part.name, ending), ole.openstream(name).read())
            if "\x01Ole10Native" in streams:
                return _native(ole.openstream("\x01Ole10Native").read())
    except _DAMAGE:
        return part  # who ingests it says what is wrong with it
    return None


def _renamed(name: str, ending: str) -> str:
    return name.rpartition(".")[0] + ending if "." in name else name + ending


def _native(data: bytes) -> Part | None:
    """The file in an OLE 1.0 package: flags, label, path, a second path, then the bytes (MS-OLEDS 2.3.6)."""
    try:
        label, rest = data[6:].split(b"\0", 1)
        _, rest = rest.split(b"\0", 1)
        _, _, length = struct.unpack_from("<HHL", rest)
        rest = rest[8 + length :]
        (size,) = struct.unpack_from("<L", rest)
    except (ValueError, struct.error):
        return None
    return Part(_text(label) or "object.bin", rest[4 : 4 + size]) if size else None


def _text(raw: bytes) -> str:
    name = raw.decode("cp1252", "replace").replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in name if character.isprintable()).strip()


def is_encrypted(data: bytes) -> bool:
    """Whether an OLE file needs a password: an encrypted OOXML package, Word or PowerPoint file. False for what cannot be read."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            if ole.exists("EncryptedPackage") or ole.exists("EncryptedSummary"):
                return True
            if ole.exists("WordDocument"):
                head = ole.openstream("WordDocument").read(12)
                return head[:2] == _WORD and bool(head[11] & 1)
            if ole.exists("Current User"):
                return bool(struct.unpack_from("<L", ole.openstream("Current User").read(16), 12)[0] == _PRESENTATION)
    except _DAMAGE:
        return False
    return False


def of_rtf(data: bytes) -> list[Part]:
    """The file in an embedded object of RTF (MS-OLEDS 2.2.5: header, class, topic, item, native data); none where there is none."""
    try:
        (form,) = struct.unpack_from("<L", data, 4)
        place = 8
        for _ in range(3):
            (length,) = struct.unpack_from("<L", data, place)
            place += 4 + length
        (size,) = struct.unpack_from("<L", data, place)
    except struct.error:
        return []
    native = data[place + 4 : place + 4 + size]
    if form != _EMBEDDED or not native:
        return []
    found = unwrapped(Part("object.bin", native)) if native.startswith(MAGIC) else _native(b"\0\0\0\0" + native)  # here without its size
    return [found] if found else []
