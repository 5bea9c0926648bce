"""Turns a checked tree into closures that answer for a subject; no value, however odd, makes them raise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from ._check import column_type, read_scope
from ._functions import overloads
from ._result import Known, Reference, ReferenceKind, Result, Subject
from ._scope import Scope
from ._tree import LEVELS, Call, Constant, Node, Over, Read, write
from ._types import BOOLEAN, CONTEXT, KIND, NUMBER, TEXT, Type, Unknown, admit, arithmetic_reason, quote, show, type_of

#: Answers for the subject in scope, and for the case around it: the same one, but inside of an aggregate.
Run: TypeAlias = Callable[[Subject, Subject], Result]


def build(node: Node, scope: Scope, case: Scope | None = None) -> Run:
    """The closure of a tree that ``check`` has passed with the same scopes."""
    if isinstance(node, Constant):
        answer = Result(write(node), node.value, "it is missing" if node.value is None else "")
        return lambda own, case: answer
    if isinstance(node, Read):
        return _read(node, read_scope(node, scope, case).type_of(node))
    if isinstance(node, Over):
        assert scope.members is not None
        value = build(node.value, scope.members, scope) if node.value else None
        where = build(node.where, scope.members, scope) if node.where else None
        return _quantifier(node, value, where) if node.name in ("any", "all") else _aggregate(node, value, where)
    if node.name in ("confidence", "currency", "conflict"):
        return _aspect(node)
    if node.name in ("lookup", "exists"):
        tables = case or scope
        table, column, given = column_type(node, tables)
        return _lookup(write(node), table, column, tables.tables[table].key, given, build(node.args[1], scope, case))
    parts = [build(arg, scope, case) for arg in node.args]
    if node.name in ("and", "or"):
        return _junction(write(node), parts, stop=node.name == "or")
    special = {"not": _not, "is missing": _is_missing, "coalesce": _coalesce}.get(node.name)
    return special(write(node), parts) if special else _computed(node, parts)


def typed(result: Result, wanted: Type) -> Result:
    """The result, or an unknown one if its value is not of the type that is wanted."""
    if result.value is None or type_of(result.value).fits(wanted):
        return result
    reason = f"{result.text} is {type_of(result.value)}, not {wanted}"
    return Result(result.text, None, reason, result.because, result.reference)


def _boolean(result: Result) -> Result:
    return result if result.value is None or type(result.value) is bool else typed(result, BOOLEAN)


def _unknown(text: str, parts: Sequence[Result]) -> Result:
    """Unknown because of those parts that are."""
    parts = tuple(part for part in parts if part.value is None)
    return Result(text, None, parts[0].reason, parts)


def _read(read: Read, declared: Type) -> Run:
    text, kind, name, of_case = write(read), read.kind, read.name, read.of == "case"
    assert kind != "table"

    def run(own: Subject, case: Subject) -> Result:
        subject = case if of_case else own
        if kind == "attribute":
            return _answer(text, kind, name, subject, subject.attribute(name), "", declared)
        known: Known | None = getattr(subject, kind)(name)
        if known is None:
            return _answer(text, kind, name, subject, None, "", declared)
        if known.value is None and known.conflict:
            reason = f"{text} of {subject.name} has candidates that disagree"
            return Result(text, None, reason, (), Reference(kind, name, subject.id, None, known.id, subject.name))
        return _answer(text, kind, name, subject, known.value, known.id, declared)

    return run


def _answer(text: str, kind: ReferenceKind, name: str, subject: Subject, raw: object, item: str, declared: Type) -> Result:
    """A value from outside, admitted and of the type that was declared, or unknown; with its reference."""
    value, reason = None, ""
    if raw is None:
        reason = f"{text} of {subject.name} is missing"
    else:
        try:
            value = admit(raw)
            if declared.name != KIND[type(value)] or declared.item is not None:
                given = type_of(value)
                if not given.fits(declared):
                    raise Unknown(f"is {given}, not {declared} as the pipeline says")
        except Unknown as error:
            value, reason = None, f"{text} of {subject.name} {error}"
    return Result(text, value, reason, (), Reference(kind, name, subject.id, value, item, subject.name))


_ASPECTS: Final[dict[str, tuple[Callable[[Known], object], Type]]] = {
    "confidence": (lambda known: known.confidence, NUMBER),
    "currency": (lambda known: known.currency or None, TEXT),
    "conflict": (lambda known: known.conflict, BOOLEAN),
}


def _aspect(call: Call) -> Run:
    read = call.args[0]
    assert isinstance(read, Read)
    text, kind, name, of_case = write(call), read.kind, read.name, read.of == "case"
    assert kind == "field" or kind == "label"
    get, declared = _ASPECTS[call.name]
    nothing = False if call.name == "conflict" else None

    def run(own: Subject, case: Subject) -> Result:
        subject = case if of_case else own
        known: Known | None = getattr(subject, kind)(name)
        raw, item = (nothing, "") if known is None else (get(known), known.id)
        return _answer(text, kind, name, subject, raw, item, declared)

    return run


def _lookup(text: str, table: str, column: str, key_type: Type, declared: Type, key: Run) -> Run:
    name = f"{table}.{column}" if column else table

    def run(own: Subject, case: Subject) -> Result:
        at = typed(key(own, case), key_type)
        if at.value is None:
            return _unknown(text, [at])
        row = case.row(table, at.value)
        raw = (row is not None) if not column else None if row is None else row.get(column)
        answer = _answer(text, "lookup", name, own, raw, show(at.value), declared)
        if row is None and column:
            answer = answer._replace(reason=f"table {quote(table)} has no row {show(at.value)}")
        return answer._replace(because=(at,))

    return run


def _junction(text: str, parts: Sequence[Run], stop: bool) -> Run:
    """Kleene's and (which stops at false) and or (which stops at true)."""

    def run(own: Subject, case: Subject) -> Result:
        seen, unknown = [], False
        for part in parts:
            result = _boolean(part(own, case))
            if result.value is stop:
                return Result(text, stop, "", (result,))
            unknown = unknown or result.value is None
            seen.append(result)
        return _unknown(text, seen) if unknown else Result(text, not stop, "", tuple(seen))

    return run


def _not(text: str, parts: Sequence[Run]) -> Run:
    (part,) = parts

    def run(own: Subject, case: Subject) -> Result:
        result = _boolean(part(own, case))
        return _unknown(text, [result]) if result.value is None else Result(text, not result.value, "", (result,))

    return run


def _is_missing(text: str, parts: Sequence[Run]) -> Run:
    (part,) = parts

    def run(own: Subject, case: Subject) -> Result:
        result = part(own, case)
        return Result(text, result.value is None, "", (result,))

    return run


def _coalesce(text: str, parts: Sequence[Run]) -> Run:
    def run(own: Subject, case: Subject) -> Result:
        seen = []
        for part in parts:
            result = part(own, case)
            seen.append(result)
            if result.value is not None:
                return Result(text, result.value, "", tuple(seen))
        return _unknown(text, seen)

    return run


def _computed(call: Call, parts: Sequence[Run]) -> Run:
    text, sign = write(call), call.name if call.name in LEVELS and len(parts) == 2 else ""
    ways = {tuple(each.name for each in way.params): way.run for way in overloads(call.name, len(parts))}

    def run(own: Subject, case: Subject) -> Result:
        results = tuple([part(own, case) for part in parts])
        values: list[Any] = [result.value for result in results]
        for value in values:
            if value is None:
                return _unknown(text, results)
        kinds = tuple([KIND[type(value)] for value in values])
        way = ways.get(kinds)
        if way is None:
            return Result(text, None, f"{text} does not fit {' and '.join(kinds)}", results)
        return _outcome(text, way, values, results, sign)

    return run


def _outcome(text: str, way: Callable[..., Any], values: Sequence[Any], because: tuple[Result, ...], sign: str) -> Result:
    try:
        return Result(text, way(*values), "", because, None, sign)
    except Unknown as error:
        return Result(text, None, str(error), because)
    except ArithmeticError as error:
        return Result(text, None, f"{text} is {arithmetic_reason(error)}", because)


def _quantifier(over: Over, value: Run | None, where: Run | None) -> Run:
    """any (which stops at true) and all (which stops at false) of the members that the condition lets through."""
    text, stop = write(over), over.name == "any"
    assert value is not None

    def run(own: Subject, case: Subject) -> Result:
        seen, unknown = [], False
        for member in own.members():
            chosen = _boolean(where(member, own)) if where else None
            if chosen is not None and chosen.value is False:
                seen.append(chosen)
                continue
            result = _boolean(value(member, own))
            if result.value is stop and (chosen is None or chosen.value is True):
                return Result(text, stop, "", (result,) if chosen is None else (chosen, result))
            if result.value is stop and chosen is not None:
                result = chosen  # it would decide, if it were known to count
            unknown = unknown or result.value is None
            seen.append(result)
        return _unknown(text, seen) if unknown else Result(text, not stop, "", tuple(seen))

    return run


def _aggregate(over: Over, value: Run | None, where: Run | None) -> Run:
    text, finish = write(over), _FINISH[over.name]

    def run(own: Subject, case: Subject) -> Result:
        seen, values, unknown = [], [], False
        for member in own.members():
            if where:
                chosen = _boolean(where(member, own))
                seen.append(chosen)
                unknown = unknown or chosen.value is None
                if not chosen.value:
                    continue
            if value:
                result = value(member, own)
                seen.append(result)
                unknown = unknown or result.value is None
                values.append(result.value)
            else:
                values.append(True)
        if unknown:
            return _unknown(text, seen)
        return _outcome(text, lambda: finish(text, values), (), tuple(seen), "")

    return run


def _alike(text: str, values: list[Any], *wanted: str) -> list[Any]:
    kinds = {KIND[type(value)] for value in values}
    if len(kinds) > 1 or not kinds <= set(wanted):
        raise Unknown(f"{text} does not fit {' and '.join(sorted(kinds))}")
    return values


def _sum(text: str, values: list[Any]) -> Any:
    total: Any = 0
    for value in _alike(text, values, "number"):
        total = CONTEXT.add(total, value)
    return total


def _extreme(choose: Callable[[list[Any]], Any]) -> Callable[[str, list[Any]], Any]:
    def finish(text: str, values: list[Any]) -> Any:
        if not values:
            raise Unknown(f"{text} has no members to choose from")
        return choose(_alike(text, values, "number", "date", "duration"))

    return finish


def _values(text: str, values: list[Any]) -> Any:
    return tuple(_alike(text, values, "text", "number", "date", "duration", "boolean"))


_FINISH: Final[dict[str, Callable[[str, list[Any]], Any]]] = {
    "count": lambda text, values: len(values),
    "sum": _sum,
    "min": _extreme(min),
    "max": _extreme(max),
    "values": _values,
    "distinct": lambda text, values: tuple(dict.fromkeys(_values(text, values))),
}
