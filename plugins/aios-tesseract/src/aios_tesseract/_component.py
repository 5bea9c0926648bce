"""The component `aios.tesseract`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import pydantic
from PIL import Image

from aios_sdk import (
    ComponentConfig,
    Context,
    Document,
    Extraction,
    LimitExceeded,
    Page,
    PageText,
    Resources,
    Unsupported,
    Words,
    component,
    implements,
)

from ._reading import reading

_LARGEST: Final = 32_767
_HALF_TURN: Final = Image.Transpose.ROTATE_180
_FINDS_ORIENTATION: Final = (1, 12)

#: Upright pages of the corpora that can be read at all have a mean confidence of 0.67 or more, those read upside down 0.37: tesseract
#: does not trust its finding of the orientation when there are few letters.
_DOUBTFUL: Final = 0.6


@component(
    "aios.tesseract",
    media_types=["image/*", "application/pdf"],
    unit="page",
    isolation="process",
    requires=["pages"],
    uses=["text"],
    provides=["text", "words"],
    programs=["tesseract"],
)
class Tesseract:
    """Reads scanned pages with the tesseract program: text, and words with boxes and confidences.

    Pages that lie on their side or head are read too; the boxes are those of the page as displayed. Pages that already have text are
    left alone (`Unsupported`) unless ``pages`` is ``all``. A page is read within the step's deadline, or `DeadlineExceeded` is raised and
    the program is killed. Example::

        Pipeline("scans").ingest().extract("tesseract", config={"language": "eng+deu"}, timeout=60)
    """

    class Config(ComponentConfig):
        """How to read.

        Attributes:
            language: tesseract's names of the languages on the page, joined by ``+``: ``eng``, ``eng+deu``. Their data must be installed.
            psm: page segmentation mode of tesseract: 1 finds out how the page lies, 3 takes it for upright, 4 for one column,
                6 for one block, 11 for scattered words.
            dpi: dots per inch at which pages are rendered.
            pages: ``without-text`` reads only pages that have no text yet, ``all`` reads every page.
        """

        language: Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9_/]+(\+[A-Za-z0-9_/]+)*$")] = "eng"
        psm: Literal[1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] = 1
        dpi: Annotated[int, pydantic.Field(ge=70, le=1200)] = 300
        pages: Literal["without-text", "all"] = "without-text"

    def __init__(self, config: Config) -> None:
        self.config: Final = config

    def open(self, resources: Resources) -> None:
        """Raise `Unavailable`, with the command that installs it, when the program or the data of a language is missing."""
        from . import _program

        _program.version()
        _program.prepare()
        _program.check_languages([*self.config.language.split("+"), *(["osd"] if self.config.psm in _FINDS_ORIENTATION else [])])

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        """Text and words of the pages that are to be read. Raises `Unsupported` when there is none."""
        every = self.config.pages == "all"
        wanted = [page for page in document.pages if every or not page.text.strip()]
        if not wanted:
            raise Unsupported(_nothing_to_do(document))
        read = [self._read(page, context) for page in wanted]
        return Extraction(text=tuple(text for text, _ in read), words=tuple(words for _, words in read))

    def _read(self, page: Page, context: Context) -> tuple[PageText, Words]:
        image = page.image(self.config.dpi)
        if max(image.size) > _LARGEST:
            raise LimitExceeded(
                f"Page {page.index + 1} has {image.width} x {image.height} pixels; tesseract takes {_LARGEST} a side", fix="Lower dpi"
            )
        why = "asked for every page" if page.text.strip() else "no text layer"
        image = image.convert("L")
        upright = reading(page.index, self._tsv(image, context), image.size, why)
        confidence = upright[0].confidence
        if self.config.psm not in _FINDS_ORIENTATION or confidence is None or confidence >= _DOUBTFUL:
            return upright
        turned = reading(page.index, self._tsv(image.transpose(_HALF_TURN), context), image.size, f"{why}; upside down", turned=True)
        return max(upright, turned, key=_certainty)

    def _tsv(self, image: Image.Image, context: Context) -> str:
        from . import _program

        config, picture = self.config, context.scratch / "page.ppm"
        image.save(picture, "PPM")
        return _program.read_tsv(picture, config.language, config.psm, config.dpi, context.remaining())


def _certainty(found: tuple[PageText, Words]) -> float:
    return len(found[1]) * (found[0].confidence or 0.0)


def _nothing_to_do(document: Document) -> str:
    if not document.pages:
        return "the document has no pages to read"
    which = f"page {document.pages[0].index + 1}" if len(document.pages) == 1 else "every page"
    return f"{which} has a text layer; OCR has nothing to do"
