"""The component `aios.rules`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace as scoped
from typing import Annotated, Final, TypeVar

import pydantic

from aios_sdk import (
    Checks,
    ComponentConfig,
    ConfigurationError,
    Context,
    Document,
    InputFile,
    Provided,
    Route,
    Scope,
    UsageError,
    component,
    implements,
)

from ._checks import BoundCheck, bind_checks, hold
from ._file import RuleFile, parse_rules
from ._routes import BoundRoute, bind_routes, decide
from ._tables import LookupTable, read_table
from ._yaml import near

Rule = TypeVar("Rule")


@component("aios.rules", uses=["pages", "tables", "fields", "labels", "checks"], reads=["name"])
class Rules:
    """Holds the checks of a rules file against documents and cases, and routes them by its routes.

    The file is YAML with ``tables``, ``checks`` and ``routes``; the README of aios-rules describes it. Every expression is compiled
    when the pipeline is, and what does not fit fails there, with the line. An automatic route is never taken past a condition that could
    not be told, past a check of severity ``error`` that did not pass, or on a value that no document shows. Example::

        Pipeline("claims").ingest().check("rules", config={"rules": "claims.yaml"}).route("rules", config={"rules": "claims.yaml"})
    """

    class Config(ComponentConfig):
        """What the rules are.

        Attributes:
            rules: path of the rules file.
            tables: files to read in place of those that the rules file names, by the names of its tables. When validated, it has
                all tables, so that their contents enter the configuration's digest.
        """

        rules: InputFile
        tables: Annotated[Mapping[str, InputFile], pydantic.Field(validate_default=True)] = {}

        @pydantic.field_validator("tables")
        @classmethod
        def _all_tables(cls, given: Mapping[str, InputFile], info: pydantic.ValidationInfo) -> Mapping[str, InputFile]:
            rules = info.data.get("rules")
            return given if rules is None else _tables_of(rules, given)

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._tables: Mapping[str, LookupTable] = {}
        self._checks: tuple[BoundCheck, ...] = ()
        self._routes: tuple[BoundRoute, ...] = ()

    @classmethod
    def provides(cls, config: Config) -> Provided:
        """The checks of the file."""
        return Provided(checks=_read(config.rules).check_names)

    def bind(self, scope: Scope, stage: str | None = None) -> None:
        """Read the tables and compile the checks or the routes, or both without a ``stage``, against what earlier steps provide.

        Raises `ConfigurationError` for a table that is not in order, for a file that has nothing for the stage, and for a route step whose
        file has checks that no step before it holds; `ExpressionError` for an expression that does not fit. All name the line.
        """
        rules = _read(self.config.rules)
        self._tables = {table.name: read_table(table, self.config.tables[table.name]) for table in rules.tables}
        scope = scoped(scope, tables={**scope.tables, **{name: table.type for name, table in self._tables.items()}})
        if stage in ("check", None):
            self._checks = bind_checks(_some(rules.checks, "checks", rules, stage), scope)
        if stage in ("route", None):
            self._routes = bind_routes(_some(rules.routes, "routes", rules, stage), _with_checks(rules, scope, stage))

    @implements
    def check(self, document: Document, context: Context) -> Checks:
        """The verdict of each check that applies, in the order of the file."""
        if not self._checks:
            raise _unbound("checks")
        return hold(self._checks, document, self._tables, context.step)

    @implements
    def route(self, document: Document) -> Route:
        """The first route that holds, and every reason for it; there always is one."""
        if not self._routes:
            raise _unbound("routes")
        return decide(self._routes, document, self._tables)


def _unbound(what: str) -> UsageError:
    return UsageError(f"There are no compiled {what}", cause="bind() was not called for this stage", fix="Run the rules in a pipeline")


def _some(rules: Sequence[Rule], what: str, file: RuleFile, stage: str | None) -> Sequence[Rule]:
    if stage and not rules:
        raise ConfigurationError(f"{file.name} has no {what}; a {stage} step needs them", fix=f"Add {what}: to it, or name another file")
    return rules


def _with_checks(rules: RuleFile, scope: Scope, stage: str | None) -> Scope:
    """The scope of the routes. Checks that no step holds would be skipped in silence, and documents routed as if they had passed."""
    names = frozenset(rules.check_names)
    if scope.checks is None or names <= scope.checks:
        return scope
    if stage:
        missing = next(rule for rule in rules.checks if rule.name not in scope.checks)
        raise ConfigurationError(
            f"{missing.places['']}: {missing.title} is held by no step before this route step",
            cause="Checks that were held before documents were collected count for the members only",
            fix=f'Put .check("rules", config={{"rules": "{rules.name}"}}) before it, or move the routes to a file of their own',
        )
    return scoped(scope, checks=scope.checks | names)


def _read(file: InputFile) -> RuleFile:
    data = file.path.read_bytes()
    if hashlib.sha256(data).hexdigest() != file.digest:
        raise ConfigurationError(f"{file.path.name} was changed after the pipeline was made", fix="Make the pipeline anew")
    try:
        return parse_rules(data.decode("utf-8-sig"), file.path.name)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{file.path.name}, line {line}: this is not UTF-8", fix="Save the file as UTF-8") from None


def _tables_of(rules: InputFile, given: Mapping[str, InputFile]) -> Mapping[str, InputFile]:
    tables = {table.name: table for table in _read(rules).tables}
    for name in given:
        if name not in tables:
            raise ValueError(f"{rules.path.name} has no table {name!r}. {near(name, tables)} Its tables are {', '.join(tables) or 'none'}")
    found = dict(given)
    for name, table in tables.items():
        if name not in found:
            path = rules.path.absolute().parent / table.file
            if not path.is_file():
                raise ConfigurationError(
                    f"{table.place}: table {name!r}: there is no file {table.file!r}", fix="Its path starts at the folder of the rules file"
                )
            found[name] = InputFile(path)
    return found
