"""Values held against the pages: each gets the place where it is printed, or is marked as ungrounded."""

from __future__ import annotations

import datetime as dt
import re
from itertools import islice
from typing import Final

from aios_sdk import Document, Field, Page, Span

from ._printed import passage, printed
from ._shape import Answered

#: How many places of a quote are looked at on a page: a bound for texts that repeat one word without end.
_MOST_PLACES: Final = 200

#: Characters that a quote or a text may have to be looked for.
_LONGEST: Final = 10_000


class Grounding:
    """Finds quotes on the pages of one document.

    A value is grounded where its quote stands on a page, word by word, and the value can be read out of that place; its span is the place
    of the value itself. A quote that stands in several places is taken where it first comes after the place of the same field in the item
    before, so that the items of a list keep their order; else where it first comes.
    """

    def __init__(self, document: Document) -> None:
        self._pages: Final = [page for page in document.pages if page.reading is not None]
        self._last: Final[dict[str, tuple[int, int]]] = {}

    def field(self, answered: Answered, confidence: float | None) -> Field:
        """The answer as a field."""
        span = self._span(answered)
        value = answered.value
        if isinstance(value, dt.datetime):
            value = value.astimezone(dt.UTC)
        if span is None:
            return Field(path=answered.path, value=value, status="ungrounded", raw_confidence=confidence)
        return Field(path=answered.path, value=value, spans=(span,), raw_confidence=confidence)

    def _span(self, answered: Answered) -> Span | None:
        if not answered.quote.strip() or len(answered.quote) > _LONGEST or len(str(answered.value)) > _LONGEST:
            return None
        after = self._last.get(answered.pattern, (0, 0))
        place = self._first(answered, after) or (self._first(answered, (0, 0)) if after != (0, 0) else None)
        if place is None:
            return None
        page, start, end = place
        if "[*]" in answered.pattern:
            self._last[answered.pattern] = (page.index, end)
        reading, words = page.reading, page.words
        assert reading is not None  # of such pages only
        return Span(
            artifact=reading.artifact,
            page=page.index,
            start=start,
            end=end,
            quote=page.text[start:end],
            box=words.covering(start, end) if words else None,
        )

    def _first(self, answered: Answered, after: tuple[int, int]) -> tuple[Page, int, int] | None:
        """Where the value is first printed in its quote from (page, code point) on; where the quote stands to the letter, if it does."""
        exact = re.compile(re.escape(answered.quote.strip()))
        for pattern in (exact, passage(answered.quote)):
            for page in self._pages:
                if page.index < after[0]:
                    continue
                begin = after[1] if page.index == after[0] else 0
                for match in islice(pattern.finditer(page.text, begin), _MOST_PLACES):
                    place = printed(answered.value, page.text, *match.span())
                    if place is not None and place[0] >= begin:
                        return page, *place
        return None
