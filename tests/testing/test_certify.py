"""Holding a component against the laws: order, waivers, the report, and what is shown of a fault."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aios_sdk import ConfigurationError, Document, Extraction, Field, Policy, Registry, UnknownComponent, UsageError, component, implements
from aios_sdk.records import PageInfo, PageText
from aios_sdk.testing import LAWS, Report, Verdict, certify, fakes

from .mutants._calls import Endless, Foreign, numbers
from .mutants._effects import Printing
from .mutants._results import Logits, PerCent


def verdicts(report: Report) -> dict[str, Verdict]:
    return {verdict.law: verdict for verdict in report.verdicts}


# -- order ----------------------------------------------------------------------------------------------------------------


def test_laws_are_asked_in_the_order_in_which_they_rest_on_each_other():
    known: set[str] = set()
    for law in LAWS.values():
        assert set(law.after) <= known, law.id
        known.add(law.id)


def test_a_law_that_rests_on_a_broken_one_is_not_reached():
    found = verdicts(certify(Foreign, laws=["gives-a-result-or-refuses", "returns-its-record", "spans-resolve"], examples=5))
    assert found["gives-a-result-or-refuses"].status == "broken"
    assert found["returns-its-record"].status == "not reached"
    assert found["returns-its-record"].said == "gives-a-result-or-refuses is broken"
    assert found["spans-resolve"].said == "returns-its-record is not reached"


def test_what_a_law_rests_on_is_asked_even_when_only_that_law_was_asked_for():
    [verdict] = certify(Foreign, laws=["spans-resolve"], examples=5).verdicts
    assert (verdict.law, verdict.status) == ("spans-resolve", "not reached")


def test_the_first_broken_law_is_the_one_that_is_reported():
    report = certify(Foreign, laws=["loads", "gives-a-result-or-refuses", "returns-its-record"], examples=5)
    assert report.broken is not None
    assert report.broken.law == "gives-a-result-or-refuses"
    assert not report.ok
    assert str(report).splitlines()[0] == "mutant.foreign 1: breaks gives-a-result-or-refuses"
    assert "aios plugin laws gives-a-result-or-refuses" in str(report)


def test_every_verdict_is_told_as_it_comes():
    told: list[str] = []
    certify(fakes.EchoLength, laws=["says-what-it-does", "loads"], told=lambda verdict: told.append(verdict.law))
    assert told == ["says-what-it-does", "loads"]


def test_a_tier_holds_the_laws_of_those_below_it():
    asked = {law.id for law in LAWS.values() if law.tier == "contract"}
    report = certify(fakes.EchoLength, tier="contract", examples=1)
    assert set(verdicts(report)) == asked
    assert report.tier == "contract"


@pytest.mark.parametrize("wrong", [{"tier": "gold"}, {"laws": ["spans-resolv"]}])
def test_an_unknown_law_or_tier_is_a_usage_error(wrong: dict[str, Any]):
    with pytest.raises(UsageError, match=r"gold|spans-resolve"):
        certify(fakes.EchoLength, **wrong)


def test_an_unknown_component_is_told_at_once():
    with pytest.raises(UnknownComponent, match=r"acme\.nothing"):
        certify("acme.nothing", registry=Registry())


# -- waivers --------------------------------------------------------------------------------------------------------------


def test_a_waiver_covers_its_law():
    report = certify(
        PerCent, laws=["confidence-in-range"], waivers={"confidence-in-range": "percentages are what the desk wants"}, examples=5
    )
    assert report.ok
    assert report.verdicts[0].status == "waived"
    assert "confidence-in-range is waived: percentages are what the desk wants" in str(report)


def test_a_waiver_that_is_not_needed_is_broken():
    [verdict] = certify(
        fakes.EchoLength, laws=["confidence-in-range"], waivers={"confidence-in-range": "we are not sure"}, examples=5
    ).verdicts
    assert verdict.status == "broken"
    assert "the component keeps it" in verdict.said
    assert verdict.details == "Take the waiver out"


def test_a_waiver_of_a_law_that_does_not_apply_is_broken():
    [verdict] = certify(fakes.EchoTable, laws=["refuses-unknown-settings"], waivers={"refuses-unknown-settings": "old"}).verdicts
    assert verdict.status == "broken"
    assert "it takes no configuration" in verdict.said


@component("mutant.twice-wrong", version="1", requires=["text"], provides=["fields"])
class TwiceWrong:
    """Cannot read umlauts, and has scores beyond all bounds."""

    @implements
    def extract(self, document: Document) -> Extraction:
        document.text.encode("ascii")
        return Logits().extract(document)


def test_a_waiver_hides_no_other_fault():
    report = certify(
        TwiceWrong,
        laws=["gives-a-result-or-refuses", "confidence-in-range"],
        waivers={"gives-a-result-or-refuses": "ASCII only"},
        examples=40,
    )
    found = verdicts(report)
    assert found["gives-a-result-or-refuses"].status == "waived"
    assert found["confidence-in-range"].status == "broken"
    assert "score is -3.7" in found["confidence-in-range"].said


def test_a_waived_fault_that_shows_again_breaks_no_other_law():
    report = certify(
        Foreign, laws=["gives-a-result-or-refuses", "confidence-in-range"], waivers={"gives-a-result-or-refuses": "ASCII"}, examples=40
    )
    again = verdicts(report)["confidence-in-range"]
    assert report.ok
    assert again.status == "not applicable"
    assert again.said == "gives-a-result-or-refuses is waived, and broken here too"


def test_a_waiver_of_an_unknown_law_is_refused_with_the_near_name():
    with pytest.raises(ConfigurationError, match="prints-nothing"):
        certify(fakes.EchoLength, waivers={"print-nothing": "why not"})


def test_a_waiver_needs_a_reason():
    with pytest.raises(ConfigurationError, match="has no reason"):
        certify(fakes.EchoLength, waivers={"prints-nothing": " "})


# -- what is shown --------------------------------------------------------------------------------------------------------


def test_the_smallest_input_that_shows_the_fault_is_shown():
    [verdict] = certify(Printing, laws=["prints-nothing"]).verdicts
    assert verdict.example.splitlines()[-1] == "page 0: ''"  # of all that is generated, and though longer samples came first
    assert f"    {verdict.example.splitlines()[-1]}" in str(certify(Printing, laws=["prints-nothing"]))


def document(*contents: str) -> Document:
    pages = tuple(PageInfo(index=index) for index in range(len(contents)))
    return Document.of(pages=pages, text=tuple(PageText(page=index, content=content) for index, content in enumerate(contents)))


@component("mutant.superstitious", version="1", requires=["text"], provides=["fields"])
class Superstitious:
    """Does not like one number."""

    @implements
    def extract(self, document: Document) -> Extraction:
        if "471103" in document.text:
            raise RuntimeError("not that one")
        return Extraction(fields=tuple(field for page in document.pages for field in numbers(page)))


def test_the_authors_own_examples_are_tried_first():
    [verdict] = certify(Superstitious, laws=["gives-a-result-or-refuses"], documents=[document("Invoice 471103")], examples=5).verdicts
    assert verdict.status == "broken"
    assert "Invoice 471103" in verdict.example
    assert certify(Superstitious, laws=["gives-a-result-or-refuses"], examples=5).ok


def test_what_happens_only_now_and_then_is_reported_as_such():
    calls = []

    @component("mutant.moody", version="1", requires=["text"], provides=["fields"])
    class Moody:
        """Fails on every seventh call."""

        @implements
        def extract(self, document: Document) -> Extraction:
            calls.append(document)
            if len(calls) % 7 == 0:
                raise RuntimeError("not again")
            return Extraction()

    [verdict] = certify(Moody, laws=["gives-a-result-or-refuses"], registry=Registry()).verdicts
    assert verdict.status == "broken"
    assert "RuntimeError: not again" in verdict.said


def test_a_call_that_never_ends_is_broken_off():
    [verdict] = certify(Endless, laws=["ends"], limit=0.5).verdicts
    assert verdict.status == "broken"
    assert verdict.said == "it did not end within 0.5 s"
    assert "page 0:" in verdict.example


@pytest.mark.parametrize("seed", [0, 471102])
def test_the_same_seed_shows_the_same_input(seed: int):
    one, other = (certify(Foreign, laws=["gives-a-result-or-refuses"], seed=seed).verdicts[0] for _ in range(2))
    assert one.example == other.example
    assert one.said == other.said


# -- the report -----------------------------------------------------------------------------------------------------------


def test_the_report_is_data_with_versions_seed_and_counts():
    report = certify(PerCent, laws=["loads", "refuses-unknown-settings", "confidence-in-range"], seed=7, examples=5)
    facts = json.loads(report.to_json())
    assert {name: facts[name] for name in ("component", "version", "seed", "examples", "ok", "tier")} == {
        "component": "mutant.per-cent", "version": "1", "seed": 7, "examples": 5, "ok": False, "tier": None,
    }  # fmt: skip
    assert facts["counts"] == {"contract": {"passed": 1, "not applicable": 1, "broken": 1}}
    assert [verdict["law"] for verdict in facts["verdicts"]] == ["loads", "refuses-unknown-settings", "confidence-in-range"]
    assert facts["verdicts"][2]["said"] == "route[0].confidence is 97.0, and not within 0..1"
    assert {"sdk", "python"} <= set(facts)


def test_a_component_that_answers_with_a_coroutine_is_awaited():
    @component("acme.waiting", version="1", requires=["text"], provides=["fields"])
    class Waiting:
        """Finds numbers, in no hurry."""

        @implements
        async def extract(self, document: Document) -> Extraction:
            return Extraction(fields=tuple(field for page in document.pages for field in numbers(page)))

    report = certify(Waiting, laws=["does-its-work", "spans-resolve"], examples=5, registry=Registry())
    assert report.ok, report


def test_an_installed_component_is_also_held_against_the_laws_of_distributions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fakes.distribution(tmp_path, name="aios-echo-certified")
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry.discover(Policy(), [str(tmp_path)])
    of_distributions = ["listing-imports-nothing", "manifest-equals-code", "is-typed", "metadata-is-complete"]
    report = certify("echo.numbers", laws=of_distributions, registry=registry)
    assert [verdict.status for verdict in report.verdicts] == ["passed"] * 4, report


def test_a_function_and_an_instance_can_be_certified():
    @component("acme.counting", version="1")
    def counting(document: Document) -> Extraction:
        """Counts the pages."""
        return Extraction(fields=(Field(path="pages", value=len(document.pages), status="ungrounded"),))

    class Counter:
        """Counts the pages, from a number on."""

        def __init__(self, start: int = 0) -> None:
            self.start = start

        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction(fields=(Field(path="pages", value=self.start + len(document.pages), status="ungrounded"),))

    for target in (counting, Counter(3)):
        report = certify(target, laws=[*_FEW], examples=3, registry=Registry())
        assert report.ok, report


_FEW: Sequence[str] = (
    "loads",
    "does-its-work",
    "remembers-nothing",
    "instances-share-nothing",
    "opens-again",
    "prints-nothing",
    "scratch-may-vanish",
)
