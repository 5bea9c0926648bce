"""Freezes a small store as this version makes it: ``python -m tests.store.frozen``; later versions must open it and answer the same.

It goes to ``tests/store/frozen/<version of the schema>/``: the store without its database, and ``answers.json`` with all rows of every
table and view. What is frozen is never made again; a new version of the schema freezes one more.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import msgspec

from aios_sdk.records import Extraction, Field, StepOutcome, UnitFailure
from aios_sdk.store import SCHEMA_VERSION, TABLES, VIEWS, ComponentUse, Store

from .._recording import Recording
from .._rich import rich_document
from ._answers import answers

HERE = Path(__file__).resolve().parent


def freeze(target: Path) -> None:
    """Make the store below ``target``."""
    with Store(target / "store") as store, tempfile.TemporaryDirectory() as folder:
        use = ComponentUse(step="fields", stage="extract", component="acme.fields", version="1.2", config='{"page": 0}', model="small@1")
        first = Recording(store, resolve=("fields",), uses=(use,))
        mail = first.deliver("mail.eml", b"From: erika@example.com", media_type="message/rfc822")
        invoice = rich_document(first, Path(folder))
        part = first.deliver("beleg.txt", b"Beleg 7", parent=mail)
        part = first.step(part, "fields", Extraction(fields=(Field(path="number", value=7, status="ungrounded"),)), component="acme.fields")
        broken = first.deliver("broken.pdf", b"%PDF-", media_type="application/pdf")
        failure = UnitFailure("malformed", "The file ends too early", page=0)
        first.step(broken, "ocr", Extraction(), status="failed", category="malformed", message=failure.message, failures=(failure,))
        steps = (StepOutcome(step="ocr", stage="extract", status="failed", message=failure.message, failures=(failure,)),)
        ended = [first.end(mail), first.end(invoice), first.end(part)]
        first.end(broken, "failed", steps)
        first.end(first.case("claim-1", ended))
        first.finish()
        second = Recording(store)
        again = second.deliver("rechnung.txt", b"Rechnung 4712", supersedes=invoice.id)
        second.step(again, "fields", Extraction(fields=(Field(path="number", value=4712, status="ungrounded"),)), cache="miss")
        second.end(again)
        second.finish()
    answered = answers(target / "store", {spec.name: [c.name for c in spec.columns] for spec in (*TABLES.values(), *VIEWS.values())})
    (target / "answers.json").write_bytes(msgspec.json.format(msgspec.json.encode(answered), indent=1) + b"\n")
    for derived in ("aios.duckdb", "snapshot.duckdb", "fold.lock"):
        (target / "store" / derived).unlink()
    shutil.rmtree(target / "store" / "memo", ignore_errors=True)


if __name__ == "__main__":
    if (HERE / str(SCHEMA_VERSION)).exists():
        sys.exit(f"A store of schema {SCHEMA_VERSION} is frozen already")
    freeze(HERE / str(SCHEMA_VERSION))
