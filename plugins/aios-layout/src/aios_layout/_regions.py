"""What the blocks of a document's pages are: title, heading, paragraph, item of a list, header, footer, table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from aios_sdk import Box

from ._grids import Grid

Kind: TypeAlias = Literal["title", "heading", "paragraph", "list_item", "header", "footer", "table", "caption", "footnote"]

#: A heading is set in letters this much larger than those of the text, a title this much.
_LARGER: Final = 1.15
_TITLE: Final = 1.35
#: A heading has at most a number and its text; more parts are the heads of columns.
_PIECES: Final = 2
#: A footnote is set in letters this much smaller.
_SMALLER: Final = 0.9
#: A heading has at most so many lines and letters.
_SHORT: Final = (3, 200)
#: Headers and footers stand within this part of the page's height, at its top or bottom.
_MARGIN: Final = 0.12
#: What repeats on so many pages, and on this share of them, is a header or footer.
_REPEATED: Final = (2, 0.5)
_PAGE_NUMBER: Final = re.compile(
    r"\W{0,3}(?:(?:page|seite|p\.|s\.|blatt|pagina|página)\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of|von|sur|de|di|van)\s*\d{1,4})?\W{0,3}",
    re.IGNORECASE,
)
_CAPTION: Final = re.compile(r"(?:figure|fig\.|table|tab\.|abbildung|abb\.|tabelle|figura|tableau)\s*\d+", re.IGNORECASE)
_DIGITS: Final = re.compile(r"\d+")


class Block(NamedTuple):
    """Lines that belong together, at code points ``start`` to ``end`` of their page's text.

    ``pieces`` is how many parts, with wide gaps between them, its lines have at most; ``marker`` is the bullet or number that an item of a
    list begins with; ``indent``, how far from the left of the page it begins, and ``size``, that of its letters, are in points; ``grid`` is
    set for tables.
    """

    start: int
    end: int
    box: Box
    lines: int
    pieces: int
    size: float
    bold: bool
    marker: str
    indent: float
    grid: Grid | None = None


class Part(NamedTuple):
    """A block and what it is."""

    block: Block
    kind: Kind
    level: int = 0


def parts_of(pages: Sequence[tuple[str, Sequence[Block]]], *, begins: bool = True) -> list[list[Part]]:
    """What the blocks of each page are, given the text of the page: told by all pages together, for size is relative and headers repeat.

    A title is looked for on the first of them where the document ``begins`` with it.
    """
    body = _body_size(pages)
    margins = _repeated(pages)
    sizes = _heading_sizes(pages, body)
    found: list[list[Part]] = []
    for number, (text, blocks) in enumerate(pages):
        parts: list[Part] = []
        for position, block in enumerate(blocks):
            words = text[block.start : block.end]
            kind = _kind(words, block, body)
            margin = _margin(block)
            if margin and block.grid is None and (_key(words, margin) in margins or _PAGE_NUMBER.fullmatch(words)):
                kind = margin
            following = blocks[position + 1] if position + 1 < len(blocks) else None
            if kind == "heading" and block.size <= _LARGER * body and (following is None or following.bold or following.grid):
                kind = "paragraph"  # bold, but over nothing
            parts.append(Part(block, kind, _level(kind, block, sizes, parts)))
        found.append(_with_title(parts, body) if begins and number == 0 else parts)
    return found


def _body_size(pages: Sequence[tuple[str, Sequence[Block]]]) -> float:
    letters: Counter[float] = Counter()
    for _, blocks in pages:
        for block in blocks:
            if block.grid is None:
                letters[block.size] += block.end - block.start
    return max(letters, key=lambda size: (letters[size], -size), default=0.0)


def _margin(block: Block) -> Literal["header", "footer"] | None:
    if block.box.y1 <= _MARGIN:
        return "header"
    return "footer" if block.box.y0 >= 1 - _MARGIN else None


def _key(words: str, margin: str) -> tuple[str, str]:
    return margin, _DIGITS.sub("0", " ".join(words.split()))


def _repeated(pages: Sequence[tuple[str, Sequence[Block]]]) -> set[tuple[str, str]]:
    """The texts, but for their numbers, that stand in the margin of many pages."""
    seen: Counter[tuple[str, str]] = Counter()
    for text, blocks in pages:
        seen.update({_key(text[block.start : block.end], margin) for block in blocks if (margin := _margin(block)) and block.grid is None})
    needed = max(_REPEATED[0], _REPEATED[1] * len(pages))
    return {key for key, count in seen.items() if count >= needed}


def _is_short(words: str, block: Block) -> bool:
    return block.lines <= _SHORT[0] and block.pieces <= _PIECES and len(words) <= _SHORT[1] and any(char.isalpha() for char in words)


def _kind(words: str, block: Block, body: float) -> Kind:
    if block.grid is not None:
        return "table"
    if _CAPTION.match(words):
        return "caption"
    if _is_short(words, block):
        if block.size >= _LARGER * body:
            return "heading"
        if block.bold and block.lines == 1 and block.size >= body and words[-1] not in ".,;:" and not words[-1].isdigit():
            return "heading"
    if block.marker and block.box.y0 > 0.5 and block.size <= _SMALLER * body and (block.marker[0] in "*†‡" or block.marker[0].isdigit()):
        return "footnote"
    return "list_item" if block.marker and block.size < _LARGER * body else "paragraph"


def _heading_sizes(pages: Sequence[tuple[str, Sequence[Block]]], body: float) -> list[float]:
    """The sizes of headings, the largest first; those that are only bold come last."""
    return sorted(
        {block.size for text, blocks in pages for block in blocks if _kind(text[block.start : block.end], block, body) == "heading"},
        reverse=True,
    )


def _level(kind: Kind, block: Block, sizes: Sequence[float], before: Sequence[Part]) -> int:
    if kind == "heading":
        return sizes.index(block.size) + 1
    if kind != "list_item":
        return 0
    level = 1
    for part in reversed(before):  # deeper than the item before where it is set in further
        if part.kind != "list_item":
            break
        step = block.indent - part.block.indent
        if abs(step) < block.size / 2:
            return part.level
        if step > 0:
            return part.level + 1
        level = 1
    return level


def _with_title(parts: list[Part], body: float) -> list[Part]:
    """The largest heading of the first page is the title, if it stands in its upper half and is by far the largest."""
    headings = [part for part in parts if part.kind == "heading" and part.block.box.y0 < 0.5]
    largest = max((part.block.size for part in headings), default=0.0)
    titles = [part for part in headings if part.block.size == largest]
    if len(titles) != 1 or largest < _TITLE * body:
        return parts
    return [Part(part.block, "title") if part is titles[0] else part for part in parts]
