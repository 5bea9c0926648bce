"""From which confidence on values need no person, when so many of them have to be right."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from ..errors import UsageError
from ._bounds import Share, at_most, precision_bound, values_needed


class Threshold(NamedTuple):
    """From which confidence on at least ``target`` of the values are right, except in 1 - ``level`` of all samples such as this.

    ``threshold`` is None where the data do not say so, and ``reason`` then says why. ``accepted`` values reach it, of which ``right`` were
    right; ``bound`` is what their share is at least; ``rate`` is how many of all values need no person, with its 95% interval.
    """

    target: float
    level: float
    threshold: float | None
    accepted: int
    right: int
    total: int
    bound: float
    rate: Share
    reason: str = ""


def threshold(
    confidences: Sequence[float], right: Sequence[bool], target: float, *, total: int | None = None, level: float = 0.95
) -> Threshold:
    """The lowest threshold with which at least ``target`` of what is accepted is right.

    ``confidences`` are those that runs will have, of the calibrator that is worked with: a curve that rises keeps the order of raw
    confidences, which rests on nothing that was learned from these values. ``total`` counts also what was not found, and so needs a person
    in any case.

    A threshold holds where the bound of Clopper and Pearson does. That one is looked for among many is allowed for by fixed-sequence
    testing with several starts (Angelopoulos et al. 2021, "Learn then Test", section 3; Bauer 1991): from where there are as many values
    as one would need without an error, twice, four times as many, and so on, thresholds are lowered until one does not hold; the starts
    share 1 - ``level`` evenly. Neither the starts nor the order rest on which values are right. Raises `UsageError` for a target that is
    no share between 0 and 1.
    """
    if not 0 < target < 1:
        raise UsageError(f"A target precision of {target:g} cannot be promised", fix="Give a share below 1, such as 0.99")
    count, total = len(confidences), max(len(confidences), total or 0)
    ranked = sorted(zip(confidences, right, strict=True), key=lambda pair: -pair[0])
    wrong = list(accumulate(int(not verdict) for _, verdict in ranked))
    # Only whole runs of equal confidences can be accepted.
    sizes = [size for size in range(1, count + 1) if size == count or ranked[size][0] < ranked[size - 1][0]]
    starts = _starts(count, target, level)
    nothing = Threshold(target, level, None, 0, 0, total, 0.0, Share.of(0, total))
    if not starts:
        needed = values_needed(target, level)
        return nothing._replace(
            reason=f"the data cannot support {target:.4g}: at least {needed:,} values without an error would be needed, "
            f"and there are {count:,}"
        )
    share = (1 - level) / len(starts)
    best = 0
    for start in starts:
        for size in sizes:
            if size >= start:
                if at_most(wrong[size - 1], size, 1 - target) > share:
                    break
                best = max(best, size)
    if not best:
        size = next(size for size in sizes if size >= starts[0])
        return nothing._replace(
            reason=f"no threshold holds {target:.4g}: of the {size:,} most confident values {wrong[size - 1]:,} "
            f"{'is' if wrong[size - 1] == 1 else 'are'} wrong; more values, or a component that knows better when it errs, would be needed"
        )
    good = best - wrong[best - 1]
    bound = precision_bound(good, best, 1 - share)
    return Threshold(target, level, ranked[best - 1][0], best, good, total, bound, Share.of(best, total))


def _starts(count: int, target: float, level: float) -> list[int]:
    """How many values the first threshold of each sequence accepts at least."""
    starts: list[int] = []
    while (first := values_needed(target, 1 - (1 - level) / (len(starts) + 1))) * 2 ** len(starts) <= count:
        starts = [first * 2**number for number in range(len(starts) + 1)]
    return starts
