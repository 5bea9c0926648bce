"""What the engine tells the store about a run, made into groups of journal records."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from aios_sdk.errors import UsageError
from aios_sdk.records import LAYERS, Document, Layers, Outcome, Source, canonical, new_run_id
from aios_sdk.stages import Stage

from ._blobs import INLINE_BYTES, Blobs
from ._journal import JournalWriter, Ticket
from ._memo import Whole
from ._payloads import Row
from ._recalls import RECALLS, Recall
from ._reports import Attempt, ComponentUse, RunInfo, RunStatus, attempt_id
from ._rows import ARTIFACTS, ATTEMPTS, DOCUMENTS, Owner, checked_json, contents_of, item_rows, json_text, row, view_edges

# How much of one document, and for how long, may wait to be handed to the journal.
_PENDING_BYTES: Final = 1024 * 1024
_PENDING_SECONDS: Final = 0.25

_NO_LAYERS: Final = Layers()


#: What a row without its content takes in memory, in bytes, about.
_ROW_BYTES: Final = 2000


class Answerer(NamedTuple):
    """Who does a step's work, as the rows of attempts say it. Made with `Run.answerer`."""

    step: str
    stage: str
    component: str
    version: str
    code_digest: str
    config_digest: str
    model: str


#: The last columns of an attempt in this process: nothing waited, no memory was measured, no tokens and no cost, one unit.
_IN_THIS_PROCESS: Final = (0.0, None, None, None, 1)


class _Pending:
    """Rows of one document that were not handed to the journal yet, about their bytes in memory, and since when results are among them that
    were computed and could be recalled (seconds of ``time.monotonic``; None while there are none, and nothing would be lost)."""

    __slots__ = ("rows", "since", "size")

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.since: float | None = None
        self.size = 0


class Run:
    """One run, being recorded; made by `Store.begin`. Its methods may be called from any thread, those about one document from one at a
    time.

    What is told of a document is gathered and handed to the journal as one group, all or nothing, with its outcome. Before that, always
    with whole attempts, when it is large, or when something waits for longer than a quarter of a second that the next run could recall if
    this one were killed: a new result with a memo key. A `Ticket` acknowledges what is durable.
    """

    def __init__(self, writer: JournalWriter, blobs: Blobs, info: RunInfo, components: Sequence[ComponentUse]) -> None:
        self.id: Final = new_run_id()
        self.info: Final = info
        self._writer = writer
        self._blobs = blobs
        self._uses: dict[tuple[str, str], ComponentUse] = {}
        self._lock = threading.Lock()
        self._pending: dict[str, _Pending] = {}
        self._finished = False
        definition = checked_json(info.definition, "the pipeline's definition")
        rows = [self._event("started"), row("pipelines", self.id, info.pipeline, info.pipeline_version, definition, list(info.resolve))]
        for use in components:
            rows += self._use_rows(use)
        self._writer.append(rows, document_id="")

    def use(self, component: ComponentUse) -> Ticket | None:
        """Record which component does a step's work, when it is first chosen; None when that is recorded already."""
        rows = self._use_rows(component)
        return self._writer.append(rows, document_id="") if rows else None

    def found(self, delivery: Document | Source, *, path: str = "", container: bool = False, content: bytes | None = None) -> None:
        """Record a delivery, once in a run: a document, part or case, or a mere ``container`` (where that is known already).

        Its bytes must be among the blobs before, or are given as ``content`` when there are at most `INLINE_BYTES`. A case's members are
        recorded with it.
        """
        kind = "container" if container else delivery.kind if isinstance(delivery, Document) else "part" if delivery.parent else "file"
        identity = delivery.id if isinstance(delivery, Document) else delivery.document_id
        thread, supersedes = (delivery.thread, delivery.supersedes) if isinstance(delivery, Document) else ("", "")
        pages = (delivery.page_range if isinstance(delivery, Document) else None) or (None, None)
        rows = [
            row(
                "documents",
                self.id,
                identity,
                _now(),
                kind,
                delivery.name,
                delivery.key,
                path,
                delivery.media_type,
                delivery.media_declared,
                delivery.content_id,
                delivery.size,
                delivery.parent,
                delivery.position,
                delivery.root,
                thread,
                supersedes,
                *pages,
                content,
            )
        ]
        if isinstance(delivery, Document) and delivery.members:
            rows += [
                row(
                    "members",
                    self.id,
                    identity,
                    ordinal,
                    member.document.id,
                    member.status,
                    member.document.duplicate_of,
                    [layer for layer in LAYERS if getattr(member.document.layers, layer)],
                )
                for ordinal, member in enumerate(delivery.members)
            ]
        self._gather(rows, identity, 0 if content is None else len(content))

    def attempt(
        self,
        document: Document,
        attempt: Attempt,
        layers: Layers = _NO_LAYERS,
        contents: Mapping[str, tuple[bytes, str]] = {},  # never changed
    ) -> None:
        """Record an attempt and everything it added: all or nothing.

        ``layers`` are what the step added, stamped (`Document.stamp`); ``document`` already holds them at the end of its layers.
        Also for steps that were skipped, unsupported or failed, with no layers. Large layers go to the blobs, and are there before the
        attempt is acknowledged.
        """
        answerer = self.answerer(attempt.step, attempt.stage, attempt.component)
        if attempt.version:
            answerer = answerer._replace(version=attempt.version)
        identity = attempt.id or attempt_id(self.id, document.id, answerer.step, answerer.component)
        owner = Owner(self.id, document.id, identity, answerer.step)
        rows: list[Row] = [
            (
                ATTEMPTS,
                (
                    identity,
                    self.id,
                    document.id,
                    *answerer,
                    attempt.status,
                    attempt.category,
                    attempt.message,
                    attempt.cache,
                    attempt.memo_key,
                    attempt.started_at,
                    attempt.wall,
                    attempt.cpu,
                    attempt.queue,
                    attempt.peak_rss,
                    attempt.tokens,
                    attempt.cost,
                    attempt.units,
                ),
            )
        ]
        size = 0 if layers is _NO_LAYERS else self._add(rows, owner, document, layers, contents or contents_of(layers))
        if layers is not _NO_LAYERS and document.page_range is not None and attempt.stage == "split":
            rows += view_edges(owner, document)
        if attempt.failures:
            rows += _failure_rows(owner, attempt, answerer.version)
        # What was recalled, and what nobody can recall, is done again at the same cost.
        self._gather(rows, document.id, size, at_stake=bool(attempt.memo_key) and attempt.cache != "hit")

    def answerer(self, step: str, stage: Stage | Literal["split"], component: str) -> Answerer:
        """Who works at a step, as every attempt of it says; to be asked for after `use`."""
        use = self._uses.get((step, component)) or ComponentUse(step=step, stage=stage, component=component)
        return Answerer(step, stage, component, use.version, use.code_digest, use.config_digest, use.worked_with)

    def answered(
        self,
        document: Document,
        answerer: Answerer,
        memo_key: str,
        started_at: dt.datetime,
        wall: float,
        layers: Layers,
        contents: Mapping[str, tuple[bytes, str]],
    ) -> None:
        """Record the first attempt of ``answerer`` at a document, which added ``layers``; what `attempt` does, for the usual case."""
        identity = attempt_id(self.id, document.id, answerer.step, answerer.component)
        cache = "miss" if memo_key else "none"
        values = (identity, self.id, document.id, *answerer, "ok", "", "", cache, memo_key, started_at, wall, wall, *_IN_THIS_PROCESS)
        rows: list[Row] = [(ATTEMPTS, values)]
        size = self._add(rows, Owner(self.id, document.id, identity, answerer.step), document, layers, contents) if contents else 0
        self._gather(rows, document.id, size, at_stake=bool(memo_key))

    def _add(self, rows: list[Row], owner: Owner, document: Document, layers: Layers, contents: Mapping[str, tuple[bytes, str]]) -> int:
        """Add the rows of what a step added to ``rows``, large layers as blobs; gives the bytes of the others."""
        size = 0
        for layer, (content, artifact) in contents.items():
            items, length = len(getattr(layers, layer)), len(content)
            first = max(0, len(getattr(document.layers, layer)) - items)
            if length > INLINE_BYTES:
                self._writer.put(self._blobs, content, artifact)
                kept = None
            else:
                size += length
                kept = content.decode()
            rows.append((ARTIFACTS, (artifact, *owner, layer, first, items, length, kept)))
        rows += item_rows(owner, document, layers, contents)
        return size

    def outcome(self, outcome: Outcome, *, container: bool = False, memo_key: str = "") -> Ticket:
        """Record how a document or case ended, once; ``container=True`` when ingesting it gave only other sources.

        Under ``memo_key`` it can be recalled whole (`recall`), if all of it was recorded in one group.
        """
        document = outcome.document
        kind = "container" if container else document.kind
        steps = json_text(outcome.steps)
        with self._lock:
            # What else was gathered goes with it, unless a part of that had to go before.
            pending = self._pending.pop(document.id, None)
            rows = pending.rows if pending is not None else []
            key = memo_key if rows and rows[0][0] == DOCUMENTS else ""
            rows.append(row("outcomes", self.id, document.id, _now(), outcome.status, kind, document.thread, steps, key))
            return self._writer.append(rows, document_id=document.id)

    def recall(self, found: Whole) -> Ticket:
        """Record that a document came again unchanged and is what an earlier run recorded, once; nothing else is told of it.

        Which components did its steps is told as always (`use`).
        """
        recall = Recall(self.id, found.document_id, _now(), found.run_id, found.writer, found.segment, found.byte_offset)
        return self._writer.append([(RECALLS, recall)], document_id=found.document_id, stands_for=found.size)

    def flush(self, document_id: str | None = None) -> Ticket | None:
        """Hand over what was gathered of a document, or of all; None when there is nothing. What the ticket acknowledges is durable."""
        ticket = None
        with self._lock:
            for each in list(self._pending) if document_id is None else [document_id]:
                pending = self._pending.pop(each, None)
                if pending is not None:
                    ticket = self._writer.append(pending.rows, document_id=each)
        return ticket

    def flush_due(self) -> None:
        """Hand over what has waited for long enough, of documents of which nothing new is told for a while."""
        now = time.monotonic()
        with self._lock:
            due = [each for each, pending in self._pending.items() if _is_due(pending, now)]
        for each in due:
            self.flush(each)

    def _gather(self, rows: Sequence[Row], document_id: str, size: int, *, at_stake: bool = False) -> None:
        now = time.monotonic()
        with self._lock:
            pending = self._pending.get(document_id)
            if pending is None:
                pending = self._pending[document_id] = _Pending()
            pending.rows += rows
            pending.size += size + _ROW_BYTES * len(rows)
            if at_stake and pending.since is None:
                pending.since = now
            due = pending.size > _PENDING_BYTES or _is_due(pending, now)
        if due:
            self.flush(document_id)

    def finish(self, status: RunStatus = "completed", counts: Mapping[str, int] | None = None) -> Ticket:
        """Record the end of the run with the engine's own ``counts`` by name. Raises `UsageError` when it has finished before."""
        with self._lock:
            if self._finished:
                raise UsageError(f"Run {self.id} has finished already", fix="Begin another run")
            self._finished = True
        self.flush()
        return self._writer.append([self._event("finished", status, counts)], document_id="")

    @property
    def finished(self) -> bool:
        """Whether its end is recorded."""
        return self._finished

    def _event(self, event: str, status: str = "", counts: Mapping[str, int] | None = None) -> Row:
        info = self.info
        return row(
            "runs",
            self.id,
            event,
            _now(),
            info.pipeline,
            info.pipeline_version,
            info.sdk,
            list(info.inputs),
            status,
            None if counts is None else canonical(counts).decode(),
        )

    def _use_rows(self, use: ComponentUse) -> list[Row]:
        with self._lock:
            if (use.step, use.component) in self._uses:
                return []
            self._uses[use.step, use.component] = use
        config = checked_json(use.config, f"the configuration of {use.component}")
        rejected = checked_json(use.rejected, f"the candidates rejected for {use.component}")
        deterministic = use.deterministic if isinstance(use.deterministic, str) else str(use.deterministic).lower()
        rows = [
            row(
                "plugins",
                self.id,
                use.step,
                use.stage,
                use.component,
                use.version,
                use.distribution,
                use.code_digest,
                use.config_digest,
                config,
                use.worked_with,
                deterministic,
                rejected,
                use.files_digest,
                use.isolation,
                list(use.network),
                list(use.secrets),
                list(use.programs),
                use.memory_mb,
                use.gpu,
            )
        ]
        if use.model:
            rows.append(row("model_uses", self.id, use.step, use.component, use.model, "", ""))
        rows += [row("model_uses", self.id, use.step, use.component, each.model, each.digest, each.reference) for each in use.models]
        return rows


def _is_due(pending: _Pending, now: float) -> bool:
    return pending.since is not None and now - pending.since > _PENDING_SECONDS


def _failure_rows(owner: Owner, attempt: Attempt, version: str) -> list[Row]:
    ended = attempt.started_at + dt.timedelta(seconds=attempt.wall)
    return [
        row(
            "failures",
            owner.run_id,
            owner.document_id,
            owner.attempt_id,
            attempt.step,
            attempt.stage,
            attempt.component,
            version,
            ended,
            failure.page,
            failure.category,
            failure.message,
            failure.retryable,
        )
        for failure in attempt.failures
    ]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
