"""Every operator and function that computes from values: the types it takes, the type it gives, and the computation."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ._glob import matches
from ._tree import LEVELS
from ._types import ANY, BOOLEAN, CONTEXT, DATE, DURATION, KIND, MAX_TEXT, NUMBER, TEXT, Type, Unknown, list_of, show


class Overload(NamedTuple):
    """One way to call a function: with arguments of these types."""

    params: tuple[Type, ...]
    result: Type
    run: Callable[..., Any]


def _divide(value: Decimal | int, by: Decimal | int) -> Decimal:
    if not by:
        raise ZeroDivisionError  # for decimal calls 0 / 0 an invalid operation
    return CONTEXT.divide(value, by)


def _round(value: Decimal | int, places: int) -> Decimal:
    return CONTEXT.quantize(Decimal(value), Decimal(1).scaleb(-places))


def _in(value: Any, items: tuple[Any, ...]) -> bool:
    if items and KIND[type(items[0])] != KIND[type(value)]:
        raise Unknown(f"a {KIND[type(value)]} is looked for in a list of {KIND[type(items[0])]}")
    return value in items


def _join(first: str, second: str) -> str:
    if len(first) + len(second) > MAX_TEXT:
        raise Unknown(f"would be a text of {len(first) + len(second)} characters; expressions make at most {MAX_TEXT}")
    return first + second


def _text(value: Any) -> str:
    return value if isinstance(value, str) else value.isoformat() if isinstance(value, dt.date) else show(value)


def _same(test: Callable[..., bool], *types: Type) -> tuple[Overload, ...]:
    return tuple(Overload((each, each), BOOLEAN, test) for each in types)


def _pick(choose: Callable[..., Any]) -> tuple[Overload, ...]:
    return tuple(Overload((each, each), each, choose) for each in _ORDERED)


_ORDERED: Final = (NUMBER, DATE, DURATION)
_SINGLE: Final = (TEXT, *_ORDERED, BOOLEAN)

#: By name. An unknown argument never reaches a computation; what cannot be computed raises Unknown or ArithmeticError.
OVERLOADS: Final[dict[str, tuple[Overload, ...]]] = {
    "==": _same(operator.eq, *_SINGLE),
    "!=": _same(operator.ne, *_SINGLE),
    "<": _same(operator.lt, *_ORDERED),
    "<=": _same(operator.le, *_ORDERED),
    ">": _same(operator.gt, *_ORDERED),
    ">=": _same(operator.ge, *_ORDERED),
    "in": (
        Overload((TEXT, TEXT), BOOLEAN, lambda part, whole: part in whole),
        *(Overload((each, list_of(each)), BOOLEAN, _in) for each in _SINGLE),
    ),
    "+": (
        Overload((NUMBER, NUMBER), NUMBER, CONTEXT.add),
        Overload((DATE, DURATION), DATE, operator.add),
        Overload((DURATION, DATE), DATE, operator.add),
        Overload((DURATION, DURATION), DURATION, operator.add),
        Overload((TEXT, TEXT), TEXT, _join),
    ),
    "-": (
        Overload((NUMBER, NUMBER), NUMBER, CONTEXT.subtract),
        Overload((DATE, DATE), DURATION, operator.sub),
        Overload((DATE, DURATION), DATE, operator.sub),
        Overload((DURATION, DURATION), DURATION, operator.sub),
    ),
    "*": (Overload((NUMBER, NUMBER), NUMBER, CONTEXT.multiply),),
    "/": (Overload((NUMBER, NUMBER), NUMBER, _divide),),
    "negate": (Overload((NUMBER,), NUMBER, CONTEXT.minus), Overload((DURATION,), DURATION, operator.neg)),
    "abs": (Overload((NUMBER,), NUMBER, CONTEXT.abs), Overload((DURATION,), DURATION, operator.abs)),
    "round": (Overload((NUMBER, NUMBER), NUMBER, _round),),
    "min": _pick(min),
    "max": _pick(max),
    "year": (Overload((DATE,), NUMBER, lambda day: day.year),),
    "month": (Overload((DATE,), NUMBER, lambda day: day.month),),
    "day": (Overload((DATE,), NUMBER, lambda day: day.day),),
    "text": tuple(Overload((each,), TEXT, _text) for each in (TEXT, NUMBER, DATE, BOOLEAN)),
    "lower": (Overload((TEXT,), TEXT, str.lower),),
    "upper": (Overload((TEXT,), TEXT, str.upper),),
    "length": (Overload((TEXT,), NUMBER, len),),
    "contains": (Overload((TEXT, TEXT), BOOLEAN, operator.contains),),
    "starts_with": (Overload((TEXT, TEXT), BOOLEAN, str.startswith),),
    "ends_with": (Overload((TEXT, TEXT), BOOLEAN, str.endswith),),
    "like": (Overload((TEXT, TEXT), BOOLEAN, matches),),
    "count": (Overload((list_of(ANY),), NUMBER, len),),
}

#: How many arguments the functions take that are written with parentheses; None is any number of further ones.
ARITIES: Final[dict[str, tuple[int, int | None]]] = {
    **{name: (len(ways[0].params), len(ways[0].params)) for name, ways in OVERLOADS.items() if name not in LEVELS},
    "min": (2, None),
    "max": (2, None),
    "coalesce": (2, None),
    "confidence": (1, 1),
    "currency": (1, 1),
    "conflict": (1, 1),
    "lookup": (3, 3),
    "exists": (2, 2),
}

#: Functions over the members of a case.
AGGREGATES: Final = frozenset({"count", "sum", "min", "max", "any", "all", "values", "distinct"})


def overloads(name: str, count: int) -> tuple[Overload, ...]:
    """The ways to call ``name`` with ``count`` arguments; min and max take any number of like ones."""
    ways = OVERLOADS[name]
    if name in ("min", "max"):
        return tuple(way._replace(params=way.params[:1] * count) for way in ways)
    return ways
