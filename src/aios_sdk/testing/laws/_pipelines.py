"""Laws about a component at work: in a pipeline, by the real engine, recorded in a real store."""

from __future__ import annotations

import json
from typing import Any, Final
from weakref import WeakKeyDictionary

from aios_sdk.errors import AiosError, PipelineError
from aios_sdk.pipelines import Pipeline
from aios_sdk.records import Layers, StepStatus, to_json
from aios_sdk.stages import Stage

from .._judging import difference
from .._law import LawBroken, NotApplicable, law
from .._runs import STEP, Ran, by_hand, pipeline_of, runs
from .._subject import Subject
from ._metamorphic import drawn, varies

#: How the documents of the first run ended, and what the step gave them, by component and stage.
_ended: Final[WeakKeyDictionary[Subject, dict[Stage, list[tuple[StepStatus, Layers]]]]] = WeakKeyDictionary()


#: What would show in a pipeline too, and has laws of its own.
_BEFORE: Final = (
    *("scratch-may-vanish", "opens-again", "provides-what-it-declares", "reads-only-what-it-declares"),
    *("units-merge-to-the-whole", "two-threads-at-once", "calls-at-once", "file-or-memory"),
)


@law("operation", after=_BEFORE)
def runs_in_a_pipeline(subject: Subject) -> None:
    """In a pipeline it gives what it gives when it is called, and the store tells who gave it, and where each value stands.

    The engine calls components from a thread of its own, and ``inline`` ones within its event loop: ``asyncio.run()`` fails there (write
    ``async def`` instead), and so does ``signal.signal()``. It hands over files that are called by their hash, pages or rows one by one
    where these are the unit, and opens an instance for every worker. Try ``aios run`` on one of your documents, and ``aios explain``.
    """
    for stage in subject.stages:
        ended: list[tuple[StepStatus, Layers]] = []
        for ran in runs(subject, stage, drawn(subject, stage)):
            expected, status = by_hand(subject, ran)
            if ran.status != status:
                raise LawBroken(f"{stage} is {status} when it is called, and {ran.status} in a pipeline: {ran.said}", example=ran.given)
            if not varies(subject.info):
                _agree(expected, ran.result, ran.given, ("called by itself", "in a pipeline"))
            if not any(layers != Layers() for _, layers in ended) and ran.result != Layers():
                _check_record(subject, ran)
            ended.append((ran.status, ran.result))
        _ended.setdefault(subject, {})[stage] = ended


@law("operation", after=("runs-in-a-pipeline",), unless=varies)
def replays(subject: Subject) -> None:
    """Running the pipeline again over the same documents records the same values, word for word.

    An auditor repeats a decision from what was recorded, and a run that was cut off goes on where it stopped. ``context.run`` and
    ``context.scratch`` differ from run to run, so neither they nor what follows from them may stand in a result.
    """
    for stage in subject.stages:
        inputs = drawn(subject, stage)
        before = _ended.get(subject, {}).get(stage) or [(ran.status, ran.result) for ran in runs(subject, stage, inputs)]
        for (status, result), ran in zip(before, runs(subject, stage, inputs), strict=True):
            if status != ran.status:
                raise LawBroken(f"{stage} is {status} in one run, and {ran.status} in the next: {ran.said}", example=ran.given)
            _agree(result, ran.result, ran.given, ("in one run", "in the next"))


@law("operation", after=("configuration-round-trips",))
def pipeline_round_trips(subject: Subject) -> None:
    """A pipeline with the component and its settings can be written as YAML, and read back to an equal one that works the same.

    Operators keep pipelines in files. YAML holds texts, numbers, lists and mappings; a class is written as ``module:Name``, a date in its
    ISO form, a path as text. A setting must take what is written for the values that it takes in Python.
    """
    for stage in subject.stages:
        pipeline = pipeline_of(subject, stage)
        try:
            text = pipeline.to_yaml()
        except PipelineError as error:
            raise NotApplicable(f"the settings that it is tried with cannot be written: {error.what}") from error
        try:
            again = Pipeline.from_yaml(text)
            one, other = (subject.registry.create(subject.info.id, each.steps[-1].config) for each in (pipeline, again))
        except AiosError as error:
            raise LawBroken(f"the pipeline cannot be read back: {error.what}", details=text) from error
        if pipeline != again or one.config_digest != other.config_digest:
            raise LawBroken("read back from YAML, the pipeline or its configuration is another", details=text)


def _agree(first: Layers, second: Layers, example: Any, names: tuple[str, str]) -> None:
    one, other = _plain(first), _plain(second)
    if one != other:
        raise LawBroken(f"{names[1]} it gives another result than {names[0]}", example=example, details=difference(one, other, names))


def _plain(layers: Layers) -> Any:
    found = json.loads(to_json(layers))
    for table in found.get("tables", ()):
        table.pop("location", None)
    return found


def _check_record(subject: Subject, ran: Ran) -> None:
    """What the store gives back, and what it tells about who gave the result, and where a value stands."""
    document, store, id = ran.outcome.document, ran.store, subject.info.id
    _agree(document.layers, store.document(document.id).layers, ran.given, ("in a pipeline", "as the store has it"))
    instance = subject.registry.create(id, subject.config)
    query = "select component, version, config_digest from attempts where step = $1 and document_id = $2"
    makers = store.sql(query, [STEP, document.id]).fetchall()
    if (id, instance.version, instance.config_digest) not in makers:
        raise LawBroken(f"the store says that it was made by {makers}, and not by {id} {instance.version}", example=ran.given)
    for field in [field for field in ran.result.fields if field.spans][:1]:
        candidates = [each for each in store.explain(document.id, field.path).findings[0].candidates if each.maker.component == id]
        told = [[place.quote for place in each.places] for each in candidates if each.id == field.id]
        if told != [[span.quote for span in field.spans]]:
            raise LawBroken(f"the store cannot tell where {field.path!r} stands: {told}", example=ran.given)
