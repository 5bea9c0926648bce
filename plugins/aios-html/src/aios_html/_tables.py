"""Tables of HTML: which hold data and which only lay out a page, and the grid of one (HTML standard, 4.9.12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_LONG: Final = 400
_MAX_CELLS: Final = 1_000_000
_MAX_SPAN: Final = 1000  # of columns; the standard's own limit
_LAYOUT: Final = "table, form, hr, pre, blockquote, h1, h2, h3, h4, h5, h6"


class Cell(NamedTuple):
    """The text of a cell in one line, and its links (start, end, target)."""

    text: str
    links: tuple[tuple[int, int, str], ...] = ()


class Rows(NamedTuple):
    """The cells of a table row by row (empty where one above or beside spans), its header rows, merged cells and links."""

    cells: tuple[tuple[str, ...], ...]
    header: int
    merged: tuple[tuple[int, int, int, int], ...]
    links: list[tuple[int, int, int, int, str]]


def children(node: LexborNode) -> Iterator[LexborNode]:
    """The children of ``node``, texts among them."""
    child = node.child
    while child is not None:
        yield child
        child = child.next


def is_data(table: LexborNode) -> bool:
    """Whether ``table`` holds data. One with heads of columns does; else rows of several cells without blocks in them do."""
    attributes = table.attributes
    if (attributes.get("role") or "").lower() in ("presentation", "none"):
        return False
    rows = list(_rows(table))
    cells = [list(_cells(row)) for row, _ in rows]
    if not any(cells):
        return False
    has_heads = any(section == "thead" for _, section in rows) or any(cell.tag == "th" for row in cells for cell in row)
    inner = [each for each in table.css("table") if each.mem_id != table.mem_id]  # a node is among its own matches
    if inner:  # one that holds others holds data only if these are the smaller part of it
        held = sum(len(each.text(deep=True)) for each in inner)
        return has_heads and 2 * held < len(table.text(deep=True))
    if has_heads or table.css_first("caption") is not None or attributes.get("summary"):
        return True
    wide = [row for row in cells if len(row) > 1]
    if len(wide) < 2 or len(wide) < len(rows) / 2:
        return False
    return not any(
        cell.css_first(_LAYOUT) is not None or len(cell.css("p, div, li")) > 1 or len(cell.text(deep=True)) > _LONG
        for row in cells for cell in row
    )  # fmt: skip


def rows_of(table: LexborNode, read: Callable[[LexborNode], Cell]) -> Rows | None:
    """The grid of ``table``, each cell read by ``read``; None where it is empty, or so wide that its spans must be an attack."""
    grid: dict[tuple[int, int], Cell] = {}
    merged: list[tuple[int, int, int, int]] = []
    taken: dict[int, int] = {}  # column -> the row before which a cell from above reaches
    heads: list[bool] = []
    width = 0
    found = [row for row in _rows(table) if any(True for _ in _cells(row[0]))]
    found.sort(key=lambda row: {"thead": 0, "tfoot": 2}.get(row[1], 1))  # the foot may be written before the body
    for number, (row, section) in enumerate(found):
        column = 0
        cells = list(_cells(row))
        heads.append(section == "thead" or all(cell.tag == "th" for cell in cells))
        for cell in cells:
            while taken.get(column, 0) > number:
                column += 1
            across = min(_span(cell, "colspan") or 1, _MAX_SPAN)
            down = min(_span(cell, "rowspan") or len(found), len(found) - number)
            grid[number, column] = read(cell)
            if across > 1 or down > 1:
                merged.append((number, column, down, across))
            for covered in range(column, column + across):
                taken[covered] = max(taken.get(covered, 0), number + down)
            column += across
            width = max(width, column)
        if width * (number + 1) > _MAX_CELLS:
            return None
    return _trimmed(grid, merged, len(found), width, heads)


def _trimmed(
    grid: dict[tuple[int, int], Cell], merged: list[tuple[int, int, int, int]], height: int, width: int, heads: list[bool]
) -> Rows | None:
    """The grid without rows and columns that nobody would see, as they hold no text."""
    rows = sorted({row for (row, _), cell in grid.items() if cell.text})
    columns = sorted({column for (_, column), cell in grid.items() if cell.text})
    if not rows:
        return None
    spans = []
    for row, column, down, across in merged:
        kept_rows = [at for at, old in enumerate(rows) if row <= old < row + down]
        kept_columns = [at for at, old in enumerate(columns) if column <= old < column + across]
        if len(kept_rows) * len(kept_columns) > 1:
            spans.append((kept_rows[0], kept_columns[0], len(kept_rows), len(kept_columns)))
    empty = Cell("")
    cells = tuple(tuple(grid.get((row, column), empty).text for column in columns) for row in rows)
    header = next((number for number, row in enumerate(rows) if not heads[row]), len(rows))
    links = [
        (at, across, *link)
        for at, row in enumerate(rows)
        for across, column in enumerate(columns)
        for link in grid.get((row, column), empty).links
    ]
    return Rows(cells, header if header < len(rows) else min(1, len(rows) - 1), tuple(spans), links)


def _rows(table: LexborNode) -> Iterator[tuple[LexborNode, str]]:
    """The rows of ``table`` itself, each with the section that it stands in."""
    for child in children(table):
        if child.tag == "tr":
            yield child, ""
        elif child.tag in ("thead", "tbody", "tfoot"):
            for row in children(child):
                if row.tag == "tr":
                    yield row, child.tag


def _cells(row: LexborNode) -> Iterator[LexborNode]:
    return (child for child in children(row) if child.tag in ("td", "th"))


def _span(cell: LexborNode, name: str) -> int:
    """How many rows or columns a cell takes; 0 for all that are left."""
    digits = (cell.attributes.get(name) or "1").strip()
    return int(digits[:6]) if digits.isascii() and digits.isdigit() else 1
