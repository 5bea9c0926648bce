"""Messages of Outlook ([MS-OXMSG]): their properties, attachments and messages within, out of a compound file."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterator
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ._charsets import code_page, decoded
from ._compound import Storage, compound_file
from ._parts import MailPart, parsed
from ._tnef import Properties

if TYPE_CHECKING:
    from olefile import OleFileIO

_HEADERS: Final = "__properties_version1.0"
_NAMES: Final = "__nameid_version1.0"
_EPOCH: Final = dt.datetime(1601, 1, 1, tzinfo=dt.UTC)
_BY_VALUE, _MESSAGE, _OLE = 1, 5, 6
_UTF8: Final = 65001
_MOST: Final = 20_000  # entries of a file
#: Headers that properties stand for.
_KNOWN: Final = (("Subject", 0x37), ("Message-ID", 0x1035), ("In-Reply-To", 0x1042), ("References", 0x1039))


class Attached(NamedTuple):
    """An attachment: its name, its bytes (None where the message only points at a file elsewhere), and whether it is a message."""

    name: str
    data: bytes | None
    is_message: bool = False


class Message:
    """The message in a compound file. Strings and bytes are read when they are asked for."""

    def __init__(self, ole: OleFileIO) -> None:
        self._ole: Final = ole
        entries = [tuple(entry) for entry in ole.listdir(streams=True, storages=True)]
        if len(entries) > _MOST:
            raise ValueError(f"it has {len(entries):,} entries")
        self._names: Final = sorted({entry[0] for entry in entries})
        self._entries: Final = entries
        self.properties: Final = self._properties((), 32)
        inner = _number(self.properties, 0x3FDE)
        self._page = _number(self.properties, 0x3FFD) or (inner if inner != _UTF8 else 0)
        self.properties.page = code_page(self._page)

    @property
    def message_class(self) -> str:
        """What kind of item it is, such as ``IPM.Note`` for a mail."""
        return self.properties.text(0x1A)

    @property
    def plain(self) -> str:
        """The body as plain text."""
        kind, data = self.properties.get(0x1000, (0, b""))
        return self.properties.text(0x1000) if kind == 0x1F else decoded(data.rstrip(b"\0"), self._body_charset) if data else ""

    @property
    def html(self) -> str:
        """The body as HTML."""
        kind, data = self.properties.get(0x1013, (0, b""))
        return self.properties.text(0x1013) if kind == 0x1F else decoded(data.rstrip(b"\0"), self._body_charset) if data else ""

    @property
    def rtf(self) -> bytes:
        """The body as compressed RTF."""
        return self.properties.get(0x1009, (0, b""))[1]

    @property
    def _body_charset(self) -> str:
        return code_page(_number(self.properties, 0x3FDE) or self._page)

    def headers(self) -> MailPart:
        """The headers the message came with, and those that its properties stand for where there are none."""
        mail = parsed(self.properties.text(0x7D).lstrip().encode("utf-8", "replace") + b"\n\n")
        for name in ("Content-Type", "Content-Transfer-Encoding"):
            del mail[name]
        for name, number in _KNOWN:
            _add(mail, name, self.properties.text(number))
        _add(mail, "From", self._sender())
        people = list(self._recipients())
        for name, kind, shown in (("To", 1, 0x0E04), ("Cc", 2, 0x0E03), ("Bcc", 3, 0x0E02)):
            _add(mail, name, ", ".join(who for of, who in people if of == kind and who) or self.properties.text(shown).replace("\0", ""))
        sent = self.properties.get(0x39) or self.properties.get(0x0E06) or self.properties.get(0x3007)
        if sent and (moment := _moment(sent[1])):
            _add(mail, "Date", format_datetime(moment))
        return mail

    def attachments(self) -> Iterator[Attached]:
        """The attachments, in the order of the message."""
        for number, name in enumerate((name for name in self._names if name.startswith("__attach_version1.0")), 1):
            found = self._properties((name,), 8)
            found.page = code_page(self._page)
            shown = (found.text(0x3707) or found.text(0x3704) or found.text(0x3001)).replace("/", "_").strip()
            method = _number(found, 0x3705)
            inner = (name, "__substg1.0_3701000D")
            if inner in self._entries:
                is_message = method == _MESSAGE
                data = compound_file(self._message_within(inner) if is_message else self._storage(inner))
                yield Attached((shown or f"part-{number}") + (".msg" if is_message else ".ole"), data, is_message)
                continue
            yield Attached(shown or f"part-{number}.bin", found[0x3701][1] if 0x3701 in found else None)

    def _sender(self) -> str:
        text = self.properties.text
        address = text(0x5D01) or text(0x5D02) or (text(0x0C1F) if "@" in text(0x0C1F) else "") or text(0x0065) * ("@" in text(0x0065))
        return _person(text(0x0C1A) or text(0x42), address or text(0x0C1F))

    def _recipients(self) -> Iterator[tuple[int, str]]:
        for name in self._names:
            if name.startswith("__recip_version1.0"):
                found = self._properties((name,), 8)
                found.page = self.properties.page
                address = found.text(0x39FE) or found.text(0x3003)
                yield _number(found, 0x0C15), _person(found.text(0x3001), address)

    def _properties(self, storage: tuple[str, ...], skip: int) -> Properties:
        """The properties of a storage; those of variable length stand in streams of their own."""
        found = Properties()
        stream = self._stream((*storage, _HEADERS))
        for place in range(skip, len(stream) - 15, 16):
            kind, number = struct.unpack_from("<HH", stream, place)
            found[number] = (kind, stream[place + 8 : place + 16])
        for entry in self._entries:
            name = entry[-1]
            if entry[:-1] == storage and name.startswith("__substg1.0_") and len(name) == 20:
                number, kind = int(name[12:16], 16), int(name[16:], 16)
                if kind in (0x1E, 0x1F, 0x102) and (number not in found or found[number][0] in (kind, 0x1E, 0x1F)):
                    found[number] = (kind, self._stream(entry))
        return found

    def _stream(self, path: tuple[str, ...]) -> bytes:
        if path not in self._entries:
            return b""
        with self._ole.openstream(list(path)) as stream:
            data: bytes = stream.read()
        return data

    def _storage(self, path: tuple[str, ...]) -> dict[str, Any]:
        """All that lies below ``path``."""
        held: dict[str, Any] = {}
        for entry in self._entries:
            if len(entry) == len(path) + 1 and entry[: len(path)] == path:
                is_stream = self._ole.get_type(list(entry)) == 2
                held[entry[-1]] = self._stream(entry) if is_stream else self._storage(entry)
        return held

    def _message_within(self, path: tuple[str, ...]) -> Storage:
        """A message as a file of its own: its properties begin with eight bytes more, and it has the names of properties with it."""
        held = self._storage(path)
        if isinstance(header := held.get(_HEADERS), bytes):
            held[_HEADERS] = header[:24].ljust(32, b"\0") + header[24:]
        if _NAMES in self._names:
            held.setdefault(_NAMES, self._storage((_NAMES,)))
        return held


def _add(mail: MailPart, name: str, value: str) -> None:
    value = " ".join(value.replace("\0", " ").split())
    if value and not (mail.get(name) or "").strip():
        del mail[name]
        mail[name] = value.encode("utf-8", "replace").decode("ascii", "surrogateescape")


def _person(name: str, address: str) -> str:
    name, address = name.strip().strip("'\""), address.strip().strip("'\"")
    if not address or address == name or address.lower().startswith("/o="):  # an address within Exchange only
        return name
    return f"{name} <{address}>" if name else address


def _number(properties: Properties, number: int) -> int:
    kind, data = properties.get(number, (0, b""))
    return int.from_bytes(data[:4], "little") if kind in (0x03, 0x0B) else 0


def _moment(data: bytes) -> dt.datetime | None:
    """A time of Windows (tenths of microseconds since 1601), to the second."""
    try:
        return (_EPOCH + dt.timedelta(microseconds=int.from_bytes(data[:8], "little") // 10)).replace(microsecond=0)
    except OverflowError:
        return None
