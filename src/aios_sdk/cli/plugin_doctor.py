"""``aios plugin doctor``: how every plugin stands, why, and the command that puts it right; imports none, and no typer either."""

from __future__ import annotations

import platform
import sys
from json import dumps
from pathlib import Path
from typing import Any

import msgspec

from aios_sdk import __version__
from aios_sdk.plugins import Finding, InForce, Needs, Plugin, Policy, Registry, findings, in_force, installed_versions, unmatched

from ._exit import Exit
from ._printing import printable
from .plugin_list import quiet_registry, table


def doctor(json: bool = False) -> None:
    """Say how every installed plugin stands, why, and the command that puts it right; imports none of them.

    Told as well: which files and variables the policy comes from, what plugins declare to need, and what is missing of that here.
    What was denied on purpose is told and counts as well. The exit code is 0 when all is well, else 4. What only an import can tell
    is told by: aios plugin list --load
    """
    said = in_force()
    registry = quiet_registry()
    versions = installed_versions()
    plugins = [_facts(plugin, list(findings(plugin, versions))) for plugin in registry.plugins]
    others = _others(registry)
    well = not any(finding["problem"] for finding in [*others, *(each for plugin in plugins for each in plugin["findings"])])
    report = {**_surroundings(said, registry.policy), "plugins": plugins, "findings": others, "well": well}
    sys.stdout.write((dumps(report, indent=2, ensure_ascii=False) if json else printable(_text(report))) + "\n")
    if not well:
        raise SystemExit(Exit.PLUGIN)


def _surroundings(said: InForce, policy: Policy) -> dict[str, Any]:
    entries: dict[str, Any] = {
        key: {"entries": list(getattr(policy, key)), "from": said.origins.get(key, "default")} for key in ("allow", "deny", "modules")
    }
    lock = {"file": str(said.lock_file), "from": said.origins["lock"], "plugins": len(policy.lock.plugins)} if policy.lock else None
    configuration = str(said.configuration) if said.configuration else None
    return {"sdk": __version__, "python": platform.python_version(), "configuration": configuration, "lock": lock, **entries}


def _facts(plugin: Plugin, found: list[Finding]) -> dict[str, Any]:
    return {
        "distribution": plugin.name,
        "version": plugin.version,
        "state": plugin.state,
        "place": str(Path(plugin.distribution.metadata).parent),
        "components": [entry.info.id for entry in plugin.entries],
        "needs": msgspec.to_builtins(plugin.needs),
        "findings": [_finding(each) for each in found],
    }


def _finding(found: Finding) -> dict[str, Any]:
    return {"reason": found.reason, "fix": found.fix, "problem": found.is_problem}


def _others(registry: Registry) -> list[dict[str, Any]]:
    """What is to be said of plugins that are not installed."""
    missing = [
        Finding(f"{locked.distribution} {locked.version} is in {lock.path} and not installed", f"Run `pip install {locked.pin}`")
        for lock in ([registry.policy.lock] if registry.policy.lock else [])
        for locked in lock.missing(registry.plugins)
    ]
    odd = [
        Finding(str(entry), f"Correct it where {entry.key} is said, or leave it if it is meant for later", bool(entry.near))
        for entry in unmatched(registry.policy, registry.plugins)
    ]
    return [_finding(found) for found in [*missing, *odd]]


def _text(report: dict[str, Any]) -> str:
    blocks = [_head(report)]
    rows = [_row(plugin) for plugin in report["plugins"]]
    blocks.append(table(["DISTRIBUTION", "VERSION", "STATE", "COMPONENTS", "NEEDS"], rows) if rows else "No plugin is installed.")
    told = [(f"{plugin['distribution']}: ", found) for plugin in report["plugins"] for found in plugin["findings"]]
    told += [("", found) for found in report["findings"]]
    blocks += [f"{'!' if found['problem'] else '-'} {about}{found['reason']}\n  {found['fix']}" for about, found in told]
    problems = sum(found["problem"] for _, found in told)
    blocks.append("All is well." if report["well"] else f"{problems} problem{'' if problems == 1 else 's'}.")
    return "\n\n".join(blocks)


def _row(plugin: dict[str, Any]) -> list[str]:
    needs = msgspec.convert(plugin["needs"], Needs)
    return [plugin["distribution"], plugin["version"] or "-", plugin["state"], ", ".join(plugin["components"]) or "-", str(needs)]


def _head(report: dict[str, Any]) -> str:
    lock = report["lock"]
    lines = [
        f"aios-sdk {report['sdk']} on Python {report['python']}",
        f"settings  {report['configuration'] or 'no aios.toml here'}",
        f"lock      {lock['file']}, {lock['plugins']} plugins ({lock['from']})" if lock else "lock      none",
    ]
    for key in ("allow", "deny", "modules"):
        entries, origin = report[key]["entries"], report[key]["from"]
        shown = "everything" if key == "allow" and entries == ["*"] else ", ".join(entries) or "nothing"
        lines.append(f"{key:<8}  {shown} ({origin})")
    return "\n".join(lines)
