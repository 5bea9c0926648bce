"""Files of Outlook for the tests, written as [MS-OXMSG] and [MS-OXTNEF] say."""

from __future__ import annotations

import datetime as dt
import struct

from aios_email._compound import compound_file

UNICODE, TEXT8, BINARY, NUMBER, TIME = 0x1F, 0x1E, 0x102, 0x03, 0x40
SENT = (dt.datetime(2026, 3, 17, 9, 30, tzinfo=dt.UTC) - dt.datetime(1601, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1) * 10


def storage(header: int, *properties):
    """A storage with properties (number, type, value)."""
    held, stream = {}, b"\0" * header
    for number, kind, value in properties:
        if kind in (NUMBER, TIME):
            fixed = struct.pack("<Q", value)
        else:
            data = value.encode("utf-16-le") if kind == UNICODE else value
            held[f"__substg1.0_{number:04X}{kind:04X}"] = data
            fixed = struct.pack("<LL", len(data) + 2 * (kind == UNICODE), 0)
        stream += struct.pack("<HHL", kind, number, 6) + fixed
    return {**held, "__properties_version1.0": stream}


def attachment(name: str, data: bytes):
    return storage(8, (0x3705, NUMBER, 1), (0x3707, UNICODE, name), (0x3701, BINARY, data))


def properties(subject="Schäden", plain="Guten Tag,\r\n\r\nanbei die Rechnung über 471,30 €.\r\n", **more):
    return [
        (0x001A, UNICODE, more.get("kind", "IPM.Note")),
        (0x0037, UNICODE, subject),
        (0x0039, TIME, SENT),
        (0x0C1A, UNICODE, "Jürgen Groß"),
        (0x5D01, UNICODE, "juergen@gross.example"),
        (0x1000, UNICODE, plain),
        (0x1035, UNICODE, "<2@gross.example>"),
    ]


def message(*extra, attachments=None, **more) -> bytes:
    """A message with two recipients, an attachment, and a message attached that has one itself."""
    to = storage(8, (0x0C15, NUMBER, 1), (0x3001, UNICODE, "Claims"), (0x39FE, UNICODE, "claims@insurer.example"))
    cc = storage(8, (0x0C15, NUMBER, 2), (0x3001, UNICODE, "b@y.example"), (0x39FE, UNICODE, "b@y.example"))
    inner = storage(24, *properties("Before", "See the file."))
    inner["__attach_version1.0_#00000000"] = attachment("inner.bin", bytes(range(256)) * 40)
    nested = {**storage(8, (0x3705, NUMBER, 5), (0x3001, UNICODE, "Before")), "__substg1.0_3701000D": inner}
    held = {
        **storage(32, *properties(**more), *extra),
        "__nameid_version1.0": {"__substg1.0_00020102": b""},
        "__recip_version1.0_#00000000": to,
        "__recip_version1.0_#00000001": cc,
    }
    files = [attachment("Größe.txt", b"471,30"), nested] if attachments is None else attachments
    for number, file in enumerate(files):
        held[f"__attach_version1.0_#{number:08X}"] = file
    return compound_file(held)


def _attribute(level: int, number: int, data: bytes) -> bytes:
    return struct.pack("<BLL", level, number, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _mapi(*properties) -> bytes:
    out = struct.pack("<L", len(properties))
    for number, kind, value in properties:
        out += struct.pack("<HH", kind, number)
        if isinstance(value, int):
            out += struct.pack("<L", value)
            continue
        data = value.encode("utf-16-le") + b"\0\0" if kind == UNICODE else value
        out += struct.pack("<LL", 1, len(data)) + data + b"\0" * (-len(data) % 4)
    return out


def tnef(inner: bytes | None = None) -> bytes:
    """winmail.dat with a body of HTML, a file, and another message if ``inner``."""
    out = b"\x78\x9f\x3e\x22\x01\x00"
    out += _attribute(1, 0x00069007, struct.pack("<LL", 1252, 0))
    out += _attribute(1, 0x00018004, b"Sch\xe4den\0")
    out += _attribute(1, 0x00069003, _mapi((0x3FDE, NUMBER, 65001), (0x1013, BINARY, "<p>Grüße <b>€</b></p>".encode())))
    out += _attribute(2, 0x00069002, b"\0" * 14) + _attribute(2, 0x00018010, b"SHORT~1.TXT\0") + _attribute(2, 0x0006800F, b"471,30")
    out += _attribute(2, 0x00069005, _mapi((0x3707, UNICODE, "Größe lang.txt"), (0x3705, NUMBER, 1)))
    if inner is not None:
        out += _attribute(2, 0x00069002, b"\0" * 14)
        out += _attribute(2, 0x00069005, _mapi((0x3701, 0x0D, b"\0" * 16 + inner), (0x3001, TEXT8, b"Before\0")))
    return out
