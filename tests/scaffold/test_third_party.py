"""A plugin by somebody else: its wheel beside the SDK's in a clean environment, certified, and at work in a pipeline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aios_sdk.scaffold import render
from aios_sdk.scaffold._update import read
from tests.conftest import REPOSITORY

from ._environment import Environment

PROJECT = REPOSITORY / "contrib" / "aios-zxing-barcodes"


@pytest.fixture(scope="session")
def installed(environment: Environment) -> Environment:
    """The environment with the wheel of the plugin in it."""
    environment.install(*environment.wheels(PROJECT))
    return environment


def test_it_is_the_wheels_that_run(installed: Environment, tmp_path: Path) -> None:
    code = "import aios_sdk, aios_zxing_barcodes; print(aios_sdk.__file__, aios_zxing_barcodes.__file__)"
    places = installed.run("python", "-c", code, cwd=tmp_path).split()
    assert all(place.startswith(str(installed.site)) for place in places), places
    facts = json.loads(installed.run("aios", "plugin", "inspect", "aios-zxing-barcodes", "--json", cwd=tmp_path))
    assert facts[0]["state"] == "allowed"
    assert facts[0]["files"] == "as RECORD lists them"


def test_it_is_certified(installed: Environment, tmp_path: Path) -> None:
    # Few examples, of the first tier: its own tests ask for all tiers, and each page takes its time.
    options = ("--file", str(PROJECT / "example" / "invoice.png"), "--tier", "contract", "--examples", "2", "--json")
    said = installed.run("aios", "plugin", "check", "zxing.barcodes", *options, cwd=tmp_path)
    assert json.loads(said)["ok"]
    assert json.loads(said)["tier"] == "contract"


def test_it_does_its_work_in_a_pipeline(installed: Environment, tmp_path: Path) -> None:
    example = PROJECT / "example"
    said = installed.run("aios", "run", str(example / "pipeline.yaml"), str(example / "invoice.png"), "--store", "desk.aios", cwd=tmp_path)
    assert "1 document: 1 completed" in said
    query = "select value_text, component, version from field_provenance where path = 'payment.amount'"
    row = installed.run("aios", "sql", "desk.aios", query, cwd=tmp_path)
    for part in ("118.40", "zxing.barcodes", "0.1.0"):
        assert part in row


def test_it_has_the_form_that_the_scaffold_writes() -> None:
    skeleton = read(PROJECT)
    expected = {path for path in render(skeleton) if not path.startswith("example/")}
    there = {path.relative_to(PROJECT).as_posix() for path in PROJECT.rglob("*") if path.is_file()}
    assert expected <= there
    for path in (".github/workflows/test.yml", ".gitignore", "LICENSE", ".aios-scaffold.toml"):
        assert (PROJECT / path).read_bytes() == render(skeleton)[path]
