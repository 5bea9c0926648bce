"""The component `aios.hocr`: documents that were read by another program and written as hOCR."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from aios_sdk import ComponentConfig, Document, Malformed, Source, Unsupported, component, implements

from ._pages import DPI, FoundPage, FoundWord, Place, document, tidy

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_HEAD: Final = 65_536
_PAGE: Final = re.compile(rb"""class\s*=\s*(['"])[^'"]*\bocr_page\b""")
_NUMBERS: Final = r"((?:\s+-?\d+(?:\.\d+)?)+)"
_PARAGRAPHS: Final = {"ocr_par", "ocr_carea", "ocr_caption", "ocr_table", "ocr_float", "ocr_separator"}
_LINES: Final = {"ocr_line", "ocrx_line", "ocr_header", "ocr_footer", "ocr_textfloat", "ocr_caption"}


@component(
    "aios.hocr",
    media_types=["text/html", "application/xhtml+xml"],
    priority=5,
    isolation="process",
    provides=["pages", "text", "words", "regions"],
)
class Hocr:
    """Reads hOCR: pages, text, words with boxes and confidences, and paragraphs, as another OCR program found them.

    hOCR is HTML with the class ``ocr_page`` (`hOCR 1.2 <https://kba.github.io/hocr-spec/1.2/>`_); any other HTML is `Unsupported`, so
    that the next component is asked. Boxes become fractions of the page, ``x_wconf`` a confidence 0..1. Example::

        Pipeline("archive").ingest("hocr")
    """

    class Config(ComponentConfig):
        """``max_size`` of a file in bytes."""

        max_size: int = Field(256 << 20, ge=1)

    def __init__(self, config: Config) -> None:
        self.config: Final = config

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        """One document. Raises `Unsupported` for HTML that is no hOCR, `LimitExceeded`, and `Malformed` for an empty file."""
        from selectolax.lexbor import LexborHTMLParser

        data = head_then_all(source, _PAGE, self.config.max_size, "hOCR")
        tree = LexborHTMLParser(data.decode("utf-8", "replace"))
        system = tree.css_first("meta[name=ocr-system]")
        by = (system.attributes.get("content") or "").strip() if system is not None else ""
        yield document([_page(node) for node in tree.css(".ocr_page")], f"hOCR by {by}" if by else "hOCR", "hOCR")


def head_then_all(source: Source, sign: re.Pattern[bytes], limit: int, what: str) -> bytes:
    """All bytes of a file whose beginning has the ``sign``. Raises `Unsupported` without it, `Malformed` for an empty one, and
    `LimitExceeded` for more than ``limit`` bytes."""
    head = source.head(_HEAD)
    if not head.strip():
        raise Malformed(f"{source.name!r} is an empty file")
    if not sign.search(head):
        raise Unsupported(f"it is no {what}")
    return source.read(limit)


def _page(node: LexborNode) -> FoundPage:
    title = node.attributes.get("title") or ""
    box, resolution = _place(title), _numbers(title, "scan_res")
    page = FoundPage(label=_label(title))
    page.per_point = (resolution[0] if resolution and resolution[0] > 0 else DPI) / 72
    left, top = (box.left, box.top) if box else (0.0, 0.0)
    if box:
        page.width, page.height = box.right - left, box.bottom - top
    walk = _Walk(left, top)
    walk.into(node)
    page.paragraphs = tidy(walk.paragraphs)
    return page


class _Walk:
    """Gathers words in the order of the file, without calling itself: trees may be as deep as somebody likes."""

    def __init__(self, left: float, top: float) -> None:
        self.paragraphs: list[list[list[FoundWord]]] = [[[]]]
        self._corner = (left, top)

    def into(self, page: LexborNode) -> None:
        waiting: list[Any] = [page.child]
        while waiting:
            node = waiting.pop()
            if node is None:
                continue
            waiting.append(node.next)
            if node.tag == "-text":
                self._text(node.text() or "")
                continue
            kinds = set((node.attributes.get("class") or "").split()) if node.tag != "-comment" else set()
            if kinds & _PARAGRAPHS:
                self.paragraphs.append([[]])
            if kinds & _LINES:
                self.paragraphs[-1].append([])
            if "ocrx_word" in kinds or "ocr_word" in kinds:
                self._word(node)
            elif node.tag not in ("-comment", "script", "style"):
                waiting.append(node.child)

    def _text(self, text: str) -> None:
        self.paragraphs[-1][-1] += [FoundWord(word) for word in text.split()]

    def _word(self, node: LexborNode) -> None:
        title, text = node.attributes.get("title") or "", " ".join((node.text() or "").split())
        if not text:
            return
        place, sure = _place(title), _numbers(title, "x_wconf")
        if place is not None:
            place = Place(
                place.left - self._corner[0], place.top - self._corner[1], place.right - self._corner[0], place.bottom - self._corner[1]
            )
        self.paragraphs[-1][-1].append(FoundWord(text, place, min(1.0, max(0.0, sure[0] / 100)) if sure else None))


def _place(title: str) -> Place | None:
    numbers = _numbers(title, "bbox")
    return Place(*numbers[:4]) if len(numbers) >= 4 else None


def _numbers(title: str, name: str) -> list[float]:
    found = re.search(rf"(?:^|;)\s*{name}{_NUMBERS}", title)
    return [float(number) for number in found[1].split()] if found else []


def _label(title: str) -> str:
    found = re.search(r"(?:^|;)\s*lpageno\s+(\S+)", title)
    return found[1].strip("\"'") if found else ""
