"""Learning a head from pages, with a look at how right it is on documents that it was not fitted to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from aios_sdk.calibration import expected_calibration_error, folds_of, platt

from ._heads import Head, Scores, block, read, together
from ._words import counted, rarity, weighed

#: The vectors of all pages, by a backbone that has learnt from the pages of these numbers at most.
Encode: TypeAlias = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float32]]

#: The inverse strength of regularisation of the block of the picture (standardised) and of the text (length one).
_C_PICTURE: Final = 0.1
_C_TEXT: Final = 30.0
#: What is tried for how much a block counts by itself, and for both of them together; that with the least log loss is taken.
_SHARES: Final = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
_FACTORS: Final = (0.25, 0.5, 0.75, 1.0, 1.5)


class Learned(NamedTuple):
    """A head, and on documents left out of fitting: the share of right labels, and how far confidence and this share are apart."""

    head: Head
    accuracy: float
    calibration_error: float


def learn(
    encode: Encode,
    texts: Sequence[str] | None,
    document: npt.NDArray[np.int64],
    labels: Sequence[str],
    sources: Sequence[str],
    *,
    folds: int,
) -> Learned:
    """A head for pages: ``document`` says which document each is of, ``labels`` and ``sources`` belong to documents.

    Both blocks of weights are logistic regressions with classes weighed alike. How much each counts, and the calibration, are fitted to
    documents that neither the backbone nor the block had seen, in ``folds`` that keep a source on one side. Raises ``ValueError`` when
    there are fewer than two labels, and `UsageError` for examples of one source only.
    """
    classes = tuple(sorted(set(labels)))
    if len(classes) < 2:
        raise ValueError(f"they have {len(classes)} label; at least two are needed to tell apart")
    target = np.array([classes.index(label) for label in labels])
    fold = np.array(folds_of(sources, folds))
    counts = counted(texts) if texts is not None else None
    pages = np.arange(len(document))
    seen = np.zeros((len(pages), len(classes)))
    told = np.zeros_like(seen) if counts is not None else None
    for number in range(fold.max() + 1):
        out = fold[document] == number
        kept, its = pages[~out], target[document[~out]]
        vectors = encode(kept)
        seen[out] = block(vectors[out], _picture(vectors[kept], its, len(classes)))
        if counts is not None and told is not None:
            known = rarity(counts[kept])
            told[out] = read(weighed(counts[out], known), _text(weighed(counts[kept], known), its, len(classes)))
    truth = np.zeros((len(labels), len(classes)))
    truth[np.arange(len(labels)), target] = 1

    def documents(shares: tuple[float, float]) -> Scores:
        return means(together(seen, told, shares), document, len(labels))

    # Each block by itself first, then both by a common factor: a free choice of the pair follows chance where documents are few.
    picture = min(_SHARES, key=lambda share: _log_loss(documents((share, 0.0)), truth))
    text = min(_SHARES, key=lambda share: _log_loss(documents((0.0, share)), truth)) if told is not None else 0.0
    tried = [(factor * picture, factor * text) for factor in _FACTORS]
    shares = min(tried, key=lambda pair: _log_loss(documents(pair), truth))
    raw = documents(shares)
    said, right = raw.max(axis=1), truth[np.arange(len(raw)), raw.argmax(axis=1)]
    calibration = platt(said.tolist(), right.tolist())
    vectors, its = encode(pages), target[document]  # the last call: the backbone that it leaves is the one that serves
    rare = rarity(counts) if counts is not None else None
    head = Head(
        classes=classes,
        weights=_picture(vectors, its, len(classes)),
        words=_text(weighed(counts, rare), its, len(classes)) if counts is not None and rare is not None else None,
        rarity=rare,
        shares=shares,
        calibration=calibration,
    )
    return Learned(head, float(right.mean()), expected_calibration_error(list(map(calibration, said.tolist())), (right > 0).tolist()))


def means(pages: Scores, document: npt.NDArray[np.int64], count: int) -> Scores:
    """The mean over the pages of each document."""
    return np.stack([pages[document == number].mean(axis=0) for number in range(count)])


def _picture(vectors: npt.NDArray[np.float32], target: npt.NDArray[np.int64], classes: int) -> Scores:
    mean, spread = vectors.mean(axis=0, dtype=np.float64), vectors.std(axis=0, dtype=np.float64)
    # A number that never changes tells nothing, and must not be blown up either.
    inverse = np.where(spread > 1e-6, 1 / np.maximum(spread, 1e-6), 0.0) / np.sqrt(vectors.shape[1])
    weights = _fitted((vectors - mean) * inverse, target, classes, _C_PICTURE * vectors.shape[1])
    weights[:-1] *= inverse[:, None]
    weights[-1] -= mean @ weights[:-1]
    return weights


def _text(features: npt.NDArray[np.float32], target: npt.NDArray[np.int64], classes: int) -> Scores:
    return _fitted(features.astype(np.float64), target, classes, _C_TEXT)


def _fitted(features: npt.NDArray[np.float64], target: npt.NDArray[np.int64], classes: int, strength: float) -> Scores:
    """Weights, with the constant last, of a logistic regression over all classes that have examples here; others score low."""
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression

    weights = np.zeros((features.shape[1] + 1, classes))
    weights[-1] = -100.0
    present = np.unique(target)
    if len(present) == 1:
        weights[-1, present] = 0.0
        return weights
    given: Any = csr_array(features) if (features == 0).mean() > 0.8 else features
    fitted = LogisticRegression(C=strength, max_iter=1000, class_weight="balanced").fit(given, target)
    both = np.concatenate([fitted.coef_, fitted.intercept_[:, None]], axis=1)
    weights[:, present] = both.T if len(present) > 2 else np.concatenate([-both, both]).T / 2
    return weights


def _log_loss(shares: Scores, targets: Scores) -> float:
    return float(-(targets * np.log(np.clip(shares, 1e-9, 1))).sum())
