"""Expressions as Python objects: operators and functions that build the same trees as the text form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal
from typing import Final, NoReturn, TypeAlias, final

from aios_sdk.errors import ExpressionError

from ._parser import day, parse_tree
from ._tokens import MAX_LENGTH
from ._tree import RESERVED, Kind, Node, Over, Read, Side, call, constant, reads, write

#: What may stand beside an expression in Python: another one, or a value.
Operand: TypeAlias = "Expression | str | int | float | Decimal | bool | dt.date | dt.timedelta"


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Expression:
    """A condition or value of the language: frozen, hashable, picklable, printed as the text that parses back to it.

    Operators build expressions: ``== != < <= > >= + - * /``, and ``& | ~`` for and, or, not. As ``==`` builds one too,
    compare expressions with ``same_as``. Example::

        (label("document-kind") == "invoice") & (field("total") > 100)
    """

    node: Node
    _text: str = dataclass_field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_text", write(self.node))
        if len(self._text) > MAX_LENGTH:
            what = f"The expression prints as {len(self._text)} characters"
            raise ExpressionError(what, cause=f"At most {MAX_LENGTH} are read")

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"parse({self._text!r})"

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[object, ...]:
        return (parse, (self._text,))

    def same_as(self, other: object) -> bool:
        """Whether ``other`` is an expression of the same tree, and so of the same text."""
        return isinstance(other, Expression) and self._text == other._text

    def reads(self) -> frozenset[Read]:
        """Every attribute, field, label, check and table it reads; ``of`` says whose: own, members or case."""
        return frozenset(reads(self.node))

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"the expression {self._text} has no truth of its own: join with & | ~ instead of and, or, not; "
            "write (a < b) & (b < c) instead of a < b < c; compare expressions with same_as()"
        )

    def __contains__(self, item: object) -> NoReturn:
        raise TypeError(f"write x.isin(...) instead of x in {self._text}")

    def __eq__(self, other: Operand) -> Expression:  # type: ignore[override]
        return _call("==", self, other)

    def __ne__(self, other: Operand) -> Expression:  # type: ignore[override]
        return _call("!=", self, other)

    def __lt__(self, other: Operand) -> Expression:
        return _call("<", self, other)

    def __le__(self, other: Operand) -> Expression:
        return _call("<=", self, other)

    def __gt__(self, other: Operand) -> Expression:
        return _call(">", self, other)

    def __ge__(self, other: Operand) -> Expression:
        return _call(">=", self, other)

    def __add__(self, other: Operand) -> Expression:
        return _call("+", self, other)

    def __radd__(self, other: Operand) -> Expression:
        return _call("+", other, self)

    def __sub__(self, other: Operand) -> Expression:
        return _call("-", self, other)

    def __rsub__(self, other: Operand) -> Expression:
        return _call("-", other, self)

    def __mul__(self, other: Operand) -> Expression:
        return _call("*", self, other)

    def __rmul__(self, other: Operand) -> Expression:
        return _call("*", other, self)

    def __truediv__(self, other: Operand) -> Expression:
        return _call("/", self, other)

    def __rtruediv__(self, other: Operand) -> Expression:
        return _call("/", other, self)

    def __neg__(self) -> Expression:
        return _call("negate", self)

    def __abs__(self) -> Expression:
        return _call("abs", self)

    def __round__(self, places: int = 0) -> Expression:
        return _call("round", self, places)

    def __and__(self, other: Operand) -> Expression:
        return _call("and", self, other)

    def __rand__(self, other: Operand) -> Expression:
        return _call("and", other, self)

    def __or__(self, other: Operand) -> Expression:
        return _call("or", self, other)

    def __ror__(self, other: Operand) -> Expression:
        return _call("or", other, self)

    def __invert__(self) -> Expression:
        return _call("not", self)

    def is_missing(self) -> Expression:
        """``x is missing``: true where x has no value, for whatever reason."""
        return _call("is missing", self)

    def isin(self, items: Expression | Iterable[Operand]) -> Expression:
        """``x in ["a", "b"]``, or ``x in y`` for a list or text y."""
        return _call("in", self, items if isinstance(items, Expression | str) else list(items))

    def contains(self, part: Operand) -> Expression:
        """``contains(x, part)`` for texts."""
        return _call("contains", self, part)

    def starts_with(self, part: Operand) -> Expression:
        """``starts_with(x, part)`` for texts."""
        return _call("starts_with", self, part)

    def ends_with(self, part: Operand) -> Expression:
        """``ends_with(x, part)`` for texts."""
        return _call("ends_with", self, part)

    def like(self, pattern: str) -> Expression:
        """``like(x, "INV-*")``: the whole text fits; ``*`` is any characters, ``?`` is one."""
        return _call("like", self, pattern)

    def text(self) -> Expression:
        """``text(x)``."""
        return _call("text", self)

    def lower(self) -> Expression:
        """``lower(x)``."""
        return _call("lower", self)

    def upper(self) -> Expression:
        """``upper(x)``."""
        return _call("upper", self)

    def length(self) -> Expression:
        """``length(x)``: characters of a text."""
        return _call("length", self)

    def year(self) -> Expression:
        """``year(x)`` of a date."""
        return _call("year", self)

    def month(self) -> Expression:
        """``month(x)`` of a date."""
        return _call("month", self)

    def day(self) -> Expression:
        """``day(x)`` of a date."""
        return _call("day", self)

    def confidence(self) -> Expression:
        """``confidence(x)`` of a field or label."""
        return _call("confidence", self)

    def currency(self) -> Expression:
        """``currency(x)`` of a field."""
        return _call("currency", self)

    def conflict(self) -> Expression:
        """``conflict(x)``: whether the candidates for a field or label disagree."""
        return _call("conflict", self)


def parse(text: str) -> Expression:
    """Read an expression; raises ExpressionError that shows the place, what was expected and what may have been meant.

    Example::

        str(parse("field('total')<=500"))   # 'field("total") <= 500'
    """
    return Expression(parse_tree(text))


@final
@dataclass(frozen=True, slots=True)
class _Names:
    """Builders of what a document holds, for the document itself or, as ``case``, for the case around a member."""

    _side: Side

    def field(self, path: str) -> Expression:
        """``field("total")``: the resolved value at a path."""
        return self._read("field", path)

    def label(self, taxonomy: str) -> Expression:
        """``label("document-kind")``: the resolved label of a taxonomy."""
        return self._read("label", taxonomy)

    def check(self, rule: str) -> Expression:
        """``check("sums-agree")``: the result of a rule; unknown where it could not tell."""
        return self._read("check", rule)

    def attribute(self, name: str) -> Expression:
        """``media_type``, ``pages``, ...: an attribute of the document."""
        if not (name.isascii() and name.isidentifier()) or name in RESERVED:
            raise ExpressionError(f"{name!r} cannot name an attribute", cause="It is reserved, or no plain ASCII name")
        return self._read("attribute", name)

    def _read(self, kind: Kind, name: str) -> Expression:
        return Expression(Read(kind, name, self._side))


_own: Final = _Names("own")
field: Final = _own.field
label: Final = _own.label
check: Final = _own.check
attribute: Final = _own.attribute
#: The case around a member, inside of an aggregate: ``case.field("x")``, ``case.label("x")``, ``case.attribute("x")``.
case: Final = _Names("case")


def date(value: str | dt.date) -> Expression:
    """``date("2026-01-31")``; raises ExpressionError for a day outside of the calendar or another notation."""
    try:
        return Expression(constant(day(value) if isinstance(value, str) else value))
    except ValueError:
        raise ExpressionError(f"{value!r} is no date", fix="Write it as 2026-01-31") from None


def days(count: int) -> Expression:
    """``days(30)``: a duration."""
    try:
        return Expression(constant(dt.timedelta(count)))
    except OverflowError:
        raise ExpressionError(f"{count} days are outside of the calendar") from None


def coalesce(*values: Operand) -> Expression:
    """``coalesce(a, b, ...)``: the first that has a value."""
    return _call("coalesce", *values)


def lookup(table: str, key: Operand, column: str) -> Expression:
    """``lookup("policies", field("policy_number"), "limit_amount")``; missing where the table has no such row."""
    return _call("lookup", table, key, column)


def exists(table: str, key: Operand) -> Expression:
    """``exists("policies", key)``: whether the table has such a row."""
    return _call("exists", table, key)


def count_of(values: Expression | None = None, *, where: Expression | None = None) -> Expression:
    """``count(members)``, ``count(members if where)``, or ``count(values)`` of a list."""
    if values is None:
        return _over("count", None, where)
    if where is not None:
        fix = "Write count_of(values_of(x, where=...))"
        raise ExpressionError("count_of takes a list or a condition, not both", fix=fix)
    return _call("count", values)


def sum_of(value: Expression, *, where: Expression | None = None) -> Expression:
    """``sum(value for members if where)``; of no members it is 0."""
    return _over("sum", value, where)


def min_of(value: Operand, *others: Operand, where: Expression | None = None) -> Expression:
    """``min(value for members if where)``, or ``min(a, b, ...)`` of several values."""
    return _call("min", value, *others) if others else _over("min", value, where)


def max_of(value: Operand, *others: Operand, where: Expression | None = None) -> Expression:
    """``max(value for members if where)``, or ``max(a, b, ...)`` of several values."""
    return _call("max", value, *others) if others else _over("max", value, where)


def any_of(condition: Expression, *, where: Expression | None = None) -> Expression:
    """``any(condition for members if where)``."""
    return _over("any", condition, where)


def all_of(condition: Expression, *, where: Expression | None = None) -> Expression:
    """``all(condition for members if where)``."""
    return _over("all", condition, where)


def values_of(value: Expression, *, where: Expression | None = None) -> Expression:
    """``values(value for members if where)``: the list of them."""
    return _over("values", value, where)


def distinct_of(value: Expression, *, where: Expression | None = None) -> Expression:
    """``distinct(value for members if where)``: the list of them, each once."""
    return _over("distinct", value, where)


def _node(value: object) -> Node:
    return value.node if isinstance(value, Expression) else constant(value)


def _call(name: str, *args: object) -> Expression:
    return Expression(call(name, *map(_node, args)))


def _over(name: str, value: Operand | None, where: Expression | None) -> Expression:
    return Expression(Over(name, None if value is None else _node(value), None if where is None else _node(where)))
