"""HTML that stands alone, and that keeps where everything stands: page, code points and box of each block."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from ..records import Document, Page
from ._blocks import FURNITURE, Block, Cell, grid, page_blocks

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "section+section{border-top:1px solid #ccc;margin-top:2rem;padding-top:2rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2rem .5rem;text-align:left;vertical-align:top}"
    "p,li,figcaption{white-space:pre-line}pre{overflow:auto}aside,header,footer{color:#555}"
)
_TAGS: Final = {
    "paragraph": "p",
    "caption": "p",
    "header": "header",
    "footer": "footer",
    "footnote": "aside",
    "comment": "aside",
    "code": "pre",
    "formula": "p",
    "table": "pre",
    "link": "p",
}
#: What a link may begin with; others, such as scripts, are shown and do not lead anywhere.
_SCHEMES: Final = ("http://", "https://", "mailto:", "tel:", "#")


def to_html(document: Document, *, furniture: bool = False) -> str:
    """A document as one HTML page: a section for each page, headings, nested lists, tables with merged cells, links.

    Every element says where it comes from: ``data-page`` (from 1), ``data-start`` and ``data-end`` (code points of that page's text)
    and, if it is known, ``data-box`` (left, upper, right and lower edge, 0..1). Nothing in it is active: no script, no link but to the
    web, mail and telephones. With ``furniture`` page headers and footers are in it too. Raises `StoreError` when the rows of a table
    are not at hand. Example::

        Path("report.html").write_text(to_html(outcome.document))
    """
    title = escape(document.name or "Document")
    language = next((text.language for text in document.layers.text if text.language), "")
    parts = [
        f'<!doctype html>\n<html{_lang(language)}>\n<head>\n<meta charset="utf-8">\n<title>{title}</title>',
        f"<style>{_STYLE}</style>\n</head>\n<body>",
        *(part for page in document.pages for part in _page(document, page, furniture)),
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _lang(language: str) -> str:
    return f' lang="{escape(language)}"' if language else ""


def _page(document: Document, page: Page, furniture: bool) -> Iterator[str]:
    yield f'<section data-page="{page.index + 1}">'
    depth = 0
    for block in page_blocks(document, page):
        if not furniture and block.kind in FURNITURE:
            continue
        wanted = max(block.level, 1) if block.kind == "list_item" else 0
        while depth > wanted:
            depth -= 1
            yield "</li>\n</ul>"
        if wanted and depth == wanted:
            yield "</li>"
        while depth < wanted:
            depth += 1
            # A list that begins deeper than one level has items without text in between.
            yield "<ul>" if depth == wanted else "<ul>\n<li>"
        yield from _element(block)
    while depth:
        depth -= 1
        yield "</li>\n</ul>"
    yield "</section>"


def _element(block: Block) -> Iterator[str]:
    place = _place(block)
    if block.table is not None:
        yield f"<table{place}>"
        for number, row in enumerate(grid(block)):
            yield "<tr>" + "".join(_cell(cell, "th" if number == 0 else "td") for cell in row if cell is not None) + "</tr>"
        yield "</table>"
    elif block.kind in ("title", "heading"):
        tag = f"h{1 if block.kind == 'title' else min(max(block.level, 1), 6)}"
        yield f"<{tag}{place}>{_inline(block)}</{tag}>"
    elif block.kind == "list_item":
        yield f"<li{place}>{_inline(block.marked()[1])}"  # it is closed by what comes next, for other lists may lie in it
    elif block.kind == "picture":
        yield f"<figure{place}><figcaption>{_inline(block) or escape(block.target)}</figcaption></figure>"
    else:
        tag = _TAGS[block.kind]
        yield f"<{tag}{place}>{_inline(block)}</{tag}>"


def _inline(block: Block) -> str:
    return "".join(_linked(text, target) for text, target in block.pieces)


def _linked(text: str, target: str) -> str:
    if target.lower().startswith(_SCHEMES):
        return f'<a href="{escape(target)}" rel="noreferrer">{escape(text)}</a>'
    return escape(text)


def _place(block: Block) -> str:
    place = f' data-page="{block.page + 1}"'
    if block.end:
        place += f' data-start="{block.start}" data-end="{block.end}"'
    if block.box:
        edges = " ".join(format(edge, ".6g") for edge in block.box)
        place += f' data-box="{edges}"'
    return place


def _cell(cell: Cell, tag: str) -> str:
    spans = (f' rowspan="{cell.rows}"' if cell.rows > 1 else "") + (f' colspan="{cell.columns}"' if cell.columns > 1 else "")
    return f"<{tag}{spans}>{escape(cell.text)}</{tag}>"
