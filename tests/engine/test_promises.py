"""Promises that are easy to break: failures that fallbacks must not hide, deliveries told apart, decisions that rest on something."""

from __future__ import annotations

import io
import os
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aios_sdk import (
    Document,
    Extraction,
    Fallback,
    Field,
    InputError,
    Limits,
    Pipeline,
    Reason,
    Reference,
    Region,
    Route,
    Source,
    Span,
    Store,
    Unsupported,
    component,
    implements,
)
from aios_sdk.records import PageInfo, PageText

from ._parts import FirstWords, Notes, by_name, conservation, document_of, latest, note, registry_of, run


@component("test.dir", media_types=["inode/directory"])
class Dir:
    """A folder."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        for path in sorted(Path(source.path).iterdir()):
            yield Source(name=path.name, path=str(path), media_type="inode/directory" if path.is_dir() else "")


@component("test.archive", media_types=["application/zip"], isolation="process")
class Archive:
    """A zip."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        with zipfile.ZipFile(io.BytesIO(source.read())) as archive:
            for name in archive.namelist():
                yield Source(name=name, data=archive.read(name))


def zipped(**members: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


# -- fallbacks ----------------------------------------------------------------------------------------------------------


def test_a_fallback_that_does_not_support_the_document_hides_no_failure(store: Store) -> None:
    def breaks(document: Document) -> Extraction:
        raise RuntimeError("broken")

    def declines(document: Document) -> Extraction:
        raise Unsupported("not mine")

    (outcome,) = run(Pipeline("p").ingest().extract(breaks, fallback=Fallback(declines)), [note("a", "x")], store, Notes)
    assert outcome.status == "failed"
    assert "broken" in outcome.failures[0].message


@component("test.pages", media_types=["application/x-pages"], provides=["pages"])
class Pages:
    """Three pages without text."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        yield Document.of(pages=tuple(PageInfo(index=number) for number in range(3)))


def reading(document: Document, by: str) -> Extraction:
    page = document.pages[0].index
    return Extraction(text=(PageText(page=page, content=f"{page} by {by}", method="ocr"),))


def test_a_fallback_reads_the_pages_that_failed_and_finished_ones_are_kept(store: Store) -> None:
    asked: list[int] = []

    @component("test.first", unit="page", requires=["pages"], provides=["text"])
    def first(document: Document) -> Extraction:
        if document.pages[0].index == 1:
            raise RuntimeError("page 1")
        return reading(document, "first")

    @component("test.second", unit="page", requires=["pages"], provides=["text"])
    def second(document: Document) -> Extraction:
        asked.append(document.pages[0].index)
        return reading(document, "second")

    source = Source(name="x", key="x", data=b"x", media_type="application/x-pages")
    (outcome,) = run(Pipeline("p").ingest().extract(first, fallback=Fallback(second)), [source], store, Pages)
    assert asked == [1]
    assert [page.text for page in outcome.document.pages] == ["0 by first", "1 by second", "2 by first"]
    assert outcome.status == "completed"
    attempts = latest(store, "select component, status from attempts where run_id = $1 and stage = 'extract'")
    assert sorted(attempts) == [("test.first", "partial"), ("test.second", "ok")]


def test_a_fallback_answers_for_a_span_that_does_not_resolve(store: Store) -> None:
    def wrong(document: Document) -> Extraction:
        text = document.layers.text[0]
        return Extraction(fields=(Field(path="x", value="no", spans=(Span(artifact=text.artifact, page=0, start=0, end=1, quote="?"),)),))

    pipeline = Pipeline("p").ingest().extract(wrong, fallback=Fallback(FirstWords))
    (outcome,) = run(pipeline, [note("b", "right word")], store, Notes)
    assert outcome.status == "completed"
    assert outcome.document.fields


def test_regions_lie_in_a_text_of_their_page_and_name_a_table_that_is_there(store: Store) -> None:
    text = PageText(page=0, content="right word")
    wrong = {
        "lies outside the 10 code points": Region(page=0, kind="heading", artifact=text.artifact, start=0, end=11),
        "counts in a text that is not there": Region(page=1, kind="heading", artifact=text.artifact, start=0, end=1),
        "which is no table of this document": Region.of(text, "table", 0, 1, target="f" * 64),
    }
    for said, region in wrong.items():
        given = Extraction(text=(text,), regions=(region,))

        def parts(document: Document) -> Extraction:
            return given  # noqa: B023 - it is called before the next turn

        (outcome,) = run(Pipeline("p").ingest().extract(parts), [note("b", "right word")], store, Notes)
        assert (outcome.status, outcome.failures[0].category) == ("failed", "contract")
        assert said in outcome.failures[0].message


# -- deliveries ---------------------------------------------------------------------------------------------------------


def test_files_of_one_name_in_two_folders_supersede_nothing(tmp_path: Path, fresh: Store) -> None:
    for month in ("jan", "feb"):
        (tmp_path / month).mkdir()
        (tmp_path / month / "report.txt").write_text(f"{month} report")
    pipeline = Pipeline("p").ingest()
    for inputs in ([tmp_path / "jan"], [tmp_path / "feb"], [tmp_path / "jan", tmp_path / "feb"], [tmp_path / "feb", tmp_path / "jan"]):
        run(pipeline, inputs, fresh, Notes, Dir)
    assert fresh.sql("select count(*) from current_documents").fetchall() == [(2,)]


def test_new_bytes_in_the_same_place_supersede_the_old_ones_and_all_their_parts(tmp_path: Path, fresh: Store) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    for content in (b"one", b"two"):
        (inbox / "a.zip").write_bytes(zipped(**{"inner.zip": zipped(**{"deep.txt": content}), "flat.txt": content}))
        run(Pipeline("p").ingest(), inbox, fresh, Notes, Dir, Archive)
    rows = fresh.sql("select name from current_documents order by name").fetchall()
    assert rows == [("deep.txt",), ("flat.txt",)]


def test_an_archive_in_an_archive_makes_the_same_cases_as_one_alone(tmp_path: Path, fresh: Store) -> None:
    plain = zipped(**{"a.txt": b"a", "b.txt": b"b"})
    (tmp_path / "nested.zip").write_bytes(zipped(**{"inner.zip": plain}))
    cases = run(Pipeline("p").ingest().collect(), tmp_path / "nested.zip", fresh, Notes, Archive)
    assert sorted(case.name for case in cases) == ["a.txt", "b.txt"]
    assert conservation(fresh)["holds"]


def test_archives_within_an_archive_share_its_budget(tmp_path: Path, fresh: Store) -> None:
    inner = {f"{number}.zip": zipped(**{"x.txt": bytes([97 + number]) * 400}) for number in range(5)}
    (tmp_path / "top.zip").write_bytes(zipped(**inner))
    limit = sum(map(len, inner.values())) + 900
    found = run(Pipeline("p").ingest(), tmp_path / "top.zip", fresh, Notes, Archive, limits=Limits(size=limit))
    statuses = sorted(outcome.status for outcome in found)
    assert statuses == ["completed", "completed", "refused", "refused", "refused"]
    assert conservation(fresh)["holds"]


def test_which_of_equal_documents_is_the_duplicate_does_not_change_between_runs(fresh: Store) -> None:
    notes = [note(f"{number}.txt", f"content {number // 3}") for number in range(15)]
    runs = []
    for _ in range(3):
        cases = run(Pipeline("p").ingest().collect(), notes, fresh, Notes)
        runs.append({case.name for case in cases if case.document.members[0].document.duplicate_of})
    assert runs[0] == runs[1] == runs[2] == {f"{number}.txt" for number in range(15) if number % 3}


def test_a_path_from_an_iterator_that_is_not_there_fails_alone(tmp_path: Path, store: Store) -> None:
    (tmp_path / "here.txt").write_text("here")
    found = by_name(run(Pipeline("p").ingest(), iter([tmp_path / "here.txt", tmp_path / "gone.txt"]), store, Notes))
    assert {name: outcome.status for name, outcome in found.items()} == {"here.txt": "completed", "gone.txt": "failed"}


# -- decisions ----------------------------------------------------------------------------------------------------------


def guess(document: Document) -> Extraction:
    return Extraction(fields=(Field(path="guess", value="42", status="ungrounded"),))


@pytest.mark.parametrize(("review", "status"), [(False, "failed"), (True, "completed")])
def test_no_automatic_route_rests_on_a_value_that_no_document_shows(store: Store, review: bool, status: str) -> None:
    def decide(document: Document) -> Route:
        (field,) = document.fields.all("guess")
        return Route(destination="pay", review=review, reasons=(Reason("because", (document.reference(field),)),))

    (outcome,) = run(Pipeline("p").ingest().extract(guess).route(decide), [note(f"r{review}", "x")], store, Notes)
    assert outcome.status == status
    assert (outcome.route is None) == (status == "failed")


def test_a_route_that_rests_on_what_there_is_not_fails(store: Store) -> None:
    def decide(document: Document) -> Route:
        return Route(destination="pay", reasons=(Reason("because", (Reference("field", "nowhere", document.id, "total"),)),))

    (outcome,) = run(Pipeline("p").ingest().route(decide), [note("n", "x")], store, Notes)
    assert outcome.status == "failed"
    assert "nowhere" in outcome.failures[0].message


# -- values that cannot be recorded -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", [{"reason": "\ud800"}, {"page": 2**70}, {"artifact": "\udfff"}, {"language": 5}], ids=["reason", "page", "artifact", "type"]
)
def test_a_text_that_cannot_be_recorded_fails_its_document_and_the_run_goes_on(store: Store, change: dict[str, object]) -> None:
    def odd(document: Document) -> Extraction:
        if document.name == "bad":
            return Extraction(text=(PageText(**{"page": 0, "content": "x", **change}),))  # type: ignore[arg-type]
        raise Unsupported("fine")

    found = by_name(run(Pipeline("p").ingest().extract(odd), [note("bad", "x"), note("good", "y")], store, Notes))
    assert found["good"].status == "completed"
    assert found["bad"].status == "failed"
    assert document_of("x").text == "x"


# -- what hangs ---------------------------------------------------------------------------------------------------------


@component("test.hangs", requires=["text"], provides=["fields"], isolation="process")
def hangs(document: Document) -> Extraction:
    if document.name == "slow":
        time.sleep(60)
    raise Unsupported("nothing to do")


def test_a_component_that_hangs_past_its_time_costs_its_own_document_only(store: Store) -> None:
    pipeline = Pipeline("p").ingest().extract(hangs, timeout=0.3)
    notes = [note("slow", "x"), *(note(f"{number}", "y") for number in range(3))]
    found = by_name(run(pipeline, notes, store, Notes, workers=1))
    assert (found["slow"].status, found["slow"].failures[0].category) == ("failed", "timeout")
    assert all(found[f"{number}"].status == "completed" for number in range(3))


def test_a_run_can_be_left_while_its_input_waits_for_an_event(store: Store) -> None:
    waiting = threading.Event()

    def events() -> Iterator[Source]:
        yield note("first", "x")
        waiting.wait(60)

    try:
        outcomes = Pipeline("p").ingest().run(events(), store=store, registry=registry_of(Notes))
        assert next(outcomes).name == "first"
        outcomes.close()  # type: ignore[attr-defined]  # a generator
    finally:
        waiting.set()
    assert latest(store, "select status from runs where run_id = $1 and event = 'finished'") == [("interrupted",)]


# -- what is no document ------------------------------------------------------------------------------------------------


def test_a_pipe_among_the_inputs_is_refused_at_once_and_fails_alone_when_it_comes_later(tmp_path: Path, store: Store) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(InputError, match="no regular file"):
        run(Pipeline("p").ingest(), [tmp_path / "pipe"], store, Notes)
    found = by_name(run(Pipeline("p").ingest(), iter([tmp_path / "pipe", tmp_path / "a.txt"]), store, Notes))
    assert {name: outcome.status for name, outcome in found.items()} == {"pipe": "failed", "a.txt": "completed"}


def test_an_empty_path_is_no_input(store: Store) -> None:
    with pytest.raises(InputError, match="no file or folder ''"):
        run(Pipeline("p").ingest(), [""], store, Notes)


def test_a_store_in_the_inbox_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    for _ in range(2):
        with Store(tmp_path / "store") as store:
            assert [outcome.name for outcome in run(Pipeline("p").ingest(), tmp_path, store, Notes, Tree)] == ["a.txt"]


@component("test.tree", media_types=["inode/directory"])
class Tree:
    """A folder and all below it."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        for path in sorted(Path(source.path).rglob("*")):
            if path.is_file():
                yield Source(name=str(path.relative_to(source.path)), path=str(path))


def test_a_component_that_is_named_for_ingest_reads_the_files_of_a_folder(tmp_path: Path, store: Store) -> None:
    (tmp_path / "a.txt").write_text("a")
    (outcome,) = run(Pipeline("p").ingest("test.notes"), tmp_path, store, Notes, Tree)
    assert (outcome.name, outcome.status) == ("a.txt", "completed")


def test_a_corrected_delivery_is_no_duplicate_of_what_it_replaces(tmp_path: Path, fresh: Store) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    for cover in (b"first", b"corrected", b"corrected again"):
        (inbox / "a.zip").write_bytes(zipped(**{"cover.txt": cover, "invoice.txt": b"invoice"}))
        cases = run(Pipeline("p").ingest().collect(), inbox, fresh, Notes, Tree, Archive)
        assert [case.document.members[0].document.duplicate_of for case in cases] == ["", ""]
