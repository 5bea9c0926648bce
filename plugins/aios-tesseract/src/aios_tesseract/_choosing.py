"""What OCR is to read in a document: whole pages, or the pictures on pages whose text is left as it is."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from aios_sdk import Box, Document, Page, Unsupported

#: A text layer of less confidence is garbled or hidden, says the component that ingested it; the page is read instead.
_TRUSTED: Final = 0.5
#: A picture on less than this share of its page is a logo (docling's ``bitmap_area_threshold``).
_LOGO: Final = 0.05


class Wanted(NamedTuple):
    """A page to read, and why: all of it, or only ``pictures`` on it."""

    page: Page
    why: str
    pictures: tuple[Box, ...] = ()


def wanted(document: Document, which: Literal["without-text", "all"], *, pictures: bool) -> list[Wanted]:
    """The pages that OCR is to read: ``all``, or those ``without-text`` that can be trusted, and of the others the ``pictures``.

    Raises `Unsupported` when there is none.
    """
    found: list[Wanted] = []
    for page in document.pages:
        lacking = _lacking(page)
        if lacking or which == "all":
            found.append(Wanted(page, lacking or "asked for every page"))
        elif pictures and (unread := _pictures(page)):
            found.append(Wanted(page, "text layer", unread))
    if found:
        return found
    if not document.pages:
        raise Unsupported("the document has no pages to read")
    which_pages = f"page {document.pages[0].index + 1}" if len(document.pages) == 1 else "every page"
    raise Unsupported(f"{which_pages} has a text layer; OCR has nothing to do")


def _lacking(page: Page) -> str:
    """What a page lacks: a text, or one that its own reader trusts; empty when it has that."""
    text = page.reading
    if text is None or not text.content.strip():
        return "no text layer"
    doubtful = text.method == "embedded" and text.confidence is not None and text.confidence < _TRUSTED
    return (text.reason or "doubtful text layer") if doubtful else ""


def _pictures(page: Page) -> tuple[Box, ...]:
    """The pictures beside a text layer that are large enough to hold text, and of which nobody has said what they hold."""
    if page.reading is None or page.reading.method != "embedded" or page.words is None:
        return ()
    boxes = (region.box for region in page.regions if region.kind == "picture" and region.start == region.end)
    return tuple(box for box in boxes if box is not None and (box.x1 - box.x0) * (box.y1 - box.y0) >= _LOGO)
