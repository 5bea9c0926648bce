"""HTML bodies as text."""

from __future__ import annotations

import pytest
from aios_email._html import visible_text
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Dear <b>Sir</b>,<p>bye", "Dear Sir,\n\nbye"),
        ("a<br>b<div>c</div>d", "a\nb\nc\nd"),
        ("<style>p{}</style><script>x</script><title>t</title><!-- c -->seen", "seen"),
        ("<div style='DISPLAY: none'>preheader</div><p hidden>x</p>seen", "seen"),
        ("<a href='https://x.example'>here</a>", "here"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a\tb\nc\td"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("a &amp; b&nbsp;&euro;5", "a & b €5"),
        ("<pre>x\n  y</pre>", "x\n  y"),
        ("<p>many\n\n   spaces</p>", "many spaces"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("a<br><br><br><br>b", "a\n\nb"),
        ("", ""),
        ("no markup", "no markup"),
    ],
)
def test_only_what_a_reader_sees_is_kept(html, text):
    assert visible_text(html) == text


def test_tags_nested_deeper_than_any_recursion_are_read():
    assert visible_text("<div>" * 5_000 + "deep") == "deep"


@given(st.text())
def test_any_text_is_some_html(text):
    assert isinstance(visible_text(text), str)
