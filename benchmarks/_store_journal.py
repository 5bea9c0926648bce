"""The section `journal` of `store.py`: records that one writer makes durable, and how long a single one waits for that."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from _store_rows import GROUP, Options, group
from _table import Row, fail

from aios_sdk.store import JournalReader, JournalWriter

#: Single records whose acknowledgement is timed, and seconds between two of them.
SINGLES = 1_000
_PAUSE = 0.002


def journal(options: Options) -> list[Row]:
    """Groups of 256 rows of attempts, artifacts and fields from one thread; then one row at a time, in turn with a sync of the disk."""
    groups = 400 if options.quick else 4_000
    with tempfile.TemporaryDirectory() as folder:
        rate, processor, size = _durable(Path(folder), groups)
    with tempfile.TemporaryDirectory() as folder:
        single, disk = _acknowledged(Path(folder), SINGLES // 5 if options.quick else SINGLES)
    return [
        Row(
            case=f"durable records from one writer, {size:,.0f} bytes each, {GROUP} in a frame",
            figure=rate,
            unit="records/s",
            bar=100_000,
            at_least=True,
            beside=f"{processor:.2f} s of processor in a second; {rate / processor:,.0f} records in a second of processor",
        ),
        Row(
            case="acknowledgement of a single record, p99",
            figure=single * 1e3,
            unit="ms",
            bar=5 + 3 * disk * 1e3,
            beside=f"append and fdatasync of as many bytes, in turn with it: p99 {disk * 1e3:.2f} ms",
        ),
    ]


def _durable(folder: Path, groups: int) -> tuple[float, float, float]:
    """Records a second from the first append to the last acknowledgement, processor seconds a second, and bytes of a record."""
    given = [group(number) for number in range(groups)]
    with JournalWriter(folder / "journal") as writer:
        processor, began = time.process_time(), time.perf_counter()
        for document, rows in given:
            ticket = writer.append(rows, document_id=document)
        ticket.wait()
        took, used = time.perf_counter() - began, time.process_time() - processor
        size = writer.size / (groups * GROUP)
    reader = JournalReader(folder / "journal")
    found = sum(len(each.rows) for segment in reader.segments() for each in reader.groups(segment))
    if found != groups * GROUP or size < 300:
        fail(f"{found} records of {size:.0f} bytes are in the journal, not {groups * GROUP} of 300 or more")
    return groups * GROUP / took, used / took, size


def _acknowledged(folder: Path, count: int) -> tuple[float, float]:
    """The 99th percentile of seconds until a single record is durable, and until the disk has as many bytes, each in turn."""
    singles, disks = [], []
    document, rows = group(0)
    payload = os.urandom(600)
    with JournalWriter(folder / "journal") as writer, (folder / "plain").open("ab", buffering=0) as plain:
        writer.append(rows[:1], document_id=document).wait()
        for number in range(count):
            began = time.perf_counter()
            writer.append([rows[number % GROUP]], document_id=document).wait()
            singles.append(time.perf_counter() - began)
            time.sleep(_PAUSE)
            began = time.perf_counter()
            plain.write(payload)
            os.fdatasync(plain.fileno())
            disks.append(time.perf_counter() - began)
            time.sleep(_PAUSE)
    return statistics.quantiles(singles, n=100)[-1], statistics.quantiles(disks, n=100)[-1]
