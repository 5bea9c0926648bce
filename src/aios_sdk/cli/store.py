"""``aios store``: what a store holds, how far its database is behind, and bringing it up to date."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from aios_sdk.store import Folded, Store, follow

from ._printing import as_json, printable, size

StorePath = Annotated[Path, typer.Argument(metavar="STORE", help="The folder of a store, such as claims.aios.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def info(store: StorePath, json: AsJson = False) -> None:
    """Say what a store is and holds."""
    with Store(store, create=False) as opened:
        found = opened.info()
    if json:
        typer.echo(as_json(found))
        return
    _print(
        {
            "store": found.path,
            "id": found.id,
            "made by": f"aios-sdk {found.sdk} (layout {found.format}, schema {found.schema})",
            "documents": f"{found.documents:,}",
            "runs": f"{found.runs:,}",
            "blobs": f"{found.blobs:,} ({size(found.blob_bytes)})",
            "journal": size(found.journal_bytes),
            "database": size(found.database_bytes),
        }
    )


def apply(
    store: StorePath,
    watch: Annotated[bool, typer.Option("--watch", help="Go on about once a second, until it is interrupted or terminated.")] = False,
) -> None:
    """Put what is journaled, by any process, into the database, so that everybody can ask about it.

    A run does that by itself; this is for what is left of one that was killed, or that met a reader who kept the database open. It may
    itself be killed at any moment: the next one goes on.
    """
    with Store(store, create=False) as opened:
        if not watch:
            _tell(opened.fold())
            return
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        follow(opened.path, stopping, told=_tell)


def _tell(folded: Folded) -> None:
    typer.echo(f"{folded.rows:,} rows of {folded.groups:,} groups in {folded.seconds:.1f} s")


def lag(store: StorePath, json: AsJson = False) -> None:
    """Say how much is journaled and not yet in the database, and who holds the database."""
    with Store(store, create=False) as opened:
        found = opened.lag()
    if json:
        typer.echo(as_json(found._asdict()))
        return
    waits = "nothing"
    if found.groups:
        waits = f"{found.groups:,} groups, {found.rows:,} rows, {size(found.bytes)}"
        waits += "" if found.exact else " at most (the database cannot be read now)"
    _print({"waits": waits, "oldest": f"{found.oldest_seconds:.1f} s" if found.groups else "-", "held by": found.holder or "nobody"})


def _print(facts: dict[str, str]) -> None:
    width = max(map(len, facts))
    typer.echo(printable("\n".join(f"{name.ljust(width)}  {value}" for name, value in facts.items())))
