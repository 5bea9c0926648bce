"""Examples that models did not learn from, and what these say of them: what a component that builds on others learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from ..errors import StepError, UsageError
from ..plugins import Registry
from ..records import Example
from ..store import Model, Store
from ._predicting import predict
from ._training import content_of


def answered(
    store: Store, examples: Sequence[Example], models: Mapping[str, str], *, registry: Registry | None = None
) -> tuple[Example, ...]:
    """The examples with what each of ``models`` of ``store``, named by step, says of their documents: labels and fields of that step.

    A component that comes after these steps learns from them, as `aios.vote` does from labels. Examples of documents that one of the models
    was trained on are left out: of those it knows the answers, and what it says of them is no measure of what it says of others (stacked
    generalization, Wolpert 1992). Of a document that a model cannot work on it says nothing. Raises `UsageError` when no example is left.
    Example::

        votes = answered(store, examples, {"classify.lexical": "words", "classify.sentence-transformers": "meaning"})
        train(store, "intent-vote", "vote", votes, config={"taxonomy": "intent"})
    """
    registry = registry or Registry.default()
    found = {step: store.models.get(name) for step, name in models.items()}
    fair = unlearned(store, list(found.values()), examples)
    documents = [example.document for example in fair]
    given = list(documents)
    for step, model in found.items():
        answers = predict(store, model, documents, config={}, component="", registry=registry).answers
        given = [each if isinstance(answer, StepError) else each.add(step, answer) for each, answer in zip(given, answers, strict=True)]
    return tuple(replace(example, document=each) for example, each in zip(fair, given, strict=True))


def unlearned(store: Store, models: Sequence[Model], examples: Sequence[Example]) -> list[Example]:
    """The examples of documents that none of the models was trained on. Raises `UsageError` when there is none."""
    contents = [content_of(example) for example in examples]
    known = {content for model in models for content in store.models.trained_on(model, contents)}
    fair = [example for example, content in zip(examples, contents, strict=True) if content not in known]
    if not fair:
        who = " or ".join(map(str, models))
        raise UsageError(
            f"There is no example that {who} was not trained on" if examples else "There are no examples",
            cause="What a model does on its own training data says nothing of other documents" if examples else "",
            fix="Give examples that were kept back",
        )
    return fair
