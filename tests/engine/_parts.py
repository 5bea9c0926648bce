"""Small real components and the shortest way to run them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aios_sdk import (
    Document,
    Extraction,
    Field,
    Outcome,
    PageInfo,
    PageText,
    Pipeline,
    Registry,
    Source,
    Span,
    Store,
    component,
    implements,
)


@component("test.notes", media_types=["text/plain"], provides=["pages", "text"])
class Notes:
    """Plain text; form feeds part its pages."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        yield document_of(source.read().decode())


@component("test.first-words", requires=["text"], provides=["fields"])
class FirstWords:
    """The first word of each page as a field."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=tuple(word(page.reading, "word") for page in document.pages if page.reading))


def document_of(content: str, **layers: Any) -> Document:
    """A document with the text in ``content``, a page between form feeds."""
    parts = content.split("\f")
    return Document.of(
        pages=tuple(PageInfo(index=number) for number in range(len(parts))),
        text=tuple(PageText(page=number, content=part) for number, part in enumerate(parts)),
        **layers,
    )


def word(text: PageText | None, path: str, *, confidence: float | None = None, shift: int = 0) -> Field:
    """The first word of ``text`` as a field; with ``shift`` its span stands beside it."""
    assert text is not None
    value = text.content.split()[0]
    start = text.content.index(value)
    span = Span(artifact=text.artifact, page=text.page, start=start + shift, end=start + len(value) + shift, quote=value)
    return Field(path=path, value=value, spans=(span,), confidence=confidence)


def note(name: str, content: str = "") -> Source:
    """A text to ingest, under the key ``name``."""
    return Source(name=name, key=name, data=(content or f"text of {name}").encode(), media_type="text/plain")


def registry_of(*components: Any) -> Registry:
    """A registry of these components and no others."""
    registry = Registry()
    for each in components:
        registry.add(each)
    return registry


def run(pipeline: Pipeline, inputs: Any, store: Store, *components: Any, **options: Any) -> list[Outcome]:
    """Every outcome of a run with these components, and `Notes`."""
    registry = registry_of(*dict.fromkeys((Notes, *components)))
    return list(pipeline.run(inputs, store=store, registry=registry, progress=False, **{"workers": 2, **options}))


def by_name(outcomes: list[Outcome]) -> dict[str, Outcome]:
    """The outcomes by the names of their documents."""
    found = {outcome.name: outcome for outcome in outcomes}
    assert len(found) == len(outcomes), "a document has two outcomes"
    return found


def latest(store: Store, query: str) -> list[tuple[Any, ...]]:
    """The answer to ``query``, in which ``$1`` is the id of the latest run."""
    [(run_id,)] = store.sql("select max(run_id) from runs").fetchall()
    return store.sql(query, [run_id]).fetchall()


def conservation(store: Store) -> dict[str, Any]:
    """The latest run's row of the view ``conservation``."""
    relation = store.sql("from conservation order by run_id desc limit 1")
    return dict(zip(relation.columns, relation.fetchall()[0], strict=True))
