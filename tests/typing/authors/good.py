"""What an author may write: no type checker says a word about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, assert_type

from aios_sdk import (
    Checker,
    Checks,
    Classification,
    Classifier,
    ComponentConfig,
    Context,
    Document,
    Extraction,
    Extractor,
    Field,
    Ingester,
    Pipeline,
    Provided,
    Redactions,
    Redactor,
    Resources,
    Route,
    Router,
    Scope,
    Source,
    StepError,
    Summarizer,
    Summary,
    component,
    implements,
    label,
)

if TYPE_CHECKING:
    from PIL.Image import Image


@component("acme.reader", media_types=["text/plain"], provides=["pages", "text"], renders=True)
class Reader:
    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        yield Document.of()
        yield Source(name=context.step, data=source.read())

    @implements
    def render(self, document: Document, page: int, dpi: int) -> Image:
        raise NotImplementedError


@component("acme.lister")
class Lister:
    @implements
    def ingest(self, source: Source) -> list[Source]:
        return [source]


@component("acme.finder", requires=["text"], uses=("words",), provides=["fields"], fields={"total": "decimal"}, unit="page")
class Finder:
    class Config(ComponentConfig):
        pattern: str = ""
        limit: int = 10

    def __init__(self, config: Config) -> None:
        self.config = config

    @classmethod
    def provides(cls, config: Config) -> Provided:
        return Provided(fields={"total": "decimal"})

    def bind(self, scope: Scope) -> None: ...
    def open(self, resources: Resources) -> None: ...
    def close(self) -> None: ...

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=tuple(document.layers.fields[: self.config.limit]))

    @implements
    def extract_batch(self, documents: Sequence[Document], context: Context) -> list[Extraction | StepError]:
        return [self.extract(document) for document in documents]


@component("acme.asker", deterministic=False, network=["example.org"])
class Asker:
    @implements
    async def classify(self, document: Document, context: Context) -> Classification:
        return Classification()

    @implements
    async def classify_batch(self, documents: Sequence[Document]) -> Iterable[Classification]:
        return []


@component("acme.rest")
class Rest:
    def __init__(self, config: ComponentConfig) -> None: ...

    @implements
    def summarize(self, document: Document) -> Summary:
        return Summary()

    @implements
    def check(self, document: Document) -> Checks:
        return Checks()

    @implements
    def redact(self, document: object) -> Redactions:
        return Redactions()

    @implements
    def route(self) -> Route:
        return Route(destination="desk")


@component("acme.by-kind", version="1")
def by_kind(document: Document) -> Route:
    total = document.fields.get("total")
    return Route(destination="desk" if total and total.value else "archive")


@component("acme.waiting", version="1", stage="route")
async def waiting(document: Document, context: Context) -> Route:
    return Route(destination=context.step)


# A decorated class stays the class that it was, and a function the function.
assert_type(Finder(Finder.Config(pattern="x")).extract(Document()), Extraction)
assert_type(by_kind(Document()), Route)
finder: Finder = Finder(config=Finder.Config())

ingesters: list[type[Ingester]] = [Reader, Lister]
extractor: Extractor = finder
classifier: type[Classifier] = Asker
everything: tuple[type[Summarizer], type[Checker], type[Redactor], type[Router]] = (Rest, Rest, Rest, Rest)

found: Field | None = next(iter(Document().layers.fields), None)
pipeline = (
    Pipeline("claims")
    .ingest(Reader, config={})
    .extract(Finder, config={"pattern": "x"}, when=label("kind") == "invoice", required=False, timeout=2.5)
    .extract(finder, name="again", fallback="tesseract", memo=False)
    .route(by_kind, when="pages > 1")
)
