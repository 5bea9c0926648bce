"""Linear models over named features, as words and weights: what scikit-learn learned, asked without it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray


class Linear:
    """Probabilities of classes by the names of the features that something has: the softmax of sums of weights.

    ``weights`` has a row for each name and a column for each class.
    """

    def __init__(self, names: Sequence[str], weights: NDArray[Any], base: NDArray[Any]) -> None:
        self.names: Final = tuple(names)
        self.weights: Final = weights
        self.base: Final = base
        self._places: Final = {name: place for place, name in enumerate(names)}

    def places(self, features: Iterable[str]) -> list[int]:
        """The rows of the features that are known, in their order."""
        return sorted({place for name in features if (place := self._places.get(name)) is not None})

    def probabilities(self, items: Sequence[Iterable[str]]) -> NDArray[np.float64]:
        """A row of probabilities for each item, a column for each class."""
        raw = np.empty((len(items), len(self.base)))
        for number, features in enumerate(items):
            raw[number] = self.base + self.weights[self.places(features)].sum(axis=0, dtype=np.float64)
        raised = np.exp(raw - raw.max(axis=1, keepdims=True, initial=-np.inf))
        shares: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
        return shares
