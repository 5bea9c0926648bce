"""Discovery and admission: every installed plugin is listed with its standing, and none is imported."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aios_sdk.errors import ManifestError, PluginDenied, PluginError
from aios_sdk.plugins import Policy, Registry

from .conftest import MANIFEST, Site

Aios = Callable[..., "subprocess.CompletedProcess[str]"]


def imported(done: subprocess.CompletedProcess[str]) -> set[str]:
    return set(done.stderr.rstrip().rpartition("\n")[2].split())


def own(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The rows of the plugins that the test made; others may be installed beside them."""
    return [row for row in json.loads(done.stdout) if row["distribution"].lower().startswith("acme")]


def test_listing_imports_no_plugin_and_no_pydantic(site: Site, aios: Aios) -> None:
    site.install("acme_one")
    site.install("acme_two", code="raise RuntimeError('imported')")
    done = aios("plugin", "list")
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines() if line.startswith(("ID", "acme"))] == [
        ["ID", "STAGES", "VERSION", "STATE", "REASON"],
        ["acme.acme-one", "extract", "1.0", "allowed"],
        ["acme.acme-two", "extract", "1.0", "allowed"],
    ]
    modules = imported(done)
    assert "aios_sdk.plugins._registry" in modules  # the record of modules is there at all
    assert not {"acme_one", "acme_two", "pydantic", "duckdb", "typer"} & modules


def test_inspecting_imports_nothing_unless_asked_to(site: Site, aios: Aios) -> None:
    site.install("acme_one")
    site.install("acme_two")
    shown = aios("plugin", "inspect", "acme-one")
    assert shown.returncode == 0, shown.stderr
    assert "acme.acme-one" in shown.stdout
    assert "main = acme_one:aios_plugin.toml" in shown.stdout
    assert "requires       text\n" in shown.stdout
    assert "acme_one" not in imported(shown)
    loaded = aios("plugin", "inspect", "acme.acme-one", "--load", "--json")
    assert loaded.returncode == 0, loaded.stderr
    assert [fact["state"] for fact in json.loads(loaded.stdout)] == ["active", "active"]
    assert "acme_one" in imported(loaded)
    assert "acme_two" not in imported(loaded)


def test_each_broken_plugin_is_listed_with_its_reason_and_all_else_works(site: Site, aios: Aios) -> None:
    site.install("acme_good")
    site.install("acme_crash", code="raise RuntimeError('no such GPU')")
    site.install("acme_typo", manifest=MANIFEST.format(id="acme.typo", package="acme_typo") + 'requirs = ["text"]\n')
    site.install("acme_new", manifest=MANIFEST.format(id="acme.new", package="acme_new").replace(">=0.1", ">=9"))
    contract = MANIFEST.format(id="acme.contract", package="acme_contract").replace("extract = 1", "extract = 7")
    site.install("acme_contract", manifest=contract)
    site.install("acme_lost", manifest="")
    (site.path / "acme_lost" / "aios_plugin.toml").unlink()
    site.metadata("acme-gone", "acme_gone")
    site.install("acme_denied")
    done = aios("plugin", "list", "--json", AIOS_PLUGINS_DENY="acme-denied")
    assert done.returncode == 0, done.stderr
    rows = {row["distribution"]: row for row in own(done)}
    assert {name: row["state"] for name, row in rows.items()} == {
        "acme-good": "allowed",
        "acme-crash": "allowed",
        "acme-typo": "discovered",
        "acme-new": "discovered",
        "acme-contract": "discovered",
        "acme-lost": "discovered",
        "acme-gone": "discovered",
        "acme-denied": "compatible",
    }
    assert rows["acme-good"]["reason"] == ""
    assert "unknown field 'requirs'" in rows["acme-typo"]["reason"]
    assert "requires" in rows["acme-typo"]["fix"]
    assert rows["acme-new"]["reason"] == "It needs aios-sdk >=9; this is 0.1.0"
    assert rows["acme-contract"]["reason"] == "It implements version 7 of extract; this SDK has 1"
    assert rows["acme-lost"]["reason"] == "There is no file 'aios_plugin.toml' in the package 'acme_lost'"
    assert rows["acme-gone"]["reason"] == "There is no package 'acme_gone'"
    assert rows["acme-denied"]["reason"] == "acme.acme-denied is not admitted: denied by 'acme-denied'"
    crashed = aios("plugin", "inspect", "acme-crash", "--load")
    assert crashed.returncode == 4
    assert "acme_crash cannot be imported: RuntimeError: no such GPU" in crashed.stderr
    assert aios("plugin", "inspect", "acme-good", "--load").returncode == 0


def test_a_denied_plugin_is_never_imported(site: Site, aios: Aios) -> None:
    site.install("acme_one")
    done = aios("plugin", "inspect", "acme.acme-one", "--load", AIOS_PLUGINS_DENY="acme.*")
    assert done.returncode == 4
    assert "[AIOS-302] acme.acme-one is not admitted" in done.stderr
    assert "acme_one" not in imported(done)


def test_a_plugin_that_ends_the_process_at_import_does_not(site: Site) -> None:
    site.install("acme_exit", code="raise SystemExit(7)")
    site.install("acme_fine")
    registry = Registry.discover()
    with pytest.raises(PluginError, match="acme_exit cannot be imported: SystemExit: 7"):
        registry.load("acme.acme-exit")
    assert registry.load("acme.acme-fine").__name__ == "Finder"


def test_a_failed_import_is_remembered_and_raised_again(site: Site) -> None:
    site.install("acme_import", code="import a_package_that_is_not_there")
    registry = Registry.discover()
    texts = []
    for _ in range(2):
        with pytest.raises(PluginError) as raised:
            registry.load("acme.acme-import")
        texts.append(str(raised.value))
    assert texts[0] == texts[1]
    assert "pip install the package that holds 'a_package_that_is_not_there'" in texts[0]
    (plugin,) = [plugin for plugin in registry.plugins if plugin.name == "acme-import"]
    assert (plugin.state, plugin.reason) == ("allowed", "acme_import cannot be imported: No module named 'a_package_that_is_not_there'")


def test_a_plugin_whose_code_breaks_the_contract_is_loaded_and_not_active(site: Site) -> None:
    site.install(
        "acme_loose",
        code="""
        from aios_sdk.plugins import component
        from aios_sdk.stages import implements

        @component("acme.acme-loose", requires=["text"])
        class Finder:
            @implements
            def extract(self, document):
                pass
        """,
    )
    registry = Registry.discover()
    with pytest.raises(PluginError, match="does not annotate 'document'"):
        registry.load("acme.acme-loose")
    (entry,) = [entry for entry in registry.entries if entry.info.id == "acme.acme-loose"]
    assert (entry.state, entry.reason) == ("loaded", "Finder.extract does not annotate 'document'")


def test_two_distributions_with_one_id_are_both_named_and_neither_is_used(site: Site) -> None:
    site.install("acme_left", id="acme.ocr")
    site.install("acme_right", id="acme.ocr")
    site.install("acme_other")
    registry = Registry.discover()
    assert "acme.ocr" not in registry.components
    assert "acme.acme-other" in registry.components
    with pytest.raises(PluginError, match=r"declared by several distributions: 'acme-left', 'acme-right'; none of them"):
        registry.load("acme.ocr")
    assert Registry.discover(Policy(deny=("acme-left",))).load("acme.ocr").__module__ == "acme_right"


def test_an_editable_install_is_found_through_its_pth_file(site: Site, aios: Aios, tmp_path: Path) -> None:
    site.install("acme_editable", where=tmp_path / "checkout" / "src")
    (site.path / "__editable__acme.pth").write_text(f"{tmp_path / 'checkout' / 'src'}\n")
    done = aios("plugin", "inspect", "acme-editable", "--load", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["state"] == "active"


def test_a_zipped_wheel_on_the_path_is_found_and_loaded(site: Site, aios: Aios) -> None:
    site.install("acme_zipped")
    wheel = site.wheel("acme_zipped")
    listed = aios("plugin", "list", "--json", path=Path(), PYTHONPATH=f"{wheel}:{Path(__file__).parents[2] / 'src'}")
    assert listed.returncode == 0, listed.stderr
    assert own(listed)[0] == {
        "id": "acme.acme-zipped", "distribution": "acme-zipped", "version": "1.0", "stages": ["extract"], "media_types": ["*/*"],
        "state": "allowed", "reason": "", "fix": "",
    }  # fmt: skip
    assert "acme_zipped" not in imported(listed)
    loaded = aios("plugin", "inspect", "acme-zipped", "--load", path=Path(), PYTHONPATH=f"{wheel}:{Path(__file__).parents[2] / 'src'}")
    assert loaded.returncode == 0, loaded.stderr


def test_a_namespace_package_is_found_without_importing_its_parent(site: Site, aios: Aios) -> None:
    site.install("acme_space.ocr", id="acme.space")
    assert not (site.path / "acme_space" / "__init__.py").exists()
    listed = aios("plugin", "list", "--json")
    assert [(row["id"], row["state"]) for row in own(listed)] == [("acme.space", "allowed")]
    assert not {"acme_space", "acme_space.ocr"} & imported(listed)
    assert aios("plugin", "inspect", "acme.space", "--load").returncode == 0


def test_the_first_of_two_distributions_of_one_name_counts(site: Site, tmp_path: Path) -> None:
    site.install("acme_twice", version="2.0")
    behind = Site(tmp_path / "behind")
    behind.install("acme_twice", name="Acme_Twice", version="1.0")
    registry = Registry.discover(path=[str(site.path), str(behind.path)])
    assert [(plugin.name, plugin.version) for plugin in registry.plugins] == [("acme-twice", "2.0")]


def test_distributions_without_the_group_and_odd_folders_are_passed_over(site: Site) -> None:
    (site.path / "other-1.0.dist-info").mkdir()
    (site.path / "other-1.0.dist-info" / "entry_points.txt").write_text("[console_scripts]\na = b:c\n")
    (site.path / "empty-1.0.dist-info").mkdir()
    (site.path / "old.egg-info").write_text("Name: old\n")
    (site.path / "not-a.zip").write_bytes(b"PK but no archive")
    places = [str(site.path), str(site.path / "not-a.zip"), str(site.path / "missing")]
    assert Registry.discover(path=places).plugins == ()


def test_the_digest_of_the_files_is_kept(site: Site) -> None:
    site.install("acme_record")
    (plugin,) = Registry.discover(path=[str(site.path)]).plugins
    assert len(plugin.installed.digest) == 64


def test_an_entry_point_that_names_no_file_is_refused(site: Site) -> None:
    info = site.metadata("acme-bare", "acme_bare")
    (info / "entry_points.txt").write_text("[aios.plugins]\nmain = acme_bare\n")
    (plugin,) = Registry.discover(path=[str(site.path)]).plugins
    assert plugin.reason == "The entry point has the value 'acme_bare'"
    assert plugin.fix == "Write 'your_package:aios_plugin.toml'"


@pytest.mark.parametrize("named", ["another_package:Finder", "acme_border_x:Finder", "acme_border", "os:system"])
def test_a_manifest_cannot_have_code_of_another_package_imported(named: str, site: Site) -> None:
    site.install("acme_border", manifest=MANIFEST.format(id="acme.border", package="acme_border").replace("acme_border:Finder", named))
    registry = Registry.discover(path=[str(site.path)])
    assert registry.components == {}
    with pytest.raises(ManifestError, match="is not in the package 'acme_border'"):
        registry.load("acme.border")


def test_in_strict_mode_a_broken_plugin_is_an_error_and_a_denied_one_is_not(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIOS_PLUGINS_STRICT", "1")
    site.install("acme_fine")
    assert Registry.discover(Policy(deny=("*",)), path=[str(site.path)]).components == {}
    site.install("acme_broken", manifest="manifest = 1\n")
    with pytest.raises(ManifestError, match="acme_broken"):
        Registry.discover(path=[str(site.path)])


def test_a_broken_plugin_is_logged_in_one_line_and_a_denied_one_is_not(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.install("acme_broken", manifest="manifest = 1\n")
    site.install("acme_denied")
    with caplog.at_level(logging.WARNING, "aios.plugins"):
        Registry.discover(Policy(deny=("acme-denied",)), path=[str(site.path)])
    (record,) = caplog.records
    assert record.getMessage().startswith("acme-broken is not used: acme_broken:aios_plugin.toml: Object missing required field")
    assert record.getMessage().endswith("(aios plugin inspect acme-broken)")


def test_a_denial_by_id_leaves_the_rest_of_the_distribution(site: Site) -> None:
    manifest = MANIFEST.format(id="acme.one", package="acme_both")
    site.install("acme_both", manifest=manifest + manifest[manifest.index("\n[[components]]") :].replace("acme.one", "acme.two"))
    registry = Registry.discover(Policy(deny=("acme.two",)))
    assert "acme.one" in registry.components
    with pytest.raises(PluginDenied, match=r"acme\.two is not admitted: denied by 'acme.two'"):
        registry.resolve("acme.two")


def test_nothing_of_a_plugin_is_imported_in_this_process_by_discovery(site: Site) -> None:
    site.install("acme_quiet")
    Registry.discover().choose("extract", "text/x-nothing-else", name="acme.acme-quiet")
    assert "acme_quiet" not in sys.modules
