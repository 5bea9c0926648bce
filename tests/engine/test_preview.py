"""What a run would do is told beforehand, and then it does that."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from aios_sdk import Document, Extraction, Outcome, Pipeline, Store, Unsupported, component, implements
from aios_sdk.cli import main
from aios_sdk.engine import Foreseen

from ._parts import Notes, latest, note, registry_of, run
from .test_memory import ByWord, Dice, First, pipeline


@component("test.not-mine", version="1", requires=["text"], provides=["fields"])
class NotMine:
    """Has nothing to do with any document."""

    @implements
    def extract(self, document: Document) -> Extraction:
        TRIED.append(document.name)
        raise Unsupported("there is nothing for me")


TRIED: list[str] = []


def foreseen(made: Pipeline, inputs: object, store: Store, *components: type) -> list[Foreseen]:
    return list(made.preview(inputs, store=store, registry=registry_of(Notes, First, ByWord, Dice, *components)))


def wills(found: list[Foreseen]) -> dict[tuple[str, str], str]:
    return {(each.document, each.step): each.will for each in found}


def test_in_an_empty_store_everything_is_new(fresh: Store) -> None:
    found = foreseen(pipeline(), [note("a", "pay now")], fresh)
    assert {each.will for each in found} == {"compute"}
    assert {each.why for each in found} == {"it is new"}
    assert [each.step for each in found] == ["ingest", "extract.memo.first", "route.memo.route"]


def test_what_would_be_recalled_is_recalled_and_what_would_be_computed_is_computed(fresh: Store) -> None:
    run(pipeline(), [note("a", "pay now"), note("b", "review it")], fresh, First, ByWord)
    inputs = [note("a", "pay now"), note("b", "other words"), note("c", "new here")]
    found = wills(foreseen(pipeline(), inputs, fresh))
    run(pipeline(), inputs, fresh, First, ByWord)
    caches = latest(fresh, "select d.key, step, cache from attempts a join documents d using (run_id, document_id) where run_id = $1")
    assert {(key, step): {"hit": "recall"}.get(cache, "compute") for key, step, cache in caches} == found
    assert Counter(found.values()) == {"recall": 3, "compute": 6}


def test_a_changed_setting_is_named_and_what_follows_depends_on_it(fresh: Store) -> None:
    run(pipeline(), [note("a", "pay now")], fresh, First, ByWord)
    _, first, second = foreseen(pipeline(upper=True), [note("a", "pay now")], fresh)
    assert (first.will, first.why) == ("compute", "the settings of memo.first have changed")
    assert (second.will, second.why) == ("depend", "it reads fields, which may change")


def test_new_steps_other_bytes_and_chance_are_told(fresh: Store) -> None:
    run(Pipeline("memo").ingest().extract(Dice), [note("a", "pay now")], fresh, Dice)
    made = Pipeline("memo").ingest().extract("memo.dice").extract("memo.first")
    why = {each.step: each.why for each in foreseen(made, [note("a", "pay now")], fresh)}
    assert why["extract.memo.dice"] == "memo.dice is not deterministic"
    assert why["extract.memo.first"] == "the step is new"
    assert {each.why for each in foreseen(made, [note("a", "other words")], fresh)} == {"its bytes have changed"}


def test_that_there_was_nothing_to_do_is_recalled_too(fresh: Store) -> None:
    TRIED.clear()
    made = Pipeline("p").ingest().extract(NotMine)
    for _ in range(2):
        [outcome] = run(made, [note("a", "pay now")], fresh, NotMine)
        assert (outcome.steps[-1].status, outcome.steps[-1].message) == ("unsupported", "[AIOS-401] there is nothing for me.")
    assert TRIED == ["a"]
    assert wills(foreseen(made, [note("a", "pay now")], fresh, NotMine))["a", "extract.test.not-mine"] == "recall"


def test_cases_depend_on_their_members(fresh: Store) -> None:
    made = Pipeline("memo").ingest().extract("memo.first").collect().route("memo.route")

    @component("memo.route", version="1", requires=["fields"], provides=["route"])
    class ByMember(ByWord):
        pass

    notes = [note("a", "pay now")]
    outcomes: list[Outcome] = run(made, notes, fresh, First, ByMember)
    assert outcomes[0].document.kind == "case"
    registry = registry_of(Notes, First, ByMember)
    found = {each.step: each.will for each in made.preview(notes, store=fresh, registry=registry)}
    assert found["extract.memo.first"] == "recall"
    changed = Pipeline("memo").ingest().extract("memo.first", config={"upper": True}).collect().route("memo.route")
    found = {each.step: each.will for each in changed.preview(notes, store=fresh, registry=registry)}
    assert found["extract.memo.first"] == "compute"
    assert found["route.memo.route"] in ("depend", "compute")


def test_the_command_shows_a_table_and_runs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("pay now")
    (tmp_path / "p.yaml").write_text("pipeline: p\nsteps:\n- ingest\n- summarize: extractive\n")
    command = ["run", str(tmp_path / "p.yaml"), str(tmp_path / "in"), "--store", str(tmp_path / "p.aios")]
    assert main([*command, "--plan"]) == 0
    assert "everything would be computed" in capsys.readouterr().out
    assert not (tmp_path / "p.aios").exists()
    assert main([*command, "--no-progress"]) == 0
    capsys.readouterr()
    (tmp_path / "in" / "b.txt").write_text("another")
    assert main([*command, "--plan"]) == 0
    said = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[1:4] for line in said.splitlines() if line.strip().startswith(("ingest", "summarize"))}
    assert rows == {"ingest": ["1", "1", "0"], "summarize.extractive": ["1", "1", "0"]}
    assert "1 x it is new" in said
    with Store(tmp_path / "p.aios") as store:
        assert store.sql("select count(*) from runs where event = 'started'").fetchall() == [(1,)]
