"""The store: a directory that remembers every run, document, value and decision."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

import msgspec

from aios_sdk.errors import JournalCorrupt, StoreBusy, StoreError
from aios_sdk.records import Document

from ._blobs import Blobs
from ._connect import DATABASE, SNAPSHOT, connect
from ._documents import document_of, find
from ._explain import explain
from ._explained import Explanation
from ._export import Exported, ExportFormat, export
from ._fold import Folded, fold, snapshot
from ._folding import Folding
from ._follow import EVERY, size_of
from ._forget import Forgotten, forget
from ._gc import Collected, gc
from ._index import index
from ._journal import JournalWriter, Ticket
from ._lag import Lag, lag, may_lag
from ._layout import Layout, create_layout, read_layout
from ._memo import Memo
from ._payloads import Row
from ._query import Parameters, answer
from ._rebuild import Rebuilt, rebuild
from ._recorder import Run
from ._renewal import ready
from ._reports import ComponentUse, RunInfo
from ._verify import Told, Verified, verify

if TYPE_CHECKING:
    import duckdb

    from ._models import Models

_log: Final = logging.getLogger("aios.store")

# Rows that one fold beside a run may take.
_SOME_ROWS: Final = 20_000

# Seconds that closing waits for others who hold the database; the journal keeps everything for the next fold.
_CLOSING_PATIENCE = 10.0


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """What a store is and holds; sizes in bytes."""

    path: str
    id: str
    format: int
    schema: int
    sdk: str
    documents: int
    runs: int
    blobs: int
    blob_bytes: int
    journal_bytes: int
    database_bytes: int


class Store:
    """A store directory. Runs are recorded with `begin`; questions are asked with `sql`, `document` and `explain`.

    Opening reads one small file; the journal is begun with the first run. Closing folds what was recorded into the database and
    leaves a snapshot. Several processes may use one store at a time. The database of a store of an older schema is made anew from its
    journal first. Raises `InputError` when there is none and ``create`` is false, `StoreError` when the folder is something else, and
    `StoreVersion` when it is of a version that this SDK does not read. Example::

        with Store("claims.aios") as store:
            print(store.sql("from current_fields where path = 'total'"))
    """

    def __init__(self, path: str | os.PathLike[str], *, create: bool = True) -> None:
        self.path: Final = Path(path)
        self.layout: Final[Layout] = ready(self.path, create_layout(self.path) if create else read_layout(self.path))
        self.blobs: Final = Blobs(self.path / "blobs")
        self._lock = threading.RLock()
        self._writer: JournalWriter | None = None
        self._runs: list[Run] = []
        self._folding: Folding | None = None
        self._folded = (0, 0)  # groups and bytes of our own
        self._seen: tuple[int, int] | None = None
        self._closed = False

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    # -- recording ----------------------------------------------------------------------------------------------------

    def begin(self, info: RunInfo, components: Sequence[ComponentUse] = ()) -> Run:
        """Begin a run; while any is under way the database follows about once a second."""
        with self._lock:
            run = Run(self._writing(), self.blobs, info, components)
            self._runs = [*(each for each in self._runs if not each.finished), run]
            if self._folding is None:
                self._folding = Folding(self.path, self._waiting, self._fold_some)
                self._folding.start()
            return run

    def _writing(self) -> JournalWriter:
        self._refuse_closed()
        if self._writer is None:
            self._writer = JournalWriter(self.path / "journal")
        return self._writer

    def _append(self, rows: Sequence[Row]) -> Ticket:
        """Journal rows that belong to no document."""
        with self._lock:
            return self._writing().append(rows)

    @cached_property
    def models(self) -> Models:
        """Its trained models."""
        from ._models import Models  # which most runs do without

        return Models(self.path, self.blobs, append=self._append, ask=self.sql, fold=self.fold)

    def _refuse_closed(self) -> None:
        if self._closed:
            raise StoreError(f"The store {str(self.path)!r} is closed", fix="Open it again and begin the run inside the with block")

    @property
    def behind(self) -> bool:
        """Whether this process recorded something that is not in the database yet."""
        return self._writer is not None and self._writer.appended > self._folded[0]

    def fold(self, *, timeout: float = 10.0) -> Folded:
        """Put everything journaled, by any process, into the database. Raises `StoreBusy` when another process holds the file."""
        with self._lock:
            self._hand_over()
            return self._fold(timeout, None)

    def _hand_over(self) -> None:
        """Give the journal what was recorded so far."""
        with self._lock:
            for run in self._runs:
                run.flush()

    def _settle(self) -> None:
        """Return when what was recorded so far is in the files of the journal, where everybody can read it."""
        self._hand_over()
        if self._writer is not None:
            self._writer.flush()

    def _fold(self, timeout: float, rows: int | None) -> Folded:
        with self._lock:
            done = (self._writer.appended, self._writer.size) if self._writer else (0, 0)
            if self._writer:
                self._writer.flush()
            seen = size_of(self.path / "journal")
            try:
                folded = fold(self.path, timeout=timeout, rows=rows)
            except JournalCorrupt:
                self._folded, self._seen = done, seen  # told after everything else was folded
                raise
            if rows is None or folded.rows < rows:
                self._folded, self._seen = done, seen
            return folded

    def _fold_some(self) -> None:
        # Not more, so that the thread is soon back to see how much has come meanwhile. Documents under way stay together, so that they can
        # be recalled whole.
        self._fold(EVERY, _SOME_ROWS)

    def _waiting(self) -> int:
        """Give the journal what has waited for long enough; gives the bytes that are journaled here and not folded here."""
        for run in self._runs:
            run.flush_due()
        return self._writer.size - self._folded[1] if self._writer is not None and self.behind else 0

    def close(self) -> None:
        """Make everything recorded durable, fold it and leave a snapshot; a database that is held by others waits for the next fold."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            folding, self._folding = self._folding, None
        with ExitStack() as ending:  # each comes to its end, also when what is before it fails
            if folding is not None:
                ending.callback(folding.end)
            if self._writer is not None:
                ending.callback(self._writer.close)
            self._hand_over()
        with self._lock:
            if self._writer is None:
                return
            try:
                fold(self.path, timeout=_CLOSING_PATIENCE)
                snapshot(self.path, timeout=_CLOSING_PATIENCE)
            except StoreBusy as busy:
                _log.warning("%s is journaled and not folded yet: %s", self.path, busy)
            except JournalCorrupt as error:
                _log.error("%s is folded but for a part of the journal: %s", self.path, error)
            try:
                index(self.path)
            except StoreError as error:
                _log.warning("the next run will index %s: %s", self.path, error)

    # -- asking -------------------------------------------------------------------------------------------------------

    def sql(self, query: str, parameters: Parameters = None, *, timeout: float | None = 300.0) -> duckdb.DuckDBPyRelation:
        """The answer to ``query`` over everything recorded so far, as a DuckDB relation that stands on its own.

        It prints as a table and has ``fetchall``, ``df``, ``pl``, ``to_arrow_table``, ``filter`` and the rest; nothing is held open. The
        query sees no other file, has half of the machine's memory (at most 4 GiB), and is ended after ``timeout`` seconds (None: never).
        Raises `UsageError` for a query that DuckDB refuses, or that takes too long. Example::

            store.sql("select path, value_text from current_fields where document_id = $1", [outcome.document.id]).fetchall()
        """
        self._refresh()
        return answer(self.path, query, parameters, timeout=timeout)

    def document(self, which: str, *, run: str | None = None) -> Document:
        """The document with that id, beginning of an id (four digits or more), key or name, as it was in ``run`` (else in the latest).

        It equals what the engine had, and opens its bytes from the store. Raises `UsageError` when there is none, or several.
        """
        self._refresh()
        with connect(self.path) as connection:
            return document_of(connection, self.blobs, find(connection, which, run))

    def explain(self, document: str, path: str | None = None, *, run: str | None = None) -> Explanation:
        """Where a document's values come from: all of them, or the field ``path``. Raises `UsageError` when there is no such thing."""
        self._refresh()
        with connect(self.path) as connection:
            return explain(connection, self.blobs, find(connection, document, run), path)

    def memo(self) -> Memo:
        """The results that were recorded so far, by their memo keys, and what was delivered; brought up to date. Close it after use."""
        self._settle()
        self._refuse_closed()
        memo = Memo(self.path, self.blobs)
        memo.refresh()
        return memo

    def snapshot(self, *, timeout: float = 10.0) -> Path:
        """Fold, and leave a copy of the database that readers may hold as long as they like (``connect(path, snapshot=True)``); its path.

        It is swapped in whole; a run leaves one when its store is closed. Raises `StoreBusy` when another process holds the database for
        more than ``timeout`` seconds, and `StoreFull` on a full disk.
        """
        self.fold(timeout=timeout)
        snapshot(self.path, timeout=timeout)
        return self.path / SNAPSHOT

    def lag(self) -> Lag:
        """What is journaled and not yet in the database, and who holds the database."""
        return lag(self.path)

    def verify(self, *, told: Told = lambda what, done, total: None) -> Verified:
        """Check every stored byte, as `aios_sdk.store.verify` does."""
        self._settle()
        return verify(self.path, told=told)

    def rebuild(self, *, keep: bool | None = None) -> Rebuilt:
        """Make the database again from the journal, as `aios_sdk.store.rebuild` does, with everything recorded so far."""
        with self._lock:
            self._settle()
            return rebuild(self.path, keep=keep)

    # -- keeping ------------------------------------------------------------------------------------------------------

    def forget(self, *documents: str, by: str = "", dry_run: bool = False) -> Forgotten:
        """Erase what was read of documents, their parts and their cases, wherever it lies in the store; each is named as for `document`.

        See the function `forget`, which also says what is raised; the store must have no run under way.
        """
        return forget(self.path, *documents, by=by, dry_run=dry_run)

    def export(
        self, to: str | os.PathLike[str], *, format: ExportFormat = "parquet", run: str | None = None, document: str | None = None
    ) -> Exported:
        """Write what the store holds, or what concerns a run or a document, as Parquet files or PROV-O; see the function `export`."""
        return export(self.path, to, format=format, run=run, document=document)

    def gc(self, *, older_than: float = 3600.0, dry_run: bool = False) -> Collected:
        """Remove blobs that no row refers to, older than so many seconds; see the function `gc`."""
        return gc(self.path, older_than=older_than, dry_run=dry_run)

    def info(self) -> Info:
        """What the store is and holds."""
        self._refresh()
        with connect(self.path) as connection:
            documents, runs = connection.execute(
                "SELECT (SELECT count(*) FROM current_documents), (SELECT count(DISTINCT run_id) FROM runs)"
            ).fetchall()[0]
        blobs, blob_bytes = size_of(self.path / "blobs")
        return Info(
            path=str(self.path),
            id=self.layout.id,
            format=self.layout.format,
            schema=self.layout.schema,
            sdk=self.layout.sdk,
            documents=documents,
            runs=runs,
            blobs=blobs,
            blob_bytes=blob_bytes,
            journal_bytes=size_of(self.path / "journal")[1],
            database_bytes=(self.path / DATABASE).stat().st_size,
        )

    def _refresh(self) -> None:
        if self.behind or not (self.path / DATABASE).exists():
            try:
                self.fold()
            except JournalCorrupt as error:
                _log.error("answering without a part of the journal: %s", error)
        elif size_of(self.path / "journal") != self._seen and os.access(self.path, os.W_OK):
            # What other processes journaled is welcome, but a reader neither waits for it nor fails because of it.
            try:
                self._fold_at_once()
            except JournalCorrupt as error:
                _log.warning("answering without a part of the journal: %s", error)

    def _fold_at_once(self) -> None:
        try:
            self.fold(timeout=0.0)
        except StoreBusy as busy:
            if may_lag(self.path):
                _log.warning("The answer may be without the latest records: %s", busy)
