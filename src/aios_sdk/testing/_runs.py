"""A component in a pipeline: run by the real engine over a few inputs, recorded in a real store, and called for the same by hand."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, TypeVar

from msgspec.structs import replace

from aios_sdk.engine import detect
from aios_sdk.engine._units import units_of
from aios_sdk.errors import Unsupported
from aios_sdk.pipelines import Pipeline
from aios_sdk.plugins import Provided, component
from aios_sdk.records import LAYERS, Document, Layers, Outcome, Source, StepStatus, digest, from_json, merge_results, to_json
from aios_sdk.stages import Context, Stage, implements
from aios_sdk.store import Store

from . import fakes
from ._answers import Answer, Ingested
from ._law import LawBroken, NotApplicable
from ._subject import Subject

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")

#: Ids of the steps: the component on trial, and whoever gives it documents.
STEP: Final = "kit"
_BEFORE: Final = "before"


class Ran(NamedTuple):
    """What became of one input in a run, whose ``store`` is open."""

    stage: Stage
    given: Document | Source
    outcome: Outcome
    store: Store
    run: str

    @property
    def status(self) -> StepStatus:
        """How the step ended."""
        return next(step.status for step in self.outcome.steps if step.step == STEP)

    @property
    def said(self) -> str:
        """What went wrong in the step."""
        ended = next(step for step in self.outcome.steps if step.step == STEP)
        return "; ".join(dict.fromkeys(filter(None, [ended.message, *(failure.message for failure in ended.failures)])))

    @property
    def result(self) -> Layers:
        """What the step gave."""
        return _of_step(self.outcome.document, STEP, pages=self.stage == "ingest")


def pipeline_of(subject: Subject, stage: Stage, reader: Any = None) -> Pipeline:
    """A pipeline with the component and its settings, behind ``reader`` or whoever reads files."""
    options: dict[str, Any] = {"config": subject.config, "name": STEP}
    if stage == "ingest":
        return Pipeline("kit").ingest(subject.info.id, **options)
    before = Pipeline("kit").ingest() if reader is None else Pipeline("kit").ingest(reader, name=_BEFORE)
    added: Pipeline = getattr(before, stage)(subject.info.id, **options)
    return added


def runs(subject: Subject, stage: Stage, inputs: list[Document | Source]) -> Iterator[Ran]:
    """Those of ``inputs`` that can be delivered, after a run over all of them, while its store is open.

    Raises `NotApplicable` when there is none, and `LawBroken` when one of them has no outcome.
    """
    delivered = list(_deliveries(subject, inputs))
    if not delivered:
        raise NotApplicable("none of its examples can be delivered to a pipeline")
    documents = {source.content_id: given for source, given in delivered if isinstance(given, Document)}
    pipeline = pipeline_of(subject, stage, _stand_in(subject.given, documents))
    with fakes.MemoryStore() as store, _environment(subject.secrets):
        sources = [source for source, _ in delivered]
        ended = list(pipeline.run(sources, store=store, registry=subject.registry, progress=False, workers=1))
        outcomes = {outcome.document.key: outcome for outcome in ended}
        (run, holds) = store.sql("select run_id, holds from conservation").fetchall()[0]
        if not holds:
            raise LawBroken("of the documents in a run some have no outcome")
        for source, given in delivered:
            if source.key in outcomes:
                yield Ran(stage, given, outcomes[source.key], store, run)


def _deliveries(subject: Subject, inputs: list[Document | Source]) -> Iterator[tuple[Source, Document | Source]]:
    """Inputs as sources of which the engine finds a type that the component takes; left out are those that stand on others."""
    seen: set[str] = set()
    for given in inputs:
        if isinstance(given, Document):
            if _refers(given):
                continue
            data = given.read() if "_lent_by" in given.__dict__ else to_json(given)
        elif given.media_type == "inode/directory":
            continue
        else:
            data = given.read()
        key = f"kit-{len(seen)}"
        source = Source(name=given.name or key, data=data, media_type=given.media_type, key=key, content_id=digest(data), size=len(data))
        if data and source.content_id not in seen and subject.info.accepts(detect(source)):
            seen.add(source.content_id)
            yield source, given


def _refers(document: Document) -> bool:
    """Whether a document holds references, which lead nowhere once the items have the ids of another run."""
    layers = document.layers
    derived = any(field.inputs for field in layers.fields) or any(check.inputs for check in layers.checks)
    return derived or bool(document.members or layers.route)


def _stand_in(given: Provided, documents: Mapping[str, Document]) -> Any:
    """A component that gives ``documents`` by their content, in the place of whoever reads and prepares them."""

    @component("kit.stand-in", version="1", provides=LAYERS, renders=True)
    class StandIn:
        """Gives the documents of the kit as they are."""

        @staticmethod
        def provides(config: object) -> Provided:
            return given

        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            document = documents[source.content_id]
            yield Document.of(thread=document.thread, **{name: getattr(document.layers, name) for name in LAYERS})

        @implements
        def render(self, document: Document, page: int, dpi: int) -> Image:
            picture: Image = _Lender(documents[document.content_id]).render(document, page, dpi)
            return picture

    return StandIn()


class _Lender(NamedTuple):
    """Lends a document of a run what the kit's own has."""

    given: Document

    def open(self, document: Document) -> BinaryIO:
        host = self.given.__dict__.get("_lent_by")
        found: BinaryIO = io.BytesIO(to_json(self.given)) if host is None else host.open(self.given)
        return found

    def render(self, document: Document, page: int, dpi: int) -> Any:
        host = self.given.__dict__.get("_lent_by")
        if host is None:
            raise Unsupported("there are no pictures of its pages")
        return host.render(self.given, page, dpi)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Within it the environment has ``variables``, where the engine finds secrets."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def by_hand(subject: Subject, ran: Ran) -> tuple[Layers, StepStatus]:
    """What the component gives when it is called for the same document as in the run, unit by unit, and how the step is to end."""
    with subject.opened(ran.stage) as instance:
        context = Context(run=ran.run, step=STEP, scratch=subject.new_folder("step"))
        document = ran.outcome.document
        if isinstance(ran.given, Source):
            source = replace(ran.given, media_type=document.media_type, key=document.key)
            answer = subject.call(instance, ran.stage, fakes.admitted(source, subject.new_folder("blobs")), context=context)
            if not isinstance(answer.result, Ingested):
                return Layers(), _status([answer])
            layers = (answer.result.document or Document()).layers
            return Document(id=document.id).stamp(STEP, _as_sent(subject, layers)), "ok"
        # Made anew, for pages that were looked at in the run go on asking the host that they had there.
        before = replace(document, layers=_of_step(document, _BEFORE, pages=True)).bind(_Lender(ran.given))
        answers = [subject.call(instance, ran.stage, view, context=context) for _, view in units_of(subject.info, before)]
    results = [
        _as_sent(subject, answer.result) for answer in answers if answer.result is not None and not isinstance(answer.result, Ingested)
    ]
    return before.stamp(STEP, merge_results(results)) if results else Layers(), _status(answers)


def _as_sent(subject: Subject, result: T) -> T:
    """What a worker would send: the same, with numbers of the types that the fields have, such as 0.0 where the component gave 0."""
    return from_json(to_json(result), type(result)) if subject.info.isolation == "process" else result


def _status(answers: list[Answer]) -> StepStatus:
    failed = any(answer.refusal is not None and answer.refusal.category != "unsupported" for answer in answers)
    if any(answer.refusal is None for answer in answers):
        return "partial" if failed else "ok"
    return "failed" if failed else "unsupported"


def _of_step(document: Document, step: str, *, pages: bool) -> Layers:
    """What one step gave; pages do not name theirs."""
    layers = document.layers
    names = [name for name in LAYERS if name != "pages"]
    items = {name: tuple(item for item in getattr(layers, name) if item.step == step) for name in names}
    return Layers(pages=layers.pages if pages else (), **items)
