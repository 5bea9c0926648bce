"""What plain text gives."""

from __future__ import annotations

import codecs
from contextlib import suppress
from pathlib import Path

import pytest
from aios_files import PlainText, decode
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aios_sdk import Context, LimitExceeded, Malformed, Source

GERMAN = "Sehr geehrte Frau Müller, die Rechnung über 500 € für Größe 5 ist bezahlt.\nGrüße"


def page(ingest, data, **config):
    (document,) = ingest(PlainText, Source(name="a.txt", data=data), **config)
    assert [info.index for info in document.layers.pages] == [0]
    return document.layers.text[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (GERMAN.encode(), ""),
        (codecs.BOM_UTF8 + GERMAN.encode(), ""),
        (codecs.BOM_UTF16_LE + GERMAN.encode("utf-16-le"), "UTF-16-LE by its byte order mark"),
        (codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"), "UTF-16-BE by its byte order mark"),
        (codecs.BOM_UTF32_LE + GERMAN.encode("utf-32-le"), "UTF-32-LE by its byte order mark"),
        (GERMAN.replace("€", "EUR").encode("utf-16-le"), "UTF-16-LE by its pattern of zero bytes"),
        (GERMAN.encode("cp1252"), "Windows-1252"),
    ],
)
def test_a_text_is_decoded_and_says_how(ingest, data, reason):
    found = page(ingest, data)
    assert found.content == GERMAN.replace("€", "EUR") if "pattern" in reason else found.content == GERMAN
    assert reason in found.reason
    assert bool(found.reason) == bool(reason)


def test_line_ends_become_newlines(ingest):
    assert page(ingest, b"a\r\nb\rc\n\r\n").content == "a\nb\nc\n\n"


def test_a_few_damaged_places_do_not_turn_utf_8_into_something_else(ingest):
    found = page(ingest, ("ä" * 100).encode() + b"\xff" + "ö".encode())
    assert found.content == "ä" * 100 + "\ufffdö"
    assert found.reason == "UTF-8 with 1 damaged place replaced by U+FFFD"


def test_japanese_mail_text_is_known_by_its_escapes(ingest):
    assert page(ingest, "見積書です".encode("iso2022_jp")).content == "見積書です"


def test_a_text_whose_encoding_nothing_tells_is_refused_and_read_when_it_is_named(ingest):
    data = "鱗鰯鯖鮪".encode("shift_jis")
    with pytest.raises(Malformed, match=r"encoding of aios\.plain-text"):
        page(ingest, data)
    found = page(ingest, data, encoding="shift_jis")
    assert found.content == "鱗鰯鯖鮪"
    assert "configured" in found.reason


def test_paragraphs_are_regions_in_the_text(ingest):
    (document,) = ingest(PlainText, Source(name="a.txt", data=b"  One\n line two  \n\n \t\nThree\n"))
    text = document.layers.text[0].content
    assert [(region.kind, text[region.start : region.end]) for region in document.layers.regions] == [
        ("paragraph", "One\n line two"), ("paragraph", "Three"),
    ]  # fmt: skip


def test_an_unknown_encoding_is_refused_with_the_configuration():
    with pytest.raises(ValidationError, match="klingon"):
        PlainText.Config(encoding="klingon")


@pytest.mark.parametrize(("data", "what"), [(b"", "empty file"), (b" \r\n\t", "white space"), (codecs.BOM_UTF8, "white space")])
def test_nothing_to_read_is_malformed(ingest, data, what):
    with pytest.raises(Malformed, match=what):
        page(ingest, data)


@pytest.mark.parametrize("data", [b"text\0text", bytes(range(256)), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\x01\x02\x03abc"])
def test_binary_content_is_malformed(ingest, data):
    with pytest.raises(Malformed):
        page(ingest, data)


def test_a_text_over_the_limit_is_refused(ingest):
    with pytest.raises(LimitExceeded, match="10 bytes"):
        page(ingest, b"x" * 11, max_size=10)
    assert page(ingest, b"x" * 10, max_size=10).content == "x" * 10


@given(st.binary(max_size=300))
def test_any_bytes_give_a_text_or_a_typed_refusal(data):
    with suppress(Malformed):
        (found,) = PlainText(PlainText.Config()).ingest(Source(name="a", data=data), Context(run="r", step="s", scratch=Path("unused")))
        assert found.layers.text[0].content.strip()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_unicode_text_comes_back_as_it_was(text, encoding):
    if not text.startswith("\ufeff"):
        assert decode(text.encode(encoding)).text == text
