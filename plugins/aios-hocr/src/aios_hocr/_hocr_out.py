"""Writing hOCR."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from aios_sdk import Document, __version__

from ._pages import DPI, Written, pages_to_write

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en">
 <head>
  <title>{title}</title>
  <meta charset="utf-8"/>
  <meta name="ocr-system" content="aios-sdk {version}"/>
  <meta name="ocr-capabilities" content="ocr_page ocr_par ocr_line ocrx_word"/>
 </head>
 <body>
"""


def to_hocr(document: Document) -> str:
    """A document as `hOCR 1.2 <https://kba.github.io/hocr-spec/1.2/>`_: of each page the reading that counts, with its words where a step
    gave their places.

    Boxes are in pixels at 300 dpi, as ``scan_res`` says; a page without a size is written as 10,000 pixels square. Text that is no word
    with a place stands in its line all the same. `Hocr` reads it back: the same words in the same lines and paragraphs. Example::

        Path("scan.hocr").write_text(to_hocr(outcome.document), encoding="utf-8")
    """
    body = "".join(_page(*page) for page in pages_to_write(document))
    return _HEAD.format(title=_text(document.name or "document"), version=__version__) + body + " </body>\n</html>\n"


def _page(number: int, label: str, width: int, height: int, paragraphs: list[list[list[Written]]]) -> str:
    printed = f'; lpageno "{_text(label)}"' if label and not set(label) & set(" \"';") else ""
    title = f"bbox 0 0 {width} {height}; ppageno {number}; scan_res {DPI} {DPI}{printed}"
    inside = "".join(_paragraph(f"{number + 1}_{count}", paragraph) for count, paragraph in enumerate(paragraphs, 1))
    return f"  <div class='ocr_page' id='page_{number + 1}' title='{title}'>\n{inside}  </div>\n"


def _paragraph(name: str, lines: list[list[Written]]) -> str:
    inside = "".join(_line(f"{name}_{count}", line) for count, line in enumerate(lines, 1))
    return f"   <p class='ocr_par' id='par_{name}'{_title(piece for line in lines for piece in line)}>\n{inside}   </p>\n"


def _line(name: str, pieces: list[Written]) -> str:
    inside = " ".join(_piece(f"word_{name}_{count}", piece) for count, piece in enumerate(pieces, 1))
    return f"    <span class='ocr_line' id='line_{name}'{_title(pieces)}>{inside}</span>\n"


def _piece(name: str, piece: Written) -> str:
    if piece.place is None:
        return _text(piece.text)
    sure = "" if piece.confidence is None else f"; x_wconf {round(100 * piece.confidence)}"
    return f"<span class='ocrx_word' id='{name}' title='bbox {_numbers(piece.place)}{sure}'>{_text(piece.text)}</span>"


def _title(pieces: Iterable[Written]) -> str:
    around = rectangle(pieces)
    return f" title='bbox {_numbers(around)}'" if around else ""


def rectangle(pieces: Iterable[Written]) -> tuple[int, int, int, int] | None:
    """The rectangle round all pieces that have a place."""
    places = [piece.place for piece in pieces if piece.place is not None]
    if not places:
        return None
    lefts, tops, rights, bottoms = zip(*places, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _numbers(place: tuple[int, int, int, int]) -> str:
    return " ".join(map(str, place))


def _text(text: str) -> str:
    return escape("".join(printable(text)))


def printable(text: str) -> Iterator[str]:
    """The characters of ``text``, with U+FFFD for those that XML 1.0 cannot hold."""
    for char in text:
        fits = char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"
        yield char if fits else "\ufffd"
