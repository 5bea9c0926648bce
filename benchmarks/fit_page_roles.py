"""Fits the weights of `aios.page-roles` on packets of the sources to fit on, and writes them beside the component.

    python benchmarks/fit_page_roles.py

The strength of the prior is chosen on a part of these sources; those to judge by are never looked at. See `_reading_splitting.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy
from _packets import Made, Packet, documents, packets
from aios_text._page_look import BESIDE, look
from aios_text._segments import WITHIN, begin_counts, local_scores, local_values, segments
from scipy.optimize import minimize

_NAMES = (*BESIDE, *WITHIN)
_STRENGTHS = (0.3, 1.0, 3.0, 10.0)
_LONGEST = 30


class Seen:
    """What is seen of one packet: a row of values for each segment that could be."""

    def __init__(self, packet: Packet) -> None:
        looks = [look(page) for page in packet.document.pages][:_LONGEST]
        self.count = len(looks)
        local = local_values(looks)
        numbers = [page.number for page in looks]
        blank = [page.is_blank for page in looks]
        true = [start for start in sorted(packet.beginnings) if start < self.count]
        self.pairs = [
            (start, end) for start in range(self.count) for end in range(start + 1, self.count + 1) if not start or not blank[start]
        ]
        self.values = numpy.array(
            [(*(local[start] if start else (0.0,) * len(BESIDE)), *begin_counts(numbers, start, end)) for start, end in self.pairs]
        )
        place = {pair: row for row, pair in enumerate(self.pairs)}
        self.true = self.values[[place[pair] for pair in zip(true, [*true[1:], self.count], strict=True)]].sum(axis=0)


def loss(weights: numpy.ndarray, seen: Sequence[Seen], strength: float) -> tuple[float, numpy.ndarray]:
    """The negative logarithm of the likelihood with a Gaussian prior, and its gradient, by the forward-backward algorithm."""
    value = strength * float(weights @ weights) / 2
    gradient = strength * weights
    for each in seen:
        scores = each.values @ weights
        ahead, back = numpy.full(each.count + 1, -numpy.inf), numpy.full(each.count + 1, -numpy.inf)
        ahead[0] = back[each.count] = 0.0
        for row, (start, end) in enumerate(each.pairs):
            ahead[end] = numpy.logaddexp(ahead[end], ahead[start] + scores[row])
        for row in reversed(range(len(each.pairs))):
            start, end = each.pairs[row]
            back[start] = numpy.logaddexp(back[start], scores[row] + back[end])
        starts, ends = zip(*each.pairs, strict=True)
        likely = numpy.exp(ahead[list(starts)] + scores + back[list(ends)] - ahead[each.count])
        value += ahead[each.count] - float(each.true @ weights)
        gradient = gradient + likely @ each.values - each.true
    return value, gradient


def fitted(seen: Sequence[Seen], strength: float) -> dict[str, float]:
    """The weights by name."""
    found = minimize(loss, numpy.zeros(len(_NAMES)), args=(seen, strength), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return {name: round(float(weight), 4) for name, weight in zip(_NAMES, found.x, strict=True)}


def right(weights: dict[str, float], held: Sequence[Packet]) -> float:
    """The share of packets that come out exactly."""
    count = 0
    for packet in held:
        looks = [look(page) for page in packet.document.pages]
        found = segments([page.number for page in looks], local_scores(looks, weights, {}), weights)
        count += frozenset(found.beginnings) == packet.beginnings
    return count / len(held)


def main() -> None:
    """Fit, choose, fit again, write."""
    made = documents("fit")
    sources = sorted({each.source for each in made})
    aside = set(sources[::4])
    inner: list[Made] = [each for each in made if each.source not in aside]
    seen = [Seen(packet) for packet, _ in packets(inner, 300, 1)]
    held = [packet for packet, _ in packets([each for each in made if each.source in aside], 300, 2)]
    scores = {strength: right(fitted(seen, strength), held) for strength in _STRENGTHS}
    print({strength: round(score, 3) for strength, score in scores.items()})
    best = max(_STRENGTHS, key=lambda strength: (scores[strength], strength))
    weights = fitted([Seen(packet) for packet, _ in packets(made, 500, 3)], best)
    import aios_text

    target = Path(aios_text.__file__).parent / "page-roles.json"
    told = "Weights of aios.page-roles: log-odds for each thing seen, fitted by benchmarks/fit_page_roles.py"
    target.write_text(json.dumps({"about": told, "weights": weights}, indent=1) + "\n", encoding="utf-8")
    for name, weight in weights.items():
        print(f"{weight:8.3f}  {name}")


if __name__ == "__main__":
    main()
