"""A plugin that is new is green at once: installed, certified, run and tested without an edit, for every stage and modality."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aios_sdk.scaffold import Skeleton, create

from ._environment import Environment
from .freeze import varieties

SKELETONS = list(varieties("acme"))


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


@pytest.mark.parametrize("skeleton", SKELETONS, ids=lambda skeleton: skeleton.variety)
def test_a_new_plugin_keeps_every_law_and_runs(skeleton: Skeleton, plugins: Path, environment: Environment, tmp_path: Path) -> None:
    # Few examples: the laws themselves are tried on many in tests/testing.
    said = environment.run("aios", "plugin", "check", skeleton.id, "--examples", "5", "--json", cwd=plugins)
    assert json.loads(said)["ok"]
    project = plugins / skeleton.distribution
    (example,) = (path for path in (project / "example").iterdir() if path.name != "pipeline.yaml")
    store = tmp_path / "example.aios"
    said = environment.run("aios", "run", "example/pipeline.yaml", f"example/{example.name}", "--store", str(store), cwd=project)
    assert "1 document: 1 completed" in said
    query = f"select distinct component from attempts where status = 'ok' and stage = '{skeleton.stage}'"
    assert skeleton.id in environment.run("aios", "sql", str(store), query, cwd=project)


def test_the_tests_that_a_new_plugin_comes_with_pass(plugins: Path, environment: Environment) -> None:
    sentences = environment.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not test_acme", ".", cwd=plugins)
    assert f"{len(SKELETONS)} passed" in sentences
    whole = environment.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=plugins / "acme-route-text")
    assert "passed" in whole
    assert "failed" not in whole
