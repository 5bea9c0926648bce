"""What the sections on classes share: a trained component on documents held out, calibration error, and what can be automated."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from _accuracy import SEED, f1, folds

from aios_sdk import Example, StepError
from aios_sdk.testing import fakes

FOLDS: Final = 5
_BINS: Final = 15
_SIMULATED: Final = 1000


class Said(NamedTuple):
    """Of a document held out: its true label, the one that was given, with what confidence, and the fold it was held out in."""

    truth: str
    value: str
    confidence: float
    fold: int


def held_out(component: Callable[..., Any], config: dict[str, Any], examples: Sequence[Example], sources: Sequence[str]) -> list[Said]:
    """What the component says of each example when it was trained on the others: five folds, no source on both sides."""
    said: dict[int, Said] = {}
    for number, (learnt, measured) in enumerate(folds(sources, FOLDS)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            maker = component(component.Config(**config))  # type: ignore[attr-defined]
            maker.train([examples[one] for one in learnt], folder)
            settings = component.Config(**config, model=folder, threshold=0.0)  # type: ignore[attr-defined]
            trained = component(settings)
            trained.open(fakes.resources(models={settings.model: folder}))
            found = trained.classify_batch([examples[one].document for one in measured])
        for one, result in zip(measured, found, strict=True):
            label = None if isinstance(result, StepError) else result.labels[0]
            given = (label.value, label.confidence or 0.0) if label is not None and not label.abstained else ("", 0.0)
            said[one] = Said(examples[one].labels[0], *given, number)
    return [said[one] for one in range(len(examples))]


def macro_f1(said: Sequence[Said]) -> float:
    """The mean over all true labels of each one's F1."""
    pairs = Counter((one.truth, one.value) for one in said)
    wanted, found = Counter[str](), Counter[str]()
    for (truth, value), count in pairs.items():
        wanted[truth] += count
        found[value] += count
    return sum(f1(pairs[name, name], found[name], wanted[name]) for name in wanted) / len(wanted)


def calibration_error(said: Sequence[Said]) -> tuple[float, float]:
    """The expected calibration error (15 bins of as many documents each), and the 95% quantile of that of a model of the same confidences
    that is perfectly calibrated: 1,000 times its labels are right with just these probabilities."""
    sure = np.array([one.confidence for one in said])
    right = np.array([one.value == one.truth for one in said], float)
    bins = np.array_split(np.argsort(sure, kind="stable"), _BINS)

    def error(outcome: Any) -> float:
        return float(sum(abs(outcome[members].sum() - sure[members].sum()) for members in bins) / len(sure))

    draw = np.random.default_rng(SEED)
    simulated = [error((draw.random(len(sure)) < sure).astype(float)) for _ in range(_SIMULATED)]
    return error(right), float(np.quantile(simulated, 0.95))


def automated(said: Sequence[Said], precision: float) -> tuple[int, int]:
    """How many documents are labelled, and how many of these right, when each fold's threshold is the least with which the labels of the
    other folds are as precise as wanted."""
    labelled = right = 0
    for fold in range(FOLDS):
        others = sorted((one for one in said if one.fold != fold), key=lambda one: -one.confidence)
        threshold, good = 2.0, 0
        for count, one in enumerate(others, 1):
            good += one.value == one.truth
            if good >= precision * count:
                threshold = one.confidence
        above = [one for one in said if one.fold == fold and one.confidence >= threshold]
        labelled += len(above)
        right += sum(one.value == one.truth for one in above)
    return labelled, right
