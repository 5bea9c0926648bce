"""Small files that swell when they are unpacked, and a process in which that is measured."""

from __future__ import annotations

import base64
import contextlib
import io
import resource
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from aios_sdk.errors import StepError
from aios_sdk.records import Source

from . import samples
from ._elsewhere import peak_memory
from ._law import LawBroken
from ._probe import Summons
from ._subject import Subject

#: Bytes to which a bomb swells, and how much a component may take that declares no ``memory_mb``.
SWOLLEN: Final = 1 << 30
ALLOWED_MB: Final = 512

_BLOCK: Final = 1 << 20
_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SIDE: Final = 32_000


class Swallowed(NamedTuple):
    """What came of a file in a process of its own: the bytes by which the peak of memory has grown so far, the bytes of the parts that were
    yielded, and what was raised that is no refusal."""

    grown: int
    yielded: int
    raised: str


def swallow(summons: Summons, sources: Sequence[Source]) -> list[Swallowed]:
    """Ingest ``sources`` as the engine does, which takes each part before it asks for the next, up to the first that takes too much; run
    in a process of its own."""
    subject = summons.subject()
    for sound in subject.own("ingest")[:1]:  # what libraries take when they are first used is not the bomb's
        with contextlib.suppress(LawBroken):
            subject.answer("ingest", sound)
    before = peak_memory()
    _limit(before + 4 * SWOLLEN)
    found: list[Swallowed] = []
    for source in sources:
        yielded, raised = _swallow(subject, source)
        found.append(Swallowed(max(0, peak_memory() - before), yielded, raised))
        if found[-1].grown > SWOLLEN // 2:
            break  # the peak says nothing about those behind it
    return found


def _swallow(subject: Subject, source: Source) -> tuple[int, str]:
    implementation = subject.warm("ingest").implementation("ingest")
    assert implementation is not None  # it is its stage
    yielded = 0
    try:
        for item in implementation.call(source=source, context=subject.context("ingest")):
            yielded += len(item.data or b"") if isinstance(item, Source) else 0
            if yielded > SWOLLEN:
                break  # the engine has limits of its own for what comes in parts
    except StepError:
        return yielded, ""
    except BaseException as error:  # noqa: BLE001 - told to the law, which judges it
        return yielded, f"{type(error).__name__}: {error}"
    return yielded, ""


def _limit(size: int) -> None:
    """Keep what swells from taking the whole machine."""
    with contextlib.suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (size + (8 << 30), size + (8 << 30)))


# -- bombs ------------------------------------------------------------------------------------------------------------


def _packed(byte: bytes, count: int, before: bytes = b"", behind: bytes = b"") -> tuple[bytes, int]:
    """``before``, ``count`` times ``byte`` and ``behind`` as a raw deflate stream (RFC 1951), and the CRC-32 of all that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = byte * _BLOCK
    found = packer.compress(before) + packer.flush(zlib.Z_FULL_FLUSH)
    repeated = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)  # knows nothing of what came before, and so can be repeated
    check = zlib.crc32(before)
    for _ in range(count // _BLOCK):
        check = zlib.crc32(block, check)
    found += repeated * (count // _BLOCK) + packer.compress(behind) + packer.flush(zlib.Z_FINISH)
    return found, zlib.crc32(behind, check)


class _Member(NamedTuple):
    """A member of a zip archive: packed already, with the CRC-32 and the size of what it holds, or what it says of that."""

    name: str
    data: bytes
    check: int
    size: int


def _zip(*members: _Member) -> bytes:
    """A zip archive (APPNOTE.TXT 6.3.10) of deflated members."""
    file, directory = b"", b""
    for name, data, check, size in members:
        raw = name.encode()
        facts = struct.pack("<5H3L2H", 20, 0, 8, 0, 33, check, len(data), size, len(raw), 0)  # deflated, on 1 January 1980
        directory += b"PK\x01\x02\x14\0" + facts + struct.pack("<3H2L", 0, 0, 0, 0, len(file)) + raw
        file += b"PK\x03\x04" + facts + raw + data
    return file + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, len(members), len(members), len(directory), len(file), 0)


def _honest() -> bytes:
    data, check = _packed(b"0", SWOLLEN)
    return _zip(_Member("large.txt", data, check, SWOLLEN))


def _lying() -> bytes:
    data, check = _packed(b"0", SWOLLEN)
    return _zip(_Member("small.txt", data, check, 1000))


def _workbook() -> bytes:
    with zipfile.ZipFile(io.BytesIO(samples.workbook().data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = next(name for name in members if "sheet1" in name)
    head, mark, rest = members.pop(sheet).partition(b"<sheetData>")
    data, check = _packed(b" ", SWOLLEN, head + mark, rest)
    swollen = _Member(sheet, data, check, len(head + mark + rest) + SWOLLEN)
    return _zip(swollen, *(_Member(name, *_packed(b"", 0, content), len(content)) for name, content in members.items()))


def _gzip() -> bytes:
    data, check = _packed(b"0", SWOLLEN)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + data + struct.pack("<LL", check, SWOLLEN & 0xFFFFFFFF)


def _png() -> bytes:
    """A grey picture of 32,000 x 32,000 pixels, all of them there, in a megabyte."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    count = _SIDE * (_SIDE + 1) // _BLOCK * _BLOCK + _BLOCK
    data, _ = _packed(b"\0", count)
    check, block = 1, bytes(_BLOCK)
    for _ in range(count // _BLOCK):
        check = zlib.adler32(block, check)
    body = b"\x78\xda" + data + struct.pack(">I", check)
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _entities() -> bytes:
    """Entities within entities (XML 1.0, 4.4), which come to a gigabyte."""
    levels = 8
    lines = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, levels + 1))
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "laughter!!">{lines}]><x>&l{levels};</x>'.encode()


def _mail() -> bytes:
    """A mail with an archive that swells."""
    packed = base64.encodebytes(_honest())
    return (
        b"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: application/zip\r\n"
        b'Content-Disposition: attachment; filename="x.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n' + packed.replace(b"\n", b"\r\n")
    )


_MAKERS: Final[Mapping[str, Mapping[str, Callable[[], bytes]]]] = {
    "application/zip": {"a zip archive of one gigabyte of zeros": _honest, "a zip archive that says to hold a thousand bytes": _lying},
    _WORKBOOK: {"a workbook with a gigabyte of blanks in its sheet": _workbook},
    "application/gzip": {"a gigabyte of zeros in gzip": _gzip},
    "image/png": {"a PNG of a thousand million pixels": _png},
    "application/xml": {"XML whose entities come to a gigabyte": _entities},
    "text/xml": {"XML whose entities come to a gigabyte": _entities},
    "message/rfc822": {"a mail with a zip archive of one gigabyte": _mail},
}


#: The media types that there are bombs of.
SWELLING: Final = frozenset(_MAKERS)


def bombs(media_types: Sequence[str]) -> list[tuple[str, str, bytes]]:
    """What each bomb is, its media type, and its bytes."""
    return [(what, kind, _made(make)) for kind in media_types for what, make in _MAKERS.get(kind, {}).items()]


@cache
def _made(make: Callable[[], bytes]) -> Any:
    return make()
