"""What a component with a model says of examples, one after the other, without a run."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from ..errors import ConfigurationError, StepError, UsageError
from ..plugins import ComponentInfo, Implementation, Instance, Registry, model_references
from ..records import Classification, Document, Extraction
from ..stages import Context, Resources
from ..store import Model, Store

#: A result, or why there is none.
Answer: TypeAlias = Classification | Extraction | StepError


class Predicted(NamedTuple):
    """An answer for each document, and the component that gave them, with its version."""

    answers: list[Answer]
    component: str
    version: str


#: The stage of each task.
_STAGE: Final = {"classification": "classify", "extraction": "extract"}


@contextmanager
def opened(instance: Instance, models: Mapping[str, Path]) -> Iterator[tuple[Instance, Context]]:
    """The instance, open, and what its calls are given."""
    with tempfile.TemporaryDirectory(prefix="aios-learning-") as place:
        scratch = Path(place) / "open"
        scratch.mkdir()
        call = Path(place) / "call"
        call.mkdir()
        secrets = {name: os.environ[name] for name in instance.info.secrets if name in os.environ}
        instance.open(Resources(scratch=scratch, threads=os.cpu_count() or 1, models=models, secrets=secrets))
        try:
            yield instance, Context(run="", step="learning", scratch=call)
        finally:
            instance.close()


def predict(
    store: Store, model: Model, documents: Sequence[Document], *, config: Mapping[str, Any], component: str, registry: Registry
) -> Predicted:
    """What ``component`` (else the one that trained it) says of each document with ``model``. Raises what opening it raises."""
    if not component and not model.component:
        raise UsageError(
            f"{model} is no model of a component but for {model.task}, and examples do not measure that",
            fix="aios model show tells what it was measured to do; aios calibrate measures again",
        )
    info = registry.resolve(component or model.component)
    reference = str(model)
    setting = model_setting(info)
    # What it was trained on top of, such as an encoder, is part of the model, and may lie there no more.
    learned = {name: value for name, value in model.config.items() if name not in _models_of(info)}
    instance = registry.create(info.id, {**learned, **config, setting: reference})
    stage = _STAGE.get(model.task) or next(stage for stage in info.stages if stage in _STAGE.values())
    with opened(instance, folders_of(store, instance)) as (ready, context):
        implementation = ready.implementation(stage)
        if implementation is None:
            raise UsageError(f"{info.id} has no stage {stage}, which a model for {model.task} is of", component=info.id)
        answers: list[Answer] = []
        if implementation.batch is not None:
            for start in range(0, len(documents), info.batch):
                some = list(documents[start : start + info.batch])
                answers += _awaited(implementation.batch.call(documents=some, context=context))
        else:
            answers += [_answer(implementation, document, context) for document in documents]
        return Predicted(answers, info.id, instance.version)


def _answer(implementation: Implementation, document: Document, context: Context) -> Answer:
    try:
        result: Answer = _awaited(implementation.call(document=document, context=context))
    except StepError as error:
        return error
    return result


def folders_of(store: Store, instance: Instance) -> dict[str, Path]:
    """Where the models lie that the settings of an instance name. Raises `UsageError` for one that the store does not have."""
    references = () if instance.settings is None else model_references(instance.settings)
    return {each: each.folder or store.models.folder(store.models.get(each)) for each in references}


def model_setting(info: ComponentInfo) -> str:
    """The setting of a component that names what it learnt: ``model``, or the only one that names a model.

    Raises `ConfigurationError` when there is none.
    """
    found = _models_of(info)
    if "model" not in found and len(found) != 1:
        raise ConfigurationError(
            f"{info.id} has {'several settings that name models' if found else 'no setting that names a model'}",
            cause=", ".join(found),
            fix="A component that learns has model: ModelReference | None = None",
            component=info.id,
        )
    return "model" if "model" in found else found[0]


def _models_of(info: ComponentInfo) -> list[str]:
    return [name for name, what in info.config_schema.get("properties", {}).items() if _is_model(what)]


def _is_model(what: Mapping[str, Any]) -> bool:
    return any(each.get("format") == "model" for each in (what, *what.get("anyOf", ())))


def _awaited(result: Any) -> Any:
    if not asyncio.iscoroutine(result):
        return result
    return asyncio.run(result)
