"""Values of several lines: addresses go on below their first line, and a name may begin above the line of its label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from ._labels import Hit
from ._layout import Row
from ._names import CONTACT, FORM, POSTCODE, STREET

#: Number of a row, start and end of a part of its text.
Part: TypeAlias = tuple[int, int, int]

#: In heights of a letter: how far lines of one value begin aside, and how far apart they are.
_ASIDE, _APART = 1.2, 2.2
#: How much nearer than the line before it a line must be to belong to what is below.
_NEARER: Final = 0.8
_MOST_LINES: Final = 6

#: A number of a company register alone on a line.
_REGISTER: Final = re.compile(r"\([^()]*\)|(?i:\(?\W*(?:co|company|reg|registration|roc|register)\b[^()]*\d[^()]*\)?)")
_LEAD: Final = re.compile(r"[\s,;|•·–—-]+")


def continued(rows: Sequence[Row], hits: Sequence[Sequence[Hit]], first: Part) -> list[Part]:
    """The lines below ``first`` that go on with it: they begin where it does, and no label or contact stands in them."""
    place, start, end = first
    left, before = rows[place].within(start, end)[0].x0, rows[place]
    found: list[Part] = []
    for number in range(place + 1, len(rows)):
        row = rows[number]
        if row.sheet is not before.sheet or row.top - before.bottom > _APART or len(found) == _MOST_LINES - 1:
            break
        cell = _cell_at(row, left)
        if cell is None:
            if row.tokens[0].x0 < left - _ASIDE and row.top - before.bottom > 0:
                break
            continue
        text = row.text[cell[0] : cell[1]]
        # "3 place du Marché": a word that may be a label is none in the midst of a line.
        if any(hit.start < cell[1] and _ends(hit, cell[0]) for hit in hits[number]) or CONTACT.search(text):
            break
        found.append((number, *cell))
        before = row
    return found


def address_after(rows: Sequence[Row], hits: Sequence[Sequence[Hit]], name: Part) -> list[Part]:
    """The address that follows a name: on the rest of its line, or on the lines below, up to the one with the postcode."""
    place, start, end = name
    row = rows[place]
    _, cell_end = row.cell_at(start)
    rest = _LEAD.match(row.text, end, cell_end)
    if rest is not None and POSTCODE.search(row.text[rest.end() : cell_end]):
        return [(place, rest.end(), cell_end)]
    lines = continued(rows, hits, (place, start, end))
    texts = [rows[number].text[first:last] for number, first, last in lines]
    # Between the name of a shop and its address may stand that of its company, and "(742016-W)".
    while texts and (_REGISTER.fullmatch(texts[0].strip()) or FORM.search(texts[0])):
        lines, texts = lines[1:], texts[1:]
    towns = [number for number, text in enumerate(texts) if POSTCODE.search(text)]
    if towns:  # "1200 Ocean Ave" looks like a town with its postcode, too
        last = towns[1] if towns[1:2] == [towns[0] + 1] else towns[0]
        while texts[last].rstrip().endswith(",") and last + 1 < len(lines):
            last += 1
        return lines[: last + 1]
    return [line for line, text in zip(lines, texts, strict=True) if STREET.search(text)][:1]


def joined(texts: Sequence[str]) -> str:
    """The lines of an address on one line, parted by commas, each of which may end with one already."""
    return ", ".join(text.strip(" ,") for text in texts if text.strip(" ,"))


def _ends(hit: Hit, start: int) -> bool:
    """Whether a label in a line that begins at ``start`` says that another thing begins here."""
    return (hit.is_boundary and not hit.is_at_the_end) or hit.start <= start


def begun(rows: Sequence[Row], hits: Sequence[Sequence[Hit]], last: Part) -> list[Part]:
    """The line above ``last`` that begins its value: alone in its row, without a label, and nearer to it than to what stands above."""
    place, start, end = last
    if not place or rows[place - 1].sheet is not rows[place].sheet or hits[place - 1] or len(rows[place - 1].cells) > 1:
        return []
    row, above = rows[place], rows[place - 1]
    token = row.within(start, end)[0]
    cell = _cell_at(above, token.x0)
    labelled = any(hit.end <= start for hit in hits[place])
    before = rows[place - 2] if place > 1 and rows[place - 2].sheet is row.sheet else None
    distance = token.y0 - above.bottom
    if cell is None or not labelled or row.tokens[0].x0 > token.x0 - _ASIDE or distance > _APART:
        return []
    return [(place - 1, *cell)] if before is None or distance < _NEARER * (above.top - before.bottom) else []


def _cell_at(row: Row, left: float) -> tuple[int, int] | None:
    """The cell of ``row`` that begins at ``left``."""
    return next((cell for cell in row.cells if abs(row.within(*cell)[0].x0 - left) <= _ASIDE), None)
