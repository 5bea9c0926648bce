"""The claims desk decides real claims as its truth says, and shows what each decision rests on."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aios_sdk import Outcome, Pipeline, Store
from aios_sdk.records import to_json

CLAIMS = Path(__file__).resolve().parents[2] / "examples" / "claims"
TRUTH: dict[str, Any] = json.loads((CLAIMS / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, dict[str, Outcome]]]:
    """The store after one run over the inbox, and the outcome of each claim by file name."""
    with Store(tmp_path_factory.mktemp("desk") / "claims.aios") as store:
        pipeline = Pipeline.from_yaml(CLAIMS / "claims.yaml")
        yield store, {outcome.name: outcome for outcome in pipeline.run(CLAIMS / "inbox", store=store)}


@pytest.mark.parametrize("claim", TRUTH["claims"], ids=lambda claim: claim["file"])
def test_every_claim_goes_where_its_truth_says(desk: tuple[Store, dict[str, Outcome]], claim: dict[str, Any]) -> None:
    outcome = desk[1][claim["file"]]
    assert outcome.route is not None
    assert outcome.route.destination == claim["decision"], outcome.route.reasons
    assert outcome.route.review == (claim["decision"] != "pay")


def test_what_the_claimant_says_is_read_from_the_mail(desk: tuple[Store, dict[str, Outcome]]) -> None:
    for claim in TRUTH["claims"]:
        if not claim["claim_number"]:
            continue
        fields = desk[1][claim["file"]].document.members[0].document.fields
        assert fields["claim_number"].value == claim["claim_number"]
        assert fields["policy_number"].value == claim["policy_number"]
        assert fields["loss_date"].value == dt.date.fromisoformat(claim["date_of_loss"])
        assert fields["amount_claimed"].value == Decimal(claim["amount_claimed"])


def test_number_date_currency_and_total_of_every_e_invoice_are_right(desk: tuple[Store, dict[str, Outcome]]) -> None:
    store, _ = desk
    rows = store.sql(
        "select mail.name, part.name, f.path, f.value_text, f.value_num, f.currency from current_fields f "
        "join current_documents part on part.document_id = f.document_id "
        "join current_documents mail on mail.document_id = part.parent_id "
        "where f.path in ('number', 'date', 'currency', 'total')"
    ).fetchall()
    found = {(mail, part, path): (text, number, currency) for mail, part, path, text, number, currency in rows}
    right = 0
    for invoice in TRUTH["e_invoices"]:
        key = (invoice["file"], invoice["attachment"])
        total = found[(*key, "total")]
        right += (
            found[(*key, "number")][0] == invoice["number"]
            and found[(*key, "date")][0] == invoice["date"]
            and found[(*key, "currency")][0] == invoice["currency"]
            and (total[1], total[2]) == (Decimal(invoice["total"]), invoice["currency"])
        )
    assert len(TRUTH["e_invoices"]) >= 10
    assert right == len(TRUTH["e_invoices"])


def test_every_case_has_one_current_route_whose_reasons_name_checks_and_fields(desk: tuple[Store, dict[str, Outcome]]) -> None:
    store, outcomes = desk
    cases = {row[0]: row[1] for row in store.sql("select document_id, name from current_documents where kind = 'case'").fetchall()}
    routes = store.sql("select document_id, reasons from current_routes").fetchall()
    assert sorted(cases.values()) == sorted(outcomes)
    assert sorted(document for document, _ in routes) == sorted(cases)
    known = {row[0] for row in store.sql("select field_id from fields union all select check_id from checks").fetchall()}
    for document, reasons in routes:
        references = [reference for reason in json.loads(reasons) for reference in reason.get("references", [])]
        named = {reference["kind"] for reference in references}
        assert "check" in named, cases[document]
        assert "field" in named or cases[document] in ("phone_note.txt", "supplier_invoice_001.pdf", "clm-1008.eml", "clm-1009.eml")
        assert {reference["id"] for reference in references if reference["kind"] in ("field", "check")} <= known


def test_documents_are_conserved_and_none_completes_empty(desk: tuple[Store, dict[str, Outcome]]) -> None:
    store, outcomes = desk
    assert store.sql("select bool_and(holds) from conservation").fetchall() == [(True,)]
    for outcome in outcomes.values():
        for member in outcome.document.members:
            layers = member.document.layers
            assert member.status != "completed" or layers.pages or layers.tables


def test_an_attachment_that_cannot_be_read_stays_in_its_claim_and_leads_to_a_person(desk: tuple[Store, dict[str, Outcome]]) -> None:
    outcome = desk[1]["clm-1008.eml"]
    ended = {member.name: member.status for member in outcome.document.members}
    assert ended["expert_report.pdf"] == ended["freezer_list.xlsx"] == "refused"
    assert outcome.document.checks["readable"].passed is False
    assert outcome.route is not None
    assert outcome.route.review


def test_the_same_bytes_are_a_duplicate_only_in_the_later_claim(desk: tuple[Store, dict[str, Outcome]]) -> None:
    def originals(name: str) -> list[str]:
        return [member.document.duplicate_of for member in desk[1][name].document.members if member.document.duplicate_of]

    assert originals("clm-1006.eml") == []
    assert originals("clm-1007.eml")


def test_a_value_is_explained_down_to_its_box_and_component(desk: tuple[Store, dict[str, Outcome]]) -> None:
    store, outcomes = desk
    invoice = next(m.document for m in outcomes["clm-1002.eml"].document.members if m.name == "Mietrechnung.pdf")
    explanation = store.explain(invoice.id, "total")
    told = repr(explanation)
    assert "340,96" in told
    assert "aios.pdf" in told
    assert "clm-1002.eml" in told


def test_what_comes_again_is_recalled_whole_in_the_third_run_at_the_latest(desk: tuple[Store, dict[str, Outcome]], tmp_path: Path) -> None:
    """But for mails and files with parts, which must be read again, and for what could not be read."""

    def said(outcomes: Iterable[Outcome], store: Store) -> dict[str, str]:
        """Every case as JSON, with the places of tables as if all stores were at one."""
        return {outcome.name: to_json(outcome.document).decode().replace(str(store.path), "") for outcome in outcomes}

    first = said(desk[1].values(), desk[0])
    desk[0].fold()
    shutil.copytree(desk[0].path, tmp_path / "claims.aios")
    with Store(tmp_path / "claims.aios") as store:
        for _ in range(2):
            outcomes = Pipeline.from_yaml(CLAIMS / "claims.yaml").run(CLAIMS / "inbox", store=store, progress=False)
            again = said(outcomes, store)
        whole = store.sql("select document_id from recalls where run_id = (select max(run_id) from runs) order by all").fetchall()
        alone = store.sql(
            "select document_id from current_documents where kind <> 'case' and status = 'completed' "
            "and document_id not in (select parent_id from current_documents where parent_id is not null) order by all"
        ).fetchall()
    assert again == first
    assert whole == alone
    assert len(alone) > 30


def test_the_yaml_and_the_python_pipeline_are_the_same() -> None:
    spec = importlib.util.spec_from_file_location("claims_desk", CLAIMS / "claims_desk.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["claims_desk"] = module
    spec.loader.exec_module(module)
    assert module.claims == Pipeline.from_yaml(CLAIMS / "claims.yaml")
    assert Pipeline.from_yaml(module.claims.to_yaml()) == module.claims
