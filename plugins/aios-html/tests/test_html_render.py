"""HTML as a reader sees it."""

from __future__ import annotations

import pytest
from aios_html import render
from hypothesis import given
from hypothesis import strategies as st


def kinds(html, **options):
    shown = render(html, **options)
    return [(part.kind, shown.text[part.start : part.end]) for part in shown.parts]


def fragment(html):
    return render(html, page=False).text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Dear <b>Sir</b>,<p>bye", "Dear Sir,\n\nbye"),
        ("a<br>b<div>c</div>d", "a\nb\nc\nd"),
        ("<style>p{}</style><script>x</script><title>t</title><!-- c -->seen", "seen"),
        ("<div style='DISPLAY: none'>preheader</div><p hidden>x</p><dialog>x</dialog>seen", "seen"),
        ("<a href='https://x.example'>here</a>", "here"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a\tb\nc\td"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("a &amp; b&nbsp;&euro;5", "a & b €5"),
        ("<pre>\nx\n  y</pre>", "x\n  y"),
        ("<p>many\n\n   spaces</p>", "many spaces"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("a<br><br><br><br>b", "a\n\nb"),
        ("zero\u200bwidth soft\u00adhyphen", "zerowidth softhyphen"),
        ("<input value=typed><input type=hidden value=x><input type=checkbox checked>yes", "typed☑ yes"),
        ("<select><option>a<option selected>b</select> <textarea>c</textarea>", "b c"),
        ("", ""),
        ("no markup", "no markup"),
    ],
)
def test_only_what_a_reader_sees_is_kept(html, text):
    assert fragment(html) == text


def test_headings_lists_code_quotes_and_pictures_are_regions():
    html = (
        "<h2>Head</h2><p>text <code>x</code></p><ul><li>one<ol start=3><li>three<li>four</ol>more</ul>"
        "<pre>code</pre><blockquote>said</blockquote><img alt='a chart'><math alttext='E=mc^2'><mi>E</mi></math>"
    )
    shown = render(html, page=False)
    assert [(part.kind, part.level, shown.text[part.start : part.end]) for part in shown.parts] == [
        ("heading", 2, "Head"), ("paragraph", 0, "text x"), ("list_item", 1, "one"), ("list_item", 2, "3. three"),
        ("list_item", 2, "4. four"),
        ("paragraph", 0, "more"), ("code", 0, "code"), ("paragraph", 0, "said"), ("paragraph", 0, "a chartE=mc^2"),
    ]  # fmt: skip
    assert kinds("<p><img alt='a chart'></p><p><math alttext='E=mc^2'></math></p>") == [("picture", "a chart"), ("formula", "E=mc^2")]


@pytest.mark.parametrize(
    ("attributes", "items"),
    [
        ("", "1. a\n2. b"),
        ("type=a", "a. a\nb. b"),
        ("type=I start=4", "IV. a\nV. b"),
        ("reversed", "2. a\n1. b"),
        ("start=x", "1. a\n2. b"),
    ],
)
def test_items_are_numbered_as_a_browser_does(attributes, items):
    assert fragment(f"<ol {attributes}><li>a<li>b</ol>") == items


def test_links_say_where_they_lead_and_lie_within_others():
    shown = render("<base href='https://x.example/a/'><p>see <a href='b'> the <b>page</b></a>.</p><a href='#c'><h1>One</h1><p>Two</p></a>")
    assert [(part.kind, shown.text[part.start : part.end], part.target) for part in shown.parts] == [
        ("paragraph", "see the page.", ""), ("link", "the page", "https://x.example/a/b"), ("heading", "One", ""),
        ("link", "One", "https://x.example/a/#c"), ("paragraph", "Two", ""), ("link", "Two", "https://x.example/a/#c"),
    ]  # fmt: skip


def test_spans_of_cells_make_a_grid():
    shown = render(
        "<table><caption>Costs</caption><thead><tr><th rowspan=2>Part<th colspan=2>Price<tr><th>net<th>gross</thead>"
        "<tfoot><tr><td>Sum<td>3<td>4</tfoot>"
        "<tbody><tr><td rowspan=2>Door<td>1<td><a href=x>2 <i>b</i></a><tr><td colspan=9>free</tbody></table>"
    )
    (grid,) = shown.grids
    assert grid.name == "Costs"
    assert grid.rows == (
        ("Part", "Price", ""), ("", "net", "gross"), ("Door", "1", "2 b"), ("", "free", ""), ("Sum", "3", "4"),
    )  # fmt: skip
    assert (grid.header, grid.merged) == (2, ((0, 0, 2, 1), (0, 1, 1, 2), (2, 0, 2, 1), (3, 1, 1, 2)))
    assert shown.parts[grid.part].kind == "table"
    assert [(part.kind, shown.text[part.start : part.end]) for part in shown.parts if part.kind in ("caption", "link")] == [
        ("caption", "Costs"), ("link", "2 b"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td><h2>a</h2><p>b</p></td><td>c</td></tr><tr><td>d</td><td>e</td></tr></table>",
        "<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>",
        "<table><tr><td>a<td><table><tr><td>b<tr><td>c</table></table>",
        "<table><tr><th>a<td><table><tr><td>b b b b<tr><td>c c c c</table></table>",
        "<table><tr><td>one row<td>only</table>",
        "<table></table>",
        "<table><tr><td colspan=1000 rowspan=65534>" + "<tr><td colspan=1000>x" * 2000 + "</table>",
    ],
)
def test_tables_that_lay_out_a_page_are_text(html):
    assert render(html).grids == ()


def test_a_table_within_one_that_lays_out_the_page_is_a_table():
    (grid,) = render("<table><tr><td>a<td><table><tr><td>b<td>c<tr><td>d<td>e</table></table>").grids
    assert grid.rows == (("b", "c"), ("d", "e"))


def test_boilerplate_is_marked_and_left_out_on_demand():
    html = (
        "<header><a href=/>Acme</a></header><nav><ul><li><a href=/a>A</a></ul></nav><div class='side-menu'><a href=/b>B</a></div>"
        "<article><header>By Ann</header><p>Content.</p><footer>Notes</footer></article><div id=footer>Imprint</div><aside>Ads</aside>"
    )
    assert [pair for pair in kinds(html) if pair[0] != "link"] == [
        ("header", "Acme"), ("header", "A"), ("header", "B"), ("paragraph", "By Ann"), ("paragraph", "Content."), ("paragraph", "Notes"),
        ("footer", "Imprint"), ("footer", "Ads"),
    ]  # fmt: skip
    assert render(html, main_only=True).text == "By Ann\n\nContent.\n\nNotes"
    assert [kind for kind, _ in kinds("<p>before</p><main><nav>x</nav><p>in</p></main><p>after</p>")] == [
        "header", "paragraph", "paragraph", "footer",
    ]  # fmt: skip


def test_a_page_of_nothing_but_boilerplate_is_its_content():
    assert kinds("<nav>Only this</nav>") == [("paragraph", "Only this")]
    assert kinds("<header><h1>The title</h1></header><p>x</p>")[0] == ("heading", "The title")


def test_the_head_gives_title_description_and_language():
    shown = render("<html lang=pt_br><head><title>A\n B</title><meta name=Description content=' d  e '></head><body><p>x</p></body></html>")
    assert (shown.title, shown.description, shown.language, shown.text) == ("A B", "d e", "pt-BR", "A B\n\nx")
    same = render("<title>A B</title><h1>A <i>B</i></h1><p>x")
    assert (same.text, same.parts[0].kind) == ("A B\n\nx", "title")
    assert render("<title>A B</title><h1 hidden>A B</h1><p>x").text == "A B\n\nx"
    assert render("<html lang='none at all'>x").language == ""


def test_xhtml_may_close_any_element_at_once():
    assert render("<?xml version='1.0'?><html><head><title/><script src='x'/></head><body><p>x</p><div/>y</body></html>").text == "x\n\ny"


def test_pictures_within_the_page_are_handed_over():
    shown = render("<img src='data:image/png;base64,aGk='><img src='data:image/svg+xml,x'><img src=x.png>")
    assert [(picture.name, picture.data) for picture in shown.pictures] == [("picture-1.png", b"hi")]


def test_tags_nested_deeper_than_any_recursion_are_read():
    assert fragment("<div>" * 5_000 + "deep") == "deep"
    assert fragment("<ul><li>" * 2_000 + "deep") == "deep"


TAGS = (
    "<p> </p> <table> <tr> <td> </table> <ul> <ol> <li> </li> </ul> <br> <pre> </pre> </a> <nav> </nav> <main> </main> <h1> </h1> <b> </b> "
    "<blockquote> <caption> <title> &nbsp; word"
)
PIECES = st.sampled_from([*TAGS.split(), "<th colspan=2>", "<td rowspan=0>", "<a href=x>", "<img alt=pic>", "two\n", " "])


@given(st.lists(PIECES | st.text(max_size=5), max_size=25).map("".join), st.booleans())
def test_regions_follow_the_text_and_cover_it(html, page):
    shown = render(html, page=page)
    place = 0
    for part in shown.parts:
        inner = shown.text[part.start : part.end]
        assert inner.strip()
        if part.kind == "link":
            assert part.end <= place
            continue
        assert not shown.text[place : part.start].strip()
        assert part.start >= place
        place = part.end
    assert not shown.text[place:].strip()
    for grid in shown.grids:
        part = shown.parts[grid.part]
        assert shown.text[part.start : part.end] == "\n".join("\t".join(row) for row in grid.rows)
        assert {len(row) for row in grid.rows} == {len(grid.rows[0])}
    assert len(render(html, page=page, main_only=True).text) <= len(shown.text)
