"""Models of the store in runs: resolved once at the start, part of every key and of the lineage, pinned when a run is computed again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from aios_sdk import ComponentConfig, Document, Extraction, Field, ModelReference, Pipeline, Resources, Store, component, implements
from aios_sdk.engine import Foreseen
from aios_sdk.errors import UsageError
from aios_sdk.pipelines import replay
from aios_sdk.store import Learned, Model

from ._parts import Notes, note, registry_of


class Settings(ComponentConfig):
    """Which models, and what else."""

    model: ModelReference | None = None
    others: tuple[ModelReference, ...] = ()


class _Says:
    Config = Settings

    def __init__(self, config: Settings) -> None:
        self.config = config
        self.words: list[str] = []

    def open(self, resources: Resources) -> None:
        models = (*([self.config.model] if self.config.model else []), *self.config.others)
        self.words = [json.loads((resources.models[model] / "word.json").read_text()) for model in models]

    def said(self) -> Extraction:
        return Extraction(fields=(Field(path="said", value=" ".join(self.words), status="ungrounded"),))


@component("test.says", version="1", requires=["text"], provides=["fields"])
class Says(_Says):
    """Says what its models say."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return self.said()


@component("test.says-elsewhere", version="1", requires=["text"], provides=["fields"], isolation="process")
class SaysElsewhere(_Says):
    """The same in a process of its own."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return self.said()


@component("test.counts", version="1", requires=["text"], provides=["fields"])
class Counts:
    """Works without a model."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=(Field(path="count", value=len(document.text), status="ungrounded"),))


REGISTRY = registry_of(Notes, Says, SaysElsewhere, Counts)
NOTES = [note("a", "one"), note("b", "two")]


def pipeline(model: str = "words", component: str = "test.says", **more: object) -> Pipeline:
    return Pipeline("says").ingest().extract("test.counts", name="counts").extract(component, name="says", config={"model": model, **more})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "says.aios")


@pytest.fixture
def add(store: Store, tmp_path: Path) -> Callable[..., Model]:
    def added(word: str, name: str = "words") -> Model:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "word.json").write_text(json.dumps(word))
        return store.models.add(folder, name, Learned(task="saying", format="json"))

    return added


def said(store: Store, made: Pipeline, **options: object) -> list[str]:
    """What each document says, and what it was taken from."""
    outcomes = made.run(NOTES, store=store, registry=REGISTRY, progress=False, workers=1, ordered=True, **options)
    return [outcome.document.fields["said"].value for outcome in outcomes]


def caches(store: Store) -> Counter[tuple[str, str]]:
    query = "select step, cache from attempts where run_id = (select max(run_id) from runs) and step in ('counts', 'says')"
    return Counter(store.sql(query).fetchall())


def foreseen(store: Store, made: Pipeline) -> dict[tuple[str, str], Foreseen]:
    return {(each.document, each.step): each for each in made.preview(NOTES, store=store, registry=REGISTRY)}


@pytest.mark.parametrize("component", ["test.says", "test.says-elsewhere"])
def test_a_component_is_given_the_folder_of_its_model_and_lineage_names_its_digest(
    store: Store, add: Callable[..., Model], component: str
) -> None:
    first, other = add("hello"), add("there", "others")
    assert said(store, pipeline(component=component, others=["others@1"])) == ["hello there"] * 2
    told = f"words@1#{first.digest}, others@1#{other.digest}"
    for table in ("attempts", "plugins"):
        assert store.sql(f"select distinct model from {table} where step = 'says'").fetchall() == [(told,)]
    assert store.sql("select model, model_digest, reference from model_uses order by reference").fetchall() == [
        ("others@1", other.digest, "others@1"),
        ("words@1", first.digest, "words"),
    ]
    assert store.explain("a", "said").findings[0].candidates[0].maker.model == told


def test_a_promoted_champion_makes_the_next_run_compute_just_the_steps_that_use_it(store: Store, add: Callable[..., Model]) -> None:
    first = add("old")
    said(store, pipeline())
    second = add("new")
    assert said(store, pipeline()) == ["old"] * 2
    assert caches(store) == {("counts", "hit"): 2, ("says", "hit"): 2}
    store.models.promote("words", force="it is a test")
    seen = foreseen(store, pipeline())["a", "says"]
    was, now = f"words@1#{first.digest[:12]}", f"words@2#{second.digest[:12]}"
    assert (seen.will, seen.why) == ("compute", f"test.says works with {now} instead of {was}")
    assert foreseen(store, pipeline())["a", "counts"].will == "recall"
    assert said(store, pipeline()) == ["new"] * 2
    assert caches(store) == {("counts", "hit"): 2, ("says", "miss"): 2}
    before, _, after = (run for (run,) in store.sql("select distinct run_id from runs order by 1").fetchall())
    changed = store.sql("select path, before, after, why, detail from changed($1, $2) order by name", [before, after]).fetchall()
    assert changed == [("said", "old", "new", "model", f"{was} -> {now}")] * 2
    store.models.rollback("words")
    assert said(store, pipeline()) == ["old"] * 2
    assert caches(store) == {("counts", "hit"): 2, ("says", "hit"): 2}


def test_a_folder_is_known_by_its_files(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    found = []
    for word in ("old", "new", "old"):
        (folder / "word.json").write_text(json.dumps(word))
        found += said(store, pipeline(str(folder)))
    assert found == ["old", "old", "new", "new", "old", "old"]
    assert caches(store)["says", "hit"] == 2
    models = store.sql("select distinct model from attempts where step = 'says'").fetchall()
    assert len(models) == 2
    assert all(model.startswith(f"{folder}#") for (model,) in models)
    assert store.sql("select count(*) from models").fetchall() == [(0,)]


def test_a_model_that_is_not_there_is_named_before_anything_is_done(store: Store, add: Callable[..., Model]) -> None:
    with pytest.raises(UsageError, match=r"no model 'words'; test\.says is to work with it.*There is none yet: aios model train"):
        said(store, pipeline())
    add("hello")
    with pytest.raises(UsageError, match=r"no model 'word'; .*Did you mean 'words'"):
        said(store, pipeline("word"))
    with pytest.raises(UsageError, match=r"no model words@challenger; .*there are version 1, and @champion"):
        list(pipeline("words@challenger").preview(NOTES, store=store, registry=REGISTRY))
    assert store.sql("select count(*) from runs").fetchall() == [(0,)]


def test_a_run_is_computed_again_with_the_version_that_it_used(store: Store, add: Callable[..., Model]) -> None:
    add("old")
    said(store, pipeline())
    add("new")
    store.models.promote("words", force="it is a test")
    again = replay(store, registry=REGISTRY, workers=1)
    assert (again.documents, again.differences) == (2, ())
    assert store.models.get("words").version == 2


def test_a_component_that_is_chosen_by_type_gets_its_model_too(store: Store, add: Callable[..., Model]) -> None:
    add("hello")
    chosen = Pipeline("says").ingest().extract(name="says", config={"test.says": {"model": "words"}})
    outcomes = list(chosen.run(NOTES, store=store, registry=registry_of(Notes, Says), progress=False, workers=1))
    assert {outcome.document.fields["said"].value for outcome in outcomes} == {"hello"}
