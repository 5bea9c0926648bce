"""Results are recalled when nothing that enters them has changed, and computed when anything has."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aios_sdk import ComponentConfig, Document, Extraction, Pipeline, Route, Source, Store, component, implements
from aios_sdk.records import to_json

from ._parts import Notes, document_of, latest, note, registry_of, run, word

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
