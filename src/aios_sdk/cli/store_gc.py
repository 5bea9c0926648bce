"""``aios store gc``: remove blobs that no row refers to."""

from __future__ import annotations

from typing import Annotated

import typer

from aios_sdk.store import Store

from ._printing import as_json, size
from .store import AsJson, StorePath


def gc(
    store: StorePath,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False,
    older_than: Annotated[float, typer.Option(min=0.0, metavar="HOURS", help="Keep what was put, or used, later than that.")] = 1.0,
    json: AsJson = False,
) -> None:
    """Remove the blobs that no row refers to, such as those of runs that were killed, and left-over temporary files.

    It may run beside pipelines, whose new blobs it leaves alone, and may be killed at any moment.

    Examples:

      aios store gc claims.aios --dry-run
    """
    with Store(store, create=False) as opened:
        found = opened.gc(older_than=older_than * 3600, dry_run=dry_run)
    if json:
        typer.echo(as_json(found._asdict()))
        return
    did = "Would remove" if dry_run else "Removed"
    typer.echo(f"{did} {_count(found.blobs, 'blob')} ({size(found.bytes)})")
    if found.temporary:
        typer.echo(f"{did} {_count(found.temporary, 'temporary file')} ({size(found.temporary_bytes)})")
    if found.young:
        typer.echo(f"Kept {_count(found.young, 'unreferenced blob')} ({size(found.young_bytes)}): put of late, or since a run began")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
