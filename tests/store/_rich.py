"""A document with something in every layer."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb

from aios_sdk.records import (
    Alternative,
    Box,
    Check,
    Checks,
    Classification,
    Document,
    Extraction,
    Field,
    Label,
    PageInfo,
    PageText,
    Reason,
    Redaction,
    Redactions,
    Region,
    Route,
    Sentence,
    Span,
    Summary,
    Table,
    Words,
)

from ._recording import Recording

TEXT = "Rechnung 4711 vom 4. März 2026\x00\nGesamt 471,30 EUR – DE02 1203 0000 0000 2020 51"


def span(text: PageText, quote: str, box: Box | None = None) -> Span:
    """The first place of ``quote``."""
    start = text.content.index(quote)
    return Span(artifact=text.artifact, page=text.page, start=start, end=start + len(quote), quote=quote, box=box)


def rich_document(recording: Recording, folder: Path, name: str = "rechnung.txt") -> Document:
    """Deliver a document and let one step after another add to it."""
    parquet = folder / "positions.parquet"
    duckdb.execute(f"COPY (SELECT 'Ware' AS item, 12.50::DECIMAL(18,2) AS price) TO '{parquet}' (FORMAT parquet)").fetchall()
    table = Table.from_parquet(parquet, name="positions")
    recording.store.blobs.put_file(parquet)
    text = PageText(page=0, content=TEXT)
    more = PageText(page=1, content="Seite zwei " * 2500, method="ocr", confidence=0.8, reason="no text layer")
    words = Words.build(text, [(0, 8, Box.of(0.1, 0.1, 0.2, 0.12), None), (39, 45, Box.of(0.5, 0.2, 0.6, 0.22), 0.75)])
    document = recording.deliver(name, TEXT.encode(), thread="<1@example.com>")
    pages = (
        PageInfo(index=0, width=595.2, height=842, label="i"),
        PageInfo(index=1, width=842, height=595.2, rotation=90, ink=0.04, sharpness=0.5, skew=-1.5, turned=90),
    )
    document = recording.step(
        document,
        "ingest",
        Document.of(
            pages=pages,
            text=(text,),
            words=(words,),
            regions=(
                Region.of(text, "heading", 0, 32, box=Box.of(0.1, 0.1, 0.6, 0.12), level=1),
                Region.of(text, "table", 33, len(TEXT), target=table.artifact),
                Region.of(text, "link", 0, 8, target="https://example.org/4711"),
            ),
            tables=(
                # the path under which the engine keeps it
                Table(
                    name=table.name,
                    columns=table.columns,
                    rows=table.rows,
                    artifact=table.artifact,
                    rejected=1,
                    location=str(recording.store.blobs.path(table.artifact)),
                ),
            ),
        ).layers,
        stage="ingest",
    )
    document = recording.step(document, "ocr", Extraction(text=(more,)))
    document = recording.step(
        document,
        "fields",
        Extraction(
            fields=(
                Field(
                    path="total",
                    value=Decimal("471.30"),
                    currency="EUR",
                    spans=(span(text, "471,30"),),
                    confidence=0.9,
                    raw_confidence=0.8,
                    alternatives=(Alternative("477.30", 0.1),),
                ),
                Field(
                    path="number",
                    value=4711,
                    spans=(span(text, "4711", Box.of(0.2, 0.1, 0.3, 0.12)), Span(artifact=table.artifact, row=0, column=1)),
                ),
                Field(path="date", value=dt.date(2026, 3, 4), spans=(span(text, "4. März 2026"),)),
                Field(
                    path="read_at", value=dt.datetime(2026, 3, 4, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5))), status="ungrounded"
                ),
                Field(path="paid", value=False, status="ungrounded"),
                Field(path="precise", value=Decimal("0.12345678901234567890"), status="ungrounded"),
                Field(path="stamp", value="ja", spans=(Span(artifact=document.content_id, page=1, box=Box.of(0.8, 0.8, 0.9, 0.9)),)),
            )
        ),
    )
    total = document.fields["total"].chosen
    assert total is not None
    document = recording.step(
        document,
        "arithmetic",
        Extraction(fields=(Field(path="half", value=Decimal("235.65"), status="derived", inputs=(document.reference(total),)),)),
    )
    document = recording.step(
        document,
        "kind",
        Classification(
            labels=(
                Label(
                    taxonomy="document-kind",
                    value="invoice",
                    confidence=0.97,
                    alternatives=(Alternative("letter", 0.03),),
                    spans=(span(text, "Rechnung"),),
                ),
                Label(taxonomy="language", abstained=True),
                Label(taxonomy="page-kind", value="cover", page=0),
            )
        ),
        stage="classify",
    )
    document = recording.step(
        document,
        "summary",
        Summary(
            sentences=(Sentence(text="Es geht um 471,30 EUR.", spans=(span(text, "471,30"), span(more, "Seite"))),), method="extractive"
        ),
        stage="summarize",
    )
    document = recording.step(
        document,
        "check",
        Checks(
            checks=(
                Check(rule="has-total", passed=True, inputs=(document.reference(total), document.reference(document.layers.labels[0]))),
                Check(rule="has-iban", passed=None, severity="warning", message="not looked for"),
            )
        ),
        stage="check",
    )
    document = recording.step(
        document, "redact", Redactions(redactions=(Redaction(kind="iban", span=span(text, "DE02 1203 0000 0000 2020 51")),)), stage="redact"
    )
    return recording.step(
        document,
        "route",
        Route(
            destination="pay",
            reasons=(Reason("the checks passed", (document.reference(document.layers.checks[0]),)), Reason("known sender")),
            confidence=0.95,
        ),
        stage="route",
    )
