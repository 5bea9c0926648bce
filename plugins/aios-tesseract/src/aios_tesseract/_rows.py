"""Whether tesseract took the columns of a table for columns of text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from ._reading import ScanWord

#: So many values, each level with something to its left that was taken for another block, are a torn table.
_VALUES: Final = 3
_VALUE: Final = re.compile(r"[-+(]?\s?[$€£]?\s?\d[\d.,' ]*[%)€$£]?")


class _Line(NamedTuple):
    block: int
    text: str
    left: float
    top: float
    right: float
    bottom: float


def is_torn(words: Sequence[ScanWord]) -> bool:
    """Whether values stand in blocks of their own beside what they belong to."""
    lines = [_line(list(members)) for _, members in groupby(words, key=lambda word: word.line)]
    values = [line for line in lines if _VALUE.fullmatch(line.text)]
    return len(values) >= _VALUES and sum(any(_is_left_of(other, value) for other in lines) for value in values) >= _VALUES


def _line(words: Sequence[ScanWord]) -> _Line:
    return _Line(
        block=words[0].line[0],
        text=" ".join(word.text for word in words),
        left=min(word.left for word in words),
        top=min(word.top for word in words),
        right=max(word.right for word in words),
        bottom=max(word.bottom for word in words),
    )


def _is_left_of(line: _Line, value: _Line) -> bool:
    """Whether ``line`` is of another block, and level with ``value``."""
    shared = min(line.bottom, value.bottom) - max(line.top, value.top)
    return line.block != value.block and line.right <= value.left and 2 * shared >= min(line.bottom - line.top, value.bottom - value.top)
