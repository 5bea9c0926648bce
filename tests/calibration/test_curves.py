"""Curves: monotone, right on average, and the same as those of a library that everybody trusts."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk.calibration import Curve, isotonic, platt

PAIRS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)
LINE = [number / 50 for number in range(51)]


@given(PAIRS, st.sampled_from([isotonic, platt]), st.booleans())
def test_a_curve_never_falls_and_stays_within_0_and_1(pairs: list[tuple[float, bool]], fit: object, cautious: bool) -> None:
    raw, right = [each for each, _ in pairs], [each for _, each in pairs]
    curve = isotonic(raw, right, cautious=cautious) if fit is isotonic else platt(raw, right)
    said = [curve(score) for score in sorted([*LINE, *raw])]
    assert all(0 <= each <= 1 for each in said)
    assert all(one <= other + 1e-12 for one, other in pairwise(said))


@given(PAIRS, st.sampled_from([isotonic, platt]), st.randoms(use_true_random=False))
def test_a_curve_is_the_same_whatever_the_order_of_its_values(pairs: list[tuple[float, bool]], fit: Any, chance: random.Random) -> None:
    shuffled = chance.sample(pairs, len(pairs))
    assert fit(*map(list, zip(*pairs, strict=True))) == fit(*map(list, zip(*shuffled, strict=True)))


@given(PAIRS)
def test_platts_curve_is_finite_and_its_slope_not_negative(pairs: list[tuple[float, bool]]) -> None:
    curve = platt([each for each, _ in pairs], [each for _, each in pairs])
    assert curve.slope is not None
    assert curve.slope >= 0
    assert math.isfinite(curve.slope)
    assert math.isfinite(curve.shift)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_where_all_values_were_right_platts_curve_promises_no_more_than_its_targets(raw: list[float]) -> None:
    curve = platt(raw, [True] * len(raw))
    assert curve(0.999999) <= (len(raw) + 1) / (len(raw) + 2) + 1e-3


@given(PAIRS)
def test_what_isotonic_says_of_its_own_values_is_the_share_of_right_ones_on_average(pairs: list[tuple[float, bool]]) -> None:
    raw, right = [each for each, _ in pairs], [each for _, each in pairs]
    curve = isotonic(raw, right)
    assert math.fsum(map(curve, raw)) == pytest.approx(sum(right))


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60))
@settings(deadline=None)  # the first time, scikit-learn is imported
def test_isotonic_is_what_scikit_learn_says(pairs: list[tuple[int, bool]]) -> None:
    from sklearn.isotonic import IsotonicRegression

    raw, right = [each / 20 for each, _ in pairs], [each for _, each in pairs]
    theirs = IsotonicRegression(out_of_bounds="clip").fit(raw, right).predict(LINE)
    assert list(map(isotonic(raw, right), LINE)) == pytest.approx(list(theirs), abs=1e-9)


def test_platt_is_what_scikit_learn_says_of_log_odds() -> None:
    from sklearn.linear_model import LogisticRegression

    chance = random.Random(3)
    raw = [chance.uniform(0.05, 0.95) for _ in range(400)]
    right = [chance.random() < score**2 for score in raw]
    odds = [[math.log(score / (1 - score))] for score in raw]
    good = sum(right)
    # Platt's targets are fractions: each value counts as right and as wrong, with those weights.
    high, low = (good + 1) / (good + 2), 1 / (len(raw) - good + 2)
    weights = [high if verdict else low for verdict in right] + [1 - (high if verdict else low) for verdict in right]
    theirs = LogisticRegression(C=1e9, tol=1e-10).fit(odds * 2, [1] * 400 + [0] * 400, sample_weight=weights)
    curve = platt(raw, right)
    assert (curve.slope, curve.shift) == (pytest.approx(theirs.coef_[0][0], abs=1e-4), pytest.approx(theirs.intercept_[0], abs=1e-4))


def test_where_nothing_was_wrong_a_cautious_curve_does_not_say_that_nothing_can_be() -> None:
    assert isotonic([0.9, 0.9, 0.9], [True] * 3)(0.9) == 1.0
    assert isotonic([0.9, 0.9, 0.9], [True] * 3, cautious=True)(0.9) == pytest.approx(4 / 5)
    assert isotonic([0.2, 0.9], [False, True], cautious=True)(0.2) == pytest.approx(1 / 3)


def test_platt_is_level_where_raw_confidences_say_the_contrary() -> None:
    curve = platt([0.1, 0.2, 0.8, 0.9], [True, True, False, False])
    assert curve(0.1) == curve(0.9) == pytest.approx(0.5)


def test_between_its_points_a_curve_is_straight_and_outside_level() -> None:
    curve = Curve(points=((0.2, 0.1), (0.6, 0.5)))
    assert [curve(raw) for raw in (0.0, 0.2, 0.4, 0.6, 1.0)] == pytest.approx([0.1, 0.1, 0.3, 0.5, 0.5])


@pytest.mark.parametrize("fit", [isotonic, platt])
def test_a_curve_needs_values(fit: object) -> None:
    with pytest.raises(ValueError, match="needs values"):
        fit([], [])  # type: ignore[operator]
