"""What of a first reading can be trusted, and what a second one makes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from aios_tesseract import ScanWord

from ._engine import Line

#: Signs that are hardly ever printed on letters, invoices and receipts, and are often read in lines, frames and specks.
_ODD: Final = re.compile(r"[|\\~`^¢«»©®§{}<>_=°¥]|[^\W\d_]\d[^\W\d_]|\d[OolIS]\b")
_POINT, _COMMA = re.compile(r"\d\.\d\d\b"), re.compile(r"\d,\d\d\b")

#: Words may end so much before their line does, in heights of the line; beyond that something was not read.
_MARGIN: Final = 0.8


class Doubt(StrEnum):
    """Why a line is read a second time."""

    UNSEEN = "not seen"
    CUT = "cut off"
    UNSURE = "not sure"
    ODD = "implausible"


def doubt(line: Line, words: Sequence[ScanWord], trust: float, odd: re.Pattern[str] | None) -> Doubt | None:
    """Why the ``words`` that were read in a line are not trusted; None when they are. ``odd`` is how amounts are not written here."""
    if not words:
        return Doubt.UNSEEN
    margin = _MARGIN * line.height
    if min(word.left for word in words) - line.left > margin or line.right - max(word.right for word in words) > margin:
        return Doubt.CUT
    if min(word.confidence for word in words) < trust:
        return Doubt.UNSURE
    if any(_ODD.search(word.text) or (odd and odd.search(word.text)) for word in words):
        return Doubt.ODD
    return None


def odd_amounts(words: Sequence[ScanWord]) -> re.Pattern[str] | None:
    """How amounts are not written on a page: with a comma where most have a point, or the other way; None where there are none."""
    points, commas = (sum(bool(sign.search(word.text)) for word in words) for sign in (_POINT, _COMMA))
    return None if points == commas else _COMMA if points > commas else _POINT


def agreed(first: Sequence[ScanWord], second: Sequence[ScanWord]) -> tuple[ScanWord, ...]:
    """What a line says after both readings: the words of the second, their confidence raised where the first read the same, and lowered
    where it read something else; those of the first where the second read nothing, or is less sure than even and than the first.

    The readings are taken for independent: that both are wrong in the same way has at most the chance of both being wrong,
    (1 - a)(1 - b); of different words one at most is right, so that b holds with b(1 - a) against a(1 - b), where that is less than b.
    """
    if not second or (first and _mean(second) < min(0.5, _mean(first))):
        return tuple(first)
    known = {_letters(word.text): word.confidence for word in first}
    against = _mean(first) if first else 0.0
    return tuple(word._replace(confidence=_after(known.get(_letters(word.text)), against, word.confidence)) for word in second)


def _after(same: float | None, against: float, confidence: float) -> float:
    if same is not None:
        return 1 - (1 - same) * (1 - confidence)
    right, wrong = confidence * (1 - against), against * (1 - confidence)
    return min(confidence, right / (right + wrong)) if right + wrong else confidence


def _mean(words: Sequence[ScanWord]) -> float:
    return sum(word.confidence for word in words) / len(words)


def _letters(text: str) -> str:
    return text.upper()
