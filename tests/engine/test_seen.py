"""What a run keeps of everything that it was given says what a set says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aios_sdk.engine._seen import Seen


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3) | st.sampled_from([1024, 2048, -1024])))
def test_a_number_is_new_once(numbers: list[int]) -> None:
    seen, known = Seen(), set[int]()
    for number in numbers:
        assert seen.add(number) == (number not in known)
        known.add(number)
