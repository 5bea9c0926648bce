"""The views: current values without double counting, resolved as documents resolve them; lineage, conservation and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aios_sdk.records import (
    Check,
    Checks,
    Classification,
    Document,
    Extraction,
    Field,
    Label,
    PageInfo,
    PageText,
    Route,
    Span,
    UnitFailure,
    value_text,
)
from aios_sdk.store import Attempt, ComponentUse, Store

from ._recording import NOON, Recording, rows_of_a_sheet
from ._rich import rich_document, span


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "claims.aios")


@pytest.fixture(scope="module")
def store_of_law(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("law") / "claims.aios") as store:
        yield store


def fields(*values: object) -> Extraction:
    return Extraction(fields=tuple(Field(path="n", value=value, status="ungrounded") for value in values))


_STEPS = ("ocr", "embedded", "model")
_VALUES = st.sampled_from([Decimal("12.50"), Decimal("12.5"), Decimal("12.51"), 12, "Acme  GmbH", "acme gmbh", "Acme AG", True])
_CANDIDATE = st.tuples(
    st.sampled_from(_STEPS),
    st.sampled_from(["total", "seller.name"]),
    _VALUES,
    st.sampled_from(["", "EUR", "CHF"]),
    st.sampled_from([None, 0.0, 0.5, 0.9]),
    st.booleans(),
)
_LABELS = st.tuples(
    st.sampled_from(_STEPS),
    st.sampled_from(["kind", "language"]),
    st.sampled_from(["", "invoice", "letter"]),
    st.sampled_from([None, 0.5, 0.9]),
    st.sampled_from([None, None, 0]),
)


@given(
    documents=st.lists(st.tuples(st.lists(_CANDIDATE, max_size=6), st.lists(_LABELS, max_size=5)), min_size=1, max_size=12),
    order=st.permutations(_STEPS),
    length=st.integers(0, 3),
)
@settings(max_examples=12, deadline=None)
def test_sql_resolves_fields_and_labels_as_documents_do(
    store_of_law: Store, documents: list[tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]], order: Sequence[str], length: int
) -> None:
    """Law: current_fields == document.fields.resolved(), current_labels == document.labels.resolved(), for any candidates and order."""
    recording = Recording(store_of_law, resolve=order[:length])
    expected_fields, expected_labels = set(), set()
    for number, (candidates, labels) in enumerate(documents):
        document = recording.deliver(f"{recording.run.id} {number}.txt")
        text = PageText(page=0, content="x")
        document = recording.step(document, "ingest", Document.of(pages=(PageInfo(index=0),), text=(text,)).layers, stage="ingest")
        for step in _STEPS:
            document = recording.step(
                document,
                step,
                Extraction(
                    fields=tuple(
                        Field(
                            path=path,
                            value=value,
                            currency=currency,
                            confidence=confidence,
                            status="extracted" if grounded else "ungrounded",
                            spans=(span(text, "x"),) if grounded else (),
                        )
                        for by, path, value, currency, confidence, grounded in candidates
                        if by == step
                    )
                ),
            )
            document = recording.step(
                document,
                step,
                Classification(
                    labels=tuple(
                        Label(taxonomy=taxonomy, value=value, abstained=not value, confidence=confidence, page=page)
                        for by, taxonomy, value, confidence, page in labels
                        if by == step
                    )
                ),
                stage="classify",
                id=f"{document.id} {step} labels",
            )
        recording.end(document)
        expected_fields |= {
            (
                document.id,
                found.name,
                found.status,
                None if found.value is None else value_text(found.value),
                found.confidence,
                found.chosen.id if found.chosen else None,
                len(found.candidates),
            )
            for found in document.fields.resolved()
        }
        expected_labels |= {
            (
                document.id,
                found.name,
                found.status,
                found.value,
                found.confidence,
                found.chosen.id if found.chosen else None,
                len(found.candidates),
            )
            for found in document.labels.resolved()
        }
    run = [recording.run.id]
    assert (
        set(
            store_of_law.sql(
                "select document_id, path, status, value_text, confidence, field_id, candidates from current_fields where run_id = $1", run
            ).fetchall()
        )
        == expected_fields
    )
    assert (
        set(
            store_of_law.sql(
                "select document_id, taxonomy, status, value, confidence, label_id, candidates from current_labels where run_id = $1", run
            ).fetchall()
        )
        == expected_labels
    )


def test_a_document_that_ran_three_times_counts_once(store: Store) -> None:
    with store:
        for value in (1, 2, 3):
            recording = Recording(store)
            recording.end(recording.step(recording.deliver("a.txt"), "fields", fields(value)))
            recording.finish()
        assert store.sql("select value_num from current_fields").fetchall() == [(3,)]
        assert store.sql("select count(*) from current_documents").fetchall() == [(1,)]
        assert store.sql("select count(*) from fields").fetchall() == [(3,)]


def test_a_run_that_was_killed_before_the_end_of_a_document_does_not_hide_the_run_before(store: Store) -> None:
    with store:
        recording = Recording(store)
        recording.end(recording.step(recording.deliver("a.txt"), "fields", fields(1)))
        killed = Recording(store)
        killed.step(killed.deliver("a.txt"), "fields", fields(2))
        assert store.sql("select value_num from current_fields").fetchall() == [(1,)]


def test_a_delivery_is_current_until_a_later_one_supersedes_it_with_its_parts_and_case(store: Store) -> None:
    with store:
        recording = Recording(store)
        old = recording.deliver("mail.eml", b"old")
        part = recording.end(recording.deliver("scan.png", b"scan", parent=old))
        outcome = recording.end(old)
        recording.end(recording.case("case-old", [outcome, part]))
        recording.finish()
        assert store.sql("select count(*) from current_documents").fetchall() == [(3,)]

        recording = Recording(store)
        new = recording.end(recording.deliver("mail.eml", b"new", supersedes=old.id)).document
        recording.finish()
        assert store.sql("select document_id from current_documents").fetchall() == [(new.id,)]

        recording = Recording(store)  # the same again: nothing is superseded, nothing comes back
        recording.end(recording.deliver("mail.eml", b"new"))
        recording.finish()
        assert store.sql("select document_id from current_documents").fetchall() == [(new.id,)]

        recording = Recording(store)  # the old bytes under the same key once more
        recording.end(recording.deliver("mail.eml", b"old", supersedes=new.id))
        recording.finish()
        assert store.sql("select document_id from current_documents where kind = 'file'").fetchall() == [(old.id,)]


def test_the_latest_route_and_the_latest_verdict_of_each_rule_are_current(store: Store) -> None:
    with store:
        recording = Recording(store)
        document = recording.deliver("a.txt")
        for step, passed, destination in (("first", False, "review"), ("second", True, "pay")):
            document = recording.step(
                document, step, Checks(checks=(Check(rule="sum", passed=passed), Check(rule=step, passed=None))), stage="check"
            )
            document = recording.step(document, step, Route(destination=destination), stage="route", id=f"{step} route")
        recording.end(document)
        assert store.sql("select destination, step from current_routes").fetchall() == [("pay", "second")]
        assert set(store.sql("select rule, passed, step from current_checks").fetchall()) == {
            ("sum", True, "second"),
            ("first", None, "first"),
            ("second", None, "second"),
        }


def test_conservation_counts_documents_once_and_neither_containers_nor_cases(store: Store) -> None:
    with store:
        recording = Recording(store)
        folder = Document(id="f" * 32, name="inbox")
        recording.run.found(folder, container=True)
        archive = recording.deliver("all.zip", b"PK")
        recording.run.outcome(recording.end(archive), container=True)
        recording.finish()
        assert store.sql("select holds from conservation").fetchall() == [(False,)], "two outcomes for one delivery"

        recording = Recording(store)
        ends = [
            recording.end(recording.deliver(f"{status}.txt", status.encode()), status)
            for status in ("completed", "partial", "failed", "refused")
        ]
        recording.end(recording.case("case", ends))
        recording.finish()
        found = store.sql(
            "select found, completed, partial, failed, refused, unfinished, cases, containers, holds, run_status from conservation "
            "where run_id = $1",
            [recording.run.id],
        ).fetchall()
        assert found == [(4, 1, 1, 1, 1, 0, 1, 0, True, "completed")]


def test_conservation_does_not_hold_while_a_document_has_no_outcome(store: Store) -> None:
    with store:
        recording = Recording(store)
        recording.deliver("a.txt")
        assert store.sql("select found, unfinished, holds, run_status from conservation").fetchall() == [(1, 1, False, "")]


def test_straight_through_counts_cases_and_documents_in_no_case(store: Store) -> None:
    with store:
        recording = Recording(store)
        member = recording.end(recording.deliver("member.txt", b"m"))
        case = recording.step(recording.case("case", [member]), "route", Route(destination="pay"), stage="route")
        recording.end(case)
        for name, route in (("a.txt", Route(destination="pay")), ("b.txt", Route(destination="check", review=True)), ("c.txt", None)):
            document = recording.deliver(name, name.encode())
            recording.end(document if route is None else recording.step(document, "route", route, stage="route"))
        assert store.sql("select items, straight, review, unrouted, rate from straight_through").fetchall() == [(4, 2, 1, 1, 0.5)]


def test_latency_leaves_out_memo_hits_and_what_did_no_work(store: Store) -> None:
    with store:
        recording = Recording(store)
        document = recording.deliver("a.txt")
        attempt = Attempt(step="ocr", stage="extract", component="aios.tesseract", version="1", started_at=NOON)
        for number, other in enumerate(
            (
                replace(attempt, wall=1.0, cache="miss"),
                replace(attempt, wall=3.0, status="failed"),
                replace(attempt, wall=9.0, cache="hit"),
                replace(attempt, wall=9.0, status="skipped"),
            )
        ):
            recording.run.attempt(document, replace(other, id=str(number)))
        assert store.sql("select attempts, p50_seconds, failed, hour from latency").fetchall() == [(2, 2.0, 1, NOON)]


def test_errors_and_cost_are_summed_by_component(store: Store) -> None:
    with store:
        recording = Recording(store)
        for number in range(3):
            document = recording.deliver(f"{number}.txt", str(number).encode())
            recording.run.attempt(
                document,
                Attempt(
                    step="ask",
                    stage="extract",
                    component="acme.ask",
                    started_at=NOON,
                    wall=1,
                    tokens=100,
                    status="failed",
                    cost=Decimal("0.01"),
                    failures=(UnitFailure("unavailable", f"no answer {number}"),),
                ),
            )
        assert store.sql("select category, failures, documents from errors").fetchall() == [("unavailable", 3, 3)]
        assert store.sql("select attempts, tokens, cost, documents from cost").fetchall() == [(3, 300, Decimal("0.03"), 3)]


def test_a_component_that_left_a_document_to_another_one_is_no_error(store: Store) -> None:
    refusal = (UnitFailure("unsupported", "it is no ALTO"),)
    with store:
        recording = Recording(store)
        for name, tried in {
            "read.xml": ("unsupported", "ok"),
            "half.xml": ("unsupported", "partial"),
            "nobody.xml": ("unsupported",),
        }.items():
            document = recording.deliver(name, name.encode())
            for component, status in zip(("acme.alto", "acme.xml"), tried, strict=False):
                failures = {"unsupported": refusal, "partial": (UnitFailure("unsupported", "page 2 is drawn", page=2),)}.get(status, ())
                tells = Attempt(
                    step="ingest", stage="ingest", component=component, started_at=NOON, wall=1, status=status, failures=failures
                )
                recording.run.attempt(document, tells)
        found = store.sql("select component, documents, last_message from errors order by all").fetchall()
    assert found == [("acme.alto", 1, "it is no ALTO"), ("acme.xml", 1, "page 2 is drawn")]


def test_provenance_leads_from_a_value_to_the_part_it_is_quoted_from_and_the_component(store: Store) -> None:
    with store:
        for name in ("one.pdf", "two.pdf"):  # both with the same XML, which must not double the rows
            recording = Recording(
                store, uses=[ComponentUse(step="ingest", stage="ingest", component="aios.pdf", version="0.1.0", config='{"max_pages": 9}')]
            )
            xml = PageText(page=0, content="<total>529.87</total>")
            document = recording.deliver(name, name.encode(), media_type="application/pdf")
            quoted = Field(path="total", value=Decimal("529.87"), spans=(span(xml, "529.87"),))
            document = recording.step(
                document, "ingest", Document.of(pages=(PageInfo(index=0),), fields=(quoted,)).layers, stage="ingest", component="aios.pdf"
            )
            part = recording.deliver("factur-x.xml", xml.content.encode(), parent=document)
            recording.end(recording.step(part, "ingest", Document.of(text=(xml,)).layers, stage="ingest"))
            recording.end(document)
        rows = store.sql(
            "select name, path, quote, page, span_document, component, version, config ->> 'max_pages', chosen from field_provenance "
            "order by name"
        ).fetchall()
        assert rows == [(name, "total", "529.87", 0, "factur-x.xml", "aios.pdf", "0.1.0", "9", True) for name in ("one.pdf", "two.pdf")]


def test_provenance_leads_from_the_row_of_a_sheet_to_the_sheet(store: Store, tmp_path: Path) -> None:
    with store:
        recording = Recording(store)
        row = rows_of_a_sheet(recording, tmp_path)
        assert store.sql(
            "select name, value_text, table_row, table_column, span_document from field_provenance order by name"
        ).fetchall() == [("items row 1", "1", 0, 0, "items.xlsx"), ("items row 2", "2", 1, 0, "items.xlsx")]
        reached = store.sql(
            "select name from lineage_up($1) l join documents d on d.document_id = l.id", [row.layers.fields[0].id]
        ).fetchall()
        assert {name for (name,) in reached} == {"items row 2", "items.xlsx", "mail.eml"}


def test_lineage_leads_up_from_a_route_to_the_file_and_down_again(store: Store, tmp_path: Path) -> None:
    with store:
        recording = Recording(store)
        mail = recording.end(recording.deliver("mail.eml", b"mail")).document
        document = rich_document(recording, tmp_path)
        part = recording.end(recording.deliver("part.txt", b"part", parent=mail)).document
        case = recording.case("case", [recording.end(document)])
        claimed = Field(path="claimed", value=1, status="derived", inputs=(document.reference(document.layers.fields[0]),))
        case = recording.step(case, "sum", Extraction(fields=(claimed,)))
        up = {
            (kind, identity): depth
            for depth, kind, identity in store.sql("select depth, kind, id from lineage_up($1)", [case.layers.fields[0].id]).fetchall()
        }
        text = document.layers.text[0].artifact
        assert up[("field", case.layers.fields[0].id)] == 0
        assert up[("field", document.layers.fields[0].id)] == 1
        assert up[("text", text)] == 2
        assert up[("document", case.id)] == 2
        assert up[("document", document.id)] == 3, "the case is made of it"
        assert ("document", part.id) not in up
        route = {kind for (kind,) in store.sql("select distinct kind from lineage_up($1)", [document.layers.route[0].id]).fetchall()}
        assert {"route", "check", "field", "label", "text", "document", "attempt"} <= route
        down = {identity for (identity,) in store.sql("select id from lineage_down($1)", [text]).fetchall()}
        assert {document.layers.fields[0].id, document.layers.route[0].id, case.layers.fields[0].id} <= down
        assert store.sql("select kind, relation from lineage_up($1) order by depth", [part.id]).fetchall() == [
            ("document", ""),
            ("document", "part_of"),
        ]


def test_a_table_cell_and_a_box_lead_to_their_table_and_document(store: Store, tmp_path: Path) -> None:
    with store:
        recording = Recording(store)
        document = rich_document(recording, tmp_path)
        number, stamp = (document.fields[path].chosen for path in ("number", "stamp"))
        assert number is not None
        assert stamp is not None
        assert ("table", document.tables[0].artifact) in store.sql("select kind, id from lineage_up($1)", [number.id]).fetchall()
        assert store.sql(
            "select source_kind, source_id from lineage where target_id = $1 and relation = 'rests_on'", [stamp.id]
        ).fetchall() == [("document", document.id)]


def test_lineage_ends_where_edges_go_in_a_circle(store: Store) -> None:
    with store:
        recording = Recording(store)
        document = recording.deliver("a.txt")
        text = PageText(page=0, content="x")
        document = recording.step(document, "ingest", Document.of(pages=(PageInfo(index=0),), text=(text,)).layers, stage="ingest")
        place = Span(artifact=text.artifact, page=0, start=0, end=1, quote="x")
        first = Field(path="a", value=1, spans=(place,))
        document = recording.step(document, "one", Extraction(fields=(first,)))
        own = document.reference(document.layers.fields[0])
        recording.step(document, "two", Checks(checks=(Check(rule="r", passed=True, inputs=(own,)),)), stage="check")
        recording.run._writer.append(
            [(18, (recording.run.id, document.id, "", "field", own.id, document.id, "text", text.artifact, "rests_on"))],
            document_id=document.id,
        )
        assert len(store.sql("from lineage_up($1)", [own.id]).fetchall()) < 10
