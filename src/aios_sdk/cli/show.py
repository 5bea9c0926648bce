"""``aios show``: what is read in a file, in words and on a picture of the page."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aios_sdk.errors import UsageError
from aios_sdk.records import Document, Outcome, Page, Table

from ._exit import Exit
from ._printing import printable, size
from ._reading import reading

if TYPE_CHECKING:
    from aios_sdk.store import Store

    from ._picture import Mark

_QUOTED = 70
_LINES = 3
_COLUMNS = 8


class Boxes(StrEnum):
    """What is framed on the picture."""

    WORDS = "words"
    REGIONS = "regions"
    TABLES = "tables"
    FIELDS = "fields"


def show(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file.")],
    page: Annotated[int | None, typer.Option(min=1, help="Only this page, from 1.")] = None,
    boxes: Annotated[list[Boxes] | None, typer.Option(help="What the picture frames; may be given several times.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw the page (the first, unless --page says which) into this file.")] = None,
    dpi: Annotated[int, typer.Option(min=36, max=600, help="Resolution of the picture.")] = 150,
    pipeline: Annotated[str | None, typer.Option(help="Read with this pipeline: a YAML file, or module:name.")] = None,
) -> None:
    """Show what is read in FILE: its pages and how they were read, their parts, tables and fields; and the parts of the file.

    Examples:

      aios show report.pdf

      aios show scan.png --boxes words --png scan-words.png
    """
    with reading([file], pipeline) as (store, outcomes):
        if not outcomes:
            raise UsageError(f"There is no document in {file}", fix="Give a file; aios run takes folders")
        for number, outcome in enumerate(outcomes):
            if number:
                typer.echo()
            for line in _told(outcome, page, whole=not number):
                typer.echo(printable(line))
        if png is not None:
            _draw(store, [outcome.document for outcome in outcomes], page, boxes or [Boxes.REGIONS], png, dpi)
            typer.echo(f"Wrote {png}", err=True)
        if outcomes[0].status in ("failed", "refused"):
            raise typer.Exit(Exit.FAILED)


def _told(outcome: Outcome, wanted: int | None, *, whole: bool) -> Iterator[str]:
    document = outcome.document
    count = len(document.pages)
    facts = [document.media_type, size(document.size), f"{count} page{'' if count == 1 else 's'}" if count else ""]
    yield f"{'' if whole else 'part '}{document.name} ({', '.join(filter(None, facts))})  {outcome.status}"
    for failure in outcome.failures:
        yield f"  {failure.category}: {failure.message.splitlines()[0]}"
    for page in document.pages:
        if wanted is None or page.index == wanted - 1:
            yield from _page(document, page)
    for field in document.layers.fields if wanted is None else ():
        currency = f" {field.currency}" if field.currency else ""
        yield f"  {field.path} = {_short(field.text)}{currency}"


def _page(document: Document, page: Page) -> Iterator[str]:
    reading, words = page.reading, page.words
    facts = [
        f"page {page.index + 1}" + (f" ({page.info.label})" if page.info.label and page.info.label != str(page.index + 1) else ""),
        f"{page.info.width:.0f} x {page.info.height:.0f} pt" if page.info.width else "",
        f"turned by {page.info.rotation} degrees" if page.info.rotation else "",
        "no text" if reading is None or not reading.content.strip() else f"{len(reading.content):,} characters",
        f"{len(words):,} words" if words else "",
        reading.language if reading else "",
        "read by OCR" + (f" ({reading.reason})" if reading.reason else "") if reading and reading.method == "ocr" else "",
        f"confidence {reading.confidence:.2f}" if reading and reading.confidence is not None else "",
        *_measures(page),
    ]
    yield f"  {', '.join(filter(None, facts))}"
    shown = set()
    tables = {table.artifact: table for table in document.tables if table.page == page.index}
    for region in page.regions:
        if region.kind == "link":
            continue
        said = page.text[region.start : region.end]
        yield f"    {'  ' * max(0, region.level - 1)}{region.kind:<10} {_short(said)}".rstrip()
        if region.target in tables:
            shown.add(region.target)
            yield from _table(tables[region.target])
    if not page.regions and not tables and page.text.strip():
        yield from (f"    {_short(line)}" for line in page.text.strip().splitlines()[:_LINES])
    for artifact, table in tables.items():
        if artifact not in shown:
            yield from _table(table)


def _measures(page: Page) -> Iterator[str]:
    info = page.info
    if info.ink == 0:
        yield "blank"
    if info.turned:
        yield f"its content turned by {info.turned} degrees"
    if info.skew is not None and abs(info.skew) >= 0.1:
        yield f"leaning by {info.skew:.1f} degrees"


def _table(table: Table) -> Iterator[str]:
    rejected = f", {table.rejected} rejected" if table.rejected else ""
    yield f"      table {table.name}: {table.rows:,} rows, {len(table.columns)} columns{rejected}"
    shown = [f"{column.name} {column.type}" for column in table.columns[:_COLUMNS]]
    yield "        " + " | ".join([*shown, *(["..."] if len(table.columns) > _COLUMNS else [])])


def _short(text: str) -> str:
    """The text in one line that fits a terminal."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 3]}..."


def _draw(store: Store, documents: list[Document], wanted: int | None, boxes: list[Boxes], file: Path, dpi: int) -> None:
    """Draw a page (from 1) of the file: of its first document, or of those that were split off the same packet."""
    from ._picture import Renderer, check_name, marked

    check_name(file)
    first = documents[0]
    packet = [each for each in documents if each.page_range is not None and each.parent == first.parent] or [first]
    found = [(document, page) for document in packet for page in document.pages if page.index == (wanted or page.index + 1) - 1]
    if not found:
        name = first.name if first.page_range is None else "the packet"
        fix = "Leave --page out, or give another"
        raise UsageError(f"There is no page {wanted or 1}: {name} has {sum(len(each.pages) for each in packet)}", fix=fix)
    document, page = found[0]
    renderer = Renderer(store.document(document.id), store.explain(document.id).origins[0].ingested_by)
    try:
        page = next(each for each in document.bind(renderer).pages if each.index == page.index)
        marks = [mark for kind in boxes for mark in _marks(document, page, kind)]
        marked(page.image(dpi).convert("RGB"), marks, dpi).save(file)
    finally:
        renderer.close()


def _marks(document: Document, page: Page, boxes: Boxes) -> Iterator[Mark]:
    from ._picture import COLOURS, Mark

    if boxes is Boxes.WORDS:
        for number in range(len(page.words or ())):
            assert page.words is not None
            yield Mark(page.words.box(number), "", COLOURS[0])
    elif boxes is Boxes.REGIONS:
        kinds = sorted({region.kind for region in page.regions})
        for region in page.regions:
            if region.box is not None:
                label = f"{region.kind} {region.level}" if region.level else region.kind
                yield Mark(region.box, label, COLOURS[kinds.index(region.kind) % len(COLOURS)])
    elif boxes is Boxes.TABLES:
        for number, table in enumerate(table for table in document.tables if table.page == page.index):
            colour = COLOURS[number % len(COLOURS)]
            if table.box is not None:
                yield Mark(table.box, table.name, colour)
            for row in range(table.rows if table.boxes else 0):
                for column in range(len(table.columns)):
                    box = table.cell_box(row, column)
                    if box is not None:
                        yield Mark(box, "", colour)
    else:
        for number, field in enumerate(document.layers.fields):
            for span in field.spans:
                if span.box is not None and span.page == page.index:
                    yield Mark(span.box, field.path, COLOURS[number % len(COLOURS)])
