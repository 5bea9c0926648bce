"""How far confidences lie from how often they are right, and how far they would by chance."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

#: Bins of equally many values, each with at least so many.
_BINS: Final = 15
_FEWEST: Final = 10

_SAMPLES: Final = 500
_SEED: Final = 20261123


class _Part(NamedTuple):
    """Of a source, how many values it has, and by bin its confidences less its right values."""

    size: int
    gaps: tuple[tuple[int, float], ...]


class CalibrationError(NamedTuple):
    """The expected calibration error with its 95% interval, and what a perfectly calibrated component of the same confidences stays below
    in 95 of 100 samples of this size: ``chance`` if each value is right or wrong by itself, ``among_sources`` if values of one source are
    right or wrong together, as much as these are."""

    value: float
    low: float
    high: float
    chance: float
    among_sources: float
    values: int

    @property
    def is_chance(self) -> bool:
        """Whether the error is no larger than that of a perfectly calibrated component may be by chance, each value by itself."""
        return self.value <= self.chance


def calibration_error(confidences: Sequence[float], right: Sequence[bool], sources: Sequence[str]) -> CalibrationError:
    """The `expected_calibration_error` with what chance does to it.

    The interval is the basic bootstrap (Davison and Hinkley 1997, 5.2.1) over ``sources``, which takes back that chance makes the figure of
    a sample larger than the true one, and is widened to hold the figure itself. The error of a finite sample is never 0, so it is told
    beside ``chance``: the 95% quantile of the same figure when each value is right with exactly the probability that its confidence says
    (Vaicenavicius et al. 2019).

    ``chance`` takes values as independent. Where a form is read well or badly each time, ten documents of it say little more than one, and
    a calibrated component errs by more. ``among_sources`` allows for that: the 95% quantile when what each source adds to the bins gets a
    sign by chance (wild cluster bootstrap, Cameron, Gelbach and Miller 2008). It rests on the errors that were made, so it is larger, and
    a poorer test, where these are. Seeds are fixed. Raises ``ValueError`` without values.
    """
    if not confidences:
        raise ValueError("without values there is no calibration error")
    bins = _bins(confidences)
    draw = random.Random(_SEED)
    found = _mean_gap(_sums(bins, confidences, right), len(bins))
    by_chance = sorted(
        _mean_gap(_sums(bins, confidences, [draw.random() < confidence for confidence in confidences]), len(bins)) for _ in range(_SAMPLES)
    )
    parts = _parts(bins, confidences, right, sources)
    low, high = _interval(parts, draw)
    low, high = max(0.0, 2 * found - high), max(found, 2 * found - low)
    return CalibrationError(found, min(low, found), high, by_chance[int(0.95 * _SAMPLES)], _flipped(parts, draw), len(bins))


def expected_calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """The mean distance between confidence and share of right values over bins of equally many values (Naeini et al. 2015; with equal mass,
    which is less biased: Roelofs et al. 2022); equal confidences share a bin. Raises ``ValueError`` without values."""
    if not confidences:
        raise ValueError("without values there is no calibration error")
    bins = _bins(confidences)
    return _mean_gap(_sums(bins, confidences, right), len(bins))


def _bins(confidences: Sequence[float]) -> list[int]:
    """The bin of each value: by its rank, that of the first one with the same confidence."""
    count = len(confidences)
    bins = max(1, min(_BINS, count // _FEWEST))
    first: dict[float, int] = {}
    for rank, confidence in enumerate(sorted(confidences)):
        first.setdefault(confidence, rank)
    return [first[confidence] * bins // count for confidence in confidences]


def _sums(bins: Sequence[int], confidences: Sequence[float], right: Sequence[bool]) -> dict[int, float]:
    """By bin, confidences less right values."""
    sums: defaultdict[int, float] = defaultdict(float)
    for bin, confidence, verdict in zip(bins, confidences, right, strict=True):
        sums[bin] += confidence - verdict
    return sums


def _mean_gap(sums: dict[int, float], count: int) -> float:
    # Each bin counts by its share of the values, which its mean was divided by.
    return math.fsum(map(abs, sums.values())) / count


def _parts(bins: Sequence[int], confidences: Sequence[float], right: Sequence[bool], sources: Sequence[str]) -> list[_Part]:
    groups: defaultdict[str, defaultdict[int, float]] = defaultdict(lambda: defaultdict(float))
    sizes: defaultdict[str, int] = defaultdict(int)
    for bin, confidence, verdict, source in zip(bins, confidences, right, sources, strict=True):
        groups[source][bin] += confidence - verdict
        sizes[source] += 1
    return [_Part(sizes[source], tuple(groups[source].items())) for source in sorted(groups)]


def _interval(parts: Sequence[_Part], draw: random.Random) -> tuple[float, float]:
    found = []
    for _ in range(_SAMPLES):
        total, sums = 0, defaultdict[int, float](float)
        for size, gaps in draw.choices(parts, k=len(parts)):
            total += size
            for bin, gap in gaps:
                sums[bin] += gap
        found.append(_mean_gap(sums, total))
    found.sort()
    return found[int(0.025 * _SAMPLES)], found[int(0.975 * _SAMPLES)]


def _flipped(parts: Sequence[_Part], draw: random.Random) -> float:
    count = sum(part.size for part in parts)
    found = []
    for _ in range(_SAMPLES):
        signs, sums = draw.getrandbits(len(parts)), defaultdict[int, float](float)
        for number, part in enumerate(parts):
            for bin, gap in part.gaps:
                sums[bin] += gap if signs >> number & 1 else -gap
        found.append(_mean_gap(sums, count))
    found.sort()
    return found[int(0.95 * _SAMPLES)]
