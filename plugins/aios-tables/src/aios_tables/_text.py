"""The text of a page with tables: lines of cells parted by tabs, and the regions that say which table they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from aios_sdk import PageText, Region, Table

from ._xlsx import column_letters

if TYPE_CHECKING:
    import duckdb

_MAX_TEXT: Final = 1_000_000


class Note(NamedTuple):
    """A line beside the tables, and the row of the sheet in which it stands."""

    row: int
    text: str


def text_of(
    page: int, tables: Sequence[Table], notes: Sequence[Note], rows: int, connection: duckdb.DuckDBPyConnection
) -> tuple[PageText, list[Region]]:
    """The text of a page: what stands on it in the order of rows, a line for each; tables are regions, and so are lines beside them.

    Of each table the header, if it has one, and at most ``rows`` rows, in all a million code points.
    """
    parts = sorted(
        [*((note.row, 1, note.text, None) for note in notes), *((*table.origin, "", table) for table in tables)], key=lambda part: part[:2]
    )
    pieces: list[str] = []
    places: list[tuple[Literal["paragraph", "table"], int, int, str]] = []
    length, cut = 0, []
    for _, _, line, table in parts:
        text = line
        if table is not None:
            has_header = any(column.name != column_letters(place) for place, column in enumerate(table.columns))
            lines = list(_lines(table, has_header, rows, _MAX_TEXT - length, connection))
            shown = len(lines) - has_header
            if shown < table.rows:
                cut.append(f"{shown:,} of the {table.rows:,} rows of {table.name}")
            text = "\n".join(lines)
        if not text.strip():
            continue
        places.append(("paragraph" if table is None else "table", length, length + len(text), "" if table is None else table.artifact))
        pieces.append(text)
        length += len(text) + 1
    found = PageText(page=page, content="\n".join(pieces), method="derived", reason=f"The first {', '.join(cut)}" if cut else "")
    return found, [Region.of(found, kind, start, end, target=target) for kind, start, end, target in places]


def _lines(table: Table, has_header: bool, rows: int, room: int, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    if has_header:
        yield "\t".join(_flat(column.name) for column in table.columns)
    names = ", ".join('"' + column.name.replace('"', '""') + '"' + "::VARCHAR" for column in table.columns)
    cursor = connection.execute(f"SELECT {names} FROM read_parquet($1) LIMIT {rows}", [table.location])
    while found := cursor.fetchmany(500):
        for row in found:
            line = "\t".join("" if cell is None else _flat(cell) for cell in row)
            room -= len(line) + 1
            if room < 0:
                return
            yield line


def _flat(cell: str) -> str:
    """A cell in one line, without what parts cells."""
    return " ".join(cell.split()) if any(mark in cell for mark in "\t\n\r") else cell
