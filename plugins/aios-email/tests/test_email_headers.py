"""Headers as text."""

from __future__ import annotations

import datetime as dt
from email.header import Header

import pytest
from aios_email._charsets import decoded
from aios_email._headers import RawHeaders, identifiers, moment, words
from hypothesis import example, given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?Gr=C3?= =?utf-8?q?=B6=C3=9Fe?=", "Größe"),
        ("=?utf-8?B?w7Y?=", "ö"),
        ("Re: =?iso-8859-1?Q?M=FCller_GmbH?= (neu)", "Re: Müller GmbH (neu)"),
        ("=?us-ascii*en?Q?plain?=", "plain"),
        ("=?klingon?Q?caf=E9?=", "café"),
        ("=?utf-8?Q?what??=", "what?"),
        ("=?utf-8?B?!!!?=", "=?utf-8?B?!!!?="),
        ("=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"),
        ("=?utf-8?Q?a?= =?iso-8859-1?Q?=E4?=", "aä"),
        ("a\r\n b\t c", "a b c"),
        ("no = words ?= at =? all", "no = words ?= at =? all"),
    ],
)
def test_encoded_words_become_text(value, text):
    assert words(value) in (text, "")
    if "!!!" not in value:
        assert words(value) == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1), st.sampled_from(["utf-8", "utf-16"]))
@example("ab=?c", "utf-8")
def test_what_the_standard_library_encodes_comes_back(text, charset):
    encoded = Header(text, "utf-8", maxlinelen=40).encode()
    if "=?" not in text:
        assert words(encoded) == text


@given(st.text(), st.binary(max_size=50), st.text(max_size=20))
def test_no_header_and_no_charset_raises(value, data, charset):
    assert isinstance(words(value), str)
    assert isinstance(decoded(data, charset), str)
    assert isinstance(identifiers(value), list)
    moment(value)
    raw = data.decode("ascii", "surrogateescape")
    RawHeaders().header_fetch_parse("Subject", raw).encode()


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        (b"caf\xe9", "", "café"),
        ("café".encode(), "iso-8859-1", "café"),
        (b"\x80 5", "iso-8859-1", "€ 5"),
        ("한글".encode("cp949"), "ks_c_5601-1987", "한글"),
        ("①".encode("cp932"), "shift_jis", "①"),
        ("汉字".encode("gb18030"), '"GB2312"', "汉字"),
        (b"x", "base64", "x"),
        (b"\xe9t\xe9", "utf-8", "été"),
        (b"a\0b", "utf-8", "a\ufffdb"),
    ],
)
def test_text_is_decoded_in_its_charset_or_the_next_best(data, charset, text):
    assert decoded(data, charset) == text


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Tue, 28 Aug 2012 09:53:28 +0300", dt.datetime(2012, 8, 28, 6, 53, 28, tzinfo=dt.UTC)),
        ("28 Aug 2012 09:53:28", dt.datetime(2012, 8, 28, 9, 53, 28, tzinfo=dt.UTC)),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("Mon, 99 Foo 2012 25:61:61 +9999", None),
        ("16 May 2016 at 09:30:32 GMT+1", dt.datetime(2016, 5, 16, 8, 30, 32, tzinfo=dt.UTC)),
        ("2016-05-16T09:30:32+01:00", dt.datetime(2016, 5, 16, 8, 30, 32, tzinfo=dt.UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_in_utc_or_unknown(value, found):
    assert moment(value) == found


def test_ids_have_no_angle_brackets():
    assert identifiers("<a@x>\n <b@y> (comment)") == ["a@x", "b@y"]
    assert identifiers("a@x") == ["a@x"]
    assert identifiers("") == []
