"""Records on their own: any value that the constructors accept, whether or not there is a document that it fits."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, get_args

from hypothesis import strategies as st

from aios_sdk.records import (
    Alternative,
    Box,
    Check,
    Checks,
    Classification,
    Column,
    Document,
    Extraction,
    Field,
    Label,
    Layers,
    Outcome,
    PageInfo,
    PageText,
    Reason,
    Redaction,
    Redactions,
    Reference,
    Region,
    RegionKind,
    Route,
    Sentence,
    Source,
    Span,
    StepOutcome,
    Summary,
    Table,
    UnitFailure,
    Words,
)

#: Any text that is Unicode: no lone surrogates.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
ids = st.text("0123456789abcdef", min_size=32, max_size=32) | st.just("")
indexes = st.integers(0, 10**6)
probabilities = st.none() | st.floats(0, 1)
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40) | st.sampled_from(
    [Decimal("0.10"), Decimal("-0"), Decimal("1E+3"), Decimal("1E-30"), Decimal("12345678901234567890123456789012345.5")]
)
datetimes = st.datetimes(
    min_value=dt.datetime(1, 1, 3),
    max_value=dt.datetime(9999, 12, 29),
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))),
)
values: st.SearchStrategy[Any] = texts | st.integers() | decimals | st.booleans() | st.dates() | datetimes


def few(each: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    """Up to three of them."""
    return st.lists(each, min_size=least, max_size=3).map(tuple)


boxes = st.builds(Box.of, *[st.floats(-0.5, 1.5)] * 4)
text_spans = st.builds(
    lambda artifact, page, start, size, quote, box: Span(artifact=artifact, page=page, start=start, end=start + size, quote=quote, box=box),
    digests,
    indexes,
    indexes,
    st.integers(1, 1000),
    texts,
    st.none() | boxes,
)
box_spans = st.builds(Span, artifact=digests, page=indexes, box=boxes, quote=texts)
cell_spans = st.builds(Span, artifact=digests, row=indexes, column=indexes, quote=texts)
spans = text_spans | box_spans | cell_spans
references = st.builds(Reference, st.sampled_from(["field", "label", "check", "document", "table"]), ids, ids, texts)
alternatives = st.builds(Alternative, texts, st.floats(allow_nan=False, allow_infinity=False))
fields = (
    st.builds(
        Field,
        path=names,
        value=values,
        spans=few(spans, 1),
        currency=st.sampled_from(["", "EUR", "CHF"]),
        confidence=probabilities,
        raw_confidence=probabilities,
        alternatives=few(alternatives),
        step=texts,
        id=ids,
    )
    | st.builds(Field, path=names, value=values, status=st.just("derived"), inputs=few(references, 1))
    | st.builds(Field, path=names, value=values, status=st.just("ungrounded"))
)
labels = st.builds(
    Label,
    taxonomy=names,
    value=names,
    confidence=probabilities,
    raw_confidence=probabilities,
    page=st.none() | indexes,
    alternatives=few(alternatives),
    spans=few(spans),
    step=texts,
    id=ids,
) | st.builds(Label, taxonomy=names, abstained=st.just(True), alternatives=few(alternatives))
sentences = st.builds(Sentence, text=texts, spans=few(spans, 1))
checks = st.builds(
    Check,
    rule=names,
    passed=st.none() | st.booleans(),
    severity=st.sampled_from(["info", "warning", "error"]),
    message=texts,
    inputs=few(references),
    step=texts,
    id=ids,
)
redactions = st.builds(Redaction, kind=names, span=spans, confidence=probabilities, step=texts, id=ids)
reasons = st.builds(Reason, texts, few(references))
routes = st.builds(Route, destination=names, reasons=few(reasons), review=st.booleans(), confidence=probabilities, step=texts, id=ids)
summaries = st.builds(Summary, sentences=few(sentences), method=texts, step=texts, id=ids)
page_infos = st.builds(
    PageInfo,
    index=indexes,
    width=st.floats(0, 1e5),
    height=st.floats(0, 1e5),
    rotation=st.sampled_from([0, 90, 180, 270]),
    label=texts,
    ink=probabilities,
    sharpness=probabilities,
    skew=st.none() | st.floats(-45, 45),
    turned=st.sampled_from([None, 0, 90, 180, 270]),
)
regions = st.builds(
    lambda start, size, **others: Region(start=start, end=start + size, **others),
    indexes,
    st.integers(0, 1000),
    page=indexes,
    kind=st.sampled_from(get_args(RegionKind)),
    artifact=digests,
    box=st.none() | boxes,
    level=st.integers(0, 9),
    target=texts,
    step=texts,
)
page_texts = st.builds(
    PageText,
    page=indexes,
    content=texts,
    method=st.sampled_from(["embedded", "ocr", "derived"]),
    confidence=probabilities,
    reason=texts,
    language=st.sampled_from(["", "de"]),
    step=texts,
)


@st.composite
def _words(draw: st.DrawFn) -> Words:
    text = draw(page_texts)
    found = []
    if text.content:
        for start in draw(st.lists(st.integers(0, len(text.content) - 1), max_size=3)):
            found.append((start, draw(st.integers(start + 1, len(text.content))), draw(boxes), draw(probabilities)))
    return Words.build(text, found)


words = _words()
tables = st.builds(
    Table,
    name=texts,
    columns=few(st.builds(Column, texts, st.sampled_from(["VARCHAR", "DECIMAL(18,2)", "DATE"]))),
    rows=indexes,
    artifact=digests,
    page=indexes,
    rejected=indexes,
    first_row=indexes,
    step=texts,
    location=texts,
)
extractions = st.builds(Extraction, text=few(page_texts), words=few(words), regions=few(regions), tables=few(tables), fields=few(fields))
classifications = st.builds(Classification, labels=few(labels))
verdicts = st.builds(Checks, checks=few(checks))
masks = st.builds(Redactions, redactions=few(redactions))
results = extractions | classifications | summaries | verdicts | masks | routes
layers = st.builds(
    Layers,
    pages=few(page_infos),
    text=few(page_texts),
    words=few(words),
    regions=few(regions),
    tables=few(tables),
    fields=few(fields),
    labels=few(labels),
    summary=few(summaries),
    checks=few(checks),
    redactions=few(redactions),
    route=few(routes),
)
unit_failures = st.builds(
    UnitFailure, st.sampled_from(["malformed", "internal", "limit"]), texts, st.none() | indexes, retryable=st.booleans()
)
step_outcomes = st.builds(
    StepOutcome,
    step=texts,
    stage=texts,
    status=st.sampled_from(["ok", "partial", "unsupported", "failed", "skipped"]),
    component=texts,
    message=texts,
    failures=few(unit_failures),
)
documents = st.builds(
    Document,
    id=ids,
    name=texts,
    kind=st.sampled_from(["file", "part"]),
    media_type=texts,
    content_id=digests,
    size=indexes,
    key=texts,
    parent=ids,
    position=indexes,
    root=ids,
    thread=texts,
    supersedes=ids,
    duplicate_of=ids,
    resolve=few(names),
    layers=layers,
)
outcomes = st.builds(
    Outcome, document=documents, status=st.sampled_from(["completed", "partial", "failed", "refused"]), steps=few(step_outcomes)
)
cases = st.builds(Document, id=ids, name=texts, kind=st.just("case"), members=st.lists(outcomes, max_size=2).map(tuple))
sources = st.builds(
    Source,
    name=texts,
    path=texts,
    data=st.none() | st.binary(max_size=20),
    media_type=texts,
    key=texts,
    document_id=ids,
    content_id=digests,
    size=indexes,
    parent=ids,
    position=indexes,
    depth=st.integers(0, 9),
    root=ids,
    refused=texts,
)

#: Every record, by its type.
RECORDS: dict[type, st.SearchStrategy[Any]] = {
    Alternative: alternatives,
    Check: checks,
    Checks: verdicts,
    Classification: classifications,
    Column: st.builds(Column, texts, texts),
    Document: documents | cases,
    Extraction: extractions,
    Field: fields,
    Label: labels,
    Layers: layers,
    Outcome: outcomes,
    PageInfo: page_infos,
    PageText: page_texts,
    Reason: reasons,
    Redaction: redactions,
    Redactions: masks,
    Reference: references,
    Region: regions,
    Route: routes,
    Sentence: sentences,
    Source: sources,
    Span: spans,
    StepOutcome: step_outcomes,
    Summary: summaries,
    Table: tables,
    UnitFailure: unit_failures,
    Words: words,
}
