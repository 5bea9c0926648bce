"""``aios store verify``: reading every stored byte again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from aios_sdk.store import Store, Verified

from ._exit import Exit
from ._printing import as_json, printable, size
from .store import AsJson, StorePath

if TYPE_CHECKING:
    from rich.progress import TaskID

    from aios_sdk.store import Difference
    from aios_sdk.store._verify import Told

#: Differences that are printed; all of them are in --json.
SHOWN = 20


def verify(store: StorePath, json: AsJson = False) -> None:
    """Read every stored byte again, and name what does not fit.

    Rehashes every blob; checks every checksum, digest and number of the journals, and that each segment follows the one before; compares
    every row of the database and of the snapshot with what the journals give; and looks for blobs that rows refer to and that are missing.

    It changes nothing, and pipelines may run meanwhile: what they recorded since it began, and what is not folded yet, is not compared.
    The exit code is 0 when everything fits and 1 when something does not.
    """
    with _progress() as told, Store(store, create=False) as opened:
        found = opened.verify(told=told)
    if json:
        typer.echo(as_json({"holds": found.holds, **{name: getattr(found, name) for name in found.__struct_fields__}}))
    else:
        _tell(found)
    if not found.holds:
        raise typer.Exit(Exit.FAILED)


def _tell(found: Verified) -> None:
    place = f"{_many(found.segments, 'segment')} of {_many(found.writers, 'writer')}"
    typer.echo(f"journal   {_many(found.records, 'record')} in {place}, {size(found.journal_bytes)}")
    if found.erased:
        typer.echo(f"          {_many(found.erased, 'record')} of them erased")
    if found.torn:
        typer.echo(
            f"          {_many(found.torn, 'byte')} behind the last whole group of segments never sealed; they were not acknowledged"
        )
    typer.echo(
        f"database  {_many(found.rows, 'row')} compared" + (f"; not folded yet: {_many(found.waiting, 'group')}" if found.waiting else "")
    )
    if found.snapshot_rows:
        typer.echo(f"snapshot  {_many(found.snapshot_rows, 'row')} compared")
    typer.echo(f"blobs     {found.blobs:,} rehashed, {size(found.blob_bytes)}")
    show(found.differences)
    many = len(found.differences)
    typer.echo("Everything fits." if found.holds else f"{many:,} thing{' does' if many == 1 else 's do'} not fit.")
    for fix in dict.fromkeys(each.fix for each in found.differences):
        typer.echo(f"{fix}.")


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def show(differences: tuple[Difference, ...]) -> None:
    """Print the first differences, each with the row that it is about."""
    for each in differences[:SHOWN]:
        typer.echo(printable(f"\n{each.part}: {each.what}"))
        row = each.row or ({"document_id": each.document_id} if each.document_id else {})
        if row:
            typer.echo(printable(f"  {', '.join(f'{name} {value}' for name, value in row.items())}"))
    if len(differences) > SHOWN:
        typer.echo(f"\n... and {len(differences) - SHOWN:,} more")
    if differences:
        typer.echo()


@contextmanager
def _progress() -> Iterator[Told]:
    """A bar on standard error, when that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("[bold]{task.description:<8}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done)

        yield told
