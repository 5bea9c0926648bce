"""Tar archives and compressed files: each member, or what was compressed, a part of its own."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import IO, Final, cast

from pydantic import Field

from aios_sdk import ComponentConfig, Context, Document, LimitExceeded, Malformed, Source, component, implements

from ._compressed import DAMAGE, Unpacked, stored_name
from ._unpacking import BLOCK, Budget, damaged, part_of

_HEADER: Final = 512
#: What the headers of one member may take together: names and attributes of any length are read as a whole.
_LONGEST_HEADER: Final = 1 << 20
_HEAD: Final = 4096
_SUFFIXES: Final = {".gz": "", ".gzip": "", ".tgz": ".tar", ".bz2": "", ".tbz2": ".tar", ".tbz": ".tar", ".xz": "", ".txz": ".tar"}


class _Member(tarfile.TarInfo):
    """A header; a broken one is told, where tarfile takes it for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Member:
        if not any(buf):
            return super().frombuf(buf, encoding, errors)  # the end: nothing, or a block of zeros
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            raise ValueError(f"a header in it is broken: {error}") from error


@component(
    "aios.tar",
    media_types=["application/x-tar", "application/gzip", "application/x-bzip2", "application/x-xz"],
    isolation="process",
    reads=["name"],  # what was compressed is called as the file without its ending
)
class Tar:
    """The members of a tar archive, also of a compressed one; a compressed file that is no tar is one part.

    Nothing is unpacked beyond the limits, whatever the file says of itself. Names are kept as names and never used as paths; folders,
    links, devices and the resource forks of macOS are passed over. Sound members are yielded before a failure is raised.
    """

    class Config(ComponentConfig):
        """``max_members``; ``max_size``: bytes of all members together; ``max_ratio``: unpacked to packed size, from 1 MB."""

        max_members: int = Field(10_000, ge=1)
        max_size: int = Field(1_000_000_000, ge=1)
        max_ratio: int = Field(200, ge=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A `Source` for each member, in the order of the archive: in memory up to 8 MB, else in a scratch file.

        Raises `LimitExceeded` for a bomb and `Malformed` for a damaged file, after the members that can be read.
        """
        with source.open() as file:
            stream = Unpacked(file, Budget(self.config.max_size, "aios.tar"), self.config.max_ratio)
            try:
                name = _unpacked_name(source.name, source.head(_HEAD))
                is_tar = _is_tar(stream.peek(_HEADER), name)
                if not is_tar and not stream.is_compressed:
                    raise Malformed(f"{source.name!r} is no tar archive and not compressed", cause="It is damaged at its beginning")
                if is_tar:
                    yield from self._members(stream, context)
                else:
                    yield part_of(name, -1, iter(stream.read, b""), context.scratch / "unpacked")
            except DAMAGE as error:
                raise damaged(source.name, error) from error
            except tarfile.TarError as error:
                raise damaged(source.name, error) from error

    def _members(self, stream: Unpacked, context: Context) -> Iterator[Source]:
        budget = Budget(self.config.max_size, "aios.tar")
        stream.allowance = _LONGEST_HEADER
        with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|", tarinfo=_Member, encoding="utf-8") as archive:
            count = 0
            while (member := _next(archive, stream)) is not None:
                count += 1
                if count > self.config.max_members:
                    raise LimitExceeded(
                        f"The archive has more than {self.config.max_members:,} members",
                        fix="Raise max_members of aios.tar if you trust where it comes from",
                    )
                data = None if member.issym() or member.islnk() else archive.extractfile(member)
                if data is None:
                    continue
                if member.size > budget.left:
                    budget.spend(member.size)
                blocks = _blocks(data, member.size, budget)
                if _is_noise(member.name) or not member.isreg():
                    for _ in blocks:
                        pass
                    continue
                name = member.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
                yield part_of(name, member.size, blocks, context.scratch / f"member-{count}")


def _next(archive: tarfile.TarFile, stream: Unpacked) -> tarfile.TarInfo | None:
    stream.allowance = _LONGEST_HEADER
    member = archive.next()
    stream.allowance = None
    return member


def _blocks(data: IO[bytes], size: int, budget: Budget) -> Iterator[bytes]:
    left = size
    while block := data.read(min(BLOCK, left)):
        left -= len(block)
        budget.spend(len(block))
        yield block
    if left:
        raise EOFError("a member ends too early")


def _is_tar(header: bytes, name: str) -> bool:
    """Whether what was compressed begins with a header; or with the zeros of a tar that is empty, if that is its name."""
    if not any(header):
        return name.lower().endswith(".tar")
    try:
        _Member.frombuf(header, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True


def _is_noise(name: str) -> bool:
    """The resource forks that macOS adds."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._")


def _unpacked_name(name: str, head: bytes) -> str:
    """What a compressed file is called when it is unpacked: without its ending, or as it says itself."""
    stem, dot, suffix = name.rpartition(".")
    if stem and (ending := _SUFFIXES.get(f"{dot}{suffix}".lower())) is not None:
        return stem + ending
    return stored_name(head) or name
