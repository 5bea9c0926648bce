"""``aios plugin check`` and ``aios plugin laws``: what is printed, and the exit codes."""

from __future__ import annotations

import json

import pytest

from aios_sdk import Registry
from aios_sdk.cli import Exit, main
from aios_sdk.testing import LAWS

from .mutants._effects import Printing
from .mutants._results import PerCent

FEW = ["--law", "loads", "--law", "says-what-it-does"]


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong components are known to this process, beside those that are installed."""
    registry = Registry.discover()
    for each in (Printing, PerCent):
        registry.add(each)
    monkeypatch.setattr(Registry, "_default", registry)


def test_a_component_that_keeps_all_laws_is_told_in_two_lines(capsys: pytest.CaptureFixture[str]):
    assert main(["plugin", "check", "aios.plain-text", *FEW]) == Exit.OK
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("aios.plain-text ")
    assert first.endswith(": keeps every law up to the tier contract")
    assert second.split() == ["contract", "2", "passed"]


def test_short_names_mean_those_of_the_sdk(capsys: pytest.CaptureFixture[str]):
    assert main(["plugin", "check", "plain-text", *FEW]) == Exit.OK
    assert capsys.readouterr().out.startswith("aios.plain-text ")


@pytest.mark.usefixtures("wrong")
def test_a_broken_law_is_told_with_the_smallest_input_and_the_page_to_read(capsys: pytest.CaptureFixture[str]):
    assert main(["plugin", "check", "mutant.per-cent", "--law", "confidence-in-range", "--examples", "5"]) == Exit.PLUGIN
    said = capsys.readouterr().out
    assert "mutant.per-cent 1: breaks confidence-in-range" in said
    assert "route[0].confidence is 97.0, and not within 0..1" in said
    assert "The smallest input that shows it:" in said
    assert "aios plugin laws confidence-in-range" in said


@pytest.mark.usefixtures("wrong")
def test_the_report_is_json_even_if_the_component_prints(capfd: pytest.CaptureFixture[str]):
    assert (
        main(["plugin", "check", "mutant.printing", "--law", "does-its-work", "--law", "prints-nothing", "--json", "--examples", "3"])
        == Exit.PLUGIN
    )
    facts = json.loads(capfd.readouterr().out)
    assert (facts["component"], facts["ok"]) == ("mutant.printing", False)
    assert [(verdict["law"], verdict["status"]) for verdict in facts["verdicts"]] == [
        ("does-its-work", "passed"),
        ("prints-nothing", "broken"),
    ]


def test_a_distribution_stands_for_all_of_its_components(capsys: pytest.CaptureFixture[str]):
    assert main(["plugin", "check", "aios-files", *FEW, "--json"]) == Exit.OK
    assert {report["component"] for report in json.loads(capsys.readouterr().out)} == {
        "aios.folder",
        "aios.image",
        "aios.json",
        "aios.plain-text",
        "aios.tar",
        "aios.xml",
        "aios.zip",
    }


@pytest.mark.usefixtures("wrong")
def test_a_waived_law_is_well_and_its_reason_is_shown(capsys: pytest.CaptureFixture[str]):
    waived = ["--law", "confidence-in-range", "--waive", "confidence-in-range=the desk thinks in per cent", "--examples", "5"]
    assert main(["plugin", "check", "mutant.per-cent", *waived]) == Exit.OK
    assert "confidence-in-range is waived: the desk thinks in per cent" in capsys.readouterr().out


def test_the_configuration_is_that_on_trial(capsys: pytest.CaptureFixture[str]):
    assert main(["plugin", "check", "aios.extractive", "--config", '{"sentences": 0}', "--law", "loads"]) == Exit.PLUGIN
    assert "sentences = 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing"], Exit.PLUGIN, "There is no component and no distribution 'nothing'"),
        (["aios.zip", "--law", "print-nothing"], Exit.USAGE, "Did you mean 'prints-nothing'"),
        (["aios.zip", "--tier", "gold"], Exit.USAGE, "Tiers are contract, behaviour, operation"),
        (["aios.zip", "--config", "[]"], Exit.USAGE, "--config is no JSON object"),
        (["aios.zip", "--config", "{"], Exit.USAGE, "--config is no JSON"),
        (["aios.zip", "--waive", "loads"], Exit.USAGE, "Write --waive LAW=REASON"),
        (["aios.zip", "--waive", "load=x"], Exit.USAGE, "Did you mean 'loads'"),
    ],
)
def test_a_wrong_command_is_refused_with_what_to_write(arguments: list[str], code: Exit, said: str, capsys: pytest.CaptureFixture[str]):
    assert main(["plugin", "check", *arguments]) == code
    assert said in capsys.readouterr().err


def test_the_laws_are_listed_with_their_tiers(capsys: pytest.CaptureFixture[str]):
    assert main(["plugin", "laws"]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == list(LAWS)
    assert lines[0].split(maxsplit=2) == ["contract", "loads", LAWS["loads"].title]


def test_a_law_is_explained(capsys: pytest.CaptureFixture[str]):
    assert main(["plugin", "laws", "close-lets-go"]) == Exit.OK
    said = capsys.readouterr().out
    assert said.startswith("close-lets-go (contract)\n\nAfter ``close``")
    assert "Close in ``close`` what was opened" in said


def test_an_unknown_law_is_refused_with_the_near_name(capsys: pytest.CaptureFixture[str]):
    assert main(["plugin", "laws", "close-let-go"]) == Exit.USAGE
    assert "Did you mean 'close-lets-go'" in capsys.readouterr().err
