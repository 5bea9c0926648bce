"""Holds the checks of a rules file against a document or case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as scoped
from typing import Final, final

from aios_sdk import Check, Checks, Document, ExpressionError, Scope
from aios_sdk.expressions import Compiled, DocumentSubject, Read, compile

from ._evidence import Evidence
from ._file import CheckRule, located
from ._messages import Message
from ._tables import LookupTable

_OWN: Final = ("own", "case")


@final
@dataclass(frozen=True, slots=True, eq=False)
class BoundCheck:
    """A check whose expressions fit the pipeline; ``follows`` says whether it reads a check further up in its file."""

    rule: CheckRule
    when: Compiled | None
    expect: Compiled
    message: Message | None
    follows: bool


def own_checks(reads: frozenset[Read]) -> frozenset[str]:
    """The checks among what an expression reads that are the document's or case's own, not its members'."""
    return frozenset(read.name for read in reads if read.kind == "check" and read.of in _OWN)


def bind_checks(rules: Sequence[CheckRule], scope: Scope) -> tuple[BoundCheck, ...]:
    """Compile the checks against ``scope``; each sees the checks above it. Raises `ExpressionError` naming the line."""
    bound = []
    for number, rule in enumerate(rules):
        above = frozenset(other.name for other in rules[:number])
        below = frozenset(other.name for other in rules[number:])
        seen = scope if scope.checks is None else scoped(scope, checks=scope.checks | above)
        bound.append(_bind(rule, seen, above, below))
    return tuple(bound)


def _bind(rule: CheckRule, scope: Scope, above: frozenset[str], below: frozenset[str]) -> BoundCheck:
    read = own_checks(rule.expect.reads() | (rule.when.reads() if rule.when is not None else frozenset()))
    for name in sorted(read & below):
        itself = name == rule.name
        raise ExpressionError(
            f"{rule.places['']}: {rule.title} reads check({name!r}), which {'is itself' if itself else 'is held further down'}",
            fix="Write out what it expects" if itself else "Move that check up",
        )
    when = None
    if rule.when is not None:
        with located(rule.places["when"], f"{rule.title}, when"):
            when = compile(rule.when, scope)
    with located(rule.places["expect"], f"{rule.title}, expect"):
        expect = compile(rule.expect, scope)
    message = None
    if rule.message is not None:
        with located(rule.places["message"], f"{rule.title}, message"):
            message = rule.message.compile(scope)
    return BoundCheck(rule, when, expect, message, bool(read & above))


def hold(checks: Sequence[BoundCheck], document: Document, tables: Mapping[str, LookupTable], step: str) -> Checks:
    """The verdict of each check that applies. ``step`` is what the engine will mark them with, so that one may refer to another."""
    found: list[Check] = []
    plain = DocumentSubject(document, tables=tables), Evidence(document, tables)
    for check in checks:
        subject, evidence = plain
        if check.follows:
            sofar = document.add(step, Checks(checks=tuple(found)))
            subject, evidence = DocumentSubject(sofar, tables=tables), Evidence(sofar, tables)
        verdict = _verdict(check, subject, evidence)
        if verdict is not None:
            found.append(verdict)
    return Checks(checks=tuple(found))


def _verdict(check: BoundCheck, subject: DocumentSubject, evidence: Evidence) -> Check | None:
    rule, decided = check.rule, []
    if check.when is not None:
        applies = check.when.evaluate(subject)
        if applies.value is False:
            return None
        decided.append(applies)
        if applies.value is None:
            message = f"whether it applies is unknown: {applies.explain()}"
            return Check(rule=rule.name, passed=None, severity=rule.severity, message=message, inputs=evidence.references(applies))
    result = check.expect.evaluate(subject)
    passed = None if result.value is None else result.value is True
    message = check.message.text(subject) if check.message and passed is False else result.explain()
    return Check(rule=rule.name, passed=passed, severity=rule.severity, message=message, inputs=evidence.references(*decided, result))
