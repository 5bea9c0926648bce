"""The parts of a page and what each of them is: headings, paragraphs, lists, tables."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

import msgspec

from ._page import PageText
from ._span import Box

#: What a part of a page is.
RegionKind: TypeAlias = Literal[
    "title",
    "heading",
    "paragraph",
    "list_item",
    "table",
    "picture",
    "caption",
    "header",
    "footer",
    "footnote",
    "comment",
    "code",
    "formula",
    "link",
]
_KINDS: Final = frozenset(get_args(RegionKind))


class Region(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A part of a page, as a range of code points of its text: what it is, and where it is printed, if that is known.

    Regions come in reading order and do not overlap, but for links, which lie within others. A picture without text is an empty range.

    - artifact: `PageText.artifact` of the text in which ``start`` and ``end`` (exclusive) count.
    - level: of a heading 1 (the outermost) and deeper, of a list item how deep it lies, from 1; 0 where that means nothing.
    - target: of a table the `Table.artifact` of its rows, of a link where it leads, of a picture the name of the part that holds it.

    Raises ``ValueError`` for a kind that does not exist, and for a range that cannot be. Example::

        Region.of(text, "heading", 0, 12, level=1)
    """

    page: int
    kind: RegionKind
    artifact: str
    start: int
    end: int
    box: Box | None = None
    level: int = 0
    target: str = ""
    step: str = ""

    @classmethod
    def of(
        cls, text: PageText, kind: RegionKind, start: int, end: int, *, box: Box | None = None, level: int = 0, target: str = ""
    ) -> Region:
        """The region of ``text`` from ``start`` to ``end``. Raises ``ValueError`` when it lies outside of the text, too."""
        if end > len(text.content):
            raise ValueError(f"a {kind} at {start}..{end} lies outside the {len(text.content)} code points of page {text.page}")
        return cls(page=text.page, kind=kind, artifact=text.artifact, start=start, end=end, box=box, level=level, target=target)

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"there is no kind of region {self.kind!r}; there are {', '.join(sorted(_KINDS))}")
        if not 0 <= self.start <= self.end or self.page < 0 or self.level < 0:
            raise ValueError(f"a {self.kind} on page {self.page} at {self.start}..{self.end} of level {self.level} cannot be")
