"""Who sent a document and who got it, where no label tells: by letterheads, senders' lines, footers and the forms of names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ._labels import Hit
from ._layout import Row
from ._names import BANK, CONTACT, FORM, POSTCODE, STREET, names, without_form
from ._sections import Sections
from ._values import Reading

#: Lines of one block are no further apart than this and begin no further aside, in heights of a letter.
_GAP, _ASIDE = 1.6, 1.2

#: Shares of the page: where a letterhead ends, where a footer begins, and where the address stands that an envelope's window shows.
_HEAD, _FOOT, _WINDOW = 0.22, 0.85, (0.1, 0.42)

#: How much speaks for a name (0..1): that it says what the company is by law, that an address or what only the sender tells follows in its
#: block, that it begins a line with the sender's address, that it stands in the letterhead (first of all) or the footer, in large letters,
#: that an address of a mail or of the web holds it, and that it stands in one more place.
_FORMED, _WITH_ADDRESS, _WITH_CONTACT, _SENDER_LINE = 0.3, 0.3, 0.3, 0.55
_IN_HEAD, _FIRST, _IN_FOOT, _LARGE, _IN_DOMAIN, _AGAIN = 0.25, 0.2, 0.3, 0.15, 0.5, 0.2
#: What is left of that for the name of a bank, of the one in the envelope's window, in the section of another, and in running text.
_A_BANK, _THE_WINDOW, _ANOTHER, _PLAIN = 0.3, 0.25, 0.1, 0.6
_MOST: Final = 0.88
_LARGE_LETTER, _SHORTEST_IN_DOMAIN, _FIRST_LINES, _MOST_AGAIN = 1.6, 4, 3, 3

_DOMAIN: Final = re.compile(r"(?:@|www\.|https?://(?:www\.)?)([\w-]+(?:\.[\w-]+)*)\.[a-z]{2,}", re.IGNORECASE)
_MAILERS: Final = frozenset(
    ("gmail", "googlemail", "hotmail", "outlook", "yahoo", "gmx", "web", "tonline", "orange", "wanadoo", "libero", "example")
)


class Cell(NamedTuple):
    """A cell of a row: the row's number, its part of the row's text, and its edges in heights of a letter."""

    row: int
    start: int
    end: int
    left: float
    right: float
    top: float
    bottom: float
    text: str


class Named(NamedTuple):
    """A name that may be that of the party, where it stands, and how much speaks for it (0..1)."""

    row: int
    reading: Reading
    score: float


def blocks(rows: Sequence[Row]) -> list[list[Cell]]:
    """The cells of a document in blocks: below each other, close together, and beginning at the same place."""
    found: list[list[Cell]] = []
    open_: list[list[Cell]] = []
    sheet = None
    for number, row in enumerate(rows):
        if row.sheet is not sheet:
            sheet, open_ = row.sheet, []
        open_ = [block for block in open_ if row.top - block[-1].bottom <= _GAP]
        for start, end in row.cells:
            tokens = row.within(start, end)
            edges = (tokens[0].x0, tokens[-1].x1, min(token.y0 for token in tokens), max(token.y1 for token in tokens))
            cell = Cell(number, start, end, *edges, row.text[start:end])
            above = [block for block in open_ if block[-1].row < number]
            block = next((block for block in above if abs(block[-1].left - cell.left) <= _ASIDE), None) or next(
                (block for block in above if abs(block[-1].left + block[-1].right - cell.left - cell.right) <= 2 * _ASIDE), None
            )
            if block is None:
                found.append([cell])
                open_.append(found[-1])
            else:
                block.append(cell)
    return found


def senders(rows: Sequence[Row], hits: Sequence[Sequence[Hit]], sections: Sections) -> Iterator[Named]:
    """Names of those who may have sent the document."""
    domains = _domains(rows)
    first_sheet = rows[0].sheet if rows else None
    found: dict[str, list[tuple[Named, float, float]]] = {}
    seen = 0
    everything = blocks(rows)
    lines_of_sender = [cell for block in everything for cell in block if _is_sender_line(cell)]
    for block in everything:
        sheet = rows[block[0].row].sheet
        height = sheet.height or 1.0
        text = "\n".join(cell.text for cell in block)
        has_address, has_contact = bool(POSTCODE.search(text)), bool(CONTACT.search(text))
        window = sheet is first_sheet and has_address and _is_window(block, height, lines_of_sender, everything, has_contact)
        for order, cell in enumerate(block):
            if _is_label(rows[cell.row], hits[cell.row], cell):
                continue
            for reading in names(cell.text):
                formed = bool(FORM.search(reading_text := str(reading.value)))
                in_head = sheet is first_sheet and cell.bottom <= _HEAD * height
                in_foot = cell.top >= _FOOT * height
                reason = [_FORMED * formed, _IN_DOMAIN * _in_domains(reading_text, domains)]
                if order < _FIRST_LINES or formed:
                    leads = order == 0 or formed
                    reason += [_WITH_ADDRESS * (has_address and leads), _WITH_CONTACT * (has_contact and leads)]
                reason += [_SENDER_LINE * _is_sender_line(cell), _IN_FOOT * (in_foot and formed)]
                if in_head:
                    reason += [_IN_HEAD, _FIRST * (seen == 0)]
                if cell.bottom - cell.top >= _LARGE_LETTER:
                    reason.append(_LARGE)
                if not any(reason) or reading_text == reading_text.lower():
                    continue
                seen += 1
                left = 1.0
                section = sections.at(cell.row, cell.left)
                left *= _ANOTHER if section not in ("", "seller") else 1.0
                left *= _THE_WINDOW if window and not _is_sender_line(cell) else 1.0
                left *= _A_BANK if BANK.search(reading_text) else 1.0
                left *= _PLAIN if not (formed or in_head or has_address or has_contact) else 1.0
                score = 1.0
                for one in reason:
                    score *= 1 - one
                named = Named(
                    cell.row, reading._replace(start=reading.start + cell.start, end=reading.end + cell.start), (1 - score) * left
                )
                found.setdefault(without_form(reading_text), []).append((named, cell.top, left))
    yield from _decided(_with_short_forms(found))


def _with_short_forms(found: dict[str, list[tuple[Named, float, float]]]) -> dict[str, list[tuple[Named, float, float]]]:
    """With names that a longer one begins with, which says what the company is by law, as that one: "Muster" as "Muster Handel GmbH"."""
    full = [name for name, group in found.items() if any(FORM.search(str(named.reading.value)) for named, _, _ in group)]
    joined: dict[str, list[tuple[Named, float, float]]] = {}
    for name, group in found.items():
        longer = [other for other in full if len(other) > len(name) >= _SHORTEST_IN_DOMAIN and other.startswith(name)]
        joined.setdefault(longer[0] if len(longer) == 1 and name not in full else name, []).extend(group)
    return joined


def _decided(found: dict[str, list[tuple[Named, float, float]]]) -> Iterator[Named]:
    for group in found.values():
        best = max((named for named, _, _ in group), key=lambda one: (len(FORM.findall(str(one.reading.value))), one.score, -one.row))
        strongest = max(named.score for named, _, _ in group)
        weakest_left = min(left for _, _, left in group)
        again = min(len({named.row for named, _, _ in group}) - 1, _MOST_AGAIN)
        score = (1 - (1 - strongest) * (1 - _AGAIN) ** again) * (weakest_left if weakest_left <= _THE_WINDOW else 1.0)
        yield best._replace(score=_MOST * score)


def recipients(rows: Sequence[Row], hits: Sequence[Sequence[Hit]]) -> Iterator[Named]:
    """The first line of the address that an envelope's window shows."""
    everything = blocks(rows)
    lines_of_sender = [cell for block in everything for cell in block if _is_sender_line(cell)]
    for block in everything:
        sheet = rows[block[0].row].sheet
        text = "\n".join(cell.text for cell in block)
        contact = bool(CONTACT.search(text))
        if (
            sheet is rows[0].sheet
            and POSTCODE.search(text)
            and _is_window(block, sheet.height or 1.0, lines_of_sender, everything, contact)
        ):
            for cell in block[:2]:
                if not _is_sender_line(cell) and not _is_label(rows[cell.row], hits[cell.row], cell):
                    for reading in names(cell.text):
                        placed = reading._replace(start=reading.start + cell.start, end=reading.end + cell.start)
                        yield Named(cell.row, placed, 0.6)
                        return


def _is_window(
    block: Sequence[Cell], height: float, senders_lines: Sequence[Cell], everything: Sequence[Sequence[Cell]], contact: bool
) -> bool:
    top = block[0].top
    if contact or not _WINDOW[0] * height <= top <= _WINDOW[1] * height:
        return False
    lines = [cell for cell in block if not _is_sender_line(cell)]
    if not lines:
        return False
    if any(cell.left <= block[0].left + _ASIDE and 0 <= lines[0].top - cell.bottom <= 0.15 * height for cell in senders_lines):
        return True
    above = (other for other in everything if other[0].top < top and other is not block)
    return any(POSTCODE.search("\n".join(cell.text for cell in other)) for other in above)


def _is_sender_line(cell: Cell) -> bool:
    """Whether it is a name with its whole address on one line, as above the address that an envelope's window shows."""
    postcode = POSTCODE.search(cell.text)
    parted = re.search(r"\s+[-–—|•·*]\s+|[|•·;]|, ", cell.text)
    return bool(
        postcode and parted and parted.start() < postcode.start() and STREET.search(cell.text[: postcode.start()]) and parted.start() > 1
    )


def _is_label(row: Row, hits: Sequence[Hit], cell: Cell) -> bool:
    """Whether the cell begins with a label, which is not the beginning of a name such as "Lieferant GmbH"."""
    first = next((hit for hit in hits if cell.start <= hit.start < cell.end), None)
    if first is None or row.text[cell.start : first.start].strip():
        return False
    return first.is_alone or not FORM.search(cell.text)


def _domains(rows: Sequence[Row]) -> list[str]:
    found = (match[1] for row in rows for match in _DOMAIN.finditer(row.text))
    parts = {re.sub(r"[^a-z0-9]", "", part.casefold()) for domain in found for part in domain.split(".")}
    return sorted(part for part in parts if len(part) >= _SHORTEST_IN_DOMAIN and part not in _MAILERS)


def _in_domains(name: str, domains: Sequence[str]) -> bool:
    key = without_form(name)
    return len(key) >= _SHORTEST_IN_DOMAIN and any(key in domain or (domain in key and 2 * len(domain) >= len(key)) for domain in domains)
