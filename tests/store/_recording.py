"""A run recorded by hand: what the engine does, one call at a time, for tests of the store alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from msgspec.structs import replace

from aios_sdk.records import (
    Document,
    Field,
    Layers,
    Outcome,
    PageInfo,
    Result,
    Source,
    Span,
    Status,
    StepOutcome,
    Table,
    digest,
    document_id,
)
from aios_sdk.store import Attempt, ComponentUse, Run, RunInfo, Store

NOON = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)


class Recording:
    """One run in ``store``; documents go in with `deliver`, results of steps with `step`, the end of each with `end`."""

    def __init__(self, store: Store, *, resolve: Sequence[str] = (), uses: Sequence[ComponentUse] = (), pipeline: str = "claims") -> None:
        self.store = store
        self.resolve = tuple(resolve)
        self.run: Run = store.begin(
            RunInfo(
                pipeline=pipeline,
                pipeline_version="f" * 64,
                definition='{"steps": []}',
                sdk="0.1.0",
                resolve=self.resolve,
                inputs=("inbox",),
            ),
            uses,
        )

    def deliver(self, name: str, data: bytes = b"data", *, parent: Document | None = None, position: int = 0, **more: Any) -> Document:
        """Find a file, or a part of ``parent``."""
        content = self.store.blobs.put(data)
        identity = document_id(parent.id if parent else name, position, content)
        document = Document(
            id=identity,
            name=name,
            kind="part" if parent else "file",
            media_type=more.pop("media_type", "text/plain"),
            content_id=content,
            size=len(data),
            key="" if parent else name,
            parent=parent.id if parent else "",
            position=position,
            root=parent.root if parent else identity,
            resolve=self.resolve,
            **more,
        )
        self.run.found(document, path=f"/inbox/{name}")
        return document

    def case(self, key: str, members: Sequence[Outcome]) -> Document:
        """Make a case of documents that have ended."""
        document = Document(
            id=document_id(key, 0, digest(key.encode())), name=key, kind="case", resolve=self.resolve, members=tuple(members)
        )
        self.run.found(document)
        return document

    def step(self, document: Document, step: str, result: Result | Layers, *, stage: Any = "extract", **attempt: Any) -> Document:
        """Record what ``step`` found and give the document that holds it."""
        merged = document.add(step, result)
        self.run.attempt(merged, Attempt(step=step, stage=stage, started_at=NOON, **attempt), document.stamp(step, result))
        return merged

    def end(self, document: Document, status: Status = "completed", steps: Sequence[StepOutcome] = (), *, memo_key: str = "") -> Outcome:
        """Record how the document ended."""
        outcome = Outcome(document=document, status=status, steps=tuple(steps))
        self.run.outcome(outcome, memo_key=memo_key)
        return outcome

    def finish(self) -> str:
        """Record the end of the run; gives its id."""
        self.run.finish("completed", {}).wait()
        return self.run.id


def ingested(recording: Recording, instance: Any, file: Path, context: Any) -> tuple[Document, list[Source]]:
    """Ingest ``file`` with a component's instance; its document as recorded, and the children it yielded."""
    delivered = recording.deliver(file.name, file.read_bytes(), media_type="application/pdf")
    found = list(instance.implementation("ingest").call(source=Source(name=file.name, path=str(file)), context=context))
    document = next(item for item in found if isinstance(item, Document))
    recording.run.use(
        ComponentUse(
            step="ingest",
            stage="ingest",
            component=instance.info.id,
            version=instance.version,
            code_digest=instance.code_digest or "",
            config_digest=instance.config_digest,
            config=instance.config.model_dump_json(),
        )
    )
    delivered = recording.step(
        replace(delivered, thread=document.thread), "ingest", document.layers, stage="ingest", component=instance.info.id
    )
    return delivered, [item for item in found if isinstance(item, Source)]


def rows_of_a_sheet(recording: Recording, folder: Path) -> Document:
    """A sheet in a mail, whose two rows are documents; gives the second row."""
    parquet = folder / "items.parquet"
    duckdb.execute(f"COPY (SELECT range + 1 AS item, 'Ware' AS what FROM range(2)) TO '{parquet}' (FORMAT parquet)").fetchall()
    table = Table.from_parquet(parquet, name="items")
    recording.store.blobs.put_file(parquet)
    mail = recording.deliver("mail.eml", b"mail")
    sheet = recording.deliver("items.xlsx", b"sheet", parent=mail)
    sheet = recording.step(sheet, "ingest", Document.of(pages=(PageInfo(index=0),), tables=(table,)).layers, stage="ingest")
    for number in range(2):
        row = recording.deliver(f"items row {number + 1}", f"row {number}".encode(), parent=sheet, position=number)
        cell = Span(artifact=table.artifact, row=number, column=0, quote=str(number + 1))
        row = recording.step(
            row, "ingest", Document.of(fields=(Field(path="item", value=number + 1, spans=(cell,)),)).layers, stage="ingest"
        )
        recording.end(row)
    for document in (mail, sheet):
        recording.end(document)
    return row
