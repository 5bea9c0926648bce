"""Checks: passed, failed or unknown, each with why and with exactly what decided."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from aios_sdk import Checks, ConfigurationError, UsageError

SUM = """\
checks:
  - rule: sums-agree
    when: count(members if label("document-kind") == "invoice") > 0
    expect: sum(field("total") for members if label("document-kind") == "invoice") == field("claimed")
    message: 'the invoices come to {sum(field("total") for members if label("document-kind") == "invoice")}, claimed are {field("claimed")}'
"""


def mail(make: Any, **fields: Any) -> Any:
    return make.document("mail", fields, "mail", name="claim.eml")


def names(check: Any) -> list[tuple[str, str, str]]:
    return [(reference.kind, reference.name, reference.document_id) for reference in check.inputs]


def test_a_check_that_holds_has_passed_and_says_why(desk: Any, make: Any) -> None:
    claim = make.case(
        mail(make, claimed=Decimal("30.00")), make.document("i1", {"total": 10}, "invoice"), make.document("i2", {"total": 20}, "invoice")
    )
    found = desk.check(SUM, claim)["sums-agree"]
    assert (found.passed, found.severity) == (True, "error")
    assert found.message.splitlines()[0].endswith("is true: 30 == 30.00")
    assert names(found) == [
        ("label", "document-kind", "mail"),
        ("label", "document-kind", "i1"),
        ("label", "document-kind", "i2"),
        ("field", "total", "i1"),
        ("field", "total", "i2"),
        ("field", "claimed", "mail"),
    ]
    ids = {
        item.id for member in claim.members for layer in (member.document.layers.fields, member.document.layers.labels) for item in layer
    }
    assert {reference.id for reference in found.inputs} == ids


def test_a_check_that_fails_gives_its_message_with_the_values_filled_in(desk: Any, make: Any) -> None:
    claim = make.case(mail(make, claimed=Decimal("30.00")), make.document("i1", {"total": Decimal("10.50")}, "invoice"))
    found = desk.check(SUM, claim)["sums-agree"]
    assert (found.passed, found.message) == (False, "the invoices come to 10.50, claimed are 30.00")


def test_a_check_without_a_message_explains_itself(desk: Any, make: Any) -> None:
    found = desk.check('checks:\n  - rule: small\n    expect: field("total") < 5\n', make.document(fields={"total": 7}))["small"]
    assert found.message == 'field("total") < 5  is false: 7 < 5\n  field("total") of d1.pdf  is 7'


def test_a_check_on_what_is_missing_is_unknown_and_says_what_is(desk: Any, make: Any) -> None:
    claim = make.case(mail(make), make.document("i1", {"total": 10}, "invoice"))
    found = desk.check(SUM, claim)["sums-agree"]
    assert found.passed is None
    assert 'field("claimed") of claim 7 is missing' in found.message
    assert ("document", 'field("claimed")', "mail") in names(found)


def test_a_conflict_is_unknown_and_refers_to_every_candidate(desk: Any, make: Any) -> None:
    document = make.document(fields=(make.field("total", 7), make.field("total", 8)))
    found = desk.check('checks:\n  - rule: small\n    expect: field("total") < 5\n', document)["small"]
    assert found.passed is None
    assert "disagree" in found.message
    assert [reference.id for reference in found.inputs] == [field.id for field in document.layers.fields]


def test_a_check_that_does_not_apply_gives_no_row(desk: Any, make: Any) -> None:
    assert desk.check(SUM, make.case(mail(make, claimed=30))) == {}


def test_a_check_of_which_it_is_unknown_whether_it_applies_is_unknown(desk: Any, make: Any) -> None:
    text = 'checks:\n  - rule: a\n    when: field("paid")\n    expect: pages >= 0\n'
    found = desk.check(text, make.document())["a"]
    assert (found.passed, found.inputs[0].name) == (None, 'field("paid")')
    assert found.message.startswith("whether it applies is unknown: ")


def test_severities_are_kept_in_the_order_of_the_file(desk: Any, make: Any) -> None:
    text = "checks:\n" + "".join(f"  - {{rule: {name}, severity: {name}, expect: pages > 3}}\n" for name in ("warning", "info", "error"))
    assert [(check.rule, check.severity, check.passed) for check in desk.check(text, make.document()).values()] == [
        ("warning", "warning", False),
        ("info", "info", False),
        ("error", "error", False),
    ]


def test_a_check_reads_those_above_and_refers_to_them_by_the_ids_that_the_engine_gives(desk: Any, make: Any) -> None:
    text = 'checks:\n  - rule: a\n    expect: pages >= 0\n  - rule: b\n    expect: check("a") and check("earlier")\n'
    document = make.document().add("before", make.verdict(True))
    found = desk.check(text, document)
    assert found["b"].passed is True
    after = document.add("check.rules", Checks(checks=tuple(found.values())))
    assert [reference.id for reference in found["b"].inputs] == [after.checks["a"].id, after.checks["earlier"].id]


def test_attributes_refer_to_the_document_that_has_them(desk: Any, make: Any) -> None:
    claim = make.case(mail(make), make.document("i1"), failed=("i1",))
    found = desk.check("checks:\n  - rule: readable\n    expect: not any(failed for members)\n", claim)["readable"]
    assert found.passed is False
    assert names(found) == [("document", "failed", "i1")]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ('{field("total")}', "1234.50"),
        ('{field("policy")}!', "P-1 {x}!"),
        ('{field("paid")}', "true"),
        ('{field("loss_date")}', "2026-01-31"),
        ('{field("risk")}', "(unknown)"),
        ("{{{pages}}}", "{0}"),
        ("{values(name for members)}", "P-1.eml"),
        ('{contains(name, "}")}', "false"),
        ('{field("loss_date") - date("2026-01-30")}', "1 day"),
    ],
)
def test_placeholders_show_values_as_readers_write_them(desk: Any, make: Any, message: str, said: str) -> None:
    import datetime as dt

    fields = {"total": Decimal("1234.50"), "policy": "P-1 {x}", "paid": True, "loss_date": dt.date(2026, 1, 31)}
    claim = make.case(make.document("m", fields, name="P-1.eml"))
    found = desk.check(f"checks:\n  - rule: a\n    expect: size > 9\n    message: |\n      {message}\n", claim)["a"]
    assert found.message == said


def test_a_long_value_in_a_message_is_cut(desk: Any, make: Any) -> None:
    text = "checks:\n  - rule: a\n    expect: size > 9\n    message: '{field(\"policy\")}'\n"
    assert len(desk.check(text, make.document(fields={"policy": "x" * 5000}))["a"].message) == 200


def test_a_file_that_has_nothing_for_the_step_is_refused(desk: Any, make: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"claims.rules.yaml has no routes; a route step needs them"):
        desk.create(SUM).bind(make.scope, "route")
    with pytest.raises(ConfigurationError, match="has no checks; a check step needs them"):
        desk.create("routes:\n  - to: desk\n").bind(make.scope, "check")


def test_a_check_step_leaves_the_routes_of_its_file_to_the_route_step(desk: Any, make: Any) -> None:
    text = SUM + 'routes:\n  - to: pay\n    when: label("decided-later") == "x"\n  - to: desk\n'
    instance = desk.create(text)
    instance.bind(make.scope, "check")
    assert desk.check(instance, make.case(mail(make, claimed=1))) == {}
    with pytest.raises(UsageError, match="no compiled routes"):
        desk.route(instance, make.document())
