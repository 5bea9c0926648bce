"""Where a value stands: boxes on a page, character ranges of its text, cells of a table."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

_ROUNDING = 6


class Box(NamedTuple):
    """A rectangle on a page as displayed, in fractions of its width and height (0..1) from the top left.

    ``x0 <= x1`` and ``y0 <= y1``. Make it with `Box.of`, which rounds to 1e-6 so that hashes do not depend on the last bits.
    """

    x0: float
    y0: float
    x1: float
    y1: float

    @classmethod
    def of(cls, x0: float, y0: float, x1: float, y1: float) -> Box:
        """A box with its corners in order, clipped to the page and rounded to 1e-6.

        Example::

            Box.of(0.1, 0.2, 0.5, 0.25)
        """
        xs = sorted((_clip(x0), _clip(x1)))
        ys = sorted((_clip(y0), _clip(y1)))
        return cls(xs[0], ys[0], xs[1], ys[1])

    def union(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))


def _clip(value: float) -> float:
    if not value == value:
        raise ValueError("a box has a corner that is not a number; compute it from finite page coordinates")
    return round(min(1.0, max(0.0, value)), _ROUNDING)


class Span(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A place in an artifact, with the ``quote`` that is there.

    Exactly one kind of place is given, and a place in text may also carry the box it is printed in:

    - text: ``page`` (from 0), ``start`` and ``end`` (Unicode code points in that page's text, end exclusive);
    - box: ``page`` and ``box``;
    - cell: ``row`` and ``column`` of a table (from 0; row 0 is the first row of data); the quote is the value as `Field.text` has it.

    ``artifact`` is the id of the page text (`PageText.artifact`), of the document's content for a box alone, or of the table.
    Raises ``ValueError`` when the place is incomplete or impossible. Example::

        Span(artifact=text.artifact, page=0, start=12, end=18, quote="471.30")
    """

    artifact: str
    page: int | None = None
    start: int | None = None
    end: int | None = None
    box: Box | None = None
    row: int | None = None
    column: int | None = None
    quote: str = ""

    def __post_init__(self) -> None:
        if self.row is not None or self.column is not None:
            if self.row is None or self.column is None or min(self.row, self.column) < 0:
                raise ValueError("a span of a cell needs row and column, counted from 0")
            if self.page is not None or self.start is not None or self.end is not None or self.box is not None:
                raise ValueError("a span is a cell of a table or a place on a page, not both; give two spans")
            return
        page, start, end, box = self.page, self.start, self.end, self.box
        if page is None or page < 0:
            raise ValueError("a span needs a page (from 0), or the row and column of a table")
        if start is not None or end is not None:
            if start is None or end is None or not 0 <= start < end:
                raise ValueError(f"a span of text needs 0 <= start < end in code points, got {start}..{end}")
        elif box is None:
            raise ValueError("a span on a page needs start and end, or a box")
        if box is not None and not (0 <= box.x0 <= box.x1 <= 1 and 0 <= box.y0 <= box.y1 <= 1):
            raise ValueError(f"a box is (x0, y0, x1, y1) within 0..1 from the top left, got {tuple(box)}")

    @property
    def kind(self) -> Literal["text", "box", "cell"]:
        """Which kind of place this is."""
        if self.row is not None:
            return "cell"
        return "text" if self.start is not None else "box"
