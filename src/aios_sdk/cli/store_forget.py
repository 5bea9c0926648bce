"""``aios store forget``: erase what was read of a document."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from aios_sdk.errors import UsageError
from aios_sdk.store import Forgotten, Store

from ._printing import as_json, printable, size
from .store import AsJson, StorePath

# Documents that are listed; the rest is counted.
_SHOWN = 20


def forget(
    store: StorePath,
    documents: Annotated[
        list[str], typer.Argument(metavar="DOCUMENT", help="Documents: their names, keys, ids or the beginnings of these.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be erased.")] = False,
    by: Annotated[str, typer.Option(help="Who wants it, for the record. Default: the user of the system.")] = "",
    json: AsJson = False,
) -> None:
    """Erase the content and values of documents, of their parts, and of the cases they are in, from every file of the store.

    It stays recorded that they were processed, by what, and how that ended; the table forgotten tells who had it erased, and when. What
    another document has in common with it stays, and is named, and so do models that were trained on it. No run may be under way. When
    it is interrupted or killed, run it again: what was begun is finished.

    Backups, exports and copies of the store are out of its reach, and so are the original files: a run that meets them reads them again.

    Examples:

      aios store forget claims.aios clm-1003.eml --dry-run

      aios store forget claims.aios clm-1003.eml --by "request 2026-17"
    """
    with Store(store, create=False) as opened:
        if not (yes or dry_run):
            _ask(opened, documents)
        found = opened.forget(*documents, by=by, dry_run=dry_run)
    if json:
        typer.echo(as_json({"dry_run": dry_run, "records": found.records, **_facts(found)}))
        return
    for line in _told(found, "would be erased" if dry_run else "erased"):
        typer.echo(printable(line))


def _ask(opened: Store, documents: list[str]) -> None:
    if not sys.stdin.isatty():
        raise UsageError("Nobody is there to be asked whether to erase it", fix="Give --yes, or --dry-run to see what would be erased")
    for line in _told(opened.forget(*documents, dry_run=True), "to be erased"):
        typer.echo(printable(line), err=True)
    typer.confirm("Erase it? It cannot be brought back", abort=True, err=True)


def _facts(found: Forgotten) -> dict[str, object]:
    return {name: getattr(found, name) for name in found.__struct_fields__}


def _told(found: Forgotten, what: str) -> Iterator[str]:
    if found.resumed:
        yield "First, an earlier forgetting is finished, which was cut off."
    if not found.records and not found.resumed:
        for document in found.documents:
            yield f"Nothing is left of document {document.document_id}: it was forgotten already, or nothing was read of it."
        return
    for document in found.documents[:_SHOWN]:
        yield f"{' '.join(filter(None, (document.kind or 'document', document.document_id, document.name)))}: {document.records:,} records"
    if len(found.documents) > _SHOWN:
        yield f"... and {len(found.documents) - _SHOWN:,} more"
    yield f"{found.records:,} records of the journal and {found.blobs:,} blobs ({size(found.blob_bytes)}) {what}"
    for other in found.shared[:_SHOWN]:
        yield f"kept: what is the same in {other.document_id} {other.name}".rstrip()
    if len(found.shared) > _SHOWN:
        yield f"... and in {len(found.shared) - _SHOWN:,} more"
    for model in found.models:
        called = f" ({', '.join(model.aliases)})" if model.aliases else ""
        yield f"kept: what the model {model}{called} learned from {model.documents:,} of it; train it again without"
