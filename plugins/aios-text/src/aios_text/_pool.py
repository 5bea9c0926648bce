"""Joining what several steps say of a label, and learning from examples how much each counts and how sure the result is."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from aios_sdk import ConfigurationError, Example, Label
from aios_sdk.calibration import Curve, expected_calibration_error, platt, split_by_source

from ._labels import likeliest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Probabilities by value.
Shares: TypeAlias = Mapping[str, float]

#: The least probability that counts, as small as a step can say; of 0 nothing that others say could bring a value back.
_LEAST: Final = 1e-6
#: Fewer examples than this say too little of how much a step counts.
_FEWEST: Final = 20
_FOLDS: Final = 5
_MODEL: Final = "vote.json"
_FORM: Final = 1


def said(label: Label) -> Shares:
    """The probability of each value that a label names; of one without a confidence 1, as of a rule."""
    shares = {other.value: other.score for other in label.alternatives}
    if not label.abstained:
        shares[label.value] = 1.0 if label.confidence is None else label.confidence
    return shares


class Voted(NamedTuple):
    """The likeliest value, a probability for each value that some step names, and what that of the likeliest was before a curve."""

    value: str
    shares: Shares
    raw: float


def alike(voices: Mapping[str, Shares], weights: Mapping[str, float]) -> Voted:
    """What comes of what the steps say where weights sum to 1: several who say the same are no surer than each of them.

    A step without a weight counts 1.
    """
    total = math.fsum(weights.get(step, 1.0) for step in voices)
    shares = pooled([(weights.get(step, 1.0) / total, said) for step, said in voices.items()])
    best = likeliest(shares)
    return Voted(best, shares, shares[best])


def pooled(voices: Sequence[tuple[float, Shares]]) -> dict[str, float]:
    """Shares of 1 for all values that some voice names: the product of its probabilities, each raised to the weight of the voice.

    The logarithmic opinion pool (C. Genest, J. Zidek, "Combining Probability Distributions", Statistical Science 1986), with free weights
    a product of experts (G. Hinton, Neural Computation 2002). What a voice leaves of 1 it gives to the values that only others name, to
    each the same, and never more than to the last one that it names itself.
    """
    values = sorted({value for _, shares in voices for value in shares})
    logs = [[weight * log for log in _logs(shares, values)] for weight, shares in voices]
    sums = [math.fsum(each) for each in zip(*logs, strict=True)]
    raised = [math.exp(each - max(sums)) for each in sums]
    return {value: each / math.fsum(raised) for value, each in zip(values, raised, strict=True)}


def _logs(shares: Shares, values: Sequence[str]) -> list[float]:
    rest = max(0.0, 1.0 - math.fsum(shares.values())) / max(1, len(values) - len(shares))
    unnamed = min(rest, *shares.values())
    return [math.log(max(_LEAST, shares.get(value, unnamed))) for value in values]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """What examples taught: the ``weights`` of steps, and the ``curve`` from the share of the best value to how often that is right."""

    weights: Mapping[str, float]
    curve: Curve

    def vote(self, voices: Mapping[str, Shares]) -> Voted:
        """What comes of what the steps say, with the curve."""
        found = pooled([(self.weights[step], shares) for step, shares in voices.items()])
        best = likeliest(found)
        raw = found[best]
        sure = self.curve(raw)
        # What is left goes to the others as it was spread, but none of them becomes likelier than the one that is given.
        others = {value: min(sure, share * (1 - sure) / (1 - raw)) if raw < 1 else 0.0 for value, share in found.items()}
        return Voted(best, {**others, best: sure}, raw)

    def save(self, folder: Path) -> None:
        """Write it into ``folder``."""
        told = {"form": _FORM, "weights": dict(self.weights), "curve": [self.curve.slope, self.curve.shift]}
        (folder / _MODEL).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Pool:
        """The one in ``folder``. Raises ``OSError``, ``ValueError`` or ``KeyError`` where there is none."""
        told = json.loads((folder / _MODEL).read_text(encoding="utf-8"))
        if told["form"] != _FORM:
            raise ValueError(f"{_MODEL} is not of form {_FORM}")
        slope, shift = told["curve"]
        return cls(weights={step: float(weight) for step, weight in told["weights"].items()}, curve=Curve(slope=slope, shift=shift))


class Heard(NamedTuple):
    """What the steps said of an example, the value that is true, and whom it is from."""

    voices: Mapping[str, Shares]
    truth: str
    source: str


def heard(examples: Sequence[Example], taxonomy: str, steps: Sequence[str]) -> list[Heard]:
    """The examples with one label, of which some step (one of ``steps``, or any) says something, in an order of their own."""
    found = []
    for example in examples:
        voices = {step: shares for step, shares in voices_of(example.document.labels.all(taxonomy)).items() if not steps or step in steps}
        if voices and len(example.labels) == 1:
            found.append(Heard(voices, example.labels[0], example.source or example.document.text))
    return sorted(found, key=_order)


def _order(one: Heard) -> tuple[object, ...]:
    return one.source, one.truth, sorted((step, sorted(shares.items())) for step, shares in one.voices.items())


def voices_of(labels: Sequence[Label]) -> dict[str, Shares]:
    """What each step says with its last label, where it says anything, in the order of their names."""
    latest = {label.step: label for label in labels}
    return {step: shares for step, label in sorted(latest.items()) if (shares := said(label))}


def learnt(examples: Sequence[Heard]) -> tuple[Pool, dict[str, float]]:
    """The pool under which what is true is likeliest, and how good pools of four fifths are on the last: ``accuracy`` and
    ``calibration_error``.

    Raises `ConfigurationError` for fewer than 20 examples, or of one source.
    """
    sources = [one.source for one in examples]
    if len(examples) < _FEWEST or len(set(sources)) < 2:
        raise ConfigurationError(
            f"Of {len(examples)} examples of {len(set(sources))} sources some earlier step says something, which are too few to learn from",
            cause="Each example needs one true label, and labels of the steps that vote on it",
            fix=f"Give at least {_FEWEST} examples that those steps did not learn from, with what they say: "
            "aios model train --after STEP=MODEL, or aios_sdk.learning.answered",
        )
    steps = sorted({step for one in examples for step in one.voices})
    sure, right = [0.0] * len(examples), [False] * len(examples)
    for taught, measured in split_by_source(sources, _FOLDS):
        pool = _fitted([examples[number] for number in taught], steps)
        for number in measured:
            voted = pool.vote(examples[number].voices)
            sure[number], right[number] = voted.shares[voted.value], voted.value == examples[number].truth
    error = expected_calibration_error(sure, right)
    metrics = {"accuracy": round(sum(right) / len(right), 6), "calibration_error": round(error, 6)}
    return _fitted(examples, steps), metrics


def _fitted(examples: Sequence[Heard], steps: Sequence[str]) -> Pool:
    weights = _weights(examples, steps)
    found = [pooled([(weights[step], shares) for step, shares in one.voices.items()]) for one in examples]
    best = [likeliest(shares) for shares in found]
    raw = [shares[value] for shares, value in zip(found, best, strict=True)]
    return Pool(weights=weights, curve=platt(raw, [value == one.truth for value, one in zip(best, examples, strict=True)]))


def _weights(examples: Sequence[Heard], steps: Sequence[str]) -> dict[str, float]:
    """The weights, none below 0, under which the true values are likeliest (maximum likelihood of a conditional logit, McFadden 1974),
    held near equal ones as one example would."""
    import numpy as np
    from scipy.optimize import minimize

    # For each example a row for each value that is named, of its logarithms less those of the true value.
    rows: list[NDArray[np.float64]] = []
    for one in examples:
        values = sorted({value for shares in one.voices.values() for value in shares})
        if one.truth in values:
            logs = np.zeros((len(values), len(steps)))
            for step, shares in one.voices.items():
                logs[:, steps.index(step)] = _logs(shares, values)
            rows.append(logs - logs[values.index(one.truth)])
    equal = np.full(len(steps), 1 / len(steps))
    if not rows:
        return dict(zip(steps, equal.tolist(), strict=True))
    starts = np.cumsum([0, *(len(each) for each in rows[:-1])])
    every = np.concatenate(rows)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        sums = every @ weights
        tops = np.maximum.reduceat(sums, starts)
        raised = np.exp(sums - np.repeat(tops, np.diff([*starts, len(every)])))
        totals = np.add.reduceat(raised, starts)
        means = np.add.reduceat(raised[:, None] * every, starts) / totals[:, None]
        away = weights - equal
        return float((tops + np.log(totals)).sum() + away @ away / 2), means.sum(axis=0) + away

    found = minimize(loss, equal, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(steps))
    return {step: round(float(weight), 6) for step, weight in zip(steps, found.x, strict=True)}
