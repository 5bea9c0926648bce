"""Boxes as a column of numbers: four little-endian unsigned 32-bit integers each, in millionths of the page."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from ._span import Box

_MICRO: Final = 1_000_000
_FORM: Final = struct.Struct("<4I")
_NONE: Final = (2**32 - 1,) * 4


def packed_boxes(rows: Iterable[Sequence[Box | None]], width: int, *, skip: int) -> bytes:
    """The boxes of the cells after ``skip`` rows, ``width`` for each; a cell without one has 4294967295 four times."""
    packed = bytearray()
    for row in islice(rows, skip, None):
        for box in islice(row, width):
            packed += _FORM.pack(*(_NONE if box is None else (round(side * _MICRO) for side in box)))
        packed += _FORM.pack(*_NONE) * (width - len(row))
    return bytes(packed)


def unpacked_box(packed: bytes, index: int) -> Box | None:
    """The box at ``index``; None where there is none."""
    if _FORM.size * (index + 1) > len(packed):
        return None
    sides = _FORM.unpack_from(packed, _FORM.size * index)
    return None if sides == _NONE else Box(*(side / _MICRO for side in sides))
