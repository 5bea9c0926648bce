"""What differs between two runs, and why: asked of runs that the engine made."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aios_sdk import ComponentConfig, Document, Extraction, Field, Pipeline, Route, Source, Store, component, implements
from aios_sdk.errors import Malformed
from aios_sdk.records import Check, Checks
from aios_sdk.store import ComponentUse, ModelUse
from tests.engine._parts import document_of, note, registry_of, word

from ._recording import Recording


def reader(version: str = "1") -> type:
    """Reads a note; its second version does not shout."""

    @component("changed.reader", version=version, media_types=["text/plain"], provides=["pages", "text"])
    class Reader:
        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            text = source.read().decode()
            yield document_of(text if version == "1" else text.lower())

    return Reader


def words(version: str = "1") -> type:
    """The first word, in the case that the configuration says; its second version adds the length."""

    @component("changed.words", version=version, requires=["text"], provides=["fields"])
    class Words:
        class Config(ComponentConfig):
            upper: bool = False

        def __init__(self, config: Config) -> None:
            self.upper = config.upper

        @implements
        def extract(self, document: Document) -> Extraction:
            found = word(document.pages[0].reading, "word")
            if found.value == "fail":
                raise Malformed("it says so")
            value = str(found.value)
            last = Field(path="last", value=value[-1].upper() if self.upper else value[-1], status="ungrounded")
            length = Field(path="length", value=len(value), status="ungrounded")
            return Extraction(fields=(found, last, *((length,) if version == "2" else ())))

    return Words


@component("changed.route", version="1", requires=["fields"], provides=["route"])
class ByWord:
    """Goes where the last letter says."""

    @implements
    def route(self, document: Document) -> Route:
        return Route(destination=str(document.fields["last"].value))


_TURN = itertools.count()


@component("changed.dice", version="1", requires=["text"], provides=["fields"], deterministic=False)
class Dice:
    """Says something else each time."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=(Field(path="thrown", value=next(_TURN), status="ungrounded"),))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "changed.aios") as store:
        yield store


def run(store: Store, inputs: Any, pipeline: Pipeline | None = None, *components: Any, **config: object) -> str:
    """The id of a run."""
    given = pipeline or Pipeline("p").ingest().extract("changed.words", config=config).route("changed.route")
    registry = registry_of(*(components or (reader(), words(), ByWord)))
    for _ in given.run(inputs, store=store, registry=registry, progress=False, workers=1):
        pass
    return str(store.sql("select max(run_id) from runs").fetchall()[0][0])


def changed(store: Store, before: str, after: str, columns: str = "name, kind, path, change, before, after, why") -> list[tuple[Any, ...]]:
    return store.sql(f"select {columns} from changed($1, $2)", [before, after]).fetchall()


def test_runs_that_came_out_the_same_have_no_changes(store: Store) -> None:
    notes = [note("a", "pay now"), note("b", "review it")]
    before, after = run(store, notes), run(store, notes)
    assert changed(store, before, after) == []
    assert changed(store, before, before) == []


def test_a_new_version_of_a_component_is_code(store: Store) -> None:
    before = run(store, [note("a", "pay now")])
    after = run(store, [note("a", "pay now")], None, reader(), words("2"), ByWord)
    assert changed(store, before, after) == [("a", "field", "length", "added", None, "3", "code")]
    assert changed(store, after, before) == [("a", "field", "length", "removed", "3", None, "code")]
    assert changed(store, before, after, "step, detail") == [("extract.changed.words", "changed.words 1 -> changed.words 2")]


def test_another_setting_is_configuration_and_what_rests_on_it_has_other_input(store: Store) -> None:
    before, after = run(store, [note("a", "pay now")]), run(store, [note("a", "pay now")], upper=True)
    assert changed(store, before, after) == [
        ("a", "field", "last", "changed", "y", "Y", "configuration"),
        ("a", "route", "", "changed", "y", "Y", "input"),
    ]
    assert changed(store, before, after, "detail")[1] == ("what step extract.changed.words gave differs (configuration)",)


def test_what_an_earlier_step_gave_is_input_and_its_own_reason_is_told(store: Store) -> None:
    before = run(store, [note("a", "PAY now")])
    after = run(store, [note("a", "PAY now")], None, reader("2"), words(), ByWord)
    assert {row[-1] for row in changed(store, before, after)} == {"input"}
    assert changed(store, before, after, "detail") == [("what step ingest gave differs (code)",)] * 3


def test_other_bytes_in_the_same_place_are_input(store: Store) -> None:
    before, after = run(store, [note("a", "pay now")]), run(store, [note("a", "pat now")])
    assert changed(store, before, after) == [
        ("a", "field", "last", "changed", "y", "t", "input"),
        ("a", "field", "word", "changed", "pay", "pat", "input"),
        ("a", "route", "", "changed", "y", "t", "input"),
    ]
    assert set(changed(store, before, after, "detail")) == {("the document has other bytes",)}


def test_a_document_of_one_run_only_is_added_or_removed(store: Store) -> None:
    before, after = run(store, [note("a", "pay now"), note("gone", "go")]), run(store, [note("a", "pay now"), note("new", "now")])
    rows = changed(store, before, after, "name, path, change, why, detail")
    assert {row[:3] for row in rows} == {
        (name, path, change) for name, change in (("gone", "removed"), ("new", "added")) for path in ("word", "last", "")
    }
    assert {row[3:] for row in rows} == {("input", "the document is only in one run")}


def test_what_is_not_deterministic_may_change_by_chance(store: Store) -> None:
    dice = Pipeline("dice").ingest().extract("changed.dice")
    before, after = (run(store, [note("a")], dice, reader(), Dice) for _ in range(2))
    ((path, why, detail),) = changed(store, before, after, "path, why, detail")
    assert (path, why, detail) == ("thrown", "chance", "the component is not deterministic")


def test_a_step_that_only_one_pipeline_has_and_one_that_failed(store: Store) -> None:
    short = Pipeline("short").ingest().extract("changed.words")
    without, with_route = run(store, [note("a", "pay now")], short, reader(), words()), run(store, [note("a", "pay now")])
    assert changed(store, without, with_route) == [("a", "route", "", "added", None, "y", "pipeline")]
    before = Recording(store)
    before.end(before.step(before.deliver("b"), "fields", Extraction(fields=(Field(path="n", value=1, status="ungrounded"),))))
    after = Recording(store)
    document = after.deliver("b")
    after.end(after.step(document, "fields", Extraction(), status="failed", message="the service was away"), "failed")
    assert changed(store, before.finish(), after.finish(), "change, why, detail") == [("removed", "failure", "the service was away")]


def test_another_model_is_model_also_where_the_configuration_names_it(store: Store) -> None:
    ids = []
    for value, model in (
        (Decimal("10.00"), ModelUse("numbers", "numbers@1", "a" * 64)),
        (Decimal("10.50"), ModelUse("numbers", "numbers@2", "b" * 64)),
    ):
        use = ComponentUse(step="fields", stage="extract", component="acme.reader", models=(model,), config_digest=model.model)
        recording = Recording(store, uses=[use])
        field = Field(path="total", value=value, currency="EUR", status="ungrounded")
        recording.end(recording.step(recording.deliver("a"), "fields", Extraction(fields=(field,)), component="acme.reader"))
        ids.append(recording.finish())
    assert changed(store, *ids, "before, after, why, detail") == [
        ("10.00 EUR", "10.50 EUR", "model", "numbers@1#aaaaaaaaaaaa -> numbers@2#bbbbbbbbbbbb")
    ]


def test_a_value_that_became_a_conflict_has_changed_and_a_verdict_too(store: Store) -> None:
    ids = []
    for second in (1, 2):
        recording = Recording(store)
        document = recording.deliver("a")
        for step, value in (("one", 1), ("two", second)):
            document = recording.step(document, step, Extraction(fields=(Field(path="n", value=value, status="ungrounded"),)))
        document = recording.step(document, "rules", Checks(checks=(Check(rule="one", passed=second == 1),)), stage="check")
        recording.end(document)
        ids.append(recording.finish())
    assert changed(store, *ids, "kind, path, change, before, after, step, why") == [
        ("check", "one", "changed", "true", "false", "rules", "undetermined"),
        ("field", "n", "changed", "1", None, "two", "undetermined"),
    ]


def test_parts_and_cases_are_compared_with_those_of_the_same_place(store: Store) -> None:
    ids = []
    for data, destination in ((b"old", "pay"), (b"new", "review")):
        recording = Recording(store)
        mail = recording.deliver("mail.eml", b"mail" + data)
        part = recording.deliver(f"{data.decode()}.txt", data, parent=mail)
        part = recording.step(part, "fields", Extraction(fields=(Field(path="n", value=data.decode(), status="ungrounded"),)))
        members = [recording.end(mail), recording.end(part)]
        case = recording.step(recording.case(f"case {mail.id}", members), "route", Route(destination=destination), stage="route")
        recording.end(case)
        ids.append(recording.finish())
    assert changed(store, *ids, "kind, path, change, before, after, why, detail") == [
        ("route", "", "changed", "pay", "review", "input", "what its members have differs"),
        ("field", "n", "changed", "old", "new", "input", "the document has other bytes"),
    ]
