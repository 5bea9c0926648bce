"""What a mail gives."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from pathlib import Path

import pytest
from aios_email import Email
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import Context, Document, LimitExceeded, Source, Unsupported
from aios_sdk.testing import check_manifest

CONTEXT = Context(run="r", step="s", scratch=Path("unused"))


def read(data) -> tuple[Document, list[Source]]:
    document, *parts = Email(Email.Config()).ingest(Source(name="a.eml", data=data), CONTEXT)
    assert isinstance(document, Document)
    text = document.layers.text[0]
    for field in document.layers.fields:
        for span in field.spans:
            assert text.content[span.start : span.end] == span.quote
            assert span.artifact == text.artifact
    return document, parts


def content(document):
    return document.layers.text[0].content


def mail(**headers):
    message = EmailMessage()
    for name, value in ({"From": "Änne <a@x.example>", "To": "b@y.example", "Subject": "Schäden"} | headers).items():
        message[name.replace("_", "-")] = value
    return message


def lines(*given):
    return "\r\n".join(given).encode("utf-8", "surrogateescape")


def test_the_manifest_says_what_the_code_says():
    check_manifest("aios_email")


def test_the_text_is_a_block_of_headers_and_the_body_and_the_fields_stand_in_it():
    message = mail(
        Cc="c@z.example", Date="Tue, 03 Nov 2026 09:30:00 +0100", Message_ID="<3@x>", In_Reply_To="<2@x>", References="<1@x> <2@x>"
    )
    message.set_content("Guten Tag,\n\nanbei.\n")
    document, parts = read(message.as_bytes())
    assert content(document) == (
        "From: Änne <a@x.example>\nTo: b@y.example\nCc: c@z.example\nDate: Tue, 03 Nov 2026 09:30:00 +0100\nSubject: Schäden\n"
        "Message-ID: <3@x>\nIn-Reply-To: <2@x>\nReferences: <1@x> <2@x>\n\nGuten Tag,\n\nanbei.\n"
    )
    assert {field.path: field.value for field in document.layers.fields} == {
        "from": "Änne <a@x.example>", "to": "b@y.example", "cc": "c@z.example", "subject": "Schäden",
        "date": dt.datetime(2026, 11, 3, 8, 30, tzinfo=dt.UTC), "message_id": "3@x", "in_reply_to": "2@x", "references": "1@x 2@x",
    }  # fmt: skip
    assert document.fields["date"].value
    assert parts == []


@pytest.mark.parametrize(
    ("headers", "thread"),
    [
        ({"References": "<1@x> <2@x>", "In_Reply_To": "<2@x>", "Message_ID": "<3@x>"}, "1@x"),
        ({"In_Reply_To": "<2@x>", "Message_ID": "<3@x>"}, "2@x"),
        ({"Message_ID": "<3@x>"}, "3@x"),
        ({}, ""),
    ],
)
def test_the_thread_is_the_id_of_the_first_message(headers, thread):
    assert read(mail(**headers).as_bytes())[0].thread == thread


def test_plain_text_is_preferred_and_html_is_read_where_there_is_none():
    message = mail()
    message.set_content("plain")
    message.add_alternative("<p>html</p>", subtype="html")
    assert content(read(message.as_bytes())[0]).endswith("\n\nplain\n")
    only = mail()
    only.set_content("<p>html</p><p>two</p>", subtype="html")
    assert content(read(only.as_bytes())[0]).endswith("\n\nhtml\n\ntwo\n")


def test_html_is_taken_where_the_plain_alternative_is_blank():
    message = mail()
    message.set_content(" \n")
    message.add_alternative("<p>html</p>", subtype="html")
    assert content(read(message.as_bytes())[0]).endswith("\n\nhtml\n")


def test_several_inline_texts_are_one_body():
    data = lines(
        "From: a@x",
        "Content-Type: multipart/mixed; boundary=B",
        "",
        "--B",
        "Content-Type: text/plain",
        "",
        "first",
        "--B",
        "Content-Type: image/png",
        "",
        "PNG",
        "--B",
        "Content-Type: text/plain",
        "",
        "second",
        "--B--",
    )
    document, parts = read(data)
    assert content(document) == "From: a@x\n\nfirst\n\nsecond\n"
    assert [(part.name, part.data, part.media_type) for part in parts] == [("part-1.png", b"PNG", "")]


def test_attachments_keep_their_bytes_and_decoded_names():
    message = mail()
    message.set_content("see")
    message.add_attachment(b"%PDF\r\n\0\xff", maintype="application", subtype="pdf", filename="Rechnung März.pdf")
    message.add_attachment("a;b\r\n", subtype="csv", filename="t.csv")
    _, parts = read(message.as_bytes())
    assert [(part.name, part.media_type) for part in parts] == [("Rechnung März.pdf", ""), ("t.csv", "")]
    assert parts[0].data == b"%PDF\r\n\0\xff"


def test_an_attached_mail_is_a_mail_with_its_very_bytes():
    inner = lines("Received:  from odd   by strange", "subject: =?utf-8?q?x?=", "", "body  ", "", "--B is no boundary here")
    data = b"".join((
        lines("From: a@x", "Content-Type: multipart/mixed; boundary=OUT", "", "--OUT", "Content-Type: message/rfc822", "", ""),
        inner, b"\r\n--OUT--\r\n",
    ))  # fmt: skip
    _, (part,) = read(data)
    assert (part.name, part.media_type, part.data) == ("part-1.eml", "message/rfc822", inner)


def test_signatures_and_tnef_are_opaque_parts():
    message = mail()
    message.set_content("see")
    message.add_attachment(b"\x78\x9f\x3e\x22", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    message.add_attachment(b"0\x80", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    assert [part.name for part in read(message.as_bytes())[1]] == ["winmail.dat", "smime.p7s"]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("filename*=utf-8''M%C3%BCller.pdf", "Müller.pdf"),
        ("filename*0=long;\r\n filename*1=name.pdf", "longname.pdf"),
        ("filename=\"=?utf-8?q?M=C3=BCller.pdf?=\"", "Müller.pdf"),
        ("filename=\"M\udcc3\udcbcller.pdf\"", "Müller.pdf"),
        ("filename=\"M\udcfcller.pdf\"", "Müller.pdf"),
        ("filename*=klingon''M%FCller.pdf", "Müller.pdf"),
        ("filename=\"a\tb/../c.pdf\"", "a b/../c.pdf"),
    ],
)  # fmt: skip
def test_names_are_decoded_however_they_are_written(header, name):
    data = lines("From: a@x", "Content-Type: application/pdf", f"Content-Disposition: attachment; {header}", "", "x")
    assert [part.name for part in read(data)[1]] == [name]


@pytest.mark.parametrize(
    "damage",
    [
        ("Content-Transfer-Encoding: base64", "", "SGVsbG8gd29ybGQ"),  # no padding
        ("Content-Transfer-Encoding: base64", "", "SGVs\x07bG8g!!d29ybGQ="),  # rubbish between
        ("Content-Transfer-Encoding: quoted-printable", "", "Hello=20world="),
        ("Content-Transfer-Encoding: wishful", "", "Hello world"),
        ('Content-Type: text/plain; charset="DEFAULT_CHARSET"', "", "Hello world"),
        ("Content-Type: text/plain; charset=us-ascii; charset=utf-8; ;=", "", "Hello world"),
        ("Content-Type: multipart/mixed", "", "Hello world"),  # no boundary
        ("Content-Type: multipart/mixed; boundary=never", "", "Hello world"),  # a boundary that never comes
        ("Content-Type: multipart/mixed; boundary=B", "", "--B", "", "Hello world"),  # one that never ends
        ("Content-Type: nonsense", "", "Hello world"),
        ("broken header line", "Subject: after", "", "Hello world"),
    ],
)
def test_a_broken_mail_gives_what_can_be_read(damage):
    document, _ = read(lines("From: a@x", *damage))
    assert "Hello world" in content(document)


def test_a_line_that_is_no_header_does_not_end_the_headers():
    document, _ = read(lines("Received: x", "quite Delivered-To: y", "Subject: kept", "", "body"))
    assert content(document) == "Subject: kept\n\nbody\n"


def test_an_attachment_with_broken_base64_is_handed_over_as_far_as_it_goes_and_logged(caplog):
    data = lines("From: a@x", "Content-Type: image/png; name=p.png", "Content-Transfer-Encoding: base64", "", "aGVsb")
    _, (part,) = read(data)
    assert part.data.startswith(b"hel")
    assert "only in part" in caplog.text


def test_a_file_without_headers_is_no_mail():
    for data in (b"", b"just text\n\nand more", b"\0\1\2"):
        with pytest.raises(Unsupported, match="none of the headers"):
            read(data)


def test_a_mail_over_the_limit_is_refused(ingest):
    with pytest.raises(LimitExceeded, match="100 bytes"):
        ingest(Email, Source(name="a", data=b"From: a@x\n\n" + b"x" * 100), max_size=100)


def test_parts_nested_too_deeply_are_refused():
    data = b"From: a@x\n"
    for level in range(3000):
        data += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
    with pytest.raises(LimitExceeded, match="too deeply"):
        read(data)


def test_the_mails_of_the_corpora_are_read(corpora):
    paths = [*corpora.glob("ingest/**/*.eml"), *sorted(corpora.glob("email_class/**/*.txt"))[::8]]
    assert len(paths) > 50
    for path in paths:
        document, _ = read(path.read_bytes())
        assert content(document).strip()


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufeff"))
NAMES = st.text("abcäöü漢 ._-", max_size=40).map(lambda name: f"f{name}g")
FILES = st.lists(st.tuples(NAMES, st.binary(max_size=300)), max_size=4)


@settings(deadline=None)
@given(TEXT, TEXT, FILES)
def test_a_mail_built_by_the_standard_library_comes_back(subject, body, files):
    message = mail(Subject=subject[:60])
    message.set_content(body)
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    document, parts = read(message.as_bytes())
    assert [(part.name, part.data) for part in parts] == [(" ".join(name.split()), data) for name, data in files]
    assert content(document).partition("\n\n")[2].strip() == body.strip()


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_bytes_give_a_mail_or_a_typed_refusal(data):
    message = mail(Date="Tue, 03 Nov 2026 09:30:00 +0100")
    message.set_content("plain ä")
    message.add_alternative("<p>html</p>", subtype="html")
    message.add_attachment(b"abc", maintype="image", subtype="png", filename="ü.png")
    changed = bytearray(message.as_bytes())
    for _ in range(data.draw(st.integers(0, 12))):
        place = data.draw(st.integers(0, len(changed)))
        changed[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=6))
    try:
        document, parts = read(bytes(changed))
    except Unsupported:
        return
    assert all(part.name and part.data is not None for part in parts)
    assert content(document)
