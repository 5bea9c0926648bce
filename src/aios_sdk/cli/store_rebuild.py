"""``aios store rebuild``: making the database again from the journal alone."""

from __future__ import annotations

from typing import Annotated

import typer

from aios_sdk.store import Store

from ._printing import as_json
from .store import AsJson, StorePath
from .store_verify import show


def rebuild(
    store: StorePath,
    keep: Annotated[
        bool | None, typer.Option("--keep/--no-keep", help="Keep the old database under another name. Default: when it differs.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Make the database again from the journal alone, compare the old one with it, and put the new one in its place.

    Says what differed: the first row of each table. Readers of the old database go on with it, and pipelines write meanwhile. It may be
    killed at any moment: then there is the old database or the new one, whole. Nothing is replaced when the journal is damaged, or does
    not have all that the old database was made of.

    The exit code is 0, whether or not something differed, when the new database is in its place.
    """
    with Store(store, create=False) as opened:
        found = opened.rebuild(keep=keep)
    if json:
        typer.echo(as_json(found))
        return
    typer.echo(f"{found.rows:,} rows of {found.groups:,} groups in {found.seconds:.1f} s")
    show(found.differences)
    typer.echo(
        "The old database differed; the new one has what the journal says." if found.differences else "The old database was the same."
    )
    if found.kept:
        typer.echo(f"The old one is kept as {found.kept}")
