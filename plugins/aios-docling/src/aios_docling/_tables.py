"""Tables of a DoclingDocument: cells with their spans and boxes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aios_sdk import Box, Context, Table

from ._items import box as box_of

_MOST_CELLS: Final = 5_000_000
_EDGES: Final = ("start_row_offset_idx", "end_row_offset_idx", "start_col_offset_idx", "end_col_offset_idx")


def table_of(
    data: Mapping[str, Any], context: Context, number: int, page: int, box: Box | None, size: tuple[float, float] | None
) -> tuple[Table, str] | None:
    """The table and its text, cells apart by tabs and rows by line ends; None for one without a cell."""
    given = data.get("data")
    cells = given.get("table_cells") if isinstance(given, Mapping) else None
    found = [cell for cell in map(_cell, cells if isinstance(cells, list) else []) if cell is not None]
    rows = max((cell["end_row_offset_idx"] for cell in found), default=0)
    columns = max((cell["end_col_offset_idx"] for cell in found), default=0)
    if not rows or not columns or rows * columns > _MOST_CELLS:
        return None
    texts: list[list[str | None]] = [[None] * columns for _ in range(rows)]
    boxes: list[list[Box | None]] = [[None] * columns for _ in range(rows)]
    merged = []
    for cell in found:
        row, column = cell["start_row_offset_idx"], cell["start_col_offset_idx"]
        down, across = cell["end_row_offset_idx"] - row, cell["end_col_offset_idx"] - column
        texts[row][column] = cell["text"]
        boxes[row][column] = box_of(cell["bbox"], size)
        if down > 1 or across > 1:
            merged.append((row, column, down, across))
    table = Table.from_rows(
        texts,
        context.scratch / f"table-{number}.parquet",
        name=f"table {number + 1}",
        header=any(cell["column_header"] and cell["start_row_offset_idx"] == 0 for cell in found),
        page=page,
        box=box,
        merged=_apart(merged),
        boxes=boxes if any(any(row) for row in boxes) else None,
    )
    lines = ["\t".join(" ".join((text or "").split()) for text in row) for row in texts]
    return table, "\n".join(lines)


def _cell(cell: object) -> dict[str, Any] | None:
    """A cell whose place is one; a text that is none is empty."""
    if not isinstance(cell, Mapping):
        return None
    edges: list[Any] = [cell.get(edge) for edge in _EDGES]
    if not all(type(edge) is int and 0 <= edge < _MOST_CELLS for edge in edges) or edges[0] >= edges[1] or edges[2] >= edges[3]:
        return None
    text = cell.get("text")
    said = text.encode("utf-8", "replace").decode() if isinstance(text, str) else None
    return {**cell, "text": said, "bbox": cell.get("bbox"), "column_header": cell.get("column_header") is True}


def _apart(merged: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Those that overlap no other before them: a damaged file may say anything."""
    taken: set[tuple[int, int]] = set()
    kept = []
    for row, column, down, across in merged:
        covered = {(row + i, column + j) for i in range(down) for j in range(across)} if down * across < 10_000 else set()
        if covered and not covered & taken:
            taken |= covered
            kept.append((row, column, down, across))
    return kept
