"""Where results are kept by the key of what they were made from: an index beside the journal, which can be made again from it."""

from __future__ import annotations

import os
import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

from ..errors import JournalCorrupt
from ._blobs import Blobs
from ._frames import CONTINUES, Frame
from ._reader import JournalReader, Segment
from ._tables import TABLES

if TYPE_CHECKING:
    import lmdb

#: The directory of the index in a store.
MEMO: Final = "memo"

# The file grows with what is put in; this only bounds the address space it may take.
_MAP_SIZE: Final = 1 << 38
_PLACE: Final = struct.Struct("<16sQQ")
_OFFSET: Final = struct.Struct("<Q")
_KEY: Final = b"k"
_DONE: Final = b"d"
_KEY_SIZE: Final = 16

_ATTEMPTS: Final = TABLES["attempts"]
_ARTIFACTS: Final = TABLES["artifacts"]
_ATTEMPT_COLUMNS: Final = [column.name for column in _ATTEMPTS.columns]
_ARTIFACT_COLUMNS: Final = [column.name for column in _ARTIFACTS.columns]
#: The tables whose rows have a memo key, and its place in them.
_KEYED: Final = {_ATTEMPTS.number: _ATTEMPT_COLUMNS.index("memo_key")}


class Remembered(NamedTuple):
    """A recorded result: the attempt that gave it, how that ended and what was said, and the canonical bytes of each layer it added."""

    run_id: str
    document_id: str
    attempt_id: str
    status: str
    message: str
    layers: dict[str, bytes]


@final
class Memo:
    """Finds recorded results by their memo keys (hexadecimal). Make it with `Store.memo`.

    The index follows the journal when it is told to (`refresh`); deleting its directory costs only the time to make it anew.
    """

    def __init__(self, store: Path, blobs: Blobs) -> None:
        self._reader = JournalReader(store / "journal")
        self._blobs = blobs
        self._environment = _open(store / MEMO)

    def refresh(self) -> int:
        """Index what the journals hold and the index does not. Gives the number of results that were new.

        What lies behind damage in a journal is left out; it is computed again.
        """
        added = 0
        for segment in self._reader.found()[0]:
            mark = _DONE + bytes.fromhex(segment.writer) + _OFFSET.pack(segment.sequence)
            with self._environment.begin() as reading:
                known = reading.get(mark)
            offset = _OFFSET.unpack(known)[0] if known else 0
            if segment.size <= offset:
                continue
            entries, end = self._scan(segment, offset)
            with self._environment.begin(write=True) as writing:
                for key, at in entries:
                    writing.put(_KEY + key, _PLACE.pack(bytes.fromhex(segment.writer), segment.sequence, at))
                writing.put(mark, _OFFSET.pack(end))
            added += len(entries)
        return added

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be found."""
        with self._environment.begin() as reading:
            cursor = reading.cursor()
            return not (cursor.set_range(_KEY) and bytes(cursor.key()).startswith(_KEY))

    def find(self, key: str) -> Remembered | None:
        """The result with that key; None when there is none, or it cannot be read any more."""
        with self._environment.begin() as reading:
            found = reading.get(_KEY + bytes.fromhex(key)[:_KEY_SIZE])
        if found is None:
            return None
        writer, sequence, offset = _PLACE.unpack(found)
        try:
            rows = self._group(writer.hex(), sequence, offset)
        except (JournalCorrupt, OSError):
            return None  # it is computed again
        attempt = next((row for number, row in rows if number == _ATTEMPTS.number and row[_KEYED[number]] == key), None)
        if attempt is None:
            return None
        known = dict(zip(_ATTEMPT_COLUMNS, attempt, strict=True))
        layers: dict[str, bytes] = {}
        for number, row in rows:
            if number != _ARTIFACTS.number or row[_ARTIFACT_COLUMNS.index("attempt_id")] != known["attempt_id"]:
                continue
            artifact = dict(zip(_ARTIFACT_COLUMNS, row, strict=True))
            content = artifact["content"]
            if content is None and not self._blobs.exists(artifact["artifact_id"]):
                return None
            layers[artifact["layer"]] = self._read(artifact["artifact_id"]) if content is None else content.encode()
        return Remembered(known["run_id"], known["document_id"], known["attempt_id"], known["status"], known["message"], layers)

    def _read(self, artifact: str) -> bytes:
        with self._blobs.open(artifact) as file:
            return file.read()

    def _group(self, writer: str, sequence: int, offset: int) -> list[tuple[int, tuple[Any, ...]]]:
        """The attempts and artifacts of the group that begins there."""
        rows: list[tuple[int, tuple[Any, ...]]] = []
        for decode, frame in self._reader.frames_at(writer, sequence, offset):
            rows += [
                (kind, row)
                for kind, payload in frame.records()
                if payload is not None and kind in (_ATTEMPTS.number, _ARTIFACTS.number)
                for row in decode(kind, payload)
            ]
            if not frame.flags & CONTINUES:
                break
        return rows

    def _scan(self, segment: Segment, offset: int) -> tuple[list[tuple[bytes, int]], int]:
        """The keys of the groups from ``offset`` on with the places of the groups, and the end of the last whole one."""
        entries: list[tuple[bytes, int]] = []
        keys: list[bytes] = []
        begin = offset
        try:
            for decode, frame in self._reader.decoded_frames(segment, offset):
                keys += _keys(decode, frame)
                if not frame.flags & CONTINUES:
                    entries += [(key, begin) for key in keys]
                    keys, begin = [], frame.end
        except JournalCorrupt:
            return entries, begin
        return entries, begin

    def close(self) -> None:
        """Let go of the index and of the journals."""
        self._reader.close()
        _close(self._environment)


def _keys(decode: Any, frame: Frame) -> list[bytes]:
    keys = []
    for kind, payload in frame.records():
        place = _KEYED.get(kind)
        if place is not None and payload is not None:
            keys += [bytes.fromhex(key)[:_KEY_SIZE] for row in decode(kind, payload) if (key := row[place])]
    return keys


# A process may open an index only once; stores that share a directory share it.
_lock: Final = threading.Lock()
_opened: Final[dict[str, tuple[Any, int]]] = {}


def _open(directory: Path) -> lmdb.Environment:
    import lmdb

    place = os.path.realpath(directory)
    with _lock:
        known = _opened.get(place)
        if known is not None:
            _opened[place] = (known[0], known[1] + 1)
            environment: lmdb.Environment = known[0]
            return environment
        directory.mkdir(exist_ok=True)
        # Neither sync nor journal: what a power loss takes is indexed again.
        environment = lmdb.open(place, map_size=_MAP_SIZE, sync=False, metasync=False, readahead=False, max_readers=512)
        _opened[place] = (environment, 1)
        return environment


def _close(environment: lmdb.Environment) -> None:
    with _lock:
        place = next(place for place, (known, _) in _opened.items() if known is environment)
        count = _opened[place][1] - 1
        if count:
            _opened[place] = (environment, count)
        else:
            del _opened[place]
            environment.close()
