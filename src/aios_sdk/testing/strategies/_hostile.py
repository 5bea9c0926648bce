"""Bytes that senders should not send: cut, damaged, disguised, and bombs small enough to keep."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

from hypothesis import strategies as st

from .. import samples

_ZEROS: Final = 4 << 20  # bytes that the archives below swell to: noticed by whoever unpacks them, and harmless
_DEEP: Final = 20_000  # levels of nesting: far more than a stack of calls can hold


# -- archives ---------------------------------------------------------------------------------------------------------


def _zip(*members: tuple[str, bytes], **options: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _zip_bomb() -> bytes:
    return _zip(*((f"{number}.txt", b"0" * (_ZEROS // 4)) for number in range(4)))


def _nested_zip() -> bytes:
    data = b"at last"
    for level in range(30):
        data = _zip((f"{level}.zip", data))
    return data


def _climbing_zip() -> bytes:
    return _zip(("../../../../tmp/aios-climbed", b"x"), ("/absolute", b"x"), ("C:\\windows\\x", b"x"), ("a\x00b", b"x"), ("", b"x"))


def _encrypted_zip() -> bytes:
    data = bytearray(_zip(("secret.txt", b"secret")))
    data[6] |= 1  # the flag of the local header (APPNOTE 4.4.4)
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _lying_zip() -> bytes:
    data = bytearray(_zip(("x.txt", b"x" * 100)))
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 0xFFFFFFF0)  # says that it unpacks to 4 GB
    return bytes(data)


def _wide_zip() -> bytes:
    return _zip(*((f"{number}", b"") for number in range(3000)))


# -- pictures ---------------------------------------------------------------------------------------------------------


def _png(width: int, height: int, data: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def _endless_tiff() -> bytes:
    """A TIFF whose only directory is followed by itself."""
    entries = [
        (256, 3, 1, 1),
        (257, 3, 1, 1),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (278, 3, 1, 1),
        (279, 4, 1, 1),
    ]
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + struct.pack("<I", 16)
    return b"II*\x00" + struct.pack("<I", 16) + b"\x00" * 8 + body


def _huge_tiff() -> bytes:
    entries = [(256, 4, 1, 2**31), (257, 4, 1, 2**31), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 2**30, 8), (279, 4, 1, 1)]
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + struct.pack("<I", 0)
    return b"II*\x00" + struct.pack("<I", 16) + b"\x00" * 8 + body


def _huge_jpeg() -> bytes:
    data = bytearray(samples.photo("Total: 471.30 EUR", dpi=30).data)
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = b"\xff\xff\xff\xff"
    return bytes(data)


def _gif() -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b",\x00\x00\x00\x00\xff\xff\xff\xff\x00\x08\x00;"


def _bmp() -> bytes:
    return b"BM" + struct.pack("<IHHI", 70, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 2**31 - 1, -(2**31), 1, 24, 0, 0, 0, 0, 0, 0)


# -- markup -----------------------------------------------------------------------------------------------------------


def _laughs() -> bytes:
    """Entities within entities, which swell to a megabyte (the usual ones swell to gigabytes)."""
    lines = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 6))
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "laughter!!">{lines}]><x>&l5;</x>'.encode()


def _external() -> bytes:
    return b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


def _deep_xml() -> bytes:
    return b'<?xml version="1.0"?>' + b"<a>" * _DEEP + b"</a>" * _DEEP


def _deep_html() -> bytes:
    return b"<!DOCTYPE html><html><body>" + b"<div>" * _DEEP + b"text"


def _deep_json() -> bytes:
    return b"[" * _DEEP + b"]" * _DEEP


def _wide_xml() -> bytes:
    attributes = b" ".join(b'a%d="x"' % number for number in range(5000))
    return b'<?xml version="1.0"?><x ' + attributes + b"/>"


# -- documents --------------------------------------------------------------------------------------------------------


def _encrypted_pdf() -> bytes:
    data = samples.pdf().data
    return data.replace(
        b"/Root 1 0 R",
        b"/Root 1 0 R /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O (%s) /U (%s) >> /ID [(a) (a)]"
        % ((b"o" * 32), (b"u" * 32)),
    )


def _circular_pdf() -> bytes:
    return samples.pdf().data.replace(b"/Kids [4 0 R 6 0 R]", b"/Kids [2 0 R 2 0 R]")


def _many_pages() -> bytes:
    return samples.pdf().data.replace(b"/Count 2", b"/Count 2147483647")


def _encrypted_office() -> bytes:
    """The head of an OLE file that holds an encrypted package (MS-OFFCRYPTO), and nothing after it."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504 + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 480


def _deep_mail() -> bytes:
    head = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: deep\r\nMIME-Version: 1.0\r\n"
    parts = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(500))
    return head + parts + b"Content-Type: text/plain\r\n\r\nat last\r\n"


def _odd_mail() -> bytes:
    return (
        b"From: =?utf-8?b?////?= <a@b>\r\nTo: " + b"x" * 5000 + b"\r\nSubject: =?x-none?q?=ZZ?=\r\nDate: 99 Foo 99999 99:99\r\n"
        b"Content-Type: text/plain; charset=no-such-charset\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!\r\n"
    )


def _wide_csv() -> bytes:
    return b",".join(b"c" for _ in range(300)) + b"\r\n" + b",".join(b"1" for _ in range(300)) + b"\r\n"


def _open_quote() -> bytes:
    return b'a,b\r\n1,"' + b"never closed, " * 500


_BOMBS: Final[Mapping[str, tuple[str, Callable[[], bytes]]]] = {
    "zip that swells": ("application/zip", _zip_bomb),
    "zip in zip in zip": ("application/zip", _nested_zip),
    "zip with paths that climb out": ("application/zip", _climbing_zip),
    "zip with a password": ("application/zip", _encrypted_zip),
    "zip that lies about its size": ("application/zip", _lying_zip),
    "zip of many members": ("application/zip", _wide_zip),
    "gzip that swells": ("application/gzip", lambda: gzip.compress(b"0" * _ZEROS, mtime=0)),
    "png of 4 billion pixels": ("image/png", lambda: _png(65_536, 65_536)),
    "png of absurd size": ("image/png", lambda: _png(2**31 - 1, 2**31 - 1)),
    "png without data": ("image/png", lambda: _png(8, 8)),
    "png that swells": ("image/png", lambda: _png(1, 1, b"0" * _ZEROS)),
    "jpeg of 4 billion pixels": ("image/jpeg", _huge_jpeg),
    "gif of 4 billion pixels": ("image/gif", _gif),
    "bmp of absurd size": ("image/bmp", _bmp),
    "tiff that never ends": ("image/tiff", _endless_tiff),
    "tiff of absurd size": ("image/tiff", _huge_tiff),
    "xml entities that swell": ("application/xml", _laughs),
    "xml that asks for a file": ("application/xml", _external),
    "deep xml": ("application/xml", _deep_xml),
    "wide xml": ("application/xml", _wide_xml),
    "deep html": ("text/html", _deep_html),
    "deep json": ("application/json", _deep_json),
    "pdf with a password": ("application/pdf", _encrypted_pdf),
    "pdf whose pages go in circles": ("application/pdf", _circular_pdf),
    "pdf that says it has two billion pages": ("application/pdf", _many_pages),
    "office file with a password": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _encrypted_office),
    "deep mail": ("message/rfc822", _deep_mail),
    "mail with broken headers": ("message/rfc822", _odd_mail),
    "wide csv": ("text/csv", _wide_csv),
    "csv with an open quote": ("text/csv", _open_quote),
    "text in UTF-16 that is cut": ("text/plain", lambda: "\ufeffhalf a \U0001f600".encode("utf-16-le")[:-1]),
    "text with bytes that are no UTF-8": ("text/plain", lambda: b"fine \xff\xfe\xc0\x80 \xed\xa0\x80 fine"),
    "text of one long line": ("text/plain", lambda: b"x" * 50_000),
    "text of zeros": ("text/plain", lambda: bytes(5000)),
}


class _Hostile(Mapping[str, tuple[str, bytes]]):
    """The bytes above by what they are, each made when it is first asked for."""

    def __getitem__(self, name: str) -> tuple[str, bytes]:
        media_type, make = _BOMBS[name]
        return media_type, _made(make)

    def __iter__(self) -> Iterator[str]:
        return iter(_BOMBS)

    def __len__(self) -> int:
        return len(_BOMBS)


#: Crafted files by what is hostile about them: (media type, bytes). They are small, and what swells swells to a few megabytes.
HOSTILE: Final[Mapping[str, tuple[str, bytes]]] = _Hostile()


@cache
def _made(make: Callable[[], bytes]) -> bytes:
    return make()


@cache
def hostile_bytes(media_type: str | None = None) -> st.SearchStrategy[bytes]:
    """Bytes that claim to be of ``media_type`` (or of any): none, one, any; samples cut, damaged or disguised; and `HOSTILE` files.

    Example::

        @given(strategies.hostile_bytes("application/pdf"))
        def test_any_bytes_give_a_document_or_a_refusal(data):
            with contextlib.suppress(StepError):
                list(Reader(Config()).ingest(Source(name="x.pdf", data=data), context))
    """
    crafted = [name for name, (kind, _) in _BOMBS.items() if _covers(media_type or "*/*", kind)]
    mine = [sample.data for sample in _small_samples() if _covers(media_type or "*/*", sample.media_type)]
    others = [sample.data for sample in _small_samples() if sample.data not in mine]
    small: st.SearchStrategy[bytes] = st.sampled_from([b"", b"\x00", b"%", b"\xff"]) | st.binary(max_size=64)
    found = [small]
    if mine:
        sound = st.sampled_from(mine)
        found += [sound.flatmap(_cut), sound.flatmap(_damaged), sound.flatmap(_begun)]
    if crafted:
        found.append(st.sampled_from(crafted).map(lambda name: HOSTILE[name][1]))
    if others:
        found.append(st.sampled_from(others))
    return st.one_of(found)


@cache
def _small_samples() -> tuple[samples.Sample, ...]:
    """A sample of every kind that is small enough to be printed when a test fails."""
    picture, printed = samples.page_image("Total: 471.30 EUR", dpi=50, size=(200.0, 60.0)), samples.pdf("Total: 471.30 EUR")
    makers = (samples.photo, samples.fax, samples.scanned_pdf)
    plain = (samples.text(), samples.table(), samples.workbook(), samples.html(), samples.xml(), samples.json())
    packed = (samples.mail("Please pay.", (printed, picture)), samples.zip(samples.text(), picture))
    return (*plain, printed, picture, *(make("Total: 471.30 EUR", dpi=30) for make in makers), *packed)


def _covers(pattern: str, media_type: str) -> bool:
    kind, _, subtype = pattern.partition("/")
    return pattern in ("*/*", media_type) or (subtype == "*" and media_type.startswith(f"{kind}/"))


def _cut(data: bytes) -> st.SearchStrategy[bytes]:
    """The beginning of ``data``."""
    return st.integers(0, max(0, len(data) - 1)).map(lambda end: data[:end])


def _begun(data: bytes) -> st.SearchStrategy[bytes]:
    """The first bytes of ``data``, by which its kind is known, and then anything."""
    return st.binary(max_size=64).map(lambda rest: data[:16] + rest)


def _damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """``data`` with some bytes changed, taken out or put in."""
    place = st.integers(0, max(0, len(data) - 1))
    edit = st.tuples(place, st.integers(0, 8), st.binary(max_size=8))

    def apply(edits: list[tuple[int, int, bytes]]) -> bytes:
        changed = bytearray(data)
        for start, size, new in edits:
            changed[start : start + size] = new
        return bytes(changed)

    return st.lists(edit, min_size=1, max_size=4).map(apply)
