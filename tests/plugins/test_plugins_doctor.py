"""``aios plugin doctor``: how each plugin stands, and the command that puts it right."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aios_sdk.plugins import Policy, Registry, findings, installed_versions

from ._wheels import build, install
from .conftest import MANIFEST, Site
from .test_plugins_discovery import imported
from .test_plugins_lock import edit, lock_of

Aios = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheels with something wrong, installed by pip."""
    folder = tmp_path_factory.mktemp("ward")
    wheels = folder / "wheels"
    install(
        folder / "site",
        build(wheels, "acme_newer", sdk=">=9,<10"),
        build(wheels, "acme_older", sdk="<0.1"),
        build(wheels, "acme_lacking", more="Requires-Python: >=3.99\nRequires-Dist: no-such-thing>=2\nRequires-Dist: hypothesis (<1)\n"
              "Requires-Dist: other; extra == 'x'\nRequires-Dist: also-not-there[x] ~=1.4\nRequires-Dist: pytest>=1\n"),
        build(wheels, "acme_tool", declared={"programs": ("tesseract", "no-such-program", "sh"), "secrets": ("ACME_TOKEN",)}),
    )  # fmt: skip
    return folder / "site"


def told(plugin: Any, versions: dict[str, str] | None = None) -> list[tuple[str, str, bool]]:
    return [tuple(found) for found in findings(plugin, versions or {})]


def plugins_of(site: Path, policy: Policy | None = None) -> dict[str, Any]:
    return {plugin.name: plugin for plugin in Registry.discover(policy or Policy(), path=[str(site)]).plugins}


def test_a_plugin_that_does_not_fit_the_sdk_is_told_which_release_does(ward: Path, site: Site) -> None:
    found = plugins_of(ward)
    assert told(found["acme-newer"]) == [
        (
            "It needs aios-sdk >=9,<10; this is 0.1.0",
            "Run `pip install --upgrade acme-newer` for a release that fits, or `pip install 'aios-sdk>=9,<10'`",
            True,
        )
    ]
    assert "`pip install 'aios-sdk<0.1'`" in told(found["acme-older"])[0][1]


def test_missing_requirements_are_found_in_the_metadata(ward: Path, site: Site) -> None:
    versions = installed_versions()
    assert told(plugins_of(ward)["acme-lacking"], versions) == [
        (f"it needs Python >=3.99; this is {_python()}", "Run `pip install --upgrade acme-lacking`", True),
        ("it requires no-such-thing>=2, which is not installed", "Run `pip install 'no-such-thing>=2'`", True),
        (f"it requires hypothesis<1, which is there as {versions['hypothesis']}", "Run `pip install 'hypothesis<1'`", True),
        ("it requires also-not-there~=1.4, which is not installed", "Run `pip install 'also-not-there~=1.4'`", True),
    ]


def test_missing_programs_and_secrets_are_found_here(ward: Path, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("apt-get", "sh"):
        (tools / name).write_text("#!/bin/sh\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    plugin = plugins_of(ward)["acme-tool"]
    for user, sudo in ((0, ""), (1000, "sudo ")):
        monkeypatch.setattr("os.geteuid", lambda user=user: user)
        assert told(plugin) == [
            ("the program no-such-program is not on PATH", "Install the program no-such-program and put its folder on PATH", True),
            ("the program tesseract is not on PATH", f"Run `{sudo}apt-get install tesseract-ocr`", True),
            ("the secret ACME_TOKEN is not set", "Run `export ACME_TOKEN=...`", True),
        ]
    monkeypatch.setenv("ACME_TOKEN", "x")
    assert len(told(plugin)) == 2


def test_a_program_that_only_some_components_need_is_no_problem_of_the_plugin(
    ward: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("ACME_TOKEN", "x")
    plugin = plugins_of(ward)["acme-tool"]
    (entry,) = plugin.entries
    plain = type(entry)(msgspec.structs.replace(entry.info, programs=("sh",)), plugin)
    plain.state = entry.state
    plugin.entries = (entry, plain)
    assert [(reason, is_problem) for reason, _, is_problem in told(plugin)] == [
        ("the program no-such-program is not on PATH", False), ("the program sh is not on PATH", True),
        ("the program tesseract is not on PATH", False),
    ]  # fmt: skip


def test_a_secret_that_need_not_be_set_is_not_missed(ward: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_TOKEN", raising=False)
    plugin = plugins_of(ward)["acme-tool"]
    (entry,) = plugin.entries
    sparing = type(entry)(msgspec.structs.replace(entry.info, programs=(), secrets=("ACME_SPARE?", "ACME_TOKEN")), plugin)
    sparing.state = entry.state
    plugin.entries = (sparing,)
    assert [reason for reason, _, _ in told(plugin)] == ["the secret ACME_TOKEN is not set"]


def _python() -> str:
    import platform

    return platform.python_version()


def test_a_manifest_that_cannot_be_used_is_built_again_or_the_plugin_upgraded(site: Site, tmp_path: Path) -> None:
    typo = MANIFEST.format(id="acme.typo", package="{}") + 'requirs = ["text"]\n'
    site.install("acme_typo", manifest=typo.format("acme_typo"))
    site.install("acme_mine", manifest=typo.format("acme_mine"), where=tmp_path / "src")
    site.metadata("acme-gone", "acme_gone")
    found = {plugin.name: plugin for plugin in Registry.discover(Policy(), path=[str(site.path), str(tmp_path / "src")]).plugins}
    fixes = {name: told(found[name])[0][1] for name in ("acme-typo", "acme-mine", "acme-gone")}
    assert fixes["acme-typo"] == "Run `pip install --upgrade acme-typo`, or `pip uninstall acme-typo` until its author has corrected it"
    assert fixes["acme-mine"].startswith("Run `aios plugin build acme_mine`. Did you mean 'requires'")
    assert fixes["acme-gone"] == "Run `pip install --force-reinstall --no-deps acme-gone==1.0`, or `pip uninstall acme-gone`"


def test_a_version_of_the_contract_that_is_not_known_names_what_to_upgrade(site: Site) -> None:
    site.install("acme_far", manifest=MANIFEST.format(id="acme.far", package="acme_far").replace("extract = 1", "extract = 99"))
    assert told(plugins_of(site.path)["acme-far"])[0][1].startswith("Run `pip install --upgrade aios-sdk`")


def test_two_distributions_of_one_id_are_both_named(site: Site) -> None:
    site.install("acme_left", id="acme.ocr")
    site.install("acme_right", id="acme.ocr")
    for plugin in plugins_of(site.path).values():
        assert told(plugin) == [
            (
                "acme.ocr is declared by several distributions: 'acme-left', 'acme-right'; none of them is used",
                "Run `pip uninstall acme-left` or `pip uninstall acme-right`, or deny all but one",
                True,
            )
        ]


def test_what_is_denied_on_purpose_is_no_problem_and_what_differs_from_the_lock_is(shop: Path) -> None:
    lock = lock_of(shop)
    denied = plugins_of(shop, Policy(deny=("acme.plain",)))["acme-plain"]
    assert told(denied) == [("acme.plain is not admitted: denied by 'acme.plain'", "Remove 'acme.plain' from deny of the Policy", False)]
    edit(shop / "acme_plain/_words.py")
    altered = plugins_of(shop, Policy(lock=lock))["acme-plain"]
    assert [(reason, problem) for reason, _, problem in told(altered)] == [
        ("acme-plain is not admitted: acme_plain/_words.py was changed after it was installed", True)
    ]


def _acme(report: dict[str, Any]) -> dict[str, Any]:
    return {plugin["distribution"]: plugin for plugin in report["plugins"] if plugin["distribution"].startswith("acme")}


def test_the_report_names_what_is_in_force_and_where_it_was_said_and_imports_nothing(shop: Path, aios: Aios, tmp_path: Path) -> None:
    (tmp_path / "aios.toml").write_text('[plugins]\nallow = ["acme-*"]\nmodules = ["desk.*"]\n')
    assert aios("plugin", "lock").returncode == 0
    surroundings = {"AIOS_PLUGINS_DENY": "acme.needy", "PYTHONDONTWRITEBYTECODE": "1"}
    done = aios("plugin", "doctor", **surroundings)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[:6] == [
        f"aios-sdk 0.1.0 on Python {_python()}",
        "settings  aios.toml",
        "lock      aios-plugins.lock, 2 plugins (beside aios.toml)",
        "allow     acme-* (aios.toml)",
        "deny      acme.needy (AIOS_PLUGINS_DENY)",
        "modules   desk.* (aios.toml)",
    ]
    assert "- acme-needy: acme.needy is not admitted: denied by 'acme.needy'\n  Run `unset AIOS_PLUGINS_DENY`\n" in done.stdout
    assert "network api.acme.com; secret ACME_TOKEN; program no-such-program; 2,000 MiB; GPU" in done.stdout
    assert done.stdout.endswith("\nAll is well.\n")
    assert not {"acme_needy", "acme_plain", "typer", "pydantic", "duckdb"} & imported(done)
    report = json.loads(aios("plugin", "doctor", "--json", **surroundings).stdout)
    assert report["well"] is True
    assert report["lock"] == {"file": "aios-plugins.lock", "from": "beside aios.toml", "plugins": 2}
    assert report["deny"] == {"entries": ["acme.needy"], "from": "AIOS_PLUGINS_DENY"}
    assert _acme(report)["acme-needy"]["needs"] == {
        "network": ["api.acme.com"], "secrets": ["ACME_TOKEN"], "programs": ["no-such-program"], "memory_mb": 2000, "gpu": True,
        "isolation": ["process"],
    }  # fmt: skip


def test_problems_end_with_the_code_of_plugins_and_each_has_its_command(shelf: Path, shop: Path, aios: Aios, tmp_path: Path) -> None:
    assert aios("plugin", "lock", AIOS_PLUGINS_ALLOW="acme-*").returncode == 0
    shutil.rmtree(shop)
    shutil.copytree(shelf / "two", shop)
    done = aios("plugin", "doctor", AIOS_PLUGINS_ALLOW="acme-*", AIOS_PLUGINS_DENY="acme-plian")
    assert done.returncode == 4
    for said in (
        "! acme-plain: acme-plain is not admitted: version 1.1 is installed, aios-plugins.lock has 1.0\n",
        "  Run `pip install acme-plain==1.0`, or `aios plugin lock` after a review of 1.1\n",
        "! acme-needy 1.0 is in aios-plugins.lock and not installed\n  Run `pip install acme-needy==1.0`\n",
        "! 'acme-plian' in deny matches no installed plugin; did you mean 'acme-plain'?\n",
    ):
        assert said in done.stdout
    assert done.stdout.endswith("\n3 problems.\n")


def test_the_command_that_is_printed_puts_back_the_files_of_a_plugin_that_was_tampered_with(shop: Path, shelf: Path, aios: Aios) -> None:
    only = {"AIOS_PLUGINS_ALLOW": "acme-*", "AIOS_PLUGINS_DENY": "acme-needy"}
    assert aios("plugin", "lock", **only).returncode == 0
    edit(shop / "acme_plain/_words.py")
    done = aios("plugin", "doctor", **only)
    assert done.returncode == 4
    [line] = [line for line in done.stdout.splitlines() if "force-reinstall" in line]
    program, *arguments = shlex.split(line.split("`")[1])
    assert program == "pip"
    here = {"PIP_TARGET": str(shop), "PIP_UPGRADE": "1", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf / "wheels")}
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *arguments], env={**os.environ, **here}, check=True)
    assert aios("plugin", "doctor", **only).returncode == 0


def test_a_lock_that_is_named_and_not_there_ends_with_what_to_do(site: Site, aios: Aios) -> None:
    done = aios("plugin", "doctor", AIOS_PLUGINS_LOCK="gone.lock")
    assert done.returncode == 2
    assert "[AIOS-202] There is no lock of plugins 'gone.lock'" in done.stderr
    assert "Run `aios plugin lock`" in done.stderr
