"""Messages with ``{expressions}`` in them: read, typed like conditions, and filled in for one document."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, final

from aios_sdk import Expression, ExpressionError, Scope, parse
from aios_sdk.expressions import ANY, Compiled, Subject, Value, compile

_LONGEST: Final = 200


@final
@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A message as it is written: texts and expressions in turn. ``{{`` and ``}}`` stand for braces."""

    parts: tuple[str | Expression, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Raises `ExpressionError` for an expression that does not parse, and for a brace without its partner."""
        parts: list[str | Expression] = []
        plain, at = "", 0
        while at < len(text):
            if text[at : at + 2] in ("{{", "}}"):
                plain, at = plain + text[at], at + 2
            elif text[at] == "}":
                raise ExpressionError(f"the brace at character {at + 1} closes nothing", fix="Write }} for a brace")
            elif text[at] == "{":
                end = _closing(text, at)
                parts += [plain, parse(text[at + 1 : end])]
                plain, at = "", end + 1
            else:
                plain, at = plain + text[at], at + 1
        return cls(tuple(part for part in (*parts, plain) if isinstance(part, Expression) or part))

    def compile(self, scope: Scope) -> Message:
        """Raises `ExpressionError` for an expression that does not fit ``scope``."""
        return Message(tuple(part if isinstance(part, str) else compile(part, scope, ANY) for part in self.parts))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """A message whose expressions fit their scope."""

    parts: tuple[str | Compiled, ...]

    def text(self, subject: Subject) -> str:
        """The message for one document; what is not known there is called ``(unknown)``."""
        return "".join(part if isinstance(part, str) else shown(part.evaluate(subject).value) for part in self.parts)


def shown(value: Value | None) -> str:
    """A value for a reader: texts without quotes, at most 200 characters of it."""
    text = _shown(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _shown(value: Value | None) -> str:
    if value is None:
        return "(unknown)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.timedelta):
        return f"{value.days} day" + ("" if value.days == 1 else "s")
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "none"
    return str(value)


def _closing(text: str, start: int) -> int:
    """The place of the brace that closes the one at ``start``; braces within quotes do not count."""
    quote, at = "", start + 1
    while at < len(text):
        char = text[at]
        if quote:
            at += char == "\\"
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "}":
            return at
        at += 1
    raise ExpressionError(f"the brace at character {start + 1} is not closed", fix="Write {{ for a brace")
