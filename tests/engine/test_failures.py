"""One bad document never harms another, and every failure is told with its category."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aios_sdk import (
    AiosError,
    Checks,
    Classification,
    ContractError,
    DeadlineExceeded,
    Document,
    Encrypted,
    Extraction,
    Field,
    InputError,
    Label,
    LimitExceeded,
    Malformed,
    Pipeline,
    Resources,
    Retryable,
    Route,
    Source,
    StepError,
    Store,
    StoreError,
    StoreFull,
    Unavailable,
    Unsupported,
    component,
    implements,
)

from ._parts import FirstWords, Notes, by_name, conservation, document_of, latest, note, registry_of, run, word


class Panic(BaseException):
    """What extension modules raise: a BaseException that is no Exception."""


class Unprintable(Exception):
    """Cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no")


def _exit() -> Exception:
    sys.exit(3)


RAISED: dict[str, tuple[Callable[[], BaseException], str]] = {
    "unsupported": (lambda: Unsupported("not mine"), "unsupported"),
    "malformed": (lambda: Malformed("cut off"), "malformed"),
    "encrypted": (lambda: Encrypted("locked"), "encrypted"),
    "limit": (lambda: LimitExceeded("too large"), "limit"),
    "deadline": (lambda: DeadlineExceeded("too slow"), "timeout"),
    "unavailable": (lambda: Unavailable("no tesseract"), "unavailable"),
    "retryable": (lambda: Retryable("busy", after=1.0), "retryable"),
    "contract": (lambda: ContractError("odd"), "contract"),
    "step": (lambda: StepError("hm"), "internal"),
    "any": (lambda: AiosError("hm"), "unavailable"),
    "input": (lambda: InputError("gone"), "unavailable"),
    "store": (lambda: StoreError("the bytes are not at hand"), "unavailable"),
    "value": (lambda: ValueError("bad"), "internal"),
    "memory": (MemoryError, "limit"),
    "recursion": (RecursionError, "internal"),
    "stop": (StopIteration, "internal"),
    "generator-exit": (GeneratorExit, "internal"),
    "panic": (Panic, "internal"),
    "cancelled": (asyncio.CancelledError, "internal"),
    "exit": (_exit, "internal"),
    "unprintable": (Unprintable, "internal"),
    "group": (lambda: BaseExceptionGroup("many", [Panic()]), "internal"),
}


def _fails(kind: str) -> None:
    if kind in RAISED:
        raise RAISED[kind][0]()


@component("test.fails-inline", isolation="inline")
class FailsInline:
    """Raises what the document's name says."""

    @implements
    def classify(self, document: Document) -> Classification:
        _fails(document.name)
        return Classification(labels=(Label(taxonomy="kind", value="fine"),))


@component("test.fails-process", isolation="process")
class FailsProcess(FailsInline):
    """The same on a worker."""


@component("test.fails-async", isolation="async")
class FailsAsync:
    """The same in a coroutine."""

    @implements
    async def classify(self, document: Document) -> Classification:
        await asyncio.sleep(0)
        _fails(document.name)
        return Classification(labels=(Label(taxonomy="kind", value="fine"),))


@pytest.mark.parametrize("timeout", [None, 60.0])
@pytest.mark.parametrize("fails", [FailsInline, FailsProcess, FailsAsync])
def test_whatever_a_component_raises_fails_its_document_alone(fails: type, timeout: float | None, store: Store) -> None:
    names = [name for kind in RAISED for name in (kind, f"fine after {kind}")]
    found = by_name(run(Pipeline("p").ingest().classify(fails, timeout=timeout), [note(name) for name in names], store, fails))
    assert sorted(found) == sorted(names)
    for kind, (_, category) in RAISED.items():
        ended = found.pop(kind)
        unsupported = category == "unsupported"
        assert ended.status == ("completed" if unsupported else "failed"), kind
        assert [failure.category for failure in ended.failures] == ([] if unsupported else [category]), kind
        assert ended.steps[-1].status == ("unsupported" if unsupported else "failed"), kind
    assert {outcome.status for outcome in found.values()} == {"completed"}
    assert {outcome.document.labels["kind"].value for outcome in found.values()} == {"fine"}
    row = conservation(store)
    assert (row["holds"], row["run_status"], row["found"]) == (True, "completed", len(names))


@component("test.breaks", media_types=["application/x-breaks"], provides=["pages", "text"], isolation="process")
class Breaks:
    """Yields a child, and if late a document, then raises what the name says."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        kind, _, when = source.name.partition(" ")
        yield Source(name="inner.txt", data=b"inner", media_type="text/plain")
        if when == "late":
            yield document_of("read before")
        _fails(kind)


@component("test.breaks-inline", media_types=["application/x-breaks-inline"], provides=["pages", "text"], isolation="inline")
class BreaksInline(Breaks):
    """The same on the engine's own thread."""


@pytest.mark.parametrize("media_type", ["application/x-breaks", "application/x-breaks-inline"])
def test_whatever_an_ingest_component_raises_keeps_what_it_yielded_before(media_type: str, store: Store) -> None:
    names = [f"{kind} {when}" for kind in RAISED for when in ("early", "late")]
    sources = [Source(name=name, key=name, data=name.encode(), media_type=media_type) for name in names]
    outcomes = run(Pipeline("p").ingest(), [*sources, note("fine.txt")], store, Breaks, BreaksInline)
    inner = [outcome for outcome in outcomes if outcome.name == "inner.txt"]
    assert [outcome.status for outcome in inner] == ["completed"] * len(names)
    found = by_name([outcome for outcome in outcomes if outcome.name != "inner.txt"])
    for kind, (_, category) in RAISED.items():
        early, late = found[f"{kind} early"], found[f"{kind} late"]
        if kind != "stop":  # a generator itself makes a RuntimeError of StopIteration
            assert early.status == ("refused" if category in ("unsupported", "encrypted", "limit") else "failed"), kind
            assert early.failures[0].category == category
        assert (late.status, late.document.text) == ("partial", "read before"), kind
    assert found["fine.txt"].status == "completed"
    row = conservation(store)
    assert (row["holds"], row["found"]) == (True, 2 * len(names) + 1)


def test_a_full_disk_stops_the_run_and_not_one_document(store: Store) -> None:
    @component("test.full")
    class Full:
        @implements
        def classify(self, document: Document) -> Classification:
            raise StoreFull("the disk is full")

    with pytest.raises(StoreFull):
        run(Pipeline("p").ingest().classify(Full), [note("a.txt")], store, Full)
    assert latest(store, "select status from runs where event = 'finished' and run_id = $1") == [("failed",)]


@pytest.mark.parametrize("answer", [None, 3, "text", Checks(), Route(destination="pay"), Document()])
def test_a_result_of_the_wrong_type_breaks_the_contract(answer: Any, store: Store) -> None:
    @component("test.wrong")
    class Wrong:
        @implements
        def extract(self, document: Document) -> Extraction:
            return answer  # type: ignore[no-any-return]

    [outcome] = run(Pipeline("p").ingest().extract(Wrong), [note("a.txt")], store, Wrong)
    assert (outcome.status, outcome.failures[0].category) == ("failed", "contract")
    assert "Extraction" in outcome.failures[0].message


@pytest.mark.parametrize("isolation", ["inline", "process"])
@pytest.mark.parametrize("item", [None, "text", 3, ("a", "b")])
def test_an_ingest_component_that_yields_something_else_breaks_the_contract(item: Any, isolation: Any, store: Store) -> None:
    @component("test.odd", media_types=["application/x-odd"], provides=["text"], isolation=isolation)
    class Odd:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield item

    [outcome] = run(Pipeline("p").ingest(), [Source(name="a", key="a", data=b"a", media_type="application/x-odd")], store, Odd)
    assert (outcome.status, outcome.failures[0].category) == ("failed", "contract")


@pytest.mark.parametrize("items", [None, 5])
def test_an_ingest_component_that_returns_no_iterator_fails_its_document(items: Any, store: Store) -> None:
    @component("test.none", media_types=["application/x-odd"], provides=["text"])
    class Nothing:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            return items  # type: ignore[no-any-return]

    [outcome] = run(Pipeline("p").ingest(), [Source(name="a", key="a", data=b"a", media_type="application/x-odd")], store, Nothing)
    assert outcome.status == "failed"


def test_two_documents_out_of_one_source_break_the_contract_and_the_first_is_kept(store: Store) -> None:
    @component("test.twice", media_types=["text/plain"], provides=["text"], priority=1)
    class Twice:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield document_of("one")
            yield document_of("two")

    [outcome] = run(Pipeline("p").ingest(), [note("a.txt")], store, Twice)
    assert (outcome.status, outcome.failures[0].category, outcome.document.text) == ("partial", "contract", "one")


def test_nothing_completes_with_empty_layers(store: Store) -> None:
    @component("test.empty", media_types=["text/plain"], provides=["text"], priority=1)
    class Empty:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            if source.name != "none.txt":
                yield Document.of()

    found = by_name(run(Pipeline("p").ingest(), [note("empty.txt"), note("none.txt")], store, Empty))
    assert {name: (outcome.status, outcome.failures[0].category) for name, outcome in found.items()} == {
        "empty.txt": ("failed", "malformed"),
        "none.txt": ("failed", "contract"),
    }


def test_an_empty_file_fails_as_malformed_and_no_component_is_asked(store: Store) -> None:
    [outcome] = run(Pipeline("p").ingest(), [Source(name="a.txt", key="a.txt", data=b"")], store)
    assert (outcome.status, outcome.failures[0].category) == ("failed", "malformed")
    assert "empty" in outcome.failures[0].message


def test_a_file_of_a_type_that_nobody_reads_is_refused(store: Store) -> None:
    [outcome] = run(Pipeline("p").ingest(), [Source(name="a.bin", key="a.bin", data=b"\x00\x01\x02")], store)
    assert (outcome.status, outcome.failures[0].category) == ("refused", "unsupported")
    assert "application/octet-stream" in outcome.failures[0].message


def test_a_file_that_is_gone_when_it_is_its_turn_fails_alone(tmp_path: Path, store: Store) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("kept")
    gone = Source(name="gone.txt", key="gone.txt", path=str(tmp_path / "gone.txt"))
    found = by_name(run(Pipeline("p").ingest(), [gone, kept], store))
    assert (found["gone.txt"].status, found["gone.txt"].failures[0].category) == ("failed", "unavailable")
    assert found["kept.txt"].status == "completed"


@component("test.folder", media_types=["inode/directory"])
class Folder:
    """The files of a folder, among them one that is not there."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        for path in sorted(Path(source.path).iterdir()):
            yield Source(name=path.name, path=str(path))


def test_a_file_of_a_folder_that_cannot_be_read_does_not_cost_the_files_after_it(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    (folder / "b.txt").symlink_to(tmp_path / "nowhere")
    (folder / "c.txt").write_text("c")
    found = by_name(run(Pipeline("p").ingest(), folder, store, Folder))
    assert {name: outcome.status for name, outcome in found.items()} == {"a.txt": "completed", "b.txt": "failed", "c.txt": "completed"}


def test_a_folder_that_breaks_half_way_keeps_what_it_gave_and_is_told(tmp_path: Path, store: Store) -> None:
    @component("test.folder", media_types=["inode/directory"])
    class Breaks:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield note("a.txt")
            raise OSError("the share went away")

    folder = tmp_path / "in"
    folder.mkdir()
    found = by_name(run(Pipeline("p").ingest(), folder, store, Breaks))
    assert {name: outcome.status for name, outcome in found.items()} == {"a.txt": "completed", "in": "failed"}
    assert "went away" in found["in"].failures[0].message
    assert conservation(store)["holds"]


@pytest.mark.parametrize("text", ["\ud800", "a\udcff"])
def test_text_that_is_no_unicode_fails_its_document_alone(text: str, store: Store) -> None:
    @component("test.surrogate")
    class Surrogate:
        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction(fields=(Field(path="subject", value=text if document.name == "bad.txt" else "fine", status="ungrounded"),))

    found = by_name(run(Pipeline("p").ingest().extract(Surrogate), [note("bad.txt"), note("good.txt")], store, Surrogate))
    assert found["good.txt"].status == "completed"
    assert (found["bad.txt"].status, found["bad.txt"].failures[0].category) == ("failed", "contract")


@pytest.mark.parametrize("text", ["\ud800", "a\udcff"])
def test_an_ingest_component_that_gives_no_unicode_fails_its_document_alone(text: str, store: Store) -> None:
    @component("test.surrogate", media_types=["text/plain"], priority=1, provides=["text", "fields"])
    class Surrogate:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            value = text if source.name == "bad.txt" else "fine"
            yield document_of("text", fields=(Field(path="subject", value=value, status="ungrounded"),))

    found = by_name(run(Pipeline("p").ingest(), [note("bad.txt"), note("good.txt")], store, Surrogate))
    assert found["good.txt"].status == "completed"
    assert (found["bad.txt"].status, found["bad.txt"].failures[0].category) == ("failed", "contract")


def test_a_name_that_is_no_unicode_costs_nobody_anything(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    Path(os.fsdecode(bytes(folder) + b"/b\xff.txt")).write_bytes(b"b")
    outcomes = run(Pipeline("p").ingest(), folder, store, Folder)
    assert sorted(outcome.document.text for outcome in outcomes) == ["a", "b"]
    assert {outcome.status for outcome in outcomes} == {"completed"}


def test_a_component_that_cannot_be_made_fails_the_documents_it_was_chosen_for(store: Store) -> None:
    @component("test.unmade", media_types=["application/x-unmade"], provides=["text"])
    class Unmade:
        def __init__(self, config: object) -> None:
            raise RuntimeError("broken from the start")

        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield document_of("never")

    bad = Source(name="bad.x", key="bad.x", data=b"x", media_type="application/x-unmade")
    found = by_name(run(Pipeline("p").ingest(), [bad, note("good.txt")], store, Unmade))
    assert found["good.txt"].status == "completed"
    assert found["bad.x"].status == "failed"
    assert "broken from the start" in found["bad.x"].failures[0].message


def test_a_component_that_cannot_be_opened_fails_its_documents_and_optional_steps_only_themselves(store: Store) -> None:
    @component("test.unopened")
    class Unopened:
        def open(self, resources: Any) -> None:
            raise Unavailable("there is no model", fix="Download it")

        @implements
        def classify(self, document: Document) -> Classification:
            return Classification()

    pipeline = Pipeline("p").ingest().classify(Unopened)
    [outcome] = run(pipeline, [note("a.txt")], store, Unopened)
    assert (outcome.status, outcome.failures[0].category, outcome.failures[0].retryable) == ("failed", "unavailable", True)
    optional = Pipeline("p").ingest().classify(Unopened, required=False).extract(FirstWords)
    [outcome] = run(optional, [note("a.txt")], store, Unopened, FirstWords)
    assert outcome.status == "partial"
    assert outcome.document.fields["word"].value == "text"


def test_after_a_required_step_has_failed_no_later_step_is_asked(store: Store) -> None:
    asked: list[str] = []

    @component("test.bad")
    class Bad:
        @implements
        def extract(self, document: Document) -> Extraction:
            raise ValueError("no")

    @component("test.later")
    class Later:
        @implements
        def classify(self, document: Document) -> Classification:
            asked.append(document.name)
            return Classification()

    [outcome] = run(Pipeline("p").ingest().extract(Bad).classify(Later), [note("a.txt")], store, Bad, Later)
    assert (outcome.status, asked, [step.step for step in outcome.steps]) == ("failed", [], ["ingest", "extract.test.bad"])
    [outcome] = run(Pipeline("p").ingest().extract(Bad, required=False).classify(Later), [note("a.txt")], store, Bad, Later)
    assert (outcome.status, asked) == ("partial", ["a.txt"])


@pytest.mark.parametrize("answer", ["raises", "no extraction", "span off", "fine"])
def test_whatever_a_component_answers_it_is_asked_once_and_one_attempt_is_recorded(answer: str, store: Store) -> None:
    asked: list[str] = []

    @component("test.once", provides=["fields"])
    class Once:
        @implements
        def extract(self, document: Document) -> Extraction:
            asked.append(document.name)
            if answer == "raises":
                raise ValueError("no")
            if answer == "no extraction":
                return None  # type: ignore[return-value]
            return Extraction(fields=(word(document.pages[0].reading, "word", shift=answer == "span off"),))

    names = ["a.txt", "b.txt"]
    outcomes = run(Pipeline("p").ingest().extract(Once), [note(name) for name in names], store, Once)
    status = "ok" if answer == "fine" else "failed"
    assert ({outcome.steps[-1].status for outcome in outcomes}, sorted(asked)) == ({status}, names)
    query = "select status, units, count(*) from attempts where run_id = $1 and stage = 'extract' group by all"
    assert latest(store, query) == [(status, 1, 2)]


def test_a_span_one_character_off_fails_the_step_and_leaves_no_field(store: Store) -> None:
    @component("test.off", provides=["fields"])
    class Off:
        @implements
        def extract(self, document: Document) -> Extraction:
            return Extraction(fields=(word(document.pages[0].reading, "word", shift=1 if document.name == "off.txt" else 0),))

    found = by_name(run(Pipeline("p").ingest().extract(Off), [note("off.txt"), note("on.txt")], store, Off))
    assert (found["off.txt"].status, found["off.txt"].failures[0].category) == ("failed", "contract")
    assert found["off.txt"].document.layers.fields == ()
    assert latest(store, "select name from fields join documents using (document_id, run_id) where run_id = $1") == [("on.txt",)]


def test_a_span_into_a_text_that_nobody_gave_fails_the_step(store: Store) -> None:
    @component("test.elsewhere", provides=["fields"])
    class Elsewhere:
        @implements
        def extract(self, document: Document) -> Extraction:
            reading = document_of("another text").layers.text[0]
            return Extraction(fields=(word(reading, "word"),))

    [outcome] = run(Pipeline("p").ingest().extract(Elsewhere), [note("a.txt")], store, Elsewhere)
    assert (outcome.status, outcome.failures[0].category) == ("failed", "contract")


def test_an_ingest_component_whose_spans_are_off_fails_its_document(store: Store) -> None:
    @component("test.off-ingest", media_types=["text/plain"], priority=1, provides=["text", "fields"])
    class Off:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            document = document_of("some text")
            yield document_of("some text", fields=(word(document.layers.text[0], "word", shift=1),))

    [outcome] = run(Pipeline("p").ingest(), [note("a.txt")], store, Off)
    assert (outcome.status, outcome.failures[0].category) == ("failed", "contract")
    assert latest(store, "select count(*) from fields where run_id = $1") == [(0,)]


@pytest.mark.parametrize("component_unit", ["page", "document"])
def test_a_route_that_cannot_be_merged_fails_its_document_and_not_the_run(component_unit: Any, store: Store) -> None:
    @component("test.routes", unit=component_unit)
    class Routes:
        @implements
        def route(self, document: Document) -> Route:
            return Route(destination="pay")

    outcomes = by_name(run(Pipeline("p").ingest().route(Routes), [note("two.txt", "one\ftwo"), note("one.txt")], store, Routes))
    assert outcomes["one.txt"].status == "completed"
    assert outcomes["two.txt"].status == ("failed" if component_unit == "page" else "completed")


def test_a_component_that_asks_a_case_for_its_bytes_fails_the_case_and_not_the_run(store: Store) -> None:
    @component("test.reads")
    class Reads:
        @implements
        def check(self, document: Document) -> Checks:
            document.read()
            return Checks()

    outcomes = run(Pipeline("p").ingest().collect().check(Reads), [note("a.txt"), note("b.txt")], store, Reads)
    assert [outcome.status for outcome in outcomes] == ["failed", "failed"]
    assert "not at hand" in outcomes[0].failures[0].message


def test_equally_good_components_fail_the_document_and_not_the_run(store: Store) -> None:
    @component("test.other-notes", media_types=["text/plain"], provides=["text"])
    class OtherNotes(Notes):
        """Just as good."""

        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield document_of("other")

    @component("test.other", media_types=["application/x-other"], provides=["text"])
    class Other:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield document_of("fine")

    other = Source(name="b.x", key="b.x", data=b"b", media_type="application/x-other")
    found = by_name(run(Pipeline("p").ingest(), [note("a.txt"), other], store, OtherNotes, Other))
    assert found["a.txt"].status == "failed"
    assert "test.notes, test.other-notes" in found["a.txt"].failures[0].message
    assert found["b.x"].status == "completed"


def test_a_small_file_that_no_component_reads_keeps_its_bytes(store: Store) -> None:
    (outcome,) = run(Pipeline("p").ingest(), [Source(name="a.xyz", key="a.xyz", data=b"\x00\x01\x02", media_type="x/unknown")], store)
    assert outcome.status == "refused"
    assert store.document(outcome.document.id).read() == b"\x00\x01\x02"
    assert store.verify().holds


def test_a_document_whose_reader_lacks_a_program_is_refused_with_the_command_that_installs_it(store: Store, tmp_path: Path) -> None:
    @component("test.old", media_types=["text/plain"], provides=["pages", "text"], programs=["aios-no-such-program"])
    class Old:
        """Needs a program."""

        def open(self, resources: Resources) -> None:
            raise Unavailable("There is no program 'aios-no-such-program'", fix="Run: apt install it")

        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield Document.of()

    registry = registry_of(Old)
    [outcome] = Pipeline("p").ingest().run([note("old.txt")], store=store, registry=registry, progress=False)
    assert (outcome.status, outcome.failures[0].category) == ("refused", "unavailable")
    assert "apt install it" in outcome.failures[0].message
