"""Cuts the text of an expression into tokens, and words the errors that point into it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from typing import Final, Literal, NamedTuple, TypeAlias, cast

from aios_sdk.errors import ExpressionError

from ._types import quote

#: The longest expression, in characters; it bounds tokens and nodes as well.
MAX_LENGTH: Final = 10_000

Kind: TypeAlias = Literal["text", "number", "name", "sign", "end"]


class Token(NamedTuple):
    """A piece of the source: what it is, what it says (texts unescaped), and where it begins."""

    kind: Kind
    value: str
    at: int

    def __str__(self) -> str:
        value = self.value if len(self.value) <= 40 else f"{self.value[:40]}..."
        return "the end" if self.kind == "end" else quote(value) if self.kind == "text" else f"'{value}'"


_SPACE: Final = re.compile(r"[ \t\r\n]*")
_TOKEN: Final = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>[=!<>]=|[-<>+*/()\[\],.])")
_PLAIN: Final = re.compile(r"[^\"'\\\n]+")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_HIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

#: What people type from other languages, and what it is called here.
_HABITS: Final = {
    "=": "Compare with ==", "&": "Write and", "|": "Write or", "!": "Write not", "^": "There are no powers",
    "%": "There is no remainder", "{": 'Write a list as ["a", "b"]', "`": 'Quote texts with "',
    "“": 'Quote texts with "', "”": 'Quote texts with "', "„": 'Quote texts with "',
}  # fmt: skip


def tokenize(source: str) -> list[Token]:
    """The tokens of ``source``, ending with one of kind ``end``; raises ExpressionError at the first odd character."""
    if len(source) > MAX_LENGTH:
        raise ExpressionError(
            f"The expression has {len(source)} characters", cause=f"At most {MAX_LENGTH} are read",
            fix="Split it, or put the values into a table and use lookup()",
        )  # fmt: skip
    tokens: list[Token] = []
    at = _skip(source, 0)
    while at < len(source):
        if source[at] in "\"'":
            value, end = _text(source, at)
            tokens.append(Token("text", value, at))
        else:
            match = _TOKEN.match(source, at)
            if match is None:
                raise odd(source, at, f"{quote(source[at])} means nothing here", _HABITS.get(source[at], ""))
            kind = cast("Kind", match.lastgroup)
            end = match.end()
            if kind == "number" and (source[end : end + 1].isalnum() or source[end : end + 1] == "_"):
                raise odd(source, at, "a number ends in letters", "Write it in full, without an exponent: 1500, 0.25")
            tokens.append(Token(kind, match.group(), at))
        at = _skip(source, end)
    tokens.append(Token("end", "", len(source)))
    return tokens


def _skip(source: str, at: int) -> int:
    match = _SPACE.match(source, at)
    return match.end() if match else at


def _text(source: str, start: int) -> tuple[str, int]:
    delimiter, parts, at = source[start], [], start + 1
    while at < len(source) and source[at] != delimiter:
        if source[at] == "\\":
            part, at = _escape(source, at)
            parts.append(part)
        elif source[at] in "\"'":
            parts.append(source[at])
            at += 1
        else:
            match = _PLAIN.match(source, at)
            if match is None:
                raise odd(source, start, "the text does not end on its line", "Write a line break as \\n")
            hidden = _HIDDEN.search(match.group())
            if hidden:
                place, char = match.start() + hidden.start(), hidden.group()
                raise odd(source, place, "a character that cannot be seen", f"Write it as {quote(char)[1:-1]}")
            parts.append(match.group())
            at = match.end()
    if at >= len(source):
        raise odd(source, start, "the text does not end", f"Close it with {delimiter}")
    return "".join(parts), at + 1


def _escape(source: str, at: int) -> tuple[str, int]:
    mark = source[at + 1 : at + 2]
    if mark in _ESCAPES:
        return _ESCAPES[mark], at + 2
    width = {"u": 4, "U": 8}.get(mark, 0)
    digits = source[at + 2 : at + 2 + width]
    if width and len(digits) == width and all(digit in "0123456789abcdefABCDEF" for digit in digits):
        code = int(digits, 16)
        if code < 0x110000:
            return chr(code), at + 2 + width
    known = r"""There are \" \' \\ \n \t \r \uXXXX and \UXXXXXXXX"""
    raise odd(source, at, "an escape that does not exist", known)


def odd(source: str, at: int, found: str, fix: str = "") -> ExpressionError:
    """The error for something at ``at``: says what was found there and shows the place with a caret under it."""
    begin = max(0, at - 50)
    window = "".join(char if char.isprintable() else "·" for char in source[begin : at + 40])
    before = "... " if begin else ""
    after = " ..." if len(source) > at + 40 else ""
    caret = " " * (len(before) + at - begin) + "^"
    place = f"It stands at character {at + 1}:\n    {before}{window}{after}\n    {caret}"
    return ExpressionError(f"Cannot read the expression: {found}", cause=place, fix=fix)


def near(name: str, names: Iterable[str], form: Callable[[str], str] = str) -> str:
    """``Did you mean ...?`` for a misspelt name, or nothing."""
    known = {each.lower(): each for each in names}
    # Matching is quadratic in the length of the name, which comes from outside.
    found = difflib.get_close_matches(name[:80].lower(), known, 1, 0.6)
    return f"Did you mean {form(known[found[0]])}?" if found else ""
