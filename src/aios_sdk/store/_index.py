"""The index beside the journal: by what results were made from, and what runs recorded of deliveries. It can be made again at any time."""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, final

from ..errors import JournalCorrupt, StoreError
from ._deliveries import TOLD, tell
from ._frames import CONTINUES
from ._reader import JournalReader, Segment
from ._recalls import RECALLS, Recall
from ._tables import TABLES

if TYPE_CHECKING:
    import lmdb

#: The directory of the index in a store.
MEMO: Final = "memo"

#: Where a group begins: writer, segment, offset.
PLACE: Final = struct.Struct("<16sQQ")

# The file grows with what is put in; this only bounds the address space it may take.
_MAP_SIZE: Final = 1 << 38
_OFFSET: Final = struct.Struct("<Q")
_KEY: Final = b"k"
_DONE: Final = b"d"
# The form of the index; one of another form is made anew.
_FORM: Final = b"v"
_CURRENT_FORM: Final = b"3"
_KEY_SIZE: Final = 16

#: The tables whose rows have a memo key, and its place in them.
_KEYED: Final = {
    TABLES[name].number: [column.name for column in TABLES[name].columns].index("memo_key") for name in ("attempts", "outcomes")
}
_INDEXED: Final = {*_KEYED, *TOLD}

# Keys and rows that go into the index at a time. Each may change a page of its own, which is held in memory until all are written, and
# leaves as much room in the file for the next ones.
_TOGETHER: Final = 1_000

_Row: TypeAlias = tuple[Any, ...]


class _Part:
    """Some groups: the keys of their results, each with where its group begins, and what their rows tell of deliveries, in their order."""

    __slots__ = ("begin", "end", "results", "told")

    def __init__(self, begin: int) -> None:
        self.begin = self.end = begin
        self.results: list[tuple[bytes, int]] = []
        self.told: list[tuple[int, _Row]] = []


@final
class Index:
    """The index of a store, open; `refresh` brings it up to date with the journal."""

    def __init__(self, store: Path) -> None:
        self.reader: Final = JournalReader(store / "journal")
        self._directory = store / MEMO
        self.environment = _open(self._directory)

    def refresh(self, *, lean: bool = False) -> int:
        """Index what the journals hold and the index does not. Gives the number of results that were new.

        What lies behind damage in a journal is left out. With ``lean`` no more than a few MiB of the index are in memory at a time, unless
        this process has it open elsewhere; transactions that others began on ``environment`` must have ended. Raises `StoreError` when it
        cannot be written.
        """
        import lmdb

        try:
            return sum(self._follow(segment, lean) for segment in self.reader.found()[0])
        except lmdb.Error as error:
            raise _unwritable(error) from error

    def place(self, key: str) -> bytes | None:
        """The `PLACE` of the group that holds the result with that memo key; None when there is none."""
        with self.environment.begin() as reading:
            found: bytes | None = reading.get(_KEY + bytes.fromhex(key)[:_KEY_SIZE])
            return found

    @property
    def is_empty(self) -> bool:
        """Whether it holds no result."""
        with self.environment.begin() as reading:
            cursor = reading.cursor()
            return not (cursor.set_range(_KEY) and bytes(cursor.key()).startswith(_KEY))

    def _follow(self, segment: Segment, lean: bool) -> int:
        """Index what is new in a segment, some groups at a time."""
        mark = _DONE + bytes.fromhex(segment.writer) + _OFFSET.pack(segment.sequence)
        added = 0
        with self.environment.begin() as reading:
            offset = _offset(reading, mark)
        while segment.size > offset:
            for part in self._parts(segment, offset):
                with self.environment.begin(write=True) as writing:
                    offset = _offset(writing, mark)
                    if offset != part.begin:  # another process was faster
                        break
                    for key, at in sorted(part.results):  # neighbours share a page
                        writing.put(_KEY + key, PLACE.pack(bytes.fromhex(segment.writer), segment.sequence, at))
                    tell(writing, part.told)
                    writing.put(mark, _OFFSET.pack(part.end))
                added += len(part.results)
                if lean:
                    self._let_go()
            else:
                break
        return added

    def _let_go(self) -> None:
        """Take what was read of the index out of this process's memory, where each page that is asked for brings its neighbours with it."""
        _close(self.environment)
        self.environment = _open(self._directory)

    def _parts(self, segment: Segment, offset: int) -> Iterator[_Part]:
        """Some groups at a time from ``offset`` on, up to the last whole one."""
        part = _Part(offset)
        keys: list[bytes] = []
        rows: list[tuple[int, _Row]] = []
        try:
            for decode, frame in self.reader.decoded_frames(segment, offset):
                for kind, payload in frame.records():
                    if payload is None:
                        continue
                    if kind in _INDEXED:
                        found = decode(kind, payload)
                        if kind in _KEYED:
                            place = _KEYED[kind]
                            keys += [bytes.fromhex(key)[:_KEY_SIZE] for row in found if (key := row[place])]
                        if kind in TOLD:
                            rows += [(kind, TOLD[kind](row)) for row in found]
                    elif kind == RECALLS:
                        again = [each for row in decode(kind, payload) for each in self.reader.recalled(Recall(*row), TOLD)]
                        rows += [(table, TOLD[table](row)) for table, found in again for row in found]
                if not frame.flags & CONTINUES:
                    part.results += [(key, part.end) for key in keys]
                    part.told += rows
                    part.end = frame.end
                    keys, rows = [], []
                    if len(part.results) + len(part.told) >= _TOGETHER:
                        yield part
                        part = _Part(part.end)
        except JournalCorrupt:
            pass  # what lies behind it is computed again
        if part.end > part.begin:
            yield part

    def close(self) -> None:
        """Let go of the index and of the journals."""
        self.reader.close()
        _close(self.environment)


def index(store: Path) -> int:
    """Bring the index of ``store`` up to date, so that the next run need not; gives the number of results that were new."""
    found = Index(store)
    try:
        return found.refresh(lean=True)
    finally:
        found.close()


def _offset(reading: lmdb.Transaction, mark: bytes) -> int:
    """Up to where a segment is indexed."""
    known = reading.get(mark)
    offset: int = _OFFSET.unpack(known)[0] if known else 0
    return offset


def _unwritable(error: Exception) -> StoreError:
    return StoreError(
        f"The index of results beside the journal cannot be written: {error}",
        cause="The disk is full or can only be read, memory is limited, or the index is damaged",
        fix=f"Free some space or ask for more, or delete the folder {MEMO!r} in the store: it is made again from the journal",
    )


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
        try:
            directory.mkdir(exist_ok=True)
            # Neither sync nor journal: what a power loss takes is indexed again.
            environment = lmdb.open(place, map_size=_MAP_SIZE, sync=False, metasync=False, readahead=False, max_readers=512)
        except (OSError, lmdb.Error) as error:
            raise _unwritable(error) from error
        environment.reader_check()  # what killed readers left keeps pages from being used again
        with environment.begin() as reading:
            is_current = reading.get(_FORM) == _CURRENT_FORM
        if not is_current:
            with environment.begin(write=True) as writing:
                if writing.get(_FORM) != _CURRENT_FORM:  # nobody was faster
                    writing.drop(environment.open_db(None, txn=writing), delete=False)
                    writing.put(_FORM, _CURRENT_FORM)
        _opened[place] = (environment, 1)
        return environment


def _close(environment: lmdb.Environment) -> None:
    with _lock:
        for place, (known, count) in _opened.items():
            if known is environment:
                if count > 1:
                    _opened[place] = (environment, count - 1)
                else:
                    del _opened[place]
                    environment.close()
                return
