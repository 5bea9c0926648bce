"""What it takes to forget a document, written down before anything is erased: which records, which blobs, and what stays of their rows."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ._files import sync_directory
from ._frames import CONTINUES, HEADER_SIZE, Frame, erase, name_of
from ._journal import JournalWriter
from ._payloads import Row
from ._reader import Decode, JournalReader, Segment
from ._recalls import RECALLS, Recall
from ._remains import WHOLE, remains, run_remains
from ._schema import BLOB_PLACES

if TYPE_CHECKING:
    import duckdb

#: The folder in a store that is there while something is being erased.
FORGETTING: Final = "forgetting"

#: What is to be done, in that folder.
PLAN: Final = "plan.json"


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What is erased in one segment: records, by their number, of the frames at these offsets; of one that was never sealed only the first
    ``size`` bytes stay, since behind its last whole group its writer may have left something."""

    writer: str
    sequence: int
    size: int | None
    frames: tuple[tuple[int, tuple[int, ...]], ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done; it holds nothing that was in the documents. ``writer`` has the journal of what stays, ``records`` are counted by
    document."""

    writer: str
    records: dict[str, int]
    erasures: tuple[Erasure, ...]
    blobs: tuple[str, ...]


def family(connection: duckdb.DuckDBPyConnection, document: str) -> list[tuple[str, str, str]]:
    """The document, its parts and theirs, and every case that any of them is in: id, kind and name of each, the document first."""
    return connection.execute(
        "WITH RECURSIVE links AS MATERIALIZED ("
        " SELECT document_id, parent_id AS origin FROM documents WHERE parent_id <> '' UNION SELECT document_id, member_id FROM members),"
        " family(document_id) AS (SELECT $1 UNION SELECT l.document_id FROM links l JOIN family f ON l.origin = f.document_id) "
        "SELECT f.document_id, any_value(d.kind), max(d.name) FROM family f JOIN documents d ON d.document_id = f.document_id "
        "GROUP BY f.document_id ORDER BY f.document_id <> $1, min(d.found_at), f.document_id",
        [document],
    ).fetchall()


class Search:
    """Looks through all journals for the records of documents; ``names`` are what runs may call them among their inputs."""

    def __init__(self, documents: Collection[str], names: Collection[str]) -> None:
        self._documents = {name_of(document): document for document in documents}
        self._names = frozenset(names) - {""}
        #: Rows that are recorded again without what is erased, by document ("" for those of runs).
        self.rows: defaultdict[str, list[Row]] = defaultdict(list)
        self.records: dict[str, int] = dict.fromkeys(documents, 0)
        self.blobs: set[str] = set()

    def journals(self, directory: Path) -> tuple[Erasure, ...]:
        """What is to be erased in each segment. Raises `JournalCorrupt` for a damaged one: nobody knows what is behind."""
        reader = JournalReader(directory / "journal")
        try:
            return tuple(found for segment in reader.segments() if (found := self._segment(reader, segment)) is not None)
        finally:
            reader.close()

    def _segment(self, reader: JournalReader, segment: Segment) -> Erasure | None:
        frames: list[tuple[int, tuple[int, ...]]] = []
        start = whole = HEADER_SIZE
        for decode, frame in reader.decoded_frames(segment):
            records = tuple(self._records(reader, decode, frame))
            if records:
                frames.append((start, records))
            start = frame.end
            if not frame.flags & CONTINUES:
                whole = frame.end
        size = None if segment.sealed or segment.size <= whole else whole
        if not frames and size is None:
            return None
        return Erasure(writer=segment.writer, sequence=segment.sequence, size=size, frames=tuple(frames))

    def _records(self, reader: JournalReader, decode: Decode, frame: Frame) -> Iterator[int]:
        document = self._documents.get(frame.document, "")
        if not document and any(frame.document):
            return
        for record, (number, payload) in enumerate(frame.records()):
            if payload is None or number in WHOLE:
                continue
            rows = decode(number, payload)
            if number == RECALLS:
                # What it stands for is erased where it is; what stays of that is this run's own from now on.
                stood_for = [each for row in rows for each in reader.recalled(Recall(*row))]
                left = [each for table, found in stood_for for each in remains(table, found)]
            else:
                left = remains(number, rows) if document else run_remains(number, rows, self._names)
                if left == [(number, row) for row in rows] or not (document or left):
                    continue
            self.rows[document] += left
            if document:
                self.records[document] += 1
                place = BLOB_PLACES.get(number)
                self.blobs.update(row[place] for row in rows if place is not None and row[place])
            yield record


def write_plan(directory: Path, rows: Mapping[str, list[Row]], **facts: Any) -> Plan:
    """Write down what stays, as a journal of its own, then the plan: from its last byte on, the erasing is finished whatever happens."""
    folder = directory / FORGETTING
    if folder.exists():
        shutil.rmtree(folder)  # of one who was killed before there was a plan
    with JournalWriter(folder) as writer:
        for document, found in rows.items():
            writer.append(found, document_id=document)
    plan = Plan(writer=writer.id, **facts)
    temporary = folder / f".{PLAN}"
    with temporary.open("wb") as file:
        file.write(msgspec.json.encode(plan))
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(folder / PLAN)
    sync_directory(folder)
    sync_directory(directory)
    return plan


def read_plan(directory: Path) -> Plan | None:
    """The plan that was not carried out to its end, if there is one."""
    try:
        return msgspec.json.decode((directory / FORGETTING / PLAN).read_bytes(), type=Plan)
    except FileNotFoundError:
        return None


def end_plan(directory: Path) -> None:
    """Put what stays into the journal, and the plan away."""
    folder = directory / FORGETTING
    plan = read_plan(directory)
    if plan is not None:
        if (folder / plan.writer).exists():
            (folder / plan.writer).rename(directory / "journal" / plan.writer)
            sync_directory(directory / "journal")
        (folder / PLAN).unlink()
        sync_directory(folder)
    folder.rmdir()


def carry_out(directory: Path, erasure: Erasure) -> None:
    """Put a segment in the place of the one that holds what is to be erased. Doing it again changes nothing."""
    path = directory / "journal" / erasure.writer / f"{erasure.sequence:016x}.seg"
    if not path.exists():
        path = path.with_suffix(".open")
    segment = bytearray(path.read_bytes())
    if erasure.size is not None:
        del segment[erasure.size :]
    for offset, records in erasure.frames:
        erase(segment, offset, records)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(segment)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    sync_directory(path.parent)
