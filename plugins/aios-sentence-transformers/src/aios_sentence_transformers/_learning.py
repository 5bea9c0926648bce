"""Learning a head from the vectors of examples, with a look at how right it is on examples that it was not fitted to."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from aios_sdk.calibration import expected_calibration_error, folds_of, platt

from ._heads import MIDDLES, Head, Kind, Scores, features, probabilities

FOLDS: Final = 5

#: The fold of examples that are in every fit, so that nothing is told by them.
_KEPT: Final = -1
#: Of the examples that an encoder is tuned on, one in so many is kept from it.
_SHARES: Final = 10

#: A kernel head learns from so many examples at most, drawn by chance: time grows with the third power (10,000 take about a minute).
_MOST: Final = 10_000
#: The width of the kernel, and how strongly weights are held small.
_GAMMA: Final = 2.0
_RIDGE: Final = 0.3
#: The inverse strength of regularisation of a linear head.
_C: Final = 30.0
#: What is tried for the steepness of probabilities; the one with the least log loss is taken.
_STEEPNESSES: Final = tuple(0.5 * 1.25**step for step in range(22))


class Learned(NamedTuple):
    """A head, and on examples left out of fitting: the share of right labels, and how far confidence and this share are apart."""

    head: Head
    accuracy: float
    calibration_error: float


def learn(
    vectors: npt.NDArray[np.float32],
    labels: Sequence[Sequence[str]],
    sources: Sequence[str],
    *,
    kind: Kind,
    multilabel: bool,
    unseen: npt.NDArray[np.bool_] | None = None,
) -> Learned:
    """A head for the vectors of examples with these labels.

    ``kernel``: least squares towards 1 for labels that are true and 0 for others, on Gaussian kernels of all examples (kernel ridge
    regression, Saunders et al. 1998). ``linear``: logistic regression. ``prototypes``: means of classes. Steepness and calibration are
    fitted to scores of examples that were left out: in five folds that keep a source on one side. An encoder that has learnt from
    examples knows them better than others: ``unseen`` then says which it did not learn from, and these alone are left out, all at once.
    Raises ``ValueError`` when there are fewer than two labels, and `UsageError` for examples of one source only.
    """
    classes, targets = targets_of(labels)
    if len(classes) < 2:
        raise ValueError(f"the examples have {len(classes)} label; give examples of at least two")
    if kind == "kernel" and len(labels) > _MOST:
        # Drawn by chance, but the same ones whatever order the examples come in.
        drawn = sorted(range(len(labels)), key=lambda number: hashlib.sha256(vectors[number].tobytes()).digest())[:_MOST]
        vectors, targets, sources = vectors[drawn], targets[drawn], [sources[number] for number in drawn]
        unseen = unseen[drawn] if unseen is not None else None
    folds = np.array(folds_of(sources, FOLDS)) if unseen is None else np.where(unseen, 0, _KEPT)
    fit = {"kernel": _kernel, "linear": _linear, "prototypes": _prototypes}[kind]
    scores, weights, landmarks = fit(vectors.astype(np.float64), targets, folds, multilabel)
    scores, targets = scores[folds != _KEPT], targets[folds != _KEPT]

    def shares(steepness: float) -> Scores:
        return probabilities(scores, steepness, MIDDLES[kind], multilabel=multilabel)

    steepness = min(_STEEPNESSES, key=lambda value: _log_loss(shares(value), targets, multilabel))
    raw = shares(steepness)
    if multilabel:
        said, right = raw.ravel(), targets.ravel()
        accuracy = float(((raw >= 0.5) == (targets > 0)).all(axis=1).mean())
    else:
        said, right = raw.max(axis=1), targets[np.arange(len(raw)), raw.argmax(axis=1)]
        accuracy = float(right.mean())
    calibration = platt(said.tolist(), right.tolist())
    head = Head(
        kind=kind,
        classes=classes,
        weights=weights,
        landmarks=landmarks,
        gamma=_GAMMA if kind == "kernel" else 0.0,
        multilabel=multilabel,
        steepness=steepness,
        calibration=calibration,
    )
    return Learned(head, accuracy, expected_calibration_error(list(map(calibration, said.tolist())), (right > 0).tolist()))


def targets_of(labels: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], Scores]:
    """The classes, and for each example and class 1 where it is true, else 0."""
    classes = tuple(sorted({label for each in labels for label in each}))
    index = {name: number for number, name in enumerate(classes)}
    targets = np.zeros((len(labels), len(classes)))
    for number, each in enumerate(labels):
        targets[number, [index[label] for label in each]] = 1
    return classes, targets


def kept_back(sources: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which examples an encoder should not be tuned on, so that something is left to learn its confidence from: about a tenth, and no
    source in part. Raises `UsageError` for examples of one source only."""
    folds = np.array(folds_of(sources, _SHARES))
    return np.asarray(folds == np.bincount(folds).argmin())


class _Fitted(NamedTuple):
    """Scores of each example by a head that it was left out of, and the head of all: its weights, and the landmarks of a kernel."""

    scores: Scores
    weights: Scores
    landmarks: Scores | None = None


def _kernel(vectors: Scores, targets: Scores, folds: npt.NDArray[np.int64], multilabel: bool) -> _Fitted:
    inverse = np.linalg.inv(features(vectors, "kernel", vectors, _GAMMA) + _RIDGE * np.eye(len(vectors)))
    weights = inverse @ targets
    scores = np.empty(targets.shape)
    for fold in range(folds.max() + 1):
        out = np.flatnonzero(folds == fold)
        # What a fit without these examples would say of them follows from the fit of all (block form of the leave-one-out residual).
        scores[out] = targets[out] - np.linalg.solve(inverse[np.ix_(out, out)], weights[out])
    return _Fitted(scores, weights, vectors)


def _linear(vectors: Scores, targets: Scores, folds: npt.NDArray[np.int64], multilabel: bool) -> _Fitted:
    def fit(kept: npt.NDArray[np.bool_]) -> Scores:
        return _several(vectors[kept], targets[kept]) if multilabel else _one(vectors[kept], targets[kept])

    scores = np.empty(targets.shape)
    for fold in range(folds.max() + 1):
        out = folds == fold
        scores[out] = features(vectors[out], "linear", None, 0.0) @ fit(~out)
    return _Fitted(scores, fit(np.ones(len(vectors), dtype=np.bool_)))


def _one(vectors: Scores, targets: Scores) -> Scores:
    """Weights, with the constant last, of a logistic regression over all classes that have examples here; others score low."""
    from sklearn.linear_model import LogisticRegression

    labels = targets.argmax(axis=1)
    weights = np.zeros((vectors.shape[1] + 1, targets.shape[1]))
    weights[-1] = -100.0
    present = np.unique(labels)
    if len(present) == 1:
        weights[-1, present] = 0.0
        return weights
    fitted = LogisticRegression(C=_C, max_iter=1000).fit(vectors, labels)
    both = np.concatenate([fitted.coef_, fitted.intercept_[:, None]], axis=1)
    weights[:, present] = both.T if len(present) > 2 else np.concatenate([-both, both]).T / 2
    return weights


def _several(vectors: Scores, targets: Scores) -> Scores:
    """Weights of a logistic regression for each class by itself."""
    return np.stack([_one(vectors, np.stack([1 - target, target], axis=1))[:, 1] * 2 for target in targets.T], axis=1)


def _prototypes(vectors: Scores, targets: Scores, folds: npt.NDArray[np.int64], multilabel: bool) -> _Fitted:
    def means(sums: Scores) -> Scores:
        return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=0, keepdims=True), 1e-12))

    sums = vectors.T @ targets
    scores = np.empty(targets.shape)
    for fold in range(folds.max() + 1):
        out = folds == fold
        scores[out] = vectors[out] @ means(sums - vectors[out].T @ targets[out])
    return _Fitted(scores, means(sums))


def _log_loss(shares: Scores, targets: Scores, multilabel: bool) -> float:
    kept = np.clip(shares, 1e-9, 1 - 1e-9)
    loss = targets * np.log(kept)
    if multilabel:
        loss += (1 - targets) * np.log(1 - kept)
    return float(-loss.sum())
