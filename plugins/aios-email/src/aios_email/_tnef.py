"""winmail.dat: the parts of a message in Outlook's own form ([MS-OXTNEF])."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from ._charsets import code_page, decoded

SIGNATURE: Final = b"\x78\x9f\x3e\x22"

_SUBJECT, _BODY, _PROPERTIES, _CODE_PAGE = 0x00018004, 0x0002800C, 0x00069003, 0x00069007
_ATTACHED, _TITLE, _DATA, _ATTACHMENT = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
#: Sizes of property types of fixed length, each in whole words of four bytes.
_FIXED: Final = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE: Final = frozenset({0x0D, 0x1E, 0x1F, 0x102})
_MANY: Final = 0x1000
_OBJECT: Final = 0x0D
_MOST: Final = 100_000


class File(NamedTuple):
    """An attachment: its name and bytes; ``is_message`` for a message of the same form."""

    name: str
    data: bytes
    is_message: bool = False


class Tnef(NamedTuple):
    """What was read: the body in its forms (empty where there is none), the attachments, and whether the file ended where it should."""

    subject: str
    plain: str
    html: str
    rtf: bytes
    files: tuple[File, ...]
    is_whole: bool


class Properties(dict[int, tuple[int, bytes]]):
    """MAPI properties: their type and bytes by number."""

    page: str = ""

    def text(self, number: int) -> str:
        """A property of text; empty where it is not there."""
        kind, data = self.get(number, (0, b""))
        if kind == 0x1F:
            return data.decode("utf-16-le", "replace").rstrip("\0").replace("\0", "\ufffd")
        return decoded(data.rstrip(b"\0"), self.page) if data else ""


def read(data: bytes) -> Tnef:
    """The message in ``data``, as far as it can be read. Raises ``ValueError`` where it does not begin like one."""
    if not data.startswith(SIGNATURE):
        raise ValueError("it does not begin with the signature of TNEF")
    page, subject, plain = "", "", b""
    message = Properties()
    attached: list[dict[int, bytes]] = []
    end = 6
    for number, content, behind in _attributes(data):
        end = behind
        if number == _CODE_PAGE and len(content) >= 4:
            page = code_page(struct.unpack_from("<L", content)[0])
        elif number == _SUBJECT:
            subject = decoded(content.rstrip(b"\0"), page)
        elif number == _BODY:
            plain = content.rstrip(b"\0")
        elif number == _PROPERTIES:
            message = _properties(content)
        elif number == _ATTACHED:
            attached.append({})
        elif attached:
            attached[-1][number] = content
    message.page = page
    html = message.get(0x1013, (0, b""))[1]
    cpid = message.get(0x3FDE, (0, b""))[1]
    charset = code_page(struct.unpack("<L", cpid)[0]) if len(cpid) == 4 else page
    return Tnef(
        message.text(0x37) or subject,
        message.text(0x1000) or decoded(plain, page),
        decoded(html.rstrip(b"\0"), charset) if html else "",
        message.get(0x1009, (0, b""))[1],
        tuple(found for item in attached if (found := _file(item, page)) is not None),
        end == len(data),
    )


def _attributes(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    place = 6
    while place + 9 <= len(data):
        number, size = struct.unpack_from("<LL", data, place + 1)
        content = data[place + 9 : place + 9 + size]
        place += 11 + size
        yield number, content, place


def _file(item: dict[int, bytes], page: str) -> File | None:
    properties = _properties(item.get(_ATTACHMENT, b""))
    properties.page = page
    name = (
        properties.text(0x3707) or properties.text(0x3704) or decoded(item.get(_TITLE, b"").rstrip(b"\0"), page) or properties.text(0x3001)
    )
    kind, data = properties.get(0x3701, (0, b""))
    if kind == _OBJECT:
        inner = data[16:]  # behind the identifier of the interface
        return File(name, inner, inner.startswith(SIGNATURE))
    data = item.get(_DATA, b"") or data
    return File(name, data) if data or name else None


def _properties(data: bytes) -> Properties:
    """The properties in ``data``, up to the first that cannot be read."""
    found = Properties()
    try:
        (count,) = struct.unpack_from("<L", data)
        place = 4
        for _ in range(min(count, _MOST)):
            kind, number = struct.unpack_from("<HH", data, place)
            place += 4
            if number >= 0x8000:
                place = _named(data, place)
            values: list[bytes] = []
            many, kind = bool(kind & _MANY), kind & ~_MANY
            amount = 1
            if many or kind in _VARIABLE:
                (amount,) = struct.unpack_from("<L", data, place)
                place += 4
            if amount > _MOST or (kind not in _FIXED and kind not in _VARIABLE):
                break
            for _ in range(amount):
                size = _FIXED.get(kind, 0)
                if kind in _VARIABLE:
                    (size,) = struct.unpack_from("<L", data, place)
                    place += 4
                if place + size > len(data):
                    return found
                values.append(data[place : place + size])
                place += -(-size // 4) * 4
            if values and not many:
                found.setdefault(number, (kind, values[0]))
    except struct.error:
        pass  # it ends amid a property: those before it count
    return found


def _named(data: bytes, place: int) -> int:
    """Where the value of a named property begins."""
    (kind,) = struct.unpack_from("<L", data, place + 16)
    if kind == 0:
        return place + 24
    (size,) = struct.unpack_from("<L", data, place + 20)
    return int(place + 24 + -(-size // 4) * 4)
