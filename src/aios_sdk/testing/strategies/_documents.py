"""Documents as an engine hands them to a component: pages, text, words, tables and items that fit together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st
from msgspec.structs import replace

from aios_sdk.records import (
    Check,
    Checks,
    Classification,
    Document,
    Extraction,
    Field,
    Label,
    Layer,
    Layers,
    PageText,
    Redactions,
    Region,
    RegionKind,
    Span,
    Value,
    ValueType,
    digest,
    document_id,
)

from ..samples._paper import Paper, PaperHost
from . import _records as loose
from ._files import MEDIA_TYPES, file_of, name_of
from ._places import Places, check_in, derived_in, field_in, label_in, redaction_in, route_in, summary_in
from ._tables import tables
from ._texts import page_contents, printed, title_of

#: Width and height of pages in points: a card, A4, A4 on its side, a strip, and a page of which no size is known.
_SIZES: Final = st.sampled_from(((280.0, 200.0), (595.0, 842.0), (842.0, 595.0), (120.0, 600.0), (0.0, 0.0)))

_ROTATIONS: Final = st.sampled_from((0, 0, 0, 90, 180))

#: Layers whose items stand somewhere in the text.
_ON_TEXT: Final = frozenset(("text", "words", "regions", "fields", "labels", "summary", "redactions"))
#: Layers without which there would be nothing to point at, so that there is a page.
_ON_PAGES: Final = _ON_TEXT | {"pages"}

_SELDOM: Final = st.integers(0, 7).map(lambda number: number == 7)


class _Wanted(NamedTuple):
    """What a document is to be: the arguments of `documents`."""

    layers: frozenset[str]
    uses: frozenset[str]
    media_type: str | None
    fields: Mapping[str, ValueType]
    labels: Mapping[str, Collection[str]]
    checks: Collection[str]
    pages: tuple[int, int]
    text: st.SearchStrategy[str]


class _Printed(NamedTuple):
    """A value on a page: its path, and its range there in code points."""

    path: str
    value: Value
    page: int
    start: int
    end: int


def documents(
    requires: Collection[Layer] = ("pages", "text"),
    media_type: str | None = None,
    *,
    uses: Collection[Layer] = (),
    fields: Mapping[str, ValueType] | None = None,
    labels: Mapping[str, Collection[str]] | None = None,
    checks: Collection[str] = (),
    pages: tuple[int, int] = (1, 3),
    text: st.SearchStrategy[str] | None = None,
) -> st.SearchStrategy[Document]:
    """Documents as an engine hands them to a component that requires those layers.

    Every layer in ``requires`` has at least one item, and so have those that these rest on; of the layers in ``uses`` some are there; the
    others but ``pages`` are empty. Every span resolves and every reference leads somewhere. ``pages`` is their least and greatest number;
    a layer that needs a page gets one if it may. ``text`` draws the text of a page (by default `page_contents`). The documents open their
    bytes, and draw their pages with every word at its box, so that components which look at pictures can be tried too.

    ``fields`` are paths that have a value of that type, printed in the text, and now and then a second one from another step that may
    differ; ``labels`` are taxonomies with their values (none: any value), ``checks`` rules. Example::

        @given(strategies.documents(["text"], fields={"total": "decimal"}))
        def test_the_total_is_checked(document):
            assert Totals().check(document).checks
    """
    named: list[str] = [name for name, given in (("fields", fields), ("labels", labels), ("checks", checks)) if given]
    return _documents(
        _Wanted(
            frozenset([*requires, *named]),
            frozenset(uses),
            media_type,
            dict(fields or {}),
            dict(labels or {}),
            checks,
            pages,
            page_contents() if text is None else text,
        )
    )


@st.composite
def _documents(draw: st.DrawFn, wanted: _Wanted) -> Document:
    extra = [layer for layer in sorted(wanted.uses - wanted.layers) if draw(st.booleans())]
    wanted = wanted._replace(layers=wanted.layers.union(extra))
    media_type = wanted.media_type or draw(st.sampled_from(MEDIA_TYPES))
    least, most = wanted.pages
    contents = [draw(wanted.text) for _ in range(draw(st.integers(max(least, min(1, most) if wanted.layers & _ON_PAGES else 0), most)))]
    values = _print(draw, contents, wanted.fields)
    size, rotation = draw(_SIZES), draw(_ROTATIONS)
    papers = tuple(Paper.of(content, index=index, size=size, rotation=rotation) for index, content in enumerate(contents))
    document = _bare(draw, media_type, papers)
    document = document.add("ingest.kit", Layers(pages=tuple(paper.info for paper in papers)))
    if wanted.layers & _ON_TEXT and papers:
        document = _with_text(draw, document, papers, "words" in wanted.layers)
    if "regions" in wanted.layers and papers:
        parts = tuple(region for text in document.layers.text for region in _lines(draw, text))
        document = document.add("ingest.kit", Layers(regions=parts))
    if "tables" in wanted.layers:
        document = document.add("ingest.kit", Layers(tables=(draw(tables()), *([draw(tables())] if draw(_SELDOM) else []))))
    if values or wanted.fields:
        document = _with_named_fields(draw, document, wanted.fields, values)
    return _with_items(draw, document, wanted)


def _print(draw: st.DrawFn, contents: list[str], fields: Mapping[str, ValueType]) -> list[_Printed]:
    """Values of ``fields``, which are added to the pages; none where there is no page."""
    found: list[_Printed] = []
    for path, kind in fields.items() if contents else ():
        for _ in range(1 + draw(_SELDOM)):
            value, shown = draw(printed(kind))
            page = draw(st.integers(0, len(contents) - 1))
            before = f"{contents[page]}{chr(10) if contents[page] else ''}{draw(title_of(kind))}: "
            contents[page] = before + shown
            found.append(_Printed(path, value, page, len(before), len(before) + len(shown)))
    return found


def _bare(draw: st.DrawFn, media_type: str, papers: tuple[Paper, ...]) -> Document:
    data = file_of(media_type, papers)
    content, name = digest(data), name_of(media_type)
    parent = document_id("mail.eml", 0, content) if draw(_SELDOM) else ""
    identity = document_id(parent or name, 0, content)
    return Document(
        id=identity,
        name=name,
        kind="part" if parent else "file",
        media_type=media_type,
        content_id=content,
        size=len(data),
        key="" if parent else name,
        parent=parent,
        resolve=draw(st.sampled_from([(), ("extract.again", "extract.kit")])),
        root=parent or identity,
    ).bind(PaperHost(data, papers))


def _with_text(draw: st.DrawFn, document: Document, papers: tuple[Paper, ...], words: bool) -> Document:
    """The text of the pages as one step read it, not always of empty pages; and now and then a page read again by a second step."""
    scanned = document.media_type.startswith("image/")
    method, confidence = ("ocr", 0.9) if scanned else ("embedded", None)
    kept = [paper for paper in papers if paper.content or paper is papers[0] or draw(st.booleans())]
    texts = tuple(paper.text(method=method, confidence=confidence) for paper in kept)
    columns = tuple(paper.word_columns(text, confidence) for paper, text in zip(kept, texts, strict=True)) if words else ()
    document = document.add("extract.ocr" if scanned else "ingest.kit", Extraction(text=texts, words=columns))
    if draw(_SELDOM):
        first = draw(st.sampled_from(texts))
        again = replace(first, content=first.content.swapcase(), method="derived", artifact="")
        if again.artifact != first.artifact:
            document = document.add("extract.again", Extraction(text=(again,)))
    return document


def _lines(draw: st.DrawFn, text: PageText) -> Iterator[Region]:
    """A region for each line that says something, and now and then a link within it; a picture where nothing is said."""
    start = 0
    if not text.content.strip():
        yield Region.of(text, "picture", 0, 0)
    for line in text.content.split("\n"):
        if line.strip():
            kind: RegionKind = draw(st.sampled_from(("heading", "paragraph", "paragraph", "list_item", "footer")))
            yield Region.of(text, kind, start, start + len(line), level=1 if kind in ("heading", "list_item") else 0)
            if draw(_SELDOM):
                yield Region.of(text, "link", start, start + 1, target="https://example.org/")
        start += len(line) + 1


def _with_named_fields(draw: st.DrawFn, document: Document, kinds: Mapping[str, ValueType], values: list[_Printed]) -> Document:
    """The fields that were asked for; a second value of a path is by another step. Where there is no page they are ungrounded."""
    if not document.layers.pages:
        bare = tuple(Field(path=path, value=draw(printed(kind))[0], status="ungrounded") for path, kind in kinds.items())
        return document.add("extract.kit", Extraction(fields=bare))
    texts = {text.page: text for text in reversed(document.layers.text)}  # the first reading, in which the values were printed
    steps: dict[str, list[Field]] = {}
    for value in values:
        text = texts[value.page]
        span = Span(artifact=text.artifact, page=value.page, start=value.start, end=value.end, quote=text.content[value.start : value.end])
        step = "extract.kit" if value.path not in {field.path for field in steps.get("extract.kit", ())} else "extract.again"
        steps.setdefault(step, []).append(Field(path=value.path, value=value.value, spans=(span,), confidence=draw(loose.probabilities)))
    for step, found in steps.items():
        document = document.add(step, Extraction(fields=tuple(found)))
    return document


def _with_items(draw: st.DrawFn, document: Document, wanted: _Wanted) -> Document:
    def some(item: Any) -> tuple[Any, ...]:
        return tuple(draw(st.lists(item(document), min_size=1, max_size=3)))

    if "fields" in wanted.layers and not wanted.fields:
        document = document.add("extract.kit", Extraction(fields=some(field_in)))
        if draw(st.booleans()):
            document = document.add("extract.more", Extraction(fields=some(derived_in)))
    if "labels" in wanted.layers:
        named = tuple(_label(draw, taxonomy, values) for taxonomy, values in wanted.labels.items())
        document = document.add("classify.kit", Classification(labels=named or some(label_in)))
    if "summary" in wanted.layers:
        document = document.add("summarize.kit", draw(summary_in(document)))
    if "checks" in wanted.layers:
        verdicts = tuple(Check(rule=rule, passed=draw(st.sampled_from([True, False, None]))) for rule in wanted.checks)
        document = document.add("check.kit", Checks(checks=verdicts or some(check_in)))
    if "redactions" in wanted.layers and Places.of(document):
        document = document.add("redact.kit", Redactions(redactions=some(redaction_in)))
    if "route" in wanted.layers:
        document = document.add("route.kit", draw(route_in(document)))
    return document


def _label(draw: st.DrawFn, taxonomy: str, values: Collection[str]) -> Label:
    if draw(_SELDOM):
        return Label(taxonomy=taxonomy, abstained=True)
    return Label(
        taxonomy=taxonomy, value=draw(st.sampled_from(sorted(values)) if values else loose.names), confidence=draw(loose.probabilities)
    )
