"""Laws of turning tesseract's table into text."""

from __future__ import annotations

from itertools import pairwise

from aios_tesseract import Scan, reading
from aios_tesseract._reading import words_of
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

_HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
_SCAN = Scan(Image.new("L", (100, 80), 255), 0.0, (100, 80))

_words = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(1, 3),
        st.integers(1, 3),
        st.integers(0, 69),
        st.integers(0, 49),
        st.integers(0, 30),
        st.integers(0, 30),
        st.floats(0, 100),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
    ),
    max_size=20,
)


def _table(words: list[tuple[int, int, int, int, int, int, int, float, str]]) -> str:
    rows = [f"4\t1\t{b}\t{p}\t{li}\t0\t0\t0\t9\t9\t-1\t" for b, p, li, *_ in words[:2]]
    rows += [f"5\t1\t{b}\t{p}\t{li}\t{n}\t{x}\t{y}\t{w}\t{h}\t{c}\t{text}" for n, (b, p, li, x, y, w, h, c, text) in enumerate(words)]
    return _HEAD + "\n".join(rows) + "\n"


@given(_words)
def test_every_word_stands_where_its_offsets_say(words):
    text, columns, _ = reading(2, _SCAN, words_of(_table(words)), "why")
    read = list(columns.iterate(text))
    assert [word.text for word in read] == [word[-1].strip() for word in words if word[-1].strip()]
    assert text.page == columns.page == 2
    assert "".join(text.content.split()) == "".join("".join(word.text for word in read).split())
    assert text.reason == ("why" if read else "blank page")


@given(_words)
def test_paragraphs_cover_the_words_in_order_and_nothing_but_white_space_lies_between(words):
    text, columns, regions = reading(0, _SCAN, words_of(_table(words)), "why")
    assert [region.start for region in regions] == sorted(region.start for region in regions)
    assert all(first.end < second.start for first, second in pairwise(regions))
    inside = [set(range(region.start, region.end)) for region in regions]
    assert all(any({word.start, word.end - 1} <= place for place in inside) for word in columns.iterate(text))
    for region in regions:
        assert region.kind == "paragraph"
        assert columns.covering(region.start, region.end) == region.box


@given(_words, st.sampled_from([0, 90, 180, 270]), st.floats(-20, 20))
def test_a_box_leads_back_to_the_page_from_however_it_was_turned(words, turn, skew):
    there = _SCAN.turned(turn).straightened(skew)
    for word in words_of(_table(words)):
        middle = ((word.left + word.right) / 2, (word.top + word.bottom) / 2)
        x, y = _forth(middle, turn + skew, there.picture.size)
        box = there.box(x - 0.5, y - 0.5, x + 0.5, y + 0.5)
        found = ((box.x0 + box.x1) / 2 * 100, (box.y0 + box.y1) / 2 * 80)
        assert all(abs(have - want) < 1e-2 for have, want in zip(found, middle, strict=True)) or 1.0 in box or 0.0 in box


def _forth(point: tuple[float, float], degrees: float, size: tuple[int, int]) -> tuple[float, float]:
    """Where a point of the page lies after turning it against the clock, as complex numbers tell it: the reverse of what is tested."""
    import cmath
    import math

    at = complex(point[0] - 50, point[1] - 40) * cmath.exp(-1j * math.radians(degrees))
    return at.real + size[0] / 2, at.imag + size[1] / 2
