"""The types of the language, and what it admits as a value from outside."""

from __future__ import annotations

import datetime as dt
import decimal
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final, TypeAlias, final

#: What an expression can evaluate to; None stands for unknown.
Value: TypeAlias = "str | bool | int | Decimal | dt.date | dt.timedelta | tuple[Value, ...]"

#: The longest text an evaluation touches, in code points; a longer one is unknown, so that no rule reads gigabytes.
MAX_TEXT: Final = 1_000_000
#: Arithmetic keeps this many significant digits and rounds half to even beyond them.
PRECISION: Final = 50

_LARGEST_BITS: Final = 332  # 10**100 has 333 bits; the context's Emax is 99

CONTEXT: Final = decimal.Context(
    prec=PRECISION,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-99,
    Emax=99,
    traps=[decimal.Overflow, decimal.Underflow, decimal.InvalidOperation, decimal.DivisionByZero],
)


@final
@dataclass(frozen=True, slots=True)
class Type:
    """A type: ``text``, ``number``, ``date``, ``duration``, ``boolean``, ``any``, or a list of one of them.

    Use the constants ``TEXT``, ``NUMBER``, ``DATE``, ``DURATION``, ``BOOLEAN``, ``ANY`` and ``list_of``. Example::

        str(list_of(NUMBER))   # 'list of number'
    """

    name: str
    item: Type | None = None

    def __str__(self) -> str:
        return self.name if self.item is None else f"list of {self.item}"

    def fits(self, wanted: Type) -> bool:
        """Whether a value of this type can stand where ``wanted`` is asked for; ``any`` fits and takes everything."""
        if self.name == "any" or wanted.name == "any" or self == wanted:
            return True
        return self.item is not None and wanted.item is not None and self.item.fits(wanted.item)


TEXT: Final = Type("text")
NUMBER: Final = Type("number")
DATE: Final = Type("date")
DURATION: Final = Type("duration")
BOOLEAN: Final = Type("boolean")
ANY: Final = Type("any")


def list_of(item: Type) -> Type:
    """The type of a list of ``item``; lists of lists do not exist. Example: ``list_of(TEXT)``."""
    if item.item is not None:
        raise TypeError(f"a list of {item} does not exist; lists hold single values")
    return Type("list", item)


#: The type name of every admitted value, by its exact class; ``admit`` sees to it that no other class gets in.
KIND: Final[dict[type, str]] = {
    str: "text", bool: "boolean", int: "number", Decimal: "number",
    dt.date: "date", dt.timedelta: "duration", tuple: "list",
}  # fmt: skip


def type_of(value: Value) -> Type:
    """The type of an admitted value; an empty list is a list of any."""
    if isinstance(value, tuple):
        return list_of(type_of(value[0]) if value else ANY)
    return Type(KIND[type(value)])


class Unknown(Exception):
    """Raised inside an evaluation where a value cannot be had; its text is the reason the reader is given."""


def admit(raw: object) -> Value:
    """Take a value from outside, or raise Unknown. A float is its shortest text, a datetime its day in UTC."""
    kind = type(raw)
    if kind is str:
        assert isinstance(raw, str)
        if len(raw) > MAX_TEXT:
            raise Unknown(f"is a text of {len(raw)} characters; expressions read at most {MAX_TEXT}")
        return raw
    if kind is bool or kind is dt.date or kind is dt.timedelta:
        return raw  # type: ignore[return-value]
    if isinstance(raw, int | Decimal | float):
        return _number(raw)
    if isinstance(raw, dt.date):
        return _day(raw)
    if isinstance(raw, list | tuple):
        if any(isinstance(item, list | tuple) for item in raw):
            raise Unknown("is a list of lists")  # found before going into one, which might hold itself
        items = tuple(map(admit, raw))
        if len({KIND[type(item)] for item in items}) > 1:
            raise Unknown("is a list of unlike values")
        return items
    if isinstance(raw, str):
        return admit(str(raw.value) if isinstance(raw, Enum) else str.__str__(raw))
    raise Unknown(f"holds a Python {kind.__name__}, which expressions do not know")


def _number(raw: int | Decimal | float) -> int | Decimal:
    if isinstance(raw, int):
        raw = int(raw)  # an IntEnum is its number
        if raw.bit_length() > _LARGEST_BITS:
            raise Unknown("is a number that is too large")
        if raw.bit_length() < 160:  # surely within PRECISION digits
            return raw
    if isinstance(raw, float):
        # By name, for subclasses such as numpy's print themselves in other ways; what is all but 0 in a float is 0.
        raw = Decimal(0 if abs(raw) < 1e-60 else float.__repr__(raw))
    try:
        number = CONTEXT.plus(Decimal(raw))
    except decimal.DecimalException as error:
        raise Unknown(f"is {arithmetic_reason(error)}") from None
    if not number.is_finite():
        raise Unknown("is not a finite number")
    return number


def _day(raw: dt.date) -> dt.date:
    try:
        if isinstance(raw, dt.datetime) and raw.tzinfo is not None:
            raw = raw.astimezone(dt.UTC)
        return dt.date(raw.year, raw.month, raw.day)
    except (OverflowError, ValueError, TypeError):
        raise Unknown("is a time outside of the calendar") from None


def arithmetic_reason(error: ArithmeticError) -> str:
    """Say in words why an operation on numbers or dates has no result."""
    if isinstance(error, ZeroDivisionError):
        return "a division by zero"
    if isinstance(error, decimal.Underflow):
        return "a number that is too small"
    if isinstance(error, decimal.Overflow):
        return "a number that is too large"
    if isinstance(error, decimal.InvalidOperation):
        return "not a number within 50 digits"
    return "outside of the calendar"


def show(value: Value | None) -> str:
    """A value as the language writes it: ``"text"``, ``12.50``, ``true``, ``date("2026-01-31")``, ``["a", "b"]``."""
    if value is None:
        return "missing"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, tuple):
        return f"[{', '.join(map(show, value))}]"
    if isinstance(value, dt.timedelta):
        return f"days({value.days})" if value == dt.timedelta(value.days) else str(value)
    return f'date("{value.isoformat()}")'


_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def quote(text: str) -> str:
    """A text in double quotes; what does not print (controls, bidirectional marks) is escaped, so nothing can hide."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_ESCAPES.get(char) or (char if char.isprintable() else _code(char)) for char in text) + '"'


def _code(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
