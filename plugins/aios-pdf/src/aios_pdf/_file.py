"""An open PDF file; the only module that calls PDFium's documents, under one lock."""

from __future__ import annotations

import ctypes
import logging
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, cast

import pypdfium2
import pypdfium2.raw as pdfium
from aios_layout import Block, Content, Line, as_in_file, as_read, main_turn, ruled_grids, turned

from aios_sdk import Box, Encrypted, LimitExceeded, Malformed, PageInfo, PageText, UsageError, Words

from ._annotations import Overlay, overlay_of, utf16
from ._glyphs import Frame, Glyphs, characters
from ._lines import lines_of
from ._objects import Objects, objects_on
from ._pictures import is_written_paper, pictures, scans
from ._rules import ruling_lines
from ._trust import doubt_of

if TYPE_CHECKING:
    from PIL.Image import Image

# It says of every form of XFA that it cannot read that; what the form has as an AcroForm is read.
logging.getLogger("pypdfium2._helpers.document").setLevel(logging.ERROR)

#: PDFium is not thread-safe, not even across documents: without this, text comes back empty or the process dies.
_LOCK: Final = threading.RLock()
#: A file of so many bytes is read at once: PDFium asks for a file in thousands of small pieces, which takes a tenth of the time.
_IN_MEMORY: Final = 50_000_000
#: Pixels of the longer side of a picture that only tells whether text is seen, and by how much letters then stand out (of 255).
_SIDE: Final = 1_000
_CONTRAST: Final = 24
_AGAIN: Final = "Ask the sender for it again"
_ENCRYPTED: Final = (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)


class PageReading(NamedTuple):
    """What a page holds: text without content, and why, where it has none; no text at all where the page is damaged. Pictures are told of
    pages whose text can be trusted: the others are read by OCR as a whole."""

    info: PageInfo
    text: PageText | None = None
    words: Words | None = None
    blocks: tuple[Block, ...] = ()
    pictures: tuple[Box, ...] = ()
    overlay: Overlay = Overlay()


@contextmanager
def open_pdf(file: BinaryIO, passwords: Sequence[str] = ()) -> Iterator[PdfFile]:
    """The PDF in ``file``, closed at the end.

    Raises `Encrypted` when it needs a password that is none of ``passwords``, and `Malformed` when it cannot be opened or has no pages.
    """
    data = file.read(_IN_MEMORY + 1)
    with _LOCK:
        document = _load(data if len(data) <= _IN_MEMORY else file, passwords)
    try:
        yield PdfFile(document)
    finally:
        # Not left to the garbage collector, which would call PDFium from any thread.
        with _LOCK:
            document.close()


def _load(file: bytes | BinaryIO, passwords: Sequence[str]) -> Any:
    for password in (None, *passwords):
        try:
            return pypdfium2.PdfDocument(file, password)
        except pypdfium2.PdfiumError as error:
            if error.err_code not in _ENCRYPTED:
                # Where PDFium finds nothing to open it says that this was a success.
                told = "it holds nothing" if error.err_code == pdfium.FPDF_ERR_SUCCESS else str(error)
                raise Malformed(f"The PDF cannot be opened: {told}", cause="The file is damaged, cut off or no PDF", fix=_AGAIN) from error
            if error.err_code == pdfium.FPDF_ERR_SECURITY:
                raise Encrypted(
                    "The PDF is encrypted in a way that PDFium does not know", fix="Save it without protection, and give it again"
                ) from error
    raise Encrypted(
        f"The PDF needs a password, which is none of the {len(passwords)} that were given" if passwords else "The PDF needs a password",
        fix="Name the environment variable that holds it in the setting password_variables, or give the file without protection",
    )


class PdfFile:
    """An open PDF. Its methods may be called from any thread; pages count from 0."""

    def __init__(self, document: Any) -> None:
        self._document: Final = document
        with _LOCK, _damage("Its form cannot be read"):
            document.init_forms()
            self.pages: Final[int] = len(document)
            self.embedded: Final[int] = document.count_attachments()
        if self.pages < 1:
            raise Malformed("The PDF has no pages", cause="The file is damaged or was cut off", fix=_AGAIN)

    def read(self, index: int, *, layout: bool = True) -> PageReading:
        """Geometry, text and words of page ``index``; with ``layout`` in reading order and with its blocks and tables, else in the order
        of the file. Raises `Malformed` when it cannot be loaded."""
        with _LOCK, _damage(f"Page {index + 1} cannot be read"):
            label = self._label(index)
            page = self._document[index]
            try:
                width, height = (size if 0 < size < math.inf else 0.0 for size in page.get_size())
                rotation = page.get_rotation()
                info = PageInfo(index=index, width=width, height=height, rotation=rotation, label=label)
                text_page = page.get_textpage()  # kept in a name, for pypdfium2 closes what nobody holds
                left, bottom, right, top = page.get_bbox()
                frame = Frame(left, bottom, right, top, rotation)
                overlay = overlay_of(self._document.raw, page.raw, page.formenv and page.formenv.raw, frame)
                # A page without text of its own is left to OCR, which sees what is written over it too.
                if overlay.written and pdfium.FPDFText_CountChars(text_page.raw) and _flattened(page):
                    page.close()
                    page = self._document[index]
                    text_page = page.get_textpage()
                return self._reading(info, page, text_page.raw, frame, layout)._replace(overlay=overlay)
            finally:
                page.close()  # and its text page

    def _reading(self, info: PageInfo, page: Any, text_page: Any, frame: Frame, layout: bool) -> PageReading:
        raw = characters(text_page)
        glyphs = Glyphs(text_page, frame)
        lines = lines_of(raw, glyphs, info.width, info.height) if frame.right > frame.left and frame.top > frame.bottom else []
        if not lines:
            text = PageText(page=info.index, content="", reason="no text")
            return PageReading(info, text, Words.build(text, ()))
        objects = objects_on(page.raw)
        if layout:
            text, words, blocks = _as_read(info, objects, text_page, raw, frame, glyphs, lines)
        else:
            text, words, blocks = as_in_file(info.index, lines)
        doubt = doubt_of(
            text_page,
            raw,
            text.content,
            lines,
            lambda pale: _letters_seen(page, info, pale),
            lambda: _scanned(page, objects, info, frame, lines),
        )
        if doubt is not None:
            # The same text: words and spans count in it.
            text = PageText(page=text.page, content=text.content, artifact=text.artifact, reason=doubt.reason, confidence=doubt.confidence)
        shown = pictures(objects, frame, lines, info) if layout and doubt is None else ()
        return PageReading(info, text, words, blocks, shown)

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
            name = utf16(lambda buffer, length: pdfium.FPDFAttachment_GetName(handle, buffer, length)) if handle else ""
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

    def form_data(self, limit: int) -> bytes | None:
        """What is filled into a form of XFA, as XML, if there is one and it has no more than ``limit`` bytes."""
        size = ctypes.c_ulong()
        with _LOCK:
            document = self._document.raw
            packets = {self._packet_name(index): index for index in range(max(0, pdfium.FPDF_GetXFAPacketCount(document)))}
            index = packets.get("datasets", packets.get(""))
            if index is None or not pdfium.FPDF_GetXFAPacketContent(document, index, None, 0, size) or not 0 < size.value <= limit:
                return None
            buffer = ctypes.create_string_buffer(size.value)
            return buffer.raw if pdfium.FPDF_GetXFAPacketContent(document, index, buffer, size.value, size) else None

    def _packet_name(self, index: int) -> str:
        length = pdfium.FPDF_GetXFAPacketName(self._document.raw, index, None, 0)
        buffer = ctypes.create_string_buffer(length + 1)
        pdfium.FPDF_GetXFAPacketName(self._document.raw, index, buffer, length)
        return buffer.value.decode("utf-8", "replace")

    def _label(self, index: int) -> str:
        return utf16(lambda buffer, length: pdfium.FPDF_GetPageLabel(self._document.raw, index, buffer, length))


def _as_read(info: PageInfo, objects: Objects, text_page: Any, raw: str, frame: Frame, glyphs: Glyphs, lines: Sequence[Line]) -> Content:
    """The page in reading order; one that is written sideways or upside down is read as a person does, who turns it."""
    width, height, turn = info.width, info.height, main_turn(lines)
    if turn:
        frame = frame._replace(rotation=(frame.rotation - turn) % 360)
        if turn != 180:
            width, height = height, width
        glyphs = Glyphs(text_page, frame)
        lines = lines_of(raw, glyphs, width, height)
    grids = ruled_grids(*ruling_lines(objects.paths, frame, width, height), lines, width, height)
    content = as_read(info.index, lines, grids, width, height, glyphs.bold)
    return content.placed(lambda box: turned(box, turn)) if turn else content


def _letters_seen(page: Any, info: PageInfo, lines: Sequence[Line]) -> int:
    """How many letters of ``lines`` stand out from what lies behind them when the page is drawn."""
    seen = 0
    with _drawn(page, info) as (image, scale):
        for line in lines:
            corners = (math.floor(line.x0 * scale), math.floor(line.y0 * scale), math.ceil(line.x1 * scale), math.ceil(line.y1 * scale))
            darkest, brightest = cast("tuple[int, int]", image.crop(corners).getextrema())  # it is grey
            seen += line.letters if brightest - darkest > _CONTRAST else 0
    return seen


def _scanned(page: Any, objects: Objects, info: PageInfo, frame: Frame, lines: Sequence[Line]) -> float:
    """The share of the page that scans fill, with writing beside that of ``lines``; 0 where there is none."""
    found = scans(objects, frame)
    if found is None:
        return 0.0
    place, share = found
    with _drawn(page, info) as (image, scale):
        return share if is_written_paper(image, place, lines, scale) else 0.0


@contextmanager
def _drawn(page: Any, info: PageInfo) -> Iterator[tuple[Image, float]]:
    """The page in grey, for a look, and how many pixels a point has."""
    scale = min(1.0, _SIDE / max(info.width, info.height, 1.0))
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    try:
        yield bitmap.to_pil(), scale
    finally:
        bitmap.close()


def _flattened(page: Any) -> bool:
    """Make what form fields, typed notes and stamps show a part of the page, in memory; it has to be loaded again then."""
    return bool(pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS)


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
