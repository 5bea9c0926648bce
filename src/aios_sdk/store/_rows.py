"""Rows of the tables, made from records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec

from aios_sdk.records import (
    LAYERS,
    Check,
    Document,
    Field,
    Label,
    Layers,
    PageInfo,
    PageText,
    Redaction,
    Reference,
    Region,
    Route,
    Span,
    Summary,
    Table,
    Value,
    Words,
    canonical,
    canonical_layer,
    digest,
    normalised,
)

from ._payloads import Row
from ._tables import TABLES

_NUMBER: Final = {name: table.number for name, table in TABLES.items()}
#: The tables that every step writes to.
ATTEMPTS: Final = _NUMBER["attempts"]
ARTIFACTS: Final = _NUMBER["artifacts"]
#: The table that the first row of a document is of.
DOCUMENTS: Final = _NUMBER["documents"]
_FIELDS: Final = _NUMBER["fields"]
_DECIMALS, _INTEGERS = 10, 28
#: The regions whose text stands in the table, and how much of it.
_SAY: Final = frozenset(("title", "heading", "caption", "link"))
_SAID: Final = 500


class Owner(NamedTuple):
    """What the rows of one attempt begin with."""

    run_id: str
    document_id: str
    attempt_id: str
    step: str


def row(table: str, *values: Any) -> Row:
    """A row of ``table``."""
    return _NUMBER[table], values


def json_text(value: Any) -> str | None:
    """Canonical JSON, or None for what is empty."""
    return canonical(value).decode() if value else None


class _Places:
    """Which document an artifact lies in; built when the first span asks."""

    __slots__ = ("_document", "_owners", "_texts")

    def __init__(self, document: Document) -> None:
        self._document = document
        self._owners: dict[str, str] | None = None
        self._texts: dict[str, str] | None = None

    def text(self, artifact: str) -> str:
        """What a page text of the document says."""
        if self._texts is None:
            self._texts = {text.artifact: text.content for text in self._document.layers.text}
        return self._texts.get(artifact, "")

    def owner(self, artifact: str) -> str:
        document = self._document
        if not document.members and artifact in document._texts:
            return document.id  # without looking through all of it: nearly every value stands in its document's own text
        owners = self._owners
        if owners is None:
            owners = self._owners = {}
            for member in self._document.members:
                owners.update(dict.fromkeys(_artifacts_in(member.document), member.document.id))
            # The document's own places come last, so that they win over a member's with the same content.
            owners.update(dict.fromkeys(_artifacts_in(self._document), self._document.id))
        return owners.get(artifact, "")


def item_rows(owner: Owner, document: Document, added: Layers, names: Iterable[str] = LAYERS) -> list[Row]:
    """The rows of every item in the layers ``names`` of ``added``, which ``document`` already holds at the end of its layers."""
    places = _Places(document)
    rows = list(_page_rows(owner, added)) if added.pages or added.text else []
    step = owner.step
    for name in names:
        rows_of = _ROWS_OF.get(name)
        if rows_of is not None and (items := getattr(added, name)):
            first = max(0, len(getattr(document.layers, name)) - len(items))
            for ordinal, item in enumerate(items, first):
                # What a document that was split off took over keeps the step that gave it.
                rows += rows_of(owner if item.step == step else owner._replace(step=item.step), ordinal, item, places)
    return rows


def _region_rows(owner: Owner, ordinal: int, region: Region, places: _Places) -> Iterator[Row]:
    said = places.text(region.artifact)[region.start : min(region.end, region.start + _SAID)] if region.kind in _SAY else None
    yield row(
        "regions",
        *owner,
        ordinal,
        region.page,
        region.kind,
        region.level,
        said,
        region.artifact,
        region.start,
        region.end,
        *(region.box or _NO_BOX),
        region.target,
    )


def _table_rows(owner: Owner, ordinal: int, table: Table, places: _Places) -> Iterator[Row]:
    columns = json_text(table.columns)
    yield row("tables", *owner, ordinal, table.artifact, table.name, table.page, table.rows, len(table.columns), table.rejected, columns)


def _field_rows(owner: Owner, ordinal: int, field: Field, places: _Places) -> list[Row]:
    rows = [_field_row(owner, ordinal, field, places)]
    if field.inputs:
        rows += _reference_edges(owner, "field", field.id, "derived", field.inputs)
    if len(field.spans) > 1:
        rows += _span_edges(owner, "field", field.id, field.spans[1:], places, known=field.spans[:1])
    return rows


def _label_rows(owner: Owner, ordinal: int, label: Label, places: _Places) -> list[Row]:
    rows = [_label_row(owner, ordinal, label, places)]
    if len(label.spans) > 1:
        rows += _span_edges(owner, "label", label.id, label.spans[1:], places, known=label.spans[:1])
    return rows


def _summary_rows(owner: Owner, ordinal: int, summary: Summary, places: _Places) -> Iterator[Row]:
    yield row("summaries", summary.id, *owner, ordinal, summary.method, summary.text, len(summary.sentences), json_text(summary.sentences))
    yield from _span_edges(owner, "summary", summary.id, [span for sentence in summary.sentences for span in sentence.spans], places)


def _check_rows(owner: Owner, ordinal: int, check: Check, places: _Places) -> Iterator[Row]:
    yield row("checks", check.id, *owner, ordinal, check.rule, check.passed, check.severity, check.message, json_text(check.inputs))
    yield from _reference_edges(owner, "check", check.id, "rests_on", check.inputs)


def _redaction_rows(owner: Owner, ordinal: int, redaction: Redaction, places: _Places) -> Iterator[Row]:
    _, artifact, _, *place = _place((redaction.span,), places)
    yield row("redactions", redaction.id, *owner, ordinal, redaction.kind, redaction.confidence, artifact, *place[:9])


def _route_rows(owner: Owner, ordinal: int, route: Route, places: _Places) -> Iterator[Row]:
    yield row("routes", route.id, *owner, ordinal, route.destination, route.review, route.confidence, json_text(route.reasons))
    yield from _reference_edges(owner, "route", route.id, "rests_on", [ref for reason in route.reasons for ref in reason.references])


_ROWS_OF: Final[Mapping[str, Callable[[Owner, int, Any, _Places], Iterable[Row]]]] = {
    "regions": _region_rows,
    "tables": _table_rows,
    "fields": _field_rows,
    "labels": _label_rows,
    "summary": _summary_rows,
    "checks": _check_rows,
    "redactions": _redaction_rows,
    "route": _route_rows,
}


def contents_of(added: Layers) -> dict[str, tuple[bytes, str]]:
    """The canonical JSON of each layer of ``added`` that has items, and its SHA-256."""
    given = {name: canonical_layer(name, items) for name in LAYERS if (items := getattr(added, name))}
    return {name: (content, digest(content)) for name, content in given.items()}


def _page_rows(owner: Owner, added: Layers) -> Iterator[Row]:
    words = {found.artifact: found for found in added.words}
    described = {info.index: info for info in added.pages}
    for text in added.text:
        yield _page_row(owner, described.pop(text.page, None), text, words.get(text.artifact))
    for info in described.values():
        yield _page_row(owner, info, None, None)


def _page_row(owner: Owner, info: PageInfo | None, text: PageText | None, words: Words | None) -> Row:
    geometry = (info.width, info.height, info.rotation, info.label) if info else (None, None, None, None)
    measures = (info.ink, info.sharpness, info.skew, info.turned) if info else (None, None, None, None)
    reading: tuple[Any, ...] = (None,) * 8
    if text is not None:
        reading = (
            text.artifact,
            text.method,
            text.reason,
            text.language,
            len(text.content),
            None if words is None else len(words),
            text.confidence,
            None if words is None else words.mean_confidence(),
        )
    page = text.page if text is not None else info.index if info is not None else None
    return row("pages", *owner, page, *geometry, *reading, *measures)


def _field_row(owner: Owner, ordinal: int, field: Field, places: _Places) -> Row:
    value, alternatives, inputs = field.value, field.alternatives, field.inputs
    text = type(value) is str
    return _FIELDS, (
        field.id,
        *owner,
        ordinal,
        field.path,
        field.type,
        value if text else field.text,
        None if text else number(value),
        None if text else _date(value),
        field.currency,
        normalised(field),
        field.status,
        field.confidence,
        field.raw_confidence,
        json_text(alternatives) if alternatives else None,
        json_text(inputs) if inputs else None,
        *_place(field.spans, places),
    )


def _label_row(owner: Owner, ordinal: int, label: Label, places: _Places) -> Row:
    return row(
        "labels",
        label.id,
        *owner,
        ordinal,
        label.taxonomy,
        label.value,
        label.confidence,
        label.raw_confidence,
        label.page,
        label.abstained,
        json_text(label.alternatives),
        *_place(label.spans, places),
    )


def number(value: Value) -> Decimal | None:
    """The number for a DECIMAL(38,10) column; None for what is no number or does not fit exactly."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    whole, _, fraction = format(Decimal(value), "f").partition(".")
    fraction = fraction.rstrip("0")
    if len(whole.lstrip("-0")) > _INTEGERS or len(fraction) > _DECIMALS:
        return None
    return Decimal(f"{whole}.{fraction}" if fraction else whole)


def _date(value: Value) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).date()
    return value if isinstance(value, dt.date) else None


def _artifacts_in(document: Document) -> list[str]:
    layers = document.layers
    return [document.content_id, *[text.artifact for text in layers.text], *[table.artifact for table in layers.tables]]


_NO_BOX: Final = (None, None, None, None)
_NOWHERE: Final = (None, None, None, None, None, None, None, None, None, None, None, None, 0, None)


def _place(spans: Sequence[Span], places: _Places) -> tuple[Any, ...]:
    if not spans:
        return _NOWHERE
    first = spans[0]
    artifact = first.artifact
    return (
        first.quote,
        artifact,
        places.owner(artifact),
        first.page,
        first.start,
        first.end,
        *(first.box or _NO_BOX),
        first.row,
        first.column,
        len(spans),
        json_text(spans) if len(spans) > 1 else None,
    )


def _reference_edges(owner: Owner, kind: str, item: str, relation: str, references: Iterable[Reference]) -> Iterator[Row]:
    for reference in dict.fromkeys(references):
        yield row(
            "edges",
            owner.run_id,
            owner.document_id,
            owner.attempt_id,
            reference.kind,
            reference.id,
            reference.document_id,
            kind,
            item,
            relation,
        )


def view_edges(owner: Owner, part: Document) -> Iterator[Row]:
    """From the text of each page of a packet to that of the document that was split off there."""
    for text in part.layers.text:
        yield row("edges", *owner[:3], "text", text.artifact, part.parent, "text", text.artifact, "view_of")


def _span_edges(owner: Owner, kind: str, item: str, spans: Sequence[Span], places: _Places, known: Sequence[Span] = ()) -> Iterator[Row]:
    seen = {source_of(span, places.owner(span.artifact)) for span in known}
    for span in spans:
        source = source_of(span, places.owner(span.artifact))
        if source not in seen:
            seen.add(source)
            yield row("edges", owner.run_id, owner.document_id, owner.attempt_id, *source, kind, item, "rests_on")


def source_of(span: Span, document_id: str) -> tuple[str, str, str]:
    """Kind, id and document of what ``span`` lies in."""
    if span.kind == "cell":
        return "table", span.artifact, document_id
    if span.kind == "text":
        return "text", span.artifact, document_id
    return "document", document_id or span.artifact, document_id


def checked_json(text: str, what: str) -> str | None:
    """``text`` if it is JSON (None if empty). Raises ``ValueError`` saying that ``what`` is not."""
    if not text:
        return None
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(f"{what} is no JSON: {error}") from None
    return text
