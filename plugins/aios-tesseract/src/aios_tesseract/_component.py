"""The component `aios.tesseract`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from aios_sdk import Context, Document, Extraction, Page, Resources, Unsupported, component, implements

from ._reader import Settings
from ._reading import Reading, blank, extraction, reading

if TYPE_CHECKING:
    from ._reader import Reader

#: A text layer of less confidence is garbled or hidden, says the component that ingested it; the page is read instead.
_TRUSTED: Final = 0.5


@component(
    "aios.tesseract",
    media_types=["image/*", "application/pdf"],
    unit="page",
    isolation="process",
    requires=["pages"],
    uses=["text"],
    provides=["text", "words", "regions"],
    programs=["tesseract"],
)
class Tesseract:
    """Reads scanned pages with tesseract: text, words with boxes and confidences, and paragraphs.

    Pages that lie on their side or head, or lean, are read too; boxes are those of the page as displayed. Pages that already have text
    are left alone (`Unsupported`) unless ``pages`` is ``all``, or their text is garbled or hidden: an embedded text whose confidence is
    below 0.5. One that was measured to be blank is not read. A page is read within the step's deadline, or `DeadlineExceeded` is raised.
    Example::

        Pipeline("scans").ingest().extract("tesseract", config={"language": "eng+deu"}, timeout=60)
    """

    class Config(Settings):
        """How to read.

        Attributes:
            pages: ``without-text`` reads only pages that have no text yet that can be trusted, ``all`` reads every page.
        """

        pages: Literal["without-text", "all"] = "without-text"

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._reader: Reader | None = None

    def open(self, resources: Resources) -> None:
        """Raise `Unavailable`, with the command that installs it, when the program, tesserocr or the data of a language is missing."""
        from ._reader import Reader

        self._reader = Reader(self.config)

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        """Text, words and paragraphs of the pages that are to be read. Raises `Unsupported` when there is none."""
        read = [self._read(page, context) for page in pages_to_read(document, self.config.pages)]
        return extraction(read)

    def close(self) -> None:
        """Let go of the models."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _read(self, page: Page, context: Context) -> Reading:
        assert self._reader is not None, "open() comes first"
        scan, words, done = self._reader.read(page, context)
        if scan is None:
            return blank(page.index, "blank page, not read")
        return reading(page.index, scan, words, "; ".join([why(page), self._reader.name, *done]))


def pages_to_read(document: Document, which: Literal["without-text", "all"]) -> list[Page]:
    """The pages that OCR is to read: ``all``, or those ``without-text`` that can be trusted. Raises `Unsupported` when there is none."""
    wanted = [page for page in document.pages if which == "all" or _lacking(page)]
    if wanted:
        return wanted
    if not document.pages:
        raise Unsupported("the document has no pages to read")
    which_pages = f"page {document.pages[0].index + 1}" if len(document.pages) == 1 else "every page"
    raise Unsupported(f"{which_pages} has a text layer; OCR has nothing to do")


def why(page: Page) -> str:
    """Why a page is read, for the record."""
    return _lacking(page) or "asked for every page"


def _lacking(page: Page) -> str:
    """What a page lacks: a text, or one that its own reader trusts; empty when it has that."""
    text = page.reading
    if text is None or not text.content.strip():
        return "no text layer"
    doubtful = text.method == "embedded" and text.confidence is not None and text.confidence < _TRUSTED
    return (text.reason or "doubtful text layer") if doubtful else ""
