"""The component `aios.tesseract`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from aios_sdk import Context, Document, Extraction, Resources, component, implements

from ._pages import read_pages
from ._reader import Settings

if TYPE_CHECKING:
    from ._reader import Reader


@component(
    "aios.tesseract",
    media_types=["image/*", "application/pdf"],
    unit="page",
    isolation="process",
    requires=["pages"],
    uses=["text", "words", "regions"],
    provides=["text", "words", "regions"],
    programs=["tesseract"],
)
class Tesseract:
    """Reads scanned pages with tesseract: text, words with boxes and confidences, and paragraphs.

    Pages that lie on their side or head, or lean, are read too; boxes are those of the page as displayed. Pages that already have text
    are left alone (`Unsupported`) unless ``pages`` is ``all``, or their text is garbled or hidden: an embedded text whose confidence is
    below 0.5. Where a picture with text in it lies beside such a text, as a receipt pasted into a letter does, the page gets another
    reading: its text as it was, and behind it that of the picture. A page that was measured to be blank is not read. A page is read
    within the step's deadline, or `DeadlineExceeded` is raised. Example::

        Pipeline("scans").ingest().extract("tesseract", config={"language": "eng+deu"}, timeout=60)
    """

    class Config(Settings):
        """How to read.

        Attributes:
            pages: ``without-text`` reads only pages that have no text yet that can be trusted, ``all`` reads every page.
            pictures: on a page whose text is left as it is, read the pictures that take up a twentieth of it or more.
        """

        pages: Literal["without-text", "all"] = "without-text"
        pictures: bool = True

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._reader: Reader | None = None

    def open(self, resources: Resources) -> None:
        """Raise `Unavailable`, with the command that installs it, when the program, tesserocr or the data of a language is missing."""
        from ._reader import Reader

        self._reader = Reader(self.config)

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        """Text, words and regions of what is to be read. Raises `Unsupported` when there is none."""
        reader, config = self._reader, self.config
        assert reader is not None, "open() comes first"
        return read_pages(
            document,
            config.pages,
            pictures=config.pictures,
            dpi=config.dpi,
            name=reader.name,
            look=lambda page, found: reader.read(page, found, context),
        )

    def close(self) -> None:
        """Let go of the models."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
