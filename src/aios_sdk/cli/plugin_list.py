"""``aios plugin list``: every component with its standing; imports no plugin, and no typer either."""

from __future__ import annotations

import contextlib
import logging
import sys
from json import dumps
from typing import Any

from aios_sdk.errors import AiosError
from aios_sdk.plugins import Entry, Plugin, Registry, unmatched

from ._printing import printable


def list_components(json: bool = False, load: bool = False) -> None:
    """List the components of all installed plugins, each with its state, and the reason where it cannot be used.

    Nothing of them is imported, so what fails at import is told only with --load, which imports them all.
    """
    registry = quiet_registry()
    for entry in registry.entries if load else ():
        with contextlib.suppress(AiosError):  # the entry keeps it as its reason
            registry.load(entry.info.id)
    rows = _rows(registry)
    if json:
        text = dumps(rows, indent=2, ensure_ascii=False)
    elif rows:
        text = printable(table(["ID", "STAGES", "VERSION", "STATE", "REASON"], [_cells(row) for row in rows]))
    else:
        text = "No plugin is installed; try: pip install aios-files"
    sys.stdout.write(text + "\n")
    sys.stdout.flush()  # so that the warnings come below, also where both go into one file
    for odd in unmatched(registry.policy, registry.plugins):
        if odd.near:
            sys.stderr.write(printable(f"{odd}\n"))


def quiet_registry() -> Registry:
    """What is installed, without log lines about plugins that are not well: the commands' output says that already."""
    logging.getLogger("aios.plugins").setLevel(logging.ERROR)
    return Registry.discover()


def _rows(registry: Registry) -> list[dict[str, Any]]:
    unread = [_row(plugin.name, plugin) for plugin in registry.plugins if not plugin.entries]
    return [_row(entry.plugin.name if entry.plugin else "", entry) for entry in registry.entries] + unread


def _row(distribution: str, found: Entry | Plugin) -> dict[str, Any]:
    info = found.info if isinstance(found, Entry) else None
    return {
        "id": info.id if info else None,
        "distribution": distribution,
        "version": found.version,
        "stages": list(info.stages) if info else [],
        "media_types": list(info.media_types) if info else [],
        "state": found.state,
        "reason": found.reason,
        "fix": found.fix,
    }


def _cells(row: dict[str, Any]) -> list[str]:
    return [row["id"] or row["distribution"], ",".join(row["stages"]) or "-", row["version"] or "-", row["state"], row["reason"]]


def table(head: list[str], rows: list[list[str]]) -> str:
    """Rows in columns that are as wide as they need to be."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [head, *rows])
