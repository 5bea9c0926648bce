"""Boosted trees as arrays: what scikit-learn learned, asked without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

#: What a tree says of each node; a leaf is its own child.
PARTS: Final = ("feature", "threshold", "left", "right", "value")


class Trees:
    """Trees whose leaves add up, with ``base``, to the logarithm of the odds; each has its nodes in a row, the root first."""

    def __init__(self, parts: Mapping[str, NDArray[Any]], base: float, depth: int) -> None:
        self.parts: Final = {name: parts[name] for name in PARTS}
        self.base: Final = base
        self.depth: Final = depth

    @classmethod
    def of(cls, fitted: Any, edges: Sequence[NDArray[np.float64]]) -> Self:
        """The trees of a ``HistGradientBoostingClassifier`` of two classes that was fitted to steps: how many of the ``edges`` of a figure
        lie below it."""
        found = [stage[0].nodes for stage in fitted._predictors]
        size = max(map(len, found))
        parts = {name: np.zeros((len(found), size), dtype=float if name in ("threshold", "value") else np.int32) for name in PARTS}
        for number, nodes in enumerate(found):
            leaf, own = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
            parts["feature"][number, : len(nodes)] = np.where(leaf, 0, nodes["feature_idx"])
            parts["threshold"][number, : len(nodes)] = [
                0.0 if ends else edges[figure][int(step)]
                for ends, figure, step in zip(leaf, nodes["feature_idx"], nodes["num_threshold"], strict=True)
            ]
            parts["left"][number, : len(nodes)] = np.where(leaf, own, nodes["left"])
            parts["right"][number, : len(nodes)] = np.where(leaf, own, nodes["right"])
            parts["value"][number, : len(nodes)] = nodes["value"]
        return cls(parts, float(np.ravel(fitted._baseline_prediction)[0]), max(int(nodes["depth"].max()) for nodes in found))

    def log_odds(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """For each row of evidence the logarithm of the odds that it belongs to what is right."""
        feature, threshold, left, right, value = (self.parts[name] for name in PARTS)
        trees, line = np.arange(len(feature)), np.arange(len(rows))[:, None]
        node = np.zeros((len(rows), len(feature)), dtype=np.int32)
        for _ in range(self.depth):
            goes_left = rows[line, feature[trees, node]] <= threshold[trees, node]
            node = np.where(goes_left, left[trees, node], right[trees, node])
        total: NDArray[np.float64] = self.base + value[trees, node].sum(axis=1)
        return total
