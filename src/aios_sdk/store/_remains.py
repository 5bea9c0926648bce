"""What is left of a row when its document is forgotten: that the work was done, by what and how it ended, and nothing that was read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePath
from typing import Any, Final

from ._tables import TABLES, TableSpec

#: The columns that stay, by table; a column that is not named is emptied, and a table that is not named has nothing that stays.
_STAYS: Final = {
    "documents": "run_id document_id found_at kind media_type bytes parent_id position root_id supersedes page_start page_end",
    "attempts": "attempt_id run_id document_id step stage component version code_digest config_digest model status category cache "
    "started_at wall_seconds cpu_seconds queue_seconds peak_rss tokens cost units",
    "failures": "run_id document_id attempt_id step stage component version failed_at page category retryable",
    "outcomes": "run_id document_id ended_at status kind",
}

#: Tables whose rows say nothing of what was read, and stay as they are.
WHOLE: Final = frozenset(TABLES[name].number for name in ("members", "forgotten"))

_RUNS: Final = TABLES["runs"].number
_INPUTS: Final = [column.name for column in TABLES["runs"].columns].index("inputs")

#: What stands for the name of a forgotten file among the inputs of a run.
FORGOTTEN: Final = "(forgotten)"


def _emptied(table: TableSpec, stays: Collection[str]) -> tuple[Any, ...]:
    """What goes into each column; an ellipsis for what stays."""
    return tuple(... if column.name in stays else "" if column.type == "VARCHAR" else None for column in table.columns)


_EMPTIED: Final = {TABLES[name].number: _emptied(TABLES[name], stays.split()) for name, stays in _STAYS.items()}


def remains(number: int, rows: Sequence[Sequence[Any]]) -> list[tuple[int, tuple[Any, ...]]]:
    """What is left of the rows of one table, each with the table's number."""
    if number in WHOLE:
        return [(number, tuple(row)) for row in rows]
    emptied = _EMPTIED.get(number)
    if emptied is None:
        return []
    return [(number, tuple(value if new is ... else new for value, new in zip(row, emptied, strict=True))) for row in rows]


def run_remains(number: int, rows: Sequence[Sequence[Any]], names: Collection[str]) -> list[tuple[int, tuple[Any, ...]]]:
    """Rows of runs without ``names`` (file names, paths and keys of forgotten documents) among their inputs; empty when there are none."""
    if number != _RUNS or not any(_is_named(given, names) for row in rows for given in row[_INPUTS] or ()):
        return []
    return [
        (number, (*row[:_INPUTS], [FORGOTTEN if _is_named(given, names) else given for given in row[_INPUTS] or ()], *row[_INPUTS + 1 :]))
        for row in rows
    ]


def _is_named(given: str, names: Collection[str]) -> bool:
    return given in names or PurePath(given).name in names
