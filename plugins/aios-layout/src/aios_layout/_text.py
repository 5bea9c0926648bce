"""The text of one page: its lines put in reading order, grouped into blocks, and written down with the place of every word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from aios_sdk import Box, PageText, Words

from ._aligned import aligned_grids
from ._grids import Grid
from ._lines import Line, Word
from ._order import Item, Row, in_order
from ._regions import Block

#: A gap wider than this many sizes of the font parts a line in two, which may be of different columns.
_WIDE: Final = 1.0
#: A line further below the one before than this many sizes of the font begins a block; within these limits, `_LOOSER` times what is usual.
_LEADING: Final = (1.6, 2.5)
_LOOSER: Final = 1.3
_OTHER_SIZE: Final = 1.12
#: Longer groups of lines are no headings, and not asked whether they are bold.
_SHORT: Final = 2
_BULLET: Final = re.compile(r"(?:[•●◦○▪■□▸►‣⁃∙·✓✔➢➤\uf0b7\uf0a7\uf0d8*–—-])(?:\s|$)")
_NUMBERED: Final = re.compile(r"(?:\(?\d{1,2}[.)]|\(?[a-z][.)]|[ivx]{1,5}[.)])\s+\S")
#: Letters that are written from right to left.
_LEFTWARD: Final = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


class _Group(NamedTuple):
    """Rows that belong together, and the bullet or number that they begin with; or a table."""

    rows: list[Row]
    marker: str = ""
    grid: Grid | None = None

    def lines(self) -> list[Line]:
        """The parts of its lines."""
        return [item for row in self.rows for item in row if isinstance(item, Line)]

    def block(self, start: int, end: int, width: float, height: float, bold: Callable[[int], bool]) -> Block:
        """What remains of it once it is written down."""
        if self.grid is not None:
            return Block(start, end, self.grid.box, len(self.grid.cells), len(self.grid.cells[0]), 0.0, False, "", self.grid.x0, self.grid)
        lines = self.lines()
        if len(lines) == 1:
            size = round(lines[0].size * 2) / 2
        else:
            sizes: dict[float, int] = {}
            for line in lines:
                rounded = round(line.size * 2) / 2
                sizes[rounded] = sizes.get(rounded, 0) + line.letters
            size = max(sizes, key=lambda size: (sizes[size], -size))
        x0 = min(line.x0 for line in lines)
        y0, y1 = min(line.y0 for line in lines), max(line.y1 for line in lines)
        box = Box.of(x0 / width, y0 / height, max(line.x1 for line in lines) / width, y1 / height)
        short = len(self.rows) <= _SHORT
        return Block(
            start, end, box, len(self.rows), max(map(len, self.rows)), size, short and bold(lines[0].words[0].first), self.marker, x0
        )


class Content(NamedTuple):
    """What a page says: its text and words, and the blocks that these are made of (none where they were not looked for)."""

    text: PageText
    words: Words
    blocks: tuple[Block, ...]

    def placed(self, place: Callable[[Box], Box]) -> Content:
        """The same on the page as displayed, where it was turned or straightened to be read, given the ``place`` of a box there."""
        ranges = [(word.start, word.end, place(word.box), word.confidence) for word in self.words.iterate(self.text)]
        blocks = (block._replace(box=place(block.box), grid=block.grid and block.grid.placed(place)) for block in self.blocks)
        return Content(self.text, Words.build(self.text, ranges), tuple(blocks))


def main_turn(lines: Sequence[Line]) -> int:
    """The direction in which more than half of the letters are written, in degrees clockwise; 0 where there is none or they are upright."""
    letters: Counter[int] = Counter()
    for line in lines:
        letters[line.turned] += line.letters
    direction, most = letters.most_common(1)[0]
    return direction if direction > 0 and 2 * most > letters.total() else 0


def as_in_file(page: int, lines: Sequence[Line]) -> Content:
    """The text of a page as it comes: in the order of the file, a line a line."""
    writer = _Writer()
    for number, line in enumerate(lines):
        writer.line([line], "\n" if number else "")
    return writer.content(page, ())


def as_read(
    page: int,
    lines: Sequence[Line],
    grids: Sequence[Grid],
    width: float,
    height: float,
    bold: Callable[[int], bool],
    accept: Callable[[Grid], bool] | None = None,
) -> Content:
    """The text of a page as a person reads it: column after column, blocks apart by an empty line, the cells of ``grids`` by tabs.

    Text that is not upright comes last, a line a block; a page on which most is not, or is written from right to left, is read in the
    order of the file. ``bold`` tells it of the character with a number; ``accept`` may refuse a table that no lines rule.
    """
    upright = [line for line in lines if line.turned == 0]
    if _is_beyond(lines, upright):
        groups = [_Group([Row(line)]) for line in lines]
    else:
        taken = {id(word) for grid in grids for word in grid.words()}
        parts: list[Item] = [part for line in upright for part in _parts(line, width, taken)]
        groups = [group for column in in_order([*parts, *grids]) for group in _groups(column, bold, accept)]
        groups += [_Group([Row(line)]) for line in lines if line.turned]
    writer, blocks = _Writer(), []
    for number, group in enumerate(groups):
        gap = "\n\n" if number else ""
        start = writer.length + len(gap)
        if group.grid is not None:
            writer.table(group.grid, gap)
        else:
            for row in group.rows:
                writer.line(row, gap)
                gap = "\n"
        blocks.append(group.block(start, writer.length, width, height, bold))
    return writer.content(page, tuple(blocks))


def _is_beyond(lines: Sequence[Line], upright: Sequence[Line]) -> bool:
    letters = sum(line.letters for line in lines)
    if 2 * sum(line.letters for line in upright) < letters:
        return True
    leftward = sum(len(_LEFTWARD.findall(word.text)) for line in upright for word in line.words if not word.text.isascii())
    return 2 * leftward > letters


def _parts(line: Line, width: float, taken: set[int]) -> Iterator[Line]:
    """The parts of ``line`` between wide gaps, without the words of tables."""
    words = line.words
    wide, back = _WIDE * line.size / width, -2 * line.size / width
    cuts = [
        number
        for number, (before, after) in enumerate(pairwise(words), 1)
        if not back <= after.box.x0 - before.box.x1 <= wide or (taken and (id(before) in taken or id(after) in taken))
    ]
    if not cuts:
        if not (taken and id(words[0]) in taken):
            yield line
        return
    for start, end in pairwise((0, *cuts, len(words))):
        if id(words[start]) not in taken:
            yield line.part(words[start:end])


def _groups(column: Sequence[Row], bold: Callable[[int], bool], accept: Callable[[Grid], bool] | None) -> Iterator[_Group]:
    """The rows of a column, grouped."""
    at = 0
    for start, end, grid in aligned_grids(column, accept):
        yield from _paragraphs(column[at:start], bold)
        yield _Group([], grid=grid)
        at = end
    yield from _paragraphs(column[at:], bold)


def _paragraphs(rows: Sequence[Row], bold: Callable[[int], bool]) -> Iterator[_Group]:
    distances = sorted(_distance(before, row) for before, row in pairwise(rows))
    usual = distances[len(distances) // 2] if distances else 0.0
    right = max((row[-1].x1 for row in rows), default=0.0)
    group: list[Row] = []
    marker = ""
    for row in rows:
        if any(isinstance(item, Grid) for item in row):
            if group:
                yield _Group(group, marker)
                group = []
            for item in row:
                yield _Group([], grid=item) if isinstance(item, Grid) else _Group([Row(item)])
            continue
        begins = _marker(row)
        if group and (begins or _is_apart(group, row, usual, marker) or _is_headed(group, row, right, bold)):
            yield _Group(group, marker)
            group = []
        marker = marker if group else begins
        group.append(row)
    if group:
        yield _Group(group, marker)


def _marker(row: Row) -> str:
    text = row[0].text if len(row) == 1 else f"{row[0].text} {row[1].text}"
    match = _BULLET.match(text) or _NUMBERED.match(text)
    return match[0].split()[0] if match else ""


def _is_apart(group: Sequence[Row], row: Row, usual: float, marker: str) -> bool:
    before = group[-1]
    size, other = _size(before), _size(row)
    if max(size, other) > _OTHER_SIZE * min(size, other):
        return True
    if marker and row[0].x0 < group[0][0].x0 - size / 2:
        return True  # an item of a list has ended
    limit = min(max(_LOOSER * usual, _LEADING[0] * size), _LEADING[1] * size)
    return _distance(before, row) > limit


def _distance(before: Row, row: Row) -> float:
    """How far ``row`` is below the one before. Boxes are those of the letters, so tops and bottoms differ by ascenders and descenders."""
    return min(row.y0 - before.y0, row.y1 - before.y1)


def _is_headed(group: Sequence[Row], row: Row, right: float, bold: Callable[[int], bool]) -> bool:
    """Whether ``group`` is a short bold line over text that is not."""
    head, following = group[0][0], row[0]
    if len(group) > 1 or len(group[0]) > 1 or head.x1 > 0.8 * right or not (isinstance(head, Line) and isinstance(following, Line)):
        return False
    return bold(head.words[0].first) and not bold(following.words[0].first)


def _size(row: Row) -> float:
    return max(item.size for item in row)


class _Writer:
    """Puts a page's text together and notes where each word stands."""

    def __init__(self) -> None:
        self.length = 0
        self._parts: Final[list[str]] = []
        self._ranges: Final[list[tuple[int, int, Box, float | None]]] = []

    def line(self, row: Sequence[Item], gap: str) -> None:
        """The items of a row, behind ``gap``."""
        for item in row:
            assert isinstance(item, Line)
            for number, word in enumerate(item.words):
                self._word(word, gap if number == 0 else word.gap)
            gap = " "

    def table(self, grid: Grid, gap: str) -> None:
        """The cells of a table, those of a row apart by tabs."""
        for row in grid.cells:
            for column, cell in enumerate(row):
                if column:
                    self._put("\t")
                else:
                    self._put(gap)
                    gap = "\n"
                for number, word in enumerate(cell):
                    self._word(word, " " if number else "")

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self.length += len(text)

    def _word(self, word: Word, gap: str) -> None:
        parts, text = self._parts, word.text
        parts.append(gap)
        parts.append(text)
        start = self.length + len(gap)
        self.length = end = start + len(text)
        self._ranges.append((start, end, word.box, word.confidence))

    def content(self, page: int, blocks: tuple[Block, ...]) -> Content:
        """What was put together."""
        text = PageText(page=page, content="".join(self._parts))
        return Content(text, Words.build(text, self._ranges), blocks)
