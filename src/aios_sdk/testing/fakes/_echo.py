"""A correct component for every stage; each does little, and that truly.

The package that `distribution` writes holds a copy of this file, so it imports only public names.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, cast

from pydantic import Field as Setting

from aios_sdk import (
    Check,
    Checks,
    Classification,
    ComponentConfig,
    Context,
    Document,
    Extraction,
    Field,
    Label,
    LimitExceeded,
    Malformed,
    PageInfo,
    PageText,
    Provided,
    Reason,
    Redaction,
    Redactions,
    Route,
    Sentence,
    Source,
    Span,
    StepError,
    Summary,
    Unsupported,
    UsageError,
    component,
    implements,
)

if TYPE_CHECKING:
    from PIL.Image import Image

_LARGEST: Final = 20_000_000
_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{1,18}(?![0-9])")
_LINE: Final = re.compile(r"[^\n]*\S[^\n]*")
_MOST_PIXELS: Final = 50_000_000


@component("echo.text", media_types=["text/plain"], provides=["pages", "text"], renders=True)
class EchoText:
    """Plain text in UTF-8 as pages that form feeds part."""

    class Config(ComponentConfig):
        """``max_size``: in bytes."""

        max_size: int = Setting(default=_LARGEST, ge=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A document. Raises `Malformed` for what is empty, blank or no UTF-8, and `LimitExceeded`."""
        pages = _decoded(source, self.config.max_size).split("\f")
        if not "".join(pages).strip():
            raise Malformed(f"{source.name!r} holds nothing but white space")
        yield Document.of(
            pages=tuple(PageInfo(index=index) for index in range(len(pages))),
            text=tuple(PageText(page=index, content=content) for index, content in enumerate(pages)),
        )

    @implements
    def render(self, document: Document, page: int, dpi: int) -> Image:
        """The page's lines in black on white, as much as fits 8 by 11 inches. Raises `UsageError` for a page that is not there."""
        from PIL import Image, ImageDraw, ImageFont

        pages = _decoded_bytes(document.read(), document.name).split("\f")
        if not 0 <= page < len(pages):
            raise UsageError(f"{document.name!r} has {len(pages)} pages; asked for page {page}, counted from 0")
        picture = Image.new("RGB", (8 * dpi, 11 * dpi), "white")
        content = pages[page]
        shown = "\n".join("".join(filter(str.isprintable, line))[:200] for line in content.splitlines()[:100])
        ImageDraw.Draw(picture).multiline_text((dpi / 2, dpi / 2), shown, "black", ImageFont.load_default(max(1, dpi // 6)))
        return picture


@component("echo.table", media_types=["text/csv"], provides=["pages", "tables"])
class EchoTable:
    """A CSV in UTF-8 with a header as a table of text."""

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A document with one table. Raises `Malformed` for what is empty, no UTF-8, ragged, or has two names alike."""
        import duckdb

        from aios_sdk import Table

        rows = _rows(source)
        names = [name.strip() for name in rows[0]]
        if not all(names) or len({name.casefold() for name in names}) < len(names) or any("\0" in name for name in names):
            raise Malformed(f"{source.name!r} has columns without a name, or two that are alike")
        if any(len(row) != len(names) for row in rows):
            raise Malformed(f"{source.name!r} has rows that are not as long as its header")
        columns = ", ".join(f"""unnest(${number}::VARCHAR[]) AS "{name.replace('"', '""')}\"""" for number, name in enumerate(names, 1))
        path = context.scratch / "table.parquet"
        values = [[row[number] for row in rows[1:]] for number in range(len(names))]
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute(f"COPY (SELECT {columns}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)", values)
        yield Document.of(pages=(PageInfo(index=0),), tables=(Table.from_parquet(path, name="table"),))


@component("echo.image", media_types=["image/png"], provides=["pages"], renders=True)
class EchoImage:
    """A PNG as a page that can be drawn."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        """A document of one page. Raises `Malformed` or `LimitExceeded`."""
        width, height = _picture(source.read(), source.name).size
        yield Document.of(pages=(PageInfo(index=0, width=float(width), height=float(height)),))

    @implements
    def render(self, document: Document, page: int, dpi: int) -> Image:
        """The picture as it is, whatever ``dpi`` says, transparency on white."""
        from PIL import Image

        picture = _picture(document.read(), document.name).convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, picture).convert("RGB")


@component("echo.numbers", unit="page", requires=["text"], provides=["fields"], uses=["pages"])
class EchoNumbers:
    """Every whole number on a page as a field."""

    class Config(ComponentConfig):
        """``digits``: how many a number has at least."""

        digits: int = Setting(default=2, ge=1, le=18)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        """Fields ``number`` with their places; none where there is no number."""
        found = []
        for page in document.pages:
            context.remaining()
            found += [_field(page.reading, match) for match in _numbers(page.reading) if len(match[0]) >= self.config.digits]
        return Extraction(fields=tuple(found))

    @implements
    def extract_batch(self, documents: Sequence[Document], context: Context) -> Iterable[Extraction | StepError]:
        """The same for several documents."""
        return [self.extract(document, context) for document in documents]


@component("echo.ink", requires=["pages"], provides=["labels"])
class EchoInk:
    """Whether a page is blank or printed, by its picture."""

    @classmethod
    def provides(cls, config: ComponentConfig) -> Provided:
        """One taxonomy."""
        return Provided(labels={"ink": ("blank", "printed")})

    @implements
    def classify(self, document: Document, context: Context) -> Classification:
        """A label ``ink`` for each page."""
        labels = []
        for page in document.pages:
            context.remaining()
            darkest, _ = page.image(72).convert("L").getextrema()
            labels.append(Label(taxonomy="ink", value="printed" if cast("float", darkest) < 128 else "blank", page=page.index))
        return Classification(labels=tuple(labels))


@component("echo.length", requires=["text"], provides=["labels"], uses=["pages"])
class EchoLength:
    """Whether a document has much text or little."""

    class Config(ComponentConfig):
        """``long``: from how many code points on a text is long."""

        long: int = Setting(default=200, ge=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @staticmethod
    def provides(config: Config) -> Provided:
        """One taxonomy."""
        return Provided(labels={"length": ("short", "long")})

    @implements
    def classify(self, document: Document) -> Classification:
        """A label ``length``, or an abstention where there is no text."""
        size = sum(len(page.text.strip()) for each in _documents(document) for page in each.pages)
        if not size:
            return Classification(labels=(Label(taxonomy="length", abstained=True),))
        return Classification(labels=(Label(taxonomy="length", value="long" if size >= self.config.long else "short"),))

    @implements
    def classify_batch(self, documents: Sequence[Document]) -> Iterable[Classification | StepError]:
        """The same for several documents."""
        return [self.classify(document) for document in documents]


@component("echo.first-lines", requires=["text"], provides=["summary"], uses=["pages"])
class EchoFirstLines:
    """The first line of each page as a summary."""

    @implements
    def summarize(self, document: Document) -> Summary:
        """A sentence for each page that has text. Raises `Unsupported` when none has."""
        sentences = []
        for each in _documents(document):
            for page in each.pages:
                line = _LINE.search(page.text)
                if page.reading is not None and line is not None:
                    sentences.append(Sentence(text=line[0].strip(), spans=(_span(page.reading, line),)))
        if not sentences:
            raise Unsupported("There is no text to summarize")
        return Summary(sentences=tuple(sentences), method="extractive")


@component("echo.grounded", provides=["checks"], uses=["fields"])
class EchoGrounded:
    """Checks that every field of a document or case says where it stands."""

    @staticmethod
    def provides(config: ComponentConfig) -> Provided:
        """One rule."""
        return Provided(checks=("grounded",))

    @implements
    def check(self, document: Document) -> Checks:
        """The rule ``grounded``: unknown without fields."""
        held = [(each, field) for each in _documents(document) for field in each.fields.all()]
        bare = [each.reference(field) for each, field in held if field.status == "ungrounded"]
        message = f"{len(bare)} of {len(held)} fields say nothing of where they stand"
        return Checks(checks=(Check(rule="grounded", passed=not bare if held else None, message=message, inputs=tuple(bare)),))


@component("echo.digits", unit="page", requires=["text"], provides=["redactions"], uses=["pages"])
class EchoDigits:
    """Masks every number."""

    @implements
    def redact(self, document: Document) -> Redactions:
        """A redaction of kind ``number`` for each."""
        readings = [page.reading for page in document.pages if page.reading is not None]
        found = [Redaction(kind="number", span=_span(text, match)) for text in readings for match in _numbers(text)]
        return Redactions(redactions=tuple(found))


@component("echo.desk", provides=["route"], uses=["fields", "checks"])
class EchoDesk:
    """Files what has passed every check, and sends the rest to a desk."""

    class Config(ComponentConfig):
        """Where documents go: those that ``passed``, and all others."""

        passed: str = Setting(default="archive", min_length=1)
        others: str = Setting(default="desk", min_length=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def route(self, document: Document) -> Route:
        """A route; for review unless every check passed and every field says where it stands."""
        held = [(each, check) for each in _documents(document) for check in each.checks.values()]
        doubtful = tuple(each.reference(check) for each, check in held if not check.passed)
        passed = tuple(each.reference(check) for each, check in held if check.passed)
        bare = any(field.status != "extracted" for each in _documents(document) for field in each.fields.all())
        if not held:
            reasons = (Reason("nothing was checked"),)
        elif doubtful:
            reasons = (Reason("a check did not pass", doubtful),)
        elif bare:
            reasons = (Reason("a field does not say where it stands"),)
        else:
            return Route(destination=self.config.passed, reasons=(Reason("every check passed", passed),), confidence=1.0)
        return Route(destination=self.config.others, reasons=reasons, review=True)


def _decoded(source: Source, largest: int) -> str:
    with source.open() as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise LimitExceeded(f"{source.name!r} has more than {largest:,} bytes", fix="Raise max_size of echo.text")
    return _decoded_bytes(data, source.name)


def _decoded_bytes(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"{name!r} is no UTF-8 at byte {error.start}") from error


def _rows(source: Source) -> list[list[str]]:
    text = _decoded(source, _LARGEST)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise Malformed(f"{source.name!r} is no CSV: {error}") from error
    if not rows:
        raise Malformed(f"{source.name!r} holds no rows")
    return rows


def _picture(data: bytes, name: str) -> Image:
    import PIL.Image

    try:
        picture = PIL.Image.open(io.BytesIO(data), formats=["PNG"])
        if picture.width * picture.height > _MOST_PIXELS:
            raise LimitExceeded(f"{name!r} has {picture.width} x {picture.height} pixels; {_MOST_PIXELS:,} are allowed")
        picture.load()
    except StepError:
        raise
    except PIL.Image.DecompressionBombError as error:
        raise LimitExceeded(f"{name!r} has too many pixels: {error}") from error
    except Exception as error:
        # Whatever Pillow's decoder makes of damaged bytes, they are no picture.
        raise Malformed(f"{name!r} is no PNG: {error}") from error
    return picture


def _documents(document: Document) -> Iterator[Document]:
    """The document, or the members of a case."""
    yield document
    for member in document.members:
        yield member.document


def _numbers(text: PageText | None) -> Iterator[re.Match[str]]:
    return iter(()) if text is None else _NUMBER.finditer(text.content)


def _span(text: PageText, found: re.Match[str]) -> Span:
    return Span(artifact=text.artifact, page=text.page, start=found.start(), end=found.end(), quote=found[0])


def _field(text: PageText | None, found: re.Match[str]) -> Field:
    assert text is not None  # the number was found in it
    return Field(path="number", value=int(found[0]), spans=(_span(text, found),), confidence=1.0)
