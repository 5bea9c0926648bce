"""What aios.lexical learns and says."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pytest
from aios_text import Lexical, _learning
from aios_text._features import features_of
from aios_text._folds import held_out
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, vstack

from aios_sdk import (
    ConfigurationError,
    Document,
    Example,
    Field,
    PageInfo,
    PageText,
    Pipeline,
    Registry,
    Resources,
    Span,
    Store,
    Training,
    Unavailable,
    Unsupported,
    learning,
)
from aios_sdk.testing import check_manifest, fakes

KINDS = {
    "invoice": [
        "Invoice number 12, total 99.00 EUR, please pay by March",
        "Rechnung Nr. 4711, Gesamtbetrag 12,00 EUR",
        "Tax invoice, balance due 20.00",
    ],
    "claim": [
        "I want to report a claim, our car was hit",
        "Schadenmeldung: Wasser lief in den Keller",
        "The policy covers the damage of the accident",
    ],
    "letter": [
        "Dear Sir or Madam, thank you for your kind letter",
        "Mit freundlichen Grüßen an Ihre Familie",
        "We wish you a happy new year",
    ],
}


def typed(text: str) -> Document:
    return Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text),))


def learnt(**config: object) -> Lexical:
    component = Lexical(Lexical.Config.model_validate({"examples": KINDS, **config}))
    component.open(Resources(scratch=Path()))
    return component


@pytest.fixture(scope="module")
def kinds() -> Lexical:
    return learnt()


def test_the_manifest_says_what_the_code_says():
    check_manifest("aios_text")


def test_a_text_like_the_examples_gets_their_label(kinds):
    label = kinds.classify(typed("Rechnung Nr. 99, Gesamtbetrag 5,00 EUR")).labels[0]
    assert (label.taxonomy, label.value, label.abstained) == ("document-kind", "invoice", False)
    assert label.confidence == label.raw_confidence > 0.5  # with so few examples there is nothing to calibrate with
    assert [other.value for other in label.alternatives][:2] != ["invoice", "invoice"]
    assert label.confidence + sum(other.score for other in label.alternatives) == pytest.approx(1, abs=1e-5)


def test_a_text_between_two_labels_gets_none():
    label = learnt(threshold=0.9).classify(typed("invoice, claim")).labels[0]
    assert label.abstained
    assert label.value == ""
    assert len(label.alternatives) == 3


def test_a_text_that_has_nothing_in_common_with_the_examples_gets_no_label(kinds):
    label = kinds.classify(typed("漢字 漢字")).labels[0]
    assert label.abstained
    assert label.alternatives == ()


def test_only_as_many_others_are_named_as_asked_for():
    assert len(learnt(top=1).classify(typed("Invoice total 5.00")).labels[0].alternatives) == 1
    assert learnt(top=0).classify(typed("Invoice number 12, total 99.00 EUR")).labels[0].alternatives == ()


def test_the_taxonomy_and_its_labels_are_known_beforehand():
    config = Lexical.Config(taxonomy="kind", examples=KINDS)
    assert Lexical.provides(config).labels == {"kind": ("claim", "invoice", "letter")}


def test_a_document_without_text_is_not_for_it(kinds):
    with pytest.raises(Unsupported, match="no text"):
        kinds.classify(typed("  "))


_texts = st.lists(st.one_of(st.sampled_from([text for texts in KINDS.values() for text in texts]), st.text(max_size=40)), max_size=6)


@settings(max_examples=40)
@given(_texts)
def test_a_batch_gives_what_single_calls_give(kinds, texts):
    batch = kinds.classify_batch([typed(text) for text in texts])
    assert len(batch) == len(texts)
    for text, result in zip(texts, batch, strict=True):
        if text.strip():
            assert result == kinds.classify(typed(text))
        else:
            assert isinstance(result, Unsupported)


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_probabilities_lie_between_0_and_1_for_any_text(kinds, text):
    if text.strip():
        label = kinds.classify(typed(text)).labels[0]
        scores = [other.score for other in label.alternatives] + ([label.confidence] if label.confidence is not None else [])
        assert all(0 <= score <= 1 for score in scores)
        assert label.abstained == (label.value == "")


def test_another_process_gives_the_same_scores(kinds):
    code = textwrap.dedent(f"""
        from pathlib import Path
        from aios_sdk import Document, PageInfo, PageText, Resources, to_json
        from aios_text import Lexical
        component = Lexical(Lexical.Config(examples={KINDS!r}))
        component.open(Resources(scratch=Path()))
        print(component.classify(Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content="Rechnung und Schaden"),))))
    """)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    printed = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment | {"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {f"{kinds.classify(typed('Rechnung und Schaden'))}\n"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("kinds.csv", "text,label\n" + "".join(f'"{text}",{label}\n' for label, texts in KINDS.items() for text in texts)),
        ("kinds.jsonl", "".join(f'{{"text": "{text}", "label": "{label}"}}\n\n' for label, texts in KINDS.items() for text in texts)),
    ],
)
def test_examples_come_from_a_file_too(tmp_path, kinds, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    text = typed("Schadenmeldung, das Auto")
    assert learnt(examples=str(tmp_path / name)).classify(text) == kinds.classify(text)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "body,kind\nx,y\n", "needs the columns 'text' and 'label'"),
        ("a.csv", "text,label\nx,y\n", "at least two labels"),
        ("a.csv", "text,label\nx,y\n ,z\n", "example 2 has no text"),
        ("a.jsonl", '{"text": "x", "label": "y"}\n{"text": "x"}\n', "line 2 of"),
        ("a.jsonl", "nonsense\n", "line 1 of"),
    ],
)
def test_a_file_that_holds_no_examples_is_refused_with_the_place(tmp_path, name, content, told):
    (tmp_path / name).write_text(content)
    registry = Registry()
    registry.add(Lexical)
    with pytest.raises(ConfigurationError, match=told):
        registry.create("aios.lexical", {"examples": str(tmp_path / name)})


def test_changed_examples_change_the_digest_of_the_configuration(tmp_path):
    def digest(text: str) -> str:
        (tmp_path / "kinds.csv").write_text(f"text,label\n{text},a\nother,b\n")
        registry = Registry()
        registry.add(Lexical)
        return registry.create("aios.lexical", {"examples": str(tmp_path / "kinds.csv")}).config_digest

    assert digest("one") == digest("one") != digest("two")


def test_scikit_learn_is_imported_only_when_it_is_opened():
    code = "import sys, aios_text; print('sklearn' in sys.modules, 'numpy' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment).stdout == "False False\n"
    )


def test_intents_of_bank_customers_are_told_apart(corpora, tmp_path):
    path = corpora / "text_class" / "PolyAI-LDN+task-specific-datasets" / "banking_data" / "train.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = sorted({row["category"] for row in rows})[:12]
    rows = [row for row in rows if row["category"] in wanted]
    held_out = [row for row in rows if hashlib.sha256(row["text"].encode()).digest()[0] % 5 == 0]
    rest = [row for row in rows if row not in held_out]
    with (tmp_path / "intents.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows([row["text"], row["category"]] for row in rest)
    component = learnt(examples=str(tmp_path / "intents.csv"), taxonomy="intent", threshold=0)
    labels = [result.labels[0].value for result in component.classify_batch([typed(row["text"]) for row in held_out])]
    assert sum(label == row["category"] for label, row in zip(labels, held_out, strict=True)) / len(held_out) > 0.9


def drawn(number: int) -> list[Example]:
    """Examples of two kinds that share words, so that some are hard: the more often a kind's words come, the clearer it is."""
    draw = random.Random(number)
    words = {"bill": ["pay", "total", "amount", "tax", "euro", "due"], "letter": ["dear", "kind", "wish", "thank", "yours", "friend"]}
    found = []
    for count in range(number):
        label = ("bill", "letter")[count % 2]
        other = {"bill": "letter", "letter": "bill"}[label]
        said = [draw.choice(words[label if draw.random() < 0.62 else other]) for _ in range(5)]
        found.append(Example.of_text(" ".join(said), label, source=f"company {count // 4}"))
    return found


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Training]:
    folder = tmp_path_factory.mktemp("model")
    return folder, Lexical(Lexical.Config()).train(drawn(400), folder)


def opened(folder: Path, **config: object) -> Lexical:
    component = Lexical(Lexical.Config.model_validate({"model": folder, **config}))
    component.open(fakes.resources(models={component.config.model: folder}))
    return component


def test_training_tells_what_it_learnt_and_how_good_that_is_on_examples_held_out(trained):
    folder, training = trained
    assert (training.task, training.format, training.classes) == ("classification", "npz", ("bill", "letter"))
    assert 0.5 < training.metrics["accuracy"] < 1
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "weights.npz"]
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def test_a_trained_model_says_what_the_same_examples_say_when_they_are_learnt_on_opening(trained, tmp_path):
    lines = [json.dumps({"text": one.document.text, "label": one.labels[0], "source": one.source}) for one in reversed(drawn(400))]
    (tmp_path / "kinds.jsonl").write_text("\n".join(lines))
    direct, loaded = learnt(examples=str(tmp_path / "kinds.jsonl")), opened(trained[0])
    for text in ("pay the total, dear friend", "tax due", "yours"):
        assert direct.classify(typed(text)) == loaded.classify(typed(text))
    assert Lexical.provides(loaded.config).labels == {"document-kind": ("bill", "letter")}


def test_a_model_is_served_without_scikit_learn(trained):
    code = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from aios_text import Lexical
        from aios_sdk import Example, Resources
        config = Lexical.Config(model=Path({str(trained[0])!r}))
        component = Lexical(config)
        component.open(Resources(scratch=Path(), models={{config.model: Path({str(trained[0])!r})}}))
        print(component.classify(Example.of_text("tax due").document).labels[0].value, "sklearn" in sys.modules, "scipy" in sys.modules)
    """)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment).stdout
    assert printed == "bill False False\n"


def test_confidence_is_what_experience_says(trained):
    """Of 2,000 other texts of the kind as many labels are right as their confidence sums up to, but for chance and two points."""
    component = opened(trained[0], threshold=0)
    others = drawn(2400)[400:]
    labels = [result.labels[0] for result in component.classify_batch([one.document for one in others])]
    expected = sum(label.confidence for label in labels)
    spread = sum(label.confidence * (1 - label.confidence) for label in labels) ** 0.5
    right = sum(label.value == one.labels[0] for label, one in zip(labels, others, strict=True))
    assert abs(right - expected) < 4 * spread + 0.02 * len(others)
    assert any(label.confidence != label.raw_confidence for label in labels)


@pytest.mark.parametrize(("number", "twice"), [(400, True), (320, False)])
def test_confidence_is_learnt_from_models_made_as_the_one_that_is_served(monkeypatch, number, twice):
    """Whether words are looked at twice is decided once for all folds, also where a fold alone would have too few examples for it; and the
    examples of a fold weigh as much as all."""
    fitted, made = _learning._fitted, []

    def seen(rows, truth, words, every):
        made.append((len(truth), words, every))
        return fitted(rows, truth, words, every)

    monkeypatch.setattr(_learning, "_fitted", seen)
    _learning.learnt(drawn(number))
    *folds, (served, words, _) = made
    assert served == number
    assert len(folds) == 5
    assert sum(number - size for size, _, _ in folds) == number
    assert {bool(looked) for _, looked, _ in folds} == {bool(words)} == {twice}
    assert {every for _, _, every in made} == {number}


def test_fewer_examples_that_stand_for_all_teach_what_all_teach():
    """Half of the examples, each of which is there twice, give the weights of all, as far as the solver goes."""
    rows = csr_array(np.random.default_rng(0).random((60, 4)))
    truth = np.eye(2, dtype=bool)[(rows.toarray()[:, 0] > 0.5).astype(int)]
    twice = csr_array(vstack([rows, rows]))
    half, whole = _learning._fitted(rows, truth, 0, 120), _learning._fitted(twice, np.concatenate([truth, truth]), 0, 120)
    for one, other in zip(half, whole, strict=True):
        assert np.allclose(one, other, rtol=0.05, atol=0.05)
    alone, _ = _learning._fitted(rows, truth, 0, 60)
    assert np.abs(alone).max() < 0.9 * np.abs(half[0]).max()


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["", "one", "two"])), min_size=1, max_size=30))
def test_each_example_is_held_out_once_together_with_those_of_its_source(drawn_of):
    examples = [Example.of_text(f"text {number}", label, source=source) for number, (label, source) in enumerate(drawn_of)]
    held = np.array(held_out(examples))
    assert (held.sum(axis=0) == 1).all()
    told = {label: {one.source for one in examples if label in one.labels} for one in examples for label in one.labels}
    for source in ("one", "two"):
        if any(sources == {source} for sources in told.values()):
            continue  # without it there would be nothing to learn a label from
        assert sum(any(fold[number] for number, example in enumerate(examples) if example.source == source) for fold in held) <= 1


def test_a_label_whose_examples_are_all_of_one_source_is_learnt_in_every_fold(tmp_path):
    """Each sender sends one kind of letter: were a sender held out as a whole, no fold would know its kind, and nothing be sure."""
    examples = [Example(document=one.document, labels=one.labels, source=f"sender of {one.labels[0]}") for one in drawn(240)]
    labels = [one.labels[0] for one in examples]
    for fold in held_out(examples):
        assert {label for label, out in zip(labels, fold, strict=True) if not out} == {"bill", "letter"}
    assert Lexical(Lexical.Config()).train(examples, tmp_path).metrics["accuracy"] > 0.5


def test_examples_of_one_label_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(ConfigurationError, match="examples of 1 label"):
        Lexical(Lexical.Config()).train([Example.of_text("pay this", "bill")], tmp_path)


def test_texts_without_a_source_that_are_nearly_alike_are_held_out_together():
    """A message that is sent each week, with another date, beside messages of which any two share three words in five."""
    weekly = [f"the backup of the mail server on {day} ended without an error please take note" for day in ("monday", "friday", "sunday")]
    others = [f"the printer in room {number}{number} has no paper since {number} days help{number}" for number in range(37)]
    held = held_out([Example.of_text(text, "ticket") for text in (*weekly, *others)])
    assert [fold[: len(weekly)].sum() for fold in held if fold[: len(weekly)].any()] == [len(weekly)]
    assert [int(fold.sum()) for fold in held] == [8, 8, 8, 8, 8]


def test_nearly_alike_texts_that_are_most_of_a_label_are_spread_so_that_each_fold_can_be_learnt():
    forms = [
        Example.of_text(f"application for a permit to build a house in the town of place{number} with a plan", "permit")
        for number in range(20)
    ]
    bills = [Example.of_text(f"bill number{number} of month{number} for water{number}", "bill") for number in range(20)]
    assert [int(fold[: len(forms)].sum()) for fold in held_out([*forms, *bills])] == [4, 4, 4, 4, 4]


def test_texts_of_named_sources_are_held_out_by_their_sources_alone():
    examples = [Example.of_text("one text of all", "ticket", source=f"company {number}") for number in range(10)]
    assert [int(fold.sum()) for fold in held_out(examples)] == [2, 2, 2, 2, 2]


def test_each_of_several_labels_is_a_question_with_a_threshold_of_its_own():
    given = {"bill": "pay total amount", "letter": "dear kind wish", "urgent": "hurry now quick"}
    examples = [Example.of_text(f"{text} {number}", label) for label, text in given.items() for number in range(6)]
    examples += [Example.of_text(f"{given['bill']} {given['urgent']} {number}", "bill", "urgent") for number in range(6)]
    examples += [Example.of_text(f"the weather {number}") for number in range(6)]
    component = Lexical(Lexical.Config(taxonomy="topic", multilabel=True, threshold={"urgent": 0.999}))
    with tempfile.TemporaryDirectory() as name:
        assert component.train(examples, Path(name)).classes == ("bill", "letter", "urgent")
        loaded = opened(Path(name), taxonomy="topic", multilabel=True)
        strict = opened(Path(name), taxonomy="topic", multilabel=True, threshold={"urgent": 0.999})
        assert Lexical.provides(loaded.config).labels["topic.bill"] == ("no", "yes")
    values = {label.taxonomy: label.value for label in loaded.classify(typed("quick, hurry, pay the total amount now")).labels}
    assert values == {"topic.bill": "yes", "topic.letter": "no", "topic.urgent": "yes"}
    assert {label.value for label in loaded.classify(typed("the weather")).labels} == {"no"}
    urgent = strict.classify(typed("quick, hurry, pay the total amount now")).labels[2]
    assert urgent.abstained
    assert [other.value for other in urgent.alternatives] == ["yes", "no"]


def test_several_labels_are_refused_where_one_is_expected():
    with pytest.raises(ConfigurationError, match="set multilabel"):
        Lexical(Lexical.Config()).train([Example.of_text("x", "a", "b"), Example.of_text("y", "a")], Path())


def test_what_is_ignored_does_not_count_nor_its_caption():
    page = PageText(page=0, content="From: ann@example.org\nSubject: lunch\n\nShall we eat?")
    place = Span(artifact=page.artifact, page=0, start=6, end=21, quote="ann@example.org")
    mail = Document.of(pages=(PageInfo(index=0),), text=(page,), fields=(Field(path="from", value="ann@example.org", spans=(place,)),))
    assert set(features_of(mail, ("from",)).words) & {"from", "ann", "example"} == set()
    assert {"subject", "lunch", "eat"} <= set(features_of(mail, ("from",)).words)
    assert {"from", "ann", "example"} <= set(features_of(mail).words)


@settings(max_examples=40)
@given(st.text(max_size=80))
def test_what_is_counted_of_a_text_does_not_depend_on_capitals_or_spacing_of_words(text):
    found, other = features_of(typed(f"x {text}")), features_of(typed(f"x {text}".replace(" ", "  ")))
    assert found.words == other.words
    assert found.letters == other.letters


def test_forms_of_a_word_are_one_once_cut_and_the_whole_words_stay_apart():
    one, other = features_of(typed("Karten überwiesen")), features_of(typed("Karte, Überweisung"))
    assert set(one.words) & set(other.words) == {"kart~", "uber~", "kart~ uber~"}
    assert {"karten", "uberwiesen", "karten uberwiesen"} <= set(one.words)


def test_letters_count_over_the_ends_of_words_and_signs_that_are_no_letters_by_themselves():
    assert {" my", "y c", "my ca", "rd "} <= set(features_of(typed("my card")).letters)
    assert " # " in features_of(typed("C#")).letters
    assert " # " not in features_of(typed("C++")).letters
    assert " \N{THUMBS UP SIGN} " in features_of(typed("\N{THUMBS UP SIGN}")).letters


def test_of_very_long_words_only_the_beginning_counts_by_letters():
    found = features_of(typed("a" * 60 + "b" * 60))
    assert set("".join(found.letters)) == {" ", "a"}


def test_a_model_of_another_form_is_refused_and_its_form_is_told(trained, tmp_path):
    shutil.copytree(trained[0], tmp_path / "old")
    said = json.loads((tmp_path / "old" / "model.json").read_text())
    (tmp_path / "old" / "model.json").write_text(json.dumps(said | {"form": 1}))
    component = Lexical(Lexical.Config(model=tmp_path / "old"))
    with pytest.raises(ConfigurationError, match="is of form 1, and this version of aios-text reads form 2") as refused:
        component.open(fakes.resources(models={component.config.model: tmp_path / "old"}))
    assert "Train one with this component" in str(refused.value)


@pytest.mark.parametrize("files", [{"model.json": "{}", "weights.npz": ""}, {"other.txt": ""}])
def test_a_folder_without_a_model_is_told(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    component = Lexical(Lexical.Config(model=tmp_path))
    with pytest.raises(ConfigurationError, match=r"holds no model of aios\.lexical"):
        component.open(fakes.resources(models={component.config.model: tmp_path}))


def test_with_neither_a_model_nor_examples_it_can_be_trained_and_says_what_to_give(tmp_path):
    component = Lexical(Lexical.Config())
    component.open(fakes.resources())
    with pytest.raises(Unavailable, match="There is nothing to classify by"):
        component.classify(Example.of_text("a bill").document)
    examples = tmp_path / "kinds.csv"
    rows = [f"{text} {number},{label}" for number in range(4) for text, label in (("pay this bill", "bill"), ("dear sir", "letter"))]
    examples.write_text("\n".join(["text,label", *rows]))
    with Store(tmp_path / "post.aios") as store:
        with learning.read_examples(examples) as read:
            model = learning.train(store, "kinds", "lexical", read.examples)
        assert (model.classes, model.component) == (("bill", "letter"), "aios.lexical")
        (tmp_path / "a.txt").write_text("dear sir, please pay this bill, this bill")
        pipeline = Pipeline("post").ingest().classify("lexical", config={"taxonomy": "kind", "model": "kinds"})
        (outcome,) = pipeline.run(tmp_path / "a.txt", store=store, progress=False)
        assert outcome.status == "completed"
        assert store.sql("SELECT DISTINCT model FROM attempts WHERE stage = 'classify'").fetchall()[0][0].startswith("kinds@1#")


def test_a_model_and_examples_are_too_much(trained):
    with pytest.raises(ValueError, match="not both"):
        Lexical.Config(model=trained[0], examples=KINDS)
