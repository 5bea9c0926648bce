"""``aios replay``: compute a recorded run again and tell what differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from aios_sdk.store import Store

from ._exit import Exit
from ._printing import printable

_SHOWN = 20


def replay(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="The folder of a store, such as claims.aios.")],
    run: Annotated[str, typer.Argument(metavar="[RUN]", help="The run's id, or the beginning of it. Default: the latest.")] = "",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes, for components that parse, read or predict. Default: the number of cores.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compute the deterministic steps of a recorded run again, from the bytes in its store, and report any difference.

    Nothing is written into the store. The exit code is 0 when everything came out the same and 1 when something differs.

    Examples:

      aios replay claims.aios

      aios replay claims.aios 019a0c --json
    """
    from aios_sdk.pipelines import replay as replayed

    with Store(store, create=False) as opened:
        found = replayed(opened, run, workers=workers)
    if as_json:
        facts = {**found._asdict(), "differences": [difference._asdict() for difference in found.differences]}
        typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        typer.echo(f"Run {found.run_id}: {found.documents:,} outcomes computed again, {found.results:,} results compared")
        for step, reason in found.left_out.items():
            typer.echo(f"  not compared: {step} ({reason})")
        for each in found.differences[:_SHOWN]:
            layer = f" {each.layer}" if each.layer else ""
            why = f" ({each.made_by})" if each.made_by else ""
            typer.echo(printable(f"  differs: {each.name} {each.step}{layer}: {_short(each.was)} -> {_short(each.now)}{why}"))
        if len(found.differences) > _SHOWN:
            typer.echo(f"  ... and {len(found.differences) - _SHOWN:,} more")
        typer.echo("Everything came out the same." if not found.differences else f"{len(found.differences):,} results differ.")
    if found.differences:
        raise typer.Exit(Exit.FAILED)


def _short(what: str | None) -> str:
    return "nothing" if what is None else what[:12]
