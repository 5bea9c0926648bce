"""Checking a database: that it holds exactly the rows that the journals give up to where they were folded into it, and nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import StoreBusy, StoreError
from ._check_journal import Checked
from ._connect import open_database
from ._difference import Difference
from ._schema import BLOB_COLUMNS, TABLES, create_statements
from ._tally import Row, Tally, row_count, tally

if TYPE_CHECKING:
    import duckdb

# Who needs a blob, by the table that names it: a document, or a file of a model.
_OWNERS: Final = {"model_files": "NULL, name || '@' || version || ' (' || path || ')'"}

#: What lies in the blobs, by the rows that say so and do not hold it themselves: the digest, and a document or model that needs it.
_REFERENCES: Final = (
    "SELECT digest, coalesce(min(document_id), ''), coalesce(min(model), '') FROM ({}) AS needs(digest, document_id, model) "
    "GROUP BY ALL ORDER BY ALL"
).format(
    " UNION ALL ".join(
        f"SELECT {column}, {_OWNERS.get(table, 'document_id, NULL')} FROM {table} WHERE {column} <> ''"
        + (" AND content IS NULL" if any(each.name == "content" for each in TABLES[table].columns) else "")
        for table, column in BLOB_COLUMNS.items()
    )
)

#: What a database is made of beside its rows.
_SHAPE: Final = """
    SELECT 'table ' || table_name, string_agg(column_name || ' ' || data_type, ', ' ORDER BY column_index)
        FROM duckdb_columns() WHERE NOT internal AND table_name IN (SELECT table_name FROM duckdb_tables()) GROUP BY ALL
    UNION ALL SELECT 'view ' || view_name, sql FROM duckdb_views() WHERE NOT internal
    UNION ALL SELECT 'macro ' || function_name, parameters::VARCHAR || macro_definition FROM duckdb_functions() WHERE NOT internal
"""

# Columns that tell a row from others of its table.
_NAMING: Final = frozenset(
    {"document_id", "run_id", "attempt_id", "step", "component", "event", "layer", "path", "taxonomy", "rule", "page", "ordinal"}
    | {"member_id", "source_id", "target_id"}
)


class DatabaseCheck:
    """A database (``file``) as it was at one moment, to be compared with the journals.

    Making it reads every row, for which the file is held as by any reader. Raises `StoreBusy` when another process holds it for more than
    ``timeout`` seconds. That the database cannot be read, or is not made as it should be, is a difference.
    """

    def __init__(self, file: Path, timeout: float) -> None:
        self.file: Final = file
        self.differences: list[Difference] = []
        self.tally: Tally = {}
        self.positions: dict[tuple[str, int], int] = {}
        self.references: list[tuple[str, str, str]] = []
        #: Whether the journals hold all that it was folded from, at the places that it says.
        self.is_comparable = False
        self._marks: dict[tuple[str, int], deque[tuple[int, int, int]]] = {}
        self._since: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
        with noting(file, self.differences), open_database(file, read_only=True, timeout=timeout) as connection:
            self.differences += _misshapen(file, connection)
            if not self.differences:
                self.tally = tally(connection)
                self.references = connection.execute(_REFERENCES).fetchall()
                self.is_comparable = True
                self._read_marks(connection)

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return row_count(self.tally)

    @property
    def applied(self) -> dict[tuple[str, int], tuple[int, int, int]]:
        """Of each segment: up to where it was folded, and how many groups and rows that were."""
        return {key: (marks[-1][0], sum(mark[1] for mark in marks), sum(mark[2] for mark in marks)) for key, marks in self._marks.items()}

    def _read_marks(self, connection: duckdb.DuckDBPyConnection) -> None:
        marks = "SELECT writer, segment, byte_offset, groups, row_count FROM applied_segments ORDER BY ALL"
        for writer, segment, *mark in connection.execute(marks).fetchall():
            if None in (writer, segment, *mark):
                self._note(f"applied_segments has a row without a value: {(writer, segment, *mark)}")
            else:
                self._marks.setdefault((writer, segment), deque()).append(tuple(mark))
                self.positions[writer, segment] = mark[0]

    def holds(self, group: Checked) -> bool:
        """Whether a group was folded into it, by its marks, which are checked meanwhile; groups are given in their order."""
        key = group.writer, group.sequence
        marks = self._marks.get(key, ())
        while marks and marks[0][0] < group.end:
            self._note(f"applied_segments says byte {marks[0][0]} of {group.path}, where no group ends", *key)
            self.is_comparable = False
            del marks[0]
        if not marks:
            return False
        since = self._since[key]
        since[0] += 1
        since[1] += group.row_count
        if marks[0][0] == group.end:
            _, groups, rows = marks[0]
            if since != [groups, rows]:
                what = f"applied_segments says that {groups} groups with {rows} rows end at byte {group.end} of {group.path}"
                self._note(f"{what}, and there are {since[0]} with {since[1]}", *key)
            del marks[0]
            self._since[key] = [0, 0]
        return True

    def end(self, ends: Mapping[tuple[str, int], int], paths: Mapping[tuple[str, int], Path], damaged: Collection[str]) -> None:
        """Note what it holds that the journals do not, when all groups were given; ``ends`` is how far each segment could be read.

        Of the writers ``damaged`` that is told already.
        """
        for key, marks in self._marks.items():
            if not marks:
                continue
            self.is_comparable = False
            if key[0] in damaged:
                continue
            path = paths.get(key)
            if path is None:
                path = self.file.parent / "journal" / key[0] / f"{key[1]:016x}.seg"
                what = f"The journal segment {path} is missing: {self.file.name} holds what was folded from it"
            else:
                there = f"The journal segment {path} ends at byte {ends[key]}"
                what = f"{there}: {self.file.name} holds what was folded from it up to byte {marks[-1][0]}"
            self.differences.append(
                Difference(
                    part="journal",
                    what=what,
                    fix="Restore that file of the journal from a backup; till then the database is the only place that has it, so keep it",
                    file=str(path),
                    offset=ends.get(key),
                )
            )

    def _note(self, what: str, writer: str = "", segment: int | None = None) -> None:
        self.differences.append(wrong_mark(self.file, what, writer, segment))


def wrong_mark(file: Path, what: str, writer: str = "", segment: int | None = None) -> Difference:
    """The difference that a row of ``applied_segments`` is wrong."""
    return Difference(
        part="database",
        what=f"{file}: {what}",
        fix=remedy(file),
        file=str(file),
        table="applied_segments",
        row={"writer": writer, "segment": segment} if writer else {},
    )


def remedy(database: Path) -> str:
    """What to do about a database that is not as it should be."""
    return f"Make it again from the journal: aios store rebuild {database.parent}"


@contextmanager
def noting(file: Path, differences: list[Difference]) -> Iterator[None]:
    """Note as a difference what keeps a database from being read, but for `StoreBusy`."""
    import duckdb

    try:
        yield
    except StoreBusy:
        raise
    except (StoreError, duckdb.Error, OSError) as error:
        reason = error.what if isinstance(error, StoreError) else f"{file} cannot be read: {error}"
        differences.append(Difference(part="database", what=reason, fix=remedy(file), file=str(file)))


def _misshapen(file: Path, connection: duckdb.DuckDBPyConnection) -> list[Difference]:
    right, found = _shape(), dict(connection.execute(_SHAPE).fetchall())
    for name in sorted(right.keys() | found.keys()):
        if right.get(name) != found.get(name):
            is_how = "is missing" if name not in found else "does not belong there" if name not in right else "is not as the schema has it"
            what = f"{file}: {name} {is_how}"
            return [Difference(part="database", what=what, fix=remedy(file), file=str(file), table=name.partition(" ")[2])]
    return []


@cache
def _shape() -> dict[str, str]:
    """What an empty database is made of."""
    import duckdb

    with duckdb.connect() as memory:
        memory.begin()  # one by one they take four times as long
        for statement in create_statements():
            memory.execute(statement)
        return dict(memory.execute(_SHAPE).fetchall())


def differing_row(file: Path, table: str, held: Sequence[Row], journaled: Sequence[Row]) -> Difference:
    """The first row of a table that a database holds and the journals do not give, or the other way round.

    Two rows that have most of their values in common are one that was changed.
    """
    names = [column.name for column in TABLES[table].columns]
    extra, missing = _without(held, journaled), _without(journaled, held)
    if not extra and not missing:
        what = f"{file}, table {table}: its rows were not those of the journal when they were read, and now they are"
        return Difference(part="database", what=what, fix="Verify again", file=str(file), table=table)
    many = max(len(extra), len(missing)) - 1
    more = f" (and {many:,} more of its rows differ)" if many else ""
    values = extra[0] if extra else missing[0]
    column = ""
    other = max(missing, key=lambda each: _in_common(values, each)) if extra and missing else ()
    if _in_common(values, other) * 2 > len(names):
        place = next(index for index, pair in enumerate(zip(values, other, strict=True)) if not _same(*pair))
        column = names[place]
        what = f"{column} is {_shown(values[place])} in the database and {_shown(other[place])} in the journal"
        values = other  # by which the document has it
    else:
        what = "a row is in the database and not in the journal" if extra else "a row of the journal is missing in the database"
    row = {name: value for name, value in zip(names, values, strict=True) if name in _NAMING and value not in (None, "")}
    return Difference(
        part="database",
        what=f"{file}, table {table}: {what}{more}",
        fix=remedy(file),
        file=str(file),
        table=table,
        row=row,
        column=column,
        document_id=row.get("document_id", ""),
    )


def _without(rows: Sequence[Row], others: Sequence[Row]) -> list[tuple[Any, ...]]:
    left = Counter(row.hash for row in others)
    found = []
    for row in rows:
        if left[row.hash]:
            left[row.hash] -= 1
        else:
            found.append(row.values)
    return found


def _in_common(one: tuple[Any, ...], other: tuple[Any, ...]) -> int:
    return sum(map(_same, one, other))


def _same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other)


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str | bytes | list) else "null" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
