"""Asks a large store what analysts ask, and times the answers; prints one line of JSON."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from aios_sdk import connect
from aios_sdk.store import TABLES

QUESTIONS = {
    "field_provenance": ("field_provenance of one document", "from field_provenance where document_id = $1"),
    "latency": ("latency", "from latency"),
    "lineage_up": ("lineage_up of a field", "from lineage_up($2)"),
    "current_fields": ("current_fields of one document", "from current_fields where document_id = $1"),
    "conservation": ("conservation", "from conservation"),
    "straight_through": ("straight_through", "from straight_through"),
    "changed": ("changed between two runs", "select count(*) from changed($3, $4)"),
}


def main() -> None:
    """Ask each question about other documents, several times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    options = parser.parse_args()
    began = time.perf_counter()
    with connect(options.store) as connection:
        connecting = time.perf_counter() - began
        names = " + ".join(f"(select count(*) from {name})" for name, table in TABLES.items() if table.number)
        rows, documents = connection.execute(f"select {names}, (select count(*) from documents)").fetchall()[0]
        runs = [run for (run,) in connection.execute("select run_id from runs group by all order by all limit 2").fetchall()]
        some = connection.execute(
            "select document_id, field_id from fields where path = 'total' order by hash(field_id) limit $1", [options.rounds]
        ).fetchall()
        questions = {}
        for name, (what, query) in QUESTIONS.items():
            times, used = [], []
            for document, field in some:
                given = {"1": document, "2": field, "3": runs[0], "4": runs[-1]}
                given = {key: value for key, value in given.items() if f"${key}" in query}
                processor, began = time.process_time(), time.perf_counter()
                if not connection.execute(query, given).fetchall():
                    raise SystemExit(f"{name} has no rows")
                times.append(time.perf_counter() - began)
                used.append(time.process_time() - processor)
            questions[name] = {"what": what, "seconds": statistics.median(times), "processor": statistics.median(used)}
    print(json.dumps({"rows": rows, "documents": documents, "connecting": connecting, "questions": questions}), flush=True)


if __name__ == "__main__":
    main()
