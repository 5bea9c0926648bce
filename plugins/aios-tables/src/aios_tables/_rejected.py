"""Rows that could not be read: counted, and kept as a table of their own with line, reason and text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from aios_sdk import Table

if TYPE_CHECKING:
    import duckdb

#: The name of the table of rejected rows.
REJECTED: Final = "rejected"
_SHOWN: Final = 1000
_HEADER: Final = ("line", "reason", "text")


class Rejected:
    """Collects rejected rows in a file in ``scratch``, so that a million of them need no memory."""

    def __init__(self, scratch: Path) -> None:
        self._path: Final = scratch / "rejected.jsonl"
        self._parquet: Final = scratch / "rejected.parquet"
        self._file: Final = self._path.open("w", encoding="utf-8")
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, line: int, reason: str, text: str) -> None:
        """Reject what stands in ``line`` (from 1); of its text 1,000 code points are kept."""
        self.count += 1
        self._file.write(json.dumps([line, reason, text[:_SHOWN]]) + "\n")

    def tables(self, connection: duckdb.DuckDBPyConnection) -> Iterator[Table]:
        """The table ``rejected`` with columns line, reason and text; none where nothing was."""
        self._file.close()
        if self.count:
            yield Table.from_rows(self._rows(), self._parquet, name=REJECTED, header=True, parse=False, connection=connection)

    def _rows(self) -> Iterator[list[object]]:
        yield list(_HEADER)
        with self._path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)
