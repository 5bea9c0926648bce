"""Documents that came again unchanged: one row stands for all that an earlier run recorded of them, and whoever reads it reads that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeAlias

from ..records import ID_LENGTH
from ._tables import TABLES

#: The number of the table.
RECALLS: Final = TABLES["recalls"].number

Row: TypeAlias = tuple[Any, ...]


class Recall(NamedTuple):
    """A row of the table: the run, the document, when it came; and the group that another run recorded it with (`Memo.whole`)."""

    run_id: str
    document_id: str
    recalled_at: dt.datetime
    from_run: str
    writer: str
    segment: int
    byte_offset: int


class Recalled:
    """Rows that another run recorded of a document, as this run has them: its own, from the memo, and without cost."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall
        self._attempts: dict[str, str] = {}

    def rows(self, number: int, rows: Sequence[Row]) -> list[Row]:
        """The ``rows`` of the table of that number, one of `RECALLABLE`."""
        run_place, attempt_place, others = RECALLABLE[number]
        recall, again = self._recall, []
        for row in rows:
            values = list(row)
            values[run_place] = recall.run_id
            if attempt_place is not None:
                values[attempt_place] = self._attempt(values[attempt_place])
            for place, value in others:
                values[place] = recall.recalled_at if value is _MOMENT else value
            again.append(tuple(values))
        return again

    def _attempt(self, recorded: str) -> str:
        """The id of an attempt of this run, made of that which was recorded."""
        known = self._attempts.get(recorded)
        if known is None:
            text = f"recalled\x1f{self._recall.run_id}\x1f{recorded}"
            known = self._attempts[recorded] = sha256(text.encode()).hexdigest()[:ID_LENGTH]
        return known


#: Stands for the moment at which the document came again.
_MOMENT: Final = object()

#: What is not as it was recorded, beside the ids of the run and of attempts.
_OTHERS: Final[dict[str, dict[str, Any]]] = {
    "documents": {"found_at": _MOMENT},
    "attempts": {
        "cache": "hit",
        "started_at": _MOMENT,
        "wall_seconds": 0.0,
        "cpu_seconds": 0.0,
        "queue_seconds": 0.0,
        "peak_rss": None,
        "tokens": None,
        "cost": None,
    },
    "failures": {"failed_at": _MOMENT},
    "outcomes": {"ended_at": _MOMENT, "memo_key": ""},
}


def _places_of(name: str) -> tuple[int, int | None, list[tuple[int, Any]]]:
    columns = [column.name for column in TABLES[name].columns]
    others = [(columns.index(column), value) for column, value in _OTHERS.get(name, {}).items()]
    return columns.index("run_id"), columns.index("attempt_id") if "attempt_id" in columns else None, others


#: The tables of what is recorded of documents, and where in their rows something is not as it was; what is recorded of runs is not taken
#: over.
RECALLABLE: Final = {
    table.number: _places_of(name)
    for name, table in TABLES.items()
    if table.number not in (0, RECALLS) and "document_id" in {column.name for column in table.columns} and name != "forgotten"
}
