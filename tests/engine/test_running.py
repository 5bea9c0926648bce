"""Running: streaming, closing early, observers, event loops, and what is left behind."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aios_sdk import Classification, ComponentConfig, Document, InputError, Outcome, Pipeline, Source, Store, component, implements
from aios_sdk.engine import Observer
from aios_sdk.store import TABLES, JournalReader

from ._parts import Notes, conservation, document_of, latest, note, registry_of, run


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's runs make their scratch directories."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _engine_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(("aios-engine", "aios-worker", "asyncio_"))]


def test_a_path_that_is_not_there_is_refused_before_anything_is_recorded(tmp_path: Path, fresh: Store, scratch: Path) -> None:
    pipeline = Pipeline("p").ingest()
    for inputs in (tmp_path / "none", str(tmp_path / "none"), [tmp_path, tmp_path / "none"], 3):
        with pytest.raises(InputError):
            next(pipeline.run(inputs, store=fresh, registry=registry_of(Notes), progress=False))
    assert fresh.sql("select count(*) from runs").fetchall() == [(0,)]
    assert not any(scratch.iterdir())
    assert _engine_threads() == []


class _Closes:
    """Writes its name into a folder when it is closed."""

    class Config(ComponentConfig):
        folder: str

    def __init__(self, config: Config) -> None:
        self.folder = Path(config.folder)

    def open(self, resources: Any) -> None:
        (resources.scratch / "model").write_text("heavy")

    @implements
    def classify(self, document: Document) -> Classification:
        return Classification()

    def close(self) -> None:
        (self.folder / type(self).__name__).touch()


@component("test.closes-inline", isolation="inline")
class ClosesInline(_Closes):
    """In the engine's process."""


@component("test.closes-process", isolation="process")
class ClosesProcess(_Closes):
    """In a worker."""


def test_closing_early_ends_the_run_as_interrupted_and_leaves_nothing_behind(store: Store, scratch: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    config = {"folder": str(closed)}
    pipeline = Pipeline("p").ingest().classify(ClosesInline, config=config).classify(ClosesProcess, config=config)
    outcomes = pipeline.run(
        (note(f"n{number}") for number in range(10_000)),
        store=store,
        registry=registry_of(Notes, ClosesInline, ClosesProcess),
        progress=False,
        workers=2,
    )
    first = next(outcomes)
    assert first.status == "completed"
    outcomes.close()  # type: ignore[attr-defined]  # a generator
    row = conservation(store)
    assert row["run_status"] == "interrupted"
    assert 1 <= row["completed"] < 1000
    assert {path.name for path in closed.iterdir()} >= {"ClosesInline"}
    assert _engine_threads() == []
    assert not any(scratch.iterdir())


def test_closing_early_does_not_wait_for_a_component_that_waits_for_ever(store: Store) -> None:
    begun = asyncio.Event()

    @component("test.hangs")
    class Hangs:
        @implements
        async def classify(self, document: Document) -> Classification:
            if document.name == "hangs":
                begun.set()
                await asyncio.Event().wait()
            await begun.wait()  # so that both have been found when the first has ended
            return Classification()

    outcomes = (
        Pipeline("p")
        .ingest()
        .classify(Hangs)
        .run([note("hangs"), note("a")], store=store, registry=registry_of(Notes, Hangs), progress=False, workers=2)
    )
    assert next(outcomes).name == "a"
    outcomes.close()  # type: ignore[attr-defined]  # a generator
    row = conservation(store)
    assert (row["run_status"], row["completed"], row["unfinished"], row["holds"]) == ("interrupted", 1, 1, False)


def test_an_error_in_the_callers_loop_ends_the_run_too(store: Store) -> None:
    def fail_at_the_first() -> None:
        for _ in (
            Pipeline("p")
            .ingest()
            .run([note(f"{number}") for number in range(5000)], store=store, registry=registry_of(Notes), progress=False)
        ):
            raise KeyError("mine")

    with pytest.raises(KeyError):
        fail_at_the_first()
    gc.collect()
    assert _engine_threads() == []
    assert conservation(store)["run_status"] == "interrupted"


def test_a_component_that_cannot_be_closed_keeps_no_other_from_it(store: Store, scratch: Path) -> None:
    closed: list[str] = []

    @component("test.bad-close")
    class BadClose:
        @implements
        def classify(self, document: Document) -> Classification:
            return Classification()

        def close(self) -> None:
            raise RuntimeError("stuck")

    @component("test.good-close")
    class GoodClose:
        @implements
        def classify(self, document: Document) -> Classification:
            return Classification()

        def close(self) -> None:
            closed.append("good")

    [outcome] = run(Pipeline("p").ingest().classify(BadClose).classify(GoodClose), [note("a")], store, BadClose, GoodClose)
    assert outcome.status == "completed"
    assert closed == ["good"]
    assert conservation(store)["run_status"] == "completed"
    assert not any(scratch.iterdir())


def test_an_event_that_has_come_is_worked_on_while_the_next_is_waited_for(store: Store) -> None:
    done = threading.Event()

    def events() -> Iterator[Source]:
        yield note("first")
        assert done.wait(60), "the first event waited for the second"
        yield note("second")

    names = []
    for outcome in Pipeline("p").ingest().run(events(), store=store, registry=registry_of(Notes), progress=False, workers=1):
        names.append(outcome.name)
        done.set()
    assert names == ["first", "second"]


def test_large_sources_are_not_taken_far_ahead_of_their_turn(store: Store) -> None:
    taken: list[int] = []

    def sources() -> Iterator[Source]:
        for number in range(30):
            taken.append(number)
            yield Source(name=f"{number}.txt", data=b"word " * 300_000, media_type="text/plain")

    outcomes = Pipeline("p").ingest().run(sources(), store=store, registry=registry_of(Notes), progress=False, window=1)
    next(outcomes)
    time.sleep(0.2)
    # What was given out and what waits to be, one under way, one in the window, and what lies ready.
    assert len(taken) <= 10
    assert 1 + len(list(outcomes)) == len(taken) == 30


def test_an_error_of_the_callers_iterator_reaches_the_caller_and_what_is_done_is_kept(store: Store) -> None:
    def sources() -> Iterator[Source]:
        yield note("a")
        raise LookupError("the queue is gone")

    with pytest.raises(LookupError, match="the queue is gone"):
        list(Pipeline("p").ingest().run(sources(), store=store, registry=registry_of(Notes), progress=False))
    assert conservation(store)["run_status"] == "failed"
    assert _engine_threads() == []


class Watching(Observer):
    """Writes down what it is told, and may raise at everything."""

    def __init__(self, raises: bool = False) -> None:
        self.raises = raises
        self.told: list[tuple[str, str]] = []

    def _tell(self, event: str, what: str) -> None:
        self.told.append((event, what))
        if self.raises:
            raise RuntimeError("an observer's own fault")

    def run_started(self, run: str, pipeline: str) -> None:
        self._tell("run_started", pipeline)

    def document_found(self, document: Document) -> None:
        self._tell("document_found", document.name)

    def step_finished(self, document: Document, outcome: Any, seconds: float) -> None:
        self._tell("step_finished", f"{document.name} {outcome.step} {outcome.status}")

    def document_finished(self, outcome: Outcome) -> None:
        self._tell("document_finished", outcome.name)

    def run_finished(self, run: str, status: str) -> None:
        self._tell("run_finished", status)


def test_an_observer_is_told_everything_and_what_it_raises_alters_nothing(store: Store) -> None:
    watching, raising = Watching(), Watching(raises=True)
    outcomes = run(Pipeline("p").ingest(), [note("a")], store, observers=(raising, watching))
    assert [outcome.status for outcome in outcomes] == ["completed"]
    assert raising.told == watching.told
    assert watching.told == [
        ("run_started", "p"),
        ("step_finished", "a ingest ok"),
        ("document_found", "a"),
        ("document_finished", "a"),
        ("run_finished", "completed"),
    ]


def test_what_an_observer_hears_of_is_in_the_journal_already(fresh: Store) -> None:
    missing: list[str] = []

    def journaled(document_id: str) -> bool:
        reader = JournalReader(fresh.path / "journal")
        outcomes = TABLES["outcomes"].number
        groups = (group for segment in reader.segments() for group in reader.groups(segment))
        return any(number == outcomes and document_id in values for group in groups for number, values in group.rows)

    class Looks(Observer):
        def document_finished(self, outcome: Outcome) -> None:
            if not journaled(outcome.document.id):
                missing.append(outcome.name)

    run(Pipeline("p").ingest(), [note(f"n{number}") for number in range(20)], fresh, observers=(Looks(),))
    assert missing == []


def test_run_works_inside_a_running_event_loop_and_arun_shares_it(store: Store) -> None:
    registry = registry_of(Notes)

    async def main() -> tuple[list[str], list[str]]:
        plain = [outcome.name for outcome in Pipeline("p").ingest().run([note("a")], store=store, registry=registry, progress=False)]
        shared = [
            outcome.name async for outcome in Pipeline("p").ingest().arun([note("b")], store=store, registry=registry, progress=False)
        ]
        return plain, shared

    assert asyncio.run(main()) == (["a"], ["b"])


def test_leaving_arun_early_and_closing_it_ends_the_run_as_interrupted(store: Store, scratch: Path) -> None:
    async def main() -> None:
        outcomes = (
            Pipeline("p")
            .ingest()
            .arun((note(f"n{number}") for number in range(1000)), store=store, registry=registry_of(Notes), progress=False)
        )
        async for _ in outcomes:
            break
        await outcomes.aclose()  # type: ignore[attr-defined]  # an async generator

    asyncio.run(main())
    assert conservation(store)["run_status"] == "interrupted"
    assert not any(scratch.iterdir())


def test_two_runs_at_once_share_a_store_and_keep_apart(store: Store) -> None:
    names = [[f"{run}{number}" for number in range(20)] for run in "ab"]
    found: list[list[str]] = [[], []]

    def work(which: int) -> None:
        found[which] = sorted(outcome.name for outcome in run(Pipeline("p").ingest(), [note(name) for name in names[which]], store))

    threads = [threading.Thread(target=work, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [sorted(each) for each in names]
    rows = store.sql("select found, completed, holds from conservation order by run_id desc limit 2").fetchall()
    assert rows == [(20, 20, True)] * 2


def test_streaming_keeps_no_more_documents_than_the_window(store: Store) -> None:
    most = 0

    def alive() -> int:
        gc.collect()
        return len({each.id for each in gc.get_objects() if isinstance(each, Document) and each.id})

    before = alive()
    sources = (note(f"n{number}") for number in range(800))
    outcomes = Pipeline("p").ingest().run(sources, store=store, registry=registry_of(Notes), progress=False, workers=2, window=8)
    for number, _ in enumerate(outcomes):
        if number % 100 == 99:
            most = max(most, alive() - before)
    assert number == 799
    # A window under way, two batches on their way out of the engine, one that is being handed over, two that were, and the caller's.
    assert most <= 8 * (1 + 2 + 1 + 2 + 1)


def test_a_slow_caller_slows_the_run_down(store: Store) -> None:
    begun: list[str] = []

    @component("test.counts", media_types=["text/plain"], provides=["pages", "text"], priority=1)
    class Counts:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            begun.append(source.name)
            yield document_of("x")

    taken: list[str] = []
    asked: list[int] = []

    def sources() -> Iterator[Source]:
        for number in range(300):
            asked.append(number)
            yield note(f"n{number}")

    for outcome in Pipeline("p").ingest().run(sources(), store=store, registry=registry_of(Counts), progress=False, workers=1, window=4):
        taken.append(outcome.name)
        if len(taken) < 20:
            threading.Event().wait(0.01)
            # A window under way, two batches on their way out, one at hand, and what is read ahead.
            assert len(begun) <= len(asked) <= len(taken) + 4 * (1 + 2 + 2 + 1) + 16
    assert len(taken) == 300


def test_the_record_of_a_run_says_what_ran_over_what(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("a")
    pipeline = Pipeline("named").ingest()
    run(pipeline, [file, note("key")], store)
    [(name, version, inputs)] = latest(store, "select pipeline, pipeline_version, inputs from runs where run_id = $1 and event = 'started'")
    assert (name, version, inputs) == ("named", pipeline.version, [str(file), "key"])
    [(counts,)] = latest(store, "select counts from runs where run_id = $1 and event = 'finished'")
    assert '"completed":2' in counts
    assert '"found":2' in counts


@component("test.first-is-slowest", isolation="process", deterministic=False)
class FirstIsSlowest:
    """Takes the longer the earlier it was delivered."""

    @implements
    def classify(self, document: Document) -> Classification:
        time.sleep(0.02 * (5 - int(document.name)))
        return Classification()


def test_outcomes_come_in_the_order_of_the_inputs_where_that_is_asked_for(store: Store) -> None:
    names = [f"{number}" for number in range(6)]
    pipeline = Pipeline("p").ingest().classify(FirstIsSlowest)
    for ordered in (True, False):
        outcomes = run(pipeline, [note(name) for name in names], store, FirstIsSlowest, workers=3, ordered=ordered)
        assert ([outcome.name for outcome in outcomes] == names) is ordered
    assert conservation(store)["holds"]


def test_ordered_parts_follow_what_they_came_in_and_cases_their_deliveries(store: Store) -> None:
    deliveries = [Source(name=f"{number}", key=f"{number}", data=b"2", media_type="application/x-tree") for number in range(4)]
    outcomes = run(Pipeline("p").ingest(), deliveries, store, Tree, ordered=True)
    assert [outcome.document.key or outcome.name for outcome in outcomes] == [
        name for number in range(4) for name in (f"{number}", "part 0", "part 1")
    ]
    cases = run(Pipeline("p").ingest().collect(), deliveries, store, Tree, ordered=True)
    assert [case.document.members[0].document.key for case in cases] == ["0", "1", "2", "3"]


@component("test.tree", media_types=["application/x-tree"], provides=["pages", "text"])
class Tree:
    """A text and as many parts as it says."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        yield document_of(source.name)
        for number in range(int(source.read())):
            yield Source(name=f"part {number}", data=f"{source.name} {number}".encode(), media_type="text/plain")
