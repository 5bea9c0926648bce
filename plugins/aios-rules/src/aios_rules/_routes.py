"""Decides where a document or case goes, and whether a person looks first; never silently past what could not be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, final

from aios_sdk import Check, Document, Reason, Reference, Route, Scope
from aios_sdk.expressions import Compiled, DocumentSubject, Read, Result, compile

from ._checks import own_checks
from ._evidence import Evidence
from ._file import RouteRule, located
from ._messages import Message
from ._tables import LookupTable

#: How many lines the explanation of a route that was not taken has.
_BRIEF = 6


@final
@dataclass(frozen=True, slots=True, eq=False)
class BoundRoute:
    """A route whose expressions fit the pipeline, and the checks that its condition reads: the document's own, and its members'."""

    rule: RouteRule
    when: Compiled | None
    because: Message | None
    own: frozenset[str]
    members: frozenset[str]

    def settles(self, verdict: Verdict) -> bool:
        """Whether the author decided what this verdict means for the route."""
        return verdict.check.rule in (self.members if verdict.of_member else self.own)


class Verdict(NamedTuple):
    """A check that was held, and the document it was held against."""

    document: Document
    check: Check
    of_member: bool

    @property
    def reference(self) -> Reference:
        return self.document.reference(self.check)

    @property
    def title(self) -> str:
        kind = "check" if self.check.severity == "error" else f"check ({self.check.severity})"
        return f'{kind} "{self.check.rule}"' + (f" of {self.document.name}" if self.of_member else "")


class Passed(NamedTuple):
    """A route before the one that was taken, and why it was not: false, or unknown."""

    route: BoundRoute
    result: Result


def bind_routes(rules: Sequence[RouteRule], scope: Scope) -> tuple[BoundRoute, ...]:
    """Compile the routes against ``scope``. Raises `ExpressionError` naming the line."""
    return tuple(_bind(rule, scope) for rule in rules)


def _bind(rule: RouteRule, scope: Scope) -> BoundRoute:
    when, because = None, None
    if rule.when is not None:
        with located(rule.places["when"], f"{rule.title}, when"):
            when = compile(rule.when, scope)
    if rule.because is not None:
        with located(rule.places["because"], f"{rule.title}, because"):
            because = rule.because.compile(scope)
    reads: frozenset[Read] = rule.when.reads() if rule.when is not None else frozenset()
    of_members = frozenset(read.name for read in reads if read.kind == "check" and read.of == "members")
    return BoundRoute(rule, when, because, own_checks(reads), of_members)


def decide(routes: Sequence[BoundRoute], document: Document, tables: Mapping[str, LookupTable]) -> Route:
    """The first route that holds; automatic only past conditions that are known, with no check against it, and on grounded values."""
    subject, evidence = DocumentSubject(document, tables=tables), Evidence(document, tables)
    chosen, result, passed = _first(routes, subject)
    verdicts = [Verdict(owner, check, owner is not document) for owner, check in evidence.verdicts()]
    automatic = not chosen.rule.review
    decided = evidence.references(*([] if result is None else [result]), *(other.result for other in passed))
    relied = [verdict for verdict in verdicts if verdict.check.passed and _relies(verdict, automatic, decided)]
    rests = evidence.resting((*decided, *(verdict.reference for verdict in relied)))
    held = (
        [
            *_unknown(passed, evidence),
            *(_trouble(verdict) for verdict in verdicts if _blocks(verdict, chosen)),
            *_ungrounded(evidence, rests),
        ]
        if automatic
        else []
    )
    reasons = [
        Reason(_because(chosen, result, subject), () if result is None else evidence.references(result)),
        *(Reason(f"held for a person: {reason.text}", reason.references) for reason in held),
        *([] if automatic else _unknown(passed, evidence)),
        *(_trouble(verdict) for verdict in verdicts if not verdict.check.passed and not (automatic and _blocks(verdict, chosen))),
        *_support(relied),
        *(Reason(f'not "{route.rule.to}": {why.explain(_BRIEF)}', evidence.references(why)) for route, why in passed if why.value is False),
    ]
    review = bool(chosen.rule.review or held)
    return Route(destination=chosen.rule.to, reasons=tuple(reasons), review=review, confidence=evidence.confidence(rests))


def _first(routes: Sequence[BoundRoute], subject: DocumentSubject) -> tuple[BoundRoute, Result | None, list[Passed]]:
    """The route that holds, its result (None for one without a condition), and those before it."""
    passed: list[Passed] = []
    for route in routes[:-1]:
        assert route.when is not None  # only the last has none; the file was refused otherwise
        result = route.when.evaluate(subject)
        if result.value is True:
            return route, result, passed
        passed.append(Passed(route, result))
    return routes[-1], None, passed


def _blocks(verdict: Verdict, chosen: BoundRoute) -> bool:
    return not verdict.check.passed and verdict.check.severity == "error" and not chosen.settles(verdict)


def _relies(verdict: Verdict, automatic: bool, decided: Sequence[Reference]) -> bool:
    """Whether the decision would have been another, had the check not passed."""
    return (automatic and verdict.check.severity == "error") or verdict.reference in decided


def _because(chosen: BoundRoute, result: Result | None, subject: DocumentSubject) -> str:
    if chosen.because is not None:
        return chosen.because.text(subject)
    return "no other route holds" if result is None else result.explain()


def _unknown(passed: Sequence[Passed], evidence: Evidence) -> Iterator[Reason]:
    for route, result in passed:
        if result.value is None:
            text = f'whether it goes to "{route.rule.to}" is unknown ({route.rule.places["when"]}): {result.explain(_BRIEF)}'
            yield Reason(text, evidence.references(result))


def _trouble(verdict: Verdict) -> Reason:
    word = "failed" if verdict.check.passed is False else "is unknown"
    return Reason(f"{verdict.title} {word}: {verdict.check.message}", (verdict.reference, *verdict.check.inputs))


def _ungrounded(evidence: Evidence, rests: Sequence[Reference]) -> Iterator[Reason]:
    for reference, owner in evidence.ungrounded(rests):
        yield Reason(f'field "{reference.name}" of {owner.name} is ungrounded: no place in a document shows its value', (reference,))


def _support(relied: Sequence[Verdict]) -> Iterator[Reason]:
    """One reason a check that passed, with all it rests on; the members' verdicts on one rule are told together."""
    together: dict[tuple[bool, str], list[Verdict]] = {}
    for verdict in relied:
        together.setdefault((verdict.of_member, verdict.check.rule), []).append(verdict)
    for (_, rule), verdicts in together.items():
        references = dict.fromkeys(reference for verdict in verdicts for reference in (verdict.reference, *verdict.check.inputs))
        first = verdicts[0]
        alone = len(verdicts) == 1
        message = first.check.message.partition("\n")[0]  # the rest is in the check's own record
        text = f"{first.title} passed: {message}" if alone else f'check "{rule}" passed for {len(verdicts)} members'
        yield Reason(text, tuple(references))
