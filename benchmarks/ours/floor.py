"""The floor of the section `steps`: plain Python that commits what each step found to DuckDB after every batch, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
from _peer import Batch, steps
from _work import STEPS, done


def prepare(folder: Path) -> tuple[Batch, Callable[[], object]]:
    """A row for each document and step: the key under which it would be found again, and what was found where."""
    connection = duckdb.connect(str(folder / "floor.duckdb"))
    columns = "key VARCHAR, document BIGINT, step VARCHAR, value VARCHAR, char_start BIGINT, char_end BIGINT, found_at TIMESTAMPTZ"
    connection.execute(f"CREATE TABLE IF NOT EXISTS found ({columns})").fetchall()

    def batch(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
        rows = []
        now = dt.datetime.now(dt.UTC)
        for step in STEPS:
            documents = [done(step, document) for document in documents]
            for document in documents:
                key = sha256(f"{step} {document['text']}".encode()).hexdigest()
                rows.append((key, document["id"], step, *document["found"][step], now))
        connection.begin()
        appender = connection.appender("found")
        appender.append_rows(rows)
        appender.flush()
        connection.commit()
        return documents

    return batch, connection.close


if __name__ == "__main__":
    steps("duckdb", prepare)
