"""The command line: what is imported, what is printed, and the exit codes."""

from __future__ import annotations

import importlib
import inspect
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from aios_sdk import errors
from aios_sdk.cli import Exit, main
from aios_sdk.cli._app import COMMANDS, Command
from aios_sdk.cli._exit import exit_code

from .conftest import Site
from .test_plugins_discovery import imported

Aios = Callable[..., "subprocess.CompletedProcess[str]"]
EACH = [command for entry in COMMANDS.values() for command in ([entry] if isinstance(entry, Command) else entry.commands.values())]


@pytest.mark.parametrize("command", EACH, ids=lambda command: f"{command.module}.{command.function}")
def test_every_command_of_the_table_exists_and_its_switches_are_its_arguments(command: Command) -> None:
    function = getattr(importlib.import_module(f"aios_sdk.cli.{command.module}"), command.function)
    assert set((command.switches or {}).values()) <= set(inspect.signature(function).parameters)
    assert len(command.help) <= 60, "longer help is cut off in the list of commands"


def test_help_names_every_command_and_imports_none(aios: Aios) -> None:
    done = aios("--help")
    assert done.returncode == 0, done.stderr
    assert all(f"  {name} " in done.stdout for name in COMMANDS)
    assert not {"pydantic", "duckdb", "msgspec", "rich.console", "aios_sdk.plugins", "aios_sdk.cli.plugin"} & imported(done)


def test_help_of_a_command_shows_its_options(aios: Aios) -> None:
    done = aios("plugin", "list", "--help")
    assert done.returncode == 0
    assert "--json" in done.stdout


@pytest.mark.parametrize("arguments", [["nonsense"], ["plugin", "lst"], ["plugin", "list", "--jsn"], ["plugin", "inspect"]])
def test_a_wrong_command_line_is_a_usage_error(arguments: list[str], aios: Aios) -> None:
    done = aios(*arguments)
    assert done.returncode == Exit.USAGE
    assert "Usage: aios" in done.stderr


def test_the_version_is_printed(aios: Aios) -> None:
    done = aios("--version")
    assert (done.returncode, done.stdout) == (0, "aios-sdk 0.1.0\n")


def test_an_error_is_printed_without_a_traceback_unless_debugging(aios: Aios) -> None:
    done = aios("plugin", "inspect", "acme.nothing")
    assert done.returncode == Exit.PLUGIN
    assert done.stderr.startswith("[AIOS-304] There is no component 'acme.nothing'")
    assert "Traceback" not in done.stderr
    assert "Traceback" in aios("plugin", "inspect", "acme.nothing", AIOS_DEBUG="1").stderr


def test_a_wrong_configuration_file_is_a_usage_error(aios: Aios, tmp_path: Path) -> None:
    (tmp_path / "aios.toml").write_text("[plugins]\ndenny = []\n")
    done = aios("plugin", "list")
    assert done.returncode == Exit.USAGE
    assert "Did you mean 'deny'" in done.stderr


def test_a_reader_that_goes_away_early_leaves_no_traceback(site: Site, aios: Aios, tmp_path: Path) -> None:
    site.install("acme_one")
    program = tmp_path / "aios.py"
    program.write_text("import sys\nfrom aios_sdk.cli import main\nsys.exit(main())\n")
    source = Path(__file__).parents[2] / "src"
    command = f"PYTHONPATH={source}:{site.path} {__import__('sys').executable} {program} plugin list | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(json: bool = False) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("aios_sdk.cli.plugin_list.list_components", interrupted)
    assert main(["plugin", "list"]) == Exit.INTERRUPTED
    monkeypatch.setattr("aios_sdk.cli.plugin.build", interrupted)
    assert main(["plugin", "build"]) == Exit.INTERRUPTED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError, 2), (errors.InputError, 2), (errors.ConfigurationError, 2), (errors.ExpressionError, 2), (errors.StoreBusy, 3),
        (errors.JournalCorrupt, 3), (errors.PluginDenied, 4), (errors.ContractError, 4), (errors.Malformed, 1), (errors.AiosError, 1),
    ],
)  # fmt: skip
def test_every_branch_of_errors_has_its_exit_code(error: type[errors.AiosError], code: int) -> None:
    assert exit_code(error("it went wrong")) == code


def test_build_writes_the_manifest_and_check_compares_it(site: Site, aios: Aios) -> None:
    site.install("acme_built", manifest="")
    path = site.path / "acme_built" / "aios_plugin.toml"
    path.unlink()
    done = aios("plugin", "build", "acme_built")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Wrote {path}\n"
    assert 'sdk = ">=0.1,<1"' in path.read_text()
    assert 'requires = ["text"]' in path.read_text()
    assert aios("plugin", "build", "acme_built", "--check").returncode == 0
    path.write_text(path.read_text().replace('requires = ["text"]', 'requires = ["words"]').replace("<1", "<0.9"))
    done = aios("plugin", "build", "acme_built", "--check")
    assert done.returncode == Exit.PLUGIN
    assert '-requires = ["words"]\n+requires = ["text"]' in done.stderr
    assert aios("plugin", "build", "acme_built").returncode == 0
    assert 'sdk = ">=0.1,<0.9"' in path.read_text(), "the range of SDK versions is the author's"


def test_building_what_cannot_be_imported_is_a_plugin_problem(aios: Aios) -> None:
    done = aios("plugin", "build", "no_such_package")
    assert done.returncode == Exit.PLUGIN
    assert "no_such_package cannot be imported" in done.stderr
