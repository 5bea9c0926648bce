"""The component `aios.layout`."""

from __future__ import annotations

from typing import Annotated, Final

import pydantic

from aios_sdk import ComponentConfig, Context, Document, Extraction, Page, Resources, Unsupported, component, implements

from ._records import LaidOutPage, TableWriter, regions_and_tables


@component(
    "aios.layout",
    media_types=["image/*", "application/pdf"],
    unit="page",
    isolation="process",
    requires=["pages", "text", "words"],
    uses=["tables"],
    provides=["text", "words", "regions", "tables"],
)
class Layout:
    """Finds the tables on scanned pages and in pictures, out of the words that an OCR step read before and the ruling lines of the picture.

    A table is what is ruled, or whose columns can be nothing else, as in the text of a PDF (`aios.pdf`). A page with tables gets another
    reading: the same words in reading order, a row of a table a line and tabs between its cells, with regions. Pages without tables, and
    those on which an earlier step found some, stay as they are; where no page was read by OCR this raises `Unsupported`. Example::

        Pipeline("scans").ingest().extract("tesseract").extract("layout")
    """

    class Config(ComponentConfig):
        """How closely to look.

        Attributes:
            dpi: dots per inch at which pages are rendered to find ruling lines.
        """

        dpi: Annotated[int, pydantic.Field(ge=70, le=600)] = 200

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._writer: Final = TableWriter()

    def open(self, resources: Resources) -> None:
        """Load what finds ruling lines."""
        from . import _scans  # noqa: F401

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        """Text, words, regions and tables of the pages on which there are tables. Raises `Unsupported` when OCR read none of them."""
        pages = [page for page in document.pages if _was_read(page)]
        if not pages:
            raise Unsupported("no page was read by OCR; what has text of its own was laid out when it was ingested")
        known = {table.page for table in document.tables}
        laid_out = [found for page in pages if page.index not in known and (found := self._laid_out(page, context))]
        begins = bool(laid_out) and laid_out[0].page == 0
        regions, tables = regions_and_tables(laid_out, self._writer, lambda: context.scratch, begins=begins)
        return Extraction(
            text=tuple(page.text for page in laid_out if page.text),
            words=tuple(page.words for page in laid_out if page.words),
            regions=regions,
            tables=tables,
        )

    def close(self) -> None:
        """Let go of what tables are written with."""
        self._writer.close()

    def _laid_out(self, page: Page, context: Context) -> LaidOutPage | None:
        from ._scans import laid_out

        context.remaining()
        assert page.reading is not None
        assert page.words is not None
        content = laid_out(page.reading, page.words, page.image(self.config.dpi))
        return content and LaidOutPage(page.index, content.text, content.words, content.blocks)


def _was_read(page: Page) -> bool:
    return page.reading is not None and page.reading.method == "ocr" and page.words is not None
