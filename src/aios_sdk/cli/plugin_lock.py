"""``aios plugin lock``: write down exactly which plugins are allowed now, or compare that with what is installed."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from aios_sdk.errors import ConfigurationError, PluginDenied
from aios_sdk.plugins import Difference, Lock, Plugin, Registry, alteration, in_force

from ._exit import Exit
from ._printing import printable
from .plugin_list import table


def lock(file: str = "", check: bool = False) -> None:
    """Write aios-plugins.lock: every plugin that is allowed now, with its version, the digest of its files and what it declares to need.

    While that file lies beside aios.toml, or is named by AIOS_PLUGINS_LOCK or lock of [plugins], everything else is refused before it is
    imported. Nothing is imported here either. With --check nothing is written; the exit code is 4 when something differs.
    """
    logging.getLogger("aios.plugins").setLevel(logging.ERROR)
    said = in_force()
    path = Path(file) if file else said.lock_file
    plugins = Registry.discover(said.policy).plugins
    allowed = [plugin for plugin in plugins if plugin.is_usable]
    altered = [(plugin, found) for plugin in allowed if (found := alteration(plugin)) is not None]
    if check:
        _check(path, allowed, altered)
        return
    if altered:
        _tell(altered)
        raise PluginDenied(
            f"{path} is not written: the files of {', '.join(plugin.name for plugin, _ in altered)} are not those that were installed",
            fix="Install them again, or leave them out with deny of [plugins] in aios.toml",
        )
    new = Lock.of(allowed)
    rows = [[plugin.distribution, plugin.version, plugin.files, str(plugin.needs)] for plugin in new.plugins]
    _write(table(["DISTRIBUTION", "VERSION", "FILES", "NEEDS"], rows) if rows else "No plugin is allowed.")
    for plugin in plugins:
        if not plugin.is_usable:
            _write(f"{plugin.name} is left out: {plugin.reason}")
    if any(plugin.files == "folder" for plugin in new.plugins):
        _write("folder: an editable installation, or one without RECORD; every edit of it needs a new lock.")
    before = _former(path)
    changes = list(before.changes(new)) if before is not None else []
    if changes:
        _write("Changes:\n" + "\n".join(f"  {change}" for change in changes))
    _save(path, new.text())
    state = "is as it was" if before is not None and not changes else "is written"
    _write(f"{path} {state}: {_count(len(new.plugins))}. Review it, and keep it under version control.")


def _former(path: Path) -> Lock | None:
    try:
        return Lock.read(path) if path.is_file() else None
    except ConfigurationError as error:
        sys.stderr.write(printable(f"What was there before is no lock: {error.what}\n"))
        return None


def _save(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)  # who reads it meanwhile sees the one or the other
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error}", fix="Give another file with --file") from error


def _check(path: Path, allowed: Sequence[Plugin], altered: Sequence[tuple[Plugin, Difference]]) -> None:
    held = Lock.read(path)
    changes = list(held.changes(Lock.of(allowed)))
    if not changes and not altered:
        _write(f"{path} is what is installed: {_count(len(held.plugins))}.")
        return
    _tell(altered)
    for change in changes:
        sys.stderr.write(printable(f"{change}\n"))
    sys.stderr.write(f"{path} is not what is installed. `aios plugin doctor` tells what to do; `aios plugin lock` writes it anew.\n")
    raise SystemExit(Exit.PLUGIN)


def _tell(altered: Sequence[tuple[Plugin, Difference]]) -> None:
    for plugin, found in altered:
        sys.stderr.write(printable(f"! {plugin.name} {plugin.version}: {found.reason}. {found.fix}\n"))


def _count(number: int) -> str:
    return f"{number} plugin{'' if number == 1 else 's'}"


def _write(text: str) -> None:
    sys.stdout.write(printable(text) + "\n" if text else "")
