"""What an expression may name: the types of everything that the pipeline provides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, final

from aios_sdk.errors import ExpressionError

from ._tokens import near
from ._tree import Read, write
from ._types import ANY, BOOLEAN, TEXT, Type, quote

#: The number of an item in a path.
_ITEM: Final = re.compile(r"\[\d+\]")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class TableType:
    """A table that ``lookup`` and ``exists`` can ask: the type of its key, and of each of its columns."""

    key: Type
    columns: Mapping[str, Type] = field(default_factory=dict)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Everything an expression can name, with its type; None for fields, labels or checks means that any name may come.

    Attributes:
        attributes: of the document, such as ``kind`` or ``pages``.
        fields: by path; those the pipeline cannot type are ``ANY``. ``lines[*].total`` stands for every item of a list.
        labels: by taxonomy, the set of values where it is known, else None.
        checks: the names of rules.
        tables: for ``lookup`` and ``exists``.
        members: the scope of each member, if the document is a case; None if it has no members.

    Example::

        Scope(attributes={"pages": NUMBER}, fields={"total": NUMBER}, labels={"kind": frozenset({"invoice", "letter"})})
    """

    attributes: Mapping[str, Type] = field(default_factory=dict)
    fields: Mapping[str, Type] | None = None
    labels: Mapping[str, frozenset[str] | None] | None = None
    checks: frozenset[str] | None = None
    tables: Mapping[str, TableType] = field(default_factory=dict)
    members: Scope | None = None

    def __post_init__(self) -> None:
        for name in ("attributes", "fields", "labels", "tables"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else dict(value))

    def type_of(self, read: Read) -> Type:
        """The type of what is read; raises ExpressionError, with near names, if the scope has no such thing."""
        if read.kind == "attribute":
            if read.name not in self.attributes:
                raise self._unknown_attribute(read)
            return self.attributes[read.name]
        if read.kind == "field":
            if self.fields is not None and (item := _ITEM.sub("[*]", read.name)) in self.fields:
                return self.fields[item]
            _known(read, self.fields)
            return ANY if self.fields is None else self.fields[read.name]
        if read.kind == "label":
            _known(read, self.labels)
            return TEXT
        _known(read, self.checks)
        return BOOLEAN

    def label_set(self, read: Read) -> frozenset[str] | None:
        """The values that a label can have, where they are known."""
        return self.labels.get(read.name) if read.kind == "label" and self.labels is not None else None

    def _unknown_attribute(self, read: Read) -> ExpressionError:
        fix = near(read.name, self.attributes)
        for kind, names in (("field", self.fields), ("label", self.labels), ("check", self.checks)):
            if names is not None and read.name in names:
                fix = f"Did you mean {kind}({quote(read.name)})?"
        if read.name in ("field", "label", "check"):
            fix = f'Write {read.name}("...")'
        if read.name in ("True", "False"):
            fix = f"Write {read.name.lower()}"
        if read.name in ("null", "None", "NULL", "none"):
            fix = "Write is missing"
        return ExpressionError(f"{quote(read.name)} is no attribute of the document", cause=f"There are {listed(self.attributes)}", fix=fix)


def _known(read: Read, names: Mapping[str, object] | frozenset[str] | None) -> None:
    if names is not None and read.name not in names:
        raise ExpressionError(
            f"{write(read)} is provided by no step", cause=f"Provided are {listed(names)}",
            fix=near(read.name, names, quote),
        )  # fmt: skip


def listed(names: Mapping[str, object] | frozenset[str]) -> str:
    """Names for a message: sorted, and not more than a reader takes in."""
    first, rest = sorted(names)[:12], len(names) - 12
    return ", ".join(map(quote, first)) + (f" and {rest} more" if rest > 0 else "") if first else "none"
