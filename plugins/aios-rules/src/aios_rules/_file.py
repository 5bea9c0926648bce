"""The rules file: tables, checks and routes as they are written, checked as far as that goes without a pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, cast, final, get_args

from aios_sdk import ConfigurationError, Expression, ExpressionError, parse

from ._messages import Template
from ._yaml import Item, Place, read_yaml

Severity = Literal["error", "warning", "info"]
ColumnType = Literal["text", "number", "date", "boolean"]

_TABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_EXAMPLE: Final = 'Run `python -c "import aios_rules; help(aios_rules.Rules)"` for the form of the file'


@final
@dataclass(frozen=True, slots=True, eq=False)
class TableRule:
    """A lookup table: its ``file`` relative to the rules, its ``key`` column (None is the first), and ``types`` that are not inferred."""

    name: str
    file: str
    key: str | None
    types: Mapping[str, ColumnType]
    place: Place


@final
@dataclass(frozen=True, slots=True, eq=False)
class CheckRule:
    """What is expected of a document; ``when`` is None for a check that always applies."""

    name: str
    severity: Severity
    when: Expression | None
    expect: Expression
    message: Template | None
    places: Mapping[str, Place]

    @property
    def title(self) -> str:
        """How errors call it."""
        return f"check {self.name!r}"


@final
@dataclass(frozen=True, slots=True, eq=False)
class RouteRule:
    """Where a document goes if ``when`` holds (None for the last one), and whether a person looks first."""

    to: str
    review: bool
    when: Expression | None
    because: Template | None
    places: Mapping[str, Place]

    @property
    def title(self) -> str:
        """How errors call it."""
        return f"route {self.to!r}"


@final
@dataclass(frozen=True, slots=True, eq=False)
class RuleFile:
    """Everything in a rules file."""

    name: str
    tables: tuple[TableRule, ...]
    checks: tuple[CheckRule, ...]
    routes: tuple[RouteRule, ...]

    @property
    def check_names(self) -> tuple[str, ...]:
        """The names of the checks, in their order."""
        return tuple(rule.name for rule in self.checks)


@contextmanager
def located(place: Place, what: str) -> Iterator[None]:
    """Let an `ExpressionError` say in which line and part of the file it arose."""
    try:
        yield
    except ExpressionError as error:
        raise ExpressionError(f"{place}: {what}: {error.what}", cause=error.cause, fix=error.fix) from error


@lru_cache(maxsize=32)
def parse_rules(text: str, name: str) -> RuleFile:
    """The rules in ``text``; ``name`` is that of the file, for errors.

    Raises `ConfigurationError` for what is no such file, for a rule given twice, and where a document might fall through the routes or
    never reach one; `ExpressionError` for an expression that does not parse. Both name the line.
    """
    whole = read_yaml(text, name)
    parts = whole.keys((), ("tables", "checks", "routes"))
    if not parts.keys() & {"checks", "routes"}:
        raise whole.wrong("has neither checks nor routes", _EXAMPLE)
    tables = tuple(_table(key, item) for key, item in parts["tables"].names().items()) if "tables" in parts else ()
    checks = tuple(_check(item) for item in parts["checks"].items("a check")) if "checks" in parts else ()
    routes = tuple(_route(item) for item in parts["routes"].items("a route")) if "routes" in parts else ()
    _refuse_twins(checks)
    _refuse_gaps(routes)
    return RuleFile(name, tables, checks, routes)


def _table(name: str, item: Item) -> TableRule:
    if not _TABLE.fullmatch(name):
        raise item.wrong("is no name for a table", "Use letters, digits, _ and -")
    keys = item.keys(("file",), ("key", "types"))
    types = {
        column: cast("ColumnType", given.choice(get_args(ColumnType)))
        for column, given in (keys["types"].names() if "types" in keys else {}).items()
    }
    return TableRule(name, keys["file"].text(), keys["key"].text() if "key" in keys else None, types, keys["file"].place)


def _check(item: Item) -> CheckRule:
    keys = item.keys(("rule", "expect"), ("severity", "when", "message"))
    name = keys["rule"].text()
    return CheckRule(
        name,
        cast("Severity", keys["severity"].choice(get_args(Severity)) if "severity" in keys else "error"),
        _expression(keys, "when", f"check {name!r}"),
        cast("Expression", _expression(keys, "expect", f"check {name!r}")),
        _template(keys, "message", f"check {name!r}"),
        _places(item, keys),
    )


def _route(item: Item) -> RouteRule:
    keys = item.keys(("to",), ("review", "when", "because"))
    to = keys["to"].text()
    return RouteRule(
        to,
        keys["review"].flag() if "review" in keys else False,
        _expression(keys, "when", f"route {to!r}"),
        _template(keys, "because", f"route {to!r}"),
        _places(item, keys),
    )


def _places(item: Item, keys: Mapping[str, Item]) -> Mapping[str, Place]:
    return {"": item.place, **{key: value.place for key, value in keys.items()}}


def _expression(keys: Mapping[str, Item], key: str, what: str) -> Expression | None:
    if key not in keys:
        return None
    with located(keys[key].place, f"{what}, {key}"):
        return parse(keys[key].text())


def _template(keys: Mapping[str, Item], key: str, what: str) -> Template | None:
    if key not in keys:
        return None
    with located(keys[key].place, f"{what}, {key}"):
        return Template.parse(keys[key].text())


def _refuse_twins(checks: tuple[CheckRule, ...]) -> None:
    lines: dict[str, int] = {}
    for rule in checks:
        place = rule.places["rule"]
        if rule.name in lines:
            raise ConfigurationError(
                f"{place}: there are two checks {rule.name!r}",
                cause=f"The first stands in line {lines[rule.name]}",
                fix="Give each a name of its own",
            )
        lines[rule.name] = place.line


def _refuse_gaps(routes: tuple[RouteRule, ...]) -> None:
    """Every document finds a route, and every route may find a document: only the last has no condition."""
    for number, rule in enumerate(routes, 1):
        last = number == len(routes)
        if rule.when is not None and str(rule.when) == "true":
            raise ConfigurationError(
                f"{rule.places['when']}: the condition of {rule.title} always holds", fix="Leave 'when' out and put the route last"
            )
        if last and rule.when is not None:
            raise ConfigurationError(
                f"{rule.places['when']}: the last route, {rule.title}, has a condition, so that a document may fall through",
                fix="End with a route that has no 'when', such as: {to: desk, review: true}",
            )
        if not last and rule.when is None:
            raise ConfigurationError(
                f"{routes[number].places['']}: {routes[number].title} can never be reached",
                cause=f"{rule.title} in line {rule.places[''].line} has no 'when' and takes every document",
                fix="Give that one a 'when', or put it last",
            )
