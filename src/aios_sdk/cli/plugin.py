"""``aios plugin inspect`` and ``build``: what plugins declare, whether their code keeps the contract, and their manifests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from aios_sdk.errors import AiosError, ManifestError, UnknownComponent
from aios_sdk.plugins import MANIFEST_FILE, Entry, Plugin, Registry, alteration

from ._exit import Exit
from ._printing import printable
from .plugin_list import quiet_registry

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def inspect(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A component's id, or a distribution's name.")],
    as_json: AsJson = False,
    load: Annotated[bool, typer.Option("--load", help="Import it too, and check its code against the contract.")] = False,
) -> None:
    """Print everything that a component or distribution declares; imports nothing unless asked to.

    Examples:

      aios plugin inspect aios.pdf

      aios plugin inspect aios-pdf --json
    """
    registry = quiet_registry()
    plugin, entries = _find(registry, name)
    loaded = [_loads(registry, entry) for entry in entries] if load else []
    facts = [*([_plugin_facts(plugin)] if plugin else []), *(_entry_facts(entry) for entry in entries)]
    typer.echo(
        json.dumps(facts, indent=2, ensure_ascii=False) if as_json else printable("\n\n".join(_block(_readable(each)) for each in facts))
    )
    if not all(loaded):
        for failure in dict.fromkeys(entry.failure for entry in entries if entry.failure):
            typer.echo(f"\n{failure}", err=True)
        raise typer.Exit(Exit.PLUGIN)


def build(
    package: Annotated[str, typer.Argument(metavar="PACKAGE", help="The importable package that declares components, such as acme_ocr.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if the manifest differs from the code.")] = False,
) -> None:
    """Write aios_plugin.toml of a package from the @component declarations in its code, which is imported and checked."""
    from aios_sdk.plugins import build_manifest, manifest_text, parse_manifest

    if check:
        from aios_sdk.testing import check_manifest

        try:
            check_manifest(package)
        except AssertionError as difference:
            typer.echo(str(difference), err=True)
            raise typer.Exit(Exit.PLUGIN) from None
        return
    path = _manifest_path(package)
    sdk = parse_manifest(path.read_text(encoding="utf-8"), str(path)).sdk if path.is_file() else None
    path.write_text(manifest_text(build_manifest(package, sdk=sdk)), encoding="utf-8")
    typer.echo(f"Wrote {path}")


def _manifest_path(package: str) -> Path:
    import importlib

    try:
        places = list(getattr(importlib.import_module(package), "__path__", ()))
    except ImportError as error:
        raise ManifestError(f"{package} cannot be imported: {error}", fix="Install it first, such as with pip install -e .") from error
    if not places:
        raise ManifestError(f"{package} is a single module", fix="Make it a package, which can hold its manifest")
    return Path(places[0], MANIFEST_FILE)


def _find(registry: Registry, name: str) -> tuple[Plugin | None, list[Entry]]:
    from aios_sdk.plugins import normalised_distribution

    plugin = next((plugin for plugin in registry.plugins if normalised_distribution(plugin.name) == normalised_distribution(name)), None)
    if plugin is not None:
        return plugin, list(plugin.entries)
    entries = [entry for entry in registry.entries if entry.info.id in (name, f"aios.{name}")]
    if not entries:
        registry.resolve(name)
        raise UnknownComponent(f"There is no component and no distribution {name!r}", fix="See `aios plugin list`")
    return entries[0].plugin, entries


def _loads(registry: Registry, entry: Entry) -> bool:
    try:
        registry.load(entry.info.id)
    except AiosError:
        return False
    return True


def _plugin_facts(plugin: Plugin) -> dict[str, Any]:
    return {
        "distribution": plugin.name,
        "version": plugin.version,
        "entry point": f"{plugin.entry} = {plugin.value}",
        "state": plugin.state,
        "reason": plugin.reason,
        "fix": plugin.fix,
        "sdk": plugin.manifest.sdk if plugin.manifest else "",
        "contract": dict(plugin.manifest.contract) if plugin.manifest else {},
        "needs": str(plugin.needs),
        "files": _files(plugin),
        "files digest": f"sha256:{plugin.installed.digest}" if plugin.installed.digest else "",
    }


def _files(plugin: Plugin) -> str:
    altered = alteration(plugin)
    if altered is not None:
        return altered.reason
    return "as RECORD lists them" if plugin.installed.by == "record" else "a folder, editable or without RECORD"


def _entry_facts(entry: Entry) -> dict[str, Any]:
    declared: dict[str, Any] = msgspec.to_builtins(entry.info)
    state = {"state": entry.state, "reason": entry.reason, "fix": entry.fix}
    return {"id": declared.pop("id"), **state, **declared, "config": entry.info.config_schema}


def _readable(facts: dict[str, Any]) -> dict[str, Any]:
    """For readers: without what says nothing (zeros, false, the rows of a unit that is not rows), and a line a setting."""
    told = {name: value for name, value in facts.items() if value not in (0, False) and (name != "rows" or facts["unit"] == "rows")}
    schema = told.pop("config", None)
    if schema and schema.get("properties"):
        told["settings"] = "\n".join(
            _setting(name, what, name in schema.get("required", ())) for name, what in schema["properties"].items()
        )
    return told


def _setting(name: str, what: dict[str, Any], required: bool) -> str:
    kinds = what.get("enum") or [each.get("type") for each in what.get("anyOf", [what])]
    limits = [f"{word} {what[key]}" for key, word in (("minimum", "at least"), ("maximum", "at most"), ("pattern", "like")) if key in what]
    default = ["required"] if required else [f"default {json.dumps(what['default'], ensure_ascii=False)}"] if "default" in what else []
    return ", ".join([f"{name}: {' | '.join(map(str, filter(None, kinds))) or 'anything'}", *limits, *default])


def _block(facts: dict[str, Any]) -> str:
    width = max(map(len, facts))
    return "\n".join(
        f"{name.ljust(width)}  {_shown(value).replace(chr(10), chr(10) + ' ' * (width + 2))}"
        for name, value in facts.items()
        if value not in ("", [], (), {})
    )


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | bool) else str(value)
