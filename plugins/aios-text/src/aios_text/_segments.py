"""Where the documents of a packet begin: the likeliest way to part its pages into segments, and how likely each beginning is.

A semi-Markov conditional random field (Sarawagi and Cohen, "Semi-Markov conditional random fields for information extraction", 2004): the
probability of a segmentation is log-linear in what is seen where two pages meet, and in how the numbers on the pages of a segment fit it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ._page_look import BESIDE, Look, Number, beside

#: What is seen of the numbers within a segment, by name.
WITHIN: Final = ("number fits", "number does not fit", "total fits", "total does not fit")

#: Pages that one document has at most, among longer packets; beyond, the time would grow with the square.
_LONGEST: Final = 400

#: Whatever is seen elsewhere, these pages begin a document, or do not.
_MUST: Final = 1e3


class Found(NamedTuple):
    """The pages, counted from 0 among those given, that begin a document; and how likely each page is to begin one."""

    beginnings: tuple[int, ...]
    likely: tuple[float, ...]


def local_values(looks: Sequence[Look]) -> list[tuple[float, ...]]:
    """The values of `BESIDE` for each page; those of the first and of blank pages are all 0."""
    values: list[tuple[float, ...]] = []
    before: Look | None = None
    between = False
    for page in looks:
        if page.is_blank or before is None:
            values.append((0.0,) * len(BESIDE))
        else:
            values.append(beside(page, before, blank_between=between))
        between = page.is_blank
        before = before if page.is_blank else page
    return values


def begin_counts(numbers: Sequence[Number | None], start: int, end: int) -> tuple[int, int, int, int]:
    """The values of `WITHIN` for the segment from ``start`` to ``end``."""
    fits = misfits = total = other = 0
    for place in range(start, end):
        number = numbers[place]
        if number is not None:
            fits += number.page == place - start + 1
            misfits += number.page != place - start + 1
            total += number.of == end - start
            other += number.of not in (0, end - start)
    return fits, misfits, min(total, 1), min(other, 1)


def local_scores(looks: Sequence[Look], weights: Mapping[str, float], forced: Mapping[int, bool]) -> list[float]:
    """How much speaks for each page beginning a document; ``forced`` are those that are known to begin one, or not to."""
    scores = [sum(weights[name] * value for name, value in zip(BESIDE, values, strict=True)) for values in local_values(looks)]
    for place, page in enumerate(looks):
        if page.is_blank or place in forced:
            scores[place] = _MUST if forced.get(place) else -_MUST
    return [0.0, *scores[1:]]


def segments(numbers: Sequence[Number | None], local: Sequence[float], weights: Mapping[str, float]) -> Found:
    """The likeliest segmentation of pages with these ``numbers`` and `local_scores`."""
    count = len(numbers)
    inner = tuple(weights[name] for name in WITHIN)
    scores = [list(_scores(numbers, start, min(count, start + _LONGEST), inner, local[start])) for start in range(count)]
    ahead, back = [0.0] + [-math.inf] * count, [-math.inf] * count + [0.0]
    best, came = [0.0] + [-math.inf] * count, [0] * (count + 1)
    for start in range(count):
        for end, score in enumerate(scores[start], start + 1):
            ahead[end] = _log_add(ahead[end], ahead[start] + score)
            if best[start] + score > best[end]:
                best[end], came[end] = best[start] + score, start
    for start in reversed(range(count)):
        for end, score in enumerate(scores[start], start + 1):
            back[start] = _log_add(back[start], score + back[end])
    likely = tuple(min(1.0, math.exp(ahead[place] + back[place] - ahead[count])) for place in range(count))
    beginnings, end = [], count
    while end:
        end = came[end]
        beginnings.append(end)
    return Found(tuple(reversed(beginnings)), likely)


def _scores(numbers: Sequence[Number | None], start: int, last: int, inner: Sequence[float], base: float) -> list[float]:
    """The scores of the segments from ``start`` to each end up to ``last``."""
    found, totals = [], set[int]()
    fit, misfit, total, other = inner
    for place in range(start, last):
        number = numbers[place]
        if number is not None:
            base += fit if number.page == place - start + 1 else misfit
            if number.of:
                totals.add(number.of)
        length = place - start + 1
        found.append(base + (total if length in totals else 0.0) + (other if totals - {length} else 0.0))
    return found


def _log_add(one: float, other: float) -> float:
    if one < other:
        one, other = other, one
    return one if other == -math.inf else one + math.log1p(math.exp(other - one))
