"""What stands below a table of separated values: notes, totals, a last line that is cut off."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from aios_sdk import Table

#: So many lines a footer has at most, and so many rows a table has at least for its types to say what is none of them.
_LONGEST: Final = 20
_FEWEST_ROWS: Final = 3
_TOTAL: Final = re.compile(
    r"\s*(?:grand |sub-?)?(?:totals?|sum|summe|gesamt\w*|zwischensumme|insgesamt|somme|suma|razem|ogółem|totale|totaal|celkem|összesen"
    r"|итого|всего)\b[^\d]*",
    re.IGNORECASE,
)


class Line(NamedTuple):
    """A row, the line at which it begins (from 1), and whether a blank line stands before it."""

    number: int
    cells: list[str]
    is_parted: bool


class Footer(NamedTuple):
    """The last lines, which may be no rows; ``is_certain`` where their form alone says so, whatever the types of the columns are."""

    lines: list[Line]
    is_certain: bool


class Tail:
    """Watches the rows of a table of ``width`` columns go by, keeps the last ones, and counts how full the others are."""

    def __init__(self, width: int) -> None:
        self._width: Final = width
        self._last: Final[deque[Line]] = deque()
        self._all_full = self._all_long = True
        self._is_parted = False
        self.count = 0

    def watched(self, lines: Iterator[Line]) -> Iterator[list[str]]:
        """The cells of ``lines``, as they are."""
        for line in lines:
            self.count += 1
            if self.count > 1:  # the first may be a header, of whatever form
                self._last.append(line)
            if len(self._last) > _LONGEST:
                self._pass(self._last.popleft())
            yield line.cells

    def _pass(self, line: Line) -> None:
        if self._all_full:
            self._all_full = _is_full(line)
        self._all_long = self._all_long and len(line.cells) >= self._width
        self._is_parted = self._is_parted or line.is_parted

    def footer(self) -> Footer | None:
        """The last lines that look like no rows: those behind the only blank line, else those at the end that have a single text, are too
        short, or begin with the word for a total. There is none where other rows look like that too, nor where hardly any are left."""
        found = self._found(list(self._last))
        return found if found is not None and any(any(line.cells) for line in found.lines) else None

    def _found(self, lines: list[Line]) -> Footer | None:
        parted = next((place for place, line in enumerate(lines) if line.is_parted), None)
        while parted and not any(lines[parted - 1].cells):
            parted -= 1
        if parted is not None and not self._is_parted and all(map(self._is_note, lines[parted:])) and self._stands_out(lines[:parted]):
            below = lines[parted:]
            return Footer(below, is_certain=self._all_rows_long(lines[:parted]) and all(len(line.cells) < self._width for line in below))
        start = len(lines)
        while start and self._is_note(lines[start - 1]):
            start -= 1
        if start == len(lines) and lines and len(lines[-1].cells) < self._width and self._all_rows_long(lines[:-1]):
            start -= 1
        return Footer(lines[start:], is_certain=False) if start < len(lines) and self._stands_out(lines[:start]) else None

    def _is_note(self, line: Line) -> bool:
        """Whether it is blank, or begins with a text and is shorter than a row, of a single cell, or a total."""
        text = next((cell for cell in line.cells if cell.strip()), "")
        is_bare = len(line.cells) < self._width or not _is_full(line)
        return not any(line.cells) or (any(map(str.isalpha, text)) and (is_bare or _TOTAL.fullmatch(text) is not None))

    def _stands_out(self, rest: list[Line]) -> bool:
        """Whether the lines behind ``rest`` are the only ones of their form in a table of several columns."""
        is_full = self._all_full and all(map(_is_full, rest))
        return self._width > 1 and is_full and self.count - 1 - len(self._last) + len(rest) >= _FEWEST_ROWS

    def _all_rows_long(self, rest: list[Line]) -> bool:
        return self._all_long and all(len(line.cells) >= self._width for line in rest)


def _is_full(line: Line) -> bool:
    """Whether it has several cells, or is blank."""
    return sum(map(bool, line.cells)) != 1


def is_narrower(table: Table, other: Table) -> bool:
    """Whether a column of ``table`` has a type where that of ``other``, which has more rows, is text."""
    return any(own.type != "VARCHAR" and wide.type == "VARCHAR" for own, wide in zip(table.columns, other.columns, strict=False))
