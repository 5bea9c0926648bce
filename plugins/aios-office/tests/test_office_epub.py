"""EPUB books: chapters are pages."""

from __future__ import annotations

import pytest

from .conftest import EPUB, zipped

_CONTAINER = (
    "<container xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles><rootfile full-path='OPS/book.opf'/>"
    "</rootfiles></container>"
)


def book(*chapters: str | None, files: dict[str, str | bytes] | None = None) -> bytes:
    items = "".join(f"<item id='c{n}' href='text/c%20{n}.xhtml' media-type='application/xhtml+xml'/>" for n in range(len(chapters)))
    spine = "".join(f"<itemref idref='c{n}'/>" for n in range(len(chapters)))
    return zipped({
        "mimetype": EPUB,
        "META-INF/container.xml": _CONTAINER,
        "OPS/book.opf": "<package xmlns='http://www.idpf.org/2007/opf' xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata>"
        "<dc:title>A Book</dc:title>"
        f"<dc:creator>Ann</dc:creator></metadata><manifest><item id='p' href='door.png' media-type='image/png'/>{items}</manifest>"
        f"<spine>{spine}</spine></package>",
        **{f"OPS/text/c {n}.xhtml": chapter for n, chapter in enumerate(chapters) if chapter is not None},
        "OPS/door.png": b"\x89PNG",
        **(files or {}),
    })  # fmt: skip


def chapter(body: str) -> str:
    head = "<?xml version='1.0'?><!DOCTYPE html><html xmlns='http://www.w3.org/1999/xhtml'><head><title>no</title></head>"
    return f"{head}<body>{body}</body></html>"


def test_chapters_are_pages_in_the_order_of_the_spine(read):
    found = read(book(chapter("<h1>One</h1><p>first&nbsp;page &amp; more</p>"), chapter("<h2>Two</h2>")), EPUB)
    assert [page.text for page in found.document.pages] == ["One\n\nfirst\u00a0page & more\n", "Two\n"]
    assert found.document.fields["document.title"].value == "A Book"
    assert found.document.fields["document.author"].value == "Ann"


def test_blocks_are_called_what_they_are(read):
    body = (
        "<div>loose <b>text</b><p>a paragraph<br/>of two lines</p></div><ul><li>a<ol type='a' start='2'><li>b</li><li><p>c</p>"
        "</li></ol></li></ul>"
        "<pre>x =\n  1</pre><figure><img src='../door.png' alt='the door'/><figcaption>Fig. 1</figcaption></figure>"
        "<p>see <a href='https://example.org/'>there</a></p><aside epub:type='footnote' "
        "xmlns:epub='http://www.idpf.org/2007/ops'><p>a note</p></aside>"
    )
    found = read(book(chapter(body)), EPUB)
    assert found.outline == [
        ("paragraph", "loose text"), ("paragraph", "a paragraph\nof two lines"), ("list_item 1", "a"), ("list_item 2", "b. b"),
        ("list_item 2", "c. c"), ("code", "x =\n  1"), ("picture", "the door"), ("caption", "Fig. 1"), ("paragraph", "see there"),
        ("footnote", "a note"),
    ]  # fmt: skip
    assert found.links == [("there", "https://example.org/")]
    assert found.parts == {"door.png": b"\x89PNG"}


def test_tables_keep_merged_cells(read):
    body = (
        "<table><caption>Prices</caption><tr><th>Item</th><th>Price</th></tr><tr><td rowspan='2'>Door</td><td>12.50</td></tr>"
        "<tr><td>13.00</td></tr></table>"
    )
    found = read(book(chapter(body)), EPUB)
    assert found.outline == [("caption", "Prices"), ("table", "Item\tPrice\nDoor\t12.50\n\t13.00")]
    assert found.document.tables[0].merged == ((0, 0, 2, 1),)


def test_a_chapter_that_is_no_xml_is_read_as_browsers_do(read):
    assert read(book("<html><body><p>one<p>two <b>bold</p></body>"), EPUB).text == "one\n\ntwo bold\n"


def test_a_chapter_that_is_missing_leaves_the_others(read):
    found = read(book(chapter("<p>here</p>"), None), EPUB)
    assert found.text == "here\n"
    assert found.error.category == "malformed"


@pytest.mark.parametrize(
    ("algorithm", "protected"), [("http://www.w3.org/2001/04/xmlenc#aes256-cbc", True), ("http://www.idpf.org/2008/embedding", False)]
)
def test_a_protected_book_is_encrypted_and_protected_fonts_are_not(read, algorithm, protected):
    encryption = (
        f"<encryption xmlns:e='http://www.w3.org/2001/04/xmlenc#'><e:EncryptedData><e:EncryptionMethod Algorithm='{algorithm}'/>"
        f"<e:CipherData>"
        "<e:CipherReference URI='OPS/x'/></e:CipherData></e:EncryptedData></encryption>"
    )
    found = read(book(chapter("<p>x</p>"), files={"META-INF/encryption.xml": encryption}), EPUB)
    assert (found.error is not None and found.error.category == "encrypted") is protected
