"""What earlier runs recorded of deliveries, found by place and by bytes: a part of the index beside the journal."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

from ._tables import TABLES

if TYPE_CHECKING:
    import lmdb

# What the keys begin with: a run; found and not ended yet; the latest ones at a place; a document's bytes and parent; who brought some
# bytes; what was superseded.
_RUN: Final = b"r"
_FOUND: Final = b"f"
_PLACE: Final = b"p"
_DOCUMENT: Final = b"o"
_CONTENT: Final = b"c"
_SUPERSEDED: Final = b"s"

# Ids are 16 bytes here, and so is the beginning of a hash; zeros stand for none. Moments are numbers of transactions of the index: an
# answer is as of one of them. (A transaction that is kept for reading says the same, but no page that is written meanwhile is used again.)
_SIZE: Final = 16
_NONE: Final = bytes(_SIZE)
_moment: Final = struct.Struct("<Q")
_run: Final = struct.Struct("<QQ")  # begun, completed; 0 for not
_found: Final = struct.Struct("<16s16s16s?")
_latest: Final = struct.Struct("<16s16sQ")
_document: Final = struct.Struct("<16s16s")
_bringer: Final = struct.Struct("<QQ16s")  # told, said by a case; 0 for not; duplicate of

# Bringers of the same bytes that are looked at before another is kept beside them; changes of a place that may happen while a run asks.
_LOOKED_AT: Final = 8
_CHANGES: Final = 8
_REMEMBERED: Final = 4096


def _columns(table: str, names: str) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    columns = [column.name for column in TABLES[table].columns]
    return itemgetter(*map(columns.index, names.split()))


_RUNS, _DOCUMENTS, _OUTCOMES, _MEMBERS = (TABLES[name].number for name in ("runs", "documents", "outcomes", "members"))

#: The tables whose rows say something of deliveries, each with what takes that out of a row.
TOLD: Final = {
    _RUNS: _columns("runs", "run_id pipeline status"),
    _DOCUMENTS: _columns("documents", "run_id document_id kind path key content_id parent_id supersedes page_start"),
    _OUTCOMES: _columns("outcomes", "run_id document_id"),
    _MEMBERS: _columns("members", "run_id member_id duplicate_of"),
}


class First(NamedTuple):
    """The document that brought some bytes first, and that with all it came in."""

    document: str
    trail: frozenset[str]


class _Bringer(NamedTuple):
    """A document of a run that brought some bytes, when that was told, and when a case said what it is a duplicate of."""

    run: bytes
    document: bytes
    told: int
    said: int
    original: bytes


@final
class Deliveries:
    """What runs recorded of deliveries up to now; what is recorded later does not change the answers. It is `Memo.deliveries`.

    A document counts once it has an outcome.
    """

    def __init__(self, environment: lmdb.Environment) -> None:
        self._environment = environment
        with environment.begin() as reading:
            self._now: int = reading.id()
            cursor = reading.cursor()
            # In a new store nothing need be looked up for every document.
            self._is_empty = not (cursor.set_range(_PLACE) and bytes(cursor.key()).startswith(_PLACE))
        #: `_first`, remembered: the same bytes may come a thousand times.
        self.first: Final[Callable[[str], First | None]] = lru_cache(_REMEMBERED)(self._first)

    def latest(self, place: str) -> str:
        """The id of the latest document delivered from a place, or under a key; empty when there was none."""
        if self._is_empty:
            return ""
        with self._environment.begin() as reading:
            found = _get(reading, _PLACE + _hash(place))
        known = [document for _, document, told in sorted(_latest.iter_unpack(found)) if told <= self._now]
        return bytes(known[-1]).hex() if known else ""

    def _first(self, content_id: str) -> First | None:
        """Who brought these bytes first; None when nobody did, or something that it came in was superseded.

        A bringer counts if its run completed or a case has it: of a run that was cut off nobody knows what would have come first. Of
        several in one run the original is the one that no case called a duplicate.
        """
        best: tuple[bytes, bool, bytes] | None = None
        with self._environment.begin() as reading:
            for bringer in _bringers(reading, _packed(content_id)):
                if best is not None and (bringer.run > best[0] or not best[1]):
                    break  # they come by run and document, so that nothing less follows
                is_member = 0 < bringer.said <= self._now
                if bringer.told <= self._now and (is_member or 0 < _completed(reading, bringer.run) <= self._now):
                    original = bringer.original if is_member and bringer.original != _NONE else b""
                    candidate = (bringer.run, bool(original), original or bringer.document)
                    best = candidate if best is None else min(best, candidate)
            if best is None:
                return None
            trail = frozenset(_upwards(reading, best[2]))
            if any(0 < _superseded(reading, each) <= self._now for each in trail):
                return None
        return First(best[2].hex(), frozenset(each.hex() for each in trail))

    def cut_off(self, pipeline: str) -> frozenset[str]:
        """The runs of ``pipeline`` since its last complete one."""
        runs: set[str] = set()
        with self._environment.begin() as reading, reading.cursor() as cursor:
            found = cursor.set_range(bytes((_RUN[0] + 1,)))
            found = cursor.prev() if found else cursor.last()
            while found and (key := bytes(cursor.key())).startswith(_RUN):  # run ids sort by time
                value = bytes(cursor.value())
                begun, completed = _run.unpack_from(value)
                if begun <= self._now and value[_run.size :].decode() == pipeline:
                    if 0 < completed <= self._now:
                        break
                    runs.add(key[1:].hex())
                found = cursor.prev()
        return frozenset(runs)


def tell(writing: lmdb.Transaction, told: list[tuple[int, tuple[Any, ...]]]) -> None:
    """Put what was taken out of rows of the tables `TOLD` into the index, in the order in which a writer recorded them."""
    found: dict[bytes, bytes] = {}
    for number, values in told:
        if number == _DOCUMENTS:
            _tell_document(writing, values, found)
        elif number == _OUTCOMES:
            run, document = map(_packed, values)
            known = found.pop(run + document, None) or writing.pop(_FOUND + run + document)
            if known:
                _tell_outcome(writing, run, document, bytes(known))
        elif number == _MEMBERS:
            _tell_member(writing, *map(_packed, values))
        else:
            _tell_run(writing, *values)
    for key, value in found.items():
        writing.put(_FOUND + key, value)


def _tell_run(writing: lmdb.Transaction, run: str, pipeline: str | None, status: str | None) -> None:
    key = _RUN + _packed(run)
    begun, completed = _run.unpack_from(_get(writing, key) or _run.pack(writing.id(), 0))
    if status == "completed":
        completed = completed or writing.id()
    writing.put(key, _run.pack(begun, completed) + (pipeline or "").encode())


def _tell_document(writing: lmdb.Transaction, values: tuple[Any, ...], found: dict[bytes, bytes]) -> None:
    run, document, kind, path, key, content, parent, supersedes, first_page = values
    if kind == "case":
        return
    identity = _packed(document)
    if first_page is not None:
        content = ""  # the packet brought the bytes
    described = _document.pack(_packed(content), _packed(parent))
    if writing.get(_DOCUMENT + identity) != described:
        writing.put(_DOCUMENT + identity, described)
    place = path or key or ""
    # What was forgotten has no place any more.
    found[_packed(run) + identity] = _found.pack(_hash(place), _packed(content), _packed(supersedes), bool(parent) or not place)


def _tell_outcome(writing: lmdb.Transaction, run: bytes, document: bytes, known: bytes) -> None:
    place, content, supersedes, has_no_place = _found.unpack(known)
    if supersedes != _NONE:
        writing.put(_SUPERSEDED + supersedes, _moment.pack(writing.id()), overwrite=False)
    if not has_no_place:
        _tell_place(writing, _PLACE + place, run, document)
    if content != _NONE and not _is_settled(writing, content, run):
        writing.put(_CONTENT + content + run + document, _bringer.pack(writing.id(), 0, _NONE), overwrite=False)


def _tell_place(writing: lmdb.Transaction, key: bytes, run: bytes, document: bytes) -> None:
    entries = sorted(_latest.iter_unpack(_get(writing, key)))
    if entries and entries[-1][1] == document:
        entries[-1] = (max(run, entries[-1][0]), document, entries[-1][2])  # still the latest, whenever somebody asks
    else:
        entries = sorted((*entries, (run, document, writing.id())))[-_CHANGES:]
    writing.put(key, b"".join(_latest.pack(*entry) for entry in entries))


def _tell_member(writing: lmdb.Transaction, run: bytes, member: bytes, duplicate_of: bytes) -> None:
    known = _get(writing, _DOCUMENT + member)
    if known:
        key = _CONTENT + _document.unpack(known)[0] + run + member
        value = _get(writing, key)
        if value:  # else somebody was known before to have brought these bytes first
            told, said, _ = _bringer.unpack(value)
            writing.put(key, _bringer.pack(told, said or writing.id(), duplicate_of))


def _is_settled(reading: lmdb.Transaction, content: bytes, run: bytes) -> bool:
    """Whether it is known already that an earlier run than ``run`` brought these bytes first."""
    for number, bringer in enumerate(_bringers(reading, content)):
        if bringer.run >= run or number >= _LOOKED_AT:
            return False
        if bringer.said or _completed(reading, bringer.run):
            return True
    return False


def _completed(reading: lmdb.Transaction, run: bytes) -> int:
    """When it was told that a run completed; 0 when it did not."""
    found = _get(reading, _RUN + run)
    completed: int = _run.unpack_from(found)[1] if found else 0
    return completed


def _superseded(reading: lmdb.Transaction, document: bytes) -> int:
    """When it was told that a document was superseded; 0 when it was not."""
    found = _get(reading, _SUPERSEDED + document)
    superseded: int = _moment.unpack(found)[0] if found else 0
    return superseded


def _bringers(reading: lmdb.Transaction, content: bytes) -> Iterator[_Bringer]:
    """Those who brought these bytes, by run and document."""
    prefix = _CONTENT + content
    with reading.cursor() as cursor:
        found = content != _NONE and cursor.set_range(prefix)
        while found and (key := bytes(cursor.key())).startswith(prefix):
            yield _Bringer(key[-2 * _SIZE : -_SIZE], key[-_SIZE:], *_bringer.unpack(cursor.value()))
            found = cursor.next()


def _upwards(reading: lmdb.Transaction, document: bytes) -> Iterator[bytes]:
    seen: set[bytes] = set()
    while document != _NONE and document not in seen:
        seen.add(document)
        yield document
        known = _get(reading, _DOCUMENT + document)
        document = _document.unpack(known)[1] if known else _NONE


def _get(reading: lmdb.Transaction, key: bytes) -> bytes:
    """The value of a key; empty when there is none."""
    return bytes(reading.get(key) or b"")


def _packed(identity: str | None) -> bytes:
    """An id or the beginning of a SHA-256 as bytes; zeros for none. What is no such number is hashed, so that it is told from others."""
    if not identity:
        return _NONE
    try:
        packed = bytes.fromhex(identity)[:_SIZE]
    except ValueError:
        return _hash(identity)
    return packed if len(packed) == _SIZE else _hash(identity)


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()[:_SIZE]
