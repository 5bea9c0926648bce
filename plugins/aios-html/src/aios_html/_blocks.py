"""Text of blocks under construction, with the regions that they make."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Final, NamedTuple

#: Characters that only say where a word may or may not be broken.
IGNORED: Final = str.maketrans("", "", "\u200b\ufeff\u00ad\u2060")
_SPACE: Final = re.compile(r"[ \t\r\n\f\v]+")


class Part(NamedTuple):
    """A region of the rendered text: its kind (as `aios_sdk.Region` has it), its range in code points, its level and its target."""

    kind: str
    start: int
    end: int
    level: int = 0
    target: str = ""


class Grid(NamedTuple):
    """A table: its cells row by row, how many rows are its header, and its merged cells (row, column, rows, columns; from row 0).

    ``part`` is the number of the region that shows it.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]
    header: int
    merged: tuple[tuple[int, int, int, int], ...]
    part: int


class Blocks:
    """Blocks one after the other: text is written into a block, which ends as a region."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.grids: list[Grid] = []
        self._text: list[str] = []
        self._size = 0
        self._block: list[str] = []
        self._length = 0
        self._pending = ""  # white space or a marker that is written when more of the block comes
        self._gap = False
        self._links: list[Part] = []  # within the block
        self._kinds: set[str] = set()  # what the block was made of: text, picture, formula

    @property
    def text(self) -> str:
        """All blocks that have ended."""
        return "".join(self._text)

    @property
    def place(self) -> int:
        """Where the next character of the block will stand, counted in the block."""
        return self._length + len(self._pending)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written into the block."""
        return not self._block

    def write(self, text: str, made_of: str = "text") -> None:
        """More of the block; white space becomes single, and goes at the ends of lines."""
        text = _SPACE.sub(" ", text.translate(IGNORED)).replace("\u00a0", " ")
        bare = text.strip(" ")
        if not bare:
            if text and self._block and not self._pending:
                self._pending = " "
            return
        if text[0] == " " and self._block and not self._pending:
            self._pending = " "
        self._add(bare, made_of)
        if text[-1] == " ":
            self._pending = " "

    def write_as_is(self, text: str) -> None:
        """More of a block whose white space counts."""
        text = text.replace("\u00a0", " ")
        if not self._block:
            text = re.sub(r"^(?:[ \t]*\n)+", "", text)
        bare = text.rstrip(" \t\n")
        if bare:
            self._add(bare, "text")
        if bare != text:
            self._pending += text[len(bare) :]

    def mark(self, marker: str) -> None:
        """The number of a list item, which goes before the text of the block."""
        if not self._block:
            self._pending = marker

    def cell(self) -> None:
        """A cell ends; what follows in its row stands behind a tab."""
        if self._block and not self._pending.endswith("\t"):
            self._pending = "\t"

    def newline(self) -> bool:
        """The line ends. Whether the block is over, because its line had ended before."""
        if not self._block:
            self._gap = True
            return False
        is_over = "\n" in self._pending
        self._pending = "\n"
        return is_over

    def gap(self) -> None:
        """A blank line stands before the next block."""
        self._gap = True

    def link(self, start: int, target: str) -> None:
        """What was written from ``start`` (counted in the block) leads to ``target``."""
        if start < self._length:
            self._links.append(Part("link", start, self._length, target=target))

    def end(self, kind: str = "paragraph", level: int = 0) -> bool:
        """The block ends, as a region if it has any text. Whether it has."""
        text = "".join(self._block)
        self._block, self._length, self._pending = [], 0, ""
        links, self._links = self._links, []
        kinds, self._kinds = self._kinds, set()
        if not text.strip():
            return False
        if kind == "paragraph" and len(kinds) == 1:
            kind = next(iter(kinds)).replace("text", "paragraph")
        self._separate()
        self.parts.append(Part(kind, self._size, self._size + len(text), level))
        for link in links:
            start = link.start + len(text[link.start : link.end]) - len(text[link.start : link.end].lstrip())
            if start < link.end:
                self.parts.append(link._replace(start=self._size + start, end=self._size + link.end))
        self._put(text)
        return True

    def drop(self) -> None:
        """The block is left out."""
        self._block, self._length, self._pending, self._links = [], 0, "", []
        self._kinds = set()

    def table(self, grid: Grid, links: list[tuple[int, int, int, int, str]]) -> None:
        """A table as a region of its own: cells apart by tabs, rows by lines; ``links`` are (row, column, start, end, target)."""
        self._gap = True
        self._separate()
        lines = ["\t".join(row) for row in grid.rows]
        text = "\n".join(lines)
        self.grids.append(grid._replace(part=len(self.parts)))
        self.parts.append(Part("table", self._size, self._size + len(text)))
        starts = list(accumulate((len(line) + 1 for line in lines), initial=self._size))
        for row, column, start, end, target in links:
            cell = starts[row] + sum(len(before) + 1 for before in grid.rows[row][:column])
            self.parts.append(Part("link", cell + start, cell + end, target=target))
        self._put(text)
        self._gap = True

    def _add(self, text: str, made_of: str) -> None:
        text = self._pending + text
        self._pending = ""
        self._block.append(text)
        self._length += len(text)
        self._kinds.add(made_of)

    def _separate(self) -> None:
        if self._size:
            self._put("\n\n" if self._gap else "\n")
        self._gap = False

    def _put(self, text: str) -> None:
        self._text.append(text)
        self._size += len(text)
