"""The kit raises no false alarm: correct components keep every law."""

from __future__ import annotations

import pytest

from aios_sdk.testing import certify, fakes

from .correct import CORRECT


@pytest.mark.parametrize("code", [*CORRECT, *fakes.ECHO], ids=lambda code: code.__name__)
def test_a_correct_component_keeps_every_law(code: type):
    report = certify(code, examples=8)
    assert report.tier == "operation", str(report)
