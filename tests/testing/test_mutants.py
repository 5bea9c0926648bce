"""The kit is tested by wrong components: each breaks its law, and only its law."""

from __future__ import annotations

import pytest

from aios_sdk.testing import LAWS, certify

from .mutants import MUTANTS, Mutant


def test_every_law_has_a_mutant():
    assert {mutant.law for mutant in MUTANTS} == set(LAWS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_breaks_its_law(mutant: Mutant):
    report = certify(mutant.code, laws=[mutant.law], **mutant.options)
    assert [verdict.law for verdict in report.verdicts if verdict.status == "broken"] == [mutant.law], report


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_keeps_all_other_laws(mutant: Mutant):
    others = [law for law in LAWS if law != mutant.law]
    report = certify(mutant.code, laws=others, **{"examples": 6, **mutant.options})
    broken = {verdict.law: verdict.said for verdict in report.verdicts if verdict.status == "broken"}
    assert set(broken) <= {mutant.law}, report
