"""The regions and tables of a document, as records, out of what was found on its pages."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, final

from aios_sdk import Box, PageText, Region, Table, Words

from ._grids import Grid
from ._regions import Block, Part, parts_of

if TYPE_CHECKING:
    import duckdb


class Link(NamedTuple):
    """Where a link lies on its page, and where it leads: an address, or ``#page=3`` (from 1) within the document."""

    box: Box
    target: str


class LaidOutPage(NamedTuple):
    """The page with number ``page`` and its blocks, which count in its text, the links that lie over it, and the pictures on it, in which
    there may be more to read; no text where it could not be read."""

    page: int
    text: PageText | None
    words: Words | None
    blocks: Sequence[Block]
    links: Sequence[Link] = ()
    pictures: Sequence[Box] = ()


@final
class TableWriter:
    """Writes tables, with one connection for all: it takes longer to open than a table to write. May be used by any thread."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def write(self, grids: Sequence[tuple[int, int, Grid]], scratch: Path) -> dict[tuple[int, int], Table]:
        """The tables of ``grids``, each with its page and start in its text, by these two; their Parquet files lie in ``scratch``."""
        tables: dict[tuple[int, int], Table] = {}
        with self._cursor() as cursor:
            for number, (page, start, grid) in enumerate(grids):
                tables[page, start] = Table.from_rows(
                    grid.rows,
                    scratch / f"table-{number}.parquet",
                    name=f"page {page + 1}, table {sum(other == page for other, _ in tables) + 1}",
                    page=page,
                    box=_rounded(grid.box),
                    merged=grid.merged,
                    boxes=[[box and _rounded(box) for box in row] for row in grid.boxes],
                    connection=cursor,
                )
        return tables

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        with self._lock:
            if self._connection is None:
                self._connection = duckdb.connect(config={"threads": 1})
            return self._connection.cursor()


def regions_and_tables(
    pages: Sequence[LaidOutPage], writer: TableWriter | None, scratch: Callable[[], Path], *, begins: bool = True
) -> tuple[tuple[Region, ...], tuple[Table, ...]]:
    """The regions of all pages in reading order, and the tables among them as written by ``writer``; without it there are none.

    The first page may have a title where the document ``begins`` with it.
    """
    parts = parts_of([(page.text.content if page.text else "", page.blocks) for page in pages], begins=begins)
    grids = [
        (page.page, part.block.start, part.block.grid)
        for page, found in zip(pages, parts, strict=True)
        for part in found
        if part.block.grid is not None
    ]
    tables = writer.write(grids, scratch()) if grids and writer else {}
    regions: list[Region] = []
    for page, found in zip(pages, parts, strict=True):
        if page.text is not None and page.words is not None:
            regions += _regions(page.text, page.words, found, tables, page.links)
            end = len(page.text.content)  # pictures have no place in the text, and come last
            regions += (Region.of(page.text, "picture", end, end, box=_rounded(box)) for box in page.pictures)
    return tuple(regions), tuple(tables.values())


def _regions(
    text: PageText, words: Words, parts: Sequence[Part], tables: dict[tuple[int, int], Table], links: Sequence[Link]
) -> Iterator[Region]:
    inside = _linked(words, parts, links)
    for part in parts:
        block = part.block
        table = tables.get((text.page, block.start))
        yield Region.of(
            text, part.kind, block.start, block.end, box=_rounded(block.box), level=part.level, target=table.artifact if table else ""
        )
        for start, end, link in inside.get(block.start, ()):
            yield Region.of(text, "link", start, end, box=link.box, target=link.target)


def _linked(words: Words, parts: Sequence[Part], links: Sequence[Link]) -> dict[int, list[tuple[int, int, Link]]]:
    """For the start of each part the words in it that links lie over, in the order of the text."""
    if not links:
        return {}
    boxes = [words.box(index) for index in range(len(words))]
    starts, ends = words.ranges()
    limits = [part.block.start for part in parts]
    found: dict[int, dict[tuple[int, int], Link]] = {}
    for link in links:
        under = [index for index, box in enumerate(boxes) if _lies_in(box, link.box)]
        if not under:
            continue
        part = parts[bisect_right(limits, starts[under[0]]) - 1]
        within = [index for index in under if ends[index] <= part.block.end]
        found.setdefault(part.block.start, {}).setdefault((starts[within[0]], ends[within[-1]]), link)
    return {start: [(*place, link) for place, link in sorted(inside.items())] for start, inside in found.items()}


def _lies_in(word: Box, box: Box) -> bool:
    return box.x0 <= (word.x0 + word.x1) / 2 <= box.x1 and box.y0 <= (word.y0 + word.y1) / 2 <= box.y1


def _rounded(box: Box) -> Box:
    return Box.of(*box)
