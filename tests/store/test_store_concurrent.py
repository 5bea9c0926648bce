"""Two processes that run the same pipeline over the same documents at once: everything is recorded twice, and counts once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aios_sdk import Store

DOCUMENTS = 12


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store in which two processes were at work at once, each with a run of its own."""
    folder = tmp_path_factory.mktemp("twice")
    inbox = folder / "inbox"
    inbox.mkdir()
    for number in range(DOCUMENTS):
        (inbox / f"{number:02}.txt").write_text(f"claim {number} " + "x" * number)
    program = folder / "twice.py"
    program.write_text(_PROGRAM)
    command = [sys.executable, str(program), str(folder / "twice.aios"), str(inbox)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=120) and process.returncode for process in processes] == [0, 0]
    return Store(folder / "twice.aios", create=False)


_PROGRAM = """
import sys
from aios_sdk import Classification, Document, Extraction, Field, Label, Pipeline, Route, Span, Store, component

@component("twice.number", version="1", requires=["text"], provides=["fields"])
def number(document: Document) -> Extraction:
    page = document.pages[0]
    quote = page.text.split()[1]
    place = Span(artifact=page.reading.artifact, page=0, start=6, end=6 + len(quote), quote=quote)
    return Extraction(fields=(Field(path="number", value=int(quote), spans=(place,)),))

@component("twice.kind", version="1", requires=["text"], provides=["labels"])
def kind(document: Document) -> Classification:
    return Classification(labels=(Label(taxonomy="kind", value="claim", confidence=0.9),))

@component("twice.route", version="1", requires=["fields"], provides=["route"])
def route(document: Document) -> Route:
    return Route(destination="pay", review=document.fields["number"].value % 2 == 0)

print("ready", flush=True)
sys.stdin.readline()
pipeline = Pipeline("twice").ingest().extract(number).classify(kind).route(route)
with Store(sys.argv[1]) as store:
    for outcome in pipeline.run(sys.argv[2], store=store, progress=False):
        assert outcome.status == "completed", outcome
"""


def test_both_are_recorded(store: Store) -> None:
    assert store.sql("select count(distinct run_id), count(*) from outcomes where kind = 'file'").fetchall() == [(2, 2 * DOCUMENTS)]
    assert store.sql("select count(*) from routes").fetchall() == [(2 * DOCUMENTS,)]


@pytest.mark.parametrize("view", ["current_documents", "current_fields", "current_labels", "current_routes", "field_provenance"])
def test_each_document_counts_once(store: Store, view: str) -> None:
    assert store.sql(f"select count(*), count(distinct document_id) from {view}").fetchall() == [(DOCUMENTS, DOCUMENTS)]


def test_nothing_disappears_in_either_run(store: Store) -> None:
    rows = store.sql("select found, completed, failed, unfinished, holds from conservation").fetchall()
    assert rows == [(DOCUMENTS, DOCUMENTS, 0, 0, True)] * 2


def test_each_run_has_its_share_of_straight_through(store: Store) -> None:
    assert store.sql("select items, straight, review, unrouted from straight_through").fetchall() == [(DOCUMENTS, 6, 6, 0)] * 2


def test_latency_counts_what_was_computed_and_cost_what_each_run_asked_for(store: Store) -> None:
    hits = dict(store.sql("select cache = 'hit', count(*) from attempts group by all").fetchall())
    assert store.sql("select sum(attempts) from latency").fetchall() == [(hits[False],)]
    assert store.sql("select run_id, sum(attempts) from cost group by all order by all").fetchall() == [
        (run, 4 * DOCUMENTS) for (run,) in store.sql("select distinct run_id from runs order by all").fetchall()
    ]


def test_the_same_values_by_two_processes_are_no_change(store: Store) -> None:
    runs = [run for (run,) in store.sql("select distinct run_id from runs order by all").fetchall()]
    assert store.sql("from changed($1, $2)", runs).fetchall() == []


def test_a_value_leads_to_its_file_and_the_file_to_one_route(store: Store) -> None:
    document, field = store.sql("select document_id, field_id from current_fields order by name limit 1").fetchall()[0]
    up = store.sql("select kind, id from lineage_up($1)", [field]).fetchall()
    assert ("document", document) in up
    down = store.sql("select kind, count(*) from lineage_down($1) where kind in ('field', 'route') group by all order by all", [document])
    assert down.fetchall() == [("field", 1), ("route", 1)]
