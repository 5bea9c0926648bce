"""Matches texts against patterns of ``*`` and ``?`` in time that grows with the text alone."""

from __future__ import annotations

from typing import Final

#: The longest pattern; it bounds the work a character can cause.
MAX_PATTERN: Final = 256


def matches(text: str, pattern: str) -> bool:
    """Whether the whole text fits: ``*`` is any characters, ``?`` is one. Example: ``matches("INV-7", "INV-*")``."""
    first, *rest = pattern.split("*")
    if not rest:
        return len(text) == len(pattern) and _fits(text, pattern, 0)
    last = rest.pop()
    end = len(text) - len(last)
    if end < len(first) or not _fits(text, first, 0) or not _fits(text, last, end):
        return False
    at = len(first)
    for part in rest:
        # The leftmost place is the best one, for a star follows: nothing is ever tried twice.
        at = _find(text, part, at, end)
        if at < 0:
            return False
    return True


def _fits(text: str, part: str, at: int) -> bool:
    return all(wanted in ("?", char) for wanted, char in zip(part, text[at : at + len(part)], strict=True))


def _find(text: str, part: str, start: int, end: int) -> int:
    """Where the first fit of ``part`` ends, or -1."""
    if "?" not in part:
        place = text.find(part, start, end)
        return place + len(part) if place >= 0 else -1
    # Shift-and: bit i says that the first i + 1 places of the part fit the text that ends here.
    anywhere = sum(1 << place for place, wanted in enumerate(part) if wanted == "?")
    masks = dict.fromkeys(part, anywhere)
    for place, wanted in enumerate(part):
        masks[wanted] |= 1 << place
    goal, state = 1 << (len(part) - 1), 0
    for at in range(start, end):
        state = ((state << 1) | 1) & masks.get(text[at], anywhere)
        if state & goal:
            return at + 1
    return -1
