"""Models from examples: read from lists and folders, trained, measured fairly, compared, promoted."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aios_sdk import Example, Pipeline, Registry, Store
from aios_sdk.errors import InputError, UsageError
from aios_sdk.learning import answered, compare, evaluate, read_examples, train
from aios_sdk.learning._measures import bootstrapped, difference, share
from aios_sdk.records import examples_digest
from aios_sdk.store import forget
from aios_sdk.testing import samples

from ._words import After, Kind, Notes, OnTop

WORDS = {"bill": ["pay", "amount", "due", "invoice", "total"], "letter": ["dear", "sir", "yours", "faithfully", "regards"]}


def texts(count: int, seed: int, *, noise: float = 0.3) -> list[Example]:
    """Examples of two kinds, each with words of its kind and some of the other."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        kind, other = chance.sample(sorted(WORDS), 2)
        words = [chance.choice(WORDS[other if chance.random() < noise else kind]) for _ in range(5)]
        found.append(Example.of_text(f"{' '.join(words)} {seed}-{number}", kind))
    return found


@pytest.fixture(scope="module")
def registry() -> Registry:
    made = Registry()
    for each in (Notes, Kind, OnTop, After):
        made.add(each)
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "post.aios") as opened:
        yield opened


def test_a_component_learns_and_its_model_is_recorded_with_what_it_was_made_of(store: Store, registry: Registry) -> None:
    examples = texts(30, 1)
    model = train(store, "kinds", "words.kind", examples, config={"least": 2}, registry=registry)
    assert (str(model), model.aliases, model.task, model.format) == ("kinds@1", ("champion",), "classification", "json")
    assert (model.component, model.component_version, model.config) == ("words.kind", "1", {"least": 2})
    assert (model.examples, model.examples_digest, model.metrics) == (30, examples_digest(examples), {"loss": 0.5})
    assert "For classification, made by words.kind 1 from 30 examples." in model.card
    assert train(store, "kinds", "words.kind", examples, registry=registry).aliases == ("challenger",)


def test_what_cannot_be_trained_is_told(store: Store, registry: Registry) -> None:
    with pytest.raises(UsageError, match=r"words\.notes does not learn.*words\.after, words\.kind, words\.on-top"):
        train(store, "kinds", "words.notes", texts(2, 1), registry=registry)
    with pytest.raises(UsageError, match="There are no examples to learn from"):
        train(store, "kinds", "words.kind", [], registry=registry)
    with pytest.raises(UsageError, match="its settings name a model already"):
        train(store, "kinds", "words.kind", texts(2, 1), config={"model": "kinds"}, registry=registry)
    with pytest.raises(InputError, match=r"file weights\.bin is a pickle"):
        train(store, "kinds", "words.kind", texts(2, 1), config={"raw": "weights.bin"}, registry=registry)
    assert store.models.list() == ()


def test_what_a_model_was_trained_on_top_of_is_needed_no_more(tmp_path: Path, store: Store, registry: Registry) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "ignored.json").write_text('["pay"]')
    model = train(store, "kinds", "words.on-top", texts(30, 1, noise=0.0), config={"ignored": str(base)}, registry=registry)
    assert "pay" not in (store.models.folder(model) / "words.json").read_text()
    shutil.rmtree(base)
    assert evaluate(store, "kinds", texts(20, 2, noise=0.0), registry=registry).evaluation.value > 0.9


def test_models_are_measured_on_what_they_were_not_trained_on(store: Store, registry: Registry) -> None:
    seen, held_out = texts(30, 1, noise=0.1), texts(40, 2, noise=0.1)
    train(store, "kinds", "words.kind", seen, registry=registry)
    nothing = Example.of_text("nothing", "bill")
    done = evaluate(store, "kinds", [*seen, *held_out, nothing], registry=registry)
    assert (done.evaluation.examples, done.evaluation.left_out, done.failed, done.reason) == (41, 30, 1, "there is nothing in it")
    assert done.evaluation.measure == "accuracy"
    assert 0.6 < done.evaluation.low < done.evaluation.value < done.evaluation.high < 1
    assert set(done.evaluation.metrics) == {"accuracy", "answered", "macro_f1"}
    assert store.models.evaluations(store.models.get("kinds")) == (done.evaluation,)
    with pytest.raises(UsageError, match="There is no example that kinds@1 was not trained on"):
        evaluate(store, "kinds", seen, registry=registry)


def test_what_models_say_of_examples_they_did_not_learn_from_is_put_into_them(store: Store, registry: Registry) -> None:
    seen, kept_back = texts(20, 1), texts(10, 2)
    train(store, "early", "words.kind", seen[:10], registry=registry)
    train(store, "kinds", "words.kind", seen[10:], config={"least": 99}, registry=registry)
    nothing = Example.of_text("nothing", "bill", source="nobody")
    spoken = answered(store, [*seen, *kept_back, nothing], {"classify.one": "early", "classify.two": "kinds@1"}, registry=registry)
    assert [example.document.text for example in spoken] == [example.document.text for example in (*kept_back, nothing)]
    assert [example.labels for example in spoken] == [example.labels for example in (*kept_back, nothing)]
    assert spoken[-1].source == "nobody"
    said = [{label.step: label.abstained for label in example.document.labels.all("kind")} for example in spoken]
    assert said == [{"classify.one": False, "classify.two": True}] * 10 + [{}]
    with pytest.raises(UsageError, match="There is no example that early@1 or kinds@1 was not trained on"):
        answered(store, seen, {"classify.one": "early", "classify.two": "kinds"}, registry=registry)


def test_a_better_challenger_is_told_from_chance_and_promoted_a_worse_one_is_not(store: Store, registry: Registry) -> None:
    held_out = texts(80, 9, noise=0.2)
    train(store, "kinds", "words.kind", texts(30, 1, noise=0.5), registry=registry)
    train(store, "kinds", "words.kind", texts(40, 2, noise=0.1), registry=registry)
    better = compare(store, "kinds@champion", "kinds@challenger", held_out, registry=registry)
    assert better.is_certain
    assert 0 < better.gain.low < better.gain.value == pytest.approx(better.other.evaluation.value - better.one.evaluation.value)
    store.models.promote("kinds")
    train(store, "kinds", "words.kind", texts(30, 3, noise=0.9), registry=registry)
    assert compare(store, "kinds@champion", "kinds@challenger", held_out, registry=registry).gain.value < 0
    with pytest.raises(UsageError, match="kinds@3 does worse than the champion kinds@2"):
        store.models.promote("kinds")
    with pytest.raises(UsageError, match="are the same model"):
        compare(store, "kinds", "kinds@2", held_out, registry=registry)


def test_fields_count_where_they_are_exact_after_normalisation(store: Store, registry: Registry) -> None:
    documents = [Example.of_text(f"number {n} total {n}.50 end").document for n in range(4)]
    shown = [Example(document=each, fields={"total": f"{n}.50", "number": str(n)}) for n, each in enumerate(documents)]
    model = train(store, "fields", "words.after", shown, registry=registry)
    assert model.classes == ("number", "total")
    asked = [
        Example(document=Example.of_text(f"number {n} total {n} end").document, fields={"total": "7", "number": str(n)}) for n in (7, 8)
    ]
    done = evaluate(store, "fields", asked, registry=registry)
    metrics = {name: round(figure["value"], 3) for name, figure in done.evaluation.metrics.items()}
    assert metrics == {"f1": 0.75, "precision": 0.75, "recall": 0.75, "f1 of number": 1.0, "f1 of total": 0.5}


def test_examples_come_from_lists_of_texts(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,label,source\n"pay, now",bill,Acme\ndear sir,letter,\n')
    (tmp_path / "a.jsonl").write_text(
        '{"text": "pay, now", "label": "bill", "source": "Acme"}\n\n{"text": "dear sir", "labels": ["letter"]}\n'
    )
    for name in ("a.csv", "a.jsonl"):
        with read_examples(tmp_path / name) as found:
            assert [(each.document.text, each.labels, each.source) for each in found.examples] == [
                ("pay, now", ("bill",), "Acme"),
                ("dear sir", ("letter",), ""),
            ]


def test_pages_of_examples_can_be_drawn_when_the_run_that_read_them_has_ended(tmp_path: Path) -> None:
    for label in ("bill", "letter"):
        (tmp_path / label).mkdir()
        samples.pdf(label).write(tmp_path / label)
        samples.page_image(label).write(tmp_path / label)
    with read_examples(tmp_path, pipeline=Pipeline("read").ingest()) as found:
        assert len(found.examples) == 4
        for each in found.examples:
            picture = each.document.pages[0].image(50)
            assert min(picture.size) > 300
            assert picture.convert("L").getextrema()[0] < 128


def test_examples_come_from_folders_of_labels_and_from_lists_of_files(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Registry, "default", classmethod(lambda cls: registry))
    for label, name, text in (("bill", "a.txt", "number 7 total 9"), ("bill", "deep/b.txt", "pay"), ("letter", "c.txt", "dear")):
        place = tmp_path / "in" / label / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (tmp_path / "in" / "letter" / "d.bin").write_bytes(b"\x00\x01")
    read = Pipeline("read").ingest()
    with read_examples(tmp_path / "in", pipeline=read) as found:
        assert [(each.document.key, each.labels) for each in found.examples] == [
            ("bill/a.txt", ("bill",)),
            ("bill/deep/b.txt", ("bill",)),
            ("letter/c.txt", ("letter",)),
        ]
        assert found.examples[0].document.open().read() == b"number 7 total 9"
        assert [name for name, _ in found.unread] == ["letter/d.bin"]
    truth = tmp_path / "truth.csv"
    truth.write_text("file,path,value,source\nbill/a.txt,number,7,Acme\nbill/a.txt,total,9,Acme\nletter/c.txt,number,,\n")
    with read_examples(truth, documents=tmp_path / "in", pipeline=read) as found:
        assert [(each.fields, each.source) for each in found.examples] == [({"number": "7", "total": "9"}, "Acme"), ({}, "")]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "text,kind\nhello,bill\n", r"Line 2 of .*a\.csv has no text with a label"),
        ("a.jsonl", "{}\n[1]\n", r"Line 2 of .* is no JSON object"),
        ("a.csv", "file,label\n,bill\n", "There are no examples|names no file|has no text"),
        ("a.csv", "file,label\nx.txt,bill\n", r"There is no file .*x\.txt.*--documents"),
        ("a.csv", "file,source\na.csv,Acme\n", "says neither label, nor path and value"),
        ("a.txt", "hello", "ends in something else"),
    ],
)
def test_what_is_wrong_with_examples_is_told_by_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=told), read_examples(tmp_path / name):
        pass


def test_a_file_outside_of_the_folders_of_labels_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(InputError, match="lies in no folder that says its label"), read_examples(tmp_path):
        pass


def test_forgetting_names_models_of_a_text_that_was_a_file(store: Store, registry: Registry, tmp_path: Path) -> None:
    train(store, "kinds", "words.kind", [Example.of_text("pay now", "bill"), Example.of_text("dear sir", "letter")], registry=registry)
    (tmp_path / "a.txt").write_text("pay now")
    for _ in Pipeline("post").ingest().run(tmp_path / "a.txt", store=store, registry=registry, progress=False):
        pass
    store.close()
    assert [str(model) for model in forget(store.path, "a.txt", dry_run=True).models] == ["kinds@1"]


def test_intervals_are_those_of_the_literature() -> None:
    """Wilson's interval of 81 of 263 as Newcombe (1998) gives it; the bootstrap takes sources whole, and is the same each time."""
    assert [round(each, 4) for each in share(81, 263)] == [0.3080, 0.2553, 0.3662]
    rate = lambda counts: counts[("right",)] / counts[("all",)]  # noqa: E731
    counts = [{("all",): 1, ("right",): number % 2} for number in range(100)]
    alone = bootstrapped(rate, counts, [str(number) for number in range(100)])
    together = bootstrapped(rate, counts, [str(number % 2) for number in range(100)])
    assert (alone.value, together.low, together.high) == (0.5, 0.0, 1.0)
    assert 0.35 < alone.low < 0.45 < 0.55 < alone.high < 0.65
    assert bootstrapped(rate, counts, [str(number) for number in range(100)]) == alone
    same = difference(rate, counts, counts, [str(number) for number in range(100)])
    assert same == (0.0, 0.0, 0.0)


def test_the_same_examples_give_the_same_model(store: Store, registry: Registry) -> None:
    made = [train(store, "kinds", "words.kind", texts(20, 4), registry=registry) for _ in range(2)]
    assert made[0].digest == made[1].digest
    assert json.loads((store.models.folder(made[0]) / "words.json").read_text())["bill"]
