"""What bytes are said to be, and where their names say something else."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aios_sdk import Pipeline, Source, Store
from aios_sdk.engine import detect
from aios_sdk.engine.detection import _containers as containers
from aios_sdk.engine.detection import disagreement

OOXML = "application/vnd.openxmlformats-officedocument"
DOCX, XLSX = f"{OOXML}.wordprocessingml.document", f"{OOXML}.spreadsheetml.sheet"
SPREADSHEETML = "application/vnd.ms-spreadsheetml"
WORKBOOK = (
    b"<?xml version='1.0'?>\n<?mso-application progid='Excel.Sheet'?>\n"
    b"<ss:Workbook xmlns:ss='urn:schemas-microsoft-com:office:spreadsheet'><ss:Worksheet ss:Name='S'/></ss:Workbook>"
)
MAIL = b"From: a@example.com\nTo: b@example.com\nSubject: x\n\nHello\n"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"
NOISE = bytes(range(1, 32)) * 40


def kind(data: bytes, name: str = "", declared: str = "") -> str:
    return detect(Source(name=name, data=data, media_type=declared))


def picture(form: str) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new("L", (4, 4)).save(buffer, form)
    return buffer.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def package(main: str) -> bytes:
    """An OOXML package whose main part has this content type, and which embeds a workbook."""
    types = f'<Types><Override ContentType="application/{main}+xml"/><Default ContentType="{XLSX}"/></Types>'
    return zipped(("word/x.xml", b"<x/>"), ("[Content_Types].xml", types.encode()))


def tarred(form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        archive.addfile(tarfile.TarInfo("a.txt"), io.BytesIO())
    return buffer.getvalue()


def compound(*entries: tuple[str, int, int]) -> bytes:
    """An OLE file (MS-CFB) of one FAT and one directory sector: for each entry its name, its right sibling and its child (-1 for none)."""
    none = 0xFFFFFFFF
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0) + struct.pack("<108I", *[none] * 108)
    fat = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[none] * 126)
    directory = b""
    for name, right, child in entries:
        wide = name.encode("utf-16-le") + b"\0\0"
        directory += struct.pack("<64sHBBIII", wide, len(wide), 2, 1, none, right & none, child & none).ljust(128, b"\0")
    return header + fat + directory.ljust(512, b"\0")


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        *((picture(form), f"image/{form.lower()}") for form in ("PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP")),
        (PDF, "application/pdf"),
        (b"\r\n\r\n" + PDF, "application/pdf"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + PDF, "application/pdf"),
        (b"%PDF.1.4\n%\xe2\xe3\n1 0 obj\n<<>>", "application/pdf"),
        (b"%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>", "application/pdf"),
        (b"{\\rtf1 x}", "application/rtf"),
        (gzip.compress(b"x", mtime=0), "application/gzip"),
        (bz2.compress(b"x"), "application/x-bzip2"),
        (bz2.compress(b""), "application/x-bzip2"),
        (lzma.compress(b"x"), "application/x-xz"),
        (tarred(tarfile.USTAR_FORMAT), "application/x-tar"),
        (tarred(tarfile.GNU_FORMAT), "application/x-tar"),
        (tarred(tarfile.PAX_FORMAT).replace(b"ustar", b"\0\0\0\0\0"), "application/octet-stream"),  # its checksum is wrong
        (b"\x78\x9f\x3e\x22\x01\x00", "application/vnd.ms-tnef"),
        (b"BEGIN:VCARD\nVERSION:4.0\nEND:VCARD\n", "text/vcard"),
        (zipped(("a.txt", b"x")), "application/zip"),
        (package("vnd.openxmlformats-officedocument.wordprocessingml.document.main"), DOCX),
        (package("vnd.ms-excel.sheet.macroEnabled.main"), XLSX),
        (package("vnd.ms-excel.sheet.binary.macroEnabled.main"), "application/vnd.ms-excel.sheet.binary.macroenabled.12"),
        (package("vnd.openxmlformats-officedocument.presentationml.slideshow.main"), f"{OOXML}.presentationml.presentation"),
        (zipped(("mimetype", b"application/epub+zip\n"), ("a", b"")), "application/epub+zip"),
        (zipped(("\\[CONTENT_TYPES].xml", b"spreadsheetml.sheet.main")), XLSX),
        (zipped(("[Content_Types].xml", "spreadsheetml.sheet.main".encode("utf-16"))), XLSX),
        (zipped(("word/document.xml", b"<w:document/>")), DOCX),
        (compound(("Root Entry", -1, 1), ("WordDocument", -1, -1)), "application/msword"),
        (compound(("Root Entry", -1, 1), ("1Table", 2, -1), ("WORKBOOK", -1, -1)), "application/vnd.ms-excel"),
        (compound(("Root Entry", -1, 1), ("__properties_version1.0", -1, -1)), "application/vnd.ms-outlook"),
        (compound(("Root Entry", -1, 1), ("something", -1, -1)), "application/x-ole-storage"),
        (MAIL, "message/rfc822"),
        (b"From a@example.com Mon Jul 20 01:01:07 2015\n" + MAIL, "message/rfc822"),
        ((b"From a@example.com Mon Jul 20 01:01:07 2015\n" + MAIL + b"\n") * 2, "application/mbox"),
        (b"From: one\nno header at all\n", "text/plain"),
        (b"<!-- saved -->\n<!DOCTYPE html>\n<p>x", "text/html"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "text/html"),
        ("<html>ö".encode("utf-16"), "text/html"),
        (b"<?xml version='1.0'?><!-- a --><rsm:CrossIndustryInvoice xmlns:rsm='u'/>", "application/xml"),
        (b"<Invoice\n xmlns='urn:oasis'>", "application/xml"),
        (b"<?xml version='1.0'?><!DOCTYPE svg PUBLIC 'a' 'b'><svg/>", "image/svg+xml"),
        (b"<note><to>you</to></note>", "application/xml"),
        (WORKBOOK, SPREADSHEETML),
        (WORKBOOK.replace(b"xmlns:ss", b"xmlns:s").replace(b"ss:", b"s:"), SPREADSHEETML),
        (WORKBOOK.decode().encode("utf-16"), SPREADSHEETML),
        (b"<Workbook xmlns='urn:acme'/>", "application/xml"),
        (b"<table><tr><td>1</table>", "text/html"),
        (b'{"a": 1, "b": [2]}', "application/json"),
        (b'[{"a": 1}]', "application/json"),
        (b'{"a": 1}\n{"a": 2}\n', "application/jsonl"),
        (b"[1] Smith, J. {2} <john@example.com>", "text/plain"),
        ("Größe".encode("utf-16-le"), "text/plain"),
        ("Größe".encode("utf-32"), "text/plain"),
        (b"a;b\n1;2\n" * 100 + b"\0", "text/plain"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "image/avif"),
        (b"%!PS-Adobe-3.0\n", "application/postscript"),
        (NOISE, "application/octet-stream"),
        (bytes(100), "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_bytes_alone_tell_the_type(data, wanted):
    assert kind(data) == wanted


@pytest.mark.parametrize(("name", "declared"), [("a.xls", "application/vnd.ms-excel"), ("a.xml", "text/xml"), ("a.csv", "text/csv")])
def test_a_workbook_in_xml_is_one_whatever_it_is_called(name, declared):
    assert kind(WORKBOOK, name, declared) == SPREADSHEETML


def test_what_is_embedded_in_an_ole_file_does_not_count():
    with_sheet = compound(("Root Entry", -1, 1), ("WordDocument", 2, -1), ("ObjectPool", -1, 3), ("Workbook", -1, -1))
    assert kind(with_sheet) == "application/msword"


def test_an_encrypted_office_file_is_the_kind_its_name_says():
    data = compound(("Root Entry", -1, 1), ("EncryptedPackage", -1, -1))
    assert [kind(data, name) for name in ("a.docx", "a.xlsx", "a")] == [DOCX, XLSX, XLSX]


@pytest.mark.parametrize(
    ("name", "declared", "wanted"),
    [
        ("a.csv", "", "text/csv"),
        ("a.csv", "application/vnd.ms-excel", "text/csv"),
        ("A.MD", "text/plain", "text/markdown"),
        ("a.txt", "text/csv; charset=utf-8", "text/csv"),
        ("a.xls", "", "text/csv"),
        ("a.pdf", "", "text/plain"),
        ("a.pdf", "application/pdf", "text/plain"),
        ("a", "application/vnd.acme+json", "application/vnd.acme+json"),
        ("a", "text/xml", "application/xml"),
        ("", "application/octet-stream", "text/plain"),
    ],
)
def test_which_kind_of_text_it_is_the_sender_says_or_the_name(name, declared, wanted):
    assert kind(b"one;two\n1;2\n", name, declared) == wanted


@pytest.mark.parametrize(
    ("name", "declared", "wanted"),
    [
        ("a.png", "", "image/png"),  # damaged at its beginning: whoever reads pictures says so
        ("a.txt", "text/plain", "application/octet-stream"),
        ("a", "image/x-acme", "image/x-acme"),
        ("a", "application/pdf", "application/pdf"),
        ("a.pdf", "image/png", "application/pdf"),
    ],
)
def test_bytes_without_a_signature_are_what_they_were_to_be_unless_that_is_text(name, declared, wanted):
    assert kind(NOISE, name, declared) == wanted


@pytest.mark.parametrize("cut", [30, 60, -10])
def test_a_zip_that_was_cut_off_is_the_office_file_its_name_says(cut):
    data = package("vnd.openxmlformats-officedocument.wordprocessingml.document.main")[:cut]
    assert [kind(data, name) for name in ("a.docx", "a.zip", "a.png")] == [DOCX, "application/zip", "application/zip"]


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"7z\xbc\xaf\x27\x1c\x00\x03" + bytes(50), "application/x-7z-compressed"),
        (b"Rar!\x1a\x07\x00\xce" + NOISE, "application/vnd.rar"),
        (b"SQLite format 3\x00" + bytes(100), "application/vnd.sqlite3"),
    ],
)
def test_what_nobody_reads_here_is_named_by_puremagic(data, wanted):
    assert kind(data) == wanted


def test_puremagic_is_not_imported_until_such_bytes_come():
    code = """
import sys, aios_sdk, aios_sdk.cli
from aios_sdk.engine import detect
for data in (b"%PDF-1.4", b"text", b"\\x89PNG\\r\\n\\x1a\\n", b"PK\\x03\\x04"):
    detect(aios_sdk.Source(name="a", data=data))
assert "puremagic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("name", "sender", "actual", "wanted"),
    [
        ("a.pdf", "", "image/png", "application/pdf"),
        ("a.pdf", "application/pdf", "application/pdf", ""),
        ("a.JPG", "image/png", "image/png", "image/jpeg"),
        ("a.xls", "", "text/html", "application/vnd.ms-excel"),
        ("a.doc", "", "application/rtf", "application/msword"),
        ("a.zip", "", DOCX, "application/zip"),
        ("a.txt", "", "message/rfc822", ""),
        ("a.txt", "", "application/pdf", "text/plain"),
        ("a.txt", "", "application/octet-stream", "text/plain"),
        ("a.xml", "", "text/html", ""),
        ("a.xml", "", SPREADSHEETML, ""),
        ("a.xls", "", SPREADSHEETML, "application/vnd.ms-excel"),
        ("a.mbox", "", "message/rfc822", ""),
        ("a.json", "application/vnd.acme+json", "application/vnd.acme+json", ""),
        ("scan", "image/jpg", "image/jpeg", ""),
        ("scan", "image/jpeg", "application/pdf", "image/jpeg"),
        ("scan", "application/octet-stream", "application/pdf", ""),
        ("scan.tmp", "", "application/pdf", ""),
    ],
)
def test_a_disagreement_is_what_was_promised_where_the_bytes_are_another(name, sender, actual, wanted):
    assert disagreement(name, sender, actual) == wanted


def test_a_disagreement_is_recorded_with_the_document_and_an_unknown_type_with_what_was_seen(tmp_path):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "scan.pdf").write_bytes(picture("PNG"))
    (tmp_path / "inbox" / "note.txt").write_bytes(b"Hello")
    (tmp_path / "inbox" / "what.bin").write_bytes(NOISE)
    with Store(tmp_path / "s.aios") as store:
        outcomes = {outcome.name: outcome for outcome in Pipeline("p").ingest().run(tmp_path / "inbox", store=store, workers=1)}
        rows = store.sql("from current_documents select name, media_declared, media_type where media_declared <> ''").fetchall()
        assert rows == [("scan.pdf", "application/pdf", "image/png")]
        assert store.document("scan.pdf").media_declared == outcomes["scan.pdf"].document.media_declared == "application/pdf"
        assert store.explain("scan.pdf").origins[0].media_declared == "application/pdf"
    assert outcomes["note.txt"].document.media_declared == ""
    refused = outcomes["what.bin"]
    assert (refused.status, refused.failures[0].category) == ("refused", "unsupported")
    assert "what.bin has 1,240 bytes that begin with 01 02 03 04" in refused.failures[0].message


def test_looking_reads_little_of_a_large_file(tmp_path, monkeypatch):
    path = tmp_path / "large"
    for head in (b"%PDF-1.4", b"From a b\nFrom: x\nTo: y\n\n", b"PK\x03\x04", compound(("Root Entry", -1, 1), ("Book", -1, -1)), NOISE):
        with path.open("wb") as file:
            file.write(head)
            file.truncate(1 << 30)
        read = _counted(monkeypatch, Source(name="large", path=str(path)))
        assert read <= 5 << 20


def _counted(monkeypatch, source):
    """How many bytes `detect` reads of a source."""
    total = 0

    class Counting(io.FileIO):
        def read(self, size=-1):
            nonlocal total
            data = super().read(size)
            total += len(data)
            return data

    with monkeypatch.context() as patched:
        patched.setattr(Source, "open", lambda self: Counting(self.path))
        detect(source)
    return total


def test_a_directory_of_more_than_a_mebibyte_is_not_read(monkeypatch):
    data = package("vnd.openxmlformats-officedocument.wordprocessingml.document.main")
    end = data.rindex(b"PK\x05\x06")
    monkeypatch.setattr(containers.zipfile, "ZipFile", lambda *_: pytest.fail("it was read"))
    assert kind(data[: end + 12] + struct.pack("<I", 2 << 20) + data[end + 16 :]) == "application/zip"


def test_a_chain_of_sectors_that_is_a_circle_ends():
    data = bytearray(compound(("Root Entry", 1, 1), ("Book", 1, 1)))
    data[512 + 4 : 512 + 8] = struct.pack("<I", 1)
    assert kind(bytes(data)) == "application/vnd.ms-excel"


SEEDS = [
    package("vnd.openxmlformats-officedocument.wordprocessingml.document.main"),
    compound(("Root Entry", -1, 1), ("WordDocument", -1, -1)),
    MAIL,
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a xmlns='u'/>",
    b'{"a": 1}\n{"a": 2}\n',
]


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_bytes_have_a_type_and_the_same_bytes_the_same(data):
    changed = bytearray(data.draw(st.sampled_from(SEEDS) | st.binary(max_size=300)))
    for _ in range(data.draw(st.integers(0, 6)) if changed else 0):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    source = Source(name=data.draw(st.sampled_from(["a.pdf", "a.docx", "a.xls", "a.txt", "a"])), data=bytes(changed))
    found = detect(source)
    assert found == detect(source) == found.lower()
    assert "/" in found


def test_the_files_of_the_corpora_are_what_their_names_say(corpora: Path):
    """None of them is known to be misnamed."""
    checked = 0
    for path in sorted(corpora.rglob("*")):
        if path.is_file() and path.relative_to(corpora).parts[0] in ("ingest", "images_ok", "invoices", "forms", "tabular"):
            found = detect(Source(name=path.name, path=str(path)))
            assert disagreement(path.name, "", found) == "", path
            checked += 1
    assert checked > 300
