"""Documents that come again unchanged: recalled whole, with one look, where every step may be recalled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from ..errors import AiosError
from ..records import Document, Layers, Outcome, StepOutcome, decode_layer
from ..store import Blobs, Memo, Run, Whole
from ._choice import Candidate, Chooser, record_use
from ._memory import Memory, key_of, located
from ._plan import Plan, PlannedComponent, PlannedStep

_STEPS: Final = msgspec.json.Decoder(tuple[StepOutcome, ...])

#: Ways through the steps that are kept at most.
_KNOWN: Final = 1_000

#: How every step ended for a document that can be recalled whole: without a failure, which another attempt might not have.
_SETTLED = frozenset({"ok", "unsupported", "skipped"})


class Recollection(NamedTuple):
    """What an earlier run came to, as this one's; where it lies, and who ingested it."""

    outcome: Outcome
    whole: Whole
    ingested_by: PlannedComponent


class _Course(msgspec.Struct):
    """How the steps of a document went: who was asked at which, and whether the run has recorded that these are used."""

    steps: tuple[StepOutcome, ...]
    asked: list[tuple[PlannedStep, Candidate]]
    ingested_by: PlannedComponent
    is_recorded: bool = False


class Again:
    """Knows documents that an earlier run of the same pipeline recorded, by everything that their steps could see.

    All that a document is before its ingest enters the key, and for every step who would be asked: so a document has none when any of these
    components is not deterministic, cannot be keyed, or is not to be memoized. Parts come out of their parents, which are read again.
    """

    def __init__(self, plan: Plan, run: Run | None, chooser: Chooser, memory: Memory, memo: Memo, blobs: Blobs) -> None:
        self._plan = plan
        self._run = run
        self._chooser = chooser
        self._memory = memory
        self._memo = memo
        self._blobs = blobs
        self._courses: dict[str, str] = {}
        self._used: set[tuple[str, str]] = set()
        # Most documents of a type were asked about at the same places, and ended alike.
        self._known: dict[tuple[str, str, object], _Course | None] = {}
        self._steps: Final = lru_cache(256)(_STEPS.decode)

    def key(self, document: Document) -> str:
        """The memo key of a document that is not ingested yet, as its source says it is; empty when there can be none."""
        course = self._courses.get(document.media_type)
        if course is None:
            course = self._courses[document.media_type] = self._course(document.media_type)
        if not course:
            return ""
        parts = (
            course,
            document.id,
            document.content_id,
            document.kind,
            document.media_type,
            document.media_declared,
            document.name,
            document.key,
            document.parent,
            str(document.position),
            document.root,
            document.supersedes,
        )
        return key_of(document.content_id, parts)

    def recall(self, document: Document, key: str) -> Recollection | None:
        """What became of the document, which has that key, in an earlier run; None when none knows, or something of it is gone."""
        whole = self._memo.whole(key) if key and not self._memory.is_fresh else None
        if whole is None or whole.document_id != document.id:
            return None
        course = self._course_of(whole, document.media_type)
        if course is None:
            return None
        layers = {name: _items(name, contents) for name, contents in whole.layers.items()}
        if "tables" in layers:
            tables = located(layers["tables"], self._blobs)
            if tables is None:
                return None
            layers["tables"] = tables
        if not course.is_recorded:
            self._record(course)
        document = msgspec.structs.replace(document, thread=whole.thread, layers=Layers(**layers))
        return Recollection(Outcome(document=document, status="completed", steps=course.steps), whole, course.ingested_by)

    def _record(self, course: _Course) -> None:
        course.is_recorded = True
        for step, candidate in course.asked:
            if self._run is not None and (step.id, candidate.info.id) not in self._used:
                self._used.add((step.id, candidate.info.id))
                record_use(self._run, self._plan.registry, step, candidate)

    def _course_of(self, whole: Whole, media_type: str) -> _Course | None:
        """How the steps went and who was asked; None when one of these can be asked no more."""
        steps = self._steps(whole.steps)
        # Every step makes an attempt. Where none made two, the steps say all that the attempts do, which take longest to read.
        said = whole.steps if whole.attempts == len(steps) else tuple(whole.uses())
        place = (media_type, whole.steps, said)
        if place not in self._known:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            found = list(self._asked_then(whole, media_type))
            asked = [each for each in found if each is not None]
            ingested_by = next((candidate.component for _, candidate in asked if candidate.info.id == steps[0].component), None)
            are_there = len(asked) == len(found)
            self._known[place] = _Course(steps, asked, ingested_by) if are_there and ingested_by is not None else None
        return self._known[place]

    def _asked_then(self, whole: Whole, media_type: str) -> Iterator[tuple[PlannedStep, Candidate] | None]:
        for step, component, status in whole.uses():
            found = self._candidate(step, component, media_type)
            # Of a step that was skipped, or that is not for documents of this type, the component is named without being asked.
            if status != "skipped" and (found is not None or status != "unsupported"):
                yield found

    def _candidate(self, step: str, component: str, media_type: str) -> tuple[PlannedStep, Candidate] | None:
        """Who ``component`` is at ``step``, if it can be asked there."""
        for planned in (self._plan.ingest, *self._plan.steps):
            if planned.id == step:
                for found in self._asked(planned, media_type):
                    if found.info.id == component:
                        return planned, found
        return None

    def _asked(self, step: PlannedStep, media_type: str) -> tuple[Candidate, ...]:
        """Who may be asked at a step, its fallback at last."""
        found = self._chooser.candidates(step, media_type)
        if step.fallback is None:
            return found
        other = step.fallback.component
        return (*found, Candidate(other, self._plan.registry.components[other.id], ()))

    def _course(self, media_type: str) -> str:
        """One digest of the pipeline and all that it would ask for documents of a type; empty when some of that cannot be recalled."""
        parts = ["document 1", self._plan.version]
        for step in (self._plan.ingest, *self._plan.steps):
            try:
                asked = self._asked(step, media_type)
                known = [self._memory.lasting(found.component) for found in asked]
            except AiosError:
                return ""
            if not step.memo or not all(known):
                return ""
            parts += [step.id, *known]
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _items(layer: str, contents: Sequence[bytes | str]) -> tuple[Any, ...]:
    if len(contents) == 1:
        return decode_layer(layer, contents[0])
    return tuple([item for content in contents for item in decode_layer(layer, content)])


def is_settled(outcome: Outcome) -> bool:
    """Whether nothing of a document would come out otherwise if it were asked for again."""
    return outcome.status == "completed" and _SETTLED.issuperset([step.status for step in outcome.steps])
