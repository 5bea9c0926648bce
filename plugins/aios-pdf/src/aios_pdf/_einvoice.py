"""The component that ingests e-invoices in XML."""

from __future__ import annotations

from collections.abc import Iterator

from aios_sdk import ComponentConfig, Document, PageInfo, Source, component, implements

from ._en16931 import FIELDS, read_invoice


@component(
    "aios.einvoice", media_types=["application/xml", "text/xml"], isolation="process", provides=["pages", "text", "fields"], fields=FIELDS
)
class EInvoice:
    """Reads e-invoices in XML (EN 16931: CII, UBL, ZUGFeRD 1.0): every field with the exact place of its value.

    The decoded XML is the text of page 0. Files that the invoice carries become parts of it. Other XML is `Unsupported`.
    """

    class Config(ComponentConfig):
        """Limits in bytes."""

        max_size: int = 20_000_000
        max_embedded_size: int = 50_000_000

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        """One document with its fields, then the files it carries."""
        data = source.read(self.config.max_size)
        invoice = read_invoice(data)
        yield Document.of(pages=(PageInfo(index=0),), text=(invoice.text,), fields=invoice.fields)
        for position, binary in enumerate(invoice.binaries):
            yield binary.source(position, self.config.max_embedded_size)
