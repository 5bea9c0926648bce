"""Evaluating and comparing models: what they say of examples, against what is true."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ..errors import StepError, UsageError
from ..plugins import Registry
from ..records import Classification, Example, Extraction, Field, examples_digest
from ..store import Evaluation, Model, Store
from ._answering import unlearned
from ._examples import sources_of
from ._measures import Counts, Figure, Measure, bootstrapped, difference, f1, share
from ._predicting import Answer, predict
from ._truth import is_same

#: Counts of examples: all, those of which all labels are right, and those to which some label was given.
_ALL: Final = ("all",)
_RIGHT: Final = ("right",)
_ANSWERED: Final = ("answered",)


class Evaluated(NamedTuple):
    """What was recorded, and how many examples the component could not work on, each counted as wrong, with the first reason."""

    evaluation: Evaluation
    failed: int
    reason: str


class Comparison(NamedTuple):
    """Two models on the same examples; ``gain`` is by how much the second does better, with its 95% interval."""

    one: Evaluated
    other: Evaluated
    gain: Figure

    @property
    def is_certain(self) -> bool:
        """Whether the difference is more than chance: its interval does not hold zero."""
        return self.gain.low > 0 or self.gain.high < 0


class _Counted(NamedTuple):
    """What was counted of each example, what failed, and who worked with the model."""

    counts: list[Counts]
    failures: list[str]
    component: str
    version: str


def evaluate(
    store: Store,
    model: str,
    examples: Sequence[Example],
    *,
    config: Mapping[str, Any] | None = None,
    component: str = "",
    registry: Registry | None = None,
) -> Evaluated:
    """How well ``model`` of ``store`` does on ``examples``, recorded in the store.

    Of labels: accuracy (all labels right), macro-F1, and the share for which it did not abstain. Of fields: F1 over all values, exact after
    normalisation, precision and recall, and F1 of each path; paths that no example has count for nothing. Each with its 95% interval: by
    Wilson for shares where every example is of a source of its own, else by the bootstrap over sources. Examples of documents that the
    model was trained on are left out.

    ``component`` works with the model, by default the one that trained it, with the settings it had then and those in ``config``. Raises
    `UsageError` when no example is left.
    """
    registry = registry or Registry.default()
    found = store.models.get(model)
    fair = unlearned(store, [found], examples)
    counted = _counted(store, found, fair, config or {}, component, registry)
    return _record(store, found, fair, len(examples) - len(fair), counted)


def compare(
    store: Store,
    one: str,
    other: str,
    examples: Sequence[Example],
    *,
    config: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
) -> Comparison:
    """How much better ``other`` does than ``one`` on the same examples: a paired bootstrap. Both evaluations are recorded.

    Examples of documents that either was trained on are left out. Raises `UsageError` when none is left, and for models of two tasks.
    """
    registry = registry or Registry.default()
    models = [store.models.get(one), store.models.get(other)]
    if models[0].task != models[1].task:
        raise UsageError(f"{models[0]} is for {models[0].task}, {models[1]} for {models[1].task}", fix="Compare models of one task")
    if models[0].version == models[1].version and models[0].name == models[1].name:
        raise UsageError(f"{one!r} and {other!r} are the same model, {models[0]}", fix="Give two versions")
    fair = unlearned(store, models, examples)
    counted = [_counted(store, model, fair, config or {}, "", registry) for model in models]
    left = len(examples) - len(fair)
    done = [_record(store, model, fair, left, each) for model, each in zip(models, counted, strict=True)]
    measure = _MEASURES[done[0].evaluation.measure]
    gain = difference(measure, counted[0].counts, counted[1].counts, sources_of(fair))
    return Comparison(done[0], done[1], gain)


def _counted(
    store: Store, model: Model, examples: Sequence[Example], config: Mapping[str, Any], component: str, registry: Registry
) -> _Counted:
    documents = [example.document for example in examples]
    answers, who, version = predict(store, model, documents, config=config, component=component, registry=registry)
    count = _of_labels if any(example.labels for example in examples) else _of_fields
    known = frozenset(path for example in examples for path in example.fields)
    return _Counted(
        [count(example, answer, known) for example, answer in zip(examples, answers, strict=True)],
        [answer.what for answer in answers if isinstance(answer, StepError)],
        who,
        version,
    )


def _of_labels(example: Example, answer: Answer, known: frozenset[str]) -> Counts:
    said = (
        {label.value for label in answer.labels if label.page is None and not label.abstained}
        if isinstance(answer, Classification)
        else set()
    )
    true = set(example.labels)
    counts: Counter[tuple[str, ...]] = Counter({_ALL: 1, _RIGHT: said == true, _ANSWERED: bool(said)})
    for kind, labels in (("said", said), ("true", true), ("hit", said & true)):
        counts.update({(kind, label): 1 for label in labels})
    return counts


def _of_fields(example: Example, answer: Answer, known: frozenset[str]) -> Counts:
    said: dict[str, Field] = {}
    for field in answer.fields if isinstance(answer, Extraction) else ():
        best = said.get(field.path)
        if field.path in known and (best is None or (field.confidence or 0.0) > (best.confidence or 0.0)):
            said[field.path] = field
    counts: Counter[tuple[str, ...]] = Counter({_ALL: 1})
    counts.update({("said", path): 1 for path in said})
    counts.update({("true", path): 1 for path in example.fields})
    counts.update({("hit", path): 1 for path, true in example.fields.items() if path in said and is_same(said[path], true)})
    return counts


# -- figures ----------------------------------------------------------------------------------------------------------


def _share_of(kind: tuple[str, ...]) -> Measure:
    return lambda counts: counts.get(kind, 0) / counts[_ALL]


def _by_label(counts: Counts) -> dict[str, float]:
    labels = {key[1] for key in counts if len(key) == 2}
    return {label: f1(*(counts.get((kind, label), 0) for kind in ("said", "hit", "true"))) for label in labels}


def _macro(counts: Counts) -> float:
    scores = _by_label(counts)
    return sum(scores.values()) / len(scores)


def _totals(counts: Counts) -> dict[str, float]:
    totals = dict.fromkeys(("said", "hit", "true"), 0.0)
    for key, count in counts.items():
        if len(key) == 2:
            totals[key[0]] += count
    return totals


def _micro(counts: Counts) -> float:
    totals = _totals(counts)
    return f1(totals["said"], totals["hit"], totals["true"])


def _precision(counts: Counts) -> float:
    totals = _totals(counts)
    return totals["hit"] / totals["said"] if totals["said"] else 1.0


def _recall(counts: Counts) -> float:
    totals = _totals(counts)
    return totals["hit"] / totals["true"] if totals["true"] else 1.0


#: The figures by which models are compared.
_MEASURES: Final[Mapping[str, Measure]] = {"accuracy": _share_of(_RIGHT), "f1": _micro}


def _figures(counts: Sequence[Counts], sources: Sequence[str], has_labels: bool) -> dict[str, Figure]:
    """All figures, the one by which models are compared first."""
    if not has_labels:
        paths = sorted({key[1] for each in counts for key in each if len(key) == 2 and key[0] == "true"})
        named: dict[str, Measure] = {"f1": _micro, "precision": _precision, "recall": _recall}
        named |= {f"f1 of {path}": _f1_of(path) for path in paths}
        return {name: bootstrapped(measure, counts, sources) for name, measure in named.items()}
    shares = {"accuracy": _RIGHT, "answered": _ANSWERED}
    independent = len(set(sources)) == len(sources)
    figures = {
        name: share(sum(each.get(key, 0) for each in counts), len(counts)) if independent else bootstrapped(_share_of(key), counts, sources)
        for name, key in shares.items()
    }
    return {**figures, "macro_f1": bootstrapped(_macro, counts, sources)}


def _f1_of(path: str) -> Measure:
    return lambda counts: f1(*(counts.get((kind, path), 0) for kind in ("said", "hit", "true")))


def _record(store: Store, model: Model, examples: Sequence[Example], left_out: int, counted: _Counted) -> Evaluated:
    figures = _figures(counted.counts, sources_of(examples), any(example.labels for example in examples))
    measure, headline = next(iter(figures.items()))
    evaluation = Evaluation(
        name=model.name,
        version=model.version,
        evaluated_at=dt.datetime.now(dt.UTC),
        component=counted.component,
        component_version=counted.version,
        examples=len(examples),
        examples_digest=examples_digest(examples),
        left_out=left_out,
        measure=measure,
        value=headline.value,
        low=headline.low,
        high=headline.high,
        metrics={name: figure._asdict() for name, figure in figures.items()},
    )
    store.models.record(evaluation)
    return Evaluated(evaluation, len(counted.failures), counted.failures[0] if counted.failures else "")
