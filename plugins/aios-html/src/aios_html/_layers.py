"""Rendered HTML as the layers of a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from aios_sdk import Context, Document, Field, PageInfo, PageText, Region, Table

from ._blocks import Grid
from ._render import Rendered

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": 1, "memory_limit": "512MB", "autoinstall_known_extensions": False, "autoload_known_extensions": False,
}  # fmt: skip


def document_of(text: PageText, shown: Rendered, context: Context, *, fields: tuple[Field, ...] = (), thread: str = "") -> Document:
    """A document of one page with the text, regions and tables of ``shown``; Parquet files of the tables lie in the scratch folder."""
    tables = dict(zip((grid.part for grid in shown.grids), _tables(shown.grids, context), strict=True))
    return Document.of(
        thread=thread,
        pages=(PageInfo(index=0),),
        text=(text,),
        regions=tuple(_regions(text, shown, tables)),
        tables=tuple(tables.values()),
        fields=fields,
    )


def _regions(text: PageText, shown: Rendered, tables: dict[int, Table]) -> Iterator[Region]:
    for number, part in enumerate(shown.parts):
        target = tables[number].artifact if number in tables else part.target
        yield Region.of(text, cast("Any", part.kind), part.start, part.end, level=part.level, target=target)


def _tables(grids: Sequence[Grid], context: Context) -> list[Table]:
    if not grids:
        return []
    import duckdb

    found = []
    config = {**_SETTINGS, "temp_directory": str(context.scratch / "spill")}
    with duckdb.connect(config=config) as connection:  # one for all, as opening one takes 20 ms
        for number, grid in enumerate(grids):
            name = grid.name or f"table-{number + 1}"
            path = context.scratch / f"table-{number}.parquet"
            found.append(Table.from_rows(name=name, path=path, connection=connection, **_rows(grid)))
    return found


def _rows(grid: Grid) -> dict[str, Any]:
    """The rows of a table as `Table.from_rows` takes them: several rows of header are one, whose names say all of them."""
    rows = [[cell or None for cell in row] for row in grid.rows]
    if grid.header < 2:
        return {"rows": rows, "header": True if grid.header else None, "merged": grid.merged}
    heads = [list(row) for row in grid.rows[: grid.header]]
    for row, column, down, across in grid.merged:
        for covered in range(row, min(row + down, grid.header)):
            heads[covered][column : column + across] = [grid.rows[row][column]] * across
    names = [" ".join(dict.fromkeys(filter(None, column))) for column in zip(*heads, strict=True)]
    above = grid.header - 1
    merged = tuple((row - above, column, down, across) for row, column, down, across in grid.merged if row > above)
    return {"rows": [names, *rows[grid.header :]], "header": True, "merged": merged}
