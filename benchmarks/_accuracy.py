"""What the sections of accuracy share: folds that keep a source on one side, and intervals for what was counted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from aios_sdk.calibration import Share

T = TypeVar("T")

#: Of all that is drawn at random here.
SEED: Final = 20261123

_RESAMPLES: Final = 2000


class Interval(NamedTuple):
    """A figure with the bounds of its 95% interval."""

    figure: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.figure:.3f} ({self.low:.3f} to {self.high:.3f})"


def share(right: int, of: int) -> Interval:
    """``right`` of ``of`` as a share, with Wilson's interval."""
    return Interval(*Share.of(right, of))


def resampled(documents: Sequence[T], figure: Callable[[Sequence[T]], float]) -> Interval:
    """``figure`` of the documents, with the 2.5% and 97.5% quantiles over documents drawn again with replacement (bootstrap, Efron 1979).

    Give what was counted for each document, or for each source where documents of one source are alike.
    """
    draw = random.Random(SEED)
    found = sorted(figure(draw.choices(documents, k=len(documents))) for _ in range(_RESAMPLES))
    return Interval(figure(documents), found[int(0.025 * _RESAMPLES)], found[int(0.975 * _RESAMPLES) - 1])


def folds(sources: Sequence[str], count: int) -> Iterator[tuple[list[int], list[int]]]:
    """``count`` splits of the numbers of documents into (to learn from, to be measured on); no source is on both sides.

    ``sources`` names the source of each document. Sources are dealt out, the largest first, always to the fold that has the fewest
    documents; equally large ones in an order drawn once.
    """
    members: dict[str, list[int]] = {}
    for number, source in enumerate(sources):
        members.setdefault(source, []).append(number)
    names = sorted(members)
    random.Random(SEED).shuffle(names)
    names.sort(key=lambda name: -len(members[name]))
    parts: list[list[int]] = [[] for _ in range(count)]
    for name in names:
        min(parts, key=len).extend(members[name])
    for part in parts:
        measured = set(part)
        yield [number for number in range(len(sources)) if number not in measured], sorted(part)


def f1(right: int, found: int, wanted: int) -> float:
    """The harmonic mean of precision ``right / found`` and recall ``right / wanted``; 0 where nothing is right."""
    return 2 * right / (found + wanted) if right else 0.0
