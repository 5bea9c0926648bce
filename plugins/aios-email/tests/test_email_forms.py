"""Bodies and parts of mails in their odder forms."""

from __future__ import annotations

import base64
import binascii
from email.message import EmailMessage
from pathlib import Path

import pytest
from aios_email import Email
from aios_email._body import better, of_html, of_text
from hypothesis import given
from hypothesis import strategies as st

from aios_sdk import Context, Encrypted, Source

CONTEXT = Context(run="r", step="s", scratch=Path("unused"))


def read(data, context=CONTEXT):
    document, *parts = Email(Email.Config()).ingest(Source(name="a.eml", data=data), context)
    return document, parts


def body(document):
    return document.layers.text[0].content.partition("\n\n")[2]


def lines(*given):
    return "\r\n".join(given).encode()


def kinds(document):
    text = document.layers.text[0].content
    return [(region.kind, text[region.start : region.end]) for region in document.layers.regions]


def test_the_header_block_and_paragraphs_are_regions():
    document, _ = read(b"From: a@x\nSubject: s\n\nOne\ntwo\n\nThree\n")
    assert kinds(document) == [("paragraph", "From: a@x\nSubject: s"), ("paragraph", "One\ntwo"), ("paragraph", "Three")]


def test_html_keeps_its_structure_and_its_tables_are_tables(tmp_path):
    message = EmailMessage()
    message["From"] = "a@x"
    message.set_content(
        "<h1>Bill</h1><ul><li>door</ul><p><a href='https://x.example'>pay</a></p>"
        "<table><tr><th>Part<th>Price<tr><td>Door<td>200.50</table>",
        subtype="html",
    )
    document, _ = read(message.as_bytes(), Context(run="r", step="s", scratch=tmp_path))
    assert kinds(document)[1:] == [
        ("heading", "Bill"), ("list_item", "door"), ("paragraph", "pay"), ("link", "pay"), ("table", "Part\tPrice\nDoor\t200.50"),
    ]  # fmt: skip
    (table,) = document.tables
    assert [(column.name, column.type) for column in table.columns] == [("Part", "VARCHAR"), ("Price", "DECIMAL(18,2)")]
    assert [region.target for region in document.layers.regions if region.kind == "table"] == [table.artifact]


def test_of_two_forms_the_plain_one_is_taken_unless_the_other_says_more():
    plain = of_text("Dear Sirs, the bill is attached. Yours, A. Smith")
    html = of_html("<p>Dear Sirs,</p><p>the <b>bill</b> is attached.</p><p>Yours, A. Smith</p>")
    assert better(plain, html) is plain
    assert better(of_text("Please view this mail as HTML"), html) is html
    assert better(of_text(" "), html) is html
    assert better(plain, of_html("")) is plain
    table = of_html("<p>Dear Sirs, the bill is attached. Yours, A. Smith</p><table><tr><th>a<th>b<tr><td>1<td>2</table>")
    assert better(plain, table) is table


def test_flowed_lines_are_joined():
    data = lines(
        "From: a@x", "Content-Type: text/plain; format=flowed", "", "one ", "two", "> quoted ", "> more", " from", "-- ", "A. Smith"
    )
    assert body(read(data)[0]) == "one two\n> quoted more\nfrom\n-- \nA. Smith\n"
    data = lines("From: a@x", "Content-Type: text/plain; format=flowed; delsp=yes", "", "won ", "derful")
    assert body(read(data)[0]) == "wonderful\n"


@given(st.binary(min_size=1, max_size=300))
def test_files_written_into_the_text_are_parts(data):
    encoded = "".join(binascii.b2a_uu(data[place : place + 45], backtick=True).decode() for place in range(0, len(data), 45))
    document, parts = read(f"From: a@x\n\nSee below.\n\nbegin 644 a b.bin\n{encoded}`\nend\n\nBye\n".encode())
    assert [(part.name, part.data) for part in parts] == [("a b.bin", data)]
    assert body(document).split() == ["See", "below.", "Bye"]


def test_a_text_that_only_begins_like_a_file_stays():
    text = "begin 644 things\nare not always as they seem, and this line is no code at all.\nend\n"
    document, parts = read(f"From: a@x\n\n{text}".encode())
    assert (body(document), parts) == (text, [])


def test_the_root_of_related_parts_is_the_one_that_is_named():
    data = lines(
        "From: a@x", 'Content-Type: multipart/related; boundary=B; start="<r>"', "", "--B", "Content-Type: image/png", "", "PNG",
        "--B", "Content-Type: text/html", "Content-ID: <r>", "", "<p>root</p>", "--B--",
    )  # fmt: skip
    document, parts = read(data)
    assert body(document) == "root\n"
    assert [part.name for part in parts] == ["part-1.png"]


def test_several_addressees_are_all_kept_and_of_other_headers_the_first():
    document, _ = read(b"From: a@x\nFrom: b@x\nTo: c@x\nTo: d@x\nBcc: e@x\nReply-To: f@x\n\nbody")
    assert {field.path: field.value for field in document.layers.fields} == {
        "from": "a@x", "to": "c@x, d@x", "bcc": "e@x", "reply_to": "f@x",
    }  # fmt: skip


def sequence(*parts: bytes, tag: int = 0x30) -> bytes:
    data = b"".join(parts)
    size = bytes([len(data)]) if len(data) < 128 else b"\x82" + len(data).to_bytes(2, "big")
    return bytes([tag]) + size + data


PKCS7 = bytes.fromhex("06092a864886f70d0107")


def signed(content: bytes) -> bytes:
    """A signed message without signers (RFC 5652)."""
    encapsulated = sequence(PKCS7 + b"\x01", sequence(sequence(content, tag=0x04), tag=0xA0))
    return sequence(PKCS7 + b"\x02", sequence(sequence(b"\x02\x01\x01", b"\x31\x00", encapsulated, b"\x31\x00"), tag=0xA0))


def sealed(data: bytes, kind: str) -> bytes:
    coded = base64.encodebytes(data).decode()
    head = f"From: a@x\nContent-Type: application/pkcs7-mime; smime-type={kind}; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n"
    return (head + coded).encode()


def test_what_is_signed_is_read_and_the_signature_is_a_part():
    inner = (
        b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nSigned text\r\n--B\r\nContent-Type: image/png\r\n\r\nPNG\r\n--B--\r\n"
    )
    document, parts = read(sealed(signed(inner), "signed-data"))
    assert body(document) == "Signed text\n"
    assert [(part.name, part.data) for part in parts] == [("part-1.png", b"PNG"), ("smime.p7m", signed(inner))]
    twice = signed(sealed(signed(inner), "signed-data").partition(b"\n")[2])
    assert body(read(sealed(twice, "signed-data"))[0]) == "Signed text\n"


ENVELOPED = sequence(PKCS7 + b"\x03", sequence(sequence(b"\x02\x01\x00"), tag=0xA0))


@pytest.mark.parametrize(
    "data",
    [
        sealed(ENVELOPED, "enveloped-data"),
        sealed(signed(sealed(ENVELOPED, "enveloped-data").partition(b"\n")[2]), "signed-data"),
        lines("From: a@x", "Content-Type: multipart/encrypted; boundary=B", "", "--B", "", "Version: 1", "--B--"),
        lines("From: a@x", "", "-----BEGIN PGP MESSAGE-----", "", "hQEMA", "-----END PGP MESSAGE-----"),
    ],
)
def test_an_encrypted_mail_gives_its_headers_and_says_so(data):
    found = []
    with pytest.raises(Encrypted):
        found.extend(Email(Email.Config()).ingest(Source(name="a.eml", data=data), CONTEXT))
    assert found[0].fields["from"].value == "a@x"


@given(st.binary(max_size=80))
def test_any_sealed_bytes_are_a_mail_all_the_same(data):
    document, parts = read(sealed(b"0" + data, "signed-data"))
    assert document.fields["from"].value == "a@x"
    assert parts[-1].name == "smime.p7m"


def test_every_mail_of_the_corpus_is_read_and_each_region_covers_its_text(corpora, tmp_path):
    paths = sorted(corpora.glob("email_class/**/*.txt"))
    assert len(paths) == 160
    for path in paths:
        document, _ = read(path.read_bytes(), Context(run="r", step="s", scratch=tmp_path))
        text, place = document.layers.text[0].content, 0
        for region in document.layers.regions:
            if region.kind != "link":
                assert not text[place : region.start].strip(), path
                place = region.end
        assert not text[place:].strip(), path
