"""Recorded results, found by the key of what they were made from."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias, final

from ..errors import JournalCorrupt, StoreError
from ._blobs import Blobs
from ._deliveries import Deliveries
from ._frames import CONTINUES
from ._index import PLACE, Index
from ._payloads import row_count
from ._reader import Decode
from ._tables import TABLES

_ATTEMPTS: Final = TABLES["attempts"]
_ARTIFACTS: Final = TABLES["artifacts"]
_ATTEMPT_COLUMNS: Final = [column.name for column in _ATTEMPTS.columns]
_ARTIFACT_COLUMNS: Final = [column.name for column in _ARTIFACTS.columns]
_ATTEMPT_ID: Final = _ATTEMPT_COLUMNS.index("attempt_id")
_ATTEMPT_KEY: Final = _ATTEMPT_COLUMNS.index("memo_key")
_ATTEMPT_OF: Final = _ARTIFACT_COLUMNS.index("attempt_id")
_OUTCOMES: Final = TABLES["outcomes"]
_OUTCOME_COLUMNS: Final = [column.name for column in _OUTCOMES.columns]
#: What is told of an attempt, in the order of `Remembered`, and of an artifact.
_OF_ATTEMPT: Final = itemgetter(*map(_ATTEMPT_COLUMNS.index, ("run_id", "document_id", "attempt_id", "step", "status", "message")))
_OF_OUTCOME: Final = itemgetter(*map(_OUTCOME_COLUMNS.index, ("memo_key", "run_id", "document_id", "thread", "steps")))
_USE: Final = itemgetter(*map(_ATTEMPT_COLUMNS.index, ("step", "component", "status")))
_OF_ARTIFACT: Final = itemgetter(*map(_ARTIFACT_COLUMNS.index, ("artifact_id", "layer", "content")))

#: Groups that are kept after they were read.
_GROUPS: Final = 64

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
        steps: how its steps ended, as JSON; attempts: how many attempts were made at them.
        layers: of each the canonical JSON of what the steps added, in their order.
        size: how many bytes the rows take that were recorded of it.
    """

    writer: str
    segment: int
    byte_offset: int
    run_id: str
    document_id: str
    thread: str
    steps: str
    attempts: int
    layers: dict[str, list[bytes | str]]
    size: int
    decoded: Callable[[], list[Row]]

    def uses(self) -> list[tuple[str, str, str]]:
        """Which components the attempts name, each with its step and how that ended."""
        return [use for use in map(_USE, self.decoded()) if use[1]]


@final
class Memo:
    """Finds recorded results by their memo keys (hexadecimal). Make it with `Store.memo`.

    The index follows the journal when it is told to (`refresh`); deleting its directory costs only the time to make it anew.
    """

    def __init__(self, store: Path, blobs: Blobs) -> None:
        self._index = Index(store)
        self._reader = self._index.reader
        self._blobs = blobs
        #: What runs recorded of deliveries up to the last `refresh`.
        self.deliveries = Deliveries(self._index.environment)
        self._groups: dict[bytes, _Group] = {}
        self._latest: _Group = {}

    def refresh(self) -> int:
        """Index what the journals hold and the index does not. Gives the number of results that were new.

        What lies behind damage in a journal is left out; it is computed again. Raises `StoreError` when the index cannot be written.
        """
        added = self._index.refresh()
        self.deliveries = Deliveries(self._index.environment)
        return added

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be found."""
        return self._index.is_empty

    def find(self, key: str) -> Remembered | None:
        """The result with that key; None when there is none, or it cannot be read any more."""
        found = self._latest.get(key)  # the steps of a document follow each other
        if found is None:
            place = self._index.place(key)
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
        found = self._index.place(key)
        if found is None:
            return None
        packed, sequence, offset = PLACE.unpack(found)
        writer = packed.hex()
        attempts: list[tuple[Decode, memoryview]] = []
        rows: dict[int, list[Row]] = {_ARTIFACTS.number: [], _OUTCOMES.number: []}
        size = 0
        try:
            for decode, frame in self._reader.frames_at(writer, sequence, offset):
                for kind, payload in frame.records():
                    if payload is None:
                        return None  # erased
                    size += len(payload)
                    if kind == _ATTEMPTS.number:
                        attempts.append((decode, payload))
                    elif kind in rows:
                        rows[kind] += decode(kind, payload)
                if not frame.flags & CONTINUES:
                    break
        except (JournalCorrupt, OSError):
            return None
        if not rows[_OUTCOMES.number]:
            return None
        recorded, run, document, thread, steps = _OF_OUTCOME(rows[_OUTCOMES.number][0])
        if recorded != key:
            return None
        layers: dict[str, list[bytes | str]] = {}
        for artifact, layer, content in map(_OF_ARTIFACT, rows[_ARTIFACTS.number]):
            try:
                layers.setdefault(layer, []).append(self._blobs.read(artifact) if content is None else content)
            except (StoreError, OSError):
                return None  # missing or damaged
        count = sum([row_count(payload) for _, payload in attempts])

        def decoded() -> list[Row]:
            return [row for decode, payload in attempts for row in decode(_ATTEMPTS.number, payload)]

        return Whole(writer, sequence, offset, run, document, thread, steps or "[]", count, layers, size, decoded)

    def _group(self, place: bytes) -> _Group:
        """The attempts of the group that begins there, with their artifacts; kept for a while, since a document's keys share a group."""
        found = self._groups.get(place)
        if found is None:
            if len(self._groups) >= _GROUPS:
                self._groups.pop(next(iter(self._groups)))
            found = self._groups[place] = self._grouped(place)
        return found

    def _grouped(self, place: bytes) -> _Group:
        writer, sequence, offset = PLACE.unpack(place)
        attempts: _Group = {}
        by_id: dict[str, list[Row]] = {}
        for decode, frame in self._reader.frames_at(writer.hex(), sequence, offset):
            for kind, payload in frame.records():
                if payload is None:
                    continue
                if kind == _ATTEMPTS.number:
                    for row in decode(kind, payload):
                        artifacts: list[Row] = by_id.setdefault(row[_ATTEMPT_ID], [])
                        attempts[row[_ATTEMPT_KEY]] = row, artifacts
                elif kind == _ARTIFACTS.number:
                    for row in decode(kind, payload):
                        by_id.setdefault(row[_ATTEMPT_OF], []).append(row)
            if not frame.flags & CONTINUES:
                break
        return attempts

    def close(self) -> None:
        """Let go of the index and of the journals."""
        self._index.close()
