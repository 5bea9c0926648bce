"""The bytes of a journal segment: its header, its frames, and the chain of salted digests that ties them together.

``docs/reference/journal.md`` describes the format, which is frozen: later releases read it for ever.
"""

from __future__ import annotations

import os
import struct
import time
import zlib
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from ..errors import JournalCorrupt, StoreVersion
from ._payloads import Record

FORMAT: Final = 2
CONTINUES: Final = 1
END: Final = 2

_MAGIC: Final = b"AIOSJRNL"
_PRESENT: Final = 1
_STATE: Final = bytes((_PRESENT,))

# All numbers are little-endian. The header ends in the CRC of what stands before it.
_header: Final = struct.Struct("<8sHH16sQ32s")
_crc: Final = struct.Struct("<I")
_prefix: Final = struct.Struct("<4sII")
_fixed: Final = struct.Struct("<BQQQ16sHH32s")
_head: Final = struct.Struct("<BI32s")
_outline: Final = struct.Struct("<BI32x")  # the same without the digest
_secret: Final = struct.Struct("<B16s")

HEADER_SIZE: Final = _header.size + _crc.size
#: Bytes of the frame that seals a segment.
END_SIZE: Final = _prefix.size + _fixed.size
_SALT: Final = 16
_SALTS: Final = 256
# Of more bytes at once than these hashlib and zlib let go of the interpreter, which another thread may then keep for milliseconds. So what
# takes but microseconds is hashed in several pieces.
_HASHED: Final = 2047
_CHECKED: Final = 5 * 1024
_LARGE: Final = 64 * 1024
# Every frame of a segment begins with the first bytes of the header's hash. They cannot be guessed, so that nothing a document
# contains looks like a frame when a reader searches behind damage.
_MARKER: Final = 4


class Header(NamedTuple):
    """The header of a segment; ``chain`` is the hash at the end of the writer's previous segment, zeros for the first."""

    schema: int
    writer: bytes
    sequence: int
    chain: bytes


class Frame(NamedTuple):
    """One frame as it was read; ``end`` is the offset behind it."""

    end: int
    flags: int
    sequence: int
    durable: int
    written: int
    document: bytes
    record_count: int
    row_count: int
    previous: bytes
    body: memoryview

    @property
    def chain(self) -> bytes:
        """The hash that the next frame repeats."""
        return sha256(self.body[: _fixed.size + self.record_count * _head.size]).digest()

    def records(self) -> Iterator[tuple[int, memoryview | None]]:
        """The records in order: the table's number, and its rows of this frame as a MessagePack array, or None when they were erased.

        Nothing is copied; digests are checked by `damaged_record` alone.
        """
        heads = _fixed.size
        secrets = heads + self.record_count * _head.size
        position = secrets + self.record_count * _secret.size
        states = self.body[secrets : position : _secret.size]
        body = self.body
        for (kind, length), state in zip(_outline.iter_unpack(body[heads:secrets]), states, strict=True):
            end = position + length
            yield kind, body[position:end] if state == _PRESENT else None
            position = end

    def damaged_record(self) -> int | None:
        """The first record, counted from 0, whose payload has not the digest that the chain covers, or that is erased and not empty."""
        heads = _fixed.size
        secrets = heads + self.record_count * _head.size
        position = secrets + self.record_count * _secret.size
        heads_of = _head.iter_unpack(self.body[heads:secrets])
        secrets_of = _secret.iter_unpack(self.body[secrets:position])
        for number, ((_, length, digest), (state, salt)) in enumerate(zip(heads_of, secrets_of, strict=True)):
            payload = bytes(self.body[position : position + length])
            position += length
            if (sha256(salt + payload).digest() != digest) if state == _PRESENT else (state or any(salt) or any(payload)):
                return number
        return None if position == len(self.body) else self.record_count


def pack_header(header: Header) -> tuple[bytes, bytes]:
    """The bytes of a segment's header, and the chain hash that its first frame repeats."""
    data = _header.pack(_MAGIC, FORMAT, header.schema, header.writer, header.sequence, header.chain)
    return data + _crc.pack(zlib.crc32(data)), sha256(data).digest()


def name_of(document_id: str) -> bytes:
    """What a frame names its document by; zeros for none."""
    return sha256(document_id.encode()).digest()[:16] if document_id else bytes(16)


class FramePacker:
    """Packs groups of encoded rows into frames, and carries the chain from one to the next; ``start`` is the header's hash."""

    def __init__(self, start: bytes) -> None:
        self.chain = start
        self._marker = start[:_MARKER]
        self._sequence = 0
        self._salts = b""
        self._salted = 0

    def group(self, frames: Sequence[Sequence[Record]], document: bytes, durable: int) -> list[bytes]:
        """The bytes of a group's frames, one after the other; all but the last frame say that the group continues.

        ``durable`` is the offset that is known to be on disk.
        """
        written = time.time_ns() // 1000
        parts = [part for records in frames[:-1] for part in self._frame(records, CONTINUES, document, durable, written)]
        return parts + self._frame(frames[-1], 0, document, durable, written)

    def end(self, durable: int) -> bytes:
        """The frame without records that seals a segment."""
        return b"".join(self._frame((), END, bytes(16), durable, time.time_ns() // 1000))

    def _frame(self, records: Sequence[Record], flags: int, document: bytes, durable: int, written: int) -> list[bytes]:
        # One record holds all rows of a table: one digest for each row would cost more than everything else here together.
        rows = sum([record.rows for record in records])
        heads = [_fixed.pack(flags, self._sequence, durable, written, document, len(records), rows, self.chain)]
        secrets: list[bytes] = []
        payloads: list[bytes] = []
        for table, _, payload in records:
            salt = self._salt()
            heads.append(_head.pack(table, len(payload), _digest(salt, payload)))
            secrets += _STATE, salt
            payloads.append(payload)
        covered = b"".join(heads)
        self.chain = sha256(covered).digest()
        self._sequence += 1
        body = b"".join((covered, *secrets, *payloads))
        return [_prefix.pack(self._marker, len(body), _checksum(body)), body]

    def _salt(self) -> bytes:
        # Each asking of the system takes as long as a digest and hands the interpreter to another thread, so many are asked for together.
        if self._salted == len(self._salts):
            self._salts, self._salted = os.urandom(_SALT * _SALTS), 0
        self._salted += _SALT
        return self._salts[self._salted - _SALT : self._salted]


def _digest(salt: bytes, payload: bytes) -> bytes:
    if len(payload) > _LARGE:
        return sha256(salt + payload).digest()
    hasher, view = sha256(salt), memoryview(payload)
    for start in range(0, len(payload), _HASHED):
        hasher.update(view[start : start + _HASHED])
    return hasher.digest()


def _checksum(body: bytes) -> int:
    """The CRC of the length and the bytes."""
    if len(body) > _LARGE:
        return zlib.crc32(body, len(body))
    view, crc = memoryview(body), len(body)
    for start in range(0, len(body), _CHECKED):
        crc = zlib.crc32(view[start : start + _CHECKED], crc)
    return crc


def erase(segment: bytearray, offset: int, records: Collection[int]) -> None:
    """Erase records, by their number, of the frame at ``offset``: zeros over state, salt and payload, and a new checksum.

    Lengths, digests and so the chain stay. Doing it again changes nothing.
    """
    marker, length, _ = _prefix.unpack_from(segment, offset)
    body = offset + _prefix.size
    count = _fixed.unpack_from(segment, body)[5]
    heads = body + _fixed.size
    secrets = heads + count * _head.size
    position = secrets + count * _secret.size
    for record in range(count):
        size = _head.unpack_from(segment, heads + record * _head.size)[1]
        if record in records:
            place = secrets + record * _secret.size
            segment[place : place + _secret.size] = bytes(_secret.size)
            segment[position : position + size] = bytes(size)
        position += size
    _prefix.pack_into(segment, offset, marker, length, zlib.crc32(segment[body : body + length], length))


def read_header(file: BinaryIO, path: Path) -> tuple[Header, bytes] | None:
    """The header of the segment and its chain hash; None when it is torn: shorter than a header, or nothing but zeros."""
    data = file.read(HEADER_SIZE)
    if len(data) < HEADER_SIZE or not any(data):
        return None
    plain = data[: _header.size]
    magic, found, schema, writer, sequence, chain = _header.unpack(plain)
    # Every format has this checksum in this place: one that is not ours is no other format, but damage.
    if magic != _MAGIC or _crc.unpack(data[_header.size :])[0] != zlib.crc32(plain):
        raise corrupt(path, 0, "the header does not match its checksum")
    if found != FORMAT:
        raise StoreVersion(
            f"{path} has journal format {found}; this SDK reads {FORMAT}",
            cause="A newer aios-sdk wrote it" if found > FORMAT else "An aios-sdk before its first release wrote it",
            fix="Upgrade aios-sdk; nothing was changed" if found > FORMAT else "Run the pipeline again into another store",
        )
    return Header(schema, writer, sequence, chain), sha256(plain).digest()


def read_frames(file: BinaryIO, path: Path, offset: int, start: bytes) -> Iterator[Frame]:
    """The frames from ``offset`` on, until the end frame or the last whole one; ``start`` is the header's hash.

    What follows the last whole frame is a torn tail, which ends quietly, unless a frame behind it says that the place was
    durable; then `JournalCorrupt` is raised.
    """
    marker = start[:_MARKER]
    chain = start if offset == HEADER_SIZE else None
    file.seek(offset)
    while True:
        frame = _read_frame(file, offset, marker)
        if frame is None and _was_durable(file, offset, marker):
            # The writer may have completed the frame since it was read.
            file.seek(offset)
            frame = _read_frame(file, offset, marker)
            if frame is None:
                raise corrupt(path, offset, "the frame does not match its checksum")
        if frame is None:
            return
        if chain is not None and frame.previous != chain:
            raise corrupt(path, offset, "the frame does not follow the one before it")
        yield frame
        if frame.flags & END:
            return
        chain, offset = frame.chain, frame.end


def _read_frame(file: BinaryIO, offset: int, marker: bytes) -> Frame | None:
    prefix = file.read(_prefix.size)
    if len(prefix) < _prefix.size:
        return None
    found, length, crc = _prefix.unpack(prefix)
    if found != marker or length < _fixed.size:
        return None
    body = file.read(length)
    if len(body) < length or _checksum(body) != crc:
        return None
    flags, sequence, durable, written, document, records, rows, previous = _fixed.unpack_from(body)
    return Frame(offset + _prefix.size + length, flags, sequence, durable, written, document, records, rows, previous, memoryview(body))


def _was_durable(file: BinaryIO, offset: int, marker: bytes) -> bool:
    """Whether a whole frame further on was written when ``offset`` was already on disk."""
    file.seek(offset)
    rest = file.read()
    place = rest.find(marker, 1)
    while place >= 0:
        file.seek(offset + place)
        frame = _read_frame(file, offset + place, marker)
        if frame is not None and frame.durable > offset:
            return True
        place = rest.find(marker, place + 1)
    return False


def corrupt(path: Path, offset: int, what: str) -> JournalCorrupt:
    """The error for damage at a place of a segment."""
    return JournalCorrupt(
        f"The journal segment {path} is damaged at byte {offset}: {what}",
        file=str(path),
        offset=offset,
        cause="The disk or another program changed it; it was whole when it was acknowledged",
        fix="Restore that file from a backup and fold again; every group before that byte was read",
    )
