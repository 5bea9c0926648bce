"""OpenDocument files: texts and presentations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import ODP, ODT, Read, zipped

_NAMES = (
    "office",
    "text",
    "table",
    "style",
    "drawing:draw",
    "xsl-fo-compatible:fo",
    "svg-compatible:svg",
    "meta",
    "presentation",
    "manifest",
)
_SPACES = " ".join(
    f'xmlns:{name.rpartition(":")[2]}="urn:oasis:names:tc:opendocument:xmlns:{name.partition(":")[0]}:1.0"' for name in _NAMES
) + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'  # fmt: skip


def odf_of(body: str, *, kind: str = "text", automatic: str = "", styles: str = "", files: dict[str, str | bytes] | None = None) -> bytes:
    return zipped({
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": f"<office:document-content {_SPACES}><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>",
        "styles.xml": f"<office:document-styles {_SPACES}>{styles}</office:document-styles>",
        **(files or {}),
    })  # fmt: skip


@pytest.fixture
def text(read: Callable[..., Read]) -> Callable[..., Read]:
    return lambda body, **more: read(odf_of(body, **more), ODT)


def test_spaces_tabs_breaks_and_white_space_are_as_displayed(text):
    body = "<text:p>  a\n  b<text:s text:c='3'/>c<text:tab/>d<text:line-break/> e <text:span> f</text:span></text:p>"
    assert text(body).text == "a b   c\td\ne f\n"


def test_lists_have_the_numbers_that_their_style_gives(text):
    styles = (
        "<text:list-style style:name='L'><text:list-level-style-number text:level='1' style:num-format='1' style:num-suffix='.'/>"
        "<text:list-level-style-number text:level='2' style:num-format='a' style:num-suffix=')' text:display-levels='2'/>"
        "<text:list-level-style-bullet text:level='3' text:bullet-char='-'/></text:list-style>"
    )
    innermost = "<text:list><text:list-item><text:p>c</text:p></text:list-item></text:list>"
    inner = f"<text:list><text:list-item><text:p>b</text:p>{innermost}</text:list-item></text:list>"
    body = (
        f"<text:list text:style-name='L'><text:list-item><text:p>a</text:p>{inner}</text:list-item>"
        "<text:list-item><text:p>d</text:p></text:list-item>"
        "</text:list><text:p>between</text:p>"
        "<text:list text:style-name='L' text:continue-numbering='true'><text:list-item><text:p>e</text:p></text:list-item></text:list>"
        "<text:list text:style-name='L'><text:list-item text:start-value='9'><text:p>f</text:p></text:list-item></text:list>"
    )
    assert text(body, automatic=styles).outline == [
        ("list_item 1", "1. a"), ("list_item 2", "1.a) b"), ("list_item 3", "c"), ("list_item 1", "2. d"), ("paragraph", "between"),
        ("list_item 1", "3. e"), ("list_item 1", "9. f"),
    ]  # fmt: skip


def test_headings_have_levels_and_the_numbers_of_the_outline(text):
    styles = "<text:outline-style><text:outline-level-style text:level='1' style:num-format='I' style:num-suffix='.'/></text:outline-style>"
    body = "".join(f"<text:h text:outline-level='{level}'>{text_}</text:h>" for level, text_ in ((1, "One"), (2, "Two"), (1, "Three")))
    assert text(body, styles=styles).outline == [("heading 1", "I. One"), ("heading 2", "Two"), ("heading 1", "II. Three")]


def test_deletions_that_were_tracked_are_gone(text):
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>old</text:p></text:deletion></text:changed-region></text:tracked-changes>"
        "<text:p>kept<text:change/></text:p>"
    )
    assert text(body).text == "kept\n"


def test_notes_comments_and_text_boxes_stand_aside(text):
    body = (
        "<text:p>a<text:note><text:note-citation>1</text:note-citation>"
        "<text:note-body><text:p>the note</text:p></text:note-body></text:note>"
        "<office:annotation><dc:creator>Ann</dc:creator><text:p>why?</text:p></office:annotation> b"
        "<draw:frame><draw:text-box><text:p>boxed</text:p></draw:text-box></draw:frame></text:p>"
    )
    assert text(body).outline == [("paragraph", "a[1] b"), ("paragraph", "boxed"), ("footnote", "[1] the note"), ("comment", "Ann: why?")]


def test_headers_and_footers_of_page_styles_come_once(text):
    edge = "<style:header><text:p>head</text:p></style:header><style:footer><text:p>foot</text:p></style:footer>"
    styles = f"<style:master-page style:name='A'>{edge}</style:master-page><style:master-page style:name='B'>{edge}</style:master-page>"
    assert text("<text:p>text</text:p>", styles=styles).outline == [("header", "head"), ("paragraph", "text"), ("footer", "foot")]


def test_tables_repeat_and_span(text):
    body = (
        "<table:table><table:table-header-rows><table:table-row>"
        "<table:table-cell table:number-columns-spanned='2'><text:p>Who</text:p></table:table-cell>"
        "<table:covered-table-cell/><table:table-cell><text:p>What</text:p></table:table-cell></table:table-row></table:table-header-rows>"
        "<table:table-row table:number-rows-repeated='2'>"
        "<table:table-cell table:number-columns-repeated='2'><text:p>x</text:p></table:table-cell>"
        "<table:table-cell><text:p>7</text:p></table:table-cell></table:table-row></table:table>"
    )
    found = text(body)
    assert found.text == "Who\t\tWhat\nx\tx\t7\nx\tx\t7\n"
    assert found.rows == [("x", "x", 7), ("x", "x", 7)]


def test_pictures_and_links(text):
    body = (
        "<text:p><text:a xlink:href='https://example.org/'>there</text:a><draw:frame><draw:image xlink:href='Pictures/door.png'/>"
        "<svg:desc>the door</svg:desc></draw:frame><draw:frame><draw:image xlink:href='https://example.org/never-fetched.png'/></draw:frame></text:p>"
    )
    found = text(body, files={"Pictures/door.png": b"\x89PNG"})
    assert found.links == [("there", "https://example.org/")]
    assert [(found.quoted(region), region.target) for region in found.document.layers.regions if region.kind == "picture"] == [
        ("the door", "door.png")
    ]
    assert found.parts == {"door.png": b"\x89PNG"}


def test_drawn_pages_have_sizes_and_boxes_titles_and_notes(read):
    styles = (
        "<style:page-layout style:name='P'><style:page-layout-properties fo:page-width='10in' fo:page-height='20in'/></style:page-layout>"
        "<style:master-page style:name='M' style:page-layout-name='P'/>"
    )

    def frame(kind: str, text: str) -> str:
        where = "svg:x='1in' svg:y='2in' svg:width='5in' svg:height='2in'"
        return f"<draw:frame presentation:class='{kind}' {where}><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"

    notes = f"<presentation:notes>{frame('notes', 'say it')}</presentation:notes>"
    body = f"<draw:page draw:master-page-name='M'>{frame('outline', 'body')}{frame('title', 'Title')}{notes}</draw:page>"
    found = read(odf_of(body, kind="presentation", styles=styles), ODP)
    assert found.outline == [("heading 1", "Title"), ("paragraph", "body"), ("comment", "say it")]
    assert found.document.layers.regions[1].box == (0.1, 0.1, 0.6, 0.2)
    assert (found.document.pages[0].info.width, found.document.pages[0].info.height) == (720.0, 1440.0)


def test_properties_are_fields(text):
    inner = "<dc:title>Claim</dc:title><meta:keyword>a</meta:keyword><meta:keyword>b</meta:keyword>"
    meta = f"<office:document-meta {_SPACES}><office:meta>{inner}</office:meta></office:document-meta>"
    fields = text("<text:p>x</text:p>", files={"meta.xml": meta}).document.fields
    assert (fields["document.title"].value, fields["document.keywords"].value) == ("Claim", "a; b")


def test_a_file_with_a_password_is_encrypted(text):
    manifest = f"<manifest:manifest {_SPACES}><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
    assert text("", files={"META-INF/manifest.xml": manifest}).error.category == "encrypted"
