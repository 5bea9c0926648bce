"""Forgetting a document: everything that was read of it is erased, in the journal, the blobs, the index, the database and the snapshot."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ..errors import StoreBusy, StoreError, StoreFull, UsageError
from ._connect import DATABASE, SNAPSHOT, open_database
from ._documents import find
from ._files import DISK_FULL, sync_directory
from ._fold import NEW, fold_locked
from ._forgetting import FORGETTING, Plan, Search, carry_out, end_plan, family, read_plan, write_plan
from ._gc import left_over, remove, spilled
from ._index import MEMO
from ._layout import read_layout
from ._locks import fold_lock, maintenance
from ._model import shortened
from ._presence import excluded, writers
from ._rebuild import other_databases
from ._renewal import ready, renew_locked
from ._tables import TABLES
from ._user import user

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

_FORGOTTEN: Final = TABLES["forgotten"].number


class ForgottenDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document, part or case that was forgotten, as it was called before, and the records of the journal that were erased for it."""

    document_id: str
    kind: str
    name: str
    records: int


class SharedContent(msgspec.Struct, frozen=True, kw_only=True):
    """A document that has bytes, or whole results, in common with a forgotten one; it keeps them."""

    document_id: str
    name: str


class TrainedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a model that was trained on a forgotten document: something of that may be in its weights, which are kept."""

    name: str
    version: int
    aliases: tuple[str, ...]
    documents: int

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """What was forgotten, or would be: documents, records, blobs and their bytes; and who keeps some of the same content.
    ``models`` were trained on any of it; what they learned is not erased.

    ``resumed`` says that what an earlier call had begun was, or would be, finished first; nobody knows any more how those documents were
    called, nor what is left of their blobs.
    """

    documents: tuple[ForgottenDocument, ...]
    blobs: int
    blob_bytes: int
    shared: tuple[SharedContent, ...]
    models: tuple[TrainedModel, ...] = ()
    resumed: bool = False

    @property
    def records(self) -> int:
        """How many records of the journal were erased for them together."""
        return sum(document.records for document in self.documents)


def forget(store: str | os.PathLike[str], *documents: str, by: str = "", dry_run: bool = False, timeout: float = 10.0) -> Forgotten:
    """Erase what was read of documents, of their parts, and of the cases they are in, so that nothing of it is left in any file of the
    store. Several at once take little longer than one.

    It stays recorded that they were processed, when and by what, with how much time, and how that ended; the table ``forgotten`` tells
    who had it erased (``by``, else the user of the system) and when. Nobody may write to the store meanwhile: runs that begin wait.

    May be killed at any moment: the next call finishes what was begun. With ``dry_run`` it only tells. Raises `UsageError` when there is
    no such document, or it is a part of another one, `StoreBusy` while a run is under way or the database stays locked for ``timeout``
    seconds, `JournalCorrupt` for a damaged journal, `StoreFull` on a full disk.
    """
    directory = Path(store)
    ready(directory, read_layout(directory))
    with _disk_errors(directory), maintenance(directory, timeout), fold_lock(directory, timeout):
        begun = read_plan(directory)
        if begun is not None and dry_run:
            return _reported(begun, (0, 0))
        if begun is not None:
            with _nobody_writes(directory, timeout):
                resumed = _reported(begun, _erase(directory, begun))
            _renew(directory)
        with _nobody_writes(directory, timeout):
            fold_locked(directory, timeout)
            wanted = _wanted(directory, documents, has_resumed=begun is not None)
            if begun is not None and not wanted:
                return resumed
            plan, told = _planned(directory, wanted, by, dry_run=dry_run)
            if plan is None:
                return told
            blobs, size = _erase(directory, plan)
        _renew(directory)
    return msgspec.structs.replace(told, blobs=blobs, blob_bytes=size, resumed=begun is not None)


def _wanted(directory: Path, documents: Sequence[str], *, has_resumed: bool) -> list[str]:
    """The ids of what is to be forgotten. What was erased a moment ago is not found by its name any more."""
    found = []
    with open_database(directory / DATABASE, read_only=True, timeout=0.0) as connection:
        for which in documents:
            known = connection.execute(
                "SELECT count(*) FROM documents WHERE $1 IN (key, name) OR starts_with(document_id, $1)", [which]
            ).fetchall()[0][0]
            if known or not has_resumed:
                document = find(connection, which, None, all_kinds=True).document_id
                _refuse_part(connection, document)
                found.append(document)
    return found


def _planned(directory: Path, wanted: Sequence[str], by: str, *, dry_run: bool) -> tuple[Plan | None, Forgotten]:
    """The plan, written down unless there is nothing to do, and what to tell of it."""
    with open_database(directory / DATABASE, read_only=True, timeout=0.0) as connection:
        documents: dict[str, tuple[str, str, str]] = {}
        for asked in wanted:
            for identity, kind, name in family(connection, asked):
                documents.setdefault(identity, (asked, kind, name))
        ids = list(documents)
        names = connection.execute(
            "SELECT DISTINCT unnest([name, key, path]) FROM documents "
            "WHERE parent_id = '' AND document_id IN (SELECT unnest($1::VARCHAR[]))",
            [ids],
        ).fetchall()
        search = Search(ids, [name for (name,) in names])
        erasures = search.journals(directory)
        models = _trained_on(connection, ids)
        shared, kept = _shared(connection, ids, search.blobs)
    there = [path for digest in search.blobs - kept if (path := directory / "blobs" / digest[:2] / digest).exists()]
    told = Forgotten(
        documents=tuple(
            ForgottenDocument(document_id=identity, kind=kind, name=name, records=search.records[identity])
            for identity, (_, kind, name) in documents.items()
        ),
        blobs=len(there),
        blob_bytes=sum(path.stat().st_size for path in there),
        shared=shared,
        models=models,
    )
    if dry_run or not told.records:
        return None, told
    now, who = dt.datetime.now(dt.UTC), by or user()
    for identity, (asked, _, _) in documents.items():
        if search.records[identity]:
            search.rows[identity].append((_FORGOTTEN, (identity, asked, now, who, search.records[identity])))
    return write_plan(directory, search.rows, records=search.records, erasures=erasures, blobs=tuple(sorted(search.blobs))), told


def _trained_on(connection: duckdb.DuckDBPyConnection, ids: list[str]) -> tuple[TrainedModel, ...]:
    """The models that were trained on any of these documents, or on the same bytes."""
    contents = connection.execute(
        "SELECT DISTINCT content_id FROM documents WHERE content_id <> '' AND document_id IN (SELECT unnest($1::VARCHAR[]))", [ids]
    ).fetchall()
    rows = connection.execute(
        "SELECT m.name, m.version, c.aliases, len(list_intersect(m.trained_on, $1::VARCHAR[])) AS documents FROM models m "
        "JOIN current_models c ON c.name = m.name AND c.version = m.version WHERE documents > 0 ORDER BY m.name, m.version",
        [[shortened(content) for (content,) in contents]],
    ).fetchall()
    return tuple(
        TrainedModel(name=name, version=version, aliases=tuple(aliases), documents=count) for name, version, aliases, count in rows
    )


def _refuse_part(connection: duckdb.DuckDBPyConnection, document: str) -> None:
    rows = connection.execute(
        "WITH RECURSIVE up(document_id, height) AS (SELECT $1, 0 UNION SELECT d.parent_id, u.height + 1 FROM up u "
        "JOIN documents d ON d.document_id = u.document_id WHERE d.parent_id <> '' AND u.height < 64) "
        "SELECT d.document_id, d.name FROM up u JOIN documents d ON d.document_id = u.document_id "
        "WHERE u.height > 0 AND d.content_id <> '' ORDER BY u.height DESC LIMIT 1",
        [document],
    ).fetchall()
    if rows:
        raise UsageError(
            f"Document {document} is a part of {rows[0][1]!r}, whose bytes hold it too",
            cause="Erased alone, it could be read there again",
            fix=f"Forget the whole: {rows[0][0]}",
            document=document,
        )


def _shared(connection: duckdb.DuckDBPyConnection, ids: list[str], blobs: set[str]) -> tuple[tuple[SharedContent, ...], set[str]]:
    """Who else has any of the blobs, or bytes of the same digest within a row; and which blobs are kept for that."""
    rows = connection.execute(
        "SELECT document_id, content_id FROM documents WHERE content_id IN (SELECT unnest($1::VARCHAR[])) UNION "
        "SELECT document_id, artifact_id FROM artifacts WHERE content IS NULL AND artifact_id IN (SELECT unnest($1::VARCHAR[])) UNION "
        "SELECT document_id, artifact_id FROM tables WHERE artifact_id IN (SELECT unnest($1::VARCHAR[]))",
        [sorted(blobs)],
    ).fetchall()
    others = [row for row in rows if row[0] not in ids]
    names = dict(
        connection.execute(
            "SELECT document_id, max(name) FROM documents WHERE document_id IN (SELECT unnest($1::VARCHAR[])) GROUP BY document_id",
            [[row[0] for row in others]],
        ).fetchall()
    )
    return tuple(SharedContent(document_id=identity, name=names[identity]) for identity in sorted(names)), {row[1] for row in others}


def _erase(directory: Path, plan: Plan) -> tuple[int, int]:
    """Erase the records, the index of results and the blobs; gives the number of blobs and their bytes. Doing it again changes nothing."""
    for erasure in plan.erasures:
        carry_out(directory, erasure)
    if (directory / MEMO).exists():
        shutil.rmtree(directory / MEMO)
    spills = [file for name in (DATABASE, SNAPSHOT, NEW) for file in spilled(directory, name)]
    for file in (*left_over(directory), *other_databases(directory), *spills):
        file.unlink()
    (directory / SNAPSHOT).with_suffix(".tmp").unlink(missing_ok=True)
    removed = remove(directory, plan.blobs)
    # Nothing of it may come back with a loss of power, when the plan by which it would go again is gone.
    put_aside = [directory / f"{name}.tmp" for name in (DATABASE, SNAPSHOT, NEW)]
    for folder in (directory, *(directory / "blobs").glob("*/"), *filter(Path.is_dir, put_aside)):
        sync_directory(folder)
    return removed


def _renew(directory: Path) -> None:
    """Make database and snapshot anew, with what stays, and only then show that in the journal: no fold may apply it to the old ones."""
    renew_locked(directory, directory / FORGETTING)
    end_plan(directory)


def _reported(plan: Plan, removed: tuple[int, int]) -> Forgotten:
    documents = (ForgottenDocument(document_id=identity, kind="", name="", records=records) for identity, records in plan.records.items())
    return Forgotten(documents=tuple(documents), blobs=removed[0], blob_bytes=removed[1], shared=(), resumed=True)


@contextmanager
def _nobody_writes(directory: Path, timeout: float) -> Iterator[None]:
    with excluded(directory / "journal", timeout):
        alive = writers(directory / "journal")
        if alive:
            since = dt.datetime.fromtimestamp(alive[0].since, dt.UTC)
            raise StoreBusy(
                f"{alive[0].process} has written to {directory} since {since:%Y-%m-%d %H:%M} UTC, and is not done",
                cause="What it has not recorded yet may be of the same document",
                fix="Wait for the run to end, or stop it (Ctrl-C finishes what is under way), then forget the document",
            )
        yield


@contextmanager
def _disk_errors(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        again = "Then run it again: what was begun is finished"
        if error.errno in DISK_FULL:
            raise StoreFull(
                f"The disk is full: {directory} cannot be changed", cause=str(error), fix=f"Free some space. {again}"
            ) from error
        raise StoreError(
            f"{directory} cannot be changed: {error}", cause="The disk or its permissions", fix=f"Repair it. {again}"
        ) from error
