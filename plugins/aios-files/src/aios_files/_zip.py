"""Zip archives: each member a part of its own, within limits that are counted while it unpacks."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, Final

from pydantic import Field, field_validator

from aios_sdk import ComponentConfig, Context, Document, Encrypted, LimitExceeded, Source, StepError, Unsupported, component, implements

from ._unpacking import BLOCK, RATIO_FROM, Budget, damaged, part_of, raise_failures

_DIRECTORY_PER_MEMBER: Final = 1024
_END: Final = b"PK\x05\x06"
_END64: Final = b"PK\x06\x06"
_LOCATOR64: Final = b"PK\x06\x07"
_UNICODE_PATH: Final = 0x7075
_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, IndexError, OverflowError,
)  # fmt: skip


@component("aios.zip", media_types=["application/zip"], isolation="process")
class Zip:
    """The members of a zip archive, each a part to be ingested in turn.

    Limits hold twice: for the sizes the archive declares, before anything is unpacked, and for the bytes that really come. Names are
    kept as names and never used as paths. Sound members are yielded before the failure of damaged or encrypted ones is raised.
    """

    class Config(ComponentConfig):
        """``max_members``; ``max_size``: bytes of all members together; ``max_ratio``: unpacked to packed size, for members above 1 MB;
        ``name_encoding``: of names that are not marked as UTF-8 and are none."""

        max_members: int = Field(10_000, ge=1)
        max_size: int = Field(1_000_000_000, ge=1)
        max_ratio: int = Field(200, ge=1)
        name_encoding: str = "cp437"

        @field_validator("name_encoding")
        @classmethod
        def _known(cls, value: str) -> str:
            try:
                "".encode(value)
            except LookupError:
                raise ValueError(f"there is no encoding {value!r}; take one of Python's, such as cp437 or gbk") from None
            return value

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A `Source` for each member, in the order of the archive: in memory up to 8 MB, else in a scratch file.

        Raises `LimitExceeded` for a bomb, `Encrypted` and `Malformed` after the members that can be read.
        """
        with source.open() as file:
            with _as_malformed(source.name):
                self._check_directory(file)
                archive = zipfile.ZipFile(file)
            members = [member for member in archive.infolist() if not _is_noise(member)]
            self._check_declared(members, source.name)
            budget = Budget(self.config.max_size, "aios.zip")
            failures: list[tuple[str, StepError]] = []
            for number, member in enumerate(members):
                name = self._name(member)
                try:
                    with _as_malformed(name):
                        part = _unpack(archive, member, name, budget, context.scratch / f"member-{number}")
                except LimitExceeded:
                    raise
                except StepError as error:
                    failures.append((name, error))
                    continue
                yield part
            raise_failures(failures, len(members))

    def _check_directory(self, file: BinaryIO) -> None:
        """Refuse a directory that is too large before zipfile makes objects of it."""
        count, size = _declared_directory(file)
        if count > self.config.max_members or size > self.config.max_members * _DIRECTORY_PER_MEMBER:
            raise LimitExceeded(
                f"The archive has {count:,} members (a directory of {size:,} bytes); {self.config.max_members:,} are allowed",
                fix="Raise max_members of aios.zip if you trust where it comes from",
            )

    def _check_declared(self, members: list[zipfile.ZipInfo], name: str) -> None:
        if len(members) > self.config.max_members:
            raise LimitExceeded(
                f"{name!r} has {len(members):,} members; {self.config.max_members:,} are allowed",
                fix="Raise max_members of aios.zip if you trust where it comes from",
            )
        total = sum(member.file_size for member in members)
        if total > self.config.max_size:
            raise LimitExceeded(
                f"{name!r} declares {total:,} bytes unpacked; {self.config.max_size:,} are allowed",
                fix="Raise max_size of aios.zip if you trust where it comes from",
            )
        for member in members:
            if member.file_size > RATIO_FROM and member.file_size > self.config.max_ratio * member.compress_size:
                raise LimitExceeded(
                    f"{self._name(member)!r} in {name!r} would unpack to more than {self.config.max_ratio} times its packed size",
                    cause="It may be a bomb",
                    fix="Raise max_ratio of aios.zip if you trust where it comes from",
                )

    def _name(self, member: zipfile.ZipInfo) -> str:
        """The name as text: marked as UTF-8, or from Info-ZIP's field for it, or UTF-8 all the same, or the configured encoding."""
        name = member.orig_filename.partition("\0")[0]
        if member.flag_bits & 0x800:
            return name
        raw = name.encode("cp437", "replace")
        return _unicode_path(member.extra, raw) or _decoded(raw, self.config.name_encoding)


@contextmanager
def _as_malformed(name: str) -> Iterator[None]:
    """What the standard library raises for damaged archives, as `Malformed`."""
    try:
        yield
    except NotImplementedError as error:
        raise Unsupported(f"{name!r} is packed in a way that Python's zipfile does not know: {error}") from error
    except _DAMAGE as error:
        raise damaged(name, error) from error


def _declared_directory(file: BinaryIO) -> tuple[int, int]:
    """Members and bytes of the directory as the end records say (APPNOTE.TXT 6.3.10, 4.3.14 and 4.3.16); (0, 0) without."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 22 - 20 - 56))
    tail = file.read()
    file.seek(0)
    place = tail.rfind(_END)
    if place < 0 or len(tail) < place + 22:
        return 0, 0
    count, length = struct.unpack_from("<HL", tail, place + 10)
    place64 = place - 20 - 56
    if place64 >= 0 and tail.startswith(_LOCATOR64, place - 20) and tail.startswith(_END64, place64):
        count64, length64 = struct.unpack_from("<QQ", tail, place64 + 32)
        return int(count64), int(length64)
    return count, length


def _is_noise(member: zipfile.ZipInfo) -> bool:
    """Folders, and the resource forks that macOS adds."""
    return member.filename.endswith("/") or member.filename.startswith("__MACOSX/")


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, budget: Budget, path: Path) -> Source:
    if member.flag_bits & 0x1:
        raise Encrypted(f"{name!r} is encrypted", fix="Unpack the archive with its password and give the files")
    with archive.open(member) as packed:
        return part_of(name, member.file_size, _blocks(packed, budget), path)


def _blocks(packed: IO[bytes], budget: Budget) -> Iterator[bytes]:
    while block := packed.read(BLOCK):
        budget.spend(len(block))
        yield block


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """The name in the Info-ZIP Unicode Path field (APPNOTE.TXT 4.6.9), if it is there and belongs to ``raw``."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and len(field) > 5 and struct.unpack_from("<L", field, 1)[0] == zlib.crc32(raw):
            return field[5:].decode("utf-8", "replace")
    return ""


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace")
