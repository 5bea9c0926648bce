"""An open PDF file; the only module that calls PDFium's documents, under one lock."""

from __future__ import annotations

import ctypes
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from aios_sdk import Encrypted, LimitExceeded, Malformed, PageInfo, PageText, UsageError, Words

from ._text import Frame, read_text

if TYPE_CHECKING:
    from PIL.Image import Image

#: PDFium is not thread-safe, not even across documents: without this, text comes back empty or the process dies.
_LOCK: Final = threading.RLock()
_ENCRYPTED: Final = (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)


class PageReading(NamedTuple):
    """What a page holds; text and words are None where it has no text."""

    info: PageInfo
    text: PageText | None
    words: Words | None


@contextmanager
def open_pdf(file: BinaryIO, *, forms: bool = False) -> Iterator[PdfFile]:
    """The PDF in ``file``, closed at the end; with ``forms``, form fields are drawn too.

    Raises `Encrypted` when it needs a password, and `Malformed` when it cannot be opened or has no pages.
    """
    with _LOCK:
        document = _load(file)
    try:
        yield PdfFile(document, forms)
    finally:
        # Not left to the garbage collector, which would call PDFium from any thread.
        with _LOCK:
            document.close()


def _load(file: BinaryIO) -> Any:
    try:
        return pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if error.err_code in _ENCRYPTED:
            raise Encrypted(
                "The PDF needs a password, or is encrypted in a way that PDFium does not know",
                fix="Save it without protection, and give it again",
            ) from error
        raise Malformed(f"The PDF cannot be opened: {error}", cause="The file is damaged, cut off or no PDF") from error


class PdfFile:
    """An open PDF. Its methods may be called from any thread; pages count from 0."""

    def __init__(self, document: Any, forms: bool) -> None:
        self._document: Final = document
        with _LOCK, _damage("The form cannot be prepared for drawing"):
            if forms:
                document.init_forms()
            self.pages: Final[int] = len(document)
            self.embedded: Final[int] = document.count_attachments()
        if self.pages < 1:
            raise Malformed("The PDF has no pages", cause="The file is damaged or was cut off")

    def read(self, index: int) -> PageReading:
        """Geometry, text and words of page ``index``. Raises `Malformed` when it cannot be loaded."""
        with _LOCK, _damage(f"Page {index + 1} cannot be read"):
            label = self._label(index)
            page = self._document[index]
            try:
                width, height = (size if 0 < size < math.inf else 0.0 for size in page.get_size())
                rotation = page.get_rotation()
                info = PageInfo(index=index, width=width, height=height, rotation=rotation, label=label)
                text_page = page.get_textpage()  # kept in a name, for pypdfium2 closes what nobody holds
                left, bottom, right, top = page.get_bbox()
                found = read_text(text_page.raw, Frame(left, bottom, right, top, rotation), index)
            finally:
                page.close()  # and its text page
        return PageReading(info, *(found or (None, None)))

    def render(self, index: int, dpi: int, max_pixels: int) -> Image:
        """Page ``index`` as displayed, with annotations and form fields (RGB). Raises `LimitExceeded` above ``max_pixels``."""
        if not 0 <= index < self.pages:
            raise UsageError(f"There is no page {index}", cause=f"The document has {self.pages}; they count from 0")
        with _LOCK, _damage(f"Page {index + 1} cannot be drawn"):
            page = self._document[index]
            try:
                width, height = page.get_size()
                pixels = width * height * (dpi / 72) ** 2
                if not pixels <= max_pixels:
                    raise LimitExceeded(
                        f"Page {index} has {pixels:,.0f} pixels at {dpi} dpi, over max_pixels ({max_pixels:,})",
                        cause=f"It is {width:.0f} by {height:.0f} points large",
                        fix="Render it at a lower resolution, or raise max_pixels",
                    )
                bitmap = page.render(scale=dpi / 72)
                try:
                    image: Image = bitmap.to_pil()
                    return image.convert("RGB")  # a copy, for the bitmap is freed
                finally:
                    bitmap.close()
            finally:
                page.close()

    def embedded_name(self, position: int) -> str:
        """The name of the embedded file at ``position``."""
        with _LOCK:
            handle = pdfium.FPDFDoc_GetAttachment(self._document.raw, position)
            name = _utf16(lambda buffer, length: pdfium.FPDFAttachment_GetName(handle, buffer, length)) if handle else ""
        return name or f"embedded-{position}"

    def embedded_file(self, position: int, limit: int) -> EmbeddedFile:
        """The embedded file at ``position``, with its bytes if there are any and not more than ``limit``."""
        name = self.embedded_name(position)
        size = ctypes.c_ulong()
        with _LOCK:
            handle = pdfium.FPDFDoc_GetAttachment(self._document.raw, position)
            if not handle or not pdfium.FPDFAttachment_GetFile(handle, None, 0, size):
                return EmbeddedFile(name, 0, None)
            if size.value > limit:
                return EmbeddedFile(name, size.value, None)
            buffer = ctypes.create_string_buffer(max(size.value, 1))
            if not pdfium.FPDFAttachment_GetFile(handle, buffer, size.value, size):
                return EmbeddedFile(name, size.value, None)
            return EmbeddedFile(name, size.value, buffer.raw[: size.value])

    def _label(self, index: int) -> str:
        return _utf16(lambda buffer, length: pdfium.FPDF_GetPageLabel(self._document.raw, index, buffer, length))


class EmbeddedFile(NamedTuple):
    """A file inside the PDF: its name, its size in bytes, and its bytes unless they cannot be had or are too many."""

    name: str
    size: int
    data: bytes | None


@contextmanager
def _damage(what: str) -> Iterator[None]:
    try:
        yield
    except pypdfium2.PdfiumError as error:
        raise Malformed(f"{what}: {error}", cause="The PDF is damaged") from error


def _utf16(read: Callable[[Any, int], int]) -> str:
    """A string that PDFium writes as UTF-16 with a zero at the end, into a buffer of a given length in bytes."""
    length = read(None, 0)
    buffer = ctypes.create_string_buffer(length + 2)
    # A pointer, because PDFium's prototypes ask for 16-bit units in some places and for any bytes in others.
    read(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    return buffer.raw[: max(length - 2, 0)].decode("utf-16-le", "replace")
