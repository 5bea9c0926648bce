"""What a store answers, as text that can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aios_sdk.store import connect


def answers(store: Path, columns: Mapping[str, Sequence[str]]) -> dict[str, dict[str, list[str]]]:
    """The rows of these tables and views, as JSON in order; of each only these columns, by its name."""
    found = {}
    with connect(store) as connection:
        for name, known in sorted(columns.items()):
            if name != "applied_segments":
                rows = connection.execute(f"SELECT to_json(row)::VARCHAR FROM (SELECT {', '.join(known)} FROM {name}) row").fetchall()
                found[name] = {"columns": list(known), "rows": sorted(row for (row,) in rows)}
    return found
