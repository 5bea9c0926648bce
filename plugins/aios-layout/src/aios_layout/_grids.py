"""Tables on a page out of the ruling lines that are drawn round their cells."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from aios_sdk import Box

from ._lines import Line, Word

#: Points by which lines may miss each other and still meet.
_NEAR: Final = 3.0
#: Lines nearer than this are one line, drawn twice or with a width.
_SAME: Final = 2.0
#: A grid of which fewer cells than this share hold text is a form or a drawing.
_FILLED: Final = 0.3
#: A grid whose places are joined to fewer cells than this share is a form.
_REGULAR: Final = 0.5
#: A cell of more words than this is a part of the page, and its grid the frame of a layout.
_LONGEST: Final = 120
#: More ruling lines than this are a drawing.
_MOST_LINES: Final = 2_000
_MOST_CELLS: Final = 20_000
#: So many rows at least make a band without ruling lines several rows.
_ROWS: Final = 3


class Rule(NamedTuple):
    """A ruling line: where it lies across its direction, and from where to where it goes, in points."""

    at: float
    start: float
    end: float


class Grid:
    """A table: the words of each cell, row by row, and where each cell lies (None for what a merged cell covers).

    ``merged`` are cells over several places: row, column, rows, columns. As an item of a page it has a place in points, and ``number``,
    the first of its lines in the file.
    """

    size: Final = 0.0
    count: Final = 0
    text: Final = ""

    def __init__(
        self,
        cells: list[list[list[Word]]],
        boxes: list[list[Box | None]],
        merged: tuple[tuple[int, int, int, int], ...],
        place: tuple[float, float, float, float],
        number: int,
    ) -> None:
        self.cells: Final = cells
        self.boxes: Final = boxes
        self.merged: Final = merged
        self.x0, self.y0, self.x1, self.y1 = place
        self.number: Final = number

    def words(self) -> Iterator[Word]:
        """Its words."""
        return (word for row in self.cells for cell in row for word in cell)

    @property
    def rows(self) -> list[list[str]]:
        """The text of its cells."""
        return [[" ".join(word.text for word in cell) for cell in row] for row in self.cells]

    def placed(self, place: Callable[[Box], Box]) -> Grid:
        """The same table on the page as displayed, given the ``place`` of a box there; its own place in points is not kept up."""
        boxes = [[box and place(box) for box in row] for row in self.boxes]
        return Grid(self.cells, boxes, self.merged, (self.x0, self.y0, self.x1, self.y1), self.number)

    @property
    def box(self) -> Box:
        """The smallest box round its cells."""
        first, *others = [box for row in self.boxes for box in row if box is not None]
        for box in others:
            first = first.union(box)
        return first


def ruled_grids(across: Sequence[Rule], down: Sequence[Rule], lines: Sequence[Line], width: float, height: float) -> list[Grid]:
    """The tables that horizontal (``across``) and vertical (``down``) ruling lines draw round the words of ``lines``."""
    if len(across) < 2 or len(down) < 2 or max(len(across), len(down)) > _MOST_LINES:
        return []
    across, down = _joined(across), _joined(down)
    found = (_ruled(rows, columns, lines, width, height) for rows, columns in _meeting(across, down))
    return [grid for grid in found if grid is not None]


def _joined(rules: Iterable[Rule]) -> list[Rule]:
    """Lines with the pieces that lie in one line joined."""
    joined: list[Rule] = []
    for group in _clusters(sorted(rules), _SAME):
        at = sum(rule.at for rule in group) / len(group)
        first, *others = sorted(group, key=lambda rule: rule.start)
        start, end = first.start, first.end
        for rule in others:
            if rule.start > end + _NEAR:
                joined.append(Rule(at, start, end))
                start, end = rule.start, rule.end
            start, end = min(start, rule.start), max(end, rule.end)
        joined.append(Rule(at, start, end))
    return [rule for rule in joined if rule.end - rule.start > 2 * _NEAR]


def _clusters(rules: Sequence[Rule], near: float) -> Iterator[list[Rule]]:
    group: list[Rule] = []
    for rule in rules:
        if group and rule.at - group[-1].at > near:
            yield group
            group = []
        group.append(rule)
    if group:
        yield group


def _meeting(across: Sequence[Rule], down: Sequence[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Groups of lines that touch each other, directly or through others."""
    leader = list(range(len(across) + len(down)))

    def find(number: int) -> int:
        while leader[number] != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    places = [column.at for column in down]  # in order, as they were joined
    for i, row in enumerate(across):
        for j in range(bisect_left(places, row.start - _NEAR), bisect_right(places, row.end + _NEAR)):
            if down[j].start - _NEAR <= row.at <= down[j].end + _NEAR:
                leader[find(j + len(across))] = find(i)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for number, rule in enumerate((*across, *down)):
        groups.setdefault(find(number), ([], []))[number >= len(across)].append(rule)
    yield from groups.values()


def _ruled(across: list[Rule], down: list[Rule], lines: Sequence[Line], width: float, height: float) -> Grid | None:
    ys = [group[0].at for group in _clusters(across, _NEAR)]
    xs = [group[0].at for group in _clusters(down, _NEAR)]
    if len(ys) < 2 or len(xs) < 2:
        return None
    xs, down = _with_ends(xs, down, across, ys)
    ys, across = _with_ends(ys, across, down, xs)
    if len(xs) < 3 or len(ys) * len(xs) > _MOST_CELLS:
        return None
    inside = _inside(lines, (xs[0], ys[0], xs[-1], ys[-1]), width, height)
    if not inside:
        return None
    ys = _with_unruled_rows(xs, ys, across, inside)
    cells = _cells(xs, ys, across, down)
    if cells is None or len(ys) < 3 or len(cells) < _REGULAR * (len(xs) - 1) * (len(ys) - 1):
        return None
    return _filled(xs, ys, cells, inside, width, height)


def _with_ends(places: list[float], rules: list[Rule], crossing: Sequence[Rule], ends: Sequence[float]) -> tuple[list[float], list[Rule]]:
    """The lines of one direction, with one more on each side where what crosses them goes on: such a table is open there."""
    low, high = min(rule.start for rule in crossing), max(rule.end for rule in crossing)
    before = [low] if low < places[0] - 2 * _NEAR else []
    after = [high] if high > places[-1] + 2 * _NEAR else []
    more = [Rule(at, ends[0], ends[-1]) for at in (*before, *after)]
    return [*before, *places, *after], [*rules, *more]


class _Placed(NamedTuple):
    """A word with its middle and half its height in points, and the position of its line in the file."""

    word: Word
    x: float
    y: float
    half: float
    number: int


def _inside(lines: Sequence[Line], place: tuple[float, float, float, float], width: float, height: float) -> list[_Placed]:
    """The words within ``place``, line by line from the top."""
    x0, y0, x1, y1 = place
    near = [line for line in lines if line.x1 > x0 and line.x0 < x1 and line.y1 > y0 and line.y0 < y1]
    placed = [
        _Placed(
            word,
            (word.box.x0 + word.box.x1) / 2 * width,
            (word.box.y0 + word.box.y1) / 2 * height,
            (word.box.y1 - word.box.y0) / 2 * height,
            line.number,
        )
        for line in sorted(near, key=lambda line: line.y0 + line.y1)
        for word in line.words
    ]
    return [word for word in placed if x0 < word.x < x1 and y0 < word.y < y1]


def _with_unruled_rows(xs: list[float], ys: list[float], across: Sequence[Rule], words: Sequence[_Placed]) -> list[float]:
    """``ys`` with a line above each line of text in bands that hold many rows: their columns are ruled, their rows are not."""
    found = list(ys)
    words = sorted(words, key=lambda word: word.y)
    heights = [word.y for word in words]
    for top, bottom in pairwise(ys):
        levels: list[tuple[float, float, set[int]]] = []
        for word in words[bisect_right(heights, top) : bisect_left(heights, bottom)]:
            half, column = word.half, bisect_left(xs, word.x) - 1
            if levels and word.y - half < levels[-1][1] - half / 2:
                low, high, columns = levels[-1]
                levels[-1] = (min(low, word.y - half), max(high, word.y + half), columns | {column})
            else:
                levels.append((word.y - half, word.y + half, {column}))
        rows = [level for level in levels if len(level[2]) > 1]
        # Lines that stand closer than they are high belong to cells side by side, such as one set in the middle between two.
        apart = all(after[0] + after[1] - before[0] - before[1] > 2.2 * (before[1] - before[0]) for before, after in pairwise(levels))
        if apart and len(rows) >= _ROWS and len(rows) > 0.6 * len(levels):
            found += [(before[1] + after[0]) / 2 for before, after in pairwise(levels) if len(after[2]) > 1]
    return sorted(found)


def _cells(
    xs: Sequence[float], ys: Sequence[float], across: Sequence[Rule], down: Sequence[Rule]
) -> list[tuple[int, int, int, int]] | None:
    """The cells of the grid as row, column, rows, columns; None where what the lines enclose are not all rectangles."""

    def closed(rules: Sequence[Rule], middle: float) -> bool:
        return any(rule.start - _NEAR <= middle <= rule.end + _NEAR for rule in rules)

    at_x = [[rule for rule in down if abs(rule.at - x) <= _NEAR] for x in xs[1:-1]]
    at_y = [[rule for rule in across if abs(rule.at - y) <= _NEAR] for y in ys[1:-1]]
    right = [[closed(rules, (y0 + y1) / 2) for rules in at_x] for y0, y1 in pairwise(ys)]
    # Between rows that only their text parts there is no line, and they are apart all the same.
    below = [[not rules or closed(rules, (x0 + x1) / 2) for x0, x1 in pairwise(xs)] for rules in at_y]
    owner: dict[tuple[int, int], int] = {}
    cells: list[tuple[int, int, int, int]] = []
    for row in range(len(ys) - 1):
        for column in range(len(xs) - 1):
            if (row, column) in owner:
                continue
            columns = 1
            while column + columns < len(xs) - 1 and not right[row][column + columns - 1]:
                columns += 1
            rows = 1
            while row + rows < len(ys) - 1 and not any(below[row + rows - 1][column : column + columns]):
                rows += 1
            places = [(r, c) for r in range(row, row + rows) for c in range(column, column + columns)]
            if any(place in owner for place in places):
                return None
            owner.update(dict.fromkeys(places, len(cells)))
            cells.append((row, column, rows, columns))
    return cells


def _filled(
    xs: Sequence[float],
    ys: Sequence[float],
    cells: Sequence[tuple[int, int, int, int]],
    words: Sequence[_Placed],
    width: float,
    height: float,
) -> Grid | None:
    count = (len(ys) - 1, len(xs) - 1)
    texts: list[list[list[Word]]] = [[[] for _ in range(count[1])] for _ in range(count[0])]
    boxes: list[list[Box | None]] = [[None] * count[1] for _ in range(count[0])]
    first = {}
    for row, column, rows, columns in cells:
        boxes[row][column] = Box.of(xs[column] / width, ys[row] / height, xs[column + columns] / width, ys[row + rows] / height)
        first.update({(r, c): (row, column) for r in range(row, row + rows) for c in range(column, column + columns)})
    for word in words:
        row, column = first[bisect_left(ys, word.y) - 1, bisect_left(xs, word.x) - 1]
        texts[row][column].append(word.word)
    filled = sum(bool(cell) for row in texts for cell in row)
    used = [sum(any(row[column] for row in texts) for column in range(count[1])), sum(any(row) for row in texts)]
    longest = max(len(cell) for row in texts for cell in row)
    if filled < _FILLED * len(cells) or min(used) < 2 or longest > _LONGEST:
        return None
    keep_rows = [row for row in range(count[0]) if any(texts[row])]
    keep_columns = [column for column in range(count[1]) if any(row[column] for row in texts)]
    merged = []
    for row, column, rows, columns in cells:
        left = (
            bisect_left(keep_rows, row),
            bisect_left(keep_columns, column),
            sum(row <= kept < row + rows for kept in keep_rows),
            sum(column <= kept < column + columns for kept in keep_columns),
        )
        if texts[row][column] and left[2:] != (1, 1):
            merged.append(left)
    return Grid(
        [[texts[row][column] for column in keep_columns] for row in keep_rows],
        [[boxes[row][column] for column in keep_columns] for row in keep_rows],
        tuple(merged),
        (xs[0], ys[0], xs[-1], ys[-1]),
        min(word.number for word in words),
    )
