"""Verifying a store: every stored byte is read again, and what does not fit is named."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from ..errors import JournalCorrupt, StoreVersion
from ._blobs import Blobs
from ._check_blobs import BlobCheck, owned
from ._check_database import DatabaseCheck, differing_row, noting
from ._check_journal import JournalCheck
from ._connect import DATABASE, SNAPSHOT, open_database
from ._difference import Difference
from ._fold import positions
from ._follow import size_of
from ._forgetting import FORGETTING, PLAN, read_plan
from ._frames import name_of
from ._layout import read_layout
from ._locks import maintenance
from ._reader import JournalReader
from ._tally import Hasher, Row, Tally, add_to, parts_of, parts_that_differ, rows_in

if TYPE_CHECKING:
    import duckdb

#: Hears how far it is: of what ("database", "journal", "blobs"), how many bytes are done and how many there are.
Told: TypeAlias = Callable[[str, int, int], object]

# Rows that are looked at one by one to name the first that differs.
_LOOKED_AT: Final = 50_000


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What was read again, and what did not fit. Sizes in bytes; ``seconds`` is how long it took.

    ``records`` are payloads of the journal, ``erased`` those of them that were erased. ``rows`` were compared in the database, and
    ``snapshot_rows`` in the snapshot. ``waiting`` groups are journaled and not folded yet, so there is nothing to compare them with.
    ``torn`` bytes at the end of journals that were never sealed are no whole group: what a killed writer did not acknowledge.
    """

    writers: int
    segments: int
    frames: int
    records: int
    erased: int
    journal_bytes: int
    torn: int
    blobs: int
    blob_bytes: int
    rows: int
    snapshot_rows: int
    waiting: int
    seconds: float
    differences: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        """Whether everything fits."""
        return not self.differences


def verify(store: str | os.PathLike[str], *, timeout: float = 10.0, told: Told = lambda what, done, total: None) -> Verified:
    """Rehash every blob, check every byte of the journals, and compare every row of database and snapshot with what the journals give.

    Nothing is changed, and pipelines may write meanwhile: what is compared is what was folded at one moment. The database is held, as by
    any reader, while its rows are read once; memory does not grow with the store.

    Raises `InputError` when there is no store, `StoreVersion` when it is of another version, and `StoreBusy` when another process holds
    the database, or changes what is written, for more than ``timeout`` seconds. Example::

        for difference in verify("claims.aios").differences:
            print(difference)
    """
    directory = Path(store)
    read_layout(directory)
    began = time.monotonic()
    with maintenance(directory, timeout, shared=True):
        files = [directory / name for name in (DATABASE, SNAPSHOT) if (directory / name).exists()]
        total = sum(file.stat().st_size for file in files)
        told("database", 0, total)
        databases = [DatabaseCheck(file, timeout) for file in files]
        told("database", total, total)
        reader = JournalReader(directory / "journal")
        journal = JournalCheck(reader, _steps("journal", size_of(directory / "journal")[1], told))
        waiting = _compare(journal, databases, timeout)
        damage = [_of_journal(error) for error in journal.damage]
        references = {digest: owner for database in databases for digest, *owner in database.references}
        blobs = BlobCheck(Blobs(directory / "blobs"), _steps("blobs", size_of(directory / "blobs")[1], told))
        damaged = [owned(each, *references.get(each.blob, ("", ""))) for each in blobs.differences()]
        missing = blobs.missing(sorted((digest, document, model) for digest, (document, model) in references.items()))
        return Verified(
            writers=journal.writers,
            segments=journal.segments,
            frames=journal.frames,
            records=journal.records,
            erased=journal.erased,
            journal_bytes=journal.size,
            torn=journal.torn,
            blobs=blobs.count,
            blob_bytes=blobs.size,
            rows=sum(database.rows for database in databases if database.file.name == DATABASE),
            snapshot_rows=sum(database.rows for database in databases if database.file.name == SNAPSHOT),
            waiting=waiting,
            differences=(
                *_unfinished(directory),
                *damage,
                *_unaccounted(directory, journal),
                *_of_databases(databases),
                *damaged,
                *missing,
            ),
            seconds=time.monotonic() - began,
        )


def _unfinished(directory: Path) -> Iterator[Difference]:
    plan = directory / FORGETTING / PLAN
    if plan.exists():
        what = "Documents are being forgotten: that was begun and is not finished, so the database may have what is erased elsewhere"
        fix = f"Finish it: call aios store forget {directory} as it was called"
        yield Difference(part="database", what=what, fix=fix, file=str(plan))


def _unaccounted(directory: Path, journal: JournalCheck) -> Iterator[Difference]:
    """Records that were erased, and nothing says that their document was to be forgotten."""
    if journal.damage:
        return  # what says so may lie behind it
    plan = read_plan(directory)
    known = journal.forgotten | {name_of(document) for document in (plan.records if plan is not None else ())}
    for document, (path, offset) in journal.erased_of.items():
        # A record of runs is erased for the names of documents that are forgotten.
        if document not in known and (any(document) or not known):
            what = f"Records at byte {offset} of the journal segment {path} were erased, and nothing says that their document was forgotten"
            fix = "Restore that file from a backup; only aios store forget erases, and it says what"
            yield Difference(part="journal", what=what, fix=fix, file=str(path), offset=offset)


def _of_journal(error: JournalCorrupt | StoreVersion) -> Difference:
    file, offset = (error.file, error.offset) if isinstance(error, JournalCorrupt) else ("", None)
    return Difference(part="journal", what=error.what, fix=error.fix, file=file, offset=offset)


def _of_databases(databases: Sequence[DatabaseCheck]) -> Iterator[Difference]:
    lost = set()
    for each in (difference for database in databases for difference in database.differences):
        # What the journal lost is missed by database and snapshot, and told once.
        if each.part != "journal" or each.file not in lost:
            yield each
        if each.part == "journal":
            lost.add(each.file)


def _steps(what: str, total: int, told: Told) -> Callable[[int], None]:
    done = 0

    def step(size: int) -> None:
        nonlocal done
        done += size
        told(what, min(done, total), total)

    step(0)
    return step


def _compare(journal: JournalCheck, databases: Sequence[DatabaseCheck], timeout: float) -> int:
    """Read the journals, and note what differs in the databases; gives the number of groups that the first of them waits for."""
    # What both databases hold is counted once. A key tells who of them holds a group.
    tallies: defaultdict[tuple[bool, ...], Tally] = defaultdict(dict)
    hasher = Hasher(lambda memory, key, table: add_to(tallies[key], table, parts_of(memory, table)))
    waiting = 0
    try:
        for group in journal.groups():
            key = tuple(database.holds(group) for database in databases)
            waiting += not (key and key[0])
            if any(key):
                hasher.add(key, group.tables, group.end - group.begin)
    finally:
        hasher.close()
    for number, database in enumerate(databases):
        database.end(journal.ends, journal.paths, journal.damaged)
        if journal.damage or not database.is_comparable:
            continue  # what the journals give is not what the database was made of
        given: Tally = {}
        for key, tally in tallies.items():
            if key[number]:
                for table, counted in tally.items():
                    add_to(given, table, counted)
        if parts := parts_that_differ(database.tally, given):
            database.differences += _name(database, given, parts, journal.reader, timeout)
    return waiting


def _name(
    database: DatabaseCheck, given: Tally, parts: Mapping[str, list[int]], reader: JournalReader, timeout: float
) -> Iterator[Difference]:
    """The first difference of each table."""
    chosen = {table: choose(database.tally.get(table, {}), given.get(table, {}), each) for table, each in parts.items()}
    held: dict[str, list[Row]] = {}
    # Others may have folded more since it was read.
    until: dict[tuple[str, int], int] = {}
    with noting(database.file, database.differences), open_database(database.file, read_only=True, timeout=timeout) as connection:
        until = positions(connection)
        held = {table: rows_in(connection, table, each) for table, each in chosen.items()}
    journaled: defaultdict[str, list[Row]] = defaultdict(list)

    def pick(memory: duckdb.DuckDBPyConnection, key: Any, table: str) -> None:
        if table in chosen:
            journaled[table] += rows_in(memory, table, chosen[table])

    hasher = Hasher(pick)
    try:
        for group in JournalCheck(reader).groups():
            if group.end <= until.get((group.writer, group.sequence), 0):
                hasher.add(None, group.tables, group.end - group.begin)
    finally:
        hasher.close()
    for table, rows in held.items():
        yield differing_row(database.file, table, rows, journaled[table])


def choose(one: Mapping[int, tuple[int, int]], other: Mapping[int, tuple[int, int]], parts: Sequence[int]) -> list[int]:
    """So many of the parts of a table that its rows can be looked at one by one."""
    chosen: list[int] = []
    count = 0
    for part in parts:
        count += one.get(part, (0, 0))[0] + other.get(part, (0, 0))[0]
        if chosen and count > _LOOKED_AT:
            break
        chosen.append(part)
    return chosen
