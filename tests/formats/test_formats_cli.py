"""aios show and aios convert, as they are used in a terminal."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from aios_sdk.cli import main

INBOX = Path(__file__).resolve().parents[2] / "examples" / "claims" / "inbox"


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A picture of two lines of print."""
    picture = Image.new("RGB", (900, 300), "white")
    pen = ImageDraw.Draw(picture)
    pen.text((60, 60), "Estimate of repair", font=ImageFont.load_default(size=48), fill="black")
    pen.text((60, 160), "Front door 480.00", font=ImageFont.load_default(size=48), fill="black")
    picture.save(tmp_path / "scan.png", dpi=(150, 150))
    return tmp_path / "scan.png"


def test_show_tells_pages_parts_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(INBOX / "clm-1001.eml")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("clm-1001.eml (message/rfc822, ")
    assert lines[0].endswith("  completed")
    parts = [line.split(" (")[0] for line in lines if line.startswith("part ")]
    assert parts[:2] == ["part Rechnung_R18-31.pdf", "part factur-x.xml"]
    assert "  total = 380.00 EUR" in lines
    assert any(line.startswith("      table ") for line in lines)


def test_a_scan_is_read_and_its_words_are_framed(scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(scan), "--boxes", "words", "--png", str(tmp_path / "words.png"), "--dpi", "150"]) == 0
    said = capsys.readouterr()
    assert "read by OCR" in said.out
    assert "Estimate of repair" in said.out
    assert f"Wrote {tmp_path / 'words.png'}" in said.err
    with Image.open(scan) as before, Image.open(tmp_path / "words.png") as after:
        assert before.size == after.size
        blue = after.convert("RGB").getcolors(1 << 20)
    assert any(colour == (0, 0x72, 0xB2) and count > 400 for count, colour in blue or ())


def test_a_page_that_is_not_there_is_said(scan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(scan), "--page", "3", "--png", str(tmp_path / "x.png")]) != 0
    assert "There is no page 3: scan.png has 1" in capsys.readouterr().err
    assert main(["show", str(scan), "--png", str(tmp_path / "x.jpg")]) != 0
    assert "does not end in .png" in capsys.readouterr().err


def test_one_document_goes_to_standard_output_and_its_parts_into_a_folder(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    mail = str(INBOX / "clm-1001.eml")
    assert main(["convert", mail, "--to", "text"]) == 0
    said = capsysbinary.readouterr()
    assert "Schadenmeldung CLM-1001, Rechnungen für Übungen".encode() in said.out
    assert b"more parts are left out: give --output FOLDER" in said.err
    assert main(["convert", mail, "--to", "json", "--output", str(tmp_path / "out")]) == 0
    written = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.json")}
    assert {"clm-1001.eml.json", "clm-1001.eml.parts/Aufstellung.csv.json"} <= written
    assert json.loads((tmp_path / "out" / "clm-1001.eml.json").read_bytes())["name"] == "clm-1001.eml"


@pytest.mark.parametrize(
    ("form", "begins"), [("markdown", b"| "), ("html", b"<!doctype html>"), ("docling", b"{"), ("json", b"{"), ("text", b"item\tprice")]
)
def test_every_form_is_written(tmp_path: Path, form: str, begins: bytes, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "costs.csv").write_text("item,price\ndoor,480.00\npaint,12.50\n")
    assert main(["convert", str(tmp_path / "costs.csv"), "--to", form]) == 0
    said = capsysbinary.readouterr().out
    assert said.startswith(begins)
    assert b"480.00" in said or form == "json"


@pytest.mark.parametrize(("form", "says"), [("hocr", b"class='ocrx_word'"), ("alto", b"<String ")])
def test_words_and_their_boxes_are_written_by_a_plugin(
    scan: Path, form: str, says: bytes, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["convert", str(scan), "--to", form]) == 0
    said = capsysbinary.readouterr().out
    assert says in said
    assert b"Estimate" in said


def test_names_of_members_lead_nowhere_else_and_cover_none_another(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("../../evil.txt", "a/note.txt", "a/note.txt", "b?.txt", "b_.txt"):
            archive.writestr(name, f"text of {name}")
    main(["convert", str(tmp_path / "all.zip"), "--to", "text", "--output", str(tmp_path / "out")])
    written = [path.relative_to(tmp_path) for path in tmp_path.rglob("*.txt")]
    assert all(path.parts[0] == "out" for path in written)
    assert len(written) >= 4


def test_a_folder_without_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["convert", str(tmp_path / "empty")]) == 2
    assert "There is no document in" in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.txt").write_text("all is well")
    (tmp_path / "in" / "bad.pdf").write_bytes(b"%PDF-1.7 and no more")
    assert main(["convert", str(tmp_path / "in"), "--output", str(tmp_path / "out")]) == 1
    assert (tmp_path / "out" / "good.txt.md").read_text() == "all is well\n"
    assert "bad.pdf" in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "in")]) == 1
    (tmp_path / "in" / "more.txt").write_text("more")
    assert main(["convert", str(tmp_path / "in")]) == 2
    assert "There are 2 documents, and standard output takes one" in capsys.readouterr().err
