"""Fakes: stand-ins that behave like what they stand for, and correct components that run."""

from __future__ import annotations

import base64
import csv
import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from aios_sdk import (
    STAGES,
    Context,
    DeadlineExceeded,
    Document,
    Extraction,
    Pipeline,
    Policy,
    Registry,
    Resources,
    Source,
    Store,
    StoreError,
    UsageError,
    component,
    implements,
)
from aios_sdk.engine import detect
from aios_sdk.plugins import declaration_of
from aios_sdk.records import check_references, check_spans
from aios_sdk.testing import check_manifest, fakes, samples, strategies

ECHOES = [(kind, declaration_of(kind)) for kind in fakes.ECHO]
WHOLE = (
    Pipeline("echo")
    .ingest()
    .extract("echo.numbers")
    .classify("echo.length")
    .summarize("echo.first-lines")
    .check("echo.grounded")
    .redact("echo.digits")
    .route("echo.desk")
)


# -- echo ---------------------------------------------------------------------------------------------------------------


def test_there_is_an_echo_component_for_every_stage() -> None:
    assert {stage for _, info in ECHOES for stage in info.stages} == set(STAGES)
    assert sorted(fakes.registry().components) == sorted(info.id for _, info in ECHOES)


def test_a_pipeline_of_echo_components_finds_what_the_sample_holds() -> None:
    with fakes.MemoryStore() as store:
        [outcome] = WHOLE.run(samples.text().source(), store=store, registry=fakes.registry(), progress=False)
        assert outcome.status == "completed"
        document = outcome.document
        assert 471102 in {field.value for field in document.fields.all("number")}
        assert document.labels["length"].value == "long"
        assert document.summary is not None
        assert document.summary.text == "Hagen Auto Repair Ltd"
        assert document.checks["grounded"].passed
        assert len(document.layers.redactions) >= len(document.fields.all("number"))
        assert outcome.route is not None
        assert (outcome.route.destination, outcome.route.review) == ("archive", False)
        assert store.sql("select count(*) from current_fields where path = 'number'").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("kind", "info"), [(kind, info) for kind, info in ECHOES if info.stages != ("ingest",)], ids=lambda each: getattr(each, "id", "")
)
def test_what_an_echo_component_gives_holds_for_any_document(kind: type, info: Any) -> None:
    [stage] = info.stages
    instance = fakes.registry().create(info.id)
    implementation = instance.implementation(stage)
    assert implementation is not None

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(strategies.documents({"pages", *info.requires}, uses=info.uses))
    def law(document: Document) -> None:
        from aios_sdk import Unsupported

        try:
            result = implementation.call(document=document, context=fakes.context())
        except Unsupported:
            assert not document.text.strip()
            return
        added = document.stamp("echo", result)
        assert [*check_spans(document, added), *check_references(document, added)] == []
        again = implementation.call(document=document, context=fakes.context())
        assert again == result
        if implementation.batch is not None:
            assert list(implementation.batch.call(documents=[document, document], context=fakes.context())) == [result, result]

    law()


def test_a_table_keeps_its_rows_and_its_file_is_the_same_each_time(tmp_path: Path) -> None:
    source = samples.table().source()
    found = []
    for number in range(2):
        scratch = tmp_path / str(number)
        scratch.mkdir()
        [document] = fakes.EchoTable().ingest(source, fakes.context(scratch=scratch))
        assert isinstance(document, Document)
        found.append(document.tables[0])
    assert found[0].artifact == found[1].artifact
    rows = list(csv.reader(samples.table().data.decode().splitlines()))
    assert [list(row) for row in found[0].relation().fetchall()] == rows[1:]


def test_pages_that_are_not_there_are_not_drawn() -> None:
    document = samples.text().document()
    echo = fakes.EchoText(fakes.EchoText.Config())
    assert echo.render(document, 0, 72).size == (576, 792)
    with pytest.raises(UsageError, match="asked for page 1"):
        echo.render(document, 1, 72)


# -- installed ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[fakes.Distribution]:
    """The echo components as a plugin on the path."""
    made = fakes.distribution(tmp_path / "site")
    monkeypatch.syspath_prepend(str(made.folder))
    yield made
    for name in [name for name in sys.modules if name.split(".")[0] == made.package]:
        del sys.modules[name]


def test_a_distribution_is_found_and_admitted_without_being_imported(installed: fakes.Distribution) -> None:
    registry = Registry.discover(Policy(), path=[str(installed.folder)])
    assert sorted(registry.components) == sorted(info.id for _, info in ECHOES)
    assert installed.package not in sys.modules
    assert registry.load("echo.numbers").__module__ == installed.package


def test_a_distribution_has_the_manifest_of_its_code(installed: fakes.Distribution) -> None:
    check_manifest(installed.package)


def test_a_distribution_records_its_files_with_their_hashes(installed: fakes.Distribution) -> None:
    rows = {name: (digest, size) for name, digest, size in csv.reader(installed.record.read_text().splitlines())}
    own = installed.record.relative_to(installed.folder).as_posix()
    assert rows.pop(own) == ("", "")
    assert set(rows) | {own} == {path.relative_to(installed.folder).as_posix() for path in installed.folder.rglob("*") if path.is_file()}
    for name, (digest, size) in rows.items():
        data = (installed.folder / name).read_bytes()
        assert digest == "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        assert int(size) == len(data)


def test_pip_sees_what_was_written(installed: fakes.Distribution) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "pip", "list", "--path", str(installed.folder), "--format=freeze"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "aios-echo==1.0"


def test_a_distribution_may_hold_any_code_and_any_manifest(tmp_path: Path) -> None:
    made = fakes.distribution(tmp_path, name="acme-Decide", version="2.1", code=_CODE)
    assert made.manifest.read_text().count('id = "acme.decide"') == 1
    assert (made.package, made.name, made.version) == ("acme_decide", "acme-Decide", "2.1")
    by_hand = fakes.distribution(tmp_path, name="acme-broken", code="raise RuntimeError('imported')", manifest="manifest = 99\n")
    assert by_hand.manifest.read_text() == "manifest = 99\n"
    with pytest.raises(UsageError, match="imported"):
        fakes.distribution(tmp_path / "other", name="acme-broken", code="raise RuntimeError('imported')")


_CODE = """\
from aios_sdk import Document, Route, component

@component("acme.decide", version="1")
def decide(document: Document) -> Route:
    return Route(destination="desk")
"""


# -- the store ----------------------------------------------------------------------------------------------------------


def test_a_store_in_memory_is_a_store_and_leaves_nothing_behind() -> None:
    with fakes.MemoryStore() as store:
        assert isinstance(store, Store)
        [first] = WHOLE.run(samples.text().source(), store=store, registry=fakes.registry(), progress=False)
        assert store.document(first.document.id) == first.document
        assert store.explain(first.document.id, "number")
        folder = store.path.parent
        assert folder.is_dir()
    assert not folder.exists()
    with pytest.raises(StoreError, match="is closed"):
        list(WHOLE.run(samples.text().source(), store=store, registry=fakes.registry(), progress=False))
    with pytest.raises(StoreError, match="is gone"):
        store.sql("from runs")
    store.close()


def test_two_stores_in_memory_know_nothing_of_each_other() -> None:
    with fakes.MemoryStore() as one, fakes.MemoryStore() as other:
        list(WHOLE.run(samples.text().source(), store=one, registry=fakes.registry(), progress=False))
        assert one.info().documents == 1
        assert other.info().documents == 0


def test_a_store_in_memory_that_nobody_closed_goes_with_the_process() -> None:
    code = "from aios_sdk.testing import fakes; store = fakes.MemoryStore(); print(store.path.parent)"
    folder = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert folder
    assert not Path(folder).exists()


# -- time ---------------------------------------------------------------------------------------------------------------


def test_a_clock_moves_only_when_it_is_told_to() -> None:
    with fakes.Clock() as clock:
        context = fakes.context(deadline=5)
        assert context.remaining() == context.remaining() == 5
        clock.advance(4.5)
        assert context.remaining() == pytest.approx(0.5)
        clock.advance(1)
        with pytest.raises(DeadlineExceeded):
            context.remaining()
        with pytest.raises(ValueError, match="never goes back"):
            clock.advance(-1)
    assert fakes.context(deadline=60).remaining() != fakes.context(deadline=59).remaining()


def test_a_clock_that_ticks_shows_whether_a_component_looks_at_it() -> None:
    document = samples.pdf().document()
    numbers = fakes.EchoNumbers(fakes.EchoNumbers.Config())
    with fakes.Clock(tick=1.0) as clock:
        with pytest.raises(DeadlineExceeded):
            numbers.extract(document, fakes.context(deadline=0.5))
        assert clock.looks == 2  # one for the deadline, one by the component
        assert numbers.extract(document, fakes.context(deadline=10)).fields


def test_the_true_time_comes_back_also_after_an_error() -> None:
    def fail() -> None:
        with fakes.Clock():
            raise KeyError("a test that fails")

    with pytest.raises(KeyError):
        fail()
    context = Context(run="r", step="s", scratch=Path(), deadline=time.monotonic() + 100)
    assert 90 < (context.remaining() or 0) <= 100


def test_the_time_of_the_process_is_never_touched() -> None:
    with fakes.Clock() as clock:
        clock.advance(10_000)
        assert time.monotonic() < clock.now
        assert threading.Event().wait(0.01) is False


def test_contexts_and_resources_have_scratch_space_of_their_own(tmp_path: Path) -> None:
    one, other = fakes.context(), fakes.context(scratch=tmp_path)
    assert one.deadline is None
    assert one.remaining() is None
    assert list(one.scratch.iterdir()) == []
    assert other.scratch == tmp_path
    given_resources = fakes.resources(secrets={"KEY": "x"})
    assert isinstance(given_resources, Resources)
    assert given_resources.scratch.is_dir()
    assert given_resources.scratch != one.scratch
    assert given_resources.secrets == {"KEY": "x"}
    code = "from aios_sdk.testing import fakes; print(fakes.context().scratch)"
    folder = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert not Path(folder).exists()


# -- events and sources -------------------------------------------------------------------------------------------------


@component("test.fails", version="1", requires=["text"], provides=["fields"])
class Fails:
    """Fails, and finds nothing."""

    @implements
    def extract(self, document: Document) -> Extraction:
        raise RuntimeError("not today")


def test_a_recorder_tells_what_happened_in_order() -> None:
    recorder = fakes.EventRecorder()
    assert recorder.status is None
    pipeline = Pipeline("events").ingest().extract("echo.numbers").extract("test.fails", required=False)
    with fakes.MemoryStore() as store:
        sources = [samples.text().source(), Source(name="empty.txt", key="empty.txt", data=b"")]
        registry = fakes.registry(*fakes.ECHO, Fails)
        outcomes = list(pipeline.run(sources, store=store, registry=registry, progress=False, observers=[recorder]))
    assert recorder.names[0] == "run_started"
    assert recorder.names[-1] == "run_finished"
    assert recorder.status == "completed"
    assert [arguments[1] for arguments in recorder.of("run_started")] == ["events"]
    assert {document.name for document in recorder.documents} == {"letter.txt", "empty.txt"}
    assert recorder.outcomes == {outcome.name: outcome for outcome in outcomes}
    steps = recorder.steps("letter.txt")
    assert steps["extract.echo.numbers"].status == "ok"
    assert steps["extract.test.fails"].status == "failed"
    recorder.clear()
    assert recorder.events == []


def test_an_admitted_source_is_like_the_ones_that_components_are_given(tmp_path: Path) -> None:
    seen: list[Source] = []

    @component("test.seen", version="1", media_types=["text/plain"], provides=["pages"])
    class Seen:
        """Keeps what it is given."""

        @implements
        def ingest(self, source: Source) -> Iterator[Document | Source]:
            seen.append(source)
            yield samples.text().document()

    large = samples.LETTER.encode() * 1000
    given_source = Source(name="letter.txt", key="letter.txt", data=large)
    with fakes.MemoryStore() as store:
        list(Pipeline("seen").ingest().run(given_source, store=store, registry=fakes.registry(Seen), progress=False))
    own = fakes.admitted(given_source, tmp_path)
    [theirs] = seen
    assert (own.document_id, own.content_id, own.size, own.root) == (theirs.document_id, theirs.content_id, theirs.size, theirs.root)
    assert own.data is theirs.data is None
    assert Path(own.path).name == Path(theirs.path).name
    assert own.read() == large
    assert detect(own) == theirs.media_type
