"""Two readings of a page become one, in the order in which the first read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aios_tesseract import ScanWord

from ._engine import Line
from ._judging import Doubt
from ._lines import ReadLine, in_order, stands_beside

#: How far to the side of a line, in its heights, words still belong to it; on a page that was read as one block any distance will do.
_BESIDE = 4.0


class Part(NamedTuple):
    """A line as it was found on the picture, or words of the first reading beside all of them; ``doubt`` says why it was read twice."""

    left: float
    top: float
    right: float
    bottom: float
    words: tuple[ScanWord, ...]
    line: tuple[int, ...]
    doubt: Doubt | None = None

    @property
    def height(self) -> float:
        """How high it is."""
        return self.bottom - self.top


def by_line(words: Sequence[ScanWord], lines: Sequence[Line]) -> tuple[list[list[ScanWord]], list[ScanWord]]:
    """The words whose middle lies in each of ``lines``, from the left, and those beside all of them."""
    inside: list[list[ScanWord]] = [[] for _ in lines]
    beside = []
    for word in words:
        x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
        near = [
            (abs(y - (line.top + line.bottom) / 2), number)
            for number, line in enumerate(lines)
            if line.left - 0.2 * line.height <= x <= line.right + 0.2 * line.height and line.top <= y <= line.bottom
        ]
        if near:
            inside[min(near)[1]].append(word)
        else:
            beside.append(word)
    return [sorted(found, key=lambda word: word.left) for found in inside], beside


def line_of(words: Sequence[ScanWord]) -> tuple[int, ...]:
    """The line of the first reading that most of ``words`` stand in; none for no words."""
    return Counter(word.line for word in words).most_common(1)[0][0] if words else ()


def merged(order: Iterable[tuple[int, ...]], parts: Sequence[Part], *, one_block: bool) -> tuple[list[ScanWord], dict[Doubt, list[int]]]:
    """The words of all parts in the ``order`` of the lines of the first reading; a part that it did not see goes into the line that it
    stands beside, or after the nearest line above. With them the numbers, from 1, of the lines that were read twice, by why they were."""
    lines: dict[tuple[int, ...], list[Part]] = {line: [] for line in order}
    unseen: list[Part] = []
    for part in parts:
        if part.words:
            lines.get(part.line, unseen).append(part)
    known = [(line, found) for line, found in lines.items() if found]
    if not known:
        words = in_order([ReadLine(*part[:5]) for part in unseen])
        return words, {Doubt.UNSEEN: [*range(1, len({word.line for word in words}) + 1)]} if words else {}
    for number, part in enumerate(sorted(unseen, key=lambda part: (part.top, part.left))):
        _put(known, part, number, one_block)
    words = []
    doubts: dict[Doubt, list[int]] = {}
    for number, (line, found) in enumerate(known, 1):
        for part in sorted(found, key=lambda part: part.left):
            words += [word._replace(line=line) for word in part.words]
        for doubt in {part.doubt for part in found if part.doubt}:
            doubts.setdefault(doubt, []).append(number)
    return words, doubts


def _put(known: list[tuple[tuple[int, ...], list[Part]]], part: Part, number: int, one_block: bool) -> None:
    middle = (part.top + part.bottom) / 2
    beside = [(_distance(part, found), place) for place, (_, found) in enumerate(known) if stands_beside(part, found)]
    if beside and (one_block or min(beside)[0] <= _BESIDE * part.height):
        known[min(beside)[1]][1].append(part)
        return
    above = [
        (not any(other.left < part.right and part.left < other.right for other in found), middle - bottom, place)
        for place, (_, found) in enumerate(known)
        if (bottom := max(other.bottom for other in found)) <= middle + 0.5 * part.height
    ]
    place = min(above)[2] if above else -1
    close = bool(above) and min(above)[1] <= 1.5 * part.height
    line = (*known[place][0][:-1], -1 - number) if close else (-1, number, 0)  # like no line that the first reading has
    known.insert(place + 1, (line, [part]))


def _distance(part: Part, found: Sequence[Part]) -> float:
    return min(max(0.0, other.left - part.right, part.left - other.right) for other in found)


def ranges(numbers: Sequence[int]) -> str:
    """``2 5-7`` for 2, 5, 6, 7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return " ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
