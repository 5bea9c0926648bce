"""What was learned of a field, asked about a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ._linear import Linear
from ._ranking import Candidate, Choice, View, candidates, ranked
from ._schema import Wanted
from ._trees import Trees


class Model(NamedTuple):
    """What was learned of a field: a linear model of its lines or places, the most lines it has, and trees that decide; None of them where
    all candidates of the examples were right, or none."""

    linear: Linear
    trees: Trees | None
    longest: int

    def choices(self, wanted: Wanted, view: View) -> list[Choice]:
        """The candidates of a document, best first."""
        found, features = view.read(wanted)
        given = candidates(wanted, view, found, self.linear.probabilities(features).tolist(), self.longest)
        return ranked(given, scores(self.trees, given))


def scores(trees: Trees | None, given: Sequence[Candidate]) -> list[float]:
    """The logarithm of the odds of each candidate."""
    if trees is None or not given:
        return [0.0] * len(given)
    found: list[float] = trees.log_odds(np.array([one.evidence for one in given])).tolist()
    return found
