"""Components that end badly within a run: each costs its own document, is named in the failure, and leaves nothing behind."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from aios_sdk import Context, Document, Extraction, Limits, Outcome, Pipeline, Source, Store, component, implements
from tests.engine._parts import FirstWords, Notes, by_name, conservation, document_of, latest, note, run
from tests.engine.workers._parts import MISDEEDS, Bad, said
from tests.engine.workers._pools import MARK, left_of, until

#: The failures that are expected, by what a component did.
EXPECTED = {
    "spin": ("timeout", "did not end within"),
    "backtrack": ("timeout", "did not end within"),
    "fork and hang": ("timeout", "did not end within"),
    "ignore signals": ("timeout", "did not end within"),
    "stop": ("timeout", "did not end within"),
    "allocate": ("limit", "took more than 200 MiB"),
    "allocate in children": ("limit", "took more than 200 MiB"),
    "allocate at once": ("limit", "MemoryError"),
    "exit": ("internal", "exit status 3"),
    "leave": ("internal", "SystemExit: enough"),
    "crash": ("internal", "SIGSEGV"),
    "unspeakable": ("internal", "_Unspeakable: it cannot be printed"),
    "close everything": ("internal", "broke the connection of its worker"),
    "write everywhere": ("internal", "broke the connection of its worker"),
}
#: What is returned instead of a result, by what was asked for.
WRONG = ("none", "text", "wrong currency", "wrong items", "object", "large number")
#: What is no failure, however ugly.
HARMLESS = ("flood", "fork and return", "daemon")


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After each test no process runs that it started, and there is no file that was made for a while."""
    scratch, mark = tmp_path / "scratch", uuid.uuid4().hex
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv(MARK, mark)
    yield
    left = [] if until(lambda: not left_of(mark)) else left_of(mark)
    for pid in left:
        psutil.Process(pid).kill()
    assert not left
    assert not list(scratch.rglob("*"))


@component("test.bad-reader", media_types=["text/plain"], provides=["pages", "text"], isolation="process")
class BadReader:
    """Gives a document of the text, unless that is a misdeed."""

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        text = source.read().decode()
        if text in WRONG:
            yield MISDEEDS[text](document_of(text))  # type: ignore[misc]  # what is tested
        elif text in MISDEEDS:
            MISDEEDS[text](document_of(text))
        yield document_of(text)


@component("test.bad-together", requires=["text"], provides=["fields"], isolation="process")
class BadTogether:
    """Does with several documents at once what the worst of them says, and alone what each says."""

    @implements
    def extract(self, document: Document) -> Extraction:
        if document.text in MISDEEDS:
            MISDEEDS[document.text](document)
        return said("alone", document.text)

    @implements
    def extract_batch(self, documents: Sequence[Document]) -> list[Extraction]:
        for document in documents:
            if document.text in MISDEEDS:
                MISDEEDS[document.text](document)
        return [said("together", document.text) for document in documents]


@component("test.miscounts", requires=["text"], provides=["fields"], isolation="process")
class Miscounts:
    """Its batch companion loses one."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return said(document.text)

    @implements
    def extract_batch(self, documents: Sequence[Document]) -> list[Extraction]:
        return [said(document.text) for document in documents[1:]]


def _run(pipeline: Pipeline, texts: Sequence[str], store: Store, *components: type) -> dict[str, Outcome]:
    """The outcomes by text, each bad one between two that are good."""
    notes = [each for text in texts for each in (note(f"before {text}", "good"), note(text, text), note(f"after {text}", "good"))]
    found = by_name(run(pipeline, notes, store, *components, limits=Limits(memory_mb=200)))
    assert len(found) == len(notes)
    assert {name: outcome.status for name, outcome in found.items() if name not in texts} == {
        each.name: "completed" for each in notes if each.name not in texts
    }
    row = conservation(store)
    assert (row["run_status"], row["found"], row["holds"]) == ("completed", len(notes), True)
    return found


def _assert_recorded(store: Store, component: str, texts: Sequence[str]) -> None:
    """Each failure is told once, names the component, and has its category and message."""
    rows = latest(
        store,
        "select d.name, f.category, f.message, f.component from failures f join documents d using (document_id, run_id) where run_id = $1",
    )
    assert sorted(name for name, *_ in rows) == sorted(texts)
    for name, category, message, who in rows:
        expected, words = EXPECTED.get(name, ("contract", ""))
        assert category == expected, (name, category, message)
        assert words in message
        assert component in message
        assert who == component


def test_a_step_that_ends_badly_costs_its_own_document(store: Store) -> None:
    texts = (*EXPECTED, *WRONG)
    pipeline = Pipeline("p").ingest().extract(FirstWords).extract(Bad, timeout=2)
    found = _run(pipeline, texts, store, FirstWords, Bad)
    assert {found[text].status for text in texts} == {"failed"}
    assert all(found[text].document.fields["word"].value == text.split()[0] for text in texts)
    _assert_recorded(store, "test.bad", texts)


def test_an_ingest_that_ends_badly_costs_its_own_document(store: Store) -> None:
    texts = (*EXPECTED, "none", "text")
    found = _run(Pipeline("p").ingest(BadReader, timeout=2).extract(FirstWords), texts, store, FirstWords, BadReader)
    assert {found[text].status for text in texts} <= {"failed", "refused"}
    _assert_recorded(store, "test.bad-reader", texts)


def test_what_prints_much_or_leaves_processes_does_no_harm(store: Store) -> None:
    found = _run(Pipeline("p").ingest(BadReader).extract(Bad), HARMLESS, store, BadReader, Bad)
    assert {found[text].status for text in HARMLESS} == {"completed"}


def test_a_batch_companion_that_ends_badly_costs_only_the_document_it_fails_for(store: Store) -> None:
    texts = ("spin", "exit", "crash", "allocate", "unspeakable", "fork and hang")
    found = _run(Pipeline("p").ingest().extract(BadTogether, timeout=1), texts, store, BadTogether)
    assert {found[text].status for text in texts} == {"failed"}
    _assert_recorded(store, "test.bad-together", texts)


def test_a_batch_companion_that_gives_the_wrong_number_fails_the_documents_it_was_given(store: Store) -> None:
    found = by_name(run(Pipeline("p").ingest().extract(Miscounts), [note(f"{number}") for number in range(5)], store, Miscounts))
    failed = [outcome for outcome in found.values() if outcome.status == "failed"]
    assert failed
    for outcome in failed:
        assert outcome.failures[0].category == "contract"
        assert "test.miscounts" in outcome.failures[0].message


def test_a_folder_of_nothing_but_bad_documents_ends_too(store: Store) -> None:
    found = run(Pipeline("p").ingest().extract(Bad), [note(f"{number}", "crash") for number in range(12)], store, Notes, Bad)
    assert {outcome.status for outcome in found} == {"failed"}
    assert conservation(store)["holds"]
