"""From a document to what OCR reads in it, whichever engine looks at the pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from aios_sdk import Document, Extraction, Page, Unsupported

from ._beside import beside, picture
from ._choosing import Wanted, wanted
from ._reading import Reading, Seen, blank, extraction, reading
from ._scan import Scan, is_blank, parts, scan

Look: TypeAlias = Callable[[Page, Scan], Seen]


def read_pages(document: Document, which: Literal["without-text", "all"], *, pictures: bool, dpi: int, name: str, look: Look) -> Extraction:
    """Text, words and regions of what is to be read, drawn at ``dpi``; ``look`` reads, and is called ``name``.

    ``which`` pages are read: ``all``, or those ``without-text`` that can be trusted; of the others ``pictures``, if these are asked for.
    Raises `Unsupported` when there is nothing to read.
    """
    asked = wanted(document, which, pictures=pictures)
    read = [found for each in asked if (found := _beside(each, dpi, name, look) if each.pictures else _page(each, dpi, name, look))]
    if not read:
        raise Unsupported("the pages have a text layer, and there is no text in the pictures beside it; OCR has nothing to do")
    return extraction(read)


def _page(asked: Wanted, dpi: int, name: str, look: Look) -> Reading:
    page = asked.page
    if is_blank(page):
        return blank(page.index, "blank page, not read")
    found, turned = scan(page, dpi)
    seen = look(page, found)
    return reading(page.index, seen.scan, seen.words, "; ".join([asked.why, name, *turned, *seen.done]))


def _beside(asked: Wanted, dpi: int, name: str, look: Look) -> Reading | None:
    """The text layer with what the pictures beside it hold; None where they hold no text."""
    page, read, done = asked.page, [], []
    for box, part in zip(asked.pictures, parts(page, dpi, asked.pictures), strict=True):
        seen = look(page, part)
        found = picture(page, box, seen.scan, seen.words)
        if found is not None:
            read.append(found)
            done += seen.done
    if not read:
        return None
    many = "a picture" if len(read) == 1 else f"{len(read)} pictures"
    return beside(page, read, "; ".join([f"{asked.why}, and {many} beside it", name, *dict.fromkeys(done)]))
