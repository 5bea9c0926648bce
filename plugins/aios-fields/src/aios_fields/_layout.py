"""How a page is set: rows of cells, from the boxes of words or from the columns of plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Final

from aios_sdk import Box, Page, Span

#: Width over height of a page that does not tell its size (A4, portrait).
_ASPECT: Final = 0.707

#: Two words further apart than this, in heights of a letter, stand in different cells.
_CELL_GAP: Final = 1.3

#: Plain text on a grid, in heights of a letter: a column, a line.
_COLUMN, _LINE = 0.7, 1.6

_TAB: Final = 8

#: What is less high than this, in heights of a letter, is a hyphen, a comma or a point.
_SMALL: Final = 0.5

#: Narrow and non-breaking spaces part the thousands of a number, not words.
_WORD: Final = re.compile(r"(?:\S|[\u00a0\u202f])+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its code points in the page's text, and its corners on the page in heights of a letter."""

    start: int
    end: int
    x0: float
    y0: float
    x1: float
    y1: float
    box: Box | None


@dataclass(frozen=True)
class Row:
    """Words on one line, from left to right; ``text`` joins them by spaces, and cells by tabs."""

    sheet: Sheet
    tokens: tuple[Token, ...]
    text: str
    offsets: tuple[int, ...]

    @cached_property
    def cells(self) -> tuple[tuple[int, int], ...]:
        """Start and end of each cell in ``text``."""
        return tuple((match.start(), match.end()) for match in re.finditer(r"[^\t]+", self.text))

    def cell_at(self, offset: int) -> tuple[int, int]:
        """Start and end of the cell that code point ``offset`` of ``text`` lies in."""
        return next(((start, end) for start, end in self.cells if start <= offset <= end), (0, len(self.text)))

    @cached_property
    def top(self) -> float:
        """Where its highest word begins."""
        return min(token.y0 for token in self.tokens)

    @cached_property
    def bottom(self) -> float:
        """Where its lowest word ends."""
        return max(token.y1 for token in self.tokens)

    def within(self, start: int, end: int) -> tuple[Token, ...]:
        """The words that code points ``start`` to ``end`` of ``text`` touch."""
        return tuple(
            token
            for token, offset in zip(self.tokens, self.offsets, strict=True)
            if offset < end and start < offset + token.end - token.start
        )

    def spans(self, start: int, end: int) -> tuple[Span, ...]:
        """Where ``start`` to ``end`` of ``text`` stands on the page: one span, or several where its words are apart in the page's text."""
        sheet = self.sheet
        runs: list[tuple[int, int, Box | None]] = []
        for token, offset in zip(self.tokens, self.offsets, strict=True):
            first, last = max(offset, start), min(offset + token.end - token.start, end)
            if first >= last:
                continue
            begin, finish = token.start + first - offset, token.start + last - offset
            if runs and runs[-1][1] <= begin and not sheet.content[runs[-1][1] : begin].strip():
                before, _, box = runs[-1]
                runs[-1] = (before, finish, box.union(token.box) if box and token.box else None)
            else:
                runs.append((begin, finish, token.box))
        return tuple(
            Span(artifact=sheet.artifact, page=sheet.page, start=first, end=last, box=box, quote=sheet.content[first:last])
            for first, last, box in runs
        )


@dataclass(eq=False)
class Sheet:
    """A page: its number, the artifact and content of its text, and its rows from top to bottom."""

    page: int
    artifact: str
    content: str
    rows: tuple[Row, ...] = ()
    #: How high the page is, in heights of a letter.
    height: float = 0.0


def sheet_of(page: Page) -> Sheet | None:
    """The rows of ``page``, by the boxes of its words where there are any; None for a page without text."""
    reading = page.reading
    if reading is None or not reading.content.strip():
        return None
    sheet = Sheet(page.index, reading.artifact, reading.content)
    words = page.words
    width, height = (page.info.width, page.info.height) if page.info.width and page.info.height else (_ASPECT, 1.0)
    if words:
        boxed = [(word.start, word.end, word.box) for word in words.iterate(reading)]
        letter = median((box.y1 - box.y0) * height for _, _, box in boxed) or height / 100
        tokens = [
            Token(start, end, box.x0 * width / letter, box.y0 * height / letter, box.x1 * width / letter, box.y1 * height / letter, box)
            for start, end, box in boxed
        ]
        lines = list(_lines(tokens))
        sheet.height = height / letter
    else:
        lines = list(_typed(sheet.content))
        sheet.height = (lines[-1][0].y1 if lines else 0.0) + _LINE
    sheet.rows = tuple(_row(sheet, line) for line in lines)
    return sheet


def _lines(tokens: list[Token]) -> Iterator[list[Token]]:
    """Tokens on one line each; hyphens and commas, which lie low or high in their line, are put where they fit when the lines are known."""
    small = [token for token in tokens if token.y1 - token.y0 < _SMALL]
    lines = list(_clustered([token for token in tokens if token.y1 - token.y0 >= _SMALL]))
    edges = [(min(token.y0 for token in line), max(token.y1 for token in line)) for line in lines]
    alone: list[Token] = []
    for token in small:
        around = [number for number, (top, bottom) in enumerate(edges) if top - _SMALL <= _middle(token) <= bottom + _SMALL]
        if around:
            near = min(around, key=lambda number: (_aside(token, lines[number]), abs(sum(edges[number]) / 2 - _middle(token))))
            lines[near].append(token)
        else:
            alone.append(token)
    lines += _clustered(alone)
    yield from (sorted(line, key=lambda token: token.x0) for line in sorted(lines, key=lambda line: sum(map(_middle, line)) / len(line)))


def _aside(token: Token, line: list[Token]) -> int:
    """How far ``token`` is from the nearest word of ``line`` beside it, in whole letters."""
    return int(min(max(token.x0 - other.x1, other.x0 - token.x1, 0.0) for other in line))


def _clustered(tokens: list[Token]) -> Iterator[list[Token]]:
    line: list[Token] = []
    for token in sorted(tokens, key=lambda token: token.y0 + token.y1):
        if line and abs(_middle(token) - sum(map(_middle, line)) / len(line)) > 0.5 * min(token.y1 - token.y0, line[-1].y1 - line[-1].y0):
            yield line
            line = []
        line.append(token)
    if line:
        yield line


def _middle(token: Token) -> float:
    return (token.y0 + token.y1) / 2


def _typed(content: str) -> Iterator[list[Token]]:
    position = 0
    for number, line in enumerate(content.split("\n")):
        tokens = []
        for match in _WORD.finditer(line):
            column = len(line[: match.start()].expandtabs(_TAB))
            tokens.append(
                Token(
                    position + match.start(),
                    position + match.end(),
                    column * _COLUMN,
                    number * _LINE,
                    (column + len(match[0])) * _COLUMN,
                    number * _LINE + 1,
                    None,
                )
            )
        if tokens:
            yield tokens
        position += len(line) + 1


def _row(sheet: Sheet, tokens: list[Token]) -> Row:
    parts: list[str] = []
    offsets: list[int] = []
    position = 0
    for number, token in enumerate(tokens):
        if number:
            before = tokens[number - 1]
            wide = token.x0 - before.x1 > _CELL_GAP * max(1.0, min(token.y1 - token.y0, before.y1 - before.y0))
            parts.append("\t" if wide or "\t" in sheet.content[before.end : token.start] else " ")
            position += 1
        offsets.append(position)
        parts.append(sheet.content[token.start : token.end])
        position += token.end - token.start
    return Row(sheet, tuple(tokens), "".join(parts), tuple(offsets))
