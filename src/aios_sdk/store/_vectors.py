"""Rows as columns: each table's values laid out as Arrow lays out their types, for DuckDB to take them as they are."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any, Final, NamedTuple, TypeAlias

from ._arrow import Batches, Column, Form
from ._tables import TableSpec

#: Makes a column of at least one value, in which None stands for null.
_Make: TypeAlias = Callable[[Sequence[Any]], Column]

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_EPOCH_DAY: Final = dt.date(1970, 1, 1).toordinal()

# False and True as the digits of a binary number.
_DIGITS: Final = b"01" + bytes(254)


class Vectors(NamedTuple):
    """The columns of a table: their forms, and what makes each of its values."""

    forms: tuple[Form, ...]
    makers: tuple[_Make, ...]

    def columns(self, rows: Sequence[Sequence[Any]]) -> list[Column]:
        """The columns of ``rows``, of which there is at least one."""
        return [make(values) for make, values in zip(self.makers, zip(*rows, strict=True), strict=True)]

    def batches(self) -> Batches:
        """Batches of such rows; none yet."""
        return Batches(self.forms)


@cache
def vectors(table: TableSpec) -> Vectors:
    """The columns of a table."""
    kinds = [_KINDS[column.type.partition("(")[0]] for column in table.columns]
    forms = (kind.form._replace(name=column.name) for kind, column in zip(kinds, table.columns, strict=True))
    return Vectors(tuple(forms), tuple(kind.make for kind in kinds))


def _bits(flags: Sequence[bool]) -> bytes:
    """A bit for each flag, the first of eight lowest."""
    # Python's fastest way to pack them: as the digits of a number, of which the last is the lowest.
    return int(bytes(flags).translate(_DIGITS)[::-1], 2).to_bytes((len(flags) + 7) // 8, "little")


def _validity(values: Sequence[Any]) -> bytes | None:
    nulls = values.count(None)
    if not nulls:
        return None
    if nulls == len(values):
        return bytes((len(values) + 7) // 8)
    return _bits([value is not None for value in values])


def _texts(values: Sequence[str | None]) -> Column:
    count, first = len(values), values[0]
    if first == values[-1] and values.count(first) == count:
        if first is None:
            return Column(count, (_validity(values), bytes(8 * (count + 1)), b""))
        data = first.encode()
        return Column(count, (None, _even(len(data), count), data * count))
    valid = _validity(values)
    present = values if valid is None else [value or "" for value in values]
    text = "".join(present)  # type: ignore[arg-type]
    data = text.encode()
    if len(data) == len(text):
        widths = set(map(len, present))  # type: ignore[arg-type]
        if len(widths) == 1:
            return Column(count, (valid, _even(widths.pop(), count), data))
        ends = accumulate(map(len, present), initial=0)  # type: ignore[arg-type]
    else:
        ends = accumulate([len(value.encode()) for value in present], initial=0)  # type: ignore[union-attr]
    return Column(count, (valid, array("q", ends), data))


@lru_cache(maxsize=64)
def _even(width: int, count: int) -> array[int]:
    return array("q", range(0, width * count + 1, width)) if width else array("q", bytes(8 * (count + 1)))


def _bytes(values: Sequence[bytes | None]) -> Column:
    present = [value or b"" for value in values]
    return Column(len(values), (_validity(values), array("q", accumulate(map(len, present), initial=0)), b"".join(present)))


def _decimals(values: Sequence[Any]) -> Column:
    # DuckDB reads a decimal's text exactly, and rounds what its column cannot hold as it does with one that is given to it.
    return _texts([None if value is None else str(value) for value in values])


def _numbers(code: str) -> _Make:
    def make(values: Sequence[Any]) -> Column:
        valid = _validity(values)
        # Not "value or 0", which would take the sign of a zero.
        return Column(len(values), (valid, array(code, values if valid is None else [0 if value is None else value for value in values])))

    return make


def _booleans(values: Sequence[bool | None]) -> Column:
    return Column(len(values), (_validity(values), _bits([value is True for value in values])))


def _dates(values: Sequence[dt.date | None]) -> Column:
    days = [0 if value is None else value.toordinal() - _EPOCH_DAY for value in values]
    return Column(len(values), (_validity(values), array("i", days)))


def _times(values: Sequence[dt.datetime | None]) -> Column:
    first = values[0]
    if first is not None and first == values[-1] and values.count(first) == len(values):
        return Column(len(values), (None, array("q", [(first - _EPOCH) // _MICROSECOND]) * len(values)))
    moments = [0 if value is None else (value - _EPOCH) // _MICROSECOND for value in values]
    return Column(len(values), (_validity(values), array("q", moments)))


def _lists(values: Sequence[Sequence[str] | None]) -> Column:
    items = [item for value in values if value for item in value]
    ends = array("q", accumulate([len(value) if value else 0 for value in values], initial=0))
    return Column(len(values), (_validity(values), ends), _texts(items) if items else Column(0, (None, bytes(8), b"")))


class _Kind(NamedTuple):
    form: Form
    make: _Make


_TEXT: Final = _Kind(Form("", "U"), _texts)

_KINDS: Final[dict[str, _Kind]] = {
    "VARCHAR": _TEXT,
    "JSON": _TEXT,
    "DECIMAL": _Kind(_TEXT.form, _decimals),
    "BOOLEAN": _Kind(Form("", "b"), _booleans),
    "USMALLINT": _Kind(Form("", "S"), _numbers("H")),
    "INTEGER": _Kind(Form("", "i"), _numbers("i")),
    "UINTEGER": _Kind(Form("", "I"), _numbers("I")),
    "BIGINT": _Kind(Form("", "l"), _numbers("q")),
    "UBIGINT": _Kind(Form("", "L"), _numbers("Q")),
    "DOUBLE": _Kind(Form("", "g"), _numbers("d")),
    "DATE": _Kind(Form("", "tdD"), _dates),
    "TIMESTAMPTZ": _Kind(Form("", "tsu:UTC"), _times),
    "BLOB": _Kind(Form("", "Z"), _bytes),
    "VARCHAR[]": _Kind(Form("", "+L", _TEXT.form._replace(name="item")), _lists),
}
