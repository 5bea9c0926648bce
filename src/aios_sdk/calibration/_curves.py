"""Curves from a raw confidence to a probability: isotonic regression and Platt scaling."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

import msgspec

#: How near to 0 and 1 a raw confidence counts in Platt scaling, where these would lie infinitely far away.
_NEAREST: Final = 1e-6

#: Steps of Newton's method, and what is gained by a step that was the last one.
_STEPS: Final = 100
_GAIN: Final = 1e-12


class Curve(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A monotone map of 0..1 to 0..1: straight between the ``points`` (raw confidence, probability), and level outside of them.

    With a ``slope``, that of log-odds instead: the logistic function of ``slope`` * log-odds of the raw confidence + ``shift``. Example::

        curve = isotonic([0.2, 0.6, 0.7, 0.9], [False, True, False, True])
        curve(0.65)                                                             # 0.5
    """

    points: tuple[tuple[float, float], ...] = ()
    slope: float | None = None
    shift: float = 0.0

    def __call__(self, raw: float) -> float:
        """The probability that goes with a raw confidence."""
        if self.slope is not None:
            return _logistic(self.slope * _log_odds(raw) + self.shift)
        after = bisect_right(self.points, raw, key=lambda point: point[0])
        if after == 0:
            return self.points[0][1]
        if after == len(self.points):
            return self.points[-1][1]
        (x0, y0), (x1, y1) = self.points[after - 1], self.points[after]
        # Of rounding, what would lie outside of the two ends is taken back.
        return y0 if y0 == y1 else min(y1, max(y0, y0 + (y1 - y0) * (raw - x0) / (x1 - x0)))


class _Block(NamedTuple):
    """Neighbouring raw confidences from ``low`` to ``high`` with one probability: ``right`` of ``size``."""

    low: float
    high: float
    right: float
    size: float

    @property
    def mean(self) -> float:
        return self.right / self.size


def isotonic(raw: Sequence[float], right: Sequence[float], *, cautious: bool = False) -> Curve:
    """The rising curve with the least squared error, by pool-adjacent-violators (Ayer et al. 1955; for calibration Zadrozny and Elkan
    2002).

    The mean of what it gives for ``raw`` is the share of ``right`` ones; a share in place of a verdict says how likely that value is right.
    With ``cautious`` the ends are not quite 0 and 1 where no error (or nothing else) was seen: of n values all right it says
    (n + 1) / (n + 2), Laplace's rule, if that still rises. Raises ``ValueError`` without values.
    """
    if not raw:
        raise ValueError("a curve needs values to be fitted to")
    blocks: list[_Block] = []
    for score, same in groupby(sorted(zip(raw, right, strict=True)), key=lambda pair: pair[0]):
        verdicts = [verdict for _, verdict in same]
        block = _Block(score, score, sum(verdicts), len(verdicts))
        while blocks and blocks[-1].mean >= block.mean:
            below = blocks.pop()
            block = _Block(below.low, block.high, below.right + block.right, below.size + block.size)
        blocks.append(block)
    means = [block.mean for block in blocks]
    if cautious:
        means = _cautious(means, blocks)
    points = ((end, mean) for block, mean in zip(blocks, means, strict=True) for end in dict.fromkeys((block.low, block.high)))
    return Curve(points=tuple(points))


def _cautious(means: Sequence[float], blocks: Sequence[_Block]) -> list[float]:
    lowest, highest = means[0], means[-1]
    found = list(means)
    if highest == 1.0:
        likely = (blocks[-1].size + 1) / (blocks[-1].size + 2)
        found[-1] = max([likely, *found[-2:-1]])
    if lowest == 0.0:
        unlikely = 1 / (blocks[0].size + 2)
        found[0] = min([unlikely, *found[1:2]])
    return found


def platt(raw: Sequence[float], right: Sequence[float]) -> Curve:
    """The logistic curve over log-odds that makes what is true most likely (Platt 1999, with his smoothed targets), by Newton's method
    with halved steps (Lin, Lin and Weng 2007).

    A share in place of a verdict says how likely that value is right. Where right values had no higher raw confidence than wrong ones, it
    is level. Raises ``ValueError`` without values.
    """
    if not raw:
        raise ValueError("a curve needs values to be fitted to")
    good = math.fsum(right)
    low, high = 1 / (len(raw) - good + 2), (good + 1) / (good + 2)
    # Sorted, since sums depend on their order in the last digit, and the curve is to depend on the values alone.
    pairs = sorted((_log_odds(score), low + (high - low) * share) for score, share in zip(raw, right, strict=True))
    mean = math.fsum(target for _, target in pairs) / len(pairs)
    slope, shift = 0.0, math.log(mean / (1 - mean))
    loss = _loss(pairs, slope, shift)
    for _ in range(_STEPS):
        down_slope, down_shift = _newton(pairs, slope, shift)
        size = 1.0
        while (new := _loss(pairs, slope + size * down_slope, shift + size * down_shift)) > loss and size > _GAIN:
            size /= 2
        gained = loss - new
        if gained <= _GAIN * len(pairs):
            break
        slope, shift, loss = slope + size * down_slope, shift + size * down_shift, new
    if slope <= 0:
        return Curve(slope=0.0, shift=math.log(mean / (1 - mean)))
    return Curve(slope=slope, shift=shift)


def _newton(pairs: Sequence[tuple[float, float]], slope: float, shift: float) -> tuple[float, float]:
    """Where to go from ``slope`` and ``shift``: the negative inverse Hessian times the gradient."""
    g1 = g2 = h12 = 0.0
    h11 = h22 = 1e-9  # so that it can be inverted where all raw confidences are equal
    for odds, target in pairs:
        said = _logistic(slope * odds + shift)
        off, weight = said - target, said * (1 - said)
        g1 += off * odds
        g2 += off
        h11 += weight * odds * odds
        h12 += weight * odds
        h22 += weight
    determinant = h11 * h22 - h12 * h12
    if determinant <= 0:
        return 0.0, -g2 / h22
    return -(h22 * g1 - h12 * g2) / determinant, -(h11 * g2 - h12 * g1) / determinant


def _loss(pairs: Sequence[tuple[float, float]], slope: float, shift: float) -> float:
    """The negative logarithm of the likelihood."""
    return math.fsum(_softplus(slope * odds + shift) - target * (slope * odds + shift) for odds, target in pairs)


def _softplus(value: float) -> float:
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))


def _log_odds(raw: float) -> float:
    kept = min(max(raw, _NEAREST), 1 - _NEAREST)
    return math.log(kept / (1 - kept))
