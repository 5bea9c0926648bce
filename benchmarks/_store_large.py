"""The section `large` of `store.py`: questions to a store of ten million lineage rows, and opening it."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from _programs import ours
from _store_rows import Options
from _table import Row, fail


def large(options: Options) -> list[Row]:
    """Opening in fresh processes; questions through `aios_sdk.connect`, the median of several."""
    with tempfile.TemporaryDirectory() as folder:
        store = options.store or Path(folder, "large.aios")
        made = "" if store.exists() else _made(store, options.rows)
        opened = [ours("opening", "--store", store) for _ in range(3 if options.quick else 7)]
        asked = ours("asking", "--store", store, "--rounds", 3 if options.quick else 7)
    rows = asked["rows"]
    if rows < options.rows:
        fail(f"the store has {rows:,} rows, not {options.rows:,}")
    size = f"{rows:,} lineage rows, {asked['documents']:,} documents"
    beside = f"{statistics.median(each['megabytes'] for each in opened):,.0f} MB; imports apart: "
    imports = statistics.median(each["importing"] for each in opened)
    first = Row(
        case=f"{size}: a run begins, without backlog",
        figure=statistics.median(each["opening"] for each in opened),
        unit="s",
        bar=0.5,
        beside=beside + f"{imports:.2f} s" + (f"; {made}" if made else ""),
    )
    bars = {"field_provenance": 0.2, "latency": 1.0}
    return [
        first,
        *(
            Row(
                case=f"{size}: {told['what']}",
                figure=told["seconds"],
                unit="s",
                bar=bars.get(name),
                beside=f"{told['processor']:.2f} s of processor; opening the database {asked['connecting']:.2f} s",
            )
            for name, told in asked["questions"].items()
        ),
    ]


def _made(store: Path, rows: int) -> str:
    filled = ours("lineage", "--rows", rows, "--store", store)
    return f"made in: {filled['recording']:.0f} s journaled, {filled['folding']:.0f} s folded, {filled['indexing']:.0f} s indexed"
