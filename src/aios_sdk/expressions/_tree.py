"""The tree of an expression: four kinds of node, their canonical text, and what they read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias, final

from aios_sdk.errors import ExpressionError

from ._types import Unknown, Value, admit, quote, show

#: How deep expressions nest. Reading, checking and evaluating are recursive, and stay far from Python's own limit.
MAX_DEPTH: Final = 50
#: How many digits a number in an expression has.
MAX_DIGITS: Final = 40

Kind: TypeAlias = Literal["attribute", "field", "label", "check", "table"]
Side: TypeAlias = Literal["own", "members", "case"]

#: Words that cannot name an attribute.
RESERVED: Final = frozenset({"and", "or", "not", "in", "is", "missing", "true", "false", "for", "if", "members", "case"})

#: How tightly operators bind; functions and names bind tightest.
LEVELS: Final = {
    "or": 1, "and": 2, "not": 3, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4, "is missing": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "negate": 7,
}  # fmt: skip
COMPARISON: Final = 4
ATOM: Final = 8


class Read(NamedTuple):
    """Something that an expression reads: ``kind`` is attribute, field, label, check or table; ``of`` is whose.

    ``own`` is the document the expression is about, ``members`` are the members of that case, and ``case`` is the case
    as seen from inside of an aggregate over its members: the same document as ``own``.
    """

    kind: Kind
    name: str
    of: Side = "own"

    @property
    def depth(self) -> int:
        return 1


@final
@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A value written in the expression; None is ``missing``."""

    value: Value | None
    depth: int = 1


@final
@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """An operator or function with its arguments."""

    name: str
    args: tuple[Node, ...]
    depth: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", _deeper(self.args))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Over:
    """An aggregate over the members of a case; ``value`` is None for a count."""

    name: str
    value: Node | None
    where: Node | None
    depth: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", _deeper(tuple(node for node in (self.value, self.where) if node)))


Node: TypeAlias = "Constant | Read | Call | Over"


def _deeper(children: tuple[Node, ...]) -> int:
    depth = 1 + max((child.depth for child in children), default=0)
    if depth > MAX_DEPTH:
        raise ExpressionError(f"The expression nests more than {MAX_DEPTH} levels deep", fix="Split it into several")
    return depth


def constant(raw: object) -> Constant:
    """A literal of a Python value; raises ExpressionError for one that cannot be written down exactly."""
    if raw is None:
        return Constant(None)
    if isinstance(raw, dt.datetime):
        raise ExpressionError("A time of day cannot be compared", fix="Give its date: moment.date()")
    try:
        value = admit(raw)
    except Unknown as reason:
        what = f"A Python {type(raw).__name__} cannot stand in an expression"
        raise ExpressionError(what, cause=f"It {reason}") from None
    if isinstance(value, tuple):
        items = tuple(constant(item).value for item in value)
        assert all(item is not None for item in items)
        return Constant(items)  # type: ignore[arg-type]
    if isinstance(value, dt.timedelta) and value != dt.timedelta(value.days):
        raise ExpressionError(f"A duration is counted in whole days, not {value}", fix="Give days(n)")
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Constant(_exact(show(raw if isinstance(raw, Decimal) else value)))
    return Constant(value)


def _exact(written: str) -> int | Decimal:
    digits = sum(map(str.isdigit, written))
    if digits > MAX_DIGITS:
        raise ExpressionError(f"A number has {digits} digits", cause=f"At most {MAX_DIGITS} are read")
    number = Decimal(written) if "." in written else int(written)
    return number if number or isinstance(number, int) else number.copy_abs()  # there is no negative zero


def call(name: str, *args: Node) -> Node:
    """A call in its canonical form: ``and`` and ``or`` are flat, the negative of a number is a number."""
    if name in ("and", "or"):
        flat: list[Node] = []
        for arg in args:
            flat.extend(arg.args if isinstance(arg, Call) and arg.name == name else (arg,))
        return Call(name, tuple(flat))
    if name == "negate" and isinstance(args[0], Constant):
        value = args[0].value
        if isinstance(value, dt.timedelta) or (isinstance(value, int | Decimal) and not isinstance(value, bool)):
            return constant(-value if not isinstance(value, Decimal) else value.copy_negate())
    return Call(name, args)


def write(node: Node, floor: int = 0) -> str:
    """The canonical text of a tree, in parentheses where it binds less tightly than ``floor``."""
    if isinstance(node, Constant):
        return show(node.value)
    if isinstance(node, Read):
        prefix = "case." if node.of == "case" else ""
        return prefix + (node.name if node.kind == "attribute" else f"{node.kind}({quote(node.name)})")
    if isinstance(node, Over):
        return _write_over(node)
    level, text = _write_call(node)
    return f"({text})" if level < floor else text


def _write_call(node: Call) -> tuple[int, str]:
    name, args = node.name, node.args
    if name == "not":
        inner = args[0]
        if isinstance(inner, Call) and inner.name == "in":
            return COMPARISON, f"{write(inner.args[0], 5)} not in {write(inner.args[1], 5)}"
        if isinstance(inner, Call) and inner.name == "is missing":
            return COMPARISON, f"{write(inner.args[0], 5)} is not missing"
        return LEVELS[name], f"not {write(inner, LEVELS[name])}"
    if name == "negate":
        return LEVELS[name], f"-{write(args[0], LEVELS[name])}"
    if name == "is missing":
        return COMPARISON, f"{write(args[0], 5)} is missing"
    if name not in LEVELS:
        return ATOM, f"{name}({', '.join(map(write, args))})"
    level = LEVELS[name]
    # Comparisons do not chain, so both of their sides bind tighter; arithmetic groups to the left.
    first = level + 1 if level in (1, 2, COMPARISON) else level
    return level, f" {name} ".join(write(arg, level + 1 if place else first) for place, arg in enumerate(args))


def _write_over(node: Over) -> str:
    where = f" if {write(node.where)}" if node.where else ""
    return f"{node.name}({f'{write(node.value)} for ' if node.value else ''}members{where})"


def reads(node: Node, members: bool = False) -> Iterator[Read]:
    """Everything that the tree reads; names inside of an aggregate are the members'."""
    if isinstance(node, Read):
        yield node._replace(of="members") if members and node.of == "own" else node
    elif isinstance(node, Call):
        if node.name in ("lookup", "exists") and isinstance(node.args[0], Constant):
            yield Read("table", str(node.args[0].value))
        for arg in node.args:
            yield from reads(arg, members)
    elif isinstance(node, Over):
        for part in (node.value, node.where):
            if part:
                yield from reads(part, True)
