"""Micro-batches: what waits for the same component goes together, wherever that runs, and each document keeps its own end."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from aios_sdk import Classification, ComponentConfig, Document, Label, Malformed, Pipeline, StepError, Store, component, implements

from ._parts import by_name, conservation, note, run

MANY = 40


def _label(document: Document, together: int) -> Classification:
    """The name of the document, how many were asked about at once, and in which process."""
    labels = {"name": document.name, "together": str(together), "process": str(os.getpid())}
    return Classification(labels=tuple(Label(taxonomy=name, value=value) for name, value in labels.items()))


def _labels(documents: Sequence[Document]) -> Iterator[Classification | StepError]:
    if any(document.name == "stops all" for document in documents):
        raise ValueError("this one")
    for document in documents:
        yield Malformed("torn") if document.name == "torn" else _label(document, len(documents))


class _Together:
    """Alone one at a time, else all at once; 'stops all' ends whatever it is part of."""

    @implements
    def classify(self, document: Document) -> Classification:
        [result] = _labels([document])
        if isinstance(result, StepError):
            raise result
        return result

    @implements
    def classify_batch(self, documents: Sequence[Document]) -> Iterator[Classification | StepError]:
        return _labels(documents)


@component("test.together-inline", isolation="inline", batch=16)
class TogetherInline(_Together):
    """In the engine's process."""


@component("test.together-process", isolation="process", batch=16)
class TogetherProcess(_Together):
    """In a worker."""


@component("test.together-async", isolation="async", batch=16)
class TogetherAsync:
    """On the loop."""

    @implements
    async def classify(self, document: Document) -> Classification:
        return _Together().classify(document)

    @implements
    async def classify_batch(self, documents: Sequence[Document]) -> Sequence[Classification | StepError]:
        return list(_labels(documents))


@component("test.too-few", isolation="inline")
class TooFew(_Together):
    """Gives one result less than asked for."""

    @implements
    def classify_batch(self, documents: Sequence[Document]) -> Sequence[Classification | StepError]:
        return list(_labels(documents))[1:]


@component("test.single-pages", unit="page", isolation="process", requires=["text"])
class SinglePages:
    """Says for each page in which process it was looked at."""

    @implements
    def classify(self, document: Document) -> Classification:
        [page] = document.pages
        return Classification(labels=(Label(taxonomy=f"page{page.index}", value=str(os.getpid())),))


KINDS = [TogetherInline, TogetherProcess, TogetherAsync]


def _run(kind: type, names: Sequence[str], store: Store, **options: Any) -> dict[str, Any]:
    return by_name(run(Pipeline("p").ingest().classify(kind), [note(name) for name in names], store, kind, fresh=True, **options))


@pytest.mark.parametrize("kind", KINDS)
def test_documents_are_asked_about_together_and_each_gets_its_own_answer(kind: type, store: Store) -> None:
    found = _run(kind, [f"n{number}" for number in range(MANY)], store, workers=2)
    labels = {name: outcome.document.labels for name, outcome in found.items()}
    assert {name: label["name"].value for name, label in labels.items()} == {f"n{number}": f"n{number}" for number in range(MANY)}
    sizes = [int(label["together"].value) for label in labels.values()]
    assert 1 < max(sizes) <= 16
    assert conservation(store)["holds"]


@pytest.mark.parametrize("kind", KINDS)
def test_one_document_that_stops_a_batch_costs_no_other_its_answer(kind: type, store: Store) -> None:
    found = _run(kind, ["stops all", "torn", *(f"n{number}" for number in range(8))], store, workers=1)
    assert found.pop("stops all").failures[0].category == "internal"
    assert found.pop("torn").failures[0].category == "malformed"
    assert {outcome.document.labels["name"].value for outcome in found.values()} == set(found)


def test_a_companion_that_gives_too_few_results_breaks_the_contract(store: Store) -> None:
    found = _run(TooFew, [f"n{number}" for number in range(MANY)], store)
    # One that came alone was not asked about with others.
    failures = [outcome.failures[0] for outcome in found.values() if outcome.failures]
    assert failures
    for failure in failures:
        said = re.search(r"classify_batch gave (\w+) results for (\d+) documents", failure.message)
        assert said is not None
        assert (failure.category, int(said[1])) == ("contract", int(said[2]) - 1)


def test_the_pages_of_one_document_are_spread_over_the_workers(store: Store) -> None:
    pipeline = Pipeline("p").ingest().classify(SinglePages)
    [outcome] = run(pipeline, [note("long", "\f".join(map(str, range(MANY))))], store, SinglePages, workers=2)
    labels = outcome.document.labels
    assert len({labels[f"page{number}"].value for number in range(MANY)}) == 2
    assert outcome.steps[-1].status == "ok"


def test_documents_are_asked_about_with_and_without_others_alike(store: Store) -> None:
    together = _run(TogetherProcess, ["a", "b", "c"], store)
    alone = {name: _run(TogetherProcess, [name], store)[name] for name in together}
    assert {name: outcome.document.labels["name"].value for name, outcome in together.items()} == {
        name: outcome.document.labels["name"].value for name, outcome in alone.items()
    }


@component("test.sometimes-hangs", isolation="process")
class SometimesHangs:
    """Writes down whom it is asked about, and takes a minute for some; it has no companion."""

    class Config(ComponentConfig):
        asked: str

    def __init__(self, config: Config) -> None:
        self.asked = Path(config.asked)

    @implements
    def classify(self, document: Document) -> Classification:
        with self.asked.open("a") as file:
            file.write(f"{document.name}\n")
        if document.name.startswith("hangs"):
            time.sleep(60)
        return Classification()


def test_one_that_hangs_among_others_that_went_with_it_is_asked_once(store: Store, tmp_path: Path) -> None:
    names = [f"hangs {number}" if number % 8 == 3 else f"n{number}" for number in range(16)]
    pipeline = Pipeline("p").ingest().classify(SometimesHangs, timeout=1.0, config={"asked": str(tmp_path / "asked")})
    found = by_name(run(pipeline, [note(name) for name in names], store, SometimesHangs, workers=1, fresh=True))
    for name, outcome in found.items():
        assert [failure.category for failure in outcome.failures] == (["timeout"] if name.startswith("hangs") else []), name
    asked = (tmp_path / "asked").read_text().splitlines()
    assert set(asked) == set(names)
    assert [asked.count(name) for name in names if name.startswith("hangs")] == [1, 1]  # others may be asked again by the next worker


@component("test.hangs-beside", isolation="process")
class HangsBeside:
    """Hangs for some; says of each when it was begun, and in which process."""

    class Config(ComponentConfig):
        folder: Path

    def __init__(self, config: Config) -> None:
        self.folder = config.folder

    @implements
    def classify(self, document: Document) -> Classification:
        (self.folder / document.name).write_text(f"{time.monotonic()} {os.getpid()}")
        if document.name.startswith("hangs"):
            time.sleep(60)
        return Classification()


def test_what_was_sent_together_with_a_file_that_hangs_is_shared_out_among_the_workers(store: Store, tmp_path: Path) -> None:
    hangs, timeout = [f"hangs-{number}" for number in range(3)], 3.0
    good = [f"good-{number}" for number in range(61)]
    notes = [note(name) for name in (*good[:8], *hangs, *good[8:])]  # by then all workers are starting, and the others wait
    pipeline = Pipeline("p").ingest().classify(HangsBeside, config={"folder": tmp_path}, timeout=timeout)
    found = by_name(run(pipeline, notes, store, HangsBeside, workers=2))
    assert {name for name, outcome in found.items() if outcome.status != "completed"} == set(hangs)
    assert {found[name].failures[0].category for name in hangs} == {"timeout"}
    began = sorted((float(when), process) for when, process in ((tmp_path / name).read_text().split() for name in hangs))
    assert len({process for _, process in began}) == 3
    # Each is begun once, and while one hangs another worker takes the next that was behind it.
    assert min(after - before for (before, _), (after, _) in pairwise(began)) < timeout
    assert conservation(store)["holds"]
