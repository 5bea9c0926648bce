"""Code that pipeline files and settings name is imported only if the policy admits it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aios_sdk import Pipeline, PipelineError, PluginDenied, Policy, Registry, import_admitted
from aios_sdk.plugins import Lock
from aios_sdk.plugins._modules import on_behalf_of

from .conftest import Site
from .test_plugins_lock import lock_of

Aios = Callable[..., "subprocess.CompletedProcess[str]"]

STEP = "from aios_sdk import Document, Route\n\ndef decide(document: Document) -> Route:\n    return Route(destination='desk')\n"
YAML = "pipeline: p\nsteps:\n- ingest\n- route: {}\n"


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "_default", None)


@pytest.fixture
def desk(site: Site) -> Site:
    """A folder on the path that holds the module ``desk_rules.routes``."""
    (site.path / "desk_rules").mkdir()
    (site.path / "desk_rules" / "__init__.py").touch()
    (site.path / "desk_rules" / "routes.py").write_text(STEP)
    return site


def test_under_the_default_policy_any_module_may_be_named(desk: Site) -> None:
    pipeline = Pipeline.from_yaml(YAML.format("desk_rules.routes:decide"))
    assert pipeline.steps[1].component.__module__ == "desk_rules.routes"


@pytest.mark.parametrize(
    "said",
    [
        {"AIOS_PLUGINS_ALLOW": "aios-*"},
        {"AIOS_PLUGINS_ALLOW": "aios-*", "AIOS_PLUGINS_MODULES": "desk_rules,desk_rules.other*"},
        {"AIOS_PLUGINS_LOCK": "aios-plugins.lock"},
    ],
)
def test_where_not_everything_is_allowed_a_module_must_be_named(
    said: dict[str, str], desk: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "aios-plugins.lock").write_text(Lock(()).text())
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PluginDenied) as raised:
        Pipeline.from_yaml(YAML.format("desk_rules.routes:decide"))
    assert raised.value.what == "the pipeline, step 2: desk_rules.routes:decide is not imported: modules does not name 'desk_rules.routes'"
    assert 'Add "desk_rules.routes" to modules of [plugins] in aios.toml, or to AIOS_PLUGINS_MODULES' in raised.value.fix
    assert not [name for name in sys.modules if name.startswith("desk_rules")]
    monkeypatch.setenv("AIOS_PLUGINS_MODULES", "other,desk_rules.*")
    monkeypatch.setattr(Registry, "_default", None)
    assert Pipeline.from_yaml(YAML.format("desk_rules.routes:decide")).steps[1].component.__name__ == "decide"


def test_a_fallback_is_asked_about_too(desk: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIOS_PLUGINS_ALLOW", "aios-*")
    text = "pipeline: p\nsteps:\n- ingest\n- route: rules\n  fallback: desk_rules.routes:decide\n"
    with pytest.raises(PluginDenied, match=r"modules does not name 'desk_rules\.routes'"):
        Pipeline.from_yaml(text)


def test_a_plugin_that_is_denied_does_not_come_in_by_the_name_of_its_module(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIOS_PLUGINS_DENY", "acme-plain")
    for path in ("acme_plain:Finder", "acme_plain._words:WORD"):
        with pytest.raises(PluginDenied, match=r"belongs to acme-plain\. acme\.plain is not admitted: denied by 'acme-plain'"):
            import_admitted(path)
    assert "acme_plain" not in sys.modules
    assert import_admitted("acme_needy:Finder").__name__ == "Finder"


def test_modules_of_what_is_locked_may_be_named_and_are_compared(shop: Path) -> None:
    registry = Registry.discover(Policy(lock=lock_of(shop)))
    (shop / "acme_plain/_words.py").write_text("WORD = 'another'\n")
    with on_behalf_of(registry):
        assert import_admitted("acme_needy:Finder").__name__ == "Finder"
        with pytest.raises(PluginDenied, match="is not the file that was admitted"):
            import_admitted("acme_plain:Finder")
        with pytest.raises(PluginDenied, match=r"under the lock aios-plugins\.lock only modules that are named there are imported"):
            import_admitted("sqlite3:Row")


@pytest.mark.parametrize("path", ["json", "json:", ":loads", "json:nothing", "no_such_module:x"])
def test_what_cannot_be_imported_is_told(path: str, site: Site) -> None:
    with pytest.raises(PipelineError, match="Cannot import"):
        import_admitted(path)


def test_a_run_from_a_file_is_refused_with_the_line_to_add(desk: Site, aios: Aios, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(YAML.format("desk_rules.routes:decide"))
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "aios.toml").write_text('[plugins]\nallow = ["aios-*"]\n')
    done = aios("run", "p.yaml", "a.txt", "--store", "s.aios")
    assert done.returncode == 4
    assert "[AIOS-302] p.yaml, step 2: desk_rules.routes:decide is not imported" in done.stderr
    assert not (tmp_path / "s.aios").exists()
    (tmp_path / "aios.toml").write_text('[plugins]\nallow = ["aios-*"]\nmodules = ["desk_rules.*"]\n')
    done = aios("run", "p.yaml", "a.txt", "--store", "s.aios")
    assert done.returncode == 0, done.stderr
