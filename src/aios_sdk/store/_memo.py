"""Where results are kept by the key of what they were made from: an index beside the journal, which can be made again from it.

It also holds what runs recorded of deliveries (`Deliveries`).
"""

from __future__ import annotations

import os
import struct
import threading
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, final

from ..errors import JournalCorrupt, StoreError
from ._blobs import Blobs
from ._deliveries import TOLD, Deliveries, tell
from ._frames import CONTINUES
from ._reader import JournalReader, Segment
from ._recalls import RECALLS, Recall
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
# The form of the index; one of another form is made anew.
_FORM: Final = b"v"
_CURRENT_FORM: Final = b"3"
_KEY_SIZE: Final = 16

_ATTEMPTS: Final = TABLES["attempts"]
_ARTIFACTS: Final = TABLES["artifacts"]
_ATTEMPT_COLUMNS: Final = [column.name for column in _ATTEMPTS.columns]
_ARTIFACT_COLUMNS: Final = [column.name for column in _ARTIFACTS.columns]
_ATTEMPT_ID: Final = _ATTEMPT_COLUMNS.index("attempt_id")
_ATTEMPT_OF: Final = _ARTIFACT_COLUMNS.index("attempt_id")
#: The tables whose rows have a memo key, and its place in them.
_OUTCOMES: Final = TABLES["outcomes"]
_OUTCOME_COLUMNS: Final = [column.name for column in _OUTCOMES.columns]
_KEYED: Final = {_ATTEMPTS.number: _ATTEMPT_COLUMNS.index("memo_key"), _OUTCOMES.number: _OUTCOME_COLUMNS.index("memo_key")}
#: What is told of an attempt, in the order of `Remembered`, and of an artifact.
_OF_ATTEMPT: Final = itemgetter(*map(_ATTEMPT_COLUMNS.index, ("run_id", "document_id", "attempt_id", "step", "status", "message")))
_OF_OUTCOME: Final = itemgetter(*map(_OUTCOME_COLUMNS.index, ("memo_key", "run_id", "document_id", "thread", "steps")))
_USE: Final = itemgetter(*map(_ATTEMPT_COLUMNS.index, ("step", "component", "status")))
_OF_ARTIFACT: Final = itemgetter(*map(_ARTIFACT_COLUMNS.index, ("artifact_id", "layer", "content")))

#: Groups that are kept after they were read.
_GROUPS: Final = 64

# Keys and rows that go into the index at a time. Each may change a page of its own, which is held in memory until all are written, and
# leaves as much room in the file for the next ones.
_TOGETHER: Final = 1_000

Row: TypeAlias = tuple[Any, ...]
_Group: TypeAlias = dict[str, tuple[Row, list[Row]]]


class Remembered(NamedTuple):
    """A recorded result: the attempt that gave it, how that ended and what was said; of each layer it added the canonical bytes and their
    SHA-256."""

    run_id: str
    document_id: str
    attempt_id: str
    step: str
    status: str
    message: str
    layers: dict[str, tuple[bytes, str]]


class Whole(NamedTuple):
    """A document as a run recorded it in one group.

    Attributes:
        writer, segment, byte_offset: where that lies, for `Run.recall`.
        run_id, document_id, thread: which run recorded which document, and what its conversation is known by.
        steps: how its steps ended, as JSON; uses: which components attempts name, each with its step and how that ended.
        layers: of each the canonical bytes of what the steps added, in their order.
        size: how many bytes the rows take that were recorded of it.
    """

    writer: str
    segment: int
    byte_offset: int
    run_id: str
    document_id: str
    thread: str
    steps: str
    uses: list[tuple[str, str, str]]
    layers: dict[str, list[bytes]]
    size: int


@final
class Memo:
    """Finds recorded results by their memo keys (hexadecimal). Make it with `Store.memo`.

    The index follows the journal when it is told to (`refresh`); deleting its directory costs only the time to make it anew.
    """

    def __init__(self, store: Path, blobs: Blobs) -> None:
        self._reader = JournalReader(store / "journal")
        self._blobs = blobs
        self._environment = _open(store / MEMO)
        #: What runs recorded of deliveries up to the last `refresh`.
        self.deliveries = Deliveries(self._environment)
        self._groups: dict[bytes, _Group] = {}
        self._latest: _Group = {}

    def refresh(self) -> int:
        """Index what the journals hold and the index does not. Gives the number of results that were new.

        What lies behind damage in a journal is left out; it is computed again. Raises `StoreError` when the index cannot be written.
        """
        import lmdb

        try:
            added = sum(self._follow(segment) for segment in self._reader.found()[0])
        except lmdb.Error as error:
            raise StoreError(
                f"The index of results beside the journal cannot be written: {error}",
                cause="The disk is full, or the index is damaged",
                fix=f"Free some space, or delete the folder {MEMO!r} in the store: it is made again from the journal",
            ) from error
        self.deliveries = Deliveries(self._environment)
        return added

    def _follow(self, segment: Segment) -> int:
        """Index what is new in a segment, some groups at a time."""
        mark = _DONE + bytes.fromhex(segment.writer) + _OFFSET.pack(segment.sequence)
        added = 0
        with self._environment.begin() as reading:
            offset = _offset(reading, mark)
        while segment.size > offset:
            entries, told, end = self._scan(segment, offset)
            if end == offset:
                break
            with self._environment.begin(write=True) as writing:
                reached = _offset(writing, mark)
                if reached != offset:  # another process was faster
                    offset = reached
                    continue
                for key, at in sorted(entries):  # neighbours share a page
                    writing.put(_KEY + key, _PLACE.pack(bytes.fromhex(segment.writer), segment.sequence, at))
                tell(writing, told)
                writing.put(mark, _OFFSET.pack(end))
            added += len(entries)
            offset = end
        return added

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be found."""
        with self._environment.begin() as reading:
            cursor = reading.cursor()
            return not (cursor.set_range(_KEY) and bytes(cursor.key()).startswith(_KEY))

    def find(self, key: str) -> Remembered | None:
        """The result with that key; None when there is none, or it cannot be read any more."""
        found = self._latest.get(key)  # the steps of a document follow each other
        if found is None:
            with self._environment.begin() as reading:
                place = reading.get(_KEY + bytes.fromhex(key)[:_KEY_SIZE])
            if place is None:
                return None
            try:
                self._latest = self._group(place)
                found = self._latest[key]
            except (KeyError, JournalCorrupt, OSError):
                return None  # it is computed again
        attempt, artifacts = found
        layers: dict[str, tuple[bytes, str]] = {}
        for artifact, layer, content in map(_OF_ARTIFACT, artifacts):
            try:
                layers[layer] = (self._blobs.read(artifact) if content is None else content.encode(), artifact)
            except (StoreError, OSError):
                return None  # missing or damaged: it is computed and stored again
        run, document, identity, step, status, message = _OF_ATTEMPT(attempt)
        return Remembered(run, document, identity, step, status, message, layers)

    def whole(self, key: str) -> Whole | None:
        """The document whose outcome has that key; None when there is none, or something of it cannot be read any more."""
        with self._environment.begin() as reading:
            found = reading.get(_KEY + bytes.fromhex(key)[:_KEY_SIZE])
        if found is None:
            return None
        writer, sequence, offset = _PLACE.unpack(found)
        rows: dict[int, list[Row]] = {_ATTEMPTS.number: [], _ARTIFACTS.number: [], _OUTCOMES.number: []}
        size = 0
        try:
            for decode, frame in self._reader.frames_at(writer.hex(), sequence, offset):
                for kind, payload in frame.records():
                    if payload is None:
                        return None  # erased
                    size += len(payload)
                    if kind in rows:
                        rows[kind] += decode(kind, payload)
                if not frame.flags & CONTINUES:
                    break
        except (JournalCorrupt, OSError):
            return None
        if not rows[_OUTCOMES.number]:
            return None
        recorded, run, document, thread, steps = _OF_OUTCOME(rows[_OUTCOMES.number][0])
        layers: dict[str, list[bytes]] = {}
        for artifact, layer, content in map(_OF_ARTIFACT, rows[_ARTIFACTS.number]):
            try:
                layers.setdefault(layer, []).append(self._blobs.read(artifact) if content is None else content.encode())
            except (StoreError, OSError):
                return None  # missing or damaged
        if recorded != key:
            return None
        uses = [use for use in map(_USE, rows[_ATTEMPTS.number]) if use[1]]
        return Whole(writer.hex(), sequence, offset, run, document, thread, steps or "[]", uses, layers, size)

    def _group(self, place: bytes) -> _Group:
        """The attempts of the group that begins there, with their artifacts; kept for a while, since a document's keys share a group."""
        found = self._groups.get(place)
        if found is None:
            if len(self._groups) >= _GROUPS:
                self._groups.pop(next(iter(self._groups)))
            found = self._groups[place] = self._grouped(place)
        return found

    def _grouped(self, place: bytes) -> _Group:
        writer, sequence, offset = _PLACE.unpack(place)
        attempts: _Group = {}
        by_id: dict[str, list[Row]] = {}
        for decode, frame in self._reader.frames_at(writer.hex(), sequence, offset):
            for kind, payload in frame.records():
                if payload is None:
                    continue
                if kind == _ATTEMPTS.number:
                    for row in decode(kind, payload):
                        artifacts: list[Row] = by_id.setdefault(row[_ATTEMPT_ID], [])
                        attempts[row[_KEYED[kind]]] = row, artifacts
                elif kind == _ARTIFACTS.number:
                    for row in decode(kind, payload):
                        by_id.setdefault(row[_ATTEMPT_OF], []).append(row)
            if not frame.flags & CONTINUES:
                break
        return attempts

    def _scan(self, segment: Segment, offset: int) -> tuple[list[tuple[bytes, int]], list[tuple[int, Row]], int]:
        """The keys of some groups from ``offset`` on with the places of the groups, what they tell of deliveries, and the end of the last
        whole one."""
        entries: list[tuple[bytes, int]] = []
        told: list[tuple[int, Row]] = []
        keys: list[bytes] = []
        rows: list[tuple[int, Row]] = []
        begin = offset
        try:
            for decode, frame in self._reader.decoded_frames(segment, offset):
                for kind, payload in frame.records():
                    if payload is None:
                        continue
                    if kind in _KEYED:
                        place = _KEYED[kind]
                        keys += [bytes.fromhex(key)[:_KEY_SIZE] for row in decode(kind, payload) if (key := row[place])]
                    if kind in TOLD:
                        rows += [(kind, TOLD[kind](row)) for row in decode(kind, payload)]
                    elif kind == RECALLS:
                        again = [each for row in decode(kind, payload) for each in self._reader.recalled(Recall(*row), TOLD)]
                        rows += [(table, TOLD[table](row)) for table, found in again for row in found]
                if not frame.flags & CONTINUES:
                    entries += [(key, begin) for key in keys]
                    told += rows
                    keys, rows, begin = [], [], frame.end
                    if len(entries) + len(told) >= _TOGETHER:
                        break
        except JournalCorrupt:
            return entries, told, begin
        return entries, told, begin

    def close(self) -> None:
        """Let go of the index and of the journals."""
        self._reader.close()
        _close(self._environment)


def index(store: Path) -> int:
    """Bring the index of ``store`` up to date, so that the next run need not; gives the number of results that were new."""
    memo = Memo(store, Blobs(store / "blobs"))
    try:
        return memo.refresh()
    finally:
        memo.close()


def _offset(reading: lmdb.Transaction, mark: bytes) -> int:
    """Up to where a segment is indexed."""
    known = reading.get(mark)
    offset: int = _OFFSET.unpack(known)[0] if known else 0
    return offset


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
        environment.reader_check()  # what killed readers left keeps pages from being used again
        with environment.begin(write=True) as writing:
            if writing.get(_FORM) != _CURRENT_FORM:
                writing.drop(environment.open_db(None, txn=writing), delete=False)
                writing.put(_FORM, _CURRENT_FORM)
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
