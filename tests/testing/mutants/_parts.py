"""Mutants that give parts away, or take more than they can hold."""

from __future__ import annotations

import io
import xml.sax
import xml.sax.handler
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from aios_sdk import Context, Document, Encrypted, LimitExceeded, Malformed, Source, component, implements

from ._files import page

_LARGEST = 10_000_000
_DAMAGE = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError)


@contextmanager
def archive_of(source: Source) -> Iterator[zipfile.ZipFile]:
    """The archive; what is wrong with it comes out as `Malformed`."""
    try:
        with zipfile.ZipFile(io.BytesIO(source.read())) as archive:
            yield archive
    except _DAMAGE as error:
        raise Malformed("it is no zip archive") from error


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, largest: int = _LARGEST) -> bytes:
    """A member's bytes, if they are not too many."""
    if info.flag_bits & 1:
        raise Encrypted("it has a password")
    with archive.open(info) as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise LimitExceeded("it is too large")
    return data


@component("mutant.locked-is-damaged", version="1", media_types=["application/zip"])
class LockedIsDamaged:
    """Takes every archive that does not unpack for damaged."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        with archive_of(source) as archive:
            for info in archive.infolist():
                try:
                    data = unpacked(archive, info)
                except Encrypted as error:
                    raise Malformed("it does not unpack") from error
                yield Source(name=info.filename or "-", data=data)


@component("mutant.loses-the-empty", version="1", media_types=["application/zip"])
class LosesTheEmpty:
    """Takes no bytes for none."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        with archive_of(source) as archive:
            for info in archive.infolist():
                yield Source(name=info.filename or "-", data=unpacked(archive, info) or None)


@component("mutant.climbs", version="1", media_types=["application/zip"])
class Climbs:
    """Joins the names of an archive to a path."""

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        with archive_of(source) as archive:
            for info in archive.infolist():
                path = context.scratch / info.filename
                data = unpacked(archive, info)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                yield Source(name=info.filename, path=str(path))


class _Text(xml.sax.handler.ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def characters(self, content: str) -> None:
        self.parts.append(content)


@component("mutant.follows-entities", version="1", media_types=["application/xml"], provides=["pages", "text"])
class FollowsEntities:
    """Turns external entities on, so that no document lacks anything."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        text, parser = _Text(), xml.sax.make_parser()
        parser.setFeature(xml.sax.handler.feature_external_ges, True)
        parser.setContentHandler(text)
        try:
            parser.parse(io.BytesIO(source.read()))
        except (xml.sax.SAXException, OSError, ValueError, LookupError) as error:
            raise Malformed("it is no XML") from error
        yield page("".join(text.parts).strip() or "-")


@component("mutant.swallows", version="1", media_types=["application/zip"])
class Swallows:
    """Reads every member as a whole, however large it is."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        with archive_of(source) as archive:
            for info in archive.infolist():
                yield Source(name=info.filename or "-", data=unpacked(archive, info, largest=1 << 40))


MUTANTS = [
    ("encrypted-file", LockedIsDamaged),
    ("parts-are-given-whole", LosesTheEmpty),
    ("archives-stay-inside", Climbs),
    ("outside-entities", FollowsEntities),
    ("bomb", Swallows),
]
