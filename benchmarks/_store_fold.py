"""The section `fold` of `store.py`: rows a second from the journal into the database while two processes poll a count."""

from __future__ import annotations

import contextlib
import json
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
from _programs import command_of, last_words, ours, surroundings
from _store_rows import GROUP, Options, group
from _table import Row, fail

from aios_sdk import Store, connect
from aios_sdk.store import TABLES, JournalReader, JournalWriter, create_statements

READERS = 2
_NUMBERS = {table.number: table.name for table in TABLES.values()}


def fold(options: Options) -> list[Row]:
    """A backlog folded as `aios store apply --watch` does it, beside DuckDB's own appender with the same rows."""
    groups = 400 if options.quick else 4_000
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "bench.aios")
        with Store(store) as opened:
            opened.fold()  # an empty database, so that readers have something to open
        with polling(store) as readers:
            with JournalWriter(store / "journal") as writer:
                for number in range(groups):
                    document, rows = group(number)
                    writer.append(rows, document_id=document)
            told = ours("follow", "--store", store, "--rows", groups * GROUP)
            seen = [_said(reader) for reader in readers]
        _check(store, groups)
        floor = _floor(store, Path(folder, "floor.duckdb"))
    waits = [wait for each in seen for wait in each["waits"]]
    answers = sum(each["answers"] for each in seen)
    p99 = statistics.quantiles(waits, n=100)[-1]
    return [
        Row(
            case=f"rows folded while {READERS} processes count every 50 ms; whole groups only, no error",
            figure=told["rows"] / told["seconds"],
            unit="rows/s",
            bar=100_000,
            at_least=True,
            beside=f"floor {floor:,.0f}; {told['processor'] / told['rows'] * 1e6:.1f} us of processor for a row; {answers} answers, within "
            f"{statistics.median(waits):.2f} s (median), {p99:.2f} s (p99)",
        ),
        Row(case="floor: a bare DuckDB appender, the same rows in memory, a commit per 100,000", figure=floor, unit="rows/s"),
    ]


@contextlib.contextmanager
def polling(store: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Two processes that count, until they are interrupted or the block ends."""
    command = [*map(str, command_of("poll", "--store", store, "--group", GROUP))]
    pipe = subprocess.PIPE
    readers = [subprocess.Popen(command, env=surroundings(), stdout=pipe, stderr=pipe, text=True) for _ in range(READERS)]
    try:
        for reader in readers:
            assert reader.stdout is not None
            reader.stdout.readline()  # it has begun
        yield readers
    finally:
        for reader in readers:
            reader.kill()
            reader.communicate()


def _said(reader: subprocess.Popen[str]) -> dict[str, Any]:
    reader.send_signal(signal.SIGINT)
    out, errors = reader.communicate(timeout=60)
    if reader.returncode:
        fail(f"a reader saw what it should not: {last_words(errors)}")
    answer: dict[str, Any] = json.loads(out)
    return answer


def _check(store: Path, groups: int) -> None:
    with connect(store) as connection:
        counts = connection.execute(
            "select (select count(*) from attempts), (select count(*) from artifacts), (select count(*) from fields)"
        )
        if sum(found := counts.fetchall()[0]) != groups * GROUP:
            fail(f"the database has {found} rows, not {groups * GROUP}")


def _floor(store: Path, file: Path) -> float:
    reader = JournalReader(store / "journal")
    given: dict[int, list[tuple[Any, ...]]] = {}
    for segment in reader.segments():
        for each in reader.groups(segment):
            for number, rows in each.tables:
                given.setdefault(number, []).extend(rows)
    count = sum(map(len, given.values()))
    connection = duckdb.connect(str(file))
    for statement in create_statements():
        connection.execute(statement)
    began = time.perf_counter()
    for number, rows in given.items():
        for start in range(0, len(rows), 100_000):
            connection.begin()
            appender = connection.appender(_NUMBERS[number])
            for place in range(start, min(start + 100_000, len(rows)), 1_000):
                appender.append_rows(rows[place : place + 1_000])
            appender.flush()
            connection.commit()
    connection.close()
    return count / (time.perf_counter() - began)
