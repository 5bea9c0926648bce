"""The types of columns of Python values: that which holds every cell as it is."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Final

from ._column_names import Kind, kind_of_text
from ._text_types import SPACES, decimal_type

_PLACES: Final = 10
_DIGITS: Final = 28
_SAFE_INTEGER: Final = 10**15
_SAFE_DIGITS: Final = 15
_LARGEST: Final = 2**63 - 1
_MOST_DIGITS: Final = 38


class ValueColumn:
    """What the cells of a column have in common: ``seen`` are the kinds of cells so far."""

    def __init__(self) -> None:
        self.seen: Final[set[str]] = set()
        self._digits = 1
        self._places = 0
        self._exact_digits = 0
        self._has_time = False

    def see(self, cell: Any) -> str:
        """Take one more cell into account; its text, from which the column's type can be read, empty for NULL."""
        if cell is None or isinstance(cell, str):
            return cell or ""
        kind = self._kind(cell)
        self.seen.add(kind)
        return cell_text(cell)

    def _kind(self, cell: Any) -> str:
        if isinstance(cell, bool):
            return "boolean"
        if isinstance(cell, int | Decimal):
            return self._of_exact(Decimal(cell))
        if isinstance(cell, float):
            return self._of_float(cell)
        if isinstance(cell, dt.datetime):
            self._has_time = self._has_time or cell.time() != dt.time()
            return "instant" if cell.tzinfo else "day"
        if isinstance(cell, dt.date):
            return "day"
        return "time" if isinstance(cell, dt.time) and cell.tzinfo is None else "words"

    def _of_exact(self, number: Decimal) -> str:
        if not number.is_finite():
            return "float"
        places = max(0, -int(number.as_tuple().exponent))
        digits = max(1, number.adjusted() + 1)
        self._exact_digits = max(self._exact_digits, digits + places)
        return self._sized(digits, places, is_integer=places == 0 and abs(number) <= _LARGEST)

    def _of_float(self, number: float) -> str:
        if number.is_integer() and abs(number) < _SAFE_INTEGER:
            return self._sized(len(str(abs(int(number)))), 0, is_integer=True)
        shown = _shown(number)
        if shown is None:
            return "float"
        return self._sized(max(1, shown.adjusted() + 1), max(0, -int(shown.as_tuple().exponent)), is_integer=False)

    def _sized(self, digits: int, places: int, *, is_integer: bool) -> str:
        self._digits = max(self._digits, digits)
        self._places = max(self._places, places)
        return "integer" if is_integer else "decimal"

    @property
    def type(self) -> str:
        """The DuckDB type that holds every cell as it is."""
        if self.seen and self.seen <= {"integer", "decimal", "float"}:
            return self._number()
        if len(self.seen) != 1:
            return "VARCHAR"
        (only,) = self.seen
        day = "TIMESTAMP" if self._has_time else "DATE"
        return {"boolean": "BOOLEAN", "time": "TIME", "day": day, "instant": "TIMESTAMPTZ"}.get(only, "VARCHAR")

    def _number(self) -> str:
        if "float" in self.seen or self._digits + self._places > _MOST_DIGITS:
            return "VARCHAR" if self._exact_digits > _SAFE_DIGITS else "DOUBLE"
        return decimal_type(self._digits, self._places) if "decimal" in self.seen else "BIGINT"

    def expression(self, column: str) -> str:
        """SQL that makes of the texts in ``column``, as `see` gave them, values of the type."""
        kind = self.type
        if kind == "VARCHAR":
            return column
        value = f"nullif(trim({column}, '{SPACES}'), '')"
        return f"{value}::TIMESTAMP::DATE" if kind == "DATE" else f"{value}::{kind}"


def kind_of(cell: Any, parse: bool) -> Kind:
    """What a cell is; a text, with ``parse``, what it looks like."""
    if cell is None:
        return "empty"
    if isinstance(cell, str):
        return kind_of_text(cell) if parse else "text" if cell.strip() else "empty"
    if isinstance(cell, bool):
        return "boolean"
    return "number" if isinstance(cell, int | float | Decimal) else "date"


def cell_text(cell: Any) -> str:
    """A cell as text: numbers as they are shown, dates in ISO 8601, durations as hours, minutes and seconds; empty for None.

    Raises ``ValueError`` for what is no value of a cell.
    """
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, float):
        shown = _shown(cell)
        return repr(cell) if shown is None else format(shown, "f")
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    if isinstance(cell, dt.timedelta):
        seconds = round(cell.total_seconds())
        minutes, rest = divmod(abs(seconds), 60)
        return f"{'-' if seconds < 0 else ''}{minutes // 60:02}:{minutes % 60:02}:{rest:02}"
    raise ValueError(f"a cell is a {type(cell).__name__}; give str, int, Decimal, float, bool, date, datetime, time, timedelta or None")


def _shown(number: float) -> Decimal | None:
    """A number with the 15 significant digits that spreadsheets keep and show, which takes binary noise away: 0.1 + 0.2 is 0.3.

    None where these are no exact number of money or measure: more than 10 places, more than 28 digits, or no number at all.
    """
    shown = Decimal(int(number)) if number.is_integer() and abs(number) < _SAFE_INTEGER else Decimal(f"{number:.15g}")
    if not shown.is_finite() or -int(shown.as_tuple().exponent) > _PLACES or shown.adjusted() >= _DIGITS:
        return None
    return shown
