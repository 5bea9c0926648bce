"""Documents with words that stand nowhere else, and looking for them in every byte of a store."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

from aios_sdk.records import (
    Check,
    Checks,
    Classification,
    Document,
    Extraction,
    Field,
    Label,
    PageText,
    Reason,
    Route,
    StepOutcome,
    Table,
    UnitFailure,
)

from ._recording import Recording
from ._rich import span


def told(recording: Recording, name: str, token: str, folder: Path, *, size: int = 40, parent: Document | None = None) -> Document:
    """Record a document that has ``token`` in its name, bytes, table, values, messages and failures, and ``size`` times in its text."""
    import duckdb

    text = PageText(page=0, content=f"Rechnung an {token} " + f"{token} " * size)
    data = text.content.encode()
    parquet = folder / f"{token}.parquet"
    duckdb.execute(f"COPY (SELECT '{token}' AS item, 12.50::DECIMAL(18,2) AS price) TO '{parquet}' (FORMAT parquet)").fetchall()
    table = Table.from_parquet(parquet, name=token)
    recording.store.blobs.put_file(parquet)
    document = recording.deliver(f"{token}-{name}", data, parent=parent, thread=f"<{token}@example.com>")
    document = recording.step(document, "ingest", Document.of(text=(text,), tables=(table,)).layers, stage="ingest", memo_key="ab" * 16)
    field = Field(path=f"for.{token}", value=token, spans=(span(text, token),))
    document = recording.step(document, "fields", Extraction(fields=(field,)), message=f"read {token}")
    document = recording.step(document, "kind", Classification(labels=(Label(taxonomy="kind", value=token),)), stage="classify")
    failure = UnitFailure("malformed", f"{token} cannot be read", page=0)
    document = recording.step(
        document, "ocr", Extraction(), status="failed", category="malformed", message=failure.message, failures=(failure,)
    )
    document = recording.step(document, "check", Checks(checks=(Check(rule="named", passed=True, message=token),)), stage="check")
    return recording.step(document, "route", Route(destination=token, reasons=(Reason(token),)), stage="route")


def steps_of(token: str) -> tuple[StepOutcome, ...]:
    """How steps ended, with the token in what was said."""
    return (StepOutcome(step="ocr", stage="extract", status="failed", message=token, failures=(UnitFailure("malformed", token),)),)


def places_of(token: str, store: Path) -> list[str]:
    """The files of the store that hold the token, in any usual encoding, in their bytes or their names."""
    wanted = [token.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    found = (path for path in _files(store) if token in str(path) or any(_holds(path, each) for each in wanted))
    return sorted(str(path.relative_to(store)) for path in found)


def _files(store: Path) -> Iterator[Path]:
    return (path for path in store.rglob("*") if path.is_file())


def _holds(path: Path, wanted: bytes) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(wanted) >= 0
