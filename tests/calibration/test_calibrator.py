"""Calibrators: fitted by path, measured on other sources, written and read, and applied without touching what was said."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aios_sdk import Classification, Extraction, Field, Label
from aios_sdk.calibration import (
    Calibrator,
    Curve,
    Judged,
    calibration_error,
    cross_fitted,
    expected_calibration_error,
    fit,
    folds_of,
    split_by_source,
)
from aios_sdk.errors import InputError, UsageError

HALVED = Calibrator(method="isotonic", all=Curve(points=((0.0, 0.0), (1.0, 0.5))), fields={"lines[].total": Curve(points=((0.5, 0.9),))})


def judged(count: int, name: str = "total", *, seed: int = 1, power: float = 3.0, sources: int = 0) -> list[Judged]:
    """Values whose component is too sure: right with a power of what it says."""
    chance = random.Random(seed)
    raw = [chance.random() for _ in range(count)]
    return [
        Judged("field", name, each, chance.random() < each**power, f"{number % sources if sources else number}")
        for number, each in enumerate(raw)
    ]


def test_confidence_is_set_from_what_was_said_which_stays() -> None:
    said = Field(path="total", value=1, status="ungrounded", confidence=0.8)
    again = Field(path="total", value=1, status="ungrounded", confidence=0.1, raw_confidence=0.8)
    silent = Field(path="total", value=1, status="ungrounded")
    own = Field(path="lines[3].total", value=1, status="ungrounded", raw_confidence=0.8)
    found = HALVED.applied(Extraction(fields=(said, again, silent, own))).fields
    assert [(field.confidence, field.raw_confidence) for field in found] == [(0.4, 0.8), (0.4, 0.8), (None, None), (0.9, 0.8)]
    assert HALVED.applied(HALVED.applied(Extraction(fields=(said,)))).fields == found[:1]


def test_a_label_that_abstains_stays_as_it_is() -> None:
    sure, not_sure = Label(taxonomy="kind", value="bill", confidence=1.0), Label(taxonomy="kind", abstained=True, confidence=0.4)
    found = HALVED.applied(Classification(labels=(sure, not_sure))).labels
    assert [label.confidence for label in found] == [0.5, 0.4]
    assert HALVED.applied(Extraction()) == Extraction()


@given(
    st.builds(
        Calibrator, method=st.sampled_from(["isotonic", "platt"]), all=st.builds(Curve, slope=st.floats(0, 5), shift=st.floats(-5, 5))
    )
)
def test_a_calibrator_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, calibrator: Calibrator) -> None:
    folder = tmp_path_factory.mktemp("calibrator")
    calibrator.write(folder)
    assert Calibrator.read(folder) == calibrator


def test_a_folder_without_a_calibrator_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no calibrator in"):
        Calibrator.read(tmp_path)


def test_many_values_of_a_path_make_its_curve_and_few_stay_near_that_of_all() -> None:
    all_right = [value._replace(name="date", right=True) for value in judged(3)]
    calibrator = fit([*judged(300), *judged(300, "lines[0].total", power=0.2), *all_right], "platt")
    assert set(calibrator.fields) == {"total", "lines[].total", "date"}
    assert calibrator.confidence("field", "lines[7].total", 0.5) > 0.8 > 0.3 > calibrator.confidence("field", "total", 0.5)
    assert calibrator.all(0.5) < calibrator.confidence("field", "date", 0.5) < calibrator.all(0.5) + 0.3
    assert calibrator.confidence("field", "never seen", 0.5) == round(calibrator.all(0.5), 6)


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_a_path_that_is_nearly_always_wrong_is_not_taken_for_the_others(method: str) -> None:
    wrong = [value._replace(name="address", right=False) for value in judged(25)]
    calibrator = fit([*judged(600, power=0.1), *wrong], method)  # type: ignore[arg-type]
    assert calibrator.confidence("field", "address", 0.7) < 0.3 < 0.8 < calibrator.confidence("field", "total", 0.7)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=20, max_size=60), st.sampled_from(["isotonic", "platt"]))
def test_every_curve_rises_and_stays_within_what_is_possible(values: list[tuple[float, bool]], method: str) -> None:
    named = [Judged("field", "abc"[number % 3], raw, right, str(number)) for number, (raw, right) in enumerate(values)]
    calibrator = fit(named, method)  # type: ignore[arg-type]
    for name in "abcd":
        found = [calibrator.confidence("field", name, raw / 10) for raw in range(11)]
        assert found == sorted(found)
        assert 0 <= found[0] <= found[-1] <= 1


def test_an_isotonic_curve_of_few_values_stays_near_platts_and_of_many_follows_them() -> None:
    def stepped(count: int) -> list[Judged]:
        chance = random.Random(3)
        raw = [chance.random() for _ in range(count)]
        return [Judged("field", "total", each, chance.random() < (0.6 if each < 0.5 else 0.97), str(n)) for n, each in enumerate(raw)]

    few, smooth = fit(stepped(60), "isotonic"), fit(stepped(60), "platt")
    assert max(abs(few.all(raw / 20) - smooth.all(raw / 20)) for raw in range(1, 20)) < 0.1
    many = fit(stepped(5000), "isotonic")
    assert many.all(0.45) < 0.67
    assert many.all(0.55) > 0.93


def test_the_method_follows_the_number_of_values() -> None:
    assert [fit(judged(count)).method for count in (20, 999, 1000)] == ["platt", "platt", "isotonic"]
    with pytest.raises(UsageError, match="19 values are too few"):
        fit(judged(19))


@given(st.lists(st.integers(0, 8), min_size=2, max_size=40), st.randoms())
def test_no_source_is_on_both_sides_and_every_value_is_measured_once(sources: list[int], order: random.Random) -> None:
    names = [str(source) for source in sources]
    if len(set(names)) < 2:
        with pytest.raises(UsageError, match="1 source"):
            list(split_by_source(names, 5))
        return
    measured = []
    for learnt, held in split_by_source(names, 5):
        assert not {names[number] for number in learnt} & {names[number] for number in held}
        assert sorted([*learnt, *held]) == list(range(len(names)))
        measured += held
    assert sorted(measured) == list(range(len(names)))
    shuffled = list(names)
    order.shuffle(shuffled)
    parts = {frozenset(names[number] for number in held) for _, held in split_by_source(names, 5)}
    assert parts == {frozenset(shuffled[number] for number in held) for _, held in split_by_source(shuffled, 5)}


def test_values_without_a_source_stand_for_themselves() -> None:
    assert sorted(folds_of(["", "", "", "one", "one"], 4)) == [0, 0, 1, 2, 3]


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_on_sources_it_never_saw_a_calibrator_is_as_good_as_chance_allows(method: str) -> None:
    values = judged(1200, sources=300)
    right, sources = [value.right for value in values], [value.source for value in values]
    before = calibration_error([value.raw for value in values], right, sources)
    after = calibration_error(cross_fitted(values, method), right, sources)  # type: ignore[arg-type]
    assert not before.is_chance
    assert after.is_chance
    assert before.low > after.high
    assert after.low <= after.value <= after.high


def test_the_error_of_confidences_that_are_what_they_say_is_chance_nineteen_times_of_twenty() -> None:
    chance = random.Random(5)
    kept = 0
    for _ in range(20):
        confidences = [chance.random() for _ in range(150)]
        right = [chance.random() < confidence for confidence in confidences]
        kept += calibration_error(confidences, right, [str(number) for number in range(150)]).is_chance
    assert kept >= 17


def test_the_error_is_the_mean_distance_over_bins() -> None:
    confidences, right = [0.9] * 10 + [0.2] * 10, [True] * 8 + [False] * 2 + [True] * 2 + [False] * 8
    error = calibration_error(confidences, right, [str(number) for number in range(20)])
    assert error.value == expected_calibration_error(confidences, right) == pytest.approx(0.05)


def test_values_of_one_source_that_go_together_say_less_than_as_many_of_their_own() -> None:
    chance = random.Random(3)
    raw = [chance.random() for _ in range(60)]
    once = [chance.random() < each for each in raw]
    confidences, right = [each for each in raw for _ in range(10)], [verdict for verdict in once for _ in range(10)]
    together = calibration_error(confidences, right, [str(number // 10) for number in range(600)])
    apart = calibration_error(confidences, right, [str(number) for number in range(600)])
    assert together.value == apart.value > together.chance == apart.chance
    assert together.value < together.among_sources
    assert apart.among_sources == pytest.approx(apart.chance, rel=0.25)
