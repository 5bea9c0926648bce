"""The first invariant: every span resolves, and its quote is really there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ._document import Document, Layers
from ._page import PageText
from ._span import Span
from ._table import Table


def check_spans(document: Document, added: Layers) -> Iterator[str]:
    """What is wrong with the spans in ``added``, in sentences; nothing when all resolve.

    Spans into ``document`` and ``added`` are resolved: text exactly, boxes to a page, cells to a table. Spans into artifacts that
    neither holds (those of parts and members) are left to who holds them. Linear in the number of spans.
    """
    texts = {text.artifact: text for layer in (document.layers, added) for text in layer.text}
    tables = {table.artifact: table for layer in (document.layers, added) for table in layer.tables}
    pages = {page.index for layer in (document.layers, added) for page in layer.pages}
    for what, span in _spans(added):
        problem = _problem(span, texts, tables, pages, document.content_id)
        if problem:
            yield f"{what}: {problem}"


def _spans(layers: Layers) -> Iterator[tuple[str, Span]]:
    for field in layers.fields:
        yield from _named(f"field {field.path!r}", field.spans)
    for label in layers.labels:
        yield from _named(f"label {label.taxonomy!r}", label.spans)
    for summary in layers.summary:
        for number, sentence in enumerate(summary.sentences, 1):
            yield from _named(f"sentence {number} of the summary", sentence.spans)
    for redaction in layers.redactions:
        yield f"redaction of {redaction.kind!r}", redaction.span


def _named(name: str, spans: Iterable[Span]) -> Iterator[tuple[str, Span]]:
    return ((name, span) for span in spans)


def _problem(
    span: Span, texts: Mapping[str, PageText], tables: Mapping[str, Table], pages: set[int], content_id: str,
) -> str:
    if span.kind == "cell":
        table = tables.get(span.artifact)
        if table is not None and not (span.row or 0) < table.first_row + table.rows:
            return f"row {span.row} lies outside table {table.name!r} of {table.rows} rows"
        if table is not None and not (span.column or 0) < len(table.columns):
            return f"column {span.column} lies outside table {table.name!r} of {len(table.columns)} columns"
        return ""
    text = texts.get(span.artifact)
    if text is None:
        if span.artifact == content_id and span.page not in pages:
            return f"there is no page {span.page}"
        return ""
    if text.page != span.page:
        return f"its text belongs to page {text.page}, but the span says page {span.page}"
    if span.start is not None and span.end is not None:
        if span.end > len(text.content):
            return f"code points {span.start}..{span.end} lie outside the {len(text.content)} of page {span.page}"
        there = text.content[span.start : span.end]
        if span.quote != there:
            return f"at code points {span.start}..{span.end} of page {span.page} stands {there!r}, not {span.quote!r}"
    return ""
