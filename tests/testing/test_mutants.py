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


# Laws that start processes or watch for a while cost seconds each; the long form asks them too.
_QUICK = ("loads", "ends", "gives-a-result-or-refuses", "returns-its-record", "spans-resolve", "input-unchanged", "prints-nothing",
          "provides-what-it-declares", "confidence-in-range")  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_keeps_the_other_laws_that_are_quick_to_ask(mutant: Mutant):
    _keeps(mutant, [law for law in _QUICK if law != mutant.law], examples=3)


@pytest.mark.soak
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_keeps_all_other_laws(mutant: Mutant):
    _keeps(mutant, [law for law in LAWS if law != mutant.law], examples=6)


def _keeps(mutant: Mutant, laws: list[str], examples: int) -> None:
    report = certify(mutant.code, laws=laws, **{"examples": examples, **mutant.options})
    broken = {verdict.law: verdict.said for verdict in report.verdicts if verdict.status == "broken"}
    assert set(broken) <= {mutant.law}, report
