"""Damaged and hostile files end in a typed error; what could be read is kept."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile

import pytest

from .conftest import DOCX, EPUB, ODT, PPTX, docx_of, p, zipped
from .test_office_odf import odf_of


def test_a_bomb_is_refused_before_it_unpacks(read):
    data = zipped({"word/document.xml": b"<w>" + b" " * 30_000_000})
    assert read(data, DOCX).error.category == "limit"
    assert read(data, DOCX, max_ratio=10**6, max_size=10**6).error.category == "limit"


def test_a_directory_without_end_is_refused_before_it_is_read(read):
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert read(zipped({"a": "b"}) + end, DOCX).error.category == "limit"


@pytest.mark.parametrize(
    "entities",
    ['<!ENTITY a "{}">'.format("x" * 1000) + "".join(f'<!ENTITY {b} "{f"&{a};" * 50}">' for a, b in ("ab", "bc", "cd", "de", "ef")),
     '<!ENTITY f SYSTEM "file:///etc/hostname">', '<!ENTITY f SYSTEM "http://127.0.0.1:9/never">'],
)  # fmt: skip
@pytest.mark.parametrize("place", ["text", "attribute"])
def test_entities_are_refused_and_never_followed(read, entities, place):
    text = "&f;" if place == "text" else ""
    of = ' w:x="&f;"' if place == "attribute" else ""
    files = _files(docx_of(p("x")))
    files["word/document.xml"] = (
        f'<!DOCTYPE w:document [{entities}]><w:document xmlns:w="{W_NAMESPACE}"{of}><w:body>{p(text)}</w:body></w:document>'
    )
    found = read(zipped(files), DOCX)
    assert not found.given
    assert found.error.category == "malformed"


W_NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def _files(data: bytes) -> dict[str, str | bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_xml_that_is_cut_off_keeps_what_was_read(read):
    files = _files(docx_of("".join(p(f"paragraph {n}") for n in range(10))))
    files["word/document.xml"] = files["word/document.xml"][:-400]
    found = read(zipped(files), DOCX)
    assert found.text.startswith("paragraph 0\n\nparagraph 1\n\n")
    assert found.error.category == "malformed"


@pytest.mark.parametrize("kept", [0.5, 0.8, 0.97])
def test_a_file_that_is_cut_off_keeps_the_parts_before(read, kept):
    letters = "".join(p(hashlib.sha256(bytes([n])).hexdigest()) for n in range(100))
    data = docx_of(letters)
    found = read(data[: int(len(data) * kept)], DOCX)
    assert found.text.startswith(hashlib.sha256(b"\0").hexdigest())
    assert found.error.category == "malformed"


def test_a_bomb_without_a_directory_is_not_unpacked(read):
    data = zipped({"word/document.xml": b"<w>" + b" " * 30_000_000})
    assert read(data[:-30], DOCX).error.category == "malformed"


def test_a_part_that_is_damaged_leaves_the_others(read):
    section = '<w:sectPr><w:headerReference r:id="h"/></w:sectPr>'
    data = bytearray(docx_of(p("one") + section, {"header:h": p("head"), "image:p": b"\x89PNG" * 100}))
    place = data.index(b"word/header-h.xml") + len(b"word/header-h.xml")
    data[place + 4 : place + 12] = b"\xff" * 8
    found = read(bytes(data), DOCX)
    assert found.text == "one\n"
    assert "image-p.png" in found.parts
    assert found.error.category == "malformed"


@pytest.mark.parametrize("media_type", [DOCX, PPTX, ODT, EPUB])
@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 and no more", zipped({}), zipped({"a.txt": "b"}), b"%PDF-1.7"])
def test_what_is_no_such_file_is_malformed(read, media_type, data):
    found = read(data, media_type)
    assert not found.given
    assert found.error.category == "malformed"


def test_tables_within_tables_without_end_are_no_crash(read):
    depth = 300
    body = "<w:tbl><w:tr><w:tc>" * depth + p("deep") + "</w:tc></w:tr></w:tbl>" * depth
    found = read(docx_of(p("first") + body), DOCX)
    assert found.error.category in ("malformed", "limit")


def test_a_span_of_a_million_columns_is_cut(read):
    cell = f'<w:tc><w:tcPr><w:gridSpan w:val="999999999"/></w:tcPr>{p("x")}</w:tc>'
    found = read(docx_of(f"<w:tbl><w:tr>{cell}<w:tc>{p('y')}</w:tc></w:tr></w:tbl>"), DOCX)
    assert found.text.strip() == "x"


def test_cells_that_repeat_without_end_are_refused(read):
    cell = "<table:table-cell table:number-columns-repeated='256'>{}</table:table-cell>"
    row = f"<table:table-row table:number-rows-repeated='99999'>{cell}</table:table-row>"
    table = f"<table:table>{row.format('<text:p>x</text:p>')}</table:table>"
    assert read(odf_of(table), ODT).error.category == "limit"
    assert read(odf_of(f"<table:table>{row.format('')}</table:table><text:p>text</text:p>"), ODT).text == "text\n"


def test_formulas_within_formulas_take_no_time_that_doubles(read):
    depth = 60
    start, end = "<m:nary><m:sub>", "</m:sub><m:e/></m:nary>"
    formula = f"<m:oMath>{start * depth}<m:r><m:t>n</m:t></m:r>{end * depth}</m:oMath>"
    assert read(docx_of(f"<w:p>{formula}</w:p>"), DOCX).text.count("∫") == depth


def test_an_ole_file_with_an_encrypted_package_is_encrypted(read):
    assert read(ole("EncryptedPackage", "EncryptionInfo"), DOCX).error.category == "encrypted"
    assert read(ole("Workbook"), DOCX).error.category == "malformed"


def ole(*streams: str) -> bytes:
    """A compound file (MS-CFB, version 3) with empty streams of those names."""
    free, end, fat = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    header = struct.pack(
        "<8s16s5H6xLLL4xLLLLL", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 4096, end, 0, end, 0
    ) + struct.pack("<109L", 0, *[free] * 108)  # fmt: skip

    def entry(name: str, kind: int, child: int, right: int) -> bytes:
        raw = name.encode("utf-16-le")
        return struct.pack("<64sHBBLLL16sLQQLQ", raw, len(raw) + 2, kind, 1, free, right, child, b"", 0, 0, 0, end, 0)

    entries = [entry("Root Entry", 5, 1, free)]
    entries += [entry(name, 2, free, n + 2 if n + 1 < len(streams) else free) for n, name in enumerate(streams)]
    directory = b"".join(entries).ljust(512, b"\0")
    return header.ljust(512, b"\0") + struct.pack("<128L", fat, end, *[free] * 126) + directory
