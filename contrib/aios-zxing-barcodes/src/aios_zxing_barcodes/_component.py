"""The component: barcodes on pages, each with its place, and the payment that one may hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import pydantic
from aios_sdk import (
    Box,
    ComponentConfig,
    Document,
    Extraction,
    Field,
    Page,
    Provided,
    Span,
    Unsupported,
    component,
    implements,
)

from ._payment import PATHS, payment

if TYPE_CHECKING:
    from zxingcpp import Barcode

Format = Literal["aztec", "code-128", "code-39", "data-matrix", "ean-13", "ean-8", "itf", "pdf417", "qr-code", "upc-a"]
_FORMATS: tuple[Format, ...] = ("aztec", "code-128", "data-matrix", "ean-13", "pdf417", "qr-code")
#: How the library calls them.
_NAMES: dict[Format, str] = {
    "aztec": "Aztec",
    "code-128": "Code128",
    "code-39": "Code39",
    "data-matrix": "DataMatrix",
    "ean-13": "EAN13",
    "ean-8": "EAN8",
    "itf": "ITF",
    "pdf417": "PDF417",
    "qr-code": "QRCode",
    "upc-a": "UPCA",
}


@component(
    "zxing.barcodes",
    media_types=["image/*", "application/pdf"],
    unit="page",
    isolation="process",
    requires=["pages"],
    provides=["fields"],
)
class ZxingBarcodes:
    """Reads barcodes, and the payments in QR codes of invoices."""

    class Config(ComponentConfig):
        """``formats`` to look for; the fewer, the faster. ``dpi``: how finely pages are drawn; small codes want more."""

        formats: tuple[Format, ...] = pydantic.Field(_FORMATS, min_length=1)
        dpi: int = pydantic.Field(200, ge=50, le=600)

    def __init__(self, config: Config) -> None:
        self.config = config

    @classmethod
    def provides(cls, config: Config) -> Provided:
        """The fields of a payment, which only QR codes hold."""
        return Provided(fields=PATHS if "qr-code" in config.formats else {})

    @implements
    def extract(self, document: Document) -> Extraction:
        """``pages[0].barcodes[0]`` and so on, from the top of the page; ``payment.iban``, ``payment.amount`` and so on.

        Raises `Unsupported` when there is no barcode.
        """
        fields = tuple(field for page in document.pages for field in self._on(document, page))
        if not fields:
            raise Unsupported("there is no barcode")
        return Extraction(fields=fields)

    def _on(self, document: Document, page: Page) -> Iterator[Field]:
        import zxingcpp

        picture = page.image(self.config.dpi).convert("L")
        formats = [getattr(zxingcpp.BarcodeFormat, _NAMES[name]) for name in self.config.formats]
        found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(formats))
        places = [(_box(barcode, picture.width, picture.height), barcode) for barcode in found if barcode.bytes]
        for number, (box, barcode) in enumerate(sorted(places, key=lambda place: (place[0].y0, place[0].x0))):
            place = Span(artifact=document.content_id, page=page.index, box=box, quote=_text(barcode))
            yield Field(path=f"pages[{page.index}].barcodes[{number}]", value=place.quote, spans=(place,))
            for path, value, currency in payment(barcode.bytes, barcode.text):
                yield Field(path=path, value=value, currency=currency, spans=(place,))


def _box(barcode: Barcode, width: int, height: int) -> Box:
    """The box round the four corners, which need not be upright."""
    corners = barcode.position
    points = (corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left)
    across, down = [point.x / width for point in points], [point.y / height for point in points]
    return Box.of(min(across), min(down), max(across), max(down))


def _text(barcode: Barcode) -> str:
    """What it says; of bytes that are no text their hexadecimal digits."""
    import zxingcpp

    is_text = barcode.content_type not in (zxingcpp.ContentType.Binary, zxingcpp.ContentType.UnknownECI)
    return barcode.text if is_text else barcode.bytes.hex()
