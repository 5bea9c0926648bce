"""Samples: what they say is in them is in them, by the word of readers that know nothing of them."""

from __future__ import annotations

import email
import email.policy
import hashlib
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from aios_sdk import Box, Document, Outcome, Pipeline, UsageError, from_json, to_json
from aios_sdk.engine import detect
from aios_sdk.records import check_spans
from aios_sdk.testing import fakes, samples
from aios_sdk.testing.samples import Sample

WITH_PAGES = [sample for sample in samples.ALL if sample.papers]
PRINTED = [samples.scan(), samples.photo(), samples.fax()]
WHEN = " or ".join(f"name == {sample.name!r}" for sample in PRINTED)


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, Outcome]]:
    """What the first-party plugins make of every sample, by its key; the printed ones are read by OCR."""
    pipeline = Pipeline("samples").ingest().extract("tesseract", config={"psm": 3}, when=WHEN)
    keys = [*dict.fromkeys(sample.name for sample in samples.ALL)]
    assert len(keys) == len(samples.ALL), "samples have names of their own"
    with fakes.MemoryStore() as store:
        found = pipeline.run([sample.source() for sample in samples.ALL], store=store, progress=False)
        yield {outcome.document.key: outcome for outcome in found if outcome.document.key}


@pytest.mark.parametrize("sample", samples.ALL, ids=lambda sample: sample.name)
def test_the_bytes_are_of_the_media_type_that_the_sample_says(sample: Sample) -> None:
    assert detect(sample.source()) == sample.media_type


@pytest.mark.parametrize("sample", [sample for sample in samples.ALL if not sample.name.endswith(".zip")], ids=lambda sample: sample.name)
def test_every_sample_is_read_by_a_plugin_that_knows_nothing_of_it(sample: Sample, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[sample.name]
    assert outcome.status == "completed"
    assert len(outcome.document.pages) == max(1, len(sample.papers))


@pytest.mark.parametrize("sample", [samples.text(), samples.text(samples.WORLD, name="world.txt")], ids=lambda sample: sample.name)
def test_a_text_is_that_of_the_file(sample: Sample, outcomes: dict[str, Outcome]) -> None:
    assert outcomes[sample.name].document.text == sample.text


@pytest.mark.parametrize("sample", [samples.xml(), samples.json()], ids=lambda sample: sample.name)
def test_what_stands_between_marks_is_read(sample: Sample, outcomes: dict[str, Outcome]) -> None:
    said = outcomes[sample.name].document.text
    values = re.findall(r"[\w.-]+", re.sub(r"<[?!][^>]*>|</\w+>", "", sample.text))
    assert values
    assert all(value in said for value in values)


def test_a_pdf_has_its_words_in_its_text_layer_where_the_sample_says(outcomes: dict[str, Outcome]) -> None:
    document, sample = outcomes["letter.pdf"].document, samples.pdf()
    assert document.text.split() == sample.text.split()
    _same_places(document, sample)


@pytest.mark.parametrize("sample", PRINTED, ids=lambda sample: sample.name)
def test_printed_words_are_read_by_ocr_where_the_sample_says(sample: Sample, outcomes: dict[str, Outcome]) -> None:
    _same_places(outcomes[sample.name].document, sample, unread=0.1)


def test_a_scanned_pdf_has_no_text_layer(outcomes: dict[str, Outcome]) -> None:
    document = outcomes["scan.pdf"].document
    assert document.text.strip() == ""
    assert not samples.scanned_pdf().document().text.strip()
    assert samples.scanned_pdf().document(read=True).text == samples.scanned_pdf().text


@pytest.mark.parametrize("sample", [samples.table(), samples.workbook()], ids=lambda sample: sample.name)
def test_tables_have_the_rows_that_the_sample_says(sample: Sample, outcomes: dict[str, Outcome]) -> None:
    [read], [truth], [own] = outcomes[sample.name].document.tables, sample.tables, sample.document().tables
    names = [name for name, _ in truth.columns]
    assert [column.name for column in read.columns] == names
    rows = read.relation().fetchall()
    assert [(row[0], row[1], Decimal(str(row[3]))) for row in rows] == [(row[0], row[1], row[3]) for row in truth.rows]
    assert [str(row[2])[:10] for row in rows] == [str(row[2]) for row in truth.rows]
    assert [(column.name, column.type) for column in own.columns] == list(truth.columns)
    assert own.relation().fetchall() == list(truth.rows)


def test_a_mail_has_its_text_and_its_attachments(outcomes: dict[str, Outcome]) -> None:
    sample = samples.mail()
    assert sample.text.split("\n")[2] in outcomes["claim.eml"].document.text
    message = email.message_from_bytes(sample.data, policy=email.policy.default)
    body = message.get_body()
    assert body is not None
    assert body.get_content().splitlines() == sample.text.splitlines()
    attached = [(part.get_filename(), part.get_content()) for part in message.iter_attachments()]
    assert attached == [(part.name, part.data) for part in sample.parts]


def test_an_archive_has_its_members() -> None:
    sample = samples.zip()
    with zipfile.ZipFile(io.BytesIO(sample.data)) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [part.data for part in sample.parts]
        assert archive.testzip() is None
    with pytest.raises(UsageError, match="holds no document itself"):
        sample.document()


def test_a_page_of_html_shows_its_text() -> None:
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.shown: list[str] = []
            self.hidden = False

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.hidden = tag in ("script", "style", "title")

        def handle_data(self, data: str) -> None:
            if not self.hidden:
                self.shown.append(data)

    reader = Reader()
    reader.feed(samples.html().data.decode())
    assert "".join(reader.shown).split() == samples.html().text.split()


@pytest.mark.parametrize("sample", WITH_PAGES, ids=lambda sample: sample.name)
def test_every_word_is_drawn_in_its_box_and_nothing_beside(sample: Sample) -> None:
    document = sample.document()
    for page, words in zip(document.pages, sample.words, strict=True):
        picture = page.image(100)
        assert picture.mode == "RGB"
        grey = picture.convert("L")
        assert all(_darkest(grey, word.box) < 128 for word in words)
        for word in words:
            grey.paste(255, _pixels(grey, word.box, wider=3))
        assert not sum(grey.histogram()[:100]), "there is ink where no word stands"


@pytest.mark.parametrize("sample", WITH_PAGES, ids=lambda sample: sample.name)
def test_words_stand_in_the_text_where_they_say(sample: Sample) -> None:
    for text, words in zip(sample.texts, sample.words, strict=True):
        assert [text[word.start : word.end] for word in words] == [word.text for word in words] == text.split()


@pytest.mark.parametrize("sample", [sample for sample in samples.ALL if sample.papers or sample.tables], ids=lambda sample: sample.name)
def test_the_document_of_a_sample_is_like_one_that_was_ingested(sample: Sample) -> None:
    document = sample.document(read=True)
    source = sample.source()
    assert (document.id, document.content_id, document.size) == (source.document_id, source.content_id, len(sample.data))
    assert document.read() == sample.data
    assert hashlib.sha256(document.read()).hexdigest() == document.content_id
    assert not list(check_spans(document, document.layers))
    assert from_json(to_json(document), Document) == document
    for page, text in zip(document.pages, sample.texts, strict=False):
        assert page.text == text
        assert page.words is not None
        assert len(page.words) == len(text.split())
    assert document.pages


def test_a_page_that_is_not_there_is_refused() -> None:
    document = samples.pdf().document()
    with pytest.raises(UsageError, match="has 2 pages; asked for page 2"):
        document._host().render(document, 2, 72)


def test_a_photo_is_stored_on_its_side_and_shown_upright() -> None:
    sample = samples.photo()
    with Image.open(io.BytesIO(sample.data)) as stored:
        assert stored.width > stored.height
    picture = sample.document().pages[0].image()
    assert picture.width < picture.height


def test_samples_are_found_by_media_type() -> None:
    assert {sample.name for sample in samples.for_media_type("application/pdf")} == {"letter.pdf", "scan.pdf"}
    assert {sample.media_type for sample in samples.for_media_type("image/*")} == {"image/png", "image/jpeg", "image/tiff"}
    assert samples.for_media_type("*/*") == list(samples.ALL)
    assert samples.for_media_type("video/mp4") == []


def test_samples_are_the_same_in_every_process() -> None:
    code = "from aios_sdk.testing import samples; print(*(sample.content_id for sample in samples.ALL))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == [sample.content_id for sample in samples.ALL]


def test_samples_need_no_hypothesis() -> None:
    code = (
        "import sys; from aios_sdk.testing import fakes, samples; samples.ALL; print('hypothesis' in sys.modules, 'pytest' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "False"]


def test_a_sample_is_written_under_its_name(tmp_path: Path) -> None:
    path = samples.table().write(tmp_path)
    assert path.name == "repairs.csv"
    assert path.read_bytes() == samples.table().data


def _same_places(document: Document, sample: Sample, unread: float = 0.0) -> None:
    """Every word of the sample was read (but a share of ``unread``), in a box that lies for the most part in the true one."""
    for page, truth in zip(document.pages, sample.words, strict=True):
        reading = page.reading
        assert reading is not None
        assert page.words is not None
        found = list(page.words.iterate(reading))
        missing = [word.text for word in truth if not any(_fits(other.box, word.box) and other.text == word.text for other in found)]
        assert len(missing) <= unread * len(truth), missing


def _fits(read: Box, true: Box) -> bool:
    across, down = (read.x0 + read.x1) / 2, (read.y0 + read.y1) / 2
    wider = abs((read.x1 - read.x0) - (true.x1 - true.x0))
    return true.x0 <= across <= true.x1 and true.y0 <= down <= true.y1 and wider < max(0.005, 0.2 * (true.x1 - true.x0))


def _pixels(picture: Image.Image, box: Box, wider: int = 0) -> tuple[int, int, int, int]:
    width, height = picture.size
    return (
        max(0, int(box.x0 * width) - wider),
        max(0, int(box.y0 * height) - wider),
        min(width, int(box.x1 * width) + 1 + wider),
        min(height, int(box.y1 * height) + 1 + wider),
    )


def _darkest(picture: Image.Image, box: Box) -> float:
    low, _ = picture.crop(_pixels(picture, box)).getextrema()
    assert not isinstance(low, tuple)
    return low
