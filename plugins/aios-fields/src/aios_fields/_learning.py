"""A tagger learned from examples, and how well it does on sources that it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from aios_sdk import ConfigurationError, Document, Example

from ._candidates import is_free, same
from ._fitted import Model
from ._fitting import FOLDS, Known, fit
from ._ranking import FIGURES, LEADS, View, assurance
from ._schema import FieldType, Wanted
from ._tagger import Confidence, Tagger
from ._truth import true_value
from ._values import Value

#: Precisions that it is told for which share of the values they can be had.
_TARGETS: Final = (0.99, 0.95)

#: How strongly the weights of the confidence are held back; they rest on a few hundred values.
_HELD_BACK: Final = 0.03


class Judged(NamedTuple):
    """What models that had not seen the source of an example made of one of its fields."""

    path: str
    figures: tuple[float, ...]
    right: bool
    wanted: bool


class Learned(NamedTuple):
    """A tagger, and metrics of it over sources that were left out."""

    tagger: Tagger
    metrics: dict[str, float]


def learn(examples: Sequence[Example], schema: Sequence[Wanted], view: Callable[[Document], View]) -> Learned:
    """Learn the fields that the examples have values of. Raises `ConfigurationError` where there is nothing to learn."""
    taught = [wanted for wanted in schema if any(example.fields.get(wanted.path) is not None for example in examples)]
    _check(examples, schema, taught)
    names = [example.source or f"example {number}" for number, example in enumerate(examples)]
    if len(set(names)) < FOLDS:  # too few to leave some out: then every example stands for itself
        names = [str(number) for number in range(len(examples))]
    types = {wanted.path: wanted.type for wanted in schema}
    truths = [_typed(example, types) for example in examples]
    known = [Known(view(one.document), truth, source) for one, truth, source in zip(examples, truths, names, strict=True)]
    judged: list[Judged] = []
    models: dict[str, Model] = {}
    with threadpool_limits(1):  # sums in one order, so that every process learns the same
        for wanted in taught:
            models[wanted.path], choices = fit(wanted, known)
            for one, ranked in zip(known, choices, strict=True):
                truth = one.fields.get(wanted.path)
                if ranked:
                    figures = tuple(assurance(ranked, one.view.rules[wanted.path]))
                    judged.append(Judged(wanted.path, figures, same(ranked[0].candidate.value, truth), truth is not None))
        confidence = _confidence(judged, taught)
    tagger = Tagger(models, {wanted.path: wanted.type for wanted in taught}, confidence)
    return Learned(tagger, _metrics(judged, known, confidence))


def _check(examples: Sequence[Example], schema: Sequence[Wanted], taught: Sequence[Wanted]) -> None:
    paths = {wanted.path for wanted in schema}
    unknown = sorted({path for example in examples for path in example.fields if path not in paths})
    if unknown:
        raise ConfigurationError(
            f"The examples have values of {', '.join(unknown)}, but the output has {', '.join(sorted(paths))}",
            fix="Name the values of the examples by the paths of the output's fields",
        )
    if not taught or len(examples) < FOLDS:
        raise ConfigurationError(
            f"{len(examples)} examples with values of {len(taught)} fields are too few to learn from",
            fix=f"Give at least {FOLDS} examples, better a hundred of as many sources as there are",
        )


def _typed(example: Example, types: Mapping[str, FieldType]) -> dict[str, Value | None]:
    """The true values of an example as those of their fields. Raises `ConfigurationError` for what is none."""
    found: dict[str, Value | None] = {}
    for path, value in example.fields.items():
        try:
            found[path] = None if value is None else true_value(value, types[path])
        except ValueError as error:
            raise ConfigurationError(
                f"The example {example.document.name or example.document.text[:40]!r} has {value!r} for {path}, which is no {types[path]}",
                fix="Write numbers as 1234.50, dates as 2026-03-04, and yes or no as true or false",
            ) from error
    return found


def _confidence(judged: Sequence[Judged], taught: Sequence[Wanted]) -> Confidence:
    """Platt's method, one for all fields, with a constant for each: their figures mean the same, and a field with few errors borrows.

    How far the first choice is ahead means less where it is a stretch of lines, which another may share all but a word with: there it has
    weights of its own beside those of all. Every value counts alike, as documents come: what is often right is said to be.
    """
    paths, free = [wanted.path for wanted in taught], {wanted.path for wanted in taught if is_free(wanted)}
    right = [one.right for one in judged]
    if len(set(right)) < 2:
        chance = (sum(right) + 1) / (len(right) + 2)  # Laplace
        return Confidence(dict.fromkeys(paths, [0.0] * FIGURES), dict.fromkeys(paths, float(np.log(chance / (1 - chance)))))
    figures = np.array([one.figures for one in judged])
    is_stretch = np.array([[float(one.path in free)] for one in judged])
    constants = np.array([[float(one.path == path) for path in paths] for one in judged])
    model = LogisticRegression(C=_HELD_BACK, max_iter=1000).fit(np.hstack([figures, figures[:, :LEADS] * is_stretch, constants]), right)
    common, more, own = np.split(model.coef_[0], [FIGURES, FIGURES + LEADS])
    more = np.pad(more, (0, FIGURES - LEADS))
    return Confidence(
        {path: (common + more if path in free else common).tolist() for path in paths},
        {path: float(model.intercept_[0] + weight) for path, weight in zip(paths, own, strict=True)},
    )


def _metrics(judged: Sequence[Judged], known: Sequence[Known], confidence: Confidence) -> dict[str, float]:
    """Micro-F1 of all fields, the share of right values of each, and the share of values that reach a precision."""
    wanted = sum(1 for one in known for path, value in one.fields.items() if value is not None)
    right = sum(one.right for one in judged)
    found = {"f1": 2 * right / (wanted + len(judged))}
    for path in confidence.base:
        here = [one for one in judged if one.path == path and one.wanted]
        found[f"right.{path}"] = sum(one.right for one in here) / max(1, len(here))
    order = sorted(((confidence.of(one.path, one.figures), one.right) for one in judged), key=lambda pair: -pair[0])
    for target in _TARGETS:
        counts = np.cumsum([is_right for _, is_right in order]) / np.arange(1, len(order) + 1)
        reached = [number for number, precision in enumerate(counts, 1) if precision >= target]
        found[f"automated.{target}"] = max(reached, default=0) / wanted
    return {name: round(float(value), 4) for name, value in found.items()}
