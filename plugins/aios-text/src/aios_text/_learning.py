"""Learning the linear model from examples (scikit-learn), and from examples held out what its confidence is worth."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.sparse import csr_array, diags_array, hstack
from sklearn.svm import LinearSVC

from aios_sdk import Example

from ._calibration import Calibration, of_each, of_one
from ._examples import classes_of
from ._features import features_of
from ._folds import held_out
from ._linear import KINDS, MARKS, Linear, Vocabulary, least_spread, rarity_of, vocabulary_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What is held out of fewer examples says too little about confidence.
_FEWEST_TO_CALIBRATE: Final = 200
#: C of both machines, and how much the second weighs. Chosen on every second document of two corpora (77 intents of bank customers, 8
#: groups of IT tickets); see decisions 24 and 31.
_LOOSENESS, _LOOSENESS_OF_RATIOS, _RATIOS = 1.0, 0.1, 1.4
#: Of fewer examples a class, how much likelier a word is in it is mostly chance, and the second machine is left out.
_MANY_OF_A_CLASS: Final = 200
_ONE_AT_A_TIME: Final = Lock()


def learnt(examples: Sequence[Example], *, several: bool = False, ignored: Sequence[str] = ()) -> tuple[Linear, dict[str, float]]:
    """The model that the examples teach, and how good it is on examples held out (nothing where there are too few to tell).

    Deterministic, whatever the order of the examples. Raises ``ValueError`` when there are no two labels, or an example has several and
    ``several`` does not allow it.
    """
    classes = classes_of(examples)
    for example in examples:
        if not several and len(example.labels) != 1:
            raise ValueError(f"an example has {len(example.labels)} labels, {', '.join(example.labels) or 'none'}; set multilabel for that")
    read = [(example, found) for example in examples if (found := features_of(example.document, ignored)) is not None]
    read.sort(key=lambda pair: (pair[0].document.text, pair[0].labels, pair[0].source))
    kept = [example for example, _ in read]
    vocabulary = vocabulary_of([found for _, found in read])
    rows = _matrix(vocabulary, [vocabulary.vector(found) for _, found in read])
    truth = np.array([[name in example.labels for name in classes] for example in kept])
    words = len(vocabulary.numbers[0]) if truth.sum() >= _MANY_OF_A_CLASS * len(classes) else 0
    calibration, metrics = Calibration(), dict[str, float]()
    if len(kept) >= _FEWEST_TO_CALIBRATE:
        margins = np.zeros(truth.shape)
        for held in held_out(kept):
            known = _known_by(~held, rows, vocabulary)
            weights, offsets = _fitted(csr_array(known[~held]), truth[~held], words, len(kept))
            margins[held] = known[held] @ weights + offsets
        calibration = of_each(margins, truth) if several else of_one(margins, truth.argmax(axis=1))
        metrics = _metrics(margins, truth, several)
    weights, offsets = _fitted(rows, truth, words, len(kept))
    model = Linear(
        classes=classes,
        vocabulary=vocabulary,
        weights=weights.astype(np.float32),
        offsets=offsets.astype(np.float32),
        calibration=calibration,
        several=several,
        ignored=tuple(ignored),
    )
    return model, metrics


def _matrix(vocabulary: Vocabulary, vectors: Sequence[tuple[NDArray[np.int32], NDArray[np.float32]]]) -> csr_array:
    ends = np.cumsum([0, *(len(places) for places, _ in vectors)])
    data = np.concatenate([values for _, values in vectors]).astype(np.float64)
    places = np.concatenate([places for places, _ in vectors])
    return csr_array((data, places, ends.astype(np.int32)), shape=(len(vectors), len(vocabulary.rarity)))


def _known_by(learnt: NDArray[np.bool_], rows: csr_array, vocabulary: Vocabulary) -> csr_array:
    """The rows of all examples as a vocabulary of ``learnt`` alone has them.

    What is in one example to learn from and in one that is held out is known to the vocabulary of all. The model that is served knows
    nothing of the documents that come to it, and one that did would be sure of other things.
    """
    spread = np.bincount(rows[learnt].indices, minlength=rows.shape[1])
    least = least_spread(len(learnt))
    rarity = rarity_of(spread, int(learnt.sum())) / vocabulary.rarity
    parts, start = [], 0
    for kind, (numbers, weight) in enumerate(zip(vocabulary.numbers, KINDS, strict=True)):
        place = slice(start, start + len(numbers))
        start += len(numbers)
        part = csr_array(rows[:, place] @ diags_array(np.where(spread[place] >= (1 if kind == MARKS else least), rarity[place], 0.0)))
        part.eliminate_zeros()
        length = np.sqrt(part.power(2).sum(axis=1))
        parts.append(diags_array(weight / np.where(length > 0, length, 1.0)) @ part)
    return csr_array(hstack(parts))


def _fitted(rows: csr_array, truth: NDArray[np.bool_], words: int, every: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A weight for each feature and class, and an offset for each class.

    The sum of two machines for each class against the rest, rare classes weighed up: support vectors on all features; and, where there
    are ``words`` first columns to look at, support vectors on these alone, scaled by how much likelier each is in the class (S. Wang, C.
    Manning, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification", ACL 2012). What both say is linear in the features,
    so that one table of weights holds it.

    These examples stand for ``every`` example, and weigh as much. C is the price of an error, so that without it fewer examples would give
    smaller margins, and these be worth more than those of the model whose confidence they are to tell.
    """
    weights = np.zeros((rows.shape[1], truth.shape[1]))
    offsets = np.zeros(truth.shape[1])
    alone = csr_array(rows[:, :words])
    present = csr_array((np.ones_like(alone.data), alone.indices, alone.indptr), shape=alone.shape)
    everywhere = present.sum(axis=0)
    for number, mine in enumerate(truth.T):
        if mine.all() or not mine.any():
            offsets[number] = 1.0 if mine.all() else -1.0
            continue
        share = {True: len(mine) / (truth.shape[1] * mine.sum()), False: 1.0}
        weighing = every / len(mine)
        machine = _alone(weighing * _LOOSENESS, share, rows, mine)
        weights[:, number], offsets[number] = machine.coef_[0], machine.intercept_[0]
        if not words:
            continue
        inside = 1 + present[mine].sum(axis=0)
        outside = 1 + everywhere - (inside - 1)
        ratio = np.log((inside / inside.sum()) / (outside / outside.sum()))
        ratio /= np.abs(ratio).mean()
        machine = _alone(weighing * _LOOSENESS_OF_RATIOS, share, alone @ diags_array(ratio), mine)
        weights[:words, number] += _RATIOS * ratio * machine.coef_[0]
        offsets[number] += _RATIOS * machine.intercept_[0]
    return weights, offsets


def _metrics(margins: NDArray[np.float64], truth: NDArray[np.bool_], several: bool) -> dict[str, float]:
    found = margins > 0 if several else margins == margins.max(axis=1, keepdims=True)
    right = (found & truth).sum(axis=0)
    total = found.sum(axis=0) + truth.sum(axis=0)
    shares = {"macro_f1": float(np.mean(2 * right / np.maximum(total, 1)))}
    if not several:
        shares["accuracy"] = float(truth[np.arange(len(truth)), margins.argmax(axis=1)].mean())
    return {name: round(value, 4) for name, value in shares.items()}


def _alone(looseness: float, share: dict[bool, float], rows: Any, truth: Any) -> LinearSVC:
    """A machine, fitted. liblinear draws from one generator of the process, so two at the same time would change each other's result."""
    with _ONE_AT_A_TIME:
        return LinearSVC(C=looseness, class_weight=share, random_state=0, tol=1e-2).fit(rows, truth)
