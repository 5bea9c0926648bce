"""Packages: the parts of a zipped office file, within limits, and the relations between them (ECMA-376, part 2)."""

from __future__ import annotations

import io
import lzma
import posixpath
import struct
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final, NamedTuple

from aios_sdk import Encrypted, LimitExceeded, Malformed

from ._salvage import salvaged
from ._xml import Element, attribute, parse, tag

#: Parts of XML are held as trees, which take about ten times their size.
LARGEST_XML: Final = 64 << 20
_MOST_XML: Final = 4 * LARGEST_XML
_MOST_MEMBERS: Final = 20_000
_LARGEST_DIRECTORY: Final = 16 << 20
_RATIO_FROM: Final = 1 << 20
_LARGEST_DAMAGED: Final = 256 << 20
_TAIL: Final = 22 + 0xFFFF
_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, IndexError, NotImplementedError,
    OverflowError,
)  # fmt: skip


class Relation(NamedTuple):
    """What a part points at: the last word of the relation's type, and the part's name, or an address outside of the file."""

    kind: str
    target: str
    external: bool


class Package:
    """The parts of a zipped file by name. Nothing is unpacked before its declared sizes are within the limits.

    Raises `Malformed` for what is no ZIP, `LimitExceeded` for what would unpack to more than ``max_size`` bytes, or to more than
    ``max_ratio`` times its packed size. What is damaged within is added to ``damage``.
    """

    def __init__(self, file: BinaryIO, name: str, *, max_size: int, max_ratio: int) -> None:
        self.name: Final = name
        self.damage: Final[list[str]] = []
        self._parsed = 0
        _check_directory(file, name)
        try:
            archive = zipfile.ZipFile(file)
            members = archive.infolist()
        except _DAMAGE as error:
            file.seek(0)
            found = salvaged(file.read(min(max_size, _LARGEST_DAMAGED)), max_size=max_size, max_ratio=max_ratio)
            if not found:
                raise Malformed(
                    f"{name!r} is damaged: {error}", cause="It was cut off or changed on its way", fix="Get the file again"
                ) from error
            self.damage.append(f"the list of its parts is lost, and {len(found)} were found without it")
            archive = _archived(found)
            members = archive.infolist()
        self._archive: Final = archive
        total = sum(member.file_size for member in members)
        if total > max_size:
            raise LimitExceeded(
                f"{name!r} declares {total:,} bytes unpacked; {max_size:,} are allowed",
                fix="Raise max_size of aios.office if you trust where it comes from",
            )
        for member in members:
            if member.file_size > _RATIO_FROM and member.file_size > max_ratio * member.compress_size:
                raise LimitExceeded(
                    f"{member.filename!r} in {name!r} would unpack to more than {max_ratio} times its packed size",
                    cause="It may be a bomb",
                    fix="Raise max_ratio of aios.office if you trust where it comes from",
                )
        # Some writers put backslashes or a leading slash into names, and capitals where other parts spell them otherwise.
        self._members: Final[Mapping[str, zipfile.ZipInfo]] = {_key(member.filename): member for member in members if not member.is_dir()}

    def __contains__(self, part: str) -> bool:
        return _key(part) in self._members

    def names(self) -> Iterator[str]:
        """The names of all parts, in the order of the file."""
        for member in self._members.values():
            yield member.filename.replace("\\", "/").lstrip("/")

    def read(self, part: str) -> bytes | None:
        """The bytes of ``part``; None where it is not there or damaged. Raises `Encrypted` when it needs a password."""
        member = self._members.get(_key(part))
        if member is None:
            return None
        if member.flag_bits & 0x1:
            raise Encrypted(f"{part!r} in {self.name!r} is encrypted", fix="Save the file without a password")
        try:
            return self._archive.read(member)
        except _DAMAGE as error:
            self.damage.append(f"{part} cannot be unpacked: {error}")
            return None

    def xml(self, part: str) -> Element | None:
        """The root element of ``part``; None where it is not there or damaged. What can be read of damaged XML is kept."""
        member = self._members.get(_key(part))
        if member is not None:
            self._parsed += member.file_size
            if member.file_size > LARGEST_XML or self._parsed > _MOST_XML:
                raise LimitExceeded(
                    f"{part!r} in {self.name!r} has {member.file_size:,} bytes of XML; {LARGEST_XML:,} are allowed, {_MOST_XML:,} in all",
                    cause="It may be an attack that has one part read again and again",
                )
        data = self.read(part)
        return None if data is None else parse(data, part, self.damage)

    def relations(self, part: str) -> dict[str, Relation]:
        """What ``part`` points at, by the id of the relation; the empty name stands for the package."""
        folder, base = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", f"{base}.rels"))
        found: dict[str, Relation] = {}
        for element in root if root is not None else ():
            if tag(element).endswith(":Relationship"):
                target = attribute(element, "Target")
                external = attribute(element, "TargetMode") == "External"
                kind = attribute(element, "Type").rpartition("/")[2]
                found[attribute(element, "Id")] = Relation(kind, target if external else within(folder, target), external)
        return found


def within(folder: str, target: str) -> str:
    """The name of the part that ``target``, written in a part of ``folder``, stands for."""
    path = urllib.parse.unquote(target.partition("#")[0]).replace("\\", "/")
    return posixpath.normpath(posixpath.join("/", folder, path)).lstrip("/")


def _archived(parts: Mapping[str, bytes]) -> zipfile.ZipFile:
    """The parts as an archive in memory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return zipfile.ZipFile(buffer)


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _check_directory(file: BinaryIO, name: str) -> None:
    """Refuse a directory that is too large before zipfile makes objects of it (APPNOTE.TXT 6.3.10, 4.3.16)."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    file.seek(0)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        return
    count, length = struct.unpack_from("<HL", tail, place + 10)
    if count > _MOST_MEMBERS or length > _LARGEST_DIRECTORY:  # sizes of ZIP64 are all ones here, and so refused as well
        raise LimitExceeded(f"{name!r} has a directory of {count:,} parts and {length:,} bytes, which no office file has")
