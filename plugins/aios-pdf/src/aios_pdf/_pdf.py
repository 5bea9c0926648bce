"""The component that ingests PDF files and renders their pages."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from aios_layout import LaidOutPage, TableWriter, regions_and_tables

from aios_sdk import (
    ComponentConfig,
    Context,
    Document,
    Field,
    LimitExceeded,
    Malformed,
    PageInfo,
    Resources,
    Source,
    StepError,
    Unavailable,
    component,
    implements,
)

from ._contradictions import contradictions
from ._en16931 import FIELDS, Invoice, read_invoice
from ._form import FormPage, form_fields
from ._printed import MAX_PAGES, PrintedPages

if TYPE_CHECKING:
    from PIL.Image import Image

    from ._file import EmbeddedFile, PageReading, PdfFile

#: Names under which the standards embed the invoice that the PDF shows; other XML invoices may be mere enclosures.
_STANDARD_NAMES: Final = frozenset({"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"})
#: No e-invoice is larger; larger attachments are not looked into.
_MAX_INVOICE: Final = 20_000_000


@component(
    "aios.pdf",
    media_types=["application/pdf"],
    isolation="process",
    provides=["pages", "text", "words", "regions", "tables", "fields"],
    fields=FIELDS,
    renders=True,
)
class Pdf:
    """Reads PDF files with PDFium: pages, text, words with boxes, embedded files and the fields of an embedded e-invoice.

    A page without a text layer gets no text (an OCR step may read it). The fields of an e-invoice have spans into the embedded XML, and
    before that the place on the page where the value is printed, if it is found. What is written into form fields, typed onto a page or
    stamped is part of its text. The data of a form that is XFA alone is a child.
    """

    class Config(ComponentConfig):
        """How to read, and limits.

        Attributes:
            layout: read in the order in which a person does, and find regions; else in the order of the file.
            tables: write the tables that are found as typed rows, which takes longer than finding them; needs ``layout``.
            password_variables: names of environment variables that hold passwords to try on encrypted files; they are never recorded.
            max_pages: pages of a document.
            max_pixels: pixels of a rendered page.
            max_embedded: embedded files; each one more is refused alone.
            max_embedded_size: bytes of an embedded file; a larger one is refused alone.
        """

        layout: bool = True
        tables: bool = True
        password_variables: tuple[str, ...] = ()
        max_pages: int = 5_000
        max_pixels: int = 100_000_000
        max_embedded: int = 100
        max_embedded_size: int = 50_000_000

    def __init__(self, config: Config) -> None:
        self.config = config
        self._passwords: tuple[str, ...] = ()
        self._writer: Final = TableWriter()

    def open(self, resources: Resources) -> None:
        """Take the passwords out of the environment. Raises `Unavailable` naming a variable that is not set."""
        missing = [name for name in self.config.password_variables if name not in os.environ]
        if missing:
            raise Unavailable(
                f"aios.pdf needs the password in {', '.join(missing)}",
                cause="There is no such environment variable",
                fix=f"export {missing[0]}=..., or take it out of password_variables",
            )
        self._passwords = tuple(os.environ[name] for name in self.config.password_variables)

    def close(self) -> None:
        """Let go of what tables are written with."""
        self._writer.close()

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """The document, then the embedded files; one over a limit is refused alone. Raises `Malformed` at the end for lost pages."""
        from ._file import open_pdf

        with source.open() as file, open_pdf(file, self._passwords) as pdf:
            if pdf.pages > self.config.max_pages:
                raise LimitExceeded(
                    f"The PDF has {pdf.pages} pages, over max_pages ({self.config.max_pages})", fix="Raise max_pages, or split the file"
                )
            readings, damage = self._read_pages(pdf, context)
            invoices = self._invoices(pdf)
            writer = self._writer if self.config.tables else None
            laid_out = [
                LaidOutPage(each.info.index, each.text, each.words, each.blocks, each.overlay.links, each.pictures) for each in readings
            ]
            regions, tables = regions_and_tables(laid_out, writer, lambda: context.scratch) if self.config.layout else ((), ())
            yield Document.of(
                pages=tuple(reading.info for reading in readings),
                text=tuple(reading.text for reading in readings if reading.text is not None),
                words=tuple(reading.words for reading in readings if reading.words is not None),
                regions=regions,
                tables=tables,
                fields=(*_printed(_shown(invoices), readings), *_filled_in(readings, source.content_id)),
            )
            if not any(reading.overlay.widgets for reading in readings) and (filled := pdf.form_data(self.config.max_embedded_size)):
                # A form of XFA alone: its page only asks to be opened in another program.
                yield Source(name="xfa-datasets.xml", data=filled, media_type="application/xml")
            for position in range(pdf.embedded):
                yield self._child(pdf, position, "application/xml" if position in invoices else "")
            if damage:
                # Raised at last, so that what could be read is kept: the document is partial.
                raise Malformed(
                    f"{len(damage)} of {pdf.pages} pages cannot be read; the first: {damage[0].what}", fix="Ask the sender for it again"
                )

    @implements
    def render(self, document: Document, page: int, dpi: int) -> Image:
        """``page`` (from 0) as displayed, at ``dpi`` (RGB)."""
        from ._file import open_pdf

        with document.open() as file, open_pdf(file, self._passwords) as pdf:
            return pdf.render(page, dpi, self.config.max_pixels)

    def _read_pages(self, pdf: PdfFile, context: Context) -> tuple[list[PageReading], list[Malformed]]:
        """Every page, and what is wrong with those that cannot be loaded; they have no size and text. Raises `Malformed` when none can."""
        from ._file import PageReading

        readings: list[PageReading] = []
        damage: list[Malformed] = []
        for index in range(pdf.pages):
            context.remaining()
            try:
                readings.append(pdf.read(index, layout=self.config.layout))
            except Malformed as error:
                damage.append(error)
                readings.append(PageReading(PageInfo(index=index)))
        if len(damage) == pdf.pages:
            raise damage[0]
        return readings, damage

    def _child(self, pdf: PdfFile, position: int, media_type: str) -> Source:
        if position >= self.config.max_embedded:
            refused = f"The PDF embeds more than max_embedded ({self.config.max_embedded}) files"
            return Source(name=pdf.embedded_name(position), refused=refused)
        found = pdf.embedded_file(position, self.config.max_embedded_size)
        if found.data is not None:
            return Source(name=found.name, data=found.data, media_type=media_type)
        if found.size > self.config.max_embedded_size:
            refused = f"Its {found.size} bytes are over max_embedded_size ({self.config.max_embedded_size})"
        else:
            refused = "The PDF names it, but its bytes are missing or damaged"
        return Source(name=found.name, size=found.size, refused=refused)

    def _invoices(self, pdf: PdfFile) -> dict[int, tuple[str, Invoice]]:
        """The embedded e-invoices by position, each with its file name."""
        limit = min(self.config.max_embedded_size, _MAX_INVOICE)
        found: dict[int, tuple[str, Invoice]] = {}
        for position in range(min(pdf.embedded, self.config.max_embedded)):
            file = pdf.embedded_file(position, limit)
            if invoice := _invoice(file):
                found[position] = (file.name, invoice)
        return found


def _shown(invoices: Mapping[int, tuple[str, Invoice]]) -> list[Invoice]:
    """The invoices that the PDF itself shows: those under a standard name, else all."""
    standard = [invoice for name, invoice in invoices.values() if name.lower() in _STANDARD_NAMES]
    return standard or [invoice for _, invoice in invoices.values()]


def _invoice(file: EmbeddedFile) -> Invoice | None:
    """The e-invoice in ``file``. What is none, or is damaged, is left to its own ingest, which says so."""
    if file.data is None or b"<" not in file.data[:64]:
        return None
    try:
        return read_invoice(file.data)
    except StepError:
        return None


def _printed(invoices: list[Invoice], readings: list[PageReading]) -> tuple[Field, ...]:
    """The fields of ``invoices``, each with the place on a page where its value is printed, if found, before that in the XML."""
    if not invoices:
        return ()
    pages = [(reading.text, reading.words) for reading in readings if reading.text and reading.words and not reading.text.reason]
    searched = PrintedPages(pages)
    found: list[Field] = []
    for invoice in invoices:
        for field, place in zip(invoice.fields, searched.places(invoice.fields), strict=True):
            spans = (*filter(None, [place]), *field.spans)
            found.append(Field(path=field.path, value=field.value, currency=field.currency, spans=spans, confidence=field.confidence))
        found += contradictions(invoice.fields, pages[:MAX_PAGES])
    return tuple(found)


def _filled_in(readings: list[PageReading], content_id: str) -> tuple[Field, ...]:
    """What is filled into the form."""
    if not any(reading.overlay.widgets for reading in readings):
        return ()
    return form_fields(
        [FormPage(reading.info.index, reading.text, reading.words, reading.overlay.widgets) for reading in readings], content_id
    )
