"""Counts list items and headings of OpenDocument, which do not hold their numbers (part 3, 5.3 and 19.880)."""

from __future__ import annotations

from typing import Final

from ._odf_styles import OdfStyles
from ._xml import Element, attribute, number


class Counters:
    """The counts of headings, and of each list by level."""

    def __init__(self, styles: OdfStyles) -> None:
        self._styles: Final = styles
        self._headings: Final[dict[int, int]] = {}
        self._counts: dict[int, int] = {}
        self._lists: Final[dict[str, dict[int, int]]] = {}
        self._of_style: Final[dict[str, dict[int, int]]] = {}

    def heading(self, level: int, start: str) -> str:
        """What stands before the next heading of ``level``."""
        return self._next("", self._headings, level, start, outline=True)

    def begin(self, element: Element, style: str, level: int) -> None:
        """A list begins: a new one, or one that goes on from another of the same style, or from the list it names."""
        if level > 1:
            return
        before = self._lists.get(attribute(element, "continue-list"))
        if before is None and attribute(element, "continue-numbering") == "true":
            before = self._of_style.get(style)
        self._counts = dict(before) if before is not None else {}
        self._of_style[style] = self._counts
        if name := attribute(element, "id"):
            self._lists[name] = self._counts

    def item(self, style: str, level: int, start: str) -> str:
        """What stands before the next item of the list at ``level``."""
        return self._next(style, self._counts, level, start, outline=False)

    def _next(self, style: str, counts: dict[int, int], level: int, start: str, *, outline: bool) -> str:
        first = number(start, -1) if start else -1
        for above in range(1, level):  # a level that was left out counts as begun
            counts.setdefault(above, self._styles.start(style, above, outline=outline))
        counts[level] = first if first >= 0 else counts.get(level, self._styles.start(style, level, outline=outline) - 1) + 1
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        return self._styles.marker(style, counts, level, outline=outline)
