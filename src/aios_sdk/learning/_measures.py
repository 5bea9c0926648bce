"""How good predictions are: figures with 95% intervals, by formulas where there are such, else by the bootstrap."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from ..calibration import Share

#: Samples of the bootstrap, and the seed: the same examples give the same figures.
_SAMPLES: Final = 1000
_SEED: Final = 20260

#: What is counted of an example, or of many together: the kind of count, such as ``("hit", "bill")``.
Counts: TypeAlias = Mapping[tuple[str, ...], float]
#: A figure of the counts of many examples together.
Measure: TypeAlias = Callable[[Counts], float]


class Figure(NamedTuple):
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.4f} ({self.low:.4f} to {self.high:.4f})"


def share(successes: float, count: int) -> Figure:
    """A share of independent trials, with the interval of Wilson (1927)."""
    return Figure(*Share.of(successes, count))


def bootstrapped(measure: Measure, counts: Sequence[Counts], sources: Sequence[str]) -> Figure:
    """``measure`` of all examples, with the percentile interval of the bootstrap (Efron 1979) over their sources."""
    groups = _groups(counts, sources)
    values = sorted(measure(sample) for sample in _samples(groups))
    return Figure(measure(_sum(groups)), *_interval(values))


def difference(measure: Measure, one: Sequence[Counts], other: Sequence[Counts], sources: Sequence[str]) -> Figure:
    """By how much ``measure`` of ``other`` is greater than that of ``one``, on the same examples: a paired bootstrap over their sources."""
    paired = [
        {(side, *key): count for side, counts in (("one", a), ("other", b)) for key, count in counts.items()}
        for a, b in zip(one, other, strict=True)
    ]

    def gain(counts: Counts) -> float:
        sides: dict[str, dict[tuple[str, ...], float]] = {"one": {}, "other": {}}
        for (side, *key), count in counts.items():
            sides[side][tuple(key)] = count
        return measure(sides["other"]) - measure(sides["one"])

    return bootstrapped(gain, paired, sources)


def _groups(counts: Sequence[Counts], sources: Sequence[str]) -> list[Counts]:
    groups: defaultdict[str, list[Counts]] = defaultdict(list)
    for each, source in zip(counts, sources, strict=True):
        groups[source].append(each)
    return [_sum(group) for group in groups.values()]


def _samples(groups: Sequence[Counts]) -> list[Counts]:
    """Sums over as many groups as there are, drawn with replacement."""
    chance = random.Random(_SEED)
    # Equal groups are drawn together: of thousands of examples most are counted alike.
    kinds = Counter(tuple(sorted(group.items())) for group in groups)
    known, weights = [dict(kind) for kind in kinds], list(kinds.values())
    samples: list[Counts] = []
    for _ in range(_SAMPLES):
        total: defaultdict[tuple[str, ...], float] = defaultdict(float)
        for number, times in Counter(chance.choices(range(len(known)), weights, k=len(groups))).items():
            for key, count in known[number].items():
                total[key] += count * times
        samples.append(total)
    return samples


def _sum(groups: Sequence[Counts]) -> Counts:
    total: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for group in groups:
        for key, count in group.items():
            total[key] += count
    return total


def _interval(values: Sequence[float]) -> tuple[float, float]:
    return values[int(0.025 * len(values))], values[min(len(values) - 1, int(0.975 * len(values)))]


def f1(found: float, right: float, true: float) -> float:
    """The harmonic mean of precision and recall; 1 where there was nothing to find and nothing was found."""
    return 2 * right / (found + true) if found + true else 1.0
