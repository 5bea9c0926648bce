"""Reads the text of an expression into its tree."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final, cast

from aios_sdk.errors import ExpressionError

from ._functions import AGGREGATES, ARITIES
from ._tokens import Token, near, odd, tokenize
from ._tree import COMPARISON, LEVELS, MAX_DEPTH, RESERVED, Call, Constant, Kind, Node, Over, Read, Side, call, constant

_READS: Final = frozenset({"field", "label", "check"})
_LITERALS: Final = frozenset({"date", "days"})
# One level of a tree takes at most two levels of reading: an operand, and its parentheses.
_MAX_READING: Final = 2 * MAX_DEPTH + 2


def parse_tree(source: str) -> Node:
    """The tree of ``source``; raises ExpressionError with a caret under the place that could not be read."""
    return _Parser(source).whole()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = tokenize(source)
        self.place = 0
        self.reading = 0

    # The cursor

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def next(self) -> Token:
        token = self.token
        self.place += token.kind != "end"
        return token

    def take(self, *words: str) -> bool:
        """Go past the words, if they come next."""
        ahead = self.tokens[self.place : self.place + len(words)]
        if [token.value for token in ahead if token.kind in ("sign", "name")] != list(words):
            return False
        self.place += len(words)
        return True

    def need(self, word: str, where: str) -> None:
        if not self.take(word):
            raise self.odd(self.token, f"expected '{word}' {where}, found {self.token}")

    def odd(self, token: Token, found: str, fix: str = "") -> ExpressionError:
        return odd(self.source, token.at, found, fix)

    # The grammar

    def whole(self) -> Node:
        node = self.expression()
        if self.token.kind != "end":
            fix = near(self.token.value, LEVELS) if self.token.kind == "name" else ""
            raise self.odd(self.token, f"expected an operator or the end, found {self.token}", fix)
        return node

    def expression(self, floor: int = 0) -> Node:
        """Operators that bind at least as tightly as ``floor``, by precedence climbing."""
        self.reading += 1
        if self.reading > _MAX_READING:
            raise self.odd(self.token, f"more than {MAX_DEPTH} levels deep", "Split the expression into several")
        left = self.prefix(floor)
        while True:
            start = self.place
            name, negated = self.operator()
            level = LEVELS.get(name, -1)
            if level < floor:
                self.place = start
                break
            left = call(name, left) if name == "is missing" else call(name, left, self.expression(level + 1))
            if negated:
                left = call("not", left)
            if level == COMPARISON:
                self.refuse_chain()
        self.reading -= 1
        return left

    def operator(self) -> tuple[str, bool]:
        """Go past the operator that comes next: its name, or nothing, and whether it is negated."""
        for words in (("not", "in"), ("is", "missing"), ("is", "not", "missing")):
            if self.take(*words):
                return words[-1] if words[0] == "not" else "is missing", "not" in words
        token = self.token
        if token.kind in ("sign", "name") and token.value in LEVELS and token.value not in ("not", "negate"):
            self.place += 1
            return token.value, False
        if token.kind == "name" and token.value == "is":
            raise self.odd(token, "'is' stands only before missing", "Compare with ==, or write is missing")
        return "", False

    def refuse_chain(self) -> None:
        start = self.place
        name, _ = self.operator()
        if LEVELS.get(name) == COMPARISON:
            fix = "Write a < b and b < c, or put one comparison in parentheses"
            raise self.odd(self.tokens[start], "comparisons do not chain", fix)
        self.place = start

    def prefix(self, floor: int) -> Node:
        start = self.token
        if self.take("not"):
            if floor > LEVELS["not"]:
                raise self.odd(start, "'not' binds less tightly than what stands before it", "Write (not ...)")
            return call("not", self.expression(LEVELS["not"]))
        if self.take("-"):
            return call("negate", self.expression(LEVELS["negate"]))
        if self.take("("):
            inner = self.expression()
            self.need(")", "to close the parenthesis")
            return inner
        if self.take("["):
            return self.listing()
        return self.atom()

    def atom(self) -> Node:
        token = self.next()
        if token.kind == "text":
            return Constant(token.value)
        if token.kind == "number":
            return self.number(token)
        if token.kind != "name":
            raise self.odd(token, f"expected a value, found {token}")
        if token.value in ("true", "false", "missing"):
            return Constant({"true": True, "false": False}.get(token.value))
        if token.value == "case":
            self.need(".", 'after case, as in case.field("total")')
            return self.read(self.next(), "case")
        if token.value == "members":
            fix = 'Write sum(field("total") for members)'
            raise self.odd(token, "members stands only in count(members) and after for", fix)
        if self.token.value == "(" and self.token.kind == "sign" and token.value not in _READS:
            return self.function(token)
        return self.read(token, "own")

    def number(self, token: Token) -> Node:
        try:
            return constant(Decimal(token.value))
        except ExpressionError:
            raise self.odd(token, "a number with too many digits") from None

    def read(self, token: Token, side: Side) -> Node:
        if token.kind != "name" or token.value in RESERVED:
            raise self.odd(token, f"expected a value, found {token}")
        if token.value in _READS and self.take("("):
            name = self.text(f"the name of the {token.value} in quotes")
            self.need(")", "to close the parenthesis")
            return Read(cast("Kind", token.value), name, side)
        return Read("attribute", token.value, side)

    def text(self, what: str) -> str:
        token = self.next()
        if token.kind != "text":
            raise self.odd(token, f"expected {what}, found {token}")
        return token.value

    def listing(self) -> Node:
        items: list[object] = []
        while not self.take("]"):
            if items:
                self.need(",", "or ']' in the list")
            token, node = self.token, self.expression()
            if not isinstance(node, Constant) or node.value is None or isinstance(node.value, tuple):
                fix = 'Write ["a", "b"], and compare the others with == and or'
                raise self.odd(token, "a list holds only written values", fix)
            items.append(node.value)
        return constant(items)

    def function(self, name: Token) -> Node:
        self.next()  # the parenthesis
        if name.value in _LITERALS:
            return self.literal(name)
        if name.value not in ARITIES and name.value not in AGGREGATES:
            known = sorted({*ARITIES, *AGGREGATES, *_READS, *_LITERALS})
            if name.value == "today" or name.value == "now":
                fix = "There is no clock: a decision must be the same when it is replayed"
            else:
                fix = near(name.value, known) or f"There are {', '.join(known)}"
            raise self.odd(name, f"there is no function '{name.value}'", fix)
        if name.value == "count" and self.take("members"):
            return self.over(name, None)
        args = [self.expression()] if not self.take(")") else []
        if args and name.value in AGGREGATES and self.take("for"):
            self.need("members", "after for")
            return self.over(name, args[0])
        while args and not self.take(")"):
            self.need(",", "or ')' after an argument")
            args.append(self.expression())
        return self.called(name, args)

    def over(self, name: Token, value: Node | None) -> Node:
        where = self.expression() if self.take("if") else None
        self.need(")", "to close the parenthesis")
        return Over(name.value, value, where)

    def called(self, name: Token, args: list[Node]) -> Call:
        if name.value not in ARITIES:
            fix = f"Write {name.value}(... for members), or {name.value}(... for members if ...)"
            raise self.odd(name, f"{name.value} goes over the members of a case", fix)
        least, most = ARITIES[name.value]
        if len(args) < least or (most is not None and len(args) > most):
            wanted = f"{least}" if least == most else f"at least {least}"
            raise self.odd(name, f"{name.value} takes {wanted} argument{'s' * (wanted != '1')}, not {len(args)}")
        return Call(name.value, tuple(args))

    def literal(self, name: Token) -> Node:
        token, value = self.token, self.expression()
        self.need(")", "to close the parenthesis")
        written = value.value if isinstance(value, Constant) else None
        try:
            if name.value == "date" and isinstance(written, str):
                return constant(day(written))
            if name.value == "days" and isinstance(written, int) and not isinstance(written, bool):
                return constant(dt.timedelta(written))
        except (ValueError, OverflowError):
            raise self.odd(token, "this is outside of the calendar", 'Write date("2026-01-31"), days(30)') from None
        raise self.odd(token, f"{name.value} takes a written value", 'Write date("2026-01-31"), days(30)')


def day(text: str) -> dt.date:
    """The date written as ``2026-01-31``; ValueError for any other form, of which Python's own reader takes several."""
    value = dt.date.fromisoformat(text)
    if value.isoformat() != text:
        raise ValueError(text)
    return value
