"""Thresholds: exact bounds, promises that are kept, and saying when there is too little to promise anything."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aios_sdk.calibration import Judged, Method, Share, fit, precision_bound, threshold, values_needed
from aios_sdk.errors import UsageError


def at_least(right: int, total: int, share: Fraction) -> Fraction:
    """The probability of at least so many right values, without rounding."""
    return sum((math.comb(total, good) * share**good * (1 - share) ** (total - good) for good in range(right, total + 1)), Fraction(0))


@given(st.integers(1, 40), st.data(), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_bound_is_where_so_many_right_values_become_too_unlikely(total: int, data: st.DataObject, level: float) -> None:
    right = data.draw(st.integers(1, total))
    bound = precision_bound(right, total, level)
    assert float(at_least(right, total, Fraction(bound))) == pytest.approx(1 - level, rel=1e-6)
    assert precision_bound(0, total, level) == 0.0


@pytest.mark.parametrize("share", [Fraction(1, 2), Fraction(9, 10), Fraction(97, 100)])
def test_the_bound_holds_in_at_least_95_of_100_samples(share: Fraction) -> None:
    total = 60
    ways = [math.comb(total, good) * share**good * (1 - share) ** (total - good) for good in range(total + 1)]
    assert sum(way for good, way in enumerate(ways) if precision_bound(good, total) <= share) >= Fraction(95, 100)


def test_how_many_values_without_an_error_a_target_takes() -> None:
    assert [values_needed(target) for target in (0.9, 0.95, 0.99)] == [29, 59, 299]
    for target in (0.9, 0.95, 0.99):
        needed = values_needed(target)
        assert precision_bound(needed, needed) >= target > precision_bound(needed - 1, needed - 1)


def sample(chance: random.Random, count: int) -> tuple[list[float], list[bool]]:
    """Confidences that are what they say, many of them equal."""
    confidences = [round(1 - 0.3 * chance.random() ** 2, 2) for _ in range(count)]
    return confidences, [chance.random() < confidence for confidence in confidences]


def test_a_threshold_keeps_its_promise_in_at_least_95_of_100_samples() -> None:
    chance = random.Random(1)
    target, broken, given = 0.95, 0, 0
    for _ in range(200):
        confidences, right = sample(chance, 300)
        found = threshold(confidences, right, target)
        if found.threshold is not None:
            given += 1
            # Of confidences that are what they say, the true precision above a threshold is their mean.
            accepted = [confidence for confidence in confidences if confidence >= found.threshold]
            assert len(accepted) == found.accepted
            assert found.bound >= target
            broken += sum(accepted) / len(accepted) < target
    assert given > 100
    assert broken <= 10


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_the_promise_is_kept_by_the_calibrator_that_was_fitted_to_the_same_values(method: Method) -> None:
    chance = random.Random(2)
    target, broken, given = 0.92, 0, 0
    line = [number / 200 for number in range(201)]
    for _ in range(60):
        raw = [chance.random() for _ in range(300)]
        judged = [Judged("field", "total", each, chance.random() < truth(each), str(number)) for number, each in enumerate(raw)]
        calibrator = fit(judged, method)
        found = threshold([calibrator.confidence("field", "total", each) for each in raw], [value.right for value in judged], target)
        if found.threshold is not None:
            given += 1
            accepted = [truth(each) for each in line if calibrator.confidence("field", "total", each) >= found.threshold]
            broken += sum(accepted) / len(accepted) < target
    assert given > 15
    assert broken <= 3


def truth(raw: float) -> float:
    """How often a value of that raw confidence is right."""
    return 0.7 + 0.29 * math.sqrt(raw)


def test_equal_confidences_are_accepted_together_or_not_at_all() -> None:
    found = threshold([0.9] * 100 + [0.5] * 100, [True] * 100 + [True, False] * 50, 0.9)
    assert (found.threshold, found.accepted, found.right) == (0.9, 100, 100)
    assert found.rate == Share.of(100, 200)


def test_what_was_not_found_needs_a_person() -> None:
    assert threshold([0.9] * 100, [True] * 100, 0.9, total=400).rate.value == 0.25


def test_too_few_values_are_told_with_how_many_it_takes() -> None:
    found = threshold([0.9] * 100, [True] * 100, 0.99)
    assert (found.threshold, found.accepted, found.rate.value) == (None, 0, 0.0)
    assert found.reason == "the data cannot support 0.99: at least 299 values without an error would be needed, and there are 100"


def test_errors_among_the_most_confident_are_told() -> None:
    found = threshold([0.9] * 100, [True, False] * 50, 0.95)
    assert found.threshold is None
    assert found.reason.startswith("no threshold holds 0.95: of the 100 most confident values 50 are wrong")


@pytest.mark.parametrize("target", [0.0, 1.0, 99.0])
def test_a_target_is_a_share_below_1(target: float) -> None:
    with pytest.raises(UsageError, match=r"such as 0\.99"):
        threshold([0.9], [True], target)
