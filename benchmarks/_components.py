"""The components that `engine.py` measures the engine with. Modules of their own, for workers import them by name."""

from __future__ import annotations

from collections.abc import Iterator

from _work import STEPS

from aios_sdk import Document, Extraction, Field, Outcome, PageInfo, PageText, Pipeline, Registry, Source, Span, component, implements


@component("bench.text", version="1", media_types=["text/plain"], provides=["pages", "text"])
class Text:
    """The whole text on one page."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        yield Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=source.read().decode()),))


def _step(name: str) -> type:
    find = STEPS[name]

    @component(f"bench.{name}", version="1", requires=["text"], provides=["fields"])
    class Step:
        @implements
        def extract(self, document: Document) -> Extraction:
            text = document.layers.text[0]
            value, start, end = find(text.content)
            span = Span(artifact=text.artifact, page=0, start=start, end=end, quote=value)
            return Extraction(fields=(Field(path=name, value=value, spans=(span,), confidence=1.0),))

    Step.__name__ = Step.__qualname__ = name.title()
    return Step


def registry() -> Registry:
    """A registry of these components and no others."""
    found = Registry()
    for each in (Text, *map(_step, STEPS)):
        found.add(each)
    return found


def pipeline() -> Pipeline:
    """Ingest, and the five steps with a field each."""
    made = Pipeline("steps").ingest("bench.text")
    for name in STEPS:
        made = made.extract(f"bench.{name}", name=name)
    return made


def source(number: int, text: str) -> Source:
    """A text in memory, delivered under its number."""
    return Source(name=f"{number}.txt", key=f"{number}", data=text.encode(), media_type="text/plain")


def found(outcome: Outcome) -> dict[str, tuple[object, ...]]:
    """What the steps found, with the places that the engine checked."""
    fields = outcome.document.fields
    return {name: (str(fields[name].value), fields[name].spans[0].start, fields[name].spans[0].end) for name in STEPS}
