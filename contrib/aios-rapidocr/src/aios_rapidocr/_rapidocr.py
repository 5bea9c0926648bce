"""The component `aios.rapidocr`."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Annotated, Final, Literal

import pydantic
from aios_tesseract import Scan, Seen, read_pages

from aios_sdk import ComponentConfig, Context, Document, Extraction, Resources, component, implements

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
    uses=["text", "words", "regions"],
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
            pictures: on a page whose text is left as it is, read the pictures that take up a twentieth of it or more.
        """

        dpi: Annotated[int, pydantic.Field(ge=70, le=1200)] = 300
        side: Annotated[int, pydantic.Field(ge=320, le=4000)] | None = None
        pages: Literal["without-text", "all"] = "without-text"
        pictures: bool = True

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._engine: Engine | None = None

    def open(self, resources: Resources) -> None:
        """Load the models. Raises `Unavailable` when the wheel lacks one."""
        from ._engine import Engine

        self._engine = Engine(resources.threads, enlarged=self.config.side is None)

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        """Text, words and regions of what is to be read. Raises `Unsupported` when there is none."""
        engine, config = self._engine, self.config
        assert engine is not None, "open() comes first"
        return read_pages(
            document,
            config.pages,
            pictures=config.pictures,
            dpi=config.dpi,
            name=engine.name,
            look=lambda _, found: self._look(engine, found, context),
        )

    def close(self) -> None:
        """Let go of the models."""
        self._engine = None

    def _look(self, engine: Engine, found: Scan, context: Context) -> Seen:
        from ._engine import pixels_of

        scale = 1.0 if self.config.side is None else self.config.side / max(found.picture.size)
        found, lines, turned = _upright(engine, found, scale)
        pixels, read = pixels_of(found.picture), []
        for line in lines:
            context.remaining()
            words = words_in(line, engine.read(pixels, line))
            if words:
                read.append(ReadLine(line.left, line.top, line.right, line.bottom, words))
        return Seen(found, in_order(read), [f"turned by {turned} degrees"] if turned else [])


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
