"""Records that fit a document: spans that resolve in it, and references to what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from hypothesis import strategies as st

from aios_sdk.records import (
    Check,
    Document,
    Field,
    Label,
    PageText,
    Reason,
    Redaction,
    Reference,
    Route,
    Sentence,
    Span,
    Summary,
    Table,
    Value,
    Words,
    value_text,
)

from .._parquet import cells
from . import _records as loose
from ._texts import printed

_LONGEST: Final = 40
_PATHS: Final = st.sampled_from(["total", "number", "date", "name", "lines[0].total", "lines[1].total"]) | loose.names
_TAXONOMIES: Final = st.sampled_from(["document-kind", "language", "urgency"]) | loose.names
_CLASSES: Final = st.sampled_from(["invoice", "letter", "photo", "en", "high"]) | loose.names
_RULES: Final = st.sampled_from(["has-total", "sums-agree"]) | loose.names
_DESTINATIONS: Final = st.sampled_from(["pay", "review", "desk"]) | loose.names
_VALUES: Final[st.SearchStrategy[Value]] = st.one_of(
    printed("text"), printed("integer"), printed("decimal"), printed("boolean"), printed("date"), printed("datetime")
).map(lambda pair: pair[0])
_FEW: Final = st.integers(0, 2)


class Places(NamedTuple):
    """Where spans and references may point in a document and its members."""

    readings: list[PageText]
    words: dict[str, Words]
    pages: list[tuple[str, int]]
    tables: list[Table]
    references: list[Reference]

    @classmethod
    def of(cls, document: Document) -> Places:
        """Those of ``document``: texts that are not empty, pages of known content, tables with rows at hand, and items."""
        found = list(_documents(document))
        layers = [each.layers for each in found]
        return cls(
            [text for each in layers for text in each.text if text.content],
            {words.artifact: words for each in layers for words in each.words},
            [(each.content_id, page.index) for each in found if each.content_id for page in each.layers.pages],
            [table for each in layers for table in each.tables if table.rows and table.location],
            [
                each.reference(item)
                for each in found
                for items in (each.layers.fields, each.layers.labels, each.layers.checks)
                for item in items
            ],
        )

    def __bool__(self) -> bool:
        """Whether there is anything to point a span at."""
        return bool(self.readings or self.pages or self.tables)


@st.composite
def span_at(draw: st.DrawFn, places: Places) -> Span:
    """A span at one of ``places``, of which there must be one."""
    kinds = [kind for kind, there in (("text", places.readings), ("box", places.pages), ("cell", places.tables)) if there]
    kind = draw(st.sampled_from(kinds)) if len(kinds) > 1 else kinds[0]
    if kind == "box":
        artifact, page = draw(st.sampled_from(places.pages))
        return Span(artifact=artifact, page=page, box=draw(loose.boxes))
    if kind == "cell":
        table = draw(st.sampled_from(places.tables))
        row, column = draw(st.integers(0, table.rows - 1)), draw(st.integers(0, len(table.columns) - 1))
        value = cells(table.location)[row][column]
        return Span(artifact=table.artifact, row=row, column=column, quote="" if value is None else value_text(value))
    text = draw(st.sampled_from(places.readings))
    start = draw(st.integers(0, len(text.content) - 1))
    end = draw(st.integers(start + 1, min(len(text.content), start + _LONGEST)))
    box = places.words[text.artifact].covering(start, end) if text.artifact in places.words and draw(st.booleans()) else None
    return Span(artifact=text.artifact, page=text.page, start=start, end=end, box=box, quote=text.content[start:end])


@st.composite
def field_in(draw: st.DrawFn, document: Document) -> Field:
    """A field whose spans resolve in ``document``, a derived one that rests on what it holds, or an ungrounded one."""
    places = Places.of(document)
    forms = [*(["quoted", "typed"] if places else []), *(["derived"] if places.references else []), "ungrounded"]
    form, path, confidence = draw(st.sampled_from(forms)), draw(_PATHS), draw(loose.probabilities)
    if form == "quoted":
        span = draw(span_at(places))
        return Field(path=path, value=span.quote, spans=(span,), confidence=confidence)
    if form == "typed":
        spans = (draw(span_at(places)), *_spans(draw, places))
        return Field(path=path, value=draw(_VALUES), spans=spans, confidence=confidence)
    if form == "derived":
        return draw(derived_in(document))
    return Field(path=path, value=draw(_VALUES), status="ungrounded", confidence=confidence)


@st.composite
def derived_in(draw: st.DrawFn, document: Document) -> Field:
    """A field that rests on items of ``document``, of which there must be one."""
    places = Places.of(document)
    inputs = (draw(st.sampled_from(places.references)), *_references(draw, places))
    return Field(path=draw(_PATHS), value=draw(_VALUES), status="derived", inputs=inputs)


@st.composite
def label_in(draw: st.DrawFn, document: Document) -> Label:
    """A label of ``document`` or one of its pages, or an abstention."""
    places = Places.of(document)
    page = draw(st.sampled_from([None, *(page.index for page in document.layers.pages)]))
    if draw(st.integers(0, 4)) == 4:
        return Label(taxonomy=draw(_TAXONOMIES), abstained=True, page=page)
    return Label(
        taxonomy=draw(_TAXONOMIES), value=draw(_CLASSES), confidence=draw(loose.probabilities), page=page, spans=_spans(draw, places)
    )


@st.composite
def summary_in(draw: st.DrawFn, document: Document) -> Summary:
    """A summary whose sentences cite places in ``document``; an empty one where there is no place."""
    spans = _spans(draw, Places.of(document))
    return Summary(sentences=tuple(Sentence(text=span.quote or "See there.", spans=(span,)) for span in spans), method="extractive")


@st.composite
def check_in(draw: st.DrawFn, document: Document) -> Check:
    """A check that rests on items of ``document``."""
    return Check(
        rule=draw(_RULES),
        passed=draw(st.sampled_from([True, False, None])),
        severity=draw(st.sampled_from(["error", "warning", "info"])),
        message=draw(loose.texts),
        inputs=_references(draw, Places.of(document)),
    )


@st.composite
def redaction_in(draw: st.DrawFn, document: Document) -> Redaction:
    """A redaction of a place in ``document``, which must have one."""
    return Redaction(kind=draw(st.sampled_from(["iban", "person", "amount"])), span=draw(span_at(Places.of(document))))


@st.composite
def route_in(draw: st.DrawFn, document: Document) -> Route:
    """A route that rests on items of ``document``; for review where one of these may rest on what is ungrounded."""
    firm = not any(field.status != "extracted" for each in _documents(document) for field in each.layers.fields)
    references = _references(draw, Places.of(document))
    return Route(
        destination=draw(_DESTINATIONS),
        reasons=(Reason(draw(loose.texts), references),) if references else (),
        review=draw(st.booleans()) if firm else True,
        confidence=draw(loose.probabilities),
    )


def _spans(draw: st.DrawFn, places: Places) -> tuple[Span, ...]:
    return tuple(draw(span_at(places)) for _ in range(draw(_FEW))) if places else ()


def _references(draw: st.DrawFn, places: Places) -> tuple[Reference, ...]:
    return tuple(draw(st.sampled_from(places.references)) for _ in range(draw(_FEW))) if places.references else ()


def _documents(document: Document) -> Iterator[Document]:
    yield document
    for member in document.members:
        yield member.document
