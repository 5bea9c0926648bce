"""What each version of the schema changed, so that rows recorded under an older one are read as rows of the present one.

A change goes into two places: the tables themselves, and a line here. The database is made from the journal, so it needs no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from ._schema import SCHEMA_VERSION
from ._tables import TABLES, ColumnSpec, TableSpec


class AddedTable(NamedTuple):
    """A table that was not there before."""

    table: str


class AddedColumn(NamedTuple):
    """A column that was not there before; earlier rows have ``default`` in it."""

    table: str
    column: str
    default: Any = None


class RenamedColumn(NamedTuple):
    """A column that had another name before."""

    table: str
    before: str
    column: str


class RemovedColumn(NamedTuple):
    """A column that was there before, as number ``place`` of its table; its values are left out."""

    table: str
    column: str
    type: str
    place: int


Change: TypeAlias = AddedTable | AddedColumn | RenamedColumn | RemovedColumn

#: What each version changed of the one before it. The first that is listed is the first that can be read besides the one before it.
CHANGES: Final[Mapping[int, Sequence[Change]]] = {
    3: (AddedColumn("outcomes", "memo_key", ""), AddedTable("recalls"), AddedTable("forgotten")),
    4: (
        *(AddedColumn("pages", measure) for measure in ("ink", "sharpness", "skew", "turned")),
        AddedColumn("model_uses", "reference", ""),
        *(AddedTable(table) for table in ("regions", "models", "model_files", "model_aliases", "model_evaluations")),
        *(AddedColumn("documents", page) for page in ("page_start", "page_end")),
    ),
}

#: The oldest version whose rows can be read; the one before it was never released, and had another journal.
OLDEST: Final = min(CHANGES) - 1


class Former(NamedTuple):
    """A table as it was: its columns then, and for each present column its place in a row of then, or the default."""

    table: TableSpec
    places: tuple[int | None, ...]
    defaults: tuple[Any, ...]

    def present(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """A row of then as one of the present schema."""
        return tuple(default if place is None else row[place] for place, default in zip(self.places, self.defaults, strict=True))


class _Column(NamedTuple):
    spec: ColumnSpec
    now: int | None


def former_tables(
    version: int, tables: Mapping[str, TableSpec] = TABLES, changes: Mapping[int, Sequence[Change]] = CHANGES, newest: int = SCHEMA_VERSION
) -> list[Former]:
    """The journaled tables of an older ``version`` of the schema: every later change is taken back, the latest first."""
    columns = {name: [_Column(spec, place) for place, spec in enumerate(table.columns)] for name, table in tables.items() if table.number}
    defaults = {name: [None] * len(found) for name, found in columns.items()}
    for change in (change for later in range(newest, version, -1) for change in reversed(changes[later])):
        if isinstance(change, AddedTable):
            del columns[change.table]
            continue
        of_table = columns[change.table]
        if isinstance(change, RemovedColumn):
            of_table.insert(change.place, _Column(ColumnSpec(change.column, change.type, ""), None))
            continue
        place = next(place for place, column in enumerate(of_table) if column.spec.name == change.column)
        if isinstance(change, RenamedColumn):
            column = of_table[place]
            of_table[place] = column._replace(spec=msgspec.structs.replace(column.spec, name=change.before))
        else:
            now = of_table.pop(place).now
            if now is not None:
                defaults[change.table][now] = change.default
    return [_former(tables[name], found, defaults[name]) for name, found in columns.items()]


def _former(table: TableSpec, columns: Sequence[_Column], defaults: Sequence[Any]) -> Former:
    then = {column.now: place for place, column in enumerate(columns)}
    places = tuple(then.get(now) for now in range(len(table.columns)))
    return Former(msgspec.structs.replace(table, columns=tuple(column.spec for column in columns)), places, tuple(defaults))
