"""Calibrating a step of a store, from a list of what is true to confidences that later runs rest on."""

from __future__ import annotations

import csv
import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from aios_sdk import Classification, Document, Example, Extraction, Field, Label, Pipeline, Registry, Source, Store, component, implements
from aios_sdk.errors import InputError, PipelineError, UsageError
from aios_sdk.learning import calibrate, evaluate
from aios_sdk.learning._truth import is_same
from aios_sdk.store import Learned, forget

from ._words import Notes


@component("test.amount", version="1", requires=["text"], provides=["fields"])
class Amount:
    """The number in a note, as sure as the note says; a third-party component that knows nothing of calibration."""

    @implements
    def extract(self, document: Document) -> Extraction:
        value, sure, _ = document.text.split()
        return Extraction(fields=(Field(path="total", value=Decimal(value), status="ungrounded", confidence=float(sure)),))


@component("test.size", version="1", requires=["text"], provides=["labels"])
class Size:
    """Whether it is a large number, as sure as the note says."""

    @implements
    def classify(self, document: Document) -> Classification:
        value, sure, _ = document.text.split()
        size = "large" if Decimal(value) > 50 else "small"
        return Classification(labels=(Label(taxonomy="size", value=size, confidence=float(sure)),))


@component("test.first", version="1", requires=["text"], provides=["fields"])
class First:
    """Another step, that is not calibrated."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=(Field(path="first", value=document.text[0], status="ungrounded"),))


COUNT = 160
FEW = 20
PLAIN = Pipeline("amounts").ingest().extract("test.first", name="first").extract("test.amount", name="amount")


def calibrated(name: str = "calibration") -> Pipeline:
    return Pipeline("amounts").ingest().extract("test.first", name="first").extract("test.amount", name="amount", calibration=name)


def notes() -> tuple[list[Source], list[dict[str, str]]]:
    """Notes with a number and how sure of it one may be at most, which is too sure; and what is true."""
    chance = random.Random(7)
    sources, truth = [], []
    for number in range(COUNT):
        value, sure = chance.randint(1, 99), round(chance.random(), 3)
        true = value if chance.random() < sure**2 else value + 1
        text = f"{value} {sure} {number}"
        sources.append(Source(name=f"{number}.txt", key=f"{number}.txt", data=text.encode(), media_type="text/plain"))
        truth.append({"document": f"{number}.txt", "path": "total", "value": f"{true}.00", "source": f"company {number % 60}"})
    return sources, truth


SOURCES, TRUTH = notes()
SURE = (SOURCES[0].data or b"").split()[1]


def listed(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def registry() -> Registry:
    made = Registry()
    for each in (Notes, Amount, Size, First):
        made.add(each)
    return made


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return listed(tmp_path_factory.mktemp("truth") / "truth.csv", TRUTH)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "amounts.aios"
    with Store(path) as opened:
        list(PLAIN.run(SOURCES, store=opened, registry=registry, progress=False, workers=1))
    return path


@pytest.fixture
def store(tmp_path: Path, recorded: Path) -> Iterator[Store]:
    shutil.copytree(recorded, tmp_path / "amounts.aios")
    with Store(tmp_path / "amounts.aios") as opened:
        yield opened


def confidences(
    store: Store, pipeline: Pipeline, registry: Registry, *, count: int = COUNT
) -> dict[str, tuple[float | None, float | None]]:
    """Raw confidence and confidence of each note's number."""
    outcomes = pipeline.run(SOURCES[:count], store=store, registry=registry, progress=False, workers=1)
    found = {outcome.document.name: outcome.document.layers.fields[-1] for outcome in outcomes}
    return {name: (field.raw_confidence, field.confidence) for name, field in found.items()}


def caches(store: Store) -> Counter[tuple[str, str]]:
    query = "select step, cache from attempts where run_id = (select max(run_id) from runs) and step in ('first', 'amount')"
    return Counter(store.sql(query).fetchall())


def test_a_calibrator_is_fitted_measured_recorded_and_worked_with(store: Store, registry: Registry, truth: Path) -> None:
    done = calibrate(store, truth, targets=[0.5, 0.99])
    (report,) = done.reports
    assert (str(done.model), done.model.aliases, done.model.task, done.model.format) == (
        "calibration@1",
        ("champion",),
        "calibration",
        "json",
    )
    assert (done.step, done.method, done.sources, done.unsure, done.unknown) == ("amount", "platt", 60, 0, ())
    assert (report.name, report.values, report.total) == ("total", COUNT, COUNT)
    assert report.before.value > report.before.chance
    assert report.after.is_chance
    easy, hard = report.thresholds
    assert easy.threshold is not None
    assert easy.bound >= 0.5
    assert (hard.threshold, hard.rate.value) == (None, 0.0)
    assert "at least 299 values without an error" in hard.reason

    raw = {name: confidence for name, (_, confidence) in confidences(store, PLAIN, registry).items()}
    now = confidences(store, calibrated(), registry)
    assert {name: said for name, (said, _) in now.items()} == raw
    ranked = sorted(now.values())
    assert [one for _, one in ranked] == sorted(one for _, one in ranked)
    assert abs(sum(one for _, one in ranked if one is not None) / COUNT - report.right / COUNT) < 0.02
    assert store.sql("select distinct model from attempts where step = 'amount' and model <> ''").fetchall() == [(done.model.identity,)]
    # Fitted again to what was calibrated, it comes out the same: raw confidences stay.
    assert calibrate(store, truth, targets=[0.5]).model.digest == done.model.digest


def test_a_new_champion_computes_just_that_step_again(store: Store, registry: Registry, truth: Path) -> None:
    calibrate(store, truth)
    first = confidences(store, calibrated(), registry, count=FEW)
    assert caches(store) == {("first", "hit"): FEW, ("amount", "miss"): FEW}
    assert confidences(store, calibrated(), registry, count=FEW) == first
    assert ("amount", "miss") not in caches(store)
    challenger = calibrate(store, truth, method="isotonic")
    assert challenger.model.aliases == ("challenger",)
    assert confidences(store, calibrated(), registry, count=FEW) == first
    assert {each.step: each.will for each in calibrated().preview(SOURCES[:1], store=store, registry=registry)}["amount"] == "recall"
    store.models.promote("calibration", force="isotonic fits better")
    foreseen = {each.step: each for each in calibrated().preview(SOURCES[:1], store=store, registry=registry)}
    assert foreseen["amount"].will == "compute"
    assert "calibration@2" in foreseen["amount"].why
    other = confidences(store, calibrated(), registry, count=FEW)
    assert caches(store) == {("first", "hit"): FEW, ("amount", "miss"): FEW}
    assert other != first
    assert confidences(store, calibrated("calibration@1"), registry, count=FEW) == first


def test_labels_are_calibrated_as_fields_are(tmp_path: Path, registry: Registry) -> None:
    rows = [{"document": row["document"], "taxonomy": "size", "label": "large" if float(row["value"]) > 50 else "small"} for row in TRUTH]
    with Store(tmp_path / "sizes.aios") as store:
        pipeline = Pipeline("sizes").ingest().classify("test.size", name="size")
        list(pipeline.run(SOURCES, store=store, registry=registry, progress=False, workers=1))
        done = calibrate(store, listed(tmp_path / "sizes.csv", rows), targets=[0.9])
        assert (done.reports[0].kind, done.reports[0].name, done.sources) == ("label", "size", COUNT)
        pipeline = Pipeline("sizes").ingest().classify("test.size", name="size", calibration="calibration")
        (outcome,) = pipeline.run(SOURCES[:1], store=store, registry=registry, progress=False, workers=1)
        (label,) = outcome.document.layers.labels
        assert label.raw_confidence == float(SURE)
        assert label.confidence != label.raw_confidence


def test_what_a_list_tells_is_found_judged_and_counted(store: Store, tmp_path: Path) -> None:
    ids = dict(store.sql("select name, document_id from current_documents").fetchall())
    rows = [{"document": ids[row["document"]], "path": "total", "value": row["value"]} for row in TRUTH[:100]]
    rows += [{"document": row["document"], "path": "total"} for row in TRUTH[100:110]]  # where there is nothing to find
    rows += [{"document": "gone.txt", "path": "total", "value": "1"}, {"document": "0.txt", "path": "tax", "value": "1"}]
    path = tmp_path / "truth.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    done = calibrate(store, path, targets=[0.5])
    (report,) = done.reports
    assert (report.values, report.total, done.unknown) == (110, 111, ("gone.txt",))
    right = calibrate(store, listed(tmp_path / "some.csv", TRUTH[:100]), targets=[0.5]).reports[0].right
    assert report.right == right


def test_what_cannot_be_calibrated_is_told(store: Store, registry: Registry, tmp_path: Path, truth: Path) -> None:
    with pytest.raises(InputError, match=r"no file.*columns are document"):
        calibrate(store, tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"Line 2 of .* says of no document"):
        calibrate(store, listed(tmp_path / "a.csv", [{"path": "total", "value": "1"}]))
    with pytest.raises(UsageError, match="no confidence of step amount"):
        calibrate(store, listed(tmp_path / "b.csv", [{"document": "x.txt", "path": "total", "value": "1"}]), step="amount")
    with pytest.raises(UsageError, match="too few"):
        calibrate(store, listed(tmp_path / "c.csv", TRUTH[:10]))
    again = Pipeline("twice").ingest().extract("test.amount", name="one").extract("test.amount", name="two")
    list(again.run(SOURCES[:1], store=store, registry=registry, progress=False, workers=1))
    with pytest.raises(UsageError, match=r"Several steps.*amount, one, two.*--step"):
        calibrate(store, truth)
    store.close()


def test_a_run_says_at_its_start_that_there_is_no_such_calibrator(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "word.json").write_text("{}")
    with Store(tmp_path / "other.aios") as other:
        other.models.add(tmp_path / "model", "words", Learned(task="saying", format="json"))
        for name, told in (
            ("words", "There is no calibrator in"),
            ("totals", "no model 'totals'; calibration='totals' is to work with it"),
        ):
            with pytest.raises((InputError, UsageError), match=f"{told}.*aios calibrate STORE --truth FILE"):
                list(calibrated(name).run(SOURCES[:1], store=other, registry=registry, progress=False))


def test_a_pipeline_names_its_calibration_where_there_are_confidences(registry: Registry) -> None:
    assert Pipeline.from_yaml(calibrated("calibration@2").to_yaml()) == calibrated("calibration@2")
    assert calibrated().version != PLAIN.version
    assert "calibrated by calibration" in str(calibrated())
    with pytest.raises(PipelineError, match="extract and classify"):
        Pipeline("amounts").ingest("words.notes", calibration="calibration").compile(registry)
    with pytest.raises(PipelineError, match=r"step 'amount'.*names no model"):
        calibrated("a b").compile(registry)


def test_what_a_calibrator_was_fitted_to_is_known_when_it_is_forgotten(store: Store, truth: Path) -> None:
    calibrate(store, truth)
    store.close()
    forgotten = forget(store.path, "0.txt")
    assert [each.name for each in forgotten.models] == ["calibration"]


@pytest.mark.parametrize(
    ("found", "true", "same"),
    [
        (Field(path="p", value=42, status="ungrounded"), "42", True),
        (Field(path="p", value=42, status="ungrounded"), "42.0", True),
        (Field(path="p", value=Decimal("1.50"), status="ungrounded"), "1.5", True),
        (Field(path="p", value=Decimal("1.50"), status="ungrounded"), 1.5, True),
        (Field(path="p", value=Decimal("1.50"), status="ungrounded"), "1.05", False),
        (Field(path="p", value=True, status="ungrounded"), "true", True),
        (Field(path="p", value=True, status="ungrounded"), "false", False),
        (Field(path="p", value="ACME  Ltd", status="ungrounded"), "acme ltd", True),
        (Field(path="p", value="ACME Ltd", status="ungrounded"), "acme", False),
        (Field(path="p", value=Decimal("1"), status="ungrounded"), "one", False),
    ],
)
def test_values_are_compared_as_values_of_their_type(found: Field, true: object, same: bool) -> None:
    assert is_same(found, true) is same


def test_a_calibrator_is_not_evaluated_on_examples_but_told_where_its_figures_are(store: Store, truth: Path) -> None:
    model = calibrate(store, truth, step="amount").model
    with pytest.raises(UsageError, match=r"no model of a component but for calibration.*aios model show tells"):
        evaluate(store, str(model), [Example.of_text("50 0.9 x", "large")])


def test_aios_calibrate_prints_and_says_what_comes_next(store: Store, truth: Path) -> None:
    place = str(store.path)
    store.close()

    def aios(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [Path(sys.executable).with_name("aios"), "calibrate", place, "--truth", str(truth), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    first = aios("--target", "0.5", "--target", "0.99")
    assert first.returncode == 0, first.stderr
    assert f"calibration@1 learned from {COUNT} values of step amount, of 60 sources (platt); it is the champion" in first.stdout
    assert (
        f"total: the data cannot support 0.99: at least 299 values without an error would be needed, and there are {COUNT}" in first.stdout
    )
    assert "Next: calibration='calibration' at step amount" in first.stdout
    second = aios("--json", "--method", "isotonic", "--name", "totals")
    facts = json.loads(second.stdout)
    assert facts["identity"].startswith("totals@1#")
    assert facts["reports"][0]["after"]["values"] == COUNT
    wrong = aios("--method", "temperature")
    assert wrong.returncode == 2
    assert "isotonic or platt" in wrong.stderr
