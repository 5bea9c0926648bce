"""Training: a component learns from examples, and what it wrote becomes a version of a model."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import ContractError, UsageError
from ..plugins import Registry
from ..records import Example, Training, digest, examples_digest
from ..store import Learned, Model, Store
from ._predicting import folders_of, model_setting, opened


def train(
    store: Store,
    name: str,
    component: str,
    examples: Sequence[Example],
    *,
    config: Mapping[str, Any] | None = None,
    alias: str = "",
    card: str = "",
    by: str = "",
    registry: Registry | None = None,
) -> Model:
    """Let ``component``, with the settings ``config``, learn from ``examples``, and add what it made to the store as ``name``.

    The first version becomes the champion, later ones the challenger, unless ``alias`` says what else stands for it. The ``card`` is what
    people should know; without one it says what it was made of. Raises `UsageError` for a component that does not learn, or without
    examples, and whatever training raises. Example::

        train(store, "document-kind", "lexical", examples, config={"taxonomy": "document-kind"})
    """
    registry = registry or Registry.default()
    info = registry.resolve(component)
    if not info.trains:
        others = [each.id for each in registry.components.values() if each.trains]
        raise UsageError(
            f"{info.id} does not learn", fix=f"Components that do: {', '.join(others) or 'none is installed'}", component=info.id
        )
    if not examples:
        raise UsageError("There are no examples to learn from", fix="Give some dozens of each label, or of documents with their fields")
    instance = registry.create(info.id, config or {})
    if instance.settings is not None and getattr(instance.settings, model_setting(info)) is not None:
        raise UsageError(f"{info.id} is to learn, and its settings name a model already", fix="Leave that setting out", component=info.id)
    with tempfile.TemporaryDirectory(prefix="aios-model-") as place, opened(instance, folders_of(store, instance)) as (ready, context):
        implementation = ready.implementation("train")
        assert implementation is not None  # it is declared, and registration checked that
        training = implementation.call(examples=tuple(examples), folder=Path(place), context=context)
        if not isinstance(training, Training):
            raise ContractError(f"train of {info.id} gave {type(training).__name__}, not Training", component=info.id)
        learned = Learned(
            task=training.task,
            format=training.format,
            component=info.id,
            component_version=instance.version,
            code_digest=instance.code_digest or "",
            config=dict(config or {}),
            classes=training.classes,
            metrics=training.metrics,
            examples=len(examples),
            examples_digest=examples_digest(examples),
            content_ids=tuple(content_of(example) for example in examples),
            card=card or _card(name, info.id, instance.version, training, examples),
        )
        return store.models.add(place, name, learned, alias=alias, by=by)


def content_of(example: Example) -> str:
    """What the document of an example is known by: its bytes, or those that its text would have as a file."""
    return example.document.content_id or digest(example.document.text.encode())


def _card(name: str, component: str, version: str, training: Training, examples: Sequence[Example]) -> str:
    """What a model is, for those who meet it later: a model card (Mitchell et al. 2019) with what is known without being told."""
    labels = Counter(label for example in examples for label in example.labels) + Counter(
        path for example in examples for path in example.fields
    )
    sources = len({example.source for example in examples} - {""})
    lines = [
        f"# {name}",
        "",
        f"For {training.task}, made by {component} {version} from {len(examples)} examples{f' of {sources} sources' if sources else ''}.",
        "",
        *(f"- {label}: {count} examples" for label, count in sorted(labels.items())),
    ]
    if training.metrics:
        lines += ["", "On examples that it was not fitted to:", "", *(f"- {key}: {value:.4g}" for key, value in training.metrics.items())]
    return "\n".join([*lines, ""])
