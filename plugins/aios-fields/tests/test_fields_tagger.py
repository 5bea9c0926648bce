"""What a trained tagger finds, how it is trained, and which files it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from aios_fields import Fields
from aios_fields._candidates import same, stretches, trimmed
from aios_fields._clues import plain
from aios_fields._layout import sheet_of
from aios_fields._units import units_of
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent))  # where made_receipts is found, here and in other processes

from made_receipts import Receipt, page, receipt
from pydantic import BaseModel

from aios_sdk import ConfigurationError, Document, Example, Extraction, Unsupported
from aios_sdk.records import check_spans, digest_folder
from aios_sdk.testing import fakes

LEARNED, UNSEEN = range(20), range(27, 30)

TRAIN = """
import sys
from pathlib import Path
from aios_fields import Fields
from made_receipts import receipt
examples = [receipt(number) for number in map(int, sys.argv[2].split(","))]
Fields(Fields.Config(output="made_receipts:Receipt")).train(examples, Path(sys.argv[1]))
"""


def learned_from(examples: list[Example], folder: Path):
    folder.mkdir()
    return Fields(Fields.Config(output=Receipt)).train(examples, folder)


def opened(folder: Path, model: type[BaseModel] = Receipt) -> Fields:
    config = Fields.Config.model_validate({"output": model, "model": folder})
    component = Fields(config)
    component.open(fakes.resources(models={config.model: folder}))
    return component


def examples() -> list[Example]:
    return [example for number in LEARNED if (example := receipt(number)).source not in {receipt(other).source for other in UNSEEN}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 14 receipts, and what its training said, beside it."""
    place = tmp_path_factory.mktemp("models") / "receipts"
    training = learned_from(examples(), place)
    (place.parent / "training.json").write_text(
        json.dumps([training.task, training.format, list(training.classes), dict(training.metrics)])
    )
    return place


def found(component: Fields, document: Document) -> Extraction:
    extraction = component.extract(document)
    assert not list(check_spans(document, document.stamp("s", extraction)))
    return extraction


def test_values_without_labels_are_found_on_receipts_of_shops_that_were_not_learned(folder):
    component = opened(folder)
    for number in UNSEEN:
        example = receipt(number)
        fields = {field.path: field for field in found(component, example.document).fields}
        assert {path: same(field.value, example.fields[path]) for path, field in fields.items()} == dict.fromkeys(
            ("shop", "address", "paid"), True
        )


def test_an_address_of_two_lines_has_a_span_in_each_and_a_name_ends_before_its_number(folder):
    example = receipt(UNSEEN[0])
    fields = {field.path: field for field in found(opened(folder), example.document).fields}
    street, place = str(example.fields["address"]).split(", ")[-2:]
    assert [span.quote for span in fields["address"].spans][-1] == place
    assert len(fields["address"].spans) == 2
    assert street in fields["address"].spans[0].quote
    assert fields["shop"].quote == str(example.fields["shop"]).upper()
    assert all(span.box for field in fields.values() for span in field.spans)


def test_a_value_comes_with_its_raw_and_its_calibrated_confidence_and_with_what_else_it_could_be(folder):
    fields = {field.path: field for field in opened(folder).extract(receipt(UNSEEN[0]).document).fields}
    assert all(0 < field.confidence < 1 and 0 < field.raw_confidence < 1 for field in fields.values())
    assert [one.score for one in fields["paid"].alternatives] == sorted((one.score for one in fields["paid"].alternatives), reverse=True)
    others = [Decimal(one.value) for one in fields["paid"].alternatives]
    assert others
    assert fields["paid"].value not in others


def test_what_no_example_taught_is_found_by_its_label(folder):
    document = page("SOME SHOP (1-X)", "Policy number: UNF-3310-2", "Total  5.00")
    assert {field.path: field.value for field in found(opened(folder), document).fields}["policy_number"] == "UNF-3310-2"


def test_training_tells_how_well_it_does_on_sources_that_it_left_out(folder):
    task, format_, classes, metrics = json.loads((folder.parent / "training.json").read_text())
    assert (task, format_, classes) == ("extraction", "npz", ["shop", "address", "paid"])
    assert set(metrics) == {"f1", "right.shop", "right.address", "right.paid", "automated.0.99", "automated.0.95"}
    assert 0.6 < metrics["f1"] <= 1


def test_another_process_learns_the_same_files_from_the_same_examples(folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    numbers = [number for number in LEARNED if receipt(number).source not in {receipt(unseen).source for unseen in UNSEEN}]
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", TRAIN, str(other), ",".join(map(str, numbers))], check=True, env=environment)
    assert digest_folder(other) == digest_folder(folder)


def test_a_document_without_text_is_not_for_the_tagger(folder):
    with pytest.raises(Unsupported, match="no text"):
        opened(folder).extract(page(" "))


def broken_json(folder: Path) -> None:
    (folder / "tagger.json").write_text("{")


def no_files(folder: Path) -> None:
    (folder / "tagger.json").unlink()
    (folder / "tagger.npz").unlink()


def other_format(folder: Path) -> None:
    (folder / "tagger.json").write_text(json.dumps({"format": "skops", "version": 1}))


def pickled_arrays(folder: Path) -> None:
    with np.load(folder / "tagger.npz") as arrays:
        held = dict(arrays)
    np.savez(folder / "tagger.npz", **held | {"0.weights": np.array([print, None], dtype=object)})


def weights_of_another(folder: Path) -> None:
    with np.load(folder / "tagger.npz") as arrays:
        held = dict(arrays)
    np.savez(folder / "tagger.npz", **held | {"0.weights": held["0.weights"][1:]})


def no_archive(folder: Path) -> None:
    (folder / "tagger.npz").write_bytes(b"PK no")


@pytest.mark.parametrize("spoil", [broken_json, no_files, other_format, pickled_arrays, weights_of_another, no_archive])
def test_files_that_are_no_tagger_are_refused(folder, tmp_path, spoil):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "README").write_text("a folder is a model only when there are files in it")
    spoil(tmp_path)
    with pytest.raises(ConfigurationError, match="There is no tagger"):
        opened(tmp_path)


class Renamed(BaseModel):
    shop: str
    address: str
    sum: Decimal


class Retyped(BaseModel):
    shop: str
    address: str
    paid: int


@pytest.mark.parametrize(("model", "told"), [(Renamed, "'paid' of type decimal, which is not in it"), (Retyped, "which is integer there")])
def test_a_tagger_of_another_output_is_refused(folder, model, told):
    with pytest.raises(ConfigurationError, match=told):
        opened(folder, model)


def test_too_few_examples_and_unknown_fields_are_refused_with_what_to_do(tmp_path):
    component = Fields(Fields.Config(output=Receipt))
    with pytest.raises(ConfigurationError, match="at least 5 examples"):
        component.train([receipt(number) for number in range(4)], tmp_path)
    with pytest.raises(ConfigurationError, match="values of 0 fields"):
        component.train([Example(document=receipt(number).document) for number in range(9)], tmp_path)
    with pytest.raises(ConfigurationError, match="have values of total, but the output has address"):
        component.train([Example(document=page("x"), fields={"total": Decimal(1)})] * 5, tmp_path)
    assert not list(tmp_path.iterdir())


class Paid(BaseModel):
    paid: Decimal


def test_where_no_example_holds_what_is_sought_a_value_is_as_likely_right_as_wrong(tmp_path):
    empty = [Example(document=page(f"nothing {letter}"), fields={"paid": Decimal(5)}, source=letter) for letter in "abcdef"]
    Fields(Fields.Config(output=Paid)).train(empty, tmp_path)
    assert not found(opened(tmp_path, Paid), empty[0].document).fields
    (field,) = found(opened(tmp_path, Paid), page("paid 5.00")).fields
    assert (field.value, field.confidence) == (Decimal("5.00"), 0.5)


WORDS = st.sampled_from(["No.", "12", "(4711-X)", "TEL:", "Mill", "Lane,", "-", "a", "40300", "|", "Ünion", "():", "GST:"])


@settings(max_examples=60)
@given(st.lists(st.lists(WORDS, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=4))
def test_the_text_of_a_stretch_is_what_stands_in_its_places(lines):
    sheet = sheet_of(page(*lines).pages[0])
    units = units_of(sheet.rows)
    for unit in units.all:
        for run in stretches(unit, 3):
            for stretch in trimmed(run, units):
                quotes = [span.quote for place in stretch.places() for span in units.rows[place.row].spans(place.start, place.end)]
                assert " ".join(" ".join(quotes).split()) == stretch.value
                assert plain(stretch.value)


def test_true_values_of_a_list_are_texts_and_are_learned_as_values_of_their_fields(folder: Path, tmp_path: Path) -> None:
    """As `aios model train` reads them; compared as texts, no date and no amount of an example would ever be found in it."""
    written = [
        Example(document=one.document, fields={path: str(value) for path, value in one.fields.items()}, source=one.source)
        for one in examples()
    ]
    assert any(isinstance(value, Decimal) for one in examples() for value in one.fields.values())
    learned_from(written, tmp_path / "written")
    assert digest_folder(tmp_path / "written") == digest_folder(folder)


@pytest.mark.parametrize("value", ["12,50", "much", "NaN", True])
def test_a_true_value_that_is_none_of_its_field_is_refused_with_the_example(tmp_path: Path, value: object) -> None:
    wrong = [Example(document=one.document, fields={**one.fields, "paid": value}, source=one.source) for one in examples()]
    with pytest.raises(ConfigurationError, match=r"has .* for paid, which is no decimal\. Write numbers as 1234\.50"):
        learned_from(wrong, tmp_path / "wrong")
