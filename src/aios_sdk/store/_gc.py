"""Removing what nothing refers to: blobs that no row names, and files that were begun by processes that died."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from ..errors import StoreBusy
from ._connect import DATABASE, SNAPSHOT, SPILL, open_database
from ._files import held
from ._fold import NEW
from ._layout import read_layout
from ._locks import fold_lock, maintenance
from ._model import MODELS
from ._presence import writers
from ._reader import JournalReader
from ._schema import BLOB_COLUMNS, BLOB_PLACES

# Seconds by which the clock of files may be behind that of processes; what is younger than that is never removed.
_SLACK: Final = 60.0


class Collected(NamedTuple):
    """What was removed, or would be: blobs and their bytes, left-over temporary files and theirs; and the unreferenced blobs, with their
    bytes, that are too young to tell whether somebody is about to record them."""

    blobs: int
    bytes: int
    temporary: int
    temporary_bytes: int
    young: int
    young_bytes: int


class _File(NamedTuple):
    path: Path
    bytes: int


def gc(store: str | os.PathLike[str], *, older_than: float = 3600.0, dry_run: bool = False, timeout: float = 10.0) -> Collected:
    """Remove the blobs of ``store`` that no row of the journal or the database refers to, and the temporary files of those who died.

    Safe beside running pipelines: nothing goes that was put, or asked for, since the first of those who write now began, nor within the
    last ``older_than`` seconds and a minute. It may be killed at any moment. With ``dry_run`` it only tells. Raises `JournalCorrupt`, and
    removes nothing, when the journal is damaged, since rows that cannot be read may refer to any blob; `StoreBusy` when the database
    stays locked, or another process verifies or changes what is written, for ``timeout`` seconds.
    """
    directory = Path(store)
    read_layout(directory)
    with maintenance(directory, timeout):
        # In this order. Who begins to write later marks what it needs, and who ended before has its rows in the journal.
        before = min([time.time() - max(older_than, 0.0), *(writer.since for writer in writers(directory / "journal"))]) - _SLACK
        blobs, temporary = _found(directory / "blobs", before)
        for reference in references(directory):
            blobs.pop(reference, None)
        old = [_File(_place(directory, digest), size) for digest, (size, is_old) in blobs.items() if is_old]
        young = [size for size, is_old in blobs.values() if not is_old]
        if not dry_run:
            old, temporary = list(_removed(old, before)), list(_removed(temporary, before))
        with fold_lock(directory, timeout):
            # Nobody makes a database or a snapshot meanwhile, so these are of somebody who was killed.
            for folder in _folders_begun(directory, before):
                temporary += [_File(path, path.stat().st_size) for path in folder.rglob("*") if path.is_file()]
                if not dry_run:
                    shutil.rmtree(folder)
            for paths in _unfinished(directory):
                temporary += [_File(path, path.stat().st_size) for path in paths]
                for path in () if dry_run else paths:
                    path.unlink()
    return Collected(len(old), _size(old), len(temporary), _size(temporary), len(young), sum(young))


def references(directory: Path, *, journal_only: bool = False) -> Iterator[str]:
    """The digest of every blob that rows refer to, some of them several times. Raises `JournalCorrupt` for a damaged journal."""
    reader = JournalReader(directory / "journal")
    for segment in reader.segments():
        for decode, frame in reader.decoded_frames(segment):
            for number, payload in frame.records():
                place = BLOB_PLACES.get(number)
                if place is not None and payload is not None:
                    yield from (row[place] for row in decode(number, payload))
    if not journal_only and (directory / DATABASE).exists():
        with open_database(directory / DATABASE, read_only=True, timeout=10.0) as connection:
            for table, column in BLOB_COLUMNS.items():
                found = connection.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} <> ''")
                while rows := found.fetchmany(10_000):
                    yield from (reference for (reference,) in rows)


def remove(directory: Path, digests: Iterable[str]) -> tuple[int, int]:
    """Remove these blobs, unless a row of the journal refers to one; gives how many went, and their bytes. Nobody may write meanwhile."""
    found = {digest: _place(directory, digest) for digest in digests if digest}
    for reference in references(directory, journal_only=True):
        found.pop(reference, None)
    there = [_File(path, path.stat().st_size) for path in found.values() if path.exists()]
    for blob in there:
        blob.path.unlink()
    return len(there), _size(there)


def _found(folder: Path, before: float) -> tuple[dict[str, tuple[int, bool]], list[_File]]:
    """The blobs, each with its bytes and whether it is older, and the temporary files that are."""
    blobs: dict[str, tuple[int, bool]] = {}
    temporary = []
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # a temporary file that has got its name
            is_old = status.st_mtime < before
            if not name.startswith("."):
                blobs[name] = status.st_size, is_old
            elif is_old:
                temporary.append(_File(path, status.st_size))
    return blobs, temporary


def _place(directory: Path, digest: str) -> Path:
    return directory / "blobs" / digest[:2] / digest


def _removed(files: list[_File], before: float) -> Iterator[_File]:
    """Remove those that are still as old as they were, and tell which."""
    for folder, inside in groupby(sorted(files), key=lambda file: file.path.parent):
        with held(folder):
            for file in inside:
                try:
                    if file.path.stat().st_mtime >= before:
                        continue  # somebody asked for it meanwhile
                    file.path.unlink()
                except FileNotFoundError:
                    continue  # another one removes too
                yield file


def left_over(directory: Path) -> list[Path]:
    """The temporary files among the blobs. Nobody may write meanwhile."""
    return list((directory / "blobs").glob("*/.*"))


def _unfinished(directory: Path) -> Iterator[list[Path]]:
    """The files of databases and snapshots that are not complete, and what queries of processes that died had put on disk."""
    yield [path for path in ((directory / SNAPSHOT).with_suffix(".tmp"), directory / NEW, directory / f"{NEW}.wal") if path.exists()]
    yield [*spilled(directory, NEW), *(directory / SPILL).glob("*")]
    for name in (DATABASE, SNAPSHOT):
        if (directory / name).exists() and spilled(directory, name):
            with suppress(StoreBusy), open_database(directory / name, read_only=False, timeout=0.0):
                yield spilled(directory, name)  # nobody else has it open


def _folders_begun(directory: Path, before: float) -> list[Path]:
    """The folders of models whose process was killed while it filled them."""
    return [path for path in (directory / MODELS).glob(".*.tmp*") if path.stat().st_mtime < before]


def spilled(directory: Path, name: str) -> list[Path]:
    """What DuckDB has put beside a database while a query needed more memory than there was."""
    return list((directory / f"{name}.tmp").glob("*"))


def _size(files: list[_File]) -> int:
    return sum(file.bytes for file in files)
