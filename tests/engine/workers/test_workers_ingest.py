"""Ingest in workers: what is yielded comes one by one, when it is asked for, with its bytes kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aios_sdk import Document, Source
from aios_sdk.records import UnitFailure, digest
from aios_sdk.store import INLINE_BYTES, Blobs

from ._pools import Bench, left_of, planned, taken, until


def _source(*lines: str) -> Source:
    return Source(name="s.txt", data="\n".join(lines).encode())


def test_documents_and_parts_come_in_their_order_small_ones_with_their_bytes(bench: Bench) -> None:
    document, data, file = bench.run(bench.ingested(planned("unpacks", "ingest"), _source("document", "data", "file")))
    assert isinstance(document, Document)
    assert (data.name, data.data, data.content_id) == ("a.txt", b"the data", "")
    assert (file.name, file.data, file.path, file.content_id) == ("b.txt", b"the file", "", "")


def test_the_bytes_of_large_parts_are_in_the_blobs(bench: Bench) -> None:
    data, file = bench.run(bench.ingested(planned("unpacks", "ingest"), _source("large data", "large file")))
    content = b"x" * (INLINE_BYTES + 1)
    for part in (data, file):
        assert (part.data, part.content_id, part.size) == (None, digest(content), len(content))
        assert Path(part.path).is_relative_to(bench.blobs)
        assert part.read() == content


def test_a_part_that_was_not_handed_over_stays_so(bench: Bench) -> None:
    [part] = bench.run(bench.ingested(planned("unpacks", "ingest"), _source("refused")))
    assert (part.refused, part.content_id) == ("it is too large", "")


def test_tables_are_kept_before_the_scratch_space_is_emptied(bench: Bench) -> None:
    [document] = bench.run(bench.ingested(planned("unpacks", "ingest"), _source("table")))
    [table] = document.tables
    assert table.location == str(Blobs(bench.blobs).path(table.artifact))
    assert table.relation().fetchall() == [(1, "x")]


@pytest.mark.parametrize(
    ("line", "category", "said"),
    [
        ("limit", "limit", "there is too much of it"),
        ("number", "contract", "ingest yielded int"),
        ("wrong", "contract", "ingest yielded what cannot be: Expected `str`, got `int` - at `$.name`"),
        ("exit", "internal", "test.unpacks ended its worker: exit status 3"),
        ("spin", "timeout", "test.unpacks did not end within 0.5 s"),
        ("write everywhere", "internal", "test.unpacks closed or broke the connection of its worker"),
    ],
)
def test_a_failure_comes_last_and_what_came_before_is_kept(bench: Bench, line: str, category: str, said: str) -> None:
    found = bench.run(bench.ingested(planned("unpacks", "ingest"), _source("document", "data", line, "data"), timeout=0.5))
    assert [type(item) for item in found] == [Document, Source, UnitFailure]
    assert found[-1].category == category
    assert said in found[-1].message
    assert "test.unpacks" in found[-1].message or category == "limit"


def test_a_component_waits_until_the_next_is_asked_for_and_its_time_with_it(bench: Bench, tmp_path: Path) -> None:
    trace = tmp_path / "trace"

    async def slowly() -> list[str]:
        source = _source("data", "data", "nap", "data")  # a nap is shorter than what it may take, and a nap with a pause longer
        component = planned("unpacks", "ingest", trace=str(trace))
        seen = []
        async for _ in bench.pool.ingest(component, source, run="r", step="s", timeout=0.7):
            until(lambda: False, 0.6)
            seen.append(trace.read_text())
        return seen

    assert bench.run(slowly()) == ["0", "1", "3"]


def test_a_document_does_not_hold_its_component_up(bench: Bench, tmp_path: Path) -> None:
    trace = tmp_path / "trace"

    async def first_of_two() -> bool:
        component = planned("unpacks", "ingest", trace=str(trace))
        async with taken(bench.pool.ingest(component, _source("document", "data"), run="r", step="s", timeout=None)) as items:
            assert isinstance(await anext(items), Document)
            return until(lambda: trace.read_text() == "1")

    assert bench.run(first_of_two())


def test_its_time_counts_over_all_that_it_yields(bench: Bench) -> None:
    found = bench.run(bench.ingested(planned("unpacks", "ingest"), _source(*["nap", "data"] * 4), timeout=0.7))
    assert [type(item) for item in found] == [Source, Source, UnitFailure]
    assert found[-1].category == "timeout"


def test_leaving_early_ends_the_worker_and_frees_its_place(another: Callable[..., Bench]) -> None:
    bench = another(count=1)

    async def leave() -> int:
        async with taken(
            bench.pool.ingest(planned("unpacks", "ingest"), _source("data", "sleep"), run="r", step="s", timeout=None)
        ) as items:
            await anext(items)
        return len(await bench.ingested(planned("unpacks", "ingest"), _source("data")))

    assert bench.run(leave()) == 1
    assert until(lambda: len(left_of(bench.mark)) == 1)
