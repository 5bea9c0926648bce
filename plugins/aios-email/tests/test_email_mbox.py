"""What a mailbox gives."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from aios_email import Mbox
from hypothesis import given
from hypothesis import strategies as st

from aios_sdk import Context, LimitExceeded, Malformed, Source

CONTEXT = Context(run="r", step="s", scratch=Path("unused"))
FROM = b"From a@x.example Tue Mar 17 09:30:00 2026\n"


def read(ingest, data, **config):
    return [(part.name, part.media_type, part.read()) for part in ingest(Mbox, Source(name="box.mbox", data=data), **config)]


def test_each_mail_is_a_part_with_its_bytes(ingest):
    box = FROM + b"Subject: 1\n\none\n\n" + FROM + b"Subject: 2\n\ntwo\n\n>From here\n>>From there\n"
    assert read(ingest, box) == [
        ("mail-1.eml", "message/rfc822", b"Subject: 1\n\none\n"),
        ("mail-2.eml", "message/rfc822", b"Subject: 2\n\ntwo\n\nFrom here\n>From there\n"),
    ]


def test_a_line_that_only_looks_like_a_beginning_is_text(ingest):
    body = b"Subject: 1\n\nHello.\n\nFrom now on it is 2026\nwe do this.\nFrom x Tue Mar 17 09:30:00 2026\n"
    assert [data for _, _, data in read(ingest, FROM + body)] == [body]


def test_a_mail_without_headers_is_text(ingest):
    assert read(ingest, FROM + b"\nonly text\n\n" + FROM + b"\nmore") == [
        ("mail-1.txt", "text/plain", b"\nonly text\n"), ("mail-2.txt", "text/plain", b"\nmore"),
    ]  # fmt: skip


def test_separators_of_other_mailers_are_known(ingest):
    box = b"From - Mon Jan  1 00:00:00 2024\r\nSubject: 1\r\n\r\none\r\n\r\nFrom ??? 2024-01-01 10:00\r\nSubject: 2\r\n\r\ntwo\r\n"
    assert [data for _, _, data in read(ingest, box)] == [b"Subject: 1\r\n\r\none\r\n", b"Subject: 2\r\n\r\ntwo\r\n"]


def test_a_large_mail_goes_through_a_file_and_one_too_large_ends_the_box_after_those_before(ingest):
    large = b"Subject: 2\n\n" + b"x" * 99 + b"\n" + (b"y" * 1000 + b"\n") * 9000
    found = list(ingest(Mbox, Source(name="box.mbox", data=FROM + b"Subject: 1\n\none\n\n" + FROM + large)))
    assert [part.data is None for part in found] == [False, True]
    assert found[1].read() == large
    taken = []
    box = Source(name="b", data=FROM + b"Subject: 1\n\none\n\n" + FROM + large)
    with pytest.raises(LimitExceeded, match="Mail 2"):
        taken.extend(Mbox(Mbox.Config(max_mail_size=1000)).ingest(box, CONTEXT))
    assert [part.name for part in taken] == ["mail-1.eml"]


@pytest.mark.parametrize("data", [b"no mail at all", b"", b"Subject: a\n\nFrom x\n"])
def test_a_file_without_a_mail_is_malformed(ingest, data):
    with pytest.raises(Malformed, match="no mailbox"):
        read(ingest, data)


def test_the_mailboxes_of_the_corpora_are_read(ingest, corpora):
    paths = sorted(corpora.glob("ingest/**/*.mbox"))
    assert paths
    assert [len(read(ingest, path.read_bytes())) for path in paths] == [1, 1, 2, 1]


@given(st.lists(st.sampled_from([FROM, b"\n", b"Subject: x\n", b"text\n", b">From\n", b"From \n", b"\r\n", b"From x 2026\n"]), max_size=12))
def test_no_line_is_lost_but_separators_and_the_blank_lines_before_them(pieces):
    data = b"".join(pieces)
    with suppress(Malformed):
        parts = list(Mbox(Mbox.Config()).ingest(Source(name="b", data=data), CONTEXT))
        kept = b"".join(part.data for part in parts)
        assert kept.count(b"text\n") + kept.count(b"Subject: x\n") == data.count(b"text\n") + data.count(
            b"Subject: x\n"
        ) or not data.startswith(FROM)
