"""How a file of separated values is written: its delimiter, quotes and escapes."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from _csv import Reader

_DELIMITERS: Final = (",", ";", "\t", "|", "^", "~", "\x01", "\x1f", "#", ":", " ")
_QUOTES: Final = ('"', "'", "")
_MARK: Final = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_CLEAN: Final = re.compile(r"[^,;\t|^~\x01\x1f\"]*")
_VALUE: Final = re.compile(
    r"(?:[-+(]?[$€£]?\s?\d[\d.,' ]*(?:[eE][-+]?\d+)?\s?[%€$£)]?|[-+]?\.\d+"
    r"|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[T ]\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?|)"
)
_MIN_SCORE: Final = 1e-3
_RARE: Final = {"#": 0.9, ":": 0.6, " ": 0.6}  # these stand in times and in text more often than between columns


class Dialect(NamedTuple):
    """A dialect, the number of lines before the table (titles, or Excel's ``sep=``), and how many ``titles`` are among them."""

    delimiter: str
    quote: str = '"'
    escape: str = ""
    skip: int = 0
    titles: int = 0

    def rows(self, lines: Iterable[str]) -> Reader:
        """The rows of ``lines``; an empty line is a row without cells. Raises ``csv.Error`` for a cell over the limit of the csv module."""
        return csv.reader(
            lines, delimiter=self.delimiter, quotechar=self.quote or None, escapechar=self.escape or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
        )  # fmt: skip


def sniff(sample: str) -> Dialect:
    """The dialect in which ``sample`` (the beginning of the file, whole lines) makes the most regular table of recognisable cells.

    Scores are those of van den Burg, Nazábal and Sutton, "Wrangling messy CSV files by detecting row and type patterns" (2019): the
    regularity of the lengths of rows times the share of cells that look like one value. Ties go to the more usual dialect.
    """
    if mark := _MARK.match(sample):
        return _skipping(max(_candidates(sample, (mark[1],)), key=lambda found: _score(sample, found)), sample)
    best, best_score = Dialect(","), 0.0
    for dialect in _candidates(sample, tuple(mark for mark in _DELIMITERS if mark in sample)):
        score = _score(sample, dialect) * _RARE.get(dialect.delimiter, 1.0)
        if score > best_score * (1 + 1e-9):
            best, best_score = dialect, score
    return _skipping(best, sample)


def is_mark(line: str) -> bool:
    """Whether ``line`` is Excel's ``sep=``."""
    return _MARK.match(line + "\n") is not None


def _candidates(sample: str, delimiters: tuple[str, ...]) -> Iterator[Dialect]:
    for delimiter in delimiters or (",",):
        for quote in _QUOTES:
            if quote == "'" and quote not in sample:
                continue
            yield Dialect(delimiter, quote)
            if "\\" + delimiter in sample or (quote and "\\" + quote in sample):
                yield Dialect(delimiter, quote, "\\")


def _score(sample: str, dialect: Dialect) -> float:
    try:
        rows = [row for row in dialect.rows(io.StringIO(sample, newline="")) if row]
    except csv.Error:
        return 0.0
    return _regularity(rows) * max(_MIN_SCORE, _recognised(rows)) if rows else 0.0


def _regularity(rows: list[list[str]]) -> float:
    """The pattern score, with the length of a row as its pattern."""
    patterns = Counter(map(len, rows))
    return sum(count * max(_MIN_SCORE, length - 1) / length for length, count in patterns.items()) / len(patterns)


def _recognised(rows: list[list[str]]) -> float:
    """The share of cells that look like one value."""
    cells = [cell for row in rows for cell in row]
    return sum(bool(_CLEAN.fullmatch(cell) or _VALUE.fullmatch(cell.strip())) for cell in cells) / len(cells)


def _skipping(dialect: Dialect, sample: str) -> Dialect:
    """``dialect`` with the lines to skip: leading ones of a single cell, where the table has several columns."""
    lines = io.StringIO(sample, newline="")
    marked = int(bool(_MARK.match(sample)))
    if marked:
        lines.readline()
    reader = dialect.rows(lines)
    skip = titles = 0
    lengths: Counter[int] = Counter()
    for row in reader:
        if not lengths and len(row) < 2:
            skip, titles = reader.line_num, titles + bool(row and row[0].strip())
        elif row:
            lengths[len(row)] += 1
    if not lengths or lengths.most_common(1)[0][0] < 2:
        return dialect._replace(skip=marked)
    return dialect._replace(skip=skip + marked, titles=titles)
