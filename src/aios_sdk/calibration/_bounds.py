"""What can be said of a share from how often something came out right: exact bounds, intervals, and how many values it takes."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

_Z: Final = 1.959963984540054

#: Halvings in a search for a probability: as exact as a float.
_HALVINGS: Final = 60


class Share(NamedTuple):
    """A share with its 95% interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, count: float, total: int) -> Share:
        """``count`` of ``total`` with the interval of Wilson (1927); unknown, so anything, of none."""
        if not total:
            return cls(math.nan, 0.0, 1.0)
        middle = (count + _Z**2 / 2) / (total + _Z**2)
        half = _Z / (total + _Z**2) * math.sqrt(count * (total - count) / total + _Z**2 / 4)
        return cls(count / total, max(0.0, middle - half), min(1.0, middle + half))


def at_most(errors: int, total: int, chance: float) -> float:
    """How likely at most so many errors are among ``total`` independent values, each wrong by ``chance``."""
    if errors >= total or chance <= 0.0:
        return 1.0
    if chance >= 1.0:
        return 0.0
    log, rest, all_ways = math.log(chance), math.log1p(-chance), math.lgamma(total + 1)
    return min(
        1.0,
        math.fsum(
            math.exp(all_ways - math.lgamma(wrong + 1) - math.lgamma(total - wrong + 1) + wrong * log + (total - wrong) * rest)
            for wrong in range(errors + 1)
        ),
    )


def precision_bound(right: int, total: int, level: float = 0.95) -> float:
    """What the true share of right values is at least, when ``right`` of ``total`` were: the exact one-sided bound of Clopper and Pearson
    (1934), which errs in at most 1 - ``level`` of all samples.

    The quantile of the beta distribution that it is, is found by halving on the tail of the binomial. Values must be independent.
    Example::

        precision_bound(299, 299)      # 0.99003: at least 99% are right
    """
    if not right:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if at_most(total - right, total, 1 - middle) < 1 - level:
            low = middle
        else:
            high = middle
    return low


def values_needed(target: float, level: float = 0.95) -> int:
    """How many values without an error it takes to know that the share of right ones is at least ``target``: 299 for 99%, 59 for 95%."""
    return math.ceil(math.log(1 - level) / math.log(target) - 1e-9)
