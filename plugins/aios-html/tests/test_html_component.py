"""What a page of HTML and a text in Markdown give."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from aios_html import Html, Markdown
from hypothesis import given
from hypothesis import strategies as st

from aios_sdk import Context, LimitExceeded, Malformed, Source
from aios_sdk.testing import check_manifest


def read(ingest, code, data, **config):
    document, *parts = ingest(code, Source(name="a", data=data), **config)
    text = document.layers.text[0].content
    for field in document.layers.fields:
        for span in field.spans:
            assert text[span.start : span.end] == span.quote
    return document, parts


def content(document):
    return document.layers.text[0].content


def test_the_manifest_says_what_the_code_says():
    check_manifest("aios_html")


def test_a_page_gives_text_fields_and_language(ingest):
    document, _ = read(
        ingest, Html, b"<html lang=en><title>Offer</title><meta name=description content='Not shown'><p>We offer.</p></html>"
    )
    assert content(document) == "Offer\n\nWe offer."
    assert document.layers.text[0].language == "en"
    assert document.fields["title"].value == "Offer"
    (description,) = document.fields.all("description")
    assert (description.value, description.status) == ("Not shown", "ungrounded")
    document, _ = read(ingest, Html, b"<meta name=description content='We offer.'><p>We offer.</p>")
    assert document.fields.all("description")[0].quote == "We offer."


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ('<meta charset="iso-8859-2"><p>Źródło</p>'.encode("iso8859_2"), "Źródło"),
        ("<meta http-equiv=Content-Type content='text/html; charset=shift_jis'><p>請求書</p>".encode("shift_jis"), "請求書"),
        ("<meta charset=iso-8859-1><p>€ und für</p>".encode(), "€ und für"),
        ("<?xml version='1.0' encoding='windows-1251'?><html><p>Счёт</p></html>".encode("cp1251"), "Счёт"),
        ("<p>Größe</p>".encode("utf-16"), "Größe"),
        ("<p>Уважаемые господа</p>".encode("koi8_r"), "Уважаемые господа"),
    ],
)
def test_a_page_is_decoded_by_mark_declaration_or_letters(ingest, data, text):
    assert content(read(ingest, Html, data)[0]) == text


def test_tables_are_typed_and_their_regions_say_which(ingest):
    document, _ = read(
        ingest, Html, b"<table><tr><th rowspan=2>Part<th colspan=2>Price<tr><th>net<th>gross<tr><td>Door<td>1.50<td>2</table><p>x"
    )
    (table,) = document.tables
    assert [(column.name, column.type) for column in table.columns] == [
        ("Part", "VARCHAR"), ("Price net", "DECIMAL(18,2)"), ("Price gross", "BIGINT"),
    ]  # fmt: skip
    assert table.relation().fetchall()[0][0] == "Door"
    assert [(region.kind, region.target) for region in document.layers.regions] == [("table", table.artifact), ("paragraph", "")]


def test_pictures_are_parts_and_a_page_that_shows_nothing_is_malformed(ingest):
    document, (picture,) = read(ingest, Html, b"<img src='data:image/gif;base64,R0lG'>")
    assert (content(document), picture.name, picture.data) == ("", "picture-1.gif", b"GIF")
    for code, data in ((Html, b"<script>draw()</script>"), (Html, b""), (Markdown, b"<!-- x -->"), (Markdown, b"a\0b")):
        with pytest.raises(Malformed):
            read(ingest, code, data)
        with pytest.raises(LimitExceeded):
            read(ingest, code, b"x" * 11, max_size=10)


def test_navigation_is_left_out_on_demand(ingest):
    data = b"<nav>Menu</nav><p>Text</p>"
    assert content(read(ingest, Html, data)[0]) == "Menu\n\nText"
    assert content(read(ingest, Html, data, main_only=True)[0]) == "Text"


MARKDOWN = """---
title: Note
---
# Damage

The **van** was [hit](https://x.example) ~~twice~~ once.

1. door
   - left

| Part | Price |
|------|------:|
| Door | 200.50 |

```python
x = 1
```
"""


def test_markdown_is_what_it_shows_with_its_structure(ingest):
    document, _ = read(ingest, Markdown, MARKDOWN.encode())
    text = content(document)
    assert [(region.kind, region.level, text[region.start : region.end]) for region in document.layers.regions] == [
        ("code", 0, "title: Note"), ("heading", 1, "Damage"), ("paragraph", 0, "The van was hit twice once."), ("link", 0, "hit"),
        ("list_item", 1, "1. door"), ("list_item", 2, "left"), ("table", 0, "Part\tPrice\nDoor\t200.50"), ("code", 0, "x = 1"),
    ]  # fmt: skip
    (table,) = document.tables
    assert [column.type for column in table.columns] == ["VARCHAR", "DECIMAL(18,2)"]


def test_the_pages_of_the_corpora_are_read_and_no_word_is_lost(ingest, corpora):
    from selectolax.lexbor import LexborHTMLParser

    paths = sorted(corpora.glob("ingest/**/*.html"))
    assert len(paths) == 29
    for path in paths:
        with suppress(Malformed):
            text = content(read(ingest, Html, path.read_bytes())[0])
            tree = LexborHTMLParser(path.read_bytes().decode("utf-8", "replace"))
            tree.strip_tags(["script", "style", "noscript", "head", "template", "iframe", "object", "select"], recursive=True)
            words = set(re.findall(r"[a-z]{3,}", tree.root.text(separator=" ") if tree.root else ""))
            assert len(words - set(re.findall(r"[a-z]{3,}", text))) <= 0.02 * len(words), path.name


def test_the_markdown_of_the_corpora_is_read(ingest, corpora):
    paths = sorted(corpora.glob("ingest/**/*.md"))
    assert len(paths) > 60
    for path in paths:
        with suppress(Malformed):
            assert content(read(ingest, Markdown, path.read_bytes())[0]).strip(), path.name


@given(st.binary(max_size=100) | st.text("#*-`|[]()<>! \nab", max_size=80).map(str.encode), st.sampled_from([Html, Markdown]))
def test_any_bytes_give_a_document_or_are_malformed(data, code):
    with suppress(Malformed):
        list(code(code.Config()).ingest(Source(name="a", data=data), Context(run="r", step="s", scratch=Path("unused"))))
