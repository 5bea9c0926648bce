"""Routes: the first that holds decides; nothing is automatic past what could not be told."""

from __future__ import annotations

from typing import Any

import pytest

from aios_sdk import Alternative, Checks, Classification, ConfigurationError, Label

PAY = """\
routes:
  - to: fraud
    review: true
    when: field("risk") > 0.8
    because: 'the risk is {field("risk")}'
  - to: pay
    when: field("total") < 500
  - to: desk
    review: true
    because: it is a large sum
"""
BOTH = """\
checks:
  - rule: has-total
    expect: field("total") > 0
  - rule: round-sum
    severity: warning
    expect: field("total") == round(field("total"), 0)
  - rule: within-limit
    expect: field("total") <= field("limit")
    message: '{field("total")} is over the limit of {field("limit")}'
routes:
  - to: pay
    when: check("within-limit")
  - to: desk
    review: true
"""


def texts(route: Any) -> list[str]:
    return [reason.text for reason in route.reasons]


def named(reason: Any) -> list[tuple[str, str]]:
    return [(reference.kind, reference.name) for reference in reason.references]


def test_the_first_route_that_holds_decides_and_says_why(desk: Any, make: Any) -> None:
    route = desk.route(PAY, make.document(fields={"risk": 0, "total": 100}))
    assert (route.destination, route.review) == ("pay", False)
    assert texts(route) == [
        'field("total") < 500  is true: 100 < 500\n  field("total") of d1.pdf  is 100',
        'not "fraud": field("risk") > 0.8  is false: 0 > 0.8\n  field("risk") of d1.pdf  is 0',
    ]
    assert named(route.reasons[0]) == [("field", "total")]


def test_a_route_for_review_goes_to_a_person_with_its_reason_filled_in(desk: Any, make: Any) -> None:
    route = desk.route(PAY, make.document(fields={"risk": 1, "total": 100}))
    assert (route.destination, route.review, texts(route)) == ("fraud", True, ["the risk is 1"])


def test_the_last_route_takes_what_no_other_does(desk: Any, make: Any) -> None:
    route = desk.route(PAY, make.document(fields={"risk": 0, "total": 900}))
    assert (route.destination, route.review, texts(route)[0]) == ("desk", True, "it is a large sum")
    assert desk.route("routes:\n  - to: archive\n", make.document()).reasons[0].text == "no other route holds"


def test_an_unknown_condition_before_the_one_that_holds_sends_it_to_a_person(desk: Any, make: Any) -> None:
    route = desk.route(PAY, make.document(fields={"total": 100}))
    assert (route.destination, route.review) == ("pay", True)
    held = route.reasons[1]
    assert held.text.startswith('held for a person: whether it goes to "fraud" is unknown (claims.rules.yaml, line 4): ')
    assert 'field("risk") of d1.pdf is missing' in held.text
    assert named(held) == [("document", 'field("risk")')]


def test_an_unknown_condition_is_told_to_the_person_who_looks_anyway(desk: Any, make: Any) -> None:
    route = desk.route(PAY, make.document(fields={"total": 900}))
    assert (route.destination, route.review) == ("desk", True)
    assert any(text.startswith('whether it goes to "fraud" is unknown') for text in texts(route))


def test_a_conflict_before_the_route_that_holds_is_not_skipped(desk: Any, make: Any) -> None:
    document = make.document(fields=(make.field("risk", 0), make.field("risk", 1), make.field("total", 1)))
    route = desk.route(PAY, document)
    assert (route.destination, route.review) == ("pay", True)
    assert len(route.reasons[1].references) == 2


@pytest.mark.parametrize("passed", [False, None])
def test_a_check_that_did_not_pass_holds_an_automatic_route_whose_condition_does_not_read_it(
    desk: Any, make: Any, passed: bool | None
) -> None:
    document = make.document(fields={"risk": 0, "total": 1}).add("check", make.verdict(passed, message="because so"))
    route = desk.route(PAY, document)
    assert (route.destination, route.review) == ("pay", True)
    word = "failed" if passed is False else "is unknown"
    assert texts(route)[1] == f'held for a person: check "earlier" {word}: because so'
    assert named(route.reasons[1]) == [("check", "earlier")]


def test_a_check_that_the_condition_reads_is_for_the_author_to_judge(desk: Any, make: Any) -> None:
    text = PAY.replace('field("total") < 500', 'field("total") < 500 or check("earlier")')
    document = make.document(fields={"risk": 0, "total": 1}).add("check", make.verdict(False, message="because so"))
    route = desk.route(text, document)
    assert (route.destination, route.review) == ("pay", False)
    assert 'check "earlier" failed: because so' in texts(route)


def test_a_warning_holds_nothing_and_is_told(desk: Any, make: Any) -> None:
    document = make.document(fields={"risk": 0, "total": 1}).add("check", make.verdict(False, severity="warning", message="odd"))
    route = desk.route(PAY, document)
    assert (route.destination, route.review) == ("pay", False)
    assert 'check (warning) "earlier" failed: odd' in texts(route)


def test_only_the_latest_verdict_of_a_rule_counts(desk: Any, make: Any) -> None:
    document = make.document(fields={"risk": 0, "total": 1}).add("first", make.verdict(False)).add("second", make.verdict(True))
    assert desk.route(PAY, document).review is False


def test_a_members_check_that_failed_holds_the_case(desk: Any, make: Any) -> None:
    bad = make.document("i1").add("check", make.verdict(False, "readable", message="blurred"))
    route = desk.route(PAY, make.case(make.document("mail", {"risk": 0, "total": 1}), bad))
    assert (route.destination, route.review) == ("pay", True)
    assert texts(route)[1] == 'held for a person: check "readable" of i1.pdf failed: blurred'
    judged = PAY.replace('field("total") < 500', 'field("total") < 500 and count(members if not check("readable")) < 2')
    good = make.document("mail", {"risk": 0, "total": 1}).add("check", make.verdict(True, "readable"))
    assert desk.route(judged, make.case(good, bad)).review is False


def test_no_automatic_route_rests_on_an_ungrounded_field(desk: Any, make: Any) -> None:
    for guessed, other in (("total", "risk"), ("risk", "total")):
        document = make.document(fields=(make.field(guessed, 0, status="ungrounded"), make.field(other, 0)))
        route = desk.route(PAY, document)
        assert (route.destination, route.review) == ("pay", True)
        said = f'held for a person: field "{guessed}" of d1.pdf is ungrounded: no place in a document shows its value'
        assert named(route.reasons[texts(route).index(said)]) == [("field", guessed)]


def test_a_derived_field_is_as_grounded_as_what_it_was_made_of(desk: Any, make: Any) -> None:
    guessed = make.document(fields=(make.field("limit", 7, status="ungrounded"), make.field("risk", 0)))
    inputs = (guessed.reference(guessed.layers.fields[0]),)
    document = guessed.add("sum", make.extraction(make.field("total", 7, status="derived", inputs=inputs)))
    route = desk.route(PAY, document)
    assert (route.destination, route.review) == ("pay", True)
    assert any('field "limit" of d1.pdf is ungrounded' in text for text in texts(route))


def test_a_check_is_as_grounded_as_the_fields_it_read(desk: Any, make: Any) -> None:
    document = make.document(fields=(make.field("total", 7), make.field("limit", 9, status="ungrounded")))
    route = desk.both(BOTH, document)
    assert (route.destination, route.review) == ("pay", True)
    assert any('field "limit" of d1.pdf is ungrounded' in text for text in texts(route))


def test_a_document_that_was_never_stored_has_no_ids_and_its_ungrounded_fields_are_found_all_the_same(desk: Any, make: Any) -> None:
    from aios_sdk import Document

    document = Document.of(fields=(make.field("total", 1, status="ungrounded"), make.field("risk", 0)))
    assert desk.route(PAY, document).review is True


def test_an_automatic_route_names_the_checks_that_passed_and_the_fields_they_rest_on(desk: Any, make: Any) -> None:
    route = desk.both(BOTH, make.document(fields={"total": 7, "limit": 9}))
    assert (route.destination, route.review) == ("pay", False)
    assert [text.splitlines()[0] for text in texts(route)] == [
        'check("within-limit") of d1.pdf  is true',
        'check "has-total" passed: field("total") > 0  is true: 7 > 0',
        'check "within-limit" passed: field("total") <= field("limit")  is true: 7 <= 9',
    ]
    assert named(route.reasons[0]) == [("check", "within-limit")]
    assert named(route.reasons[2]) == [("check", "within-limit"), ("field", "total"), ("field", "limit")]


def test_a_review_route_names_the_checks_that_failed_and_why_no_other_was_taken(desk: Any, make: Any) -> None:
    route = desk.both(BOTH, make.document(fields={"total": 11, "limit": 9}))
    assert (route.destination, route.review) == ("desk", True)
    assert [text.splitlines()[0] for text in texts(route)] == [
        "no other route holds",
        'check "within-limit" failed: 11 is over the limit of 9',
        'not "pay": check("within-limit") of d1.pdf  is false',
    ]


def test_members_that_passed_one_check_are_told_together(desk: Any, make: Any) -> None:
    members = [make.document(f"i{n}").add("check", make.verdict(True, "readable")) for n in range(3)]
    route = desk.route(PAY, make.case(make.document("mail", {"risk": 0, "total": 1}), *members))
    assert route.review is False
    reason = next(reason for reason in route.reasons if reason.text == 'check "readable" passed for 3 members')
    assert [reference.document_id for reference in reason.references] == ["i0", "i1", "i2"]


def test_confidence_is_the_lowest_of_what_the_route_rests_on(desk: Any, make: Any) -> None:
    fields = (make.field("risk", 0, confidence=0.9), make.field("total", 7, confidence=0.7), make.field("limit", 9, confidence=0.2))
    assert desk.route(PAY, make.document(fields=fields)).confidence == 0.7
    assert desk.both(BOTH, make.document(fields=fields)).confidence == 0.2
    assert desk.route(PAY, make.document(fields={"risk": 0, "total": 7})).confidence is None


def test_an_abstained_label_is_unknown(desk: Any, make: Any) -> None:
    text = 'routes:\n  - to: archive\n    when: label("language") == "de"\n  - to: shred\n'
    unsure = Label(taxonomy="language", abstained=True, alternatives=(Alternative("de", 0.4),))
    route = desk.route(text, make.document().add("classify", Classification(labels=(unsure,))))
    assert (route.destination, route.review) == ("shred", True)


def test_the_case_speaks_for_its_mail_and_references_go_to_the_mail(desk: Any, make: Any) -> None:
    route = desk.route(PAY, make.case(make.document("mail", {"risk": 0, "total": 1}), make.document("i1", {"total": 900})))
    assert route.destination == "pay"
    assert [reference.document_id for reference in route.reasons[0].references] == ["mail"]


def test_a_member_that_failed_and_one_that_came_before_are_seen(desk: Any, make: Any) -> None:
    text = (
        "routes:\n  - to: fraud\n    review: true\n    when: any(duplicate for members)\n    because: seen before\n  - to: pay\n"
        "    when: not any(failed for members)\n  - to: desk\n    review: true\n"
    )
    assert desk.route(text, make.case(make.document("a"))).destination == "pay"
    assert desk.route(text, make.case(make.document("a"), make.document("b", duplicate_of="x"))).destination == "fraud"
    assert desk.route(text, make.case(make.document("a"), make.document("b"), failed=("b",))).destination == "desk"


def test_routes_of_a_file_whose_checks_nobody_holds_are_refused_and_not_taken_as_if_they_had_passed(desk: Any, make: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"line 2: check 'has-total' is held by no step before this route step") as caught:
        desk.create(BOTH).bind(make.scope, "route")
    assert '.check("rules", config={"rules": "claims.rules.yaml"})' in str(caught.value)


def test_a_check_that_did_not_apply_holds_nothing_unless_the_condition_asks_for_it(desk: Any, make: Any) -> None:
    text = BOTH.replace("    message: '{field", '    when: field("paid")\n    message: \'{field')
    document = make.document(fields={"total": 11, "limit": 9, "paid": False})
    assert desk.both(text, document).destination == "desk"
    assert desk.both(text.replace('check("within-limit")', "true == true"), document).review is False


def test_checks_that_are_added_later_do_not_change_the_document(desk: Any, make: Any) -> None:
    document = make.document(fields={"total": 7, "limit": 9})
    found = tuple(desk.check(BOTH, document).values())
    assert document.layers.checks == ()
    assert len(document.add("x", Checks(checks=found)).checks) == 3
