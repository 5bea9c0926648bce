"""The distribution: its manifest, what it imports, its configuration, and its documentation."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aios_rules import Rules
from aios_rules._file import parse_rules

from aios_sdk import ConfigurationError, UsageError
from aios_sdk.testing import check_manifest

PLUGIN = Path(__file__).resolve().parent.parent
RULES = "checks:\n  - rule: a\n    expect: pages > 0\n  - rule: b\n    expect: pages > 1\n"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (PLUGIN / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_manifest_says_what_the_code_says() -> None:
    check_manifest("aios_rules")


def test_only_public_names_of_the_sdk_are_imported() -> None:
    for path in (PLUGIN / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("aios_sdk"):
                assert node.module in ("aios_sdk", "aios_sdk.expressions")
                assert not any(alias.name.startswith("_") for alias in node.names)


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    found = blocks("python")
    assert len(found) == 2
    for block in found:
        done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_yaml_of_the_readme_is_a_rules_file_and_its_table_lists_every_key() -> None:
    (text,) = blocks("yaml")
    rules = parse_rules(text, "README.md")
    assert [route.to for route in rules.routes] == ["fraud", "pay", "adjuster"]
    documented = set(re.findall(r"^\| `(\w+)` \|", (PLUGIN / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert documented == {
        "tables",
        "file",
        "key",
        "types",
        "checks",
        "rule",
        "expect",
        "when",
        "severity",
        "message",
        "routes",
        "to",
        "review",
        "because",
    }


def test_it_provides_its_checks(desk: Any) -> None:
    assert desk.create(RULES).provided.checks == ("a", "b")
    assert desk.create("routes:\n  - to: desk\n").provided.checks == ()


def test_the_digest_of_the_configuration_changes_with_the_rules_and_not_with_their_place(desk: Any) -> None:
    before = desk.create(RULES).config_digest
    other = desk.write("other.yaml", RULES)
    assert desk.registry.create("aios.rules", {"rules": other}).config_digest == before
    assert desk.create(RULES.replace("> 1", "> 2")).config_digest != before


def test_a_rules_file_that_is_not_there_is_said(desk: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no file .*nothing.yaml"):
        desk.registry.create("aios.rules", {"rules": "nothing.yaml"})


def test_a_configuration_that_was_validated_validates_again_to_an_equal_one(desk: Any) -> None:
    desk.write("policies.csv", "k,v\na,1\n")
    config = desk.create("tables:\n  policies: {file: policies.csv}\n" + RULES).config
    assert Rules.Config.model_validate(config.model_dump()) == config


def test_rules_that_were_not_bound_say_so(desk: Any, make: Any) -> None:
    with pytest.raises(UsageError, match=r"no compiled checks. bind\(\) was not called"):
        desk.check(desk.create(RULES), make.document())
