"""Joins an expression with the scope it is for: checked once, then evaluated for any number of subjects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

from ._build import Expression, parse
from ._check import check, require
from ._evaluate import Run, build, typed
from ._result import Result, Subject
from ._scope import Scope
from ._types import ANY, BOOLEAN, Type


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Compiled:
    """An expression that fits its scope; made by ``compile``, frozen, picklable, and safe to use from several threads.

    Attributes:
        expression, scope: what it was compiled from.
        type: the type that every known value of it has.
    """

    expression: Expression
    scope: Scope
    type: Type
    _run: Run = field(init=False)
    _loose: bool = field(init=False)

    def __post_init__(self) -> None:
        given = check(self.expression.node, self.scope)
        require(self.expression.node, given, self.type, f"A {self.type} is wanted here")
        loose = given == ANY or given.item == ANY
        object.__setattr__(self, "type", self.type if loose else given)
        object.__setattr__(self, "_run", build(self.expression.node, self.scope))
        object.__setattr__(self, "_loose", loose)

    def evaluate(self, subject: Subject) -> Result:
        """The value for one document, or unknown, with what decided. Never raises for a value, whatever it is.

        Example::

            compile(field("total") <= 500, scope).evaluate(subject).value   # True, False, or None for unknown
        """
        result = self._run(subject, subject)
        return typed(result, self.type) if self._loose else result

    def __reduce__(self) -> tuple[object, ...]:
        return (Compiled, (self.expression, self.scope, self.type))

    def __str__(self) -> str:
        return str(self.expression)

    def __repr__(self) -> str:
        return f"compile({str(self.expression)!r}, ...)"


def compile(expression: Expression | str, scope: Scope, expect: Type = BOOLEAN) -> Compiled:
    """Check an expression against what a pipeline provides, and make it ready to evaluate.

    ``expect`` is the type that is wanted: BOOLEAN for conditions, ANY for a collect key. Raises ExpressionError that
    names the part which does not fit, its type, what was expected, and near names. Example::

        compile('field("total") <= 500', Scope(fields={"total": NUMBER}))
    """
    return Compiled(parse(expression) if isinstance(expression, str) else expression, scope, expect)
