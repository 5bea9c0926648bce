"""What aios.tesseract reads, from real runs of the program."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pydantic
import pytest
from aios_tesseract import Tesseract
from PIL import Image, ImageDraw, ImageFont

from aios_sdk import Context, DeadlineExceeded, Document, LimitExceeded, PageInfo, PageText, Registry, Resources, Unavailable, Unsupported
from aios_sdk.testing import check_manifest


def opened(tmp_path: Path, **config: object) -> Tesseract:
    component = Tesseract(Tesseract.Config.model_validate(config))
    component.open(Resources(scratch=tmp_path))
    return component


def context(tmp_path: Path, seconds: float | None = None) -> Context:
    return Context(run="r", step="s", scratch=tmp_path, deadline=None if seconds is None else time.monotonic() + seconds)


BINDINGS = ["pytesseract", "tesserocr"]


def children() -> list[str]:
    found = subprocess.run(["ps", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if line.startswith("tesseract") or "<defunct>" in line]


def test_the_manifest_says_what_the_code_says():
    check_manifest("aios_tesseract")


@pytest.mark.parametrize("binding", BINDINGS)
def test_drawn_words_are_read_with_their_places(tmp_path, scan, draw, binding):
    found = opened(tmp_path, binding=binding).extract(scan(draw("Invoice 471102", "Total 529.87")), context(tmp_path))
    (text,), (words,) = found.text, found.words
    assert text.content == "Invoice 471102\nTotal 529.87"
    assert text.method == "ocr"
    assert text.reason.startswith(f"no text layer; {'tesserocr' if binding == 'tesserocr' else 'tesseract'} ")
    read = list(words.iterate(text))
    assert [word.text for word in read] == ["Invoice", "471102", "Total", "529.87"]
    assert all(word.text == text.content[word.start : word.end] for word in read)
    assert all(0.5 < word.confidence <= 1 for word in read)
    first = read[0].box
    assert 0.03 < first.x0 < 0.08
    assert 0.05 < first.y0 < first.y1 < 0.2
    assert text.confidence == pytest.approx(words.mean_confidence(), abs=1e-5)


def test_paragraphs_are_parted_by_an_empty_line(tmp_path, scan, draw):
    page = draw("The first paragraph is here", "and it has two lines.", "", "", "The second paragraph", "comes after a gap.")
    found = opened(tmp_path).extract(scan(page), context(tmp_path))
    content = found.text[0].content
    paragraphs = ["The first paragraph is here\nand it has two lines.", "The second paragraph\ncomes after a gap."]
    assert content.split("\n\n") == paragraphs
    assert [(region.kind, content[region.start : region.end]) for region in found.regions] == [("paragraph", each) for each in paragraphs]
    assert found.regions[0].box.y1 < found.regions[1].box.y0


LETTER = ("Dear claims team, the kitchen was flooded", "on Friday because a pipe burst.", "We ask for the invoice to be paid.")


@pytest.mark.parametrize("binding", BINDINGS)
@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270])
def test_a_page_on_its_side_or_head_is_read_with_boxes_of_the_page_as_displayed(tmp_path, scan, draw, turn, binding):
    found = opened(tmp_path, binding=binding).extract(scan(draw(*LETTER).transpose(turn)), context(tmp_path))
    assert found.text[0].content.split()[:3] == ["Dear", "claims", "team,"]
    box = found.words[0].box(0)
    middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
    expected = {
        Image.Transpose.ROTATE_90: (0.11, 0.91),
        Image.Transpose.ROTATE_180: (0.91, 0.89),
        Image.Transpose.ROTATE_270: (0.89, 0.09),
    }[turn]
    assert middle == pytest.approx(expected, abs=0.05)


def test_a_garbled_text_layer_is_read_instead_and_stays_where_nothing_is_read(tmp_path, scan, draw):
    doubt = "garbled text: 100% of the characters have no known meaning"
    layers = (
        PageText(page=0, content="\ue021\ue022", reason=doubt, confidence=0.0),
        PageText(page=1, content="trusted"),
        PageText(page=2, content="\ue023", reason=doubt, confidence=0.0),
    )
    document = scan(draw("Invoice 471102"), draw("not read"), Image.new("L", (600, 800), 255), texts=layers)
    found = opened(tmp_path).extract(document, context(tmp_path))
    assert [(text.page, text.content) for text in found.text] == [(0, "Invoice 471102"), (2, "")]
    assert found.text[0].reason.startswith(f"{doubt}; ")
    assert [page.text for page in document.add("ocr", found).pages] == ["Invoice 471102", "trusted", "\ue023"]


def test_a_blank_page_gives_an_empty_text_and_says_so(tmp_path, scan):
    found = opened(tmp_path).extract(scan(Image.new("L", (600, 800), 255)), context(tmp_path))
    assert (found.text[0].content, found.text[0].reason, len(found.words[0])) == ("", "blank page", 0)


def test_a_page_that_was_measured_to_be_blank_is_not_drawn(tmp_path):
    blank = Document.of(pages=(PageInfo(index=0, ink=0.0),))  # nobody there who could draw it
    (text,) = opened(tmp_path).extract(blank, context(tmp_path)).text
    assert (text.content, text.reason) == ("", "blank page, not read")


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_was_measured_to_be_turned_is_turned_before_it_is_read(tmp_path, scan, draw, turn):
    clockwise = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}[turn]
    found = opened(tmp_path, psm=7).extract(
        scan(draw("Total 529.87", size=(500, 150)).transpose(clockwise), turned=turn), context(tmp_path)
    )
    assert found.text[0].content == "Total 529.87"
    assert f"turned by {turn} degrees" in found.text[0].reason


def test_a_page_that_leans_is_straightened_and_its_boxes_lie_where_the_words_do(tmp_path, scan, draw):
    straight = opened(tmp_path).extract(scan(draw(*LETTER)), context(tmp_path))
    leaning = draw(*LETTER).rotate(-7, Image.Resampling.BICUBIC, fillcolor=255)  # about its middle, clockwise
    found = opened(tmp_path).extract(scan(leaning, skew=7.0), context(tmp_path))
    assert found.text[0].content == straight.text[0].content
    assert "straightened by 7 degrees" in found.text[0].reason
    dark = leaning.point(lambda shade: 255 * (shade < 128))
    for number in range(len(found.words[0])):
        box = found.words[0].box(number)
        pixels = (int(box.x0 * 1200), int(box.y0 * 700), int(box.x1 * 1200) + 1, int(box.y1 * 700) + 1)
        assert dark.crop(pixels).getbbox() is not None, "there are letters in the box"


def test_a_page_with_text_is_left_alone(tmp_path, scan, draw):
    document = scan(draw("printed"), texts=(PageText(page=0, content="embedded"),))
    with pytest.raises(Unsupported, match="page 1 has a text layer"):
        opened(tmp_path).extract(document, context(tmp_path))


def test_only_the_pages_without_text_are_read_unless_all_are_asked_for(tmp_path, scan, draw):
    document = scan(draw("first"), draw("second"), texts=(PageText(page=0, content="embedded"),))
    found = opened(tmp_path).extract(document, context(tmp_path))
    assert [(text.page, text.content) for text in found.text] == [(1, "second")]
    found = opened(tmp_path, pages="all").extract(document, context(tmp_path))
    assert [(text.page, text.content, text.reason.split(";")[0]) for text in found.text] == [
        (0, "first", "asked for every page"),
        (1, "second", "no text layer"),
    ]


def test_a_document_without_pages_is_not_for_it(tmp_path, scan):
    with pytest.raises(Unsupported, match="no pages"):
        opened(tmp_path).extract(scan(), context(tmp_path))


def test_a_page_that_takes_too_long_is_given_up_and_nothing_runs_on(tmp_path, scan, draw):
    page = draw(*["many words that take a while to read"] * 40, size=(2400, 3000))
    with pytest.raises(DeadlineExceeded, match="stopped after"):
        opened(tmp_path, binding="pytesseract").extract(scan(page), context(tmp_path, 0.15))
    assert children() == []
    with pytest.raises(DeadlineExceeded):
        opened(tmp_path, binding="tesserocr").extract(scan(page), context(tmp_path, 0.15))


def test_killing_the_group_of_a_worker_ends_its_tesseract(tmp_path, draw):
    draw(*["many words that take a while to read"] * 60, size=(3000, 4500)).save(tmp_path / "page.png")
    code = textwrap.dedent(f"""
        from pathlib import Path
        from PIL import Image
        from aios_sdk import Context
        from aios_tesseract._program import Program
        program, page = Program(["eng"]), Image.open({str(tmp_path / "page.png")!r})
        print("ready", flush=True)
        while True:
            program.read(page, 3, 300, Context(run="r", step="s", scratch=Path({str(tmp_path)!r})))
    """)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    worker = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE, env=environment)
    assert worker.stdout is not None
    assert worker.stdout.readline() == b"ready\n"

    def group() -> list[str]:
        listed = subprocess.run(["ps", "-eo", "pgid=,stat=,comm="], capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in listed.splitlines()]
        return [row[2] for row in rows if row[0] == str(worker.pid) and not row[1].startswith("Z")]

    until = time.monotonic() + 30
    begun = False  # one run may end and the next begin between two looks
    while not begun and time.monotonic() < until:
        begun = "tesseract" in group()
    assert begun
    os.killpg(worker.pid, signal.SIGKILL)
    worker.communicate()
    while group() and time.monotonic() < until:
        time.sleep(0.01)
    assert group() == []


@pytest.mark.parametrize("binding", BINDINGS)
def test_the_environment_of_the_process_is_not_changed(tmp_path, scan, draw, monkeypatch, binding):
    monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
    opened(tmp_path, binding=binding).extract(scan(draw("word")), context(tmp_path))
    assert "OMP_THREAD_LIMIT" not in os.environ


def test_a_missing_program_is_told_with_the_commands_that_install_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match=r"apt install tesseract-ocr.*dnf install tesseract.*brew install tesseract"):
        opened(tmp_path, binding="pytesseract")


@pytest.mark.parametrize("binding", BINDINGS)
def test_missing_language_data_are_told_with_the_package(tmp_path, binding):
    told = r"'chi_sim' and 'xyz'.*tesseract-ocr-chi-sim tesseract-ocr-xyz.*tesseract-langpack-chi_sim.*brew install tesseract-lang"
    with pytest.raises(Unavailable, match=told):
        opened(tmp_path, language="eng+chi_sim+xyz", binding=binding)


def test_language_data_may_lie_where_tessdata_prefix_says(tmp_path, monkeypatch):
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(Unavailable, match="'eng'; it has none"):
        opened(tmp_path, binding="tesserocr")


def test_a_binding_that_is_not_installed_is_told_with_the_command(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tesserocr", None)
    with pytest.raises(Unavailable, match=r"pip install 'aios-tesseract\[tesserocr\]'"):
        opened(tmp_path, binding="tesserocr")


def test_the_binding_enters_the_configuration_with_its_version(monkeypatch):
    binding = Tesseract.Config().binding
    assert binding == f"tesserocr {metadata.version('tesserocr')}"
    assert Tesseract.Config(binding=binding) == Tesseract.Config()
    assert Tesseract.Config(binding="pytesseract").binding == f"pytesseract {metadata.version('pytesseract')}"
    with pytest.raises(pydantic.ValidationError, match=r"is installed, not 1\.0"):
        Tesseract.Config(binding="tesserocr 1.0")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name == "pytesseract" else None)
    assert Tesseract.Config().binding.startswith("pytesseract ")


def test_the_same_page_gives_the_same_words_whatever_was_read_before(tmp_path, scan, draw):
    warm = opened(tmp_path, binding="tesserocr")
    first = warm.extract(scan(draw("Invoice 471102")), context(tmp_path))
    warm.extract(scan(draw("Quite another page", "with other words").rotate(180)), context(tmp_path))
    assert warm.extract(scan(draw("Invoice 471102")), context(tmp_path)) == first


@pytest.mark.parametrize(("answer", "told"), [("tesseract 3.05.01", "too old"), ("some other program", "does not tell its version")])
def test_a_program_that_cannot_serve_is_refused(tmp_path, monkeypatch, answer, told):
    program = tmp_path / "tesseract"
    program.write_text(f"#!/bin/sh\necho {answer}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(Unavailable, match=told):
        opened(tmp_path, binding="pytesseract")


def test_a_picture_larger_than_tesseract_takes_is_a_limit(tmp_path, scan):
    with pytest.raises(LimitExceeded, match="Page 1 has 40000 x 2 pixels"):
        opened(tmp_path).extract(scan(Image.new("L", (40_000, 2), 255)), context(tmp_path))


def test_the_host_can_make_it_and_names_wrong_settings(tmp_path, scan, draw):
    registry = Registry()
    registry.add(Tesseract)
    instance = registry.create("aios.tesseract", {"psm": 6})
    instance.open(Resources(scratch=tmp_path))
    extract = instance.implementation("extract")
    assert extract is not None
    assert extract.call(document=scan(draw("word")), context=context(tmp_path)).text[0].content == "word"
    with pytest.raises(Exception, match="language"):
        registry.create("aios.tesseract", {"language": "eng; rm"})


@pytest.mark.parametrize("name", ["phototest.tif", "phototest-rotated-180.png", "phototest-rotated-R.png", "phototest-rotated-L.png"])
def test_real_scans_are_read_as_their_truth_says(tmp_path, scan, corpora, name):
    folder = corpora / "ocr" / "tesseract-ocr+test" / "testing"
    found = opened(tmp_path).extract(_document(scan, folder / name), context(tmp_path))
    assert found.text[0].content.split() == (folder / "phototest.gold.txt").read_text().split()


@pytest.mark.parametrize("psm", ["auto", 6])
def test_a_receipt_is_read_line_by_line_with_the_prices_beside_the_goods(tmp_path, scan, psm):
    page = Image.new("L", (500, 1000), 255)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size=26)
    for number, (goods, price) in enumerate([("Bread", "2.50"), ("Butter", "3.20"), ("Honey", "4.75"), ("Total", "10.45")]):
        pen.text((30, 60 + 60 * number), goods, fill=0, font=font)
        pen.text((400, 60 + 60 * number), price, fill=0, font=font)
    content = opened(tmp_path, psm=psm).extract(scan(page), context(tmp_path)).text[0].content
    assert content == "Bread 2.50\nButter 3.20\nHoney 4.75\nTotal 10.45"


def _document(scan: Callable[..., Document], path: Path) -> Document:
    with Image.open(path) as picture:
        return scan(picture.convert("RGB"))


def test_the_rows_of_a_table_without_lines_stay_together_with_their_short_cells(scan, tmp_path):
    picture = Image.new("L", (1654, 1200), 255)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=34)
    table = [("Pos", "Description", "Qty", "Price", "Amount"), ("1", "Window pane double glass", "2", "125.00", "250.00"),
             ("2", "Frame of larch", "1", "80.00", "80.00"), ("3", "Fitting", "4", "30.00", "120.00")]  # fmt: skip
    for number, row in enumerate([("Joinery Brown Limited",), *table]):
        for left, text in zip((120, 220, 800, 980, 1240), row, strict=False):
            pen.text((left, 150 + 60 * number), text, fill=0, font=font)
    found = opened(tmp_path)
    text = found.extract(scan(picture), context(tmp_path)).text[0].content
    found.close()
    assert [line for line in text.split("\n") if line][2:] == [" ".join(row) for row in table[1:]]
