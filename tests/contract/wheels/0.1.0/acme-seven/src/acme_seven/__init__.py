"""All seven stages, written as an author would write them; kept as a wheel, so that no later SDK breaks what was built for this one.

It reads "ACME letters": text whose first line is ``ACME``, pages divided by form feeds, ``name;amount`` lines that make a table, and
``attached: ...`` lines that are parts of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import pydantic

from aios_sdk import (
    Alternative,
    Box,
    Check,
    Checks,
    Classification,
    ComponentConfig,
    Context,
    Document,
    Extraction,
    Field,
    Label,
    Malformed,
    PageInfo,
    PageText,
    Provided,
    Reason,
    Redaction,
    Redactions,
    Resources,
    Retryable,
    Route,
    Scope,
    Sentence,
    Source,
    Span,
    StepError,
    Summary,
    Table,
    Unsupported,
    Words,
    component,
    implements,
)
from aios_sdk.expressions import DocumentSubject, compile

if TYPE_CHECKING:
    from PIL.Image import Image

_AMOUNT = re.compile(r"\d+\.\d\d")


@component("acme.letter", media_types=["text/plain"], priority=100, provides=["pages", "text", "words", "tables"], renders=True)
class Letter:
    """Reads ACME letters."""

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        content = source.read().decode("utf-8", "replace")
        if not source.head(4) == b"ACME":
            raise Unsupported("the first line is not ACME")
        if "\0" in content:
            raise Malformed("a letter holds no NUL", cause="It was cut off", fix="Ask for it again")
        texts = [PageText(page=number, content=page) for number, page in enumerate(content.split("\f"))]
        yield Document.of(
            pages=tuple(PageInfo(index=text.page, width=595.0, height=842.0, label=str(text.page + 1)) for text in texts),
            text=tuple(texts),
            words=tuple(_words(text) for text in texts),
            tables=_tables(content, context),
        )
        for number, attached in enumerate(re.findall(r"^attached: (.*)$", content, re.MULTILINE)):
            yield Source(name=f"attached-{number}.txt", data=f"ACME\n{attached}".encode(), media_type="text/plain")

    @implements
    def render(self, document: Document, page: int, dpi: int) -> Image:
        from PIL import Image

        info = document.pages[page].info
        return Image.new("RGB", (round(info.width * dpi / 72), round(info.height * dpi / 72)), "white")


def _words(text: PageText) -> Words:
    found = []
    for match in re.finditer(r"\S+", text.content):
        top = text.content.count("\n", 0, match.start()) / 100
        found.append((match.start(), match.end(), Box.of(0.1, top, 0.9, top + 0.01), 0.9))
    return Words.build(text, found)


def _tables(content: str, context: Context) -> tuple[Table, ...]:
    import duckdb

    rows = re.findall(r"^(\w+);(\d+\.\d\d)$", content, re.MULTILINE)
    if not rows:
        return ()
    path = context.scratch / "positions.parquet"
    values = ", ".join(f"('{name}', {amount}::DECIMAL(18,2))" for name, amount in rows)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM (VALUES {values}) AS t(name, amount)) TO '{path}' (FORMAT parquet)")
    return (Table.from_parquet(path, name="positions"),)


@component("acme.amounts", requires=["text"], uses=["words"], provides=["fields"], unit="page", isolation="process", memory_mb=64)
class Amounts:
    """Finds the amounts of a page."""

    class Config(ComponentConfig):
        currency: str = "EUR"
        threads: int = pydantic.Field(1, json_schema_extra={"memo": False})

    def __init__(self, config: Config) -> None:
        self.config = config

    @classmethod
    def provides(cls, config: Config) -> Provided:
        return Provided(fields={"amount": "decimal"})

    def open(self, resources: Resources) -> None:
        (resources.scratch / "opened").write_text(f"{resources.threads} {resources.device}", encoding="utf-8")
        self.number = _AMOUNT

    def close(self) -> None:
        del self.number

    @implements
    def extract(self, document: Document) -> Extraction:
        found = [self._field(document, page.index, match) for page in document.pages for match in self.number.finditer(page.text)]
        if not found:
            raise Unsupported("there is no amount")
        return Extraction(fields=tuple(found))

    @implements
    def extract_batch(self, documents: Sequence[Document], context: Context) -> Iterable[Extraction | StepError]:
        for document in documents:
            context.remaining()
            try:
                yield self.extract(document)
            except StepError as error:
                yield error

    def _field(self, document: Document, index: int, match: re.Match[str]) -> Field:
        page = next(page for page in document.pages if page.index == index)
        start, end = match.span()
        span = Span(
            artifact=page.reading.artifact if page.reading else "",
            page=index,
            start=start,
            end=end,
            quote=match[0],
            box=page.words.covering(start, end) if page.words else None,
        )
        return Field(
            path="amount",
            value=Decimal(match[0]),
            currency=self.config.currency,
            spans=(span,),
            raw_confidence=0.8,
            alternatives=(Alternative(match[0].replace("0", "O"), 0.1),),
        )


@component("acme.kind", requires=["text"], provides=["labels"], network=["example.org"], deterministic="seeded")
class Kind:
    """Says what kind of letter it is, by an expression."""

    class Config(ComponentConfig):
        invoice: str = "tables > 0"

    def __init__(self, config: Config) -> None:
        self.config = config

    @classmethod
    def provides(cls, config: Config) -> Provided:
        return Provided(labels={"kind": ("invoice", "letter")})

    def bind(self, scope: Scope) -> None:
        self.invoice = compile(self.config.invoice, scope)

    @implements
    async def classify(self, document: Document, context: Context) -> Classification:
        if "again" in document.text:
            raise Retryable("the service is busy", after=0.5)
        result = self.invoice.evaluate(DocumentSubject(document))
        if result.unknown:
            return Classification(labels=(Label(taxonomy="kind", abstained=True),))
        context.log.debug("classified")
        return Classification(labels=(Label(taxonomy="kind", value="invoice" if result.value else "letter", confidence=0.9),))

    @implements
    async def classify_batch(self, documents: Sequence[Document], context: Context) -> list[Classification]:
        return [await self.classify(document, context) for document in documents]


@component("acme.gist", requires=["text"], provides=["summary"])
class Gist:
    """Gives the last line of each page."""

    @implements
    def summarize(self, document: Document) -> Summary:
        sentences = []
        for page in document.pages:
            line = page.text.rstrip().rpartition("\n")[2]
            if line and page.reading:
                start = page.text.rindex(line)
                place = Span(artifact=page.reading.artifact, page=page.index, start=start, end=start + len(line), quote=line)
                sentences.append(Sentence(text=line, spans=(place,)))
        return Summary(sentences=tuple(sentences), method="extractive")


@component("acme.sums", requires=["fields", "tables"], uses=["labels"], provides=["checks"])
class Sums:
    """Holds the positions against the amounts that were read."""

    @classmethod
    def provides(cls, config: ComponentConfig) -> Provided:
        return Provided(checks=("positions-read",))

    @implements
    def check(self, document: Document) -> Checks:
        [table] = document.tables
        listed = {table.cell(row, 1) for row in range(table.first_row, table.first_row + table.rows)}
        read = document.fields.all("amount")
        passed = listed <= {field.value for field in read} if read else None
        inputs = (document.reference(table), *(document.reference(field) for field in read))
        label = document.labels.get("kind")
        message = f"of a {label.value}" if label is not None and label.status == "agreed" else ""
        return Checks(checks=(Check(rule="positions-read", passed=passed, severity="warning", message=message, inputs=inputs),))


@component("acme.names", requires=["text"], provides=["redactions"], unit="page")
class Names:
    """Masks what follows ``Dear``."""

    @implements
    def redact(self, document: Document, context: Context) -> Redactions:
        found = []
        for page in document.pages:
            for match in re.finditer(r"(?<=Dear )\w+", page.text):
                if page.reading:
                    span = Span(artifact=page.reading.artifact, page=page.index, start=match.start(), end=match.end(), quote=match[0])
                    found.append(Redaction(kind="person", span=span, confidence=0.5))
        return Redactions(redactions=tuple(found))


@component("acme.desk")
def desk(document: Document) -> Route:
    """Pays what adds up, and gives the rest to a person."""
    checked = document.checks.get("positions-read")
    references = checked.inputs if checked else ()
    if checked is not None and checked.passed:
        return Route(destination="pay", reasons=(Reason("the positions were read", references),), confidence=0.9)
    return Route(destination="desk", reasons=(Reason(f"{document.kind} of {len(document.members)} members", references),), review=True)
