"""Recording and reading back: documents come out of the store exactly as they went in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aios_sdk.errors import StoreError, UsageError
from aios_sdk.records import Document, Extraction, Field, Layers, PageInfo, PageText, StepOutcome, UnitFailure, from_json, to_json
from aios_sdk.store import TABLES, Attempt, ComponentUse, ModelUse, RunInfo, Store, _recorder, lag
from aios_sdk.store._reader import JournalReader
from aios_sdk.store._rows import Owner, item_rows, number

from ._recording import NOON, Recording
from ._rich import TEXT, rich_document
from ._waiting import until


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "claims.aios")


def test_a_document_with_something_in_every_layer_comes_back_exactly(store: Store, tmp_path: Path) -> None:
    with store:
        recording = Recording(store, resolve=("fields", "arithmetic"))
        document = rich_document(recording, tmp_path)
        recording.end(
            document, steps=(StepOutcome(step="ocr", stage="extract", status="partial", failures=(UnitFailure("timeout", "page 2", 1),)),)
        )
        recording.finish()
        again = store.document(document.id)
        assert again == document
        assert from_json(to_json(again), Document) == document
        assert again.read() == TEXT.encode()
        assert again.tables[0].cell(0, 1) == Decimal("12.50")


def test_a_large_layer_lies_in_a_blob_and_a_small_one_in_the_row(store: Store, tmp_path: Path) -> None:
    with store:
        rich_document(Recording(store), tmp_path)
        rows = store.sql("select layer, step, content, artifact_id, bytes from artifacts where layer in ('text', 'pages')").fetchall()
    kept = {(layer, step): content for layer, step, content, _, _ in rows}
    assert kept["text", "ocr"] is None
    assert kept["pages", "ingest"] is not None
    artifact = next(artifact for layer, step, _, artifact, _ in rows if step == "ocr")
    assert (store.path / "blobs" / artifact[:2] / artifact).stat().st_size == next(size for *_, content, _, size in rows if content is None)


def test_every_row_fits_its_table(store: Store, tmp_path: Path) -> None:
    with store:
        document = rich_document(Recording(store), tmp_path)
    rows = list(item_rows(Owner("r", "d", "a", "s"), document, document.layers))
    by_number = {table.number: table for table in TABLES.values()}
    assert {by_number[kind].name for kind, _ in rows} == {
        "pages",
        "regions",
        "tables",
        "fields",
        "labels",
        "summaries",
        "checks",
        "redactions",
        "routes",
        "edges",
    }
    for kind, values in rows:
        assert len(values) == len(by_number[kind].columns), by_number[kind].name


def test_a_case_comes_back_with_its_members_and_the_layers_it_had_at_hand(store: Store, tmp_path: Path) -> None:
    with store:
        recording = Recording(store)
        first = recording.end(rich_document(recording, tmp_path))
        broken = recording.deliver("broken.pdf", b"%PDF")
        second = recording.end(broken, "failed", (StepOutcome(step="ingest", stage="ingest", status="failed", message="cut off"),))
        members = (replace(first, document=first.document.only(frozenset({"fields", "labels"})).marked("original")), second)
        case = recording.case("<1@example.com>", members)
        case = recording.step(
            case,
            "sum",
            Extraction(
                fields=(
                    Field(path="claimed", value=1, status="derived", inputs=(first.document.reference(first.document.layers.fields[0]),)),
                )
            ),
        )
        recording.end(case)
        again = store.document(case.id)
        assert again == case
        assert again.members == members
        assert again.members[0].document.read() == TEXT.encode()
        with pytest.raises(StoreError, match="no bytes of its own"):
            again.read()


def test_a_document_is_found_by_name_key_id_and_the_beginning_of_its_id(store: Store) -> None:
    with store:
        recording = Recording(store)
        document = recording.end(recording.deliver("a.txt", b"one")).document
        assert {store.document(which).id for which in ("a.txt", document.id, document.id[:8])} == {document.id}


def test_a_name_that_several_documents_have_is_refused_with_their_ids(store: Store) -> None:
    with store:
        recording = Recording(store)
        mails = [recording.deliver(f"{number}.eml", b"mail") for number in (1, 2)]
        parts = [recording.end(recording.deliver("scan.png", b"scan", parent=mail)).document for mail in mails]
        with pytest.raises(UsageError, match=r"2 documents are called 'scan\.png'") as refused:
            store.document("scan.png")
        assert all(part.id in str(refused.value) for part in parts)


def test_a_name_that_is_not_there_is_refused_with_near_ones(store: Store) -> None:
    with store:
        recording = Recording(store)
        recording.end(recording.deliver("invoice-march.pdf"))
        with pytest.raises(UsageError, match=r"Near names: invoice-march\.pdf"):
            store.document("invoice-marsh.pdf")


def test_an_earlier_version_under_the_same_name_does_not_make_it_ambiguous(store: Store) -> None:
    with store:
        recording = Recording(store)
        old = recording.end(recording.deliver("a.txt", b"old")).document
        recording.finish()
        recording = Recording(store)
        new = recording.end(recording.deliver("a.txt", b"new", supersedes=old.id)).document
        assert store.document("a.txt") == new
        assert store.document(old.id) == old


def test_a_document_can_be_asked_for_as_it_was_in_an_earlier_run(store: Store) -> None:
    with store:
        runs = []
        for value in (1, 2):
            recording = Recording(store)
            document = recording.step(
                recording.deliver("a.txt"), "fields", Extraction(fields=(Field(path="n", value=value, status="ungrounded"),))
            )
            recording.end(document)
            runs.append(recording.finish())
        assert store.document("a.txt").fields["n"].value == 2
        assert store.document("a.txt", run=runs[0]).fields["n"].value == 1


def test_a_component_is_recorded_once_for_each_step_and_named_in_its_attempts(store: Store) -> None:
    use = ComponentUse(
        step="fields",
        stage="extract",
        component="acme.fields",
        version="1.2",
        code_digest="c0de",
        config_digest="c0f1",
        config='{"language": "de"}',
        model="names 2",
        models=(ModelUse("kinds@champion", "kinds@3", "d1" * 32),),
        deterministic="seeded",
        files_digest="f11e",
        isolation="process",
        network=("api.acme.com",),
        secrets=("ACME_TOKEN",),
        programs=("tesseract",),
        memory_mb=2000,
        gpu=True,
    )
    with store:
        recording = Recording(store, uses=[use])
        assert recording.run.use(use) is None
        recording.step(recording.deliver("a.txt"), "fields", Extraction(), component="acme.fields")
        found = store.sql("select component, version, code_digest, config_digest, model from attempts").fetchall()
        assert found == [("acme.fields", "1.2", "c0de", "c0f1", f"names 2, kinds@3#{'d1' * 32}")]
        assert store.sql("select config ->> 'language', deterministic from plugins").fetchall() == [("de", "seeded")]
        needs = store.sql("select files_digest, isolation, network, secrets, programs, memory_mb, gpu from plugins").fetchall()
        assert needs == [("f11e", "process", ["api.acme.com"], ["ACME_TOKEN"], ["tesseract"], 2000, True)]
        assert store.sql("select model, model_digest, reference from model_uses order by model").fetchall() == [
            ("kinds@3", "d1" * 32, "kinds@champion"),
            ("names 2", "", ""),
        ]


def test_a_configuration_that_is_no_json_is_refused_when_it_is_recorded(store: Store) -> None:
    with store, pytest.raises(ValueError, match=r"the configuration of acme\.fields is no JSON"):
        Recording(store, uses=[ComponentUse(step="s", stage="extract", component="acme.fields", config="{language: de}")])


def test_failures_of_pages_are_rows_of_their_own(store: Store) -> None:
    with store:
        recording = Recording(store)
        document = recording.deliver("a.pdf")
        recording.run.attempt(
            document,
            Attempt(
                step="ocr",
                stage="extract",
                component="aios.tesseract",
                status="partial",
                started_at=NOON,
                wall=2.5,
                failures=(UnitFailure("timeout", "page 1 took too long", 0, True), UnitFailure("internal", "boom", 3)),
            ),
        )
        found = store.sql("select page, category, retryable, component, failed_at - $1 from failures order by page", [NOON]).fetchall()
        assert [(page, category, retryable, component) for page, category, retryable, component, _ in found] == [
            (0, "timeout", True, "aios.tesseract"),
            (3, "internal", False, "aios.tesseract"),
        ]
        assert found[0][4].total_seconds() == 2.5


def test_finishing_twice_is_refused(store: Store) -> None:
    with store:
        run = store.begin(RunInfo(pipeline="p"))
        run.finish()
        with pytest.raises(UsageError, match="has finished already"):
            run.finish()


def test_a_closed_store_begins_no_run(store: Store) -> None:
    with store:
        pass
    with pytest.raises(StoreError, match="is closed"):
        store.begin(RunInfo(pipeline="p"))


@given(st.decimals(allow_nan=False, allow_infinity=False) | st.decimals(places=10, min_value=-(10**18), max_value=10**18) | st.integers())
@settings(max_examples=300)
def test_value_num_is_the_exact_number_or_null(value: Decimal | int) -> None:
    """Law: number(v) == v, and it fits DECIMAL(38,10) as DuckDB counts, or it is None and DuckDB has no exact place for it."""
    found = number(value)
    if found is None:
        digits = format(Decimal(value), "f").lstrip("-").partition(".")
        assert len(digits[0].lstrip("0")) > 28 or len(digits[2].rstrip("0")) > 10
    else:
        assert found == value
        assert duckdb.execute(
            "SELECT $1::VARCHAR::DECIMAL(38,10) = $2::VARCHAR::DECIMAL(38,10)", [format(found, "f"), format(Decimal(value), "f")]
        ).fetchone() == (True,)


_WRITES_FOR_EVER = """
import sys
from aios_sdk.store import Store
sys.path.insert(0, {tests!r})
from tests.store._recording import Recording
from aios_sdk.records import Extraction, Field
store = Store({store!r})
recording = Recording(store)
number = 0
while True:
    document = recording.deliver(f"{{number}}.txt", b"x")
    document = recording.step(document, "fields", Extraction(fields=(Field(path="n", value=number, status="ungrounded"),)))
    recording.run.outcome(__import__("aios_sdk.records", fromlist=["Outcome"]).Outcome(document=document, status="completed")).wait()
    print(number, flush=True)
    number += 1
"""


def test_what_was_acknowledged_before_a_kill_is_there_and_whole(tmp_path: Path) -> None:
    repository = Path(__file__).resolve().parents[2]
    script = _WRITES_FOR_EVER.format(tests=str(repository), store=str(tmp_path / "claims.aios"))
    environment = {**os.environ, "PYTHONPATH": f"{repository / 'src'}{os.pathsep}{repository}"}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment) as writer:
        assert writer.stdout is not None
        acknowledged = -1
        while acknowledged < 25:
            acknowledged = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged = int(([str(acknowledged), *writer.stdout.read().split()])[-1])
    with Store(tmp_path / "claims.aios", create=False) as store:
        done = store.sql("select name, value_num from current_fields join current_documents using (document_id, run_id, name)").fetchall()
        assert {(f"{number}.txt", number) for number in range(acknowledged + 1)} <= set(done)
        assert store.document("7.txt").fields["n"].value == 7
        assert store.sql("select run_status, holds from conservation").fetchall()[0][0] == ""


# -- documents under way -----------------------------------------------------------------------------------------------------------------

KEY, WHOLE = "a" * 32, "b" * 32


def found(store: Store) -> list[str]:
    """The tables of which the journal has rows, but for what is recorded of runs, once for each record."""
    reader = JournalReader(store.path / "journal")
    numbers = [number for segment in reader.segments() for group in reader.groups(segment) for number, _ in group.tables]
    return [name for each in numbers for name, table in TABLES.items() if table.number == each and name not in ("runs", "pipelines")]


def keys(store: Store) -> list[str]:
    return [key for (key,) in store.sql("select memo_key from outcomes order by all").fetchall()]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may wait for a while is due at once."""
    monkeypatch.setattr(_recorder, "_PENDING_SECONDS", -1.0)


@pytest.mark.usefixtures("impatient")
def test_a_document_whose_results_were_recalled_stays_whole_however_long_it_takes(store: Store) -> None:
    with store:
        recording = Recording(store)
        document = recording.deliver("a.txt")
        document = recording.step(document, "ingest", Extraction(), stage="ingest")
        document = recording.step(
            document, "fields", Extraction(fields=(Field(path="n", value=1, status="ungrounded"),)), cache="hit", memo_key=KEY
        )
        assert found(store) == []
        recording.end(document, memo_key=WHOLE)
        assert keys(store) == [WHOLE]


@pytest.mark.usefixtures("impatient")
def test_a_new_result_is_in_the_journal_before_its_document_has_ended_and_though_nothing_more_is_told_of_it(store: Store) -> None:
    with store:
        recording = Recording(store)
        document = recording.step(recording.deliver("a.txt"), "fields", Extraction(), cache="miss", memo_key=KEY)
        assert until(lambda: found(store) == ["documents", "attempts"])
        recording.end(document, memo_key=WHOLE)
        assert keys(store) == [""]


def test_a_new_result_that_waits_is_handed_over_within_a_second(store: Store) -> None:
    with store:
        recording = Recording(store)
        recording.step(recording.deliver("a.txt"), "fields", Extraction(), cache="miss", memo_key=KEY)
        assert found(store) == []
        assert until(lambda: found(store) == ["documents", "attempts"])


def test_folding_beside_a_run_leaves_documents_under_way_whole(store: Store) -> None:
    with store:
        recording = Recording(store)
        document = recording.step(recording.deliver("a.txt"), "fields", Extraction())
        recording.end(recording.deliver("b.txt"))
        assert until(lambda: (store.path / "aios.duckdb").exists() and lag(store.path).groups == 0)
        recording.end(document, memo_key=WHOLE)
        assert keys(store) == ["", WHOLE]


def test_a_document_whose_text_lies_in_a_blob_stays_whole(store: Store) -> None:
    with store:
        recording = Recording(store)
        document = recording.deliver("a.txt")
        text = PageText(page=0, content="word " * 400_000)
        document = recording.step(document, "ingest", Layers(pages=(PageInfo(index=0),), text=(text,)), stage="ingest")
        recording.end(document, memo_key=WHOLE)
        assert keys(store) == [WHOLE]
