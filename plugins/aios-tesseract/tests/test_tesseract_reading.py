"""Laws of turning tesseract's table into text."""

from __future__ import annotations

from aios_tesseract._reading import reading
from hypothesis import given
from hypothesis import strategies as st

_HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"

_words = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(1, 3),
        st.integers(1, 3),
        st.integers(0, 99),
        st.integers(0, 99),
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
    text, columns = reading(2, _table(words), (100, 100), "why")
    read = list(columns.iterate(text))
    assert [word.text for word in read] == [word[-1].strip() for word in words if word[-1].strip()]
    assert text.page == columns.page == 2
    assert "".join(text.content.split()) == "".join("".join(word.text for word in read).split())
    assert text.reason == ("why" if read else "blank page")


@given(_words)
def test_a_turned_picture_has_its_boxes_on_the_other_side(words):
    _, straight = reading(0, _table(words), (100, 100), "")
    _, turned = reading(0, _table(words), (100, 100), "", turned=True)
    for number in range(len(straight)):
        a, b = straight.box(number), turned.box(number)
        assert all(abs(have - want) < 2e-6 for have, want in zip(b, (1 - a.x1, 1 - a.y1, 1 - a.x0, 1 - a.y0), strict=True))
