"""What aios.lexical learns and says."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from aios_text import Lexical
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import ConfigurationError, Document, PageInfo, PageText, Registry, Resources, Unsupported
from aios_sdk.testing import check_manifest

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
    assert label.confidence == label.raw_confidence > 0.5
    assert [other.value for other in label.alternatives][:2] != ["invoice", "invoice"]
    assert label.confidence + sum(other.score for other in label.alternatives) == pytest.approx(1, abs=1e-5)


def test_a_text_between_two_labels_gets_none():
    label = learnt(threshold=0.9).classify(typed("The invoice of the claim")).labels[0]
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
    config = Lexical.Config(model="kind", examples=KINDS)
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
    component = learnt(examples=str(tmp_path / "intents.csv"), model="intent", threshold=0)
    labels = [result.labels[0].value for result in component.classify_batch([typed(row["text"]) for row in held_out])]
    assert sum(label == row["category"] for label, row in zip(labels, held_out, strict=True)) / len(held_out) > 0.9
