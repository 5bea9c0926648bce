"""``aios store export``: take a store out, as Parquet files or as PROV-O."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from aios_sdk.store import Store

from ._printing import as_json, printable, size
from .store import AsJson, StorePath


class Format(StrEnum):
    """What is written."""

    PARQUET = "parquet"
    PROV = "prov"


def export(
    store: StorePath,
    to: Annotated[Path, typer.Option(metavar="PLACE", help="Where to: a folder for parquet, a file for prov.")],
    format: Annotated[
        Format, typer.Option(help="parquet: a file for each table and view; prov: PROV-O as JSON-LD, in one file.")
    ] = Format.PARQUET,
    run: Annotated[str | None, typer.Option(help="Only what this run recorded; its id, or the beginning of it.")] = None,
    document: Annotated[str | None, typer.Option(help="Only this document, its parts and its cases; its name, key or id.")] = None,
    json: AsJson = False,
) -> None:
    """Write what a store holds for other programs: all of it, or what concerns a run or a document.

    Files of the same name are replaced, each when it is complete. Pipelines that run meanwhile do not wait.

    Examples:

      aios store export claims.aios --to claims-parquet

      aios store export claims.aios --format prov --document Mietrechnung.pdf --to Mietrechnung.jsonld
    """
    with Store(store, create=False) as opened:
        found = opened.export(to, format=format.value, run=run, document=document)
    if json:
        typer.echo(as_json([{"file": str(file), "count": count, "bytes": bytes} for file, count, bytes in found.files]))
        return
    unit = "rows" if format is Format.PARQUET else "nodes"
    for file, count, bytes in found.files:
        typer.echo(printable(f"{file}: {count:,} {unit}, {size(bytes)}"))
