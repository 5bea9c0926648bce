"""Types an expression before anything runs: every name exists, every operand fits, every label can be."""

from __future__ import annotations

from typing import Final

from aios_sdk.errors import ExpressionError

from ._functions import Overload, overloads
from ._glob import MAX_PATTERN
from ._scope import Scope, TableType, listed
from ._tokens import near
from ._tree import LEVELS, Call, Constant, Node, Over, Read, write
from ._types import ANY, BOOLEAN, DATE, DURATION, NUMBER, TEXT, Type, list_of, quote, type_of

_EQUALITY: Final = frozenset({"==", "!=", "in"})
_COMPARISONS: Final = _EQUALITY | {"<", "<=", ">", ">="}


def check(node: Node, scope: Scope, case: Scope | None = None) -> Type:
    """The type of ``node``; ``case`` is the scope of the enclosing case, if the node stands over its members.

    Raises ExpressionError naming the part that does not fit, its type, what was expected, and near names.
    """
    if isinstance(node, Constant):
        return ANY if node.value is None else type_of(node.value)
    if isinstance(node, Read):
        return read_scope(node, scope, case).type_of(node)
    if isinstance(node, Over):
        return _over(node, scope, case)
    if node.name in ("confidence", "currency", "conflict"):
        return _aspect(node, scope, case)
    if node.name in ("lookup", "exists"):
        return _table(node, scope, case)
    types = [check(arg, scope, case) for arg in node.args]
    if node.name in ("and", "or", "not"):
        for arg, given in zip(node.args, types, strict=True):
            require(arg, given, BOOLEAN, f"'{node.name}' takes conditions")
        return BOOLEAN
    if node.name == "is missing":
        return BOOLEAN
    if node.name == "coalesce":
        return _alike(node, types)
    _written(node)
    if node.name in _EQUALITY:
        _labels(node, scope, case)
    return _computed(node, types)


def read_scope(read: Read, scope: Scope, case: Scope | None) -> Scope:
    """The scope that a read looks into; raises ExpressionError for ``case.`` outside of an aggregate."""
    if read.of != "case":
        return scope
    if case is None:
        raise ExpressionError(f"{write(read)} stands outside of an aggregate over members", fix=f"Write {write(read._replace(of='own'))}")
    return case


def require(node: Node, given: Type, wanted: Type, why: str) -> None:
    """Raise ExpressionError unless a value of type ``given`` can stand where ``wanted`` is asked for."""
    if given.fits(wanted):
        return
    fix = "Compare it with something, as in ... == ..." if wanted == BOOLEAN else ""
    raise ExpressionError(f"{write(node)} is {given}, not {wanted}", cause=why, fix=fix)


def column_type(call: Call, scope: Scope) -> tuple[str, str, Type]:
    """The table, the column (empty for ``exists``) and the type that a lookup gives."""
    table = _name(call, 0, "table")
    if table not in scope.tables:
        raise ExpressionError(
            f"There is no table {quote(table)}", cause=f"There are {listed(scope.tables)}",
            fix=near(table, scope.tables, quote),
        )  # fmt: skip
    if call.name == "exists":
        return table, "", BOOLEAN
    column, known = _name(call, 2, "column"), scope.tables[table].columns
    if column not in known:
        raise ExpressionError(
            f"Table {quote(table)} has no column {quote(column)}", cause=f"It has {listed(known)}",
            fix=near(column, known, quote),
        )  # fmt: skip
    return table, column, known[column]


def _name(call: Call, place: int, what: str) -> str:
    arg = call.args[place]
    if isinstance(arg, Constant) and isinstance(arg.value, str):
        return arg.value
    raise ExpressionError(f"{write(call)} does not say its {what}", fix=f"Write the {what} in quotes")


def _table(call: Call, scope: Scope, case: Scope | None) -> Type:
    # Tables belong to the run, so that members see those of the case.
    tables = case or scope
    table, _, result = column_type(call, tables)
    kind: TableType = tables.tables[table]
    require(call.args[1], check(call.args[1], scope, case), kind.key, f"The key of table {quote(table)} is {kind.key}")
    return result


def _aspect(call: Call, scope: Scope, case: Scope | None) -> Type:
    read = call.args[0]
    kinds = ("field",) if call.name == "currency" else ("field", "label")
    if not isinstance(read, Read) or read.kind not in kinds:
        example = " or ".join(f'{call.name}({kind}("..."))' for kind in kinds)
        raise ExpressionError(f"{call.name} does not apply to {write(read)}", fix=f"Write {example}")
    check(read, scope, case)
    return {"confidence": NUMBER, "currency": TEXT, "conflict": BOOLEAN}[call.name]


def _over(over: Over, scope: Scope, case: Scope | None) -> Type:
    if case is not None:
        raise ExpressionError(f"{write(over)} stands inside of another aggregate", cause="Members have no members")
    if scope.members is None:
        raise ExpressionError(f"{write(over)} needs a case", cause="This document has no members", fix="Collect first")
    if over.where is not None:
        require(over.where, check(over.where, scope.members, scope), BOOLEAN, "What follows 'if' is a condition")
    if over.value is None:
        return NUMBER
    given = check(over.value, scope.members, scope)
    if over.name in ("any", "all"):
        require(over.value, given, BOOLEAN, f"{over.name} asks a condition of each member")
        return BOOLEAN
    if over.name in ("sum", "count"):
        if over.name == "count":
            raise ExpressionError(f"{write(over)} counts values", fix=f"Write count(members if {write(over.value)})")
        require(over.value, given, NUMBER, "sum adds numbers")
        return NUMBER
    if over.name in ("min", "max") and not any(map(given.fits, (NUMBER, DATE, DURATION))):
        why = f"{over.name} orders numbers, dates and durations"
        raise ExpressionError(f"{write(over.value)} is {given}", cause=why)
    if given.item is not None:
        raise ExpressionError(f"{write(over.value)} is {given}", cause=f"{over.name} takes single values")
    return given if over.name in ("min", "max") else list_of(given)


def _alike(call: Call, types: list[Type]) -> Type:
    """The common type of arguments that must be alike; any, if one of them is."""
    first = next((each for each in types if each != ANY), ANY)
    for arg, given in zip(call.args, types, strict=True):
        require(arg, given, first, f"The arguments of {call.name} are alike")
    return ANY if ANY in types else first


def _written(call: Call) -> None:
    """Refuse what types allow but no result could come of, or what must be known before anything runs."""
    if call.name in _COMPARISONS:
        for arg in call.args:
            if isinstance(arg, Constant) and arg.value is None:
                raise ExpressionError(f"{write(call)} is never known", fix="Write is missing, or is not missing")
    if call.name == "like":
        pattern = _name(call, 1, "pattern")
        if len(pattern) > MAX_PATTERN:
            why = f"At most {MAX_PATTERN} are matched"
            raise ExpressionError(f"The pattern has {len(pattern)} characters", cause=why)
    if call.name == "round":
        places = call.args[1].value if isinstance(call.args[1], Constant) else None
        if not isinstance(places, int) or isinstance(places, bool) or not 0 <= places <= 20:
            raise ExpressionError(f"{write(call)} does not say its places", fix="Write 0 to 20 of them: round(x, 2)")


def _labels(call: Call, scope: Scope, case: Scope | None) -> None:
    """A label that is compared to a value it never has is a typing error, most likely in the rule."""
    for read, other in (call.args, reversed(call.args)):
        if not isinstance(read, Read) or not isinstance(other, Constant):
            continue
        known = read_scope(read, scope, case).label_set(read)
        if known is None or (call.name == "in" and not isinstance(other.value, tuple)):
            continue
        for value in other.value if isinstance(other.value, tuple) else (other.value,):
            if isinstance(value, str) and value not in known:
                raise ExpressionError(
                    f"{write(read)} is never {quote(value)}", cause=f"It is one of {listed(known)}",
                    fix=near(value, known, quote),
                )  # fmt: skip


def _computed(call: Call, types: list[Type]) -> Type:
    ways = overloads(call.name, len(types))
    results = {way.result for way in ways if all(map(Type.fits, types, way.params))}
    if results:
        return results.pop() if len(results) == 1 else ANY
    given = " and ".join(f"{write(arg)} is {type}" for arg, type in zip(call.args, types, strict=True))
    takes = ", ".join(dict.fromkeys(_shape(call.name, way) for way in ways))
    fix = ""
    if TEXT in types and NUMBER in types:
        fix = "Give both sides the same type; texts stand in quotes, numbers do not"
    elif TEXT in types and call.name in _COMPARISONS:
        fix = "Texts have no order; type the field as number or date"
    raise ExpressionError(f"{write(call)} does not fit: {given}", cause=f"There is {takes}", fix=fix)


def _shape(name: str, way: Overload) -> str:
    params = list(map(str, way.params))
    if name == "negate":
        return f"-{params[0]}"
    return f" {name} ".join(params) if name in LEVELS else f"{name}({', '.join(params)})"
