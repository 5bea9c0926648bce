"""The kit is tested by wrong components: each breaks its law, and only its law."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

import pytest

from aios_sdk.testing import LAWS, certify

from .alone import alone
from .mutants import MUTANTS, Mutant


def test_every_law_has_a_mutant():
    assert {mutant.law for mutant in MUTANTS} == set(LAWS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_breaks_its_law(mutant: Mutant):
    assert alone(mutant.law, mutant.code, mutant.options) == "broken"


# Laws that start processes or watch for a while cost seconds each; the long form asks them too.
_QUICK = ("loads", "ends", "gives-a-result-or-refuses", "returns-its-record", "spans-resolve", "input-unchanged", "prints-nothing",
          "provides-what-it-declares", "confidence-in-range")  # fmt: skip


#: Every sixth one; the long form holds all of them against all laws.
_SOME = sorted(MUTANTS, key=lambda mutant: crc32(mutant.name.encode()))[::6]


@pytest.mark.parametrize("mutant", _SOME, ids=lambda mutant: mutant.name)
def test_a_mutant_keeps_what_its_law_rests_on_and_the_laws_that_are_quick_to_ask(mutant: Mutant):
    below = _under(mutant.law)
    _keeps(mutant, [*(law for law in _QUICK if law != mutant.law), *(law for law in LAWS if law in below)], examples=3)


@pytest.mark.soak
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_keeps_all_other_laws(mutant: Mutant):
    _keeps(mutant, LAWS, examples=6)


@pytest.mark.soak
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_told_by_the_law_that_it_breaks(mutant: Mutant):
    report = certify(mutant.code, laws=[mutant.law], **mutant.options)
    assert [verdict.law for verdict in report.verdicts if verdict.status == "broken"] == [mutant.law], report


def _under(law: str) -> set[str]:
    """The laws that one rests on, and those that they rest on."""
    return {below for other in LAWS[law].after for below in (other, *_under(other))}


def _keeps(mutant: Mutant, laws: Iterable[str], examples: int) -> None:
    report = certify(mutant.code, laws=list(laws), **{"examples": examples, **mutant.options})
    broken = {verdict.law: verdict.said for verdict in report.verdicts if verdict.status == "broken"}
    assert set(broken) <= {mutant.law}, report
