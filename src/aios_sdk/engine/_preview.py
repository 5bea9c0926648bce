"""What a run would compute and what it would take from its store, and why; without running anything."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from ..errors import AiosError
from ..records import Document, Kind, Source, digest, digest_file, document_id
from ..store import Blobs, Memo, Store, models_told, readable
from ._again import Again
from ._choice import Candidate, Chooser
from ._ingest import sources_of
from ._memory import Memory, Trace
from ._models import RunModels
from ._plan import Plan, PlannedStep


class Foreseen(NamedTuple):
    """What would become of one step for one document.

    Attributes:
        document: its key, or its name; step: the id of the step.
        will: ``recall`` its result, ``compute`` it, or ``depend`` on what an earlier step gives: it is recalled if that comes out the same.
        why: the reason, in words; empty for what is recalled.
    """

    document: str
    step: str
    will: Literal["recall", "compute", "depend"]
    why: str = ""


_NEWEST = """
    WITH ended AS (
        SELECT o.document_id, max(o.run_id) AS run_id
        FROM outcomes o SEMI JOIN (SELECT run_id FROM runs WHERE pipeline = $1) USING (run_id) GROUP BY ALL
    )
"""
_DOCUMENTS = f"""{_NEWEST}
    SELECT d.document_id, d.parent_id, d.position, d.root_id, d.kind, d.name, d.key, d.path, d.media_type, d.content_id, d.page_start,
        d.page_end
    FROM documents d SEMI JOIN ended USING (document_id, run_id) ORDER BY d.run_id, d.position
"""
_ATTEMPTS = f"""{_NEWEST}
    SELECT a.document_id, a.step, a.component, a.version, a.code_digest, a.config_digest, a.model, a.status, a.message,
           list((r.layer, r.artifact_id)) FILTER (r.layer IS NOT NULL)
    FROM attempts a SEMI JOIN ended USING (document_id, run_id)
    LEFT JOIN artifacts r USING (document_id, run_id, attempt_id)
    GROUP BY ALL ORDER BY max(a.started_at)
"""


class _Before(NamedTuple):
    """The latest attempt of a step at a document."""

    component: str
    version: str
    code_digest: str
    config_digest: str
    model: str
    status: str
    message: str
    artifacts: list[tuple[str, str]] | None


class _Past:
    """What the newest run of each document recorded."""

    def __init__(self, store: Store, pipeline: str) -> None:
        self.documents: dict[str, Document] = {}
        self.containers: set[str] = set()
        self.places: set[str] = set()
        self.parts: defaultdict[str, list[str]] = defaultdict(list)
        self.attempts: defaultdict[str, dict[str, _Before]] = defaultdict(dict)
        documents = store.sql(_DOCUMENTS, [pipeline]).fetchall()
        for identity, parent, position, root, recorded, name, key, path, media_type, content, start, end in documents:
            if recorded == "container":
                self.containers.add(identity)
            kind: Kind = "case" if recorded == "case" else "part" if parent else "file"
            self.documents[identity] = Document(
                id=identity,
                kind=kind,
                name=name,
                key=key,
                media_type=media_type,
                content_id=content,
                parent=parent,
                position=position,
                root=root,
                page_range=None if start is None else (start, end),
            )
            self.places.add(path or key)
            if parent:
                self.parts[parent].append(identity)
        for identity, step, *made in store.sql(_ATTEMPTS, [pipeline]).fetchall():
            self.attempts[identity][step] = _Before(*made)

    def is_packet(self, identity: str) -> bool:
        """Whether a document was split into others."""
        return any(self.documents[part].page_range is not None for part in self.parts[identity])

    def tree(self, identity: str) -> Iterator[Document]:
        """A document and its parts, to the deepest; containers are left out."""
        if identity not in self.containers:
            yield self.documents[identity]
        for part in self.parts[identity]:
            yield from self.tree(part)


def preview(plan: Plan, inputs: object, store: Store) -> Iterator[Foreseen]:
    """What `run` would do for each step of each document, as far as that can be known without doing it. Reads every input's bytes."""
    models = RunModels(store)
    plan = models.of_plan(plan)
    past = _Past(store, plan.name)
    memo = store.memo()
    try:
        memory = Memory(plan.registry, memo, store.blobs, cut_off=memo.deliveries.cut_off(plan.name), fresh=False)
        oracle = _Oracle(plan, past, memory, memo, store.blobs, models)
        for source in _files(inputs, store):
            identity, place = _identity(source)
            if identity in past.documents:
                for document in past.tree(identity):
                    yield from oracle.steps(document)
            else:
                why = "its bytes have changed" if place in past.places else "it is new"
                for step in (plan.ingest, *plan.steps):
                    yield Foreseen(source.key or source.name, step.id, "compute", why)
        for identity in [document.id for document in past.documents.values() if document.kind == "case"]:
            yield from oracle.case_steps(store.document(identity))
    finally:
        memo.close()


class _Oracle:
    """Asks for each step whether its key is known."""

    def __init__(self, plan: Plan, past: _Past, memory: Memory, memo: Memo, blobs: Blobs, models: RunModels) -> None:
        self._plan = plan
        self._past = past
        self._memory = memory
        self._chooser = Chooser(plan.registry, models)
        self._again = Again(plan, None, self._chooser, memory, memo, blobs)
        self._asked: set[str] = set()
        self._unsure: set[str] = set()

    def steps(self, document: Document) -> Iterator[Foreseen]:
        """Ingesting the document, and its steps."""
        self._asked.add(document.id)
        if document.page_range is not None:
            yield from self._part_steps(document)
            return
        recollection = self._again.recall(document, self._again.key(document))
        if recollection is not None:
            for step in recollection.outcome.steps:
                yield Foreseen(_name(document), step.step, "recall")
            return
        before = self._past.attempts[document.id]
        ingest = self._plan.ingest
        candidate = self._candidate(ingest, document)
        read = before.get(ingest.id)
        changed = "nobody ingested it" if candidate is None or read is None else self._change(read, candidate)
        failed = read is not None and read.status in ("failed", "unsupported")
        why = _ended(read) if read is not None and failed else changed or "files are read again"
        yield Foreseen(_name(document), ingest.id, "compute", why)
        if candidate is None or failed:
            return
        trace = Trace(candidate.component)
        doubtful: set[str] = {*candidate.info.provides} if changed else set()
        self._keep(trace, read)
        steps = self._plan.whole_steps if self._past.is_packet(document.id) else self._plan.steps
        yield from self._through(steps, document, trace, doubtful)
        if document.id in self._unsure:
            self._unsure.update(part for part in self._past.parts[document.id] if self._past.documents[part].page_range is not None)

    def _part_steps(self, part: Document) -> Iterator[Foreseen]:
        """The steps of a document that was split off a packet, which was asked about before."""
        packet = self._past.documents[part.parent]
        candidate = self._candidate(self._plan.ingest, packet)
        trace = Trace(None if candidate is None else candidate.component)
        split = self._past.attempts[part.id].get("split")
        self._keep(trace, split)
        doubtful = {layer for layer, _ in (split and split.artifacts) or ()} if part.id in self._unsure else set()
        yield from self._through(self._plan.part_steps, part, trace, doubtful)

    def case_steps(self, case: Document) -> Iterator[Foreseen]:
        """The steps of a case, if the inputs bring any of its members."""
        members = {member.document.id for member in case.members}
        if not members & self._asked:
            return
        doubtful = {"members"} if self._unsure & members else set()
        yield from self._through(self._plan.case_steps, case, Trace(), doubtful)

    def _through(self, steps: tuple[PlannedStep, ...], document: Document, trace: Trace, doubtful: set[str]) -> Iterator[Foreseen]:
        """What of ``steps`` is known; ``doubtful`` are layers that may come out otherwise than they did."""
        for step in steps:
            before = self._past.attempts[document.id].get(step.id)
            candidate = self._candidate(step, document)
            if candidate is None:
                continue  # nobody would be asked
            found = self._ask(step, candidate, document, trace, doubtful, before)
            yield found
            if found.will != "recall":
                doubtful.update(candidate.info.provides, (layer for layer, _ in (before and before.artifacts) or ()))
            self._keep(trace, before)
        if doubtful:
            self._unsure.add(document.id)

    def _ask(
        self, step: PlannedStep, candidate: Candidate, document: Document, trace: Trace, doubtful: set[str], before: _Before | None
    ) -> Foreseen:
        name, read = _name(document), doubtful & {*candidate.info.requires, *candidate.info.uses, "pages", "members"}
        if before is not None and before.status == "skipped":
            why = "it was skipped, and its condition may come out otherwise" if doubtful else ""
            return Foreseen(name, step.id, "depend" if doubtful else "recall", why)
        key = self._memory.key(step, candidate, document, trace)
        if self._memory.recall(key, candidate) is None:
            return Foreseen(name, step.id, "compute", self._reason(step, candidate, before, bool(read)))
        if read:
            return Foreseen(name, step.id, "depend", f"it reads {', '.join(sorted(read))}, which may change")
        return Foreseen(name, step.id, "recall")

    def _reason(self, step: PlannedStep, candidate: Candidate, before: _Before | None, reads_changed: bool) -> str:
        if before is None:
            return "the step is new"
        change = self._change(before, candidate)
        if change:
            return change
        if before.status != "ok":
            return _ended(before)
        why_not = "the step says memo=False" if not step.memo else self._memory.why_not(candidate.component)
        if why_not:
            return why_not
        if candidate.info.deterministic is not True:
            return f"{candidate.info.id} is not deterministic"
        return "what it reads may change" if reads_changed else "what it reads has changed"

    def _change(self, before: _Before, candidate: Candidate) -> str:
        """How the component differs from who did it before; empty if it does not."""
        id = candidate.info.id
        if before.component != id:
            return f"{id} instead of {before.component or 'nobody'}"
        instance = self._plan.registry.create(candidate.component.id, candidate.component.config)
        if before.version != instance.version:
            return f"{id} {instance.version or '(no version)'} instead of {before.version or '(no version)'}"
        if before.code_digest != (instance.code_digest or ""):
            return f"the code of {id} has changed"
        model = models_told(instance.info.model, candidate.component.uses)
        if before.model != model:  # which settings may have changed to
            return f"{id} works with {readable(model) or 'no model'} instead of {readable(before.model) or 'none'}"
        return f"the settings of {id} have changed" if before.config_digest != instance.config_digest else ""

    def _candidate(self, step: PlannedStep, document: Document) -> Candidate | None:
        try:
            found = self._chooser.candidates(step, "" if document.kind == "case" else document.media_type)
        except AiosError:
            return None
        return found[0] if found else None

    def _keep(self, trace: Trace, before: _Before | None) -> None:
        for layer, artifact in (before and before.artifacts) or ():
            trace.artifacts.setdefault(layer, []).append(artifact)


def _files(inputs: object, store: Store) -> Iterator[Source]:
    """The deliveries, folders unfolded."""
    inside = Path(os.path.abspath(store.path))  # noqa: PTH100
    for source in sources_of(inputs):
        if source.media_type != "inode/directory":
            yield source
            continue
        for folder, folders, names in os.walk(source.path):
            folders.sort()
            for name in sorted(names):
                path = Path(os.path.abspath(folder)) / name  # noqa: PTH100
                if not path.is_relative_to(inside):
                    yield Source(name=name, path=str(path), key=os.path.relpath(path, source.path), origin=str(path))


def _identity(source: Source) -> tuple[str, str]:
    """The id that the source would have as a document, and the place that it comes from."""
    place = source.parent or source.origin or source.key or source.name
    try:
        if source.data is not None:
            content = digest(source.data)
        else:
            with Path(source.path).open("rb") as file:
                content = digest_file(file)[0]
    except OSError:
        content = ""
    return document_id(place, source.position, content), place


def _ended(before: _Before) -> str:
    return f"it ended as {before.status}: {before.message.partition(chr(10))[0]}".rstrip(": ")


def _name(document: Document) -> str:
    return document.key or document.name
