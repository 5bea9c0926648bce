"""The kit raises no false alarm: correct components keep every law."""

from __future__ import annotations

import pytest

from aios_sdk.testing import certify, fakes

from .correct import CORRECT


# Every second one; the long form asks all of them, all laws.
@pytest.mark.parametrize("code", [*CORRECT, *fakes.ECHO][::2], ids=lambda code: code.__name__)
def test_a_correct_component_keeps_the_laws_of_the_first_tier(code: type):
    report = certify(code, tier="contract", examples=3)
    assert report.tier == "contract", str(report)


def test_a_correct_component_keeps_every_law():
    report = certify(fakes.ECHO[1], examples=4)
    assert report.tier == "operation", str(report)


@pytest.mark.soak
@pytest.mark.parametrize("code", [*CORRECT, *fakes.ECHO], ids=lambda code: code.__name__)
def test_every_correct_component_keeps_every_law_on_many_examples(code: type):
    report = certify(code, examples=8)
    assert report.tier == "operation", str(report)
