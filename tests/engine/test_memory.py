"""Results are recalled when nothing that enters them has changed, and computed when anything has."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aios_sdk import ComponentConfig, Document, Extraction, Pipeline, Route, Source, Store, attribute, component, implements
from aios_sdk.records import to_json

from ._parts import Notes, conservation, document_of, latest, note, registry_of, run, word

CALLS: list[tuple[str, str]] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    CALLS.clear()


@component("memo.first", version="1", requires=["text"], provides=["fields"])
class First:
    """The first word, in a case that the configuration says."""

    class Config(ComponentConfig):
        upper: bool = False

    def __init__(self, config: Config) -> None:
        self.upper = config.upper

    @implements
    def extract(self, document: Document) -> Extraction:
        CALLS.append(("first", document.name))
        found = word(document.pages[0].reading, "first")
        return Extraction(fields=(found,))


@component("memo.route", version="1", requires=["fields"], provides=["route"])
class ByWord:
    """Goes where the first word says."""

    @implements
    def route(self, document: Document) -> Route:
        CALLS.append(("route", document.name))
        return Route(destination=str(document.fields["first"].value))


@component("memo.dice", version="1", requires=["text"], provides=["fields"], deterministic=False)
class Dice:
    """Not deterministic."""

    @implements
    def extract(self, document: Document) -> Extraction:
        CALLS.append(("dice", document.name))
        if document.name == "bomb" and len(CALLS) < 3:
            raise KeyboardInterrupt
        return Extraction()


def pipeline(**config: object) -> Pipeline:
    return Pipeline("memo").ingest().extract("memo.first", config=config).route("memo.route")


def caches(store: Store) -> list[tuple[str, str]]:
    return latest(store, "select step, cache from attempts where run_id = $1 and stage <> 'ingest' order by step")


def test_a_second_run_recalls_what_the_first_computed_and_ends_with_the_same(fresh: Store) -> None:
    notes = [note("a", "pay now"), note("b", "review it")]
    before = run(pipeline(), notes, fresh, First, ByWord)
    assert len(CALLS) == 4
    CALLS.clear()
    after = run(pipeline(), notes, fresh, First, ByWord)
    assert CALLS == []
    assert {outcome.name: to_json(outcome.document) for outcome in after} == {outcome.name: to_json(outcome.document) for outcome in before}


def test_what_is_asked_for_fresh_is_computed(fresh: Store) -> None:
    run(pipeline(), [note("a", "pay now")], fresh, First, ByWord)
    CALLS.clear()
    run(pipeline(), [note("a", "pay now")], fresh, First, ByWord, fresh=True)
    assert CALLS == [("first", "a"), ("route", "a")]


def test_a_changed_step_runs_again_and_nothing_after_it_when_its_output_is_the_same(fresh: Store) -> None:
    run(pipeline(), [note("a", "pay now")], fresh, First, ByWord)
    CALLS.clear()
    run(pipeline(upper=True), [note("a", "pay now")], fresh, First, ByWord)
    assert CALLS == [("first", "a")]


def test_what_depends_on_a_changed_output_runs_again(fresh: Store) -> None:
    run(pipeline(), [note("a", "pay now")], fresh, First, ByWord)
    CALLS.clear()
    run(pipeline(), [note("a", "review it")], fresh, First, ByWord)
    assert CALLS == [("first", "a"), ("route", "a")]


def test_a_file_that_only_has_another_name_is_not_read_again(fresh: Store) -> None:
    run(pipeline(), [note("a", "pay now")], fresh, First, ByWord)
    CALLS.clear()
    run(pipeline(), [note("z", "pay now")], fresh, First, ByWord)
    assert ("first", "z") not in CALLS


def test_the_keys_of_all_that_was_made_of_some_bytes_begin_as_their_hash_does(fresh: Store) -> None:
    run(pipeline(), [note("a", "pay now")], fresh, First, ByWord)
    query = """select d.content_id, list(a.memo_key) from documents d join attempts a using (document_id, run_id)
        where a.stage <> 'ingest' group by all"""
    [(content, keys)] = fresh.sql(query).fetchall()
    assert len(set(keys)) == 2
    assert {(key[:16], len(key)) for key in keys} == {(content[:16], 32)}


def test_what_is_not_deterministic_runs_again_once_a_run_was_complete(fresh: Store) -> None:
    dice = Pipeline("dice").ingest().extract("memo.dice")
    run(dice, [note("a")], fresh, Dice)
    CALLS.clear()
    run(dice, [note("a")], fresh, Dice)
    assert CALLS == [("dice", "a")]


def test_a_run_that_was_cut_off_goes_on_where_it_stopped_even_with_what_is_not_deterministic(fresh: Store) -> None:
    dice = Pipeline("dice").ingest().extract("memo.dice")

    def cut_off() -> None:
        for _ in dice.run([note("a"), note("bomb")], store=fresh, registry=registry_of(Notes, Dice), progress=False, workers=1):
            pass

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    assert CALLS == [("dice", "a"), ("dice", "bomb")]
    CALLS.extend([("", "")])
    run(dice, [note("a"), note("bomb")], fresh, Dice)
    assert CALLS[3:] == [("dice", "bomb")]


def test_the_index_of_results_can_be_deleted_and_is_made_again(fresh: Store, tmp_path: Path) -> None:
    run(pipeline(), [note("a", "pay now")], fresh, First, ByWord)
    fresh.close()
    shutil.rmtree(fresh.path / "memo")
    CALLS.clear()
    with Store(fresh.path) as again:
        run(pipeline(), [note("a", "pay now")], again, First, ByWord)
    assert CALLS == []


def test_a_result_whose_blob_is_gone_is_computed_again(fresh: Store) -> None:
    @component("memo.large", version="1", media_types=["text/plain"], provides=["pages", "text"], priority=9)
    class Large:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            yield document_of("x")

    @component("memo.long", version="1", requires=["pages"], provides=["text"])
    class Long:
        @implements
        def extract(self, document: Document) -> Extraction:
            CALLS.append(("long", document.name))
            return Extraction(text=document_of("word " * 10_000).layers.text)

    long = Pipeline("long").ingest().extract("memo.long")
    run(long, [note("a")], fresh, Large, Long)
    assert CALLS == [("long", "a")]
    for blob in (fresh.path / "blobs").glob("*/*"):
        blob.unlink()
    CALLS.clear()
    run(long, [note("a")], fresh, Large, Long)
    assert CALLS == [("long", "a")]
    CALLS.clear()
    run(long, [note("a")], fresh, Large, Long)
    assert CALLS == []


def test_attempts_say_whether_they_were_recalled(fresh: Store) -> None:
    run(pipeline(), [note("a", "pay now")], fresh, First, ByWord)
    assert caches(fresh) == [("extract.memo.first", "miss"), ("route.memo.route", "miss")]
    run(pipeline(), [note("a", "pay now")], fresh, First, ByWord)
    assert caches(fresh) == [("extract.memo.first", "hit"), ("route.memo.route", "hit")]


def everything(store: Store) -> list[tuple[object, ...]]:
    """What the latest run recorded of its documents, without the times and ids that are its own."""
    tables = {
        "documents": "document_id, kind, name, key, path, media_type, content_id, bytes, root_id, content",
        "artifacts": "document_id, step, layer, ordinal, items, artifact_id, content",
        "pages": "document_id, step, page, characters, text_artifact",
        "fields": "document_id, field_id, step, ordinal, path, value_text, artifact_id, char_start, char_end",
        "routes": "document_id, route_id, destination",
        "attempts": "document_id, step, component, version, code_digest, config_digest, status, memo_key",
        "outcomes": "document_id, status, kind, thread, steps",
    }
    query = "select {} from {} where run_id = $1 order by all"
    return [row for table, columns in tables.items() for row in latest(store, query.format(columns, table))]


def test_a_document_that_comes_again_is_recalled_whole_and_recorded_as_if_its_steps_had_run(fresh: Store) -> None:
    notes = [note("a", "pay now"), note("b", "review it")]
    run(pipeline(), notes, fresh, First, ByWord)
    before = everything(fresh)
    run(pipeline(), notes, fresh, First, ByWord)
    assert everything(fresh) == before
    assert latest(fresh, "select count(*), count(distinct from_run) from recalls where run_id = $1") == [(2, 1)]
    assert latest(fresh, "select distinct cache, wall_seconds from attempts where run_id = $1") == [("hit", 0.0)]
    assert latest(fresh, "select count(distinct attempt_id) = count(*) from attempts where $1 <> ''") == [(True,)]
    assert conservation(fresh)["found"] == conservation(fresh)["completed"] == 2
    assert latest(fresh, "select count(*) from plugins where run_id = $1") == [(3,)]


@component("memo.pictures", version="1", media_types=["image/png"], requires=["text"], provides=["fields"])
class OfPictures:
    """Nothing for texts."""

    @implements
    def extract(self, document: Document) -> Extraction:
        raise AssertionError(document.name)


def test_steps_that_are_not_for_a_document_do_not_keep_it_from_being_recalled_whole(fresh: Store) -> None:
    made = pipeline().extract("memo.pictures").extract("memo.first", name="later", when=attribute("name") == "b", config={"upper": True})
    for _ in range(2):
        run(made, [note("a", "pay now")], fresh, First, ByWord, OfPictures)
        steps = latest(fresh, "select step, status, component from attempts where run_id = $1 order by all")
        assert [status for _, status, _ in steps] == ["ok", "unsupported", "ok", "skipped", "ok"]
        used = latest(fresh, "select step, component from plugins where run_id = $1 order by all")
        assert used == [(step, component) for step, status, component in steps if status == "ok"]
    assert latest(fresh, "select count(*) from recalls where run_id = $1") == [(1,)]


def test_a_document_is_recalled_from_the_run_that_computed_it_however_often_it_comes(fresh: Store) -> None:
    for _ in range(4):
        run(pipeline(), [note("a", "pay now")], fresh, First, ByWord)
    assert fresh.sql("select count(*), count(distinct from_run) from recalls").fetchall() == [(3, 1)]


def test_a_document_whose_step_failed_or_is_left_to_chance_is_asked_about_again(fresh: Store) -> None:
    made = Pipeline("mixed").ingest().extract("memo.first").extract("memo.dice")
    for _ in range(2):
        run(made, [note("a", "pay now")], fresh, First, Dice)
    assert fresh.sql("select count(*) from recalls").fetchall() == [(0,)]
    run(pipeline(), [note("empty", " ")], fresh, First, ByWord)
    run(pipeline(), [note("empty", " ")], fresh, First, ByWord)
    assert fresh.sql("select count(*) from recalls").fetchall() == [(0,)]


def test_other_settings_another_pipeline_and_other_bytes_are_no_recall(fresh: Store) -> None:
    run(pipeline(), [note("a", "pay now")], fresh, First, ByWord)
    run(pipeline(upper=True), [note("a", "pay now")], fresh, First, ByWord)
    run(Pipeline("other").ingest().extract("memo.first"), [note("a", "pay now")], fresh, First)
    run(pipeline(), [note("a", "review it")], fresh, First, ByWord)
    assert fresh.sql("select count(*) from recalls").fetchall() == [(0,)]


def test_what_was_recalled_can_be_rebuilt_from_the_journal_alone_and_known_by_later_runs(fresh: Store) -> None:
    """The first bytes come back after others: the newest delivery is what counts, though it was recalled."""
    texts = ["pay now", "review it", "pay now", "review it", "review it", "pay now", "pay now"]
    for text in texts:
        run(pipeline(), [note("a", text)], fresh, First, ByWord)
    chain = "select content_id, supersedes from documents order by run_id"
    told = fresh.sql(chain).fetchall()
    first, second = (next(content for content, _ in told[place:]) for place in (0, 1))
    assert [content for content, _ in told] == [first if text == "pay now" else second for text in texts]
    assert [bool(superseded) for _, superseded in told] == [False, True, True, True, False, True, False]
    assert fresh.sql("select count(*) from recalls").fetchall()[0][0] >= 1
    values = "select content_id, f.path, value_text from fields f join documents d using (run_id, document_id) order by all"
    held = fresh.sql(values).fetchall()
    fresh.close()
    (fresh.path / "aios.duckdb").unlink()
    with Store(fresh.path) as again:
        assert again.sql(chain).fetchall() == told
        assert again.sql(values).fetchall() == held


def test_cases_of_documents_that_were_recalled_are_what_they_were(fresh: Store) -> None:
    cases = Pipeline("cases").ingest().extract("memo.first").collect(by="parent").route(by_members)
    notes = [note("a", "pay now"), note("b", "pay now"), note("c", "review it")]
    before = {outcome.document.id: outcome for outcome in run(cases, notes, fresh, First)}
    after = {outcome.document.id: outcome for outcome in run(cases, notes, fresh, First)}
    assert {each: to_json(outcome.document) for each, outcome in after.items()} == {
        each: to_json(outcome.document) for each, outcome in before.items()
    }
    assert latest(fresh, "select count(*) from recalls where run_id = $1") == [(3,)]


def by_members(document: Document) -> Route:
    """Goes by the first words of its members."""
    return Route(destination=" ".join(sorted(str(member.document.fields["first"].value) for member in document.members)))
