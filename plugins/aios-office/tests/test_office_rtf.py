"""RTF: encodings, tables, notes, fields, pictures; and anything that is no RTF."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import RTF


@pytest.fixture
def rtf(read):
    return lambda body, **config: read(b"{\\rtf1\\ansi\\ansicpg1252\\deff0 " + body + b"}", RTF, **config)


def test_text_is_decoded_by_the_code_page_of_its_font(rtf):
    fonts = rb"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}{\f2\fcharset128 MS Mincho;}{\f3\fcharset2 Symbol;}}"
    body = fonts + rb"\'e9 {\f1 \'cf\'f0\'e8} {\f2 \'83\'65\'83X\'83g} {\f3 \'61}"
    assert rtf(body).text == "é При テスト α\n"


def test_unicode_escapes_skip_what_stands_for_them(rtf):
    assert rtf(rb"\u8364? {\uc0\u8364 x} {\uc2\u12390\'83\'65y} \u-10179?\u-8704? \u8364\'80z").text == "€ €x てy 😀 €z\n"


def test_control_symbols_and_words_are_characters(rtf):
    assert rtf(rb"a\~b\_c\-d\tab e\line f \emdash\ldblquote x\rdblquote  \{\}\\").text == "a\u00a0b‑cd\te\nf —“x” {}\\\n"


def test_unknown_optional_destinations_are_left_out(rtf):
    assert rtf(rb"{\*\unheard of {nested}}seen{\*\generator Writer;}{\unheard too}").text == "seentoo\n"


def test_hidden_and_deleted_text_is_left_out(rtf):
    assert rtf(rb"a{\v b}{\deleted c}\v d\v0 e").text == "ae\n"


def test_styles_and_list_texts_say_what_a_paragraph_is(rtf):
    styles = rb"{\stylesheet{\s0 Normal;}{\s1\b heading 1;}{\s7 caption;}}"
    body = (
        styles + rb"\pard\s1 Report\par\pard\s7 Fig.\par\pard{\listtext 1.\tab}\ls1\ilvl0 one\par\pard{\listtext\'95\tab}\ls1\ilvl1 two\par"
        rb"\pard\outlinelevel2 deep\par\pard plain\par"
    )
    assert rtf(body).outline == [
        ("heading 1", "Report"), ("caption", "Fig."), ("list_item 1", "1. one"), ("list_item 2", "two"), ("heading 3", "deep"),
        ("paragraph", "plain"),
    ]  # fmt: skip


def test_tables_have_the_grid_of_their_edges(rtf):
    body = (
        rb"before\par\trowd\trhdr\cellx1000\cellx2000\cellx3000\pard\intbl Item\cell Price\cell Tax\cell\row"
        rb"\trowd\cellx1000\cellx3000\pard\intbl Door\cell 1,204.50\cell\row"
        rb"\trowd\cellx1010\cellx2000\cellx3000\pard\intbl Lamp\cell 80.00\cell 7\cell\row\pard after\par"
    )
    found = rtf(body)
    assert found.text == "before\n\nItem\tPrice\tTax\nDoor\t1,204.50\t\nLamp\t80.00\t7\n\nafter\n"
    assert found.rows == [("Door", Decimal("1204.50"), None), ("Lamp", Decimal("80.00"), 7)]
    assert found.document.tables[0].merged == ((0, 1, 1, 2),)


def test_a_table_in_a_cell_is_part_of_its_text(rtf):
    body = (
        rb"\trowd\cellx1000\cellx2000\pard\intbl left \par\pard\intbl\itap2 a\nestcell b\nestcell"
        rb"{\*\nesttableprops\trowd\cellx500\cellx900\nestrow}"
        rb"\pard\intbl\itap1 on\cell right\cell\row"
    )
    assert rtf(body).text == "left a b on\tright\n"


def test_headers_notes_and_comments_stand_aside(rtf):
    body = (
        rb"{\header head\par}{\footer foot\par}a{\footnote\pard one}b{\footnote two}"
        rb"{\*\atnid A}{\*\atnauthor Ann}\chatn{\*\annotation why?}\par"
        rb"{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt boxed\par}}}c\par"
    )
    assert rtf(body).outline == [
        ("header", "head"), ("paragraph", "a[1]b[2]"), ("paragraph", "c"), ("paragraph", "boxed"), ("footer", "foot"),
        ("footnote", "[1] one"),
        ("footnote", "[2] two"), ("comment", "Ann: why?"),
    ]  # fmt: skip


def test_fields_show_their_result_and_lead_where_they_say(rtf):
    body = (
        rb'see {\field{\*\fldinst{HYPERLINK "https://example.org/a"}}{\fldrslt{\ul the page}}} '
        rb"{\field{\*\fldinst PAGE}{\fldrslt 3}}{\field{\*\fldinst SYMBOL 97 \\f Symbol}}"
    )
    found = rtf(body)
    assert found.text == "see the page 3α\n"
    assert found.links == [("the page", "https://example.org/a")]


def test_pictures_and_embedded_files_are_parts(rtf):
    picture = rb"{\*\shppict{\pict\pngblip\picw1 89504e470d0a}}{\nonshppict{\pict\wmetafile8 ffff}}"
    native = b"\x02\x00note.txt\x00C:\\note.txt\x00\x00\x00\x03\x00\x0c\x00\x00\x00C:\\note.txt\x00\x05\x00\x00\x00hello"
    header = b"\x01\x05\0\0\x02\0\0\0\x08\0\0\0Package\0\0\0\0\0\0\0\0\0" + len(native).to_bytes(4, "little")
    embedded = rb"{\object\objemb{\*\objclass Package}{\*\objdata " + (header + native).hex().encode() + rb"}{\result icon}}"
    found = rtf(picture + embedded)
    assert found.parts["picture-1.png"] == bytes.fromhex("89504e470d0a")
    assert [region.target for region in found.document.layers.regions if region.kind == "picture"] == ["picture-1.png"]
    assert found.parts["note.txt"] == b"hello"


def test_properties_are_read_in_unicode_where_they_are_given_so(rtf):
    body = rb"{\info{\upr{\title ??}{\*\ud{\title \u12390\'3f!}}}{\author Ann}{\creatim\yr2026\mo3\dy14\hr9\min5}}x"
    fields = rtf(body).document.fields
    assert (fields["document.title"].value, fields["document.author"].value) == ("て!", "Ann")
    assert fields["document.created"].value.isoformat() == "2026-03-14T09:05:00+00:00"
    assert rtf(body).text == "x\n"


def test_a_file_that_is_cut_off_keeps_what_was_read(read):
    found = read(rb"{\rtf1\ansi one\par {\b two", RTF)
    assert found.text == "one\n\ntwo\n"
    assert found.error.category == "malformed"


def test_what_is_no_rtf_and_what_nests_without_end_is_refused(read):
    assert read(b"hello", RTF).error.category == "malformed"
    assert read(b"{\\rtf1 " + b"{" * 100_000, RTF).error.category == "limit"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from([
    b"{", b"}", b"{\\*", b"\\par", b"\\cell", b"\\row", b"\\trowd", b"\\cellx99", b"\\intbl", b"\\itap3", b"\\nestcell", b"\\nestrow",
    b"\\pard",
    b"{\\footnote", b"{\\field", b"{\\fldrslt", b"{\\*\\fldinst", b"{\\header", b"{\\listtext", b"{\\upr", b"{\\*\\ud", b"{\\pict",
    b"\\bin3", b"\\u9",
    b"\\u-10179", b"\\uc9", b"\\'8", b"\\'83", b"\\f1", b"{\\fonttbl", b"{\\info", b"{\\title", b"{\\shptxt", b"{\\*\\annotation",
    b"{\\object",
    b"{\\*\\objdata", b" x", b"\xff", b"\0",
]), max_size=40))  # fmt: skip
def test_any_sequence_of_words_ends_in_text_or_a_typed_error(read, words):
    """Law: whatever stands in a file, what comes is a document whose regions fit, or a typed error."""
    found = read(b"{\\rtf1 " + b"".join(words), RTF)
    assert found.given or found.error.category in ("malformed", "limit")
