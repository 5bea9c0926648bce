"""Laws of checks and routes, for conditions and documents of any kind."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from aios_rules import Rules
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aios_sdk import AiosError, Checks, Document, Extraction, Field, Registry, Route, Span, parse, to_json
from aios_sdk.expressions import DocumentSubject, compile

OPERANDS = [
    'field("total")',
    'field("limit")',
    'field("risk")',
    "pages",
    "size",
    "count(members)",
    "7",
    "0.5",
    'sum(field("total") for members)',
]
CONDITIONS = [
    'field("paid")',
    'field("total") is missing',
    'label("document-kind") == "invoice"',
    'field("policy") in ["P-1", "P-2"]',
    'check("earlier")',
    'conflict(field("total"))',
    'confidence(field("risk")) > 0.5',
    "any(failed for members)",
    "any(duplicate for members)",
    'all(field("total") > 1 for members)',
    'exists("policies", field("policy"))',
    'lookup("policies", field("policy"), "limit") >= field("total")',
    'field("loss_date") <= date("2026-01-31")',
    'any(check("readable") for members)',
    'field("total") / field("limit") > 1',
]

comparisons = st.builds(
    "{} {} {}".format, st.sampled_from(OPERANDS), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), st.sampled_from(OPERANDS)
)
conditions = st.recursive(
    st.sampled_from(CONDITIONS) | comparisons,
    lambda inner: (
        st.builds("({} and {})".format, inner, inner) | st.builds("({} or {})".format, inner, inner) | st.builds("not ({})".format, inner)
    ),
    max_leaves=4,
)
messages = st.sampled_from(["plain", 'it is {field("total")}, {{braces}}', "{count(members)} of {values(name for members)}"])
checks = st.lists(
    st.fixed_dictionaries(
        {"expect": conditions, "severity": st.sampled_from(["error", "warning", "info"])},
        optional={"when": conditions, "message": messages},
    ),
    max_size=3,
)
routes = st.lists(st.fixed_dictionaries({"when": conditions, "review": st.booleans()}, optional={"because": messages}), max_size=4)


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """A rules file with any conditions; a check may read those above, and a route any of them."""
    held: list[dict[str, Any]] = [{"rule": f"check-{number}", **rule} for number, rule in enumerate(draw(checks))]
    taken: list[dict[str, Any]] = [{"to": f"route-{number}", **rule} for number, rule in enumerate(draw(routes))]
    for number, rule in enumerate(taken):
        if draw(st.booleans()) and held:
            rule["when"] = f'({rule["when"]}) and check("check-{number % len(held)}")'
    last = {"to": "last", "review": draw(st.booleans())}
    parts = {"tables": {"policies": {"file": "policies.csv"}}, "routes": [*taken, last]}
    return parts | ({"checks": held} if held else {})


numbers = st.sampled_from([0, 1, 7, Decimal("0.5"), Decimal("7.00"), Decimal("1E+90"), 10**200, "seven"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "total": numbers,
    "limit": numbers,
    "risk": numbers,
    "policy": st.sampled_from(["P-1", "P-9", "", 7]),
    "paid": st.booleans() | st.just("yes"),
    "loss_date": st.sampled_from([dt.date(2026, 1, 1), dt.date(2027, 1, 1), dt.datetime(2026, 1, 31, 23, tzinfo=dt.UTC)]),
}
SPAN = Span(artifact="0" * 64, page=0, start=0, end=1, quote="x")


@st.composite
def fields(draw: st.DrawFn) -> tuple[Field, ...]:
    found = []
    for path in draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=6)):
        status: Any = draw(st.sampled_from(["extracted", "extracted", "ungrounded"]))
        confidence = draw(st.sampled_from([None, 0.25, 0.75]))
        found.append(
            Field(path=path, value=draw(VALUES[path]), status=status, spans=(SPAN,) if status == "extracted" else (), confidence=confidence)
        )
    return tuple(found)


@st.composite
def cases(draw: st.DrawFn, make: Any) -> Document:
    """A document, or a case of up to three, of which some failed, are duplicates, or have verdicts."""

    def one(id: str) -> Document:
        kind = draw(st.sampled_from(["", "invoice", "mail"]))
        document: Document = make.document(id, draw(fields()), kind, duplicate_of=draw(st.sampled_from(["", "other"])))
        verdict = draw(st.sampled_from(["none", True, False, None]))
        return document if verdict == "none" else document.add("before", make.verdict(verdict, "readable"))

    members = [one(f"m{number}") for number in range(draw(st.integers(0, 3)))]
    failed = tuple(member.id for member in members if draw(st.booleans()))
    case: Document = make.case(*members, failed=failed) if members else one("alone")
    case = case.add("own", Extraction(fields=draw(fields())))
    verdict = draw(st.sampled_from(["none", True, False, None]))
    return case if verdict == "none" else case.add("before", make.verdict(verdict))


def decided(desk: Any, make: Any, file: dict[str, Any], document: Document) -> tuple[Any, Document, Route]:
    desk.write("policies.csv", "policy,limit\nP-1,7\nP-2,0.5\n")
    instance = desk.bind(yaml.safe_dump(file, sort_keys=False))
    if "checks" in file:
        document = document.add("check.rules", Checks(checks=tuple(desk.check(instance, document).values())))
    return instance, document, desk.route(instance, document)


def unknown_before(instance: Any, file: dict[str, Any], document: Document, destination: str) -> bool:
    """Whether a condition before the route taken is unknown, told by the expressions alone."""
    rules: Rules = instance._object
    subject = DocumentSubject(document, tables=rules._tables)
    scope = next((route.when.scope for route in rules._routes if route.when is not None), None)
    for route in file["routes"]:
        if route["to"] == destination:
            return False
        assert scope is not None
        if compile(parse(route["when"]), scope).evaluate(subject).value is None:
            return True
    raise AssertionError(f"{destination} is no route of the file")


def shaped(test: Any) -> Any:
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=40000, deadline=None, suppress_health_check=checks)(given(data=st.data())(test))


@shaped
def test_a_route_is_total_and_automatic_only_when_nothing_before_it_was_unknown(desk: Any, make: Any, data: st.DataObject) -> None:
    file, document = data.draw(files()), data.draw(cases(make))
    instance, document, route = decided(desk, make, file, document)
    chosen = next(each for each in file["routes"] if each["to"] == route.destination)
    if chosen["review"]:
        assert route.review
    if not route.review:
        assert not unknown_before(instance, file, document, route.destination)
    assert route.reasons
    assert route.reasons[0].text


@shaped
def test_an_automatic_route_has_no_unread_failure_and_no_ungrounded_field(desk: Any, make: Any, data: st.DataObject) -> None:
    file, document = data.draw(files()), data.draw(cases(make))
    _, document, route = decided(desk, make, file, document)
    if route.review:
        return
    condition = next(each.get("when", "") for each in file["routes"] if each["to"] == route.destination)
    owners = [document, *(member.document for member in document.members)]
    for owner in owners:
        for verdict in owner.checks.values():
            if verdict.severity == "error" and f'check("{verdict.rule}")' not in condition:
                assert verdict.passed
    ungrounded = {item.id for owner in owners for item in owner.layers.fields if item.status == "ungrounded"}
    support = [reason for reason in route.reasons[1:] if reason.text.startswith('not "') or " passed" in reason.text.splitlines()[0]]
    assert not ungrounded & {reference.id for reason in (route.reasons[0], *support) for reference in reason.references}


@shaped
def test_an_automatic_route_rests_on_no_ungrounded_field_however_much_is_known(desk: Any, make: Any, data: st.DataObject) -> None:
    grounded = {"extracted": (SPAN,), "ungrounded": ()}
    statuses: st.SearchStrategy[Any] = st.sampled_from(sorted(grounded))
    values = {"total": 7, "limit": 9, "risk": 1, "policy": "P-1", "paid": True, "loss_date": dt.date(2026, 1, 1)}
    given = [(path, value, data.draw(statuses)) for path, value in values.items()]
    document = make.document(
        fields=tuple(Field(path=path, value=value, status=status, spans=grounded[status]) for path, value, status in given)
    )
    file = {
        "routes": [
            *({"to": f"route-{number}", "when": when} for number, when in enumerate(data.draw(st.lists(conditions, max_size=3)))),
            {"to": "last"},
        ]
    }
    _, _, route = decided(desk, make, {"tables": {"policies": {"file": "policies.csv"}}, **file}, document)
    ungrounded = {item.id for item in document.layers.fields if item.status == "ungrounded"}
    assert route.review or not ungrounded & {reference.id for reason in route.reasons for reference in reason.references}


@shaped
def test_every_reference_of_a_verdict_or_route_leads_to_an_item_that_is_there(desk: Any, make: Any, data: st.DataObject) -> None:
    file, document = data.draw(files()), data.draw(cases(make))
    instance, document, route = decided(desk, make, file, document)
    owners = {owner.id: owner for owner in (document, *(member.document for member in document.members))}
    held = [check.inputs for check in document.layers.checks if check.rule.startswith("check-")]
    for reference in (reference for references in (*held, *(reason.references for reason in route.reasons)) for reference in references):
        if reference.kind == "table":
            assert reference.id == instance.config.tables["policies"].digest
        elif reference.kind == "document":
            assert reference.id in owners
        else:
            layers = owners[reference.document_id].layers
            items: dict[str, tuple[Any, ...]] = {"field": layers.fields, "label": layers.labels, "check": layers.checks}
            assert reference.id in {item.id for item in items[reference.kind]}


@shaped
def test_the_same_rules_and_document_give_the_same_bytes(desk: Any, make: Any, data: st.DataObject) -> None:
    file, document = data.draw(files()), data.draw(cases(make))
    first, second = decided(desk, make, file, document), decided(desk, make, file, document)
    assert to_json(first[1]) == to_json(second[1])
    assert to_json(first[2]) == to_json(second[2])


@given(text=st.text(max_size=60) | st.text(alphabet="rulestochwn:-[]{}'\"#&*!|> \n\t", max_size=60))
@settings(max_examples=4000, deadline=None)
def test_no_text_whatever_makes_reading_a_rules_file_fail_otherwise_than_with_an_error_of_the_sdk(text: str, tmp_path_factory: Any) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    registry = Registry()
    registry.add(Rules)
    error = None
    try:
        registry.create("aios.rules", {"rules": str(path)})
    except AiosError as caught:
        error = caught
    assert error is None or "any.yaml" in str(error)
