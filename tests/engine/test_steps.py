"""Steps: whether they run, who does them, in which units, and what comes of it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from aios_sdk import (
    Alternative,
    Classification,
    ComponentConfig,
    Context,
    Document,
    Extraction,
    Fallback,
    Field,
    Label,
    PageText,
    Pipeline,
    Sentence,
    Source,
    Span,
    Store,
    Summary,
    Table,
    Unsupported,
    component,
    field,
    implements,
)

from ._parts import FirstWords, by_name, conservation, document_of, latest, note, run, word


@component("test.total", fields={"total": "decimal"}, provides=["fields"])
class Total:
    """The text as a number, where it is one."""

    @implements
    def extract(self, document: Document) -> Extraction:
        [text] = document.layers.text
        if not text.content.strip().isdigit():
            return Extraction()
        span = Span(artifact=text.artifact, page=0, start=0, end=len(text.content), quote=text.content)
        return Extraction(fields=(Field(path="total", value=Decimal(text.content), spans=(span,)),))


@component("test.marks", provides=["labels"])
class Marks:
    """Marks what it saw."""

    @implements
    def classify(self, document: Document) -> Classification:
        return Classification(labels=(Label(taxonomy="mark", value="seen"),))


def test_a_step_runs_where_its_condition_is_true_and_neither_where_it_is_false_nor_where_it_is_unknown(store: Store) -> None:
    pipeline = Pipeline("p").ingest().extract(Total).classify(Marks, when=field("total") > 100)
    found = by_name(run(pipeline, [note("true", "900"), note("false", "9"), note("unknown", "none")], store, Total, Marks))
    assert {name: outcome.steps[-1].status for name, outcome in found.items()} == {"true": "ok", "false": "skipped", "unknown": "skipped"}
    assert {name: outcome.status for name, outcome in found.items()} == dict.fromkeys(found, "completed")
    assert "9" in found["false"].steps[-1].message
    assert "total" in found["unknown"].steps[-1].message
    skipped = latest(store, "select count(*) from attempts where run_id = $1 and status = 'skipped'")
    assert skipped == [(2,)]


def test_a_step_whose_needs_no_step_met_is_skipped(store: Store) -> None:
    @component("test.needs-fields", requires=["fields"])
    class NeedsFields:
        @implements
        def classify(self, document: Document) -> Classification:
            raise AssertionError("it was called")

    [outcome] = run(Pipeline("p").ingest().extract(Total).classify(NeedsFields), [note("a", "none")], store, Total, NeedsFields)
    assert (outcome.status, outcome.steps[-1].status) == ("completed", "skipped")
    assert "fields" in outcome.steps[-1].message


def test_a_step_that_does_not_handle_the_media_type_is_unsupported_and_refuses_nothing(store: Store) -> None:
    @component("test.pictures", media_types=["image/*"])
    class Pictures:
        @implements
        def classify(self, document: Document) -> Classification:
            raise AssertionError("it was called")

    [outcome] = run(Pipeline("p").ingest().classify(Pictures), [note("a")], store, Pictures)
    assert (outcome.status, outcome.steps[-1].status) == ("completed", "unsupported")
    assert "text/plain" in outcome.steps[-1].message


# -- who ----------------------------------------------------------------------------------------------------------------


@component("test.picky-notes", media_types=["text/plain"], provides=["pages", "text"], priority=5)
class PickyNotes:
    """Reads only what begins with PICKY."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        if not source.read().startswith(b"PICKY"):
            raise Unsupported("it does not begin with PICKY")
        yield document_of("picky")


def test_when_the_best_component_says_that_a_source_is_not_its_own_the_next_is_asked(store: Store) -> None:
    found = by_name(run(Pipeline("p").ingest(), [note("a", "PICKY"), note("b", "plain")], store, PickyNotes))
    assert {name: (outcome.document.text, outcome.steps[0].component) for name, outcome in found.items()} == {
        "a": ("picky", "test.picky-notes"),
        "b": ("plain", "test.notes"),
    }
    attempts = latest(store, "select component, status from attempts where run_id = $1 order by all")
    assert attempts == [("test.notes", "ok"), ("test.picky-notes", "ok"), ("test.picky-notes", "unsupported")]
    [(rejected,)] = latest(store, "select rejected from plugins where run_id = $1 and component = 'test.picky-notes'")
    assert "test.notes" in rejected


def test_a_source_that_every_fitting_component_declines_is_refused(store: Store) -> None:
    pipeline = Pipeline("p").ingest(PickyNotes)
    [outcome] = run(pipeline, [note("b", "plain")], store, PickyNotes)
    assert (outcome.status, outcome.failures[0].category) == ("refused", "unsupported")


# -- fallback -----------------------------------------------------------------------------------------------------------


@component("test.reader", provides=["text"])
class Reader:
    """Reads with the confidence that the document's text says; raises on 'broken', declines 'other'."""

    class Config(ComponentConfig):
        """``sure``: what it says of every text, unless 0."""

        sure: float = 0.0

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document) -> Extraction:
        said = document.pages[0].readings[0].content
        if self.config.sure:
            return Extraction(text=(PageText(page=0, content="second", method="ocr", confidence=self.config.sure),))
        if said == "broken":
            raise ValueError("broken")
        if said == "other":
            raise Unsupported("other")
        return Extraction(text=(PageText(page=0, content="first", method="ocr", confidence=float(said) if said != "none" else None),))


@component("test.second-reader", provides=["text"])
class SecondReader(Reader):
    """Another one."""


def _read(store: Store, on: str, sure: float, *texts: str) -> dict[str, tuple[str, str, str]]:
    pipeline = Pipeline("p").ingest().extract(Reader, fallback=Fallback(SecondReader, on=on, config={"sure": sure}))
    found = by_name(run(pipeline, [note(text, text) for text in texts], store, Reader, SecondReader))
    return {name: (outcome.status, outcome.document.text, outcome.steps[-1].component) for name, outcome in found.items()}


def test_the_fallback_answers_where_the_first_failed_or_was_not_sure(store: Store) -> None:
    found = _read(store, "failed or confidence < 0.6", 0.9, "broken", "0.4", "0.6", "none")
    assert found == {
        "broken": ("completed", "second", "test.second-reader"),
        "0.4": ("completed", "second", "test.second-reader"),
        "0.6": ("completed", "first", "test.reader"),
        "none": ("completed", "first", "test.reader"),  # nothing is known of its confidence, so nothing is below 0.6
    }
    attempts = latest(
        store,
        "select d.name, a.component, a.status from attempts a join documents d using (run_id, document_id) "
        "where run_id = $1 and stage = 'extract' order by all",
    )
    assert attempts == [
        ("0.4", "test.reader", "ok"),
        ("0.4", "test.second-reader", "ok"),
        ("0.6", "test.reader", "ok"),
        ("broken", "test.reader", "failed"),
        ("broken", "test.second-reader", "ok"),
        ("none", "test.reader", "ok"),
    ]
    kept = latest(store, "select count(*) from artifacts where run_id = $1 and layer = 'text' and step = 'extract.test.reader'")
    assert kept == [(4,)], "one reading of each document counts, and the other is recorded as an attempt only"


def test_the_fallback_may_be_for_what_is_unsupported(store: Store) -> None:
    assert _read(store, "unsupported", 0.9, "other", "broken") == {
        "other": ("completed", "second", "test.second-reader"),
        "broken": ("failed", "broken", "test.reader"),
    }


def test_when_the_fallback_gives_nothing_either_what_the_first_gave_is_kept(store: Store) -> None:
    @component("test.no-reader")
    class NoReader:
        @implements
        def extract(self, document: Document) -> Extraction:
            raise ValueError("nor I")

    pipeline = Pipeline("p").ingest().extract(Reader, fallback=Fallback(NoReader, on="failed or confidence < 0.6"))
    found = by_name(run(pipeline, [note("0.4", "0.4"), note("broken", "broken")], store, Reader, NoReader))
    assert (found["0.4"].status, found["0.4"].document.text) == ("completed", "first")
    assert "nor I" in found["0.4"].steps[-1].message
    assert found["broken"].status == "failed"
    assert latest(store, "select count(*) from attempts where run_id = $1 and stage = 'extract'") == [(4,)]


# -- units --------------------------------------------------------------------------------------------------------------


@component("test.pages", unit="page", provides=["fields", "summary"], isolation="process")
class Pages:
    """The first word of a page and a sentence on it; raises on 'broken'."""

    @implements
    def extract(self, document: Document) -> Extraction:
        [page] = document.pages
        assert [text.page for text in document.layers.text] == [page.index]
        assert page.reading is not None
        if "broken" in page.text:
            raise ValueError("torn")
        if "blank" in page.text:
            raise Unsupported("nothing on it")
        return Extraction(fields=(word(page.reading, f"page{page.index}"),))

    @implements
    def summarize(self, document: Document) -> Summary:
        [page] = document.pages
        assert page.reading is not None
        value = word(page.reading, "x")
        return Summary(sentences=(Sentence(text=str(value.value), spans=value.spans),), method="first")


def test_a_component_for_pages_sees_one_page_and_the_results_are_joined_in_order(store: Store) -> None:
    pages = [f"w{number} and more" for number in range(20)]
    [outcome] = run(Pipeline("p").ingest().extract(Pages).summarize(Pages), [note("a", "\f".join(pages))], store, Pages, workers=4)
    fields = outcome.document.layers.fields
    assert [(each.path, each.value, each.spans[0].page) for each in fields] == [
        (f"page{number}", f"w{number}", number) for number in range(20)
    ]
    assert outcome.document.summary is not None
    assert outcome.document.summary.text == " ".join(f"w{number}" for number in range(20))
    assert latest(store, "select distinct units from attempts where run_id = $1 and stage <> 'ingest'") == [(20,)]


def test_a_page_that_fails_leaves_the_document_partial_and_keeps_the_others(store: Store) -> None:
    found = by_name(
        run(
            Pipeline("p").ingest().extract(Pages).classify(Marks),
            [note("some", "one\fbroken\fblank\ffour"), note("blank", "blank\fblank"), note("all", "broken\fbroken")],
            store,
            Pages,
            Marks,
        )
    )
    some = found["some"]
    assert some.status == "partial"
    assert list(some.document.fields) == ["page0", "page3"]
    assert [(failure.category, failure.page) for failure in some.failures] == [("internal", 1)]
    assert "mark" in some.document.labels, "a partial result is a result: later steps run"
    assert (found["blank"].status, found["blank"].steps[1].status) == ("completed", "unsupported")
    assert (found["all"].status, [failure.page for failure in found["all"].failures]) == ("failed", [0, 1])
    assert latest(store, "select page, category from failures where run_id = $1 order by all") == [
        (0, "internal"),
        (1, "internal"),
        (1, "internal"),
    ]


@component("test.sheet", media_types=["application/x-sheet"], provides=["pages", "tables"])
class Sheet:
    """As many rows as the bytes say, counted from 0."""

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        path = context.scratch / "rows.parquet"
        with duckdb.connect() as connection:
            connection.execute(f"copy (select range as n from range({int(source.read())})) to '{path}' (format parquet)")
        yield document_of("sheet", tables=(Table.from_parquet(path, name="rows"),))


@component("test.rows", unit="rows", rows=10, requires=["tables"], provides=["fields"])
class Rows:
    """The first cell of each block of rows."""

    @implements
    def extract(self, document: Document) -> Extraction:
        [table] = document.tables
        values = [row[0] for row in table.relation().fetchall()]
        assert values == list(range(table.first_row, table.first_row + table.rows))
        if not values:
            return Extraction()
        span = Span(artifact=table.artifact, row=table.first_row, column=0, quote=str(values[0]))
        assert table.cell(table.first_row, 0) == values[0]
        return Extraction(fields=(Field(path=f"row{values[0]}", value=len(values), spans=(span,)),))


def test_a_component_for_rows_sees_blocks_whose_rows_keep_their_numbers(store: Store) -> None:
    sheets = [Source(name=rows, key=rows, data=rows.encode(), media_type="application/x-sheet") for rows in ("25", "10", "0")]
    found = by_name(run(Pipeline("p").ingest().extract(Rows), sheets, store, Sheet, Rows))
    assert {each.path: each.value for each in found["25"].document.layers.fields} == {"row0": 10, "row10": 10, "row20": 5}
    assert {each.path: each.value for each in found["10"].document.layers.fields} == {"row0": 10}
    assert found["0"].status == "completed"
    [table] = found["25"].document.tables
    assert (table.rows, table.first_row, table.cell(24, 0)) == (25, 0, 24)
    assert Path(table.location).is_relative_to(store.path), "a table outlives the scratch directory it was made in"


def test_a_row_outside_the_table_fails_the_step(store: Store) -> None:
    @component("test.off-row", requires=["tables"], provides=["fields"])
    class OffRow:
        @implements
        def extract(self, document: Document) -> Extraction:
            [table] = document.tables
            return Extraction(fields=(Field(path="x", value=1, spans=(Span(artifact=table.artifact, row=table.rows, column=0),)),))

    sheet = Source(name="s", key="s", data=b"3", media_type="application/x-sheet")
    [outcome] = run(Pipeline("p").ingest().extract(OffRow), [sheet], store, Sheet, OffRow)
    assert (outcome.status, outcome.failures[0].category) == ("failed", "contract")


# -- isolation ----------------------------------------------------------------------------------------------------------


@component("test.waits")
class Waits:
    """Ends when so many of its kind have begun; writes into its scratch directory meanwhile."""

    class Config(ComponentConfig):
        """``together``: how many calls must be under way."""

        together: int = 4

    def __init__(self, config: Config) -> None:
        self.config = config

    def open(self, resources: Any) -> None:
        self.begun = 0
        self.enough = asyncio.Event()

    @implements
    async def classify(self, document: Document, context: Context) -> Classification:
        note = context.scratch / "note"
        assert not note.exists(), "the scratch directory is another call's"
        note.write_text(document.name)
        self.begun += 1
        if self.begun == self.config.together:
            self.enough.set()
        await self.enough.wait()
        assert note.read_text() == document.name
        assert [path.name for path in context.scratch.iterdir()] == ["note"]
        return Classification(labels=(Label(taxonomy="mark", value="waited", alternatives=(Alternative("left", 0.1),)),))


def test_async_components_wait_together_each_with_a_scratch_directory_of_its_own(store: Store) -> None:
    names = [f"n{number}" for number in range(4)]
    outcomes = run(Pipeline("p").ingest().classify(Waits), [note(name) for name in names], store, Waits)
    assert [outcome.status for outcome in outcomes] == ["completed"] * 4


@component("test.here", isolation="inline", provides=["fields"], deterministic=False)
class Here:
    """In which process it runs."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=(Field(path=type(self).__name__, value=str(os.getpid()), status="ungrounded"),))


@component("test.there", isolation="process", provides=["fields"], deterministic=False)
class There(Here):
    """The same in a worker."""


def test_process_components_run_in_workers_and_inline_ones_in_the_callers_process(store: Store) -> None:
    outcomes = run(Pipeline("p").ingest().extract(Here).extract(There), [note(f"n{number}") for number in range(8)], store, Here, There)
    fields = [outcome.document.fields for outcome in outcomes]
    assert {found["Here"].value for found in fields} == {str(os.getpid())}
    assert str(os.getpid()) not in {found["There"].value for found in fields}


@component("test.slow-async")
class SlowAsync:
    """Waits for ever, for one document."""

    @implements
    async def classify(self, document: Document) -> Classification:
        if document.name == "slow":
            await asyncio.Event().wait()
        return Classification()


@component("test.slow-process", isolation="process")
class SlowProcess:
    """Takes a minute, for one document."""

    @implements
    def classify(self, document: Document) -> Classification:
        if document.name == "slow":
            time.sleep(60)
        return Classification()


@component("test.takes-its-time", isolation="process")
class TakesItsTime:
    """Takes less than the time for one document, and more than that for all."""

    @implements
    def classify(self, document: Document) -> Classification:
        time.sleep(0.15)
        return Classification()


@component("test.hangs", media_types=["application/x-hangs"], provides=["text"], isolation="process")
class Hangs:
    """Takes a minute to ingest."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        time.sleep(60)
        yield document_of("too late")


def test_the_memory_that_a_worker_took_is_recorded_with_its_attempt(fresh: Store) -> None:
    run(Pipeline("p").ingest().extract(Here).classify(TakesItsTime), [note("a")], fresh, Here, TakesItsTime)
    found = dict(latest(fresh, "select component, peak_rss from attempts where run_id = $1 and stage <> 'ingest'"))
    assert found["test.here"] is None
    assert 2**20 < found["test.takes-its-time"] < 2**31


@pytest.mark.parametrize("slow", [SlowAsync, SlowProcess])
def test_a_step_that_takes_longer_than_its_timeout_fails_as_timeout(slow: type, store: Store) -> None:
    found = by_name(run(Pipeline("p").ingest().classify(slow, timeout=0.2), [note("slow"), note("fast")], store, slow, workers=2))
    assert (found["slow"].status, found["slow"].failures[0].category, found["slow"].failures[0].retryable) == ("failed", "timeout", True)
    assert "0.2 s" in found["slow"].failures[0].message
    assert found["fast"].status == "completed"


def test_waiting_for_a_worker_does_not_count_as_taking_long(store: Store) -> None:
    pipeline = Pipeline("p").ingest().classify(TakesItsTime, timeout=0.5)
    outcomes = run(pipeline, [note(f"n{number}") for number in range(8)], store, TakesItsTime, workers=1)
    assert {outcome.status for outcome in outcomes} == {"completed"}


def test_a_component_can_ask_how_much_time_is_left(store: Store) -> None:
    left: list[float | None] = []

    @component("test.asks")
    class Asks:
        @implements
        def classify(self, document: Document, context: Context) -> Classification:
            left.append(context.remaining())
            return Classification()

    run(Pipeline("p").ingest().classify(Asks, timeout=1000, name="bounded").classify(Asks, name="free"), [note("a")], store, Asks)
    assert left[0] is not None
    assert 0 < left[0] <= 1000
    assert left[1] is None


def test_what_a_step_gave_is_in_the_store_as_in_the_outcome(store: Store) -> None:
    [outcome] = run(Pipeline("p").ingest().extract(FirstWords).classify(Marks), [note("same", "one two\fthree")], store, FirstWords, Marks)
    assert store.document(outcome.document.id) == outcome.document
    assert store.document(outcome.document.id).read() == b"one two\fthree"
    assert outcome.document.read() == b"one two\fthree"
    assert conservation(store)["holds"]


def test_an_ingest_component_that_hangs_fails_its_document_as_timeout(store: Store) -> None:
    hangs = Source(name="hangs", key="hangs", data=b"x", media_type="application/x-hangs")
    found = by_name(run(Pipeline("p").ingest(timeout=0.2), [hangs, note("fast")], store, Hangs, workers=2))
    assert (found["hangs"].status, found["hangs"].failures[0].category) == ("failed", "timeout")
    assert found["fast"].status == "completed"
    assert conservation(store)["holds"]
