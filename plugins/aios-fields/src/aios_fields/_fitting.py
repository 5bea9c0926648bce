"""Models of one field fitted to examples with scikit-learn.

Boosted trees judge candidates by what linear models say of them, so they must learn from what linear models say of documents that these
have not seen: everything is fitted once for each fold of the sources, to be asked about that fold, and once to all examples, to be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from ._candidates import is_free, same
from ._fitted import Model, scores
from ._linear import Linear
from ._ranking import Candidate, Choice, View, candidates, ranked
from ._schema import Wanted
from ._trees import Trees
from ._truth import longest_of, right_ones, runs_of, tags
from ._values import Value

M = TypeVar("M")
R = TypeVar("R")

FOLDS: Final = 5

#: A feature of a linear model has a weight when documents of so many sources have it: what one company alone says teaches nothing.
_SOURCES: Final = 2

_STEPS: Final = 32
_TREES: Final = {"max_iter": 100, "learning_rate": 0.09, "max_leaf_nodes": 12, "min_samples_leaf": 8, "l2_regularization": 2.0}


class Known(NamedTuple):
    """An example as it is learned from: what is seen of the document, the true values by path, and whom it came from."""

    view: View
    fields: Mapping[str, Value | None]
    source: str


def folds_of(sources: Sequence[str], count: int = FOLDS) -> list[int]:
    """The fold of each example: sources stay together, the largest first into the fold that has the fewest examples."""
    sizes = _sizes(sources)
    held = [0] * count
    fold: dict[str, int] = {}
    for source in sorted(sizes, key=lambda one: (-sizes[one], one)):
        fold[source] = min(range(count), key=lambda one: (held[one], one))
        held[fold[source]] += sizes[source]
    return [fold[source] for source in sources]


def weights_of(sources: Sequence[str]) -> list[float]:
    """The weight of each example: the more of one source there are, the less each counts."""
    sizes = _sizes(sources)
    return [sizes[source] ** -0.5 for source in sources]


def _sizes(sources: Sequence[str]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for source in sources:
        sizes[source] = sizes.get(source, 0) + 1
    return sizes


def fit(wanted: Wanted, known: Sequence[Known]) -> tuple[Model, list[list[Choice]]]:
    """Learn one field; with the model comes, for each example, what models made of it that had not seen its source."""
    sources = [one.source for one in known]
    folds, weights = folds_of(sources), weights_of(sources)
    read = [one.view.read(wanted) for one in known]
    features = [given for _, given in read]
    if is_free(wanted):
        runs = [runs_of(one.fields.get(wanted.path), one.view.units) for one in known]
        longest, classes = longest_of(runs), 5
        truths = [tags(one.view.units, here) for one, here in zip(known, runs, strict=True)]
    else:
        longest, classes = 1, 2
        truths = [
            [int(same(place.value, one.fields.get(wanted.path))) for place in found] for (found, _), one in zip(read, known, strict=True)
        ]

    def learn(chosen: Sequence[int]) -> Linear:
        return _linear([features[n] for n in chosen], [truths[n] for n in chosen], [(sources[n], weights[n]) for n in chosen], classes)

    shares = _outside(folds, learn, lambda linear, number: linear.probabilities(features[number]).tolist())
    given = [candidates(wanted, one.view, found, share, longest) for one, (found, _), share in zip(known, read, shares, strict=True)]
    right = [right_ones([one.value for one in here], one.fields.get(wanted.path)) for here, one in zip(given, known, strict=True)]

    def decide(chosen: Sequence[int]) -> Trees | None:
        return _trees([given[n] for n in chosen], [right[n] for n in chosen], [weights[n] for n in chosen])

    judged = _outside(folds, decide, lambda trees, number: ranked(given[number], scores(trees, given[number])))
    everything = range(len(known))
    return Model(learn(everything), decide(everything), longest), judged


def _outside(folds: Sequence[int], learn: Callable[[Sequence[int]], M], ask: Callable[[M, int], R]) -> list[R]:
    answers: dict[int, R] = {}
    for fold in sorted(set(folds)):
        model = learn([number for number, other in enumerate(folds) if other != fold])
        answers |= {number: ask(model, number) for number, other in enumerate(folds) if other == fold}
    return [answers[number] for number in range(len(folds))]


def _linear(features: Sequence[list[list[str]]], truths: Sequence[list[int]], origins: Sequence[tuple[str, float]], classes: int) -> Linear:
    seen: dict[str, set[str]] = {}
    for items, (source, _) in zip(features, origins, strict=True):
        for name in {name for item in items for name in item}:
            seen.setdefault(name, set()).add(source)
    names = sorted(name for name, held in seen.items() if len(held) >= _SOURCES)
    weights, base = np.zeros((len(names), classes), dtype=np.float32), np.full(classes, -12.0)
    empty = Linear(names, weights, base)
    places = [empty.places(item) for items in features for item in items]
    targets = np.array([truth for here in truths for truth in here], dtype=int)
    present = np.unique(targets)
    if len(present) < 2:
        base[present] = 0.0
        return empty
    matrix = csr_matrix(
        (np.ones(sum(map(len, places))), np.concatenate(places).astype(np.int32), np.cumsum([0, *map(len, places)])),
        shape=(len(places), len(names)),
    )
    counts = [weight for items, (_, weight) in zip(features, origins, strict=True) for _ in items]
    model = LogisticRegression(max_iter=60, tol=1e-3).fit(matrix, targets, sample_weight=counts)
    learned, intercept = model.coef_, model.intercept_
    if len(present) == 2:  # scikit-learn then gives the second class against the first
        learned, intercept = np.vstack([-learned / 2, learned / 2]), np.concatenate([-intercept / 2, intercept / 2])
    weights[:, present], base[present] = learned.T, intercept
    return Linear(names, weights, base)


def _trees(given: Iterable[list[Candidate]], right: Iterable[list[bool]], weights: Iterable[float]) -> Trees | None:
    taken = [
        (one.evidence, is_right, weight)
        for here, truths, weight in zip(given, right, weights, strict=True)
        for one, is_right in zip(here, truths, strict=True)
    ]
    if len({is_right for _, is_right, _ in taken}) < 2:
        return None
    rows: NDArray[np.float64] = np.array([row for row, _, _ in taken])
    edges = [_edges(column) for column in rows.T]
    steps = np.stack([np.searchsorted(edge, column) for edge, column in zip(edges, rows.T, strict=True)], axis=1).astype(float)
    model = HistGradientBoostingClassifier(random_state=0, early_stopping=False, **_TREES)
    model.fit(steps, [is_right for _, is_right, _ in taken], sample_weight=[weight for _, _, weight in taken])
    trees = Trees.of(model, edges)
    if not np.allclose(trees.log_odds(rows), model.decision_function(steps)):
        raise RuntimeError(
            "the trees that scikit-learn fitted were not read as it reads them; this release of it keeps them in another form"
        )
    return trees


def _edges(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a figure of the evidence is cut into steps. The trees learn from steps, since scikit-learn cuts weighted figures slowly."""
    values = np.unique(column)
    if len(values) <= _STEPS:
        return (values[:-1] + values[1:]) / 2
    cuts: NDArray[np.float64] = np.unique(np.quantile(column, np.arange(1, _STEPS) / _STEPS, method="lower"))
    return cuts
