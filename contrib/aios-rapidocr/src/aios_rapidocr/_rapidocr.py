"""The component `aios.rapidocr`."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Annotated, Final, Literal

import pydantic
from aios_tesseract import Reading, Scan, blank, extraction, is_blank, pages_to_read, reading, scan, why

from aios_sdk import ComponentConfig, Context, Document, Extraction, Page, Resources, component, implements

from ._lines import ReadLine, in_order, words_in

if TYPE_CHECKING:
    from ._engine import Engine, Line

#: Of a page on its side most lines are higher than wide by more than this; single letters and digits are higher than wide too.
_ON_ITS_SIDE: Final = 1.5


@component(
    "aios.rapidocr",
    media_types=["image/*", "application/pdf"],
    unit="page",
    isolation="process",
    requires=["pages"],
    uses=["text"],
    provides=["text", "words", "regions"],
    memory_mb=1024,
)
class RapidOcr:
    """Reads scanned pages with the PP-OCR models of rapidocr: text, words with boxes and confidences, and paragraphs.

    It reads better than tesseract and takes several times as long. The models are in rapidocr's wheel and read Latin and Chinese scripts;
    nothing is downloaded. Example::

        Pipeline("scans").ingest().extract("rapidocr", timeout=60)
    """

    class Config(ComponentConfig):
        """How to read.

        Attributes:
            dpi: dots per inch at which pages are rendered.
            side: to how many pixels the longer side of a page is reduced to find its lines; smaller is faster, and small print is
                missed. None: up to 2,000, at least 736 on the shorter side.
            pages: ``without-text`` reads only pages that have no text yet, ``all`` reads every page.
        """

        dpi: Annotated[int, pydantic.Field(ge=70, le=1200)] = 300
        side: Annotated[int, pydantic.Field(ge=320, le=4000)] | None = None
        pages: Literal["without-text", "all"] = "without-text"

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._engine: Engine | None = None

    def open(self, resources: Resources) -> None:
        """Load the models. Raises `Unavailable` when the wheel lacks one."""
        from ._engine import Engine

        self._engine = Engine(resources.threads, enlarged=self.config.side is None)

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        """Text, words and paragraphs of the pages that are to be read. Raises `Unsupported` when there is none."""
        read = [self._read(page, context) for page in pages_to_read(document, self.config.pages)]
        return extraction(read)

    def close(self) -> None:
        """Let go of the models."""
        self._engine = None

    def _read(self, page: Page, context: Context) -> Reading:
        from ._engine import pixels_of

        assert self._engine is not None, "open() comes first"
        if is_blank(page):
            return blank(page.index, "blank page, not read")
        found, done = scan(page, self.config.dpi)
        scale = 1.0 if self.config.side is None else self.config.side / max(found.picture.size)
        found, lines, turned = _upright(self._engine, found, scale)
        pixels, read = pixels_of(found.picture), []
        for line in lines:
            context.remaining()
            words = words_in(line, self._engine.read(pixels, line))
            if words:
                read.append(ReadLine(line.left, line.top, line.right, line.bottom, words))
        if turned:
            done = [*done, f"turned by {turned} degrees"]
        return reading(page.index, found, in_order(read), "; ".join([why(page), self._engine.name, *done]))


def _upright(engine: Engine, found: Scan, scale: float) -> tuple[Scan, list[Line], int]:
    """The page as its lines run from left to right, with these lines, and by how many degrees against the clock it was turned for that."""
    from ._engine import pixels_of

    lines, turned = engine.lines(pixels_of(found.picture), scale), 0
    if lines and median(line.height / max(1.0, line.right - line.left) for line in lines) > _ON_ITS_SIDE:
        found, turned = found.turned(90), 90
        lines = engine.lines(pixels_of(found.picture), scale)
    if engine.is_upside_down(pixels_of(found.picture), lines):
        found, turned = found.turned(180), turned + 180
        lines = engine.lines(pixels_of(found.picture), scale)
    return found, lines, turned
