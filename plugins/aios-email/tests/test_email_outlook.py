"""What messages of Outlook and winmail.dat give."""

from __future__ import annotations

import datetime as dt
import io
import sys
import zlib
from pathlib import Path

import olefile
import pytest
from aios_email import Msg, Tnef, _rtf
from aios_email._compound import compound_file
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import Context, Document, Encrypted, LimitExceeded, Malformed, Source

sys.path.append(str(Path(__file__).parent))
from outlook import BINARY, NUMBER, TEXT8, attachment, message, storage, tnef

CONTEXT = Context(run="r", step="s", scratch=Path("unused"))
RTF = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Arial;}}{\*\htmltag64 <p>}"
    rb"\htmlrtf \par \htmlrtf0 "
    rb"Gr\'fc\u223?e {\f1 \'c4\'e0}{\*\htmltag84 <br>}{\*\mhtmltag84 <x>}\{x\}{\*\htmltag72 </p>}}"
)


def read(ingest, code, data, **config):
    return ingest(code, Source(name="a", data=data), **config)


def content(document):
    return document.layers.text[0].content


def test_a_message_of_outlook_gives_what_a_mail_gives(ingest):
    document, text, inner = read(ingest, Msg, message())
    assert content(document) == (
        "From: Jürgen Groß <juergen@gross.example>\nTo: Claims <claims@insurer.example>\nCc: b@y.example\n"
        "Date: Tue, 17 Mar 2026 09:30:00 +0000\nSubject: Schäden\nMessage-ID: <2@gross.example>\n\n"
        "Guten Tag,\n\nanbei die Rechnung über 471,30 €.\n"
    )
    assert document.fields["date"].value == dt.datetime(2026, 3, 17, 9, 30, tzinfo=dt.UTC)
    assert document.thread == "2@gross.example"
    assert [region.kind for region in document.layers.regions] == ["paragraph", "paragraph", "paragraph"]
    assert (text.name, text.data) == ("Größe.txt", b"471,30")
    assert (inner.name, inner.media_type) == ("Before.msg", "application/vnd.ms-outlook")


def test_a_message_within_is_a_message_with_all_it_holds(ingest):
    *_, inner = read(ingest, Msg, message())
    document, file = read(ingest, Msg, inner.data)
    assert content(document).endswith("See the file.\n")
    assert document.fields["subject"].value == "Before"
    assert (file.name, file.data) == ("inner.bin", bytes(range(256)) * 40)


def test_html_and_rtf_bodies_are_read_with_their_structure(ingest):
    html = "<p>Teile:</p><table><tr><th>Teil<th>Preis<tr><td>Tür<td>200</table>".encode()
    document, *_ = read(ingest, Msg, message((0x3FDE, NUMBER, 65001), (0x1013, BINARY, html), plain="Teile: Teil Preis Tür 200"))
    assert [table.rows for table in document.tables] == [1]
    document, *_ = read(ingest, Msg, message((0x1009, BINARY, compressed(RTF)), plain=""))
    assert content(document).endswith("\n\nGrüße Да\n{x}\n")


def compressed(rtf: bytes) -> bytes:
    """RTF in the form that says it is not compressed."""
    return (len(rtf) + 12).to_bytes(4, "little") + len(rtf).to_bytes(4, "little") + b"MELA" + zlib.crc32(rtf).to_bytes(4, "little") + rtf


def test_compressed_rtf_comes_back_as_the_specification_has_it():
    # [MS-OXRTFCP] 3.1.1: a run of references, one of them over its own output
    data = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )  # fmt: skip
    assert _rtf.decompress(data) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    data = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert _rtf.decompress(data) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    assert _rtf.decompress(data[:-5]) == b"{\\rtf1 WXYZ"
    assert _rtf.decompress(b"nonsense") == b""


def test_legacy_strings_are_read_in_their_code_page(ingest):
    named = storage(8, (0x3705, NUMBER, 1), (0x3707, TEXT8, "格式測試.txt".encode("big5")), (0x3701, BINARY, b"x"))
    _, file = read(ingest, Msg, message((0x3FFD, NUMBER, 950), attachments=[named]))
    assert file.name == "格式測試.txt"


def test_an_encrypted_message_gives_its_headers_and_says_so(ingest):
    sealed = attachment("smime.p7m", bytes.fromhex("308006092a864886f70d010703a0803080000000000000"))
    found = []
    source = Source(name="a.msg", data=message(kind="IPM.Note.SMIME", plain="", attachments=[sealed]))
    with pytest.raises(Encrypted):
        found.extend(Msg(Msg.Config()).ingest(source, CONTEXT))
    assert found[0].fields["subject"].value == "Schäden"


@pytest.mark.parametrize("data", [b"", b"no message", message()[:3000], compound_file({})])
def test_what_is_no_message_is_malformed(ingest, data):
    with pytest.raises(Malformed):
        read(ingest, Msg, data)


def test_files_over_the_limit_are_refused(ingest):
    for code in (Msg, Tnef):
        with pytest.raises(LimitExceeded, match="100 bytes"):
            read(ingest, code, b"x" * 101, max_size=100)


def test_winmail_dat_gives_its_body_and_attachments(ingest):
    body, file, inner = read(ingest, Tnef, tnef(tnef()))
    assert (body.name, body.data.decode(), body.media_type) == ("message.html", "<p>Grüße <b>€</b></p>", "text/html")
    assert (file.name, file.data) == ("Größe lang.txt", b"471,30")
    assert (inner.name, inner.media_type, inner.data) == ("Before", "application/ms-tnef", tnef())


def test_of_winmail_dat_that_is_cut_off_what_can_be_read_is_kept():
    found = []
    with pytest.raises(Malformed, match="cut off"):
        found.extend(Tnef(Tnef.Config()).ingest(Source(name="w", data=tnef()[:-40]), CONTEXT))
    assert [part.name for part in found] == ["message.html", "SHORT~1.TXT"]
    with pytest.raises(Malformed, match="no TNEF"):
        list(Tnef(Tnef.Config()).ingest(Source(name="w", data=b"x" * 50), CONTEXT))


STREAMS = st.binary(max_size=200) | st.integers(0, 9000).map(bytes)
NAMES = st.text("abcDEF_#0123", min_size=1, max_size=20)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(NAMES.map(str.lower), STREAMS | st.dictionaries(NAMES.map(str.upper), STREAMS, max_size=3), max_size=6))
def test_a_compound_file_is_read_as_it_was_written(held):
    with olefile.OleFileIO(io.BytesIO(compound_file(held))) as ole:
        found = {tuple(path): ole.openstream(path).read() for path in ole.listdir()}
    wanted = {}
    for name, value in held.items():
        for path, data in (
            {(name,): value} if isinstance(value, bytes) else {(name, inner): data for inner, data in value.items()}
        ).items():
            wanted[path] = data
    assert found == wanted


def test_a_large_compound_file_has_more_tables_than_its_header_holds():
    data = bytes(range(256)) * 40_000  # 10 MB: more than 109 sectors of the table
    with olefile.OleFileIO(io.BytesIO(compound_file({"a": data, "b": b"x"}))) as ole:
        assert ole.openstream("a").read() == data


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_changed_bytes_give_a_message_or_a_typed_failure(data):
    code, original = data.draw(st.sampled_from([(Msg, message()), (Tnef, tnef(tnef()))]))
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        for part in code(code.Config()).ingest(Source(name="a", data=bytes(changed)), CONTEXT):
            assert isinstance(part, Document) or part.data is not None
    except (Malformed, LimitExceeded, Encrypted):
        pass  # the typed failures of what is damaged
