"""A plugin that is new is green at once: installed, certified, run and tested without an edit, for every stage and modality."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from aios_sdk.scaffold import Skeleton, create

from ._environment import Environment
from .freeze import varieties

SKELETONS = list(varieties("acme"))

#: One of each stage, and of each modality at least two; the long form tries all.
FEW = {"ingest-image", "extract-table", "classify-image", "summarize-text", "check-table", "redact-text", "route-text"}


def marked(skeleton: Skeleton) -> Any:
    """As a parameter, soak for those that are not among the few."""
    return pytest.param(skeleton, id=skeleton.variety, marks=() if skeleton.variety in FEW else pytest.mark.soak)


@pytest.fixture(scope="session")
def plugins(environment: Environment) -> Path:
    """The folder with a new plugin of every variety, all of them installed."""
    folder = environment.folder / "plugins"
    for skeleton in SKELETONS:
        create(skeleton, folder / skeleton.distribution)
    environment.install(*(folder / skeleton.distribution for skeleton in SKELETONS), editable=True)
    return folder


def test_all_of_them_are_listed_in_good_standing(plugins: Path, environment: Environment) -> None:
    rows = json.loads(environment.run("aios", "plugin", "list", "--json", cwd=plugins))
    mine = {row["id"]: (row["state"], row["reason"]) for row in rows if row["distribution"].startswith("acme-")}
    assert mine == {skeleton.id: ("allowed", "") for skeleton in SKELETONS}


@pytest.mark.soak
@pytest.mark.parametrize("skeleton", SKELETONS, ids=lambda skeleton: skeleton.variety)
def test_a_new_plugin_keeps_every_law(skeleton: Skeleton, plugins: Path, environment: Environment) -> None:
    said = environment.run("aios", "plugin", "check", skeleton.id, "--examples", "5", "--json", cwd=plugins)
    assert json.loads(said)["tier"] == "operation"


@pytest.mark.parametrize("skeleton", [marked(skeleton) for skeleton in SKELETONS])
def test_a_new_plugin_keeps_the_laws_of_the_first_tier_and_runs(
    skeleton: Skeleton, plugins: Path, environment: Environment, tmp_path: Path
) -> None:
    # Few examples: the laws themselves are tried on many in tests/testing. The long form asks all of them.
    said = environment.run("aios", "plugin", "check", skeleton.id, "--tier", "contract", "--examples", "2", "--json", cwd=plugins)
    assert json.loads(said)["tier"] == "contract"
    project = plugins / skeleton.distribution
    (example,) = (path for path in (project / "example").iterdir() if path.name != "pipeline.yaml")
    store = tmp_path / "example.aios"
    said = environment.run("aios", "run", "example/pipeline.yaml", f"example/{example.name}", "--store", str(store), cwd=project)
    assert "1 document: 1 completed" in said
    query = f"select distinct component from attempts where status = 'ok' and stage = '{skeleton.stage}'"
    assert skeleton.id in environment.run("aios", "sql", str(store), query, cwd=project)


def test_the_tests_that_a_new_plugin_comes_with_pass(plugins: Path, environment: Environment) -> None:
    pytest = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    sentences = [
        f"{path}::{name}"
        for path in sorted(plugins.glob("*/tests/test_*.py"))
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)
    ]
    assert f"{len(SKELETONS)} passed" in environment.run(*pytest, *sentences, cwd=plugins)
    whole = environment.run(*pytest, cwd=plugins / "acme-route-text")
    assert re.search(r"[0-9]{2} passed", whole)
