"""What every reader of workbooks gives for a sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

#: A rectangle: row, column, rows, columns.
Part: TypeAlias = tuple[int, int, int, int]


class Unknown(NamedTuple):
    """The formulas of a sheet that have no value: how many there are, and the place of the first."""

    number: int = 0
    first: str = ""


def no_rows() -> Iterator[Sequence[Any]]:
    """The rows of a blank sheet."""
    return iter(())


class Cells(NamedTuple):
    """A sheet: its name, whether it is shown (``visibility`` is empty, ``hidden`` or ``very hidden``), the row and the column (from 0) at
    which its cells ``start``, its ``rows`` from there to the last (anew with each call, an empty text where nothing is), what is ``merged``
    and ``hidden`` (counted from A1), and its formulas without a value."""

    name: str
    visibility: str = ""
    start: tuple[int, int] = (0, 0)
    rows: Callable[[], Iterator[Sequence[Any]]] = no_rows
    merged: Sequence[Part] = ()
    hidden: Sequence[Part] = ()
    unknown: Unknown = Unknown()
