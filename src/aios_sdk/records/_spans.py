"""The first invariant: every span resolves, and its quote is really there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ._document import Document
from ._items import value_text
from ._layers import Layers
from ._page import PageText
from ._span import Span
from ._table import Table


def check_spans(document: Document, added: Layers, *, parts: bool = False) -> Iterable[str]:
    """What is wrong with the spans in ``added``, in sentences; nothing when all resolve.

    Spans into ``document``, its members and ``added`` are resolved: text exactly, boxes to a page, cells to a table. A span into
    anything else must be into what ``document`` or a member cites already, such as the text of a part. With ``parts``, for a document
    that is being ingested and whose parts are not known yet, such spans are left to who holds them. Linear in the number of spans.
    """
    return () if _plainly_resolves(document, added) else _unresolved(document, added, parts)


def _unresolved(document: Document, added: Layers, parts: bool) -> Iterator[str]:
    held = (document.layers, added, *(member.document.layers for member in document.members))
    texts: Mapping[str, PageText] = document._texts
    if added.text or document.members:
        texts = {text.artifact: text for layers in held for text in layers.text}
    tables = {table.artifact: table for layers in held for table in layers.tables}
    pages = {member.document.content_id: {page.index for page in member.document.layers.pages} for member in document.members}
    pages[document.content_id] = {page.index for layers in held[:2] for page in layers.pages}
    cited: set[str] | None = None
    for what, span in _spans(added):
        if span.artifact in texts or span.artifact in tables or span.artifact in pages:
            problem = _problem(span, texts, tables, pages)
        elif parts:
            problem = ""
        else:
            if cited is None:
                cited = {other.artifact for layers in (held[0], *held[2:]) for _, other in _spans(layers)}
            problem = "" if span.artifact in cited else f"it stands in {span.artifact!r}, which is nothing of this document"
        if problem:
            yield f"{what}: {problem}"


def _plainly_resolves(document: Document, added: Layers) -> bool:
    """Whether ``added`` has no spans but such of fields into texts that the document holds, and all of these resolve: the usual case."""
    if added.labels or added.summary or added.redactions:
        return False
    texts: Mapping[str, PageText] = document._texts
    for field in added.fields:
        for span in field.spans:
            text = texts.get(span.artifact)
            # A quote that is there from start on and is as long as the span: then the span ends within the text.
            if text is None or span.start is None or span.end is None or text.page != span.page:
                return False
            if not span.quote or text.content[span.start : span.end] != span.quote or len(span.quote) != span.end - span.start:
                return False
    return True


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


def _cell_text(table: Table, span: Span) -> str:
    """The value of the cell as fields have it as text; empty for NULL."""
    value = table.cell(span.row or 0, span.column or 0)
    return "" if value is None else value_text(value)


def _problem(span: Span, texts: Mapping[str, PageText], tables: Mapping[str, Table], pages: Mapping[str, set[int]]) -> str:
    if span.kind == "cell":
        table = tables.get(span.artifact)
        if table is None:
            return "it names a cell, but its artifact is no table"
        if not table.first_row <= (span.row or 0) < table.first_row + table.rows:
            return f"row {span.row} lies outside table {table.name!r} of {table.rows} rows"
        if not (span.column or 0) < len(table.columns):
            return f"column {span.column} lies outside table {table.name!r} of {len(table.columns)} columns"
        there = _cell_text(table, span) if table.location else span.quote
        return "" if span.quote == there else f"in row {span.row}, column {span.column} stands {there!r}, not {span.quote!r}"
    text = texts.get(span.artifact)
    if text is None:
        if span.kind == "text":
            return "it names code points, but its artifact is no text of a page"
        return "" if span.page in pages.get(span.artifact, ()) else f"there is no page {span.page}"
    if text.page != span.page:
        return f"its text belongs to page {text.page}, but the span says page {span.page}"
    if span.start is not None and span.end is not None:
        if span.end > len(text.content):
            return f"code points {span.start}..{span.end} lie outside the {len(text.content)} of page {span.page}"
        there = text.content[span.start : span.end]
        if span.quote != there:
            return f"at code points {span.start}..{span.end} of page {span.page} stands {there!r}, not {span.quote!r}"
    return ""
