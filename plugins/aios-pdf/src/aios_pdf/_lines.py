"""The lines of a page out of PDFium's words, as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from aios_layout import Line, Word

from ._glyphs import Glyphs, Piece

_BREAKS: Final = str.maketrans({**dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n"), **dict.fromkeys("\x1c\x1d\x1e\x1f", " ")})
#: Inside words: hyphens are as printed (a soft hyphen in a PDF is drawn); control characters and non-characters are no text.
_REPLACED: Final = str.maketrans({
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0xFEFF, 0xFFFE, 0xFFFF], None), 0x02: "-", 0xAD: "-",
})  # fmt: skip


def words_by_line(raw: str, pieces: Iterable[Piece]) -> Iterator[list[Word]]:
    """The displayed words of a page whose characters are ``raw``, line by line as PDFium has them."""
    line: list[Word] = []
    end, breaks = 0, False
    for piece in pieces:
        gap, end = raw[end : piece.first], piece.last
        text = _clean(raw[piece.first : piece.last])
        if piece.box is None or not text:
            continue
        if gap != " ":
            gap = gap.replace("\r\n", "\n").translate(_BREAKS)
        if line and (breaks or piece.begins or "\n" in gap):
            yield line
            line = []
        line.append(Word(text, piece.box, piece.first, gap or " "))
        breaks = piece.breaks
    if line:
        yield line


def lines_of(raw: str, glyphs: Glyphs, width: float, height: float) -> list[Line]:
    """The lines of a page of ``width`` and ``height`` points, in the order of the file."""
    return [
        # A bullet may be of another font and size than its text.
        Line(words, width, height, *glyphs.style(words[len(words) > 1 and len(words[0].text) == 1].first), number)
        for number, words in enumerate(words_by_line(raw, glyphs.pieces(raw)))
    ]


def _clean(word: str) -> str:
    if word.isprintable():
        return word
    # PDFium gives characters beyond the Basic Multilingual Plane as two surrogates.
    joined = word.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.translate(_REPLACED)
