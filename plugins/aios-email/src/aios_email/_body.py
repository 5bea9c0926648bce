"""Bodies of mails: text with its paragraphs, HTML with its structure, and which of two forms says more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aios_files import paragraphs
from aios_html import Grid, Part, Picture, Rendered, render

_WORD: Final = re.compile(r"\w{2,}")
_ADDRESS: Final = re.compile(r"<?\b(?:https?|mailto|cid):[^\s>]*>?")
_MORE: Final = 0.2
_QUOTES: Final = re.compile(r"(>*) ?")

NOTHING: Final = Rendered("", (), ())


def of_text(text: str, *, flowed: bool = False, delete_space: bool = False) -> Rendered:
    """A plain body; ``flowed`` lines (RFC 3676) are joined, without the space at their ends where ``delete_space``."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if flowed:
        text = _joined_lines(text, delete_space)
    return Rendered(text, tuple(Part("paragraph", start, end) for start, end in paragraphs(text)), ())


def of_html(html: str) -> Rendered:
    """What is visible of an HTML body."""
    return render(html, page=False)


def better(plain: Rendered, html: Rendered) -> Rendered:
    """Of two forms of one body the plain one, unless the other says more, or the same with tables in it.

    Many plain forms only say that the reader should take the other.
    """
    if not plain.text.strip() or not html.text.strip():
        return plain if plain.text.strip() else html
    said, shown = _words(plain.text), _words(html.text)
    missing, left_out = len(shown - said), len(said - shown)
    says_more = missing > _MORE * len(shown) and missing > left_out
    return html if says_more or (html.grids and left_out <= _MORE * len(said)) else plain


def joined(bodies: Sequence[Rendered]) -> Rendered:
    """Several bodies as one, a blank line between them."""
    text = ""
    parts: list[Part] = []
    grids: list[Grid] = []
    pictures: list[Picture] = []
    for body in bodies:
        if not body.text.strip():
            continue
        text += "\n\n" if text else ""
        grids.extend(grid._replace(part=grid.part + len(parts)) for grid in body.grids)
        parts.extend(moved(body.parts, len(text)))
        pictures.extend(body.pictures)
        text += body.text
    return Rendered(text, tuple(parts), tuple(grids), tuple(pictures))


def moved(parts: Sequence[Part], by: int) -> list[Part]:
    """``parts`` as they stand ``by`` characters further on."""
    return [part._replace(start=part.start + by, end=part.end + by) for part in parts]


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_ADDRESS.sub(" ", text).casefold()))


def _joined_lines(text: str, delete_space: bool) -> str:
    lines: list[str] = []
    depth, flows = 0, False
    for line in text.split("\n"):
        quotes = _QUOTES.match(line)
        found = len(quotes[1]) if quotes else 0
        rest = line[found:].removeprefix(" ")
        if flows and found == depth and rest != "-- ":
            lines[-1] += rest
        else:
            lines.append(">" * found + " " * (found > 0) + rest)
        flows = rest.endswith(" ") and rest != "-- "
        if flows and delete_space:
            lines[-1] = lines[-1][:-1]
        depth = found
    return "\n".join(line.rstrip(" ") if line != "-- " else line for line in lines)
