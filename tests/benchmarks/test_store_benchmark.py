"""The programs of `benchmarks/store.py` do the work they say, in small; that they are fast is not asserted anywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aios_sdk import Store, connect
from aios_sdk.store import JournalWriter

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def _path() -> Iterator[None]:
    """Benchmarks import each other by their bare names, as programs do."""
    sys.path.insert(0, str(BENCHMARKS))
    yield
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store made by the program that makes the large one."""
    from _programs import ours

    store = tmp_path_factory.mktemp("large") / "large.aios"
    told = ours("lineage", "--rows", 500, "--store", store)
    assert told["documents"] == 20
    assert told["rows"] >= 500
    return store


def test_the_large_store_holds_whole_documents_as_the_recorder_makes_them(large: Path) -> None:
    with connect(large) as connection:
        resolved = "select count(*), count(distinct document_id) from current_fields where status = 'agreed'"
        assert connection.execute(resolved).fetchall() == [(200, 20)]
        assert connection.execute("select distinct quote = value_text, page from field_provenance").fetchall() == [(True, 0)]
        assert connection.execute("select holds, completed from conservation").fetchall() == [(True, 20)]
        edges = "select count(*) from lineage where relation = 'rests_on' and target_kind = 'route'"
        assert connection.execute(edges).fetchall() == [(20,)]


def test_every_question_is_asked_and_a_run_begins(large: Path) -> None:
    from _programs import ours

    asked = ours("asking", "--store", large, "--rounds", 2)
    assert {"field_provenance", "latency", "changed"} <= set(asked["questions"])
    assert asked["documents"] == 20
    assert ours("opening", "--store", large)["opening"] > 0
    with connect(large) as connection:
        assert connection.execute("select count(distinct run_id) from runs where pipeline <> 'invoices'").fetchall() == [(1,)]


def test_rows_are_durable_and_acknowledged_one_by_one(tmp_path: Path) -> None:
    import _store_journal

    rate, used, size = _store_journal._durable(tmp_path / "many", 3)
    assert rate > 0
    assert used >= 0
    assert size >= 300
    (tmp_path / "single").mkdir()
    single, disk = _store_journal._acknowledged(tmp_path / "single", 20)
    assert single > 0
    assert disk > 0


def test_what_is_folded_while_others_count_is_everything_and_half_a_group_is_an_error(tmp_path: Path) -> None:
    import _store_fold
    from _programs import ours
    from _store_rows import GROUP, group

    store = tmp_path / "bench.aios"
    with Store(store) as opened:
        opened.fold()
    with _store_fold.polling(store) as readers:
        with JournalWriter(store / "journal") as writer:
            for number in range(5):
                document, rows = group(number)
                writer.append(rows, document_id=document)
        told = ours("follow", "--store", store, "--rows", 5 * GROUP)
        seen = [_store_fold._said(reader) for reader in readers]
    assert told["rows"] == 5 * GROUP
    assert all(each["rows"] <= 5 * GROUP for each in seen)
    _store_fold._check(store, 5)
    assert _store_fold._floor(store, tmp_path / "floor.duckdb") > 0
    with JournalWriter(store / "journal") as writer:
        writer.append(group(6)[1][:100])
    with Store(store) as opened:
        opened.fold()
    with _store_fold.polling(store) as (first, _):
        first.wait(timeout=60)
        with pytest.raises(SystemExit, match="a reader saw what it should not"):
            _store_fold._said(first)
